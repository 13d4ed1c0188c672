/**
 * What is known of the refresh of one credential, and the steps on it: plain data and functions, no clock but the
 * store's, which is handed in, in milliseconds. Every backing runs these steps where the credential is, in one piece.
 *
 * A step that is taken twice, because its answer was lost, changes nothing the second time, and tells of the same change.
 *
 * Which refresh token an exchange was begun with is told by the version of the credential: no two states of one have the
 * same. What is about another version than that of the credential is void.
 */
import * as Schema from "effect/Schema"

export const State = Schema.Literal("connected", "degraded", "expired", "revoked")
export type State = typeof State.Type

export const Reason = Schema.Literal(
  "inconclusive",
  "no-refresh-token",
  "refused",
  "revoked",
  "rotation-lost",
  "unreachable"
)
export type Reason = typeof Reason.Type

const Version = Schema.Int
const Millis = Schema.Finite

const Why = Schema.Struct({
  /** The provider's own. */
  code: Schema.optional(Schema.String),
  message: Schema.String,
  reason: Reason
})
export type Why = typeof Why.Type

const Status = Schema.Struct({
  since: Millis,
  state: State,
  version: Version,
  why: Schema.optional(Why)
})
export type Status = typeof Status.Type

const Change = Schema.Struct({ from: State, status: Status })
export type Change = typeof Change.Type

export const Record = Schema.Struct({
  /** The last change of the status, and the step that has made it, which is told once more if it lost the answer. */
  change: Schema.optional(Schema.Struct({ ...Change.fields, by: Schema.String })),
  /** The last exchange that came to nothing. */
  failure: Schema.optional(Schema.Struct({ count: Schema.Int, until: Millis, version: Version, why: Why })),
  /** An exchange was begun with this version. */
  journal: Schema.optional(Schema.Struct({
    at: Millis,
    /** It is not known what came of it. */
    isOpen: Schema.Boolean,
    owner: Schema.String,
    /** Earlier ones of this version of which that is not known, and never will be. */
    unanswered: Schema.Int,
    version: Version
  })),
  lease: Schema.optional(Schema.Struct({ owner: Schema.String, token: Schema.Int, until: Millis })),
  status: Status,
  /** Of the last lease; grows. */
  token: Schema.Int
})
export type Record = typeof Record.Type

/** `id`: unlike that of any other step; `owner`: of one attempt to refresh, unlike that of any other. Milliseconds. */
export type Step = { readonly id: string } & Action

export type Action =
  /** `version`: the one that is to be refreshed. `force`: also where that has failed. */
  | {
    readonly _tag: "claim"
    readonly owner: string
    readonly version: number
    readonly lease: number
    readonly force: boolean
    /** The access token is used no more, whatever its time. */
    readonly useless: boolean
  }
  | { readonly _tag: "renew"; readonly owner: string; readonly lease: number }
  /** From now on the provider may have taken the refresh token. */
  | { readonly _tag: "start"; readonly owner: string; readonly version: number }
  /** The grant of this version is refused. */
  | {
    readonly _tag: "refused"
    readonly owner: string
    readonly version: number
    readonly code: string | undefined
    readonly message: string
  }
  /** It may succeed later; not before `pause`. */
  | {
    readonly _tag: "failed"
    readonly owner: string
    readonly version: number
    readonly why: Why
    readonly pause: number
    /** The provider has said that it did not take the refresh token. */
    readonly answered: boolean
    /** As in the claim. */
    readonly useless: boolean
  }
  /** Nothing was begun; or the credential was written, with which all that is known of its former version is void. */
  | { readonly _tag: "release"; readonly owner: string }
  /** Looks at the version that is there; `stuck`: its access token has ended, and it has no refresh token. */
  | { readonly _tag: "observe"; readonly stuck: boolean }

export type Answer =
  & (
    | { readonly _tag: "granted"; readonly token: number }
    /** Somebody else is at it, and is taken for dead in so many milliseconds. */
    | { readonly _tag: "held"; readonly left: number }
    /** There is another version than the one in the step. */
    | { readonly _tag: "moved" }
    /** It has failed, and is not tried again for so many milliseconds. */
    | { readonly _tag: "failing"; readonly left: number; readonly why: Why }
    /** The grant has ended. */
    | { readonly _tag: "over"; readonly why: Why }
    /** What the owner asked for. */
    | { readonly _tag: "settled" }
    /** The lease is another's by now. */
    | { readonly _tag: "stale" }
  )
  & { readonly change?: Change | undefined }

/** What a step finds. */
export interface Found {
  readonly record: Record | undefined
  /** Of the credential. */
  readonly version: number
  /** When its access token ends. */
  readonly expiresAt: number | null
  readonly now: number
}

/** What becomes of the record: the same object where it stays as it is. */
export type Taken = readonly [answer: Answer, record: Record | undefined]

const connected = (version: number, since: number): Status => ({ since, state: "connected", version })

/** Without what is about another version. Of a record that was never there, nothing is known but that all is well. */
const current = ({ now, record, version }: Found): Record => {
  if (record === undefined) return { status: connected(version, now), token: Math.floor(now) }
  const { change, failure, journal, lease, status, token } = record
  if ([status, failure, journal].every((part) => part === undefined || part.version === version)) return record
  return {
    change,
    failure: failure?.version === version ? failure : undefined,
    journal: journal?.version === version ? journal : undefined,
    lease,
    status: status.version === version
      ? status
      : connected(version, status.state === "connected" ? status.since : now),
    token
  }
}

const isLeased = (record: Record, now: number): boolean => record.lease !== undefined && now < record.lease.until

