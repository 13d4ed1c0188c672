/** What was read of a place of secrets, at hand: for a while, for all who want the same; longer while it is away. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Outage from "../../internal/outage.js"
import { monotonicMillis } from "../../internal/time.js"
import type { SecretsError } from "../Secrets.js"
import { Reads } from "./reads.js"

export interface Settings {
  readonly timeToLive: Duration.Duration
  readonly staleFor: Duration.Duration
  readonly capacity: number
}

/** Milliseconds. A name that is asked for in vain by every call is not a request each. */
const refusedPause = 1000

/** Milliseconds. A provider that refuses everybody does not make every call a request here. */
const freshFor = 1000

/** Milliseconds. Each look at a place that hangs makes its callers wait for the time that a request has. */
const awayPause = 5000

/** Times are monotonic. */
interface Entry<A> {
  readonly exit: Exit.Exit<A, SecretsError>
  readonly readAt: number
  freshUntil: number
}

export interface Cache<A> {
  readonly get: (key: string, isFresh: boolean) => Effect.Effect<A, SecretsError>
  /** What is under way may have read what was there before. */
  readonly forget: (key: string) => void
}

/** `read`: with what was read before, where there is something; it then need not be patient. */
export const make = <A>(
  place: { readonly outageOf: object; readonly back: string },
  read: (key: string, before: A | undefined) => Effect.Effect<A, SecretsError>,
  settings: Settings
) =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const outage = yield* Outage.join(place.outageOf, "secrets")
    const timeToLive = Duration.toMillis(settings.timeToLive)
    const staleFor = Duration.toMillis(settings.staleFor)
    const reads = new Reads<Entry<A>, never>(settings.capacity)
    let isAway = false

    const valueOf = (entry: Entry<A> | undefined): A | undefined =>
      entry !== undefined && Exit.isSuccess(entry.exit) ? entry.exit.value : undefined

    const failed = (before: Entry<A> | undefined, error: SecretsError) => {
      const now = monotonicMillis(clock)
      if (
        error.retryable && before !== undefined && Exit.isSuccess(before.exit) &&
        now < before.readAt + timeToLive + staleFor
      ) {
        const entry = { ...before, freshUntil: now + awayPause }
        isAway = true
        const until = Duration.format(settings.staleFor)
        return Effect.as(
          outage.away(`${error.message}; secrets that were read before are used for up to ${until}`),
          entry
        )
      }
      return Effect.succeed({ exit: Exit.fail(error), freshUntil: now + refusedPause, readAt: now })
    }

    const look = (key: string): Effect.Effect<Entry<A>> =>
      Effect.suspend(() => {
        const before = reads.kept(key)
        return Effect.matchEffect(read(key, valueOf(before)), {
          onFailure: (error) => failed(before, error),
          onSuccess: (value) =>
            Effect.suspend(() => {
              const now = monotonicMillis(clock)
              const entry: Entry<A> = { exit: Exit.succeed(value), freshUntil: now + timeToLive, readAt: now }
              if (!isAway) return Effect.succeed(entry)
              isAway = false
              return Effect.as(outage.back(place.back), entry)
            })
        })
      })

    const cache: Cache<A> = {
      forget: (key) => {
        reads.drop(key)
        reads.outdate(key)
      },
      get: (key, isFresh) =>
        Effect.suspend(() => {
          const entry = reads.kept(key)
          const now = monotonicMillis(clock)
          if (entry !== undefined && now < entry.freshUntil && (!isFresh || now < entry.readAt + freshFor)) {
            return entry.exit
          }
          return Effect.flatMap(reads.read(key, look(key)), ({ exit }) => exit)
        })
    }
    return cache
  })
