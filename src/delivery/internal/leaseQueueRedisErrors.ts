/** What a queue makes of a Redis that is away, or says no: another try while there is patience, and then plain words. */
import * as Effect from "effect/Effect"
import type * as Redis from "../../core/Redis.js"
import { LeaseQueueError } from "../LeaseItem.js"
import type * as core from "./leaseQueueCore.js"

/** Before version 7 what a command in a script was refused with is in the middle of the message. */
const codeOf = (error: Redis.RedisError): string | undefined =>
  error.code === "ERR" ? /: -?([A-Z]{3,}) /.exec(error.message)?.[1] ?? error.code : error.code

/** Of a server that will be itself again soon, or another one in its place. It has done nothing. */
const passing = new Set(["CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY", "TRYAGAIN"])

const mends: { readonly [code: string]: string } = {
  LOADING: "it is still reading its data after a start. Nothing was done; the step may be repeated",
  MISCONF:
    "it cannot write to its disk, and takes no changes. Nothing was done; its log says why, and the disk is to be " +
    "mended",
  NOAUTH: "it wants a password",
  NOPERM: "the user may not do that: it needs the keys of the prefix, and the categories @read, @write and @scripting",
  OOM:
    "it has no memory left (maxmemory is reached, and nothing may be evicted). Nothing was done; give it more, or purge " +
    "items that are final",
  READONLY: "it is a replica, which takes no changes. Nothing was done; the URL should lead to the primary",
  WRONGTYPE: "a key of the queue holds something else. The prefix and the space must be the queue's own"
}

const words = (error: Redis.RedisError): string => {
  const mend = mends[codeOf(error) ?? ""]
  switch (error.reason) {
    case "refused":
      return `Redis refuses: ${mend ?? error.message}${mend === undefined ? "" : ` (${error.message})`}`
    case "lost":
    case "timeout":
      return `${error.message}. Whether the step was done is unknown; it may be repeated, an offer with the ids that it had`
    default:
      return error.message
  }
}

export const toError = (error: Redis.RedisError, reason: "storage" | "setup" = "storage"): LeaseQueueError =>
  new LeaseQueueError({ cause: error, message: words(error), reason })

/** A pause of real time: a server is not brought back by moving a test's clock. */
const pause = (millis: number): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), millis)
    return Effect.sync(() => clearTimeout(timer))
  })

const mayTryAgain = (error: Redis.RedisError, repeatable: boolean): boolean =>
  error.reason === "disconnected" || error.reason === "overloaded"
    ? true
    : error.reason === "lost" || error.reason === "timeout"
    ? repeatable
    : error.reason === "refused" && passing.has(codeOf(error) ?? "")

/** Tries again for `patience` milliseconds of real time. */
export const persevere = <A>(
  effect: Effect.Effect<A, Redis.RedisError>,
  options: {
    readonly patience: number
    readonly repeatable: boolean
    readonly reason?: "storage" | "setup" | undefined
  }
): Effect.Effect<A, LeaseQueueError> =>
  Effect.suspend(() => {
    const giveUpAt = performance.now() + options.patience
    // a refusal may cost the connection, and is still what there is to say
    const attempt = (round: number, refusal?: Redis.RedisError): Effect.Effect<A, LeaseQueueError> =>
      Effect.catchAll(effect, (error) => {
        const last = error.reason === "disconnected" ? refusal ?? error : error
        return mayTryAgain(error, options.repeatable) && performance.now() < giveUpAt
          ? Effect.zipRight(
            pause(Math.min(10 * 2 ** round, 100) * (0.5 + Math.random() / 2)),
            attempt(round + 1, last.reason === "refused" ? last : undefined)
          )
          : toError(last, options.reason)
      })
    return attempt(0)
  })

const refusals: ReadonlySet<string> = new Set<core.Refusal | "not-found">([
  "held",
  "not-found",
  "stale",
  "state",
  "version"
])

const isRefusal = (text: string | undefined): text is core.Refusal | "not-found" =>
  text !== undefined && refusals.has(text)

/** Of a script that says no. */
export const reasonOf = (text: string | undefined): LeaseQueueError["reason"] => isRefusal(text) ? text : "storage"