const turned = (status: Status, state: State, why: Why, now: number): Status => ({
  since: status.state === state ? status.since : now,
  state,
  version: status.version,
  why
})

const released = (record: Record, owner: string): Record =>
  record.lease?.owner === owner ? { ...record, lease: undefined } : record

type Bare = readonly [answer: Answer, record: Record]

const claim = (record: Record, step: Step & { readonly _tag: "claim" }, found: Found): Bare => {
  const { expiresAt, now, version } = found
  if (step.version !== version) return [{ _tag: "moved" }, record]
  const { failure, lease, status } = record
  if (lease !== undefined && lease.owner !== step.owner && isLeased(record, now)) {
    return [{ _tag: "held", left: lease.until - now }, record]
  }
  if (!step.force) {
    if (status.state === "revoked" && status.why !== undefined) return [{ _tag: "over", why: status.why }, record]
    if (failure !== undefined && now < failure.until) {
      const hasEnded = step.useless || expiresAt !== null && expiresAt <= now
      return [
        { _tag: "failing", left: failure.until - now, why: failure.why },
        hasEnded && status.state !== "expired"
          ? { ...record, status: turned(status, "expired", failure.why, now) }
          : record
      ]
    }
  }
  const token = lease?.owner === step.owner ? lease.token : record.token + 1
  return [
    { _tag: "granted", token },
    { ...record, lease: { owner: step.owner, token, until: now + step.lease }, token }
  ]
}

const start = (record: Record, step: Step & { readonly _tag: "start" }, { now, version }: Found): Bare => {
  if (step.version !== version) return [{ _tag: "moved" }, released(record, step.owner)]
  const { journal } = record
  if (journal?.owner === step.owner) return [{ _tag: "settled" }, record]
  const unanswered = journal === undefined ? 0 : journal.unanswered + (journal.isOpen ? 1 : 0)
  return [
    { _tag: "settled" },
    { ...record, journal: { at: now, isOpen: true, owner: step.owner, unanswered, version } }
  ]
}

const refused = (record: Record, step: Step & { readonly _tag: "refused" }, { now, version }: Found): Bare => {
  if (step.version !== version) return [{ _tag: "moved" }, released(record, step.owner)]
  const why: Why = {
    ...(step.code === undefined ? undefined : { code: step.code }),
    message: step.message,
    // an exchange that nobody has seen the end of has taken the refresh token with it
    reason: (record.journal?.unanswered ?? 0) > 0 ? "rotation-lost" : "revoked"
  }
  return [
    { _tag: "over", why },
    released({
      ...record,
      failure: undefined,
      journal: record.journal === undefined ? undefined : { ...record.journal, isOpen: false },
      status: turned(record.status, "revoked", why, now)
    }, step.owner)
  ]
}

const failed = (record: Record, step: Step & { readonly _tag: "failed" }, found: Found): Bare => {
  const { expiresAt, now, version } = found
  if (step.version !== version) return [{ _tag: "moved" }, released(record, step.owner)]
  const { failure, journal, status } = record
  const hasEnded = step.useless || expiresAt !== null && expiresAt <= now
  // a grant that was known to have ended has not come back by that
  const state = status.state === "revoked" ? "revoked" : hasEnded ? "expired" : "degraded"
  return [
    { _tag: "failing", left: step.pause, why: step.why },
    released({
      ...record,
      failure: { count: (failure?.count ?? 0) + 1, until: now + step.pause, version, why: step.why },
      journal: journal !== undefined && step.answered ? { ...journal, isOpen: false } : journal,
      status: state === "revoked" ? status : turned(status, state, step.why, now)
    }, step.owner)
  ]
}

const observe = (record: Record, step: Step & { readonly _tag: "observe" }, { now }: Found): Bare => {
  if (!step.stuck || record.status.state === "revoked") return [{ _tag: "settled" }, record]
  const why: Why = { message: "the access token has ended, and there is no refresh token", reason: "no-refresh-token" }
  return [{ _tag: "settled" }, { ...record, status: turned(record.status, "expired", why, now) }]
}

const step = (record: Record, step: Step, found: Found): Bare => {
  switch (step._tag) {
    case "claim":
      return claim(record, step, found)
    case "observe":
      return observe(record, step, found)
    case "release":
      return [{ _tag: "settled" }, released(record, step.owner)]
  }
  // whoever was overtaken has no say in what became of it
  if (record.lease?.owner !== step.owner) return [{ _tag: "stale" }, record]
  switch (step._tag) {
    case "renew": {
      const until = Math.max(record.lease.until, found.now + step.lease)
      return [{ _tag: "settled" }, { ...record, lease: { ...record.lease, until } }]
    }
    case "start":
      // one who slept through its lease may not begin: somebody may just be about to take it
      return isLeased(record, found.now) ? start(record, step, found) : [{ _tag: "stale" }, record]
    case "refused":
      return refused(record, step, found)
    case "failed":
      return failed(record, step, found)
  }
}

export const take = (found: Found, taken: Step): Taken => {
  const before = current(found)
  const [answer, after] = step(before, taken, found)
  const from = found.record?.status.state ?? "connected"
  if (from === after.status.state) {
    // said twice: the first answer may have been lost
    const change = after.change?.by === taken.id ? { from: after.change.from, status: after.change.status } : undefined
    return [
      change === undefined ? answer : { ...answer, change },
      after === before && found.record === undefined ? undefined : after
    ]
  }
  const change: Change = { from, status: after.status }
  return [{ ...answer, change }, { ...after, change: { ...change, by: taken.id } }]
}

/** As it is without a step. */
export const statusOf = (found: Found): Status => current(found).status
