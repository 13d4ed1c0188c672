/**
 * One process's share in a circuit that several processes share: what it decides by, and what it has to report. No I/O,
 * no clock: a backing carries reports and pushes between a mirror and the shared record, and runs the record's steps
 * where the record is.
 *
 * Attached, it follows the shared record, decides alone, and reports outcomes only while there is trouble somewhere.
 * Detached, because the store cannot be used, it goes on by itself from where it stood; on return the store's record wins.
 */
import * as Core from "./circuitCore.js"
import { Tally } from "./tallyCore.js"
import * as Window from "./windowCore.js"

/** What a process is told of the shared record: durations instead of times, so that it means the same on any clock. */
export interface View {
  readonly generation: number
  readonly revision: number
  readonly mode: Core.Mode
  readonly modeReason: string
  readonly state: Core.State
  readonly reason: string
  readonly openLeft: number
  readonly openFor: number
  readonly openings: number
  readonly closedFor: number
  /** Outcomes that are not good have been counted: everybody reports. */
  readonly troubled: boolean
  readonly gatherLeft: number
  /** Of what has been counted, to tell whether a report is urgent. */
  readonly failures: number
  readonly total: number
  readonly failed: number
  readonly slow: number
  /** To be shown only. */
  readonly probes: number
  readonly probeSuccesses: number
}

export const view = (record: Core.Record, config: Core.Config, now: number): View => {
  const { counts } = record
  Window.rotate(counts, config.strategy, now)
  return {
    closedFor: now - record.closedSince,
    failed: counts.failed,
    failures: counts.failures,
    gatherLeft: Math.max(0, record.gatherUntil - now),
    generation: record.generation,
    mode: record.mode,
    modeReason: record.modeReason,
    openFor: record.openFor,
    openLeft: Math.max(0, record.openUntil - now),
    openings: record.openings,
    probeSuccesses: record.probeSuccesses,
    probes: record.probes.filter(({ until }) => until > now).length,
    reason: record.reason,
    revision: record.revision,
    slow: counts.slow,
    state: record.state,
    total: counts.total,
    troubled: Window.isTroubled(counts)
  }
}

const fromView = (view: View, now: number): Core.Record => ({
  ...Core.initial(now, view.generation),
  closedSince: now - view.closedFor,
  mode: view.mode,
  modeReason: view.modeReason,
  openFor: view.openFor,
  openUntil: now + view.openLeft,
  openings: view.openings,
  reason: view.reason,
  revision: view.revision,
  state: view.state
})

/** A place as a probe: in the shared record, or (`local`) in the mirror's own while it is detached. */
export interface Probe {
  readonly id: string
  readonly generation: number
  readonly era: number
  readonly local: boolean
}

const never = Number.POSITIVE_INFINITY

export class Mirror {
  readonly #node: string
  #config: Core.Config
  readonly #flushInterval: number
  #record: Core.Record
  /** What was last heard of the shared record. Generation 0: nothing yet. */
  #view: View | undefined
  #attached = false
  /** The first word is on its way. */
  #expecting = false
  /** While detached, the circuit has changed by itself. */
  #diverged = false
  /** Tells one time of being closed from another, on whoever's authority. */
  #era = 1
  #tally: Tally
  #underWay: Core.Report | undefined
  #takenAt = 0
  #sending = false
  #sequence = 0
  #troubled = false
  #flushAt = never
  #judgeAt = never
  #gatherUntil = 0
  #probes = 0
  #asking = 0
  #refusedUntil = 0

  /** Begins detached and closed, so that nobody waits for the store's first word. */
  constructor(options: {
    /** Unlike that of any other process, and of the process's own past. */
    readonly node: string
    readonly config: Core.Config
    /** Milliseconds between reports. */
    readonly flushInterval: number
    readonly now: number
  }) {
    this.#node = options.node
    this.#config = options.config
    this.#flushInterval = options.flushInterval
    this.#record = Core.initial(options.now)
    this.#tally = new Tally(options.config.strategy)
  }

  get attached(): boolean {
    return this.#attached
  }
  /** To be looked at only. */
  get replica(): Readonly<Core.Record> {
    return this.#record
  }
  get troubled(): boolean {
    return this.#troubled
  }
  /** What was last heard of the shared record. */
  get view(): View | undefined {
    return this.#view
  }

