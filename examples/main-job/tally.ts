/**
 * What has happened so far: counted as it happens, read by the progress bar and the report.
 */
import type { CircuitBreaker } from "holdfast"

export type Phase = "leftovers" | "submitting" | "replaying" | "checking"

export interface BadRow {
  readonly line: number
  readonly reason: string
}

export interface Transition {
  /** Milliseconds since the start. */
  readonly at: number
  readonly to: CircuitBreaker.State
}

/** Of a file with nothing but bad rows, the first ones are as good as all of them. */
const maxBadRows = 20

const add = (counts: Map<string, number>, key: string, by: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

export class Tally {
  readonly startedAt = performance.now()
  phase: Phase = "leftovers"
  /** Rows handed to the stack. */
  submitted = 0
  /** Rows that HubSpot has confirmed, at once or in a replay; and how many of them for each e-mail. */
  confirmed = 0
  readonly confirmedOf = new Map<string, number>()
  /** Rows that HubSpot refused for good: their data is wrong. */
  refused = 0
  invalid = 0
  readonly badRows: Array<BadRow> = []
  attempts = 0
  retries = 0
  breaker: CircuitBreaker.State = "closed"
  /** Of a request, whatever became of its row. */
  lastError: string | undefined
  /** When the breaker was last closed before it opened, in milliseconds since the start. */
  troubledSince = 0
  readonly transitions: Array<Transition> = []
  /** Dead letters of this run: the e-mail by the letter's id. */
  readonly letters = new Map<string, string>()
  replayed = 0
  /** Dead letters that an earlier run has left. */
  leftovers = 0
  leftoversReplayed = 0
  /** How many rows there are for each e-mail that HubSpot did not refuse. */
  readonly expected = new Map<string, number>()

  get elapsed(): number {
    return performance.now() - this.startedAt
  }

  get breakerOpened(): number {
    return this.transitions.filter(({ to }) => to === "open").length
  }

  bad(line: number, reason: string): void {
    this.invalid++
    if (this.badRows.length < maxBadRows) this.badRows.push({ line, reason })
  }

  submit(email: string): void {
    this.submitted++
    add(this.expected, email, 1)
  }

  confirm(email: string): void {
    this.confirmed++
    add(this.confirmedOf, email, 1)
  }

  refuse(email: string, line: number, reason: string): void {
    this.refused++
    add(this.expected, email, -1)
    this.bad(line, reason)
  }

  /** The store could not take the row as a dead letter: it is to be sent once more. */
  withdraw(email: string): void {
    this.submitted--
    add(this.expected, email, -1)
  }

  /** Rows that have been read and are no longer waiting. */
  get begun(): number {
    return this.submitted + this.invalid - this.refused
  }

  changed(to: CircuitBreaker.State): void {
    if (this.breaker === "closed") this.troubledSince = this.elapsed
    this.breaker = to
    this.transitions.push({ at: this.elapsed, to })
  }
}
