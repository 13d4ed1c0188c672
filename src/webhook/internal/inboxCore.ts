/** What becomes of events: plain values in, plain values out. Times are milliseconds. */
import * as Duration from "effect/Duration"
import * as IntegrationError from "../../core/IntegrationError.js"
import * as LeaseWorker from "../../delivery/LeaseWorker.js"

/** What the order of events is made of. */
export interface Placed {
  readonly entity: string | undefined
  readonly time: number | undefined
}

/**
 * A batch in the order in which it is to be handled: the events of one entity by their time, each in a place that one of
 * them had. What has no entity or no time stays where it is.
 */
export const inOrder = <A extends Placed>(events: ReadonlyArray<A>): ReadonlyArray<A> => {
  const places = new Map<string, Array<number>>()
  for (const [index, { entity, time }] of events.entries()) {
    if (entity === undefined || time === undefined) continue
    const known = places.get(entity)
    if (known === undefined) places.set(entity, [index])
    else known.push(index)
  }
  const ordered = [...events]
  for (const of of places.values()) {
    const sorted = of.map((index) => events[index]!).sort((a, b) => a.time! - b.time!)
    for (const [nth, index] of of.entries()) ordered[index] = sorted[nth]!
  }
  return ordered
}

/** A newer one of its entity was handled. Of two of the same time neither is older. */
export const isStale = (time: number | undefined, handledUpTo: number | undefined): boolean =>
  time !== undefined && handledUpTo !== undefined && time < handledUpTo

/** How far an entity has come; it never goes back. */
export const advanced = (handledUpTo: number | undefined, time: number): number =>
  handledUpTo === undefined ? time : Math.max(handledUpTo, time)

export interface Policy extends LeaseWorker.Backoff {
  readonly maxAttempts: number
  readonly retryable: (error: unknown) => boolean
}

export type Verdict =
  /** It was not this event's fault: given back, and no attempt is burnt. */
  | { readonly _tag: "release"; readonly after: number }
  | { readonly _tag: "retry"; readonly after: number }
  | { readonly _tag: "giveUp" }

/** Whatever it is, but an error of a call that will be no better. */
export const defaultRetryable = (error: unknown): boolean =>
  !IntegrationError.isIntegrationError(error) || error.retryable || error._tag === "TimeoutError" ||
  error._tag === "AuthenticationError"

const asked = (error: unknown): number =>
  IntegrationError.isIntegrationError(error) && error.retryAfter !== undefined
    ? Math.min(Duration.toMillis(error.retryAfter), Number.MAX_SAFE_INTEGER)
    : 0

/** `attempts`: those that were burnt before this one. */
export const judge = (error: unknown, attempts: number, policy: Policy, random: number): Verdict => {
  const after = Math.max(asked(error), LeaseWorker.backoff(policy, attempts + 1, random))
  if (IntegrationError.isIntegrationError(error) && LeaseWorker.isRefusal(error)) {
    return { _tag: "release", after: Math.max(after, 1) }
  }
  return attempts + 1 >= policy.maxAttempts || !policy.retryable(error)
    ? { _tag: "giveUp" }
    : { _tag: "retry", after }
}

/** A bucket of tokens: how much may be kept of what strangers send. */
export interface Allowance {
  readonly tokens: number
  readonly at: number
}

/** One of `perSecond` a second, and up to `burst` at once; `undefined` where there is none left. */
export const take = (
  allowance: Allowance,
  now: number,
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number }
): Allowance | undefined => {
  const elapsed = Math.max(now - allowance.at, 0)
  const tokens = Math.min(allowance.tokens + elapsed * perSecond / 1000, burst)
  return tokens < 1 ? undefined : { at: Math.max(now, allowance.at), tokens: tokens - 1 }
}
