/**
 * What is known of one key, and the steps on it: plain data and functions, no clock but the store's, which is handed in, in
 * milliseconds. Every backing runs these steps.
 *
 * A step that is taken twice, because its answer was lost, changes nothing the second time.
 */

export interface Record {
  readonly fingerprint: string
  /** Of one run; unlike that of any other. */
  readonly owner: string
  /** Grows with every run of the key. */
  readonly token: number
  /** When the run is taken for dead. */
  readonly until: number
  /** Of a run that has ended. */
  readonly outcome?: string | undefined
  /** When all of this is forgotten. */
  readonly expiresAt: number
}

/** Milliseconds. */
export interface Begin {
  readonly _tag: "begin"
  readonly fingerprint: string
  readonly owner: string
  readonly lease: number
  /** How long the record is kept when its run has died. */
  readonly keep: number
}

export type Step =
  | Begin
  | { readonly _tag: "renew"; readonly owner: string; readonly lease: number; readonly keep: number }
  | { readonly _tag: "finish"; readonly owner: string; readonly outcome: string; readonly keep: number }
  | { readonly _tag: "release"; readonly owner: string }

export type Answer =
  /** It is the caller's to run. */
  | { readonly _tag: "run"; readonly token: number }
  /** Somebody else runs it, and is taken for dead in so many milliseconds. */
  | { readonly _tag: "running"; readonly left: number }
  | { readonly _tag: "done"; readonly outcome: string }
  /** The key was used for something else. */
  | { readonly _tag: "conflict" }
  /** What the owner of the run asked for. */
  | { readonly _tag: "settled" }
  /** The run is another's by now, or forgotten. */
  | { readonly _tag: "stale" }

/** What becomes of the record; `undefined`: it goes. */
export type Taken = readonly [answer: Answer, record: Record | undefined]

const live = (record: Record | undefined, now: number): Record | undefined =>
  record !== undefined && now < record.expiresAt ? record : undefined

const begin = (record: Record | undefined, step: Begin, now: number): Taken => {
  const { fingerprint, keep, lease, owner } = step
  if (record !== undefined) {
    if (record.fingerprint !== fingerprint) return [{ _tag: "conflict" }, record]
    if (record.outcome !== undefined) return [{ _tag: "done", outcome: record.outcome }, record]
    if (record.owner !== owner && now < record.until) return [{ _tag: "running", left: record.until - now }, record]
  }
  // a key that was forgotten must not begin with a token that it had before
  const token = record === undefined ? Math.floor(now) : record.token + (record.owner === owner ? 0 : 1)
  const until = now + lease
  return [{ _tag: "run", token }, { expiresAt: until + keep, fingerprint, owner, token, until }]
}

export const take = (stored: Record | undefined, step: Step, now: number): Taken => {
  const record = live(stored, now)
  if (step._tag === "begin") return begin(record, step, now)
  if (record?.owner !== step.owner) return [{ _tag: "stale" }, record]
  // what has been said twice
  if (record.outcome !== undefined) return [{ _tag: step._tag === "finish" ? "settled" : "stale" }, record]
  switch (step._tag) {
    case "renew": {
      const until = Math.max(record.until, now + step.lease)
      return [{ _tag: "settled" }, { ...record, expiresAt: until + step.keep, until }]
    }
    case "finish":
      return [{ _tag: "settled" }, { ...record, expiresAt: now + step.keep, outcome: step.outcome, until: now }]
    case "release":
      return [{ _tag: "settled" }, undefined]
  }
}