  /** As `Core.admit`; what stands for the generation is of this mirror's own making. */
  admit(now: number): number {
    const answer = Core.admit(this.#record, this.#config, now)
    if (answer > 0) return this.#era
    if (answer !== Core.ask || !this.#attached) return answer
    return now < this.#refusedUntil || this.#asking >= this.#config.halfOpenMaxConcurrent ? Core.refused : Core.ask
  }

  retryAfter(now: number): number | undefined {
    const millis = Core.retryAfter(this.#record, this.#config, now)
    return millis === undefined ? undefined : Math.max(millis, this.#refusedUntil - now)
  }

  /** The outcome of a call that was admitted in the era. */
  record(era: number, code: number, told: number, now: number): void {
    if (era !== this.#era) return
    if (this.#attached) return this.#collect(code, told, now)
    // what the shared record has not heard of yet, it hears of on return
    if (!this.#diverged) this.#remember(code, told, now)
    if (this.#expecting) return
    this.#locally(() => Core.record(this.#record, this.#config, this.#record.generation, code, told, now))
  }

  #collect(code: number, told: number, now: number): void {
    this.#remember(code, told, now)
    if (this.#troubled) this.#flushBy(this.#couldTrip(now) ? now : now + this.#flushInterval)
  }

  #remember(code: number, told: number, now: number): void {
    if (code === Window.good && !this.#troubled) return this.#tally.addQuiet(now)
    this.#tally.add(code, told, now)
    this.#troubled = true
  }

  #couldTrip(now: number): boolean {
    return now >= this.#gatherUntil && Window.tooMany(this.#known(), this.#config.strategy)
  }

  /** What the shared record was last known to have counted, and what this process has seen since. */
  #known(): Window.Counts {
    const tally = this.#tally
    const { failed, failures, slow, total } = this.#view ?? Window.empty()
    return {
      ...Window.empty(),
      failed: failed + tally.failed,
      failures: (tally.success ? 0 : failures) + tally.failures,
      slow: slow + tally.slow,
      total: total + tally.total
    }
  }

  /** What the circuit is judged by, as far as is known here: to be shown only. */
  counts(now: number): Window.Counts {
    const { strategy } = this.#config
    this.#tally.rotate(now)
    if (this.#attached) return this.#known()
    Window.rotate(this.#record.counts, strategy, now)
    return this.#record.counts
  }

  /** Also good outcomes, without which another process's failures would weigh too much. */
  #flushRest(now: number): void {
    if (this.#troubled && !this.#tally.isEmpty) this.#flushBy(now + this.#flushInterval)
  }

  #flushBy(at: number): void {
    this.#flushAt = Math.min(this.#flushAt, at)
  }

  /** When there is something to report; `Infinity`: nothing. */
  get nextReport(): number {
    return this.#attached && !this.#sending ? Math.min(this.#flushAt, this.#judgeAt) : never
  }

  /** What there is to report. It is under way until `reported` or `lost`. */
  takeReport(now: number): Core.Report {
    // a report of which nobody knows whether it arrived goes first, and counts once
    if (this.#underWay !== undefined) this.#age(this.#underWay, now)
    else {
      this.#takenAt = now
      this.#underWay = {
        batch: this.#tally.batch(now),
        generation: this.#view?.generation ?? 0,
        node: this.#node,
        sequence: ++this.#sequence
      }
      this.#tally.clear()
    }
    this.#flushAt = never
    this.#judgeAt = never
    this.#sending = true
    return this.#underWay
  }

  #age(report: Core.Report, now: number): Core.Report {
    this.#underWay = { ...report, batch: Window.delayed(report.batch, now - this.#takenAt) }
    this.#takenAt = now
    return this.#underWay
  }

  reported(report: Core.Report, view: View, now: number): void {
    if (this.#underWay?.sequence === report.sequence) {
      this.#underWay = undefined
      this.#sending = false
    }
    this.receive(view, now)
    this.#flushRest(now)
    if (this.#troubled && now < this.#gatherUntil) this.#judgeAt = this.#gatherUntil
  }

  /** The answer to a report has not arrived. */
  lost(report: Core.Report, now: number): void {
    if (this.#underWay?.sequence !== report.sequence) return
    this.#sending = false
    this.#flushBy(now + this.#flushInterval)
  }

  /** A push, or what came with an answer. What is older than what is known is let go. */
  receive(view: View, now: number): void {
    if (!this.#attached || this.#view === undefined || view.revision < this.#view.revision) return
    // of two words about the same opening, the one that took longer to arrive overstates what is left of it
    const openUntil = view.revision === this.#view.revision ? this.#record.openUntil : never
    this.#adopt(view, now)
    this.#record.openUntil = Math.min(openUntil, this.#record.openUntil)
  }

  /** The record is being read for the first time: what happens until then is judged by what it says. */
  expect(): void {
    this.#expecting = this.#view === undefined && !this.#diverged
  }

  /** What was read on start, on reconnecting, or after a gap: from now on the shared record decides. */
  attach(view: View, now: number): void {
    this.#attached = true
    this.#sending = false
    this.#adopt(view, now)
    this.#diverged = false
    if (this.#troubled && (this.#underWay !== undefined || !this.#tally.isEmpty)) this.#flushBy(now)
  }

  #adopt(view: View, now: number): void {
    // what was seen ahead of the first word belongs to a circuit that this finds closed
    const isNew = this.#view === undefined ? view.state !== "closed" : view.generation !== this.#view.generation
    if (isNew || this.#diverged) this.#era++
    if (isNew) {
      this.#forget()
      this.#flushAt = never
      this.#judgeAt = never
      this.#refusedUntil = 0
    }
    this.#view = view
    this.#gatherUntil = now + view.gatherLeft
    this.#record = fromView(view, now)
    this.#tally.rotate(now)
    this.#troubled = view.troubled || this.#tally.troubled || this.#underWay?.batch.troubled === true
    if (!this.#troubled) {
      this.#flushAt = never
      this.#judgeAt = never
      // a success of before the next trouble ends no row of its failures
      if (this.#config.strategy.kind === "consecutive") this.#forget()
    }
    this.#flushRest(now)
  }

  #forget(): void {
    this.#tally.clear()
    this.#underWay = undefined
    this.#sending = false
  }

  /** The store cannot be used: the same core goes on alone, from here. */
  detach(now: number): void {
    if (!this.#attached && !this.#expecting) return
    this.#attached = false
    this.#expecting = false
    this.#asking = 0
    this.#refusedUntil = 0
    if (this.#record.state !== "closed") return
    const { counts } = this.#record
    counts.failures = this.#view?.failures ?? 0
    if (this.#underWay !== undefined) {
      Window.merge(counts, this.#config.strategy, this.#age(this.#underWay, now).batch, now)
    }
    Window.merge(counts, this.#config.strategy, this.#tally.batch(now), now)
  }

  /** Asks for a place as a probe. It has been asked for until `answered` or `unanswered`. */
  askForProbe(): Probe {
    this.#asking++
    return this.#probe(false)
  }

  #probe(local: boolean): Probe {
    return {
      era: this.#era,
      generation: local ? this.#record.generation : this.#view?.generation ?? 0,
      id: `${this.#node}/${++this.#probes}`,
      local
    }
  }

  /** The store's answer; `retryAfter` milliseconds, where it refused. */
  answered(view: View, refusal: { readonly retryAfter: number | undefined } | undefined, now: number): void {
    this.unanswered()
    this.receive(view, now)
    if (refusal !== undefined) this.#refusedUntil = now + (refusal.retryAfter ?? 0)
  }

  unanswered(): void {
    this.#asking = Math.max(0, this.#asking - 1)
  }

  /** A place in the mirror's own record, while it is detached. */
  acquireProbe(now: number): Probe | undefined {
    const probe = this.#probe(true)
    const { probeLease } = this.#config
    return !this.#attached &&
        Core.acquireProbe(this.#record, this.#config, probe.generation, probe.id, probeLease, now)
      ? probe
      : undefined
  }

  /** The outcome of a probe of the mirror's own. */
  probeResult(probe: Probe, code: number, told: number, now: number): void {
    if (this.#attached || !probe.local || probe.era !== this.#era) return
    this.#locally(() => Core.probeResult(this.#record, this.#config, probe.generation, probe.id, code, told, now))
  }

  /** An act of a hand while the store cannot be told of it. */
  command(command: Core.Command, now: number): void {
    if (!this.#attached) this.#locally(() => Core.command(this.#record, this.#config, command, now))
  }

  /** Goes on under a new configuration; what the shared record has counted is the record's own affair. */
  reconfigure(config: Core.Config, now: number): void {
    const before = this.#config
    this.#config = config
    if (!this.#attached) this.#locally(() => Core.reconfigure(this.#record, before, config, now))
    if (Window.isSameLayout(before.strategy, config.strategy)) return
    this.#forget()
    this.#tally = new Tally(config.strategy)
    this.#flushAt = never
    this.#judgeAt = never
    this.#troubled = this.#attached && this.#view?.troubled === true
  }

  #locally(step: () => void): void {
    const { generation } = this.#record
    step()
    if (this.#record.generation === generation) return
    this.#era++
    this.#diverged = true
    // it has recovered: what had gone wrong before is nothing to report any more
    if (this.#record.state === "closed") this.#forget()
  }
}
