/** One run of a key: begins it, keeps its lease, and settles what came of it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { createHash } from "node:crypto"
import type { Step } from "./idempotencyCore.js"
import type { Store } from "./idempotencyStore.js"

export const hash = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex")

/** Milliseconds. */
export interface Settings {
  readonly fingerprint: string
  readonly lease: number
  readonly keep: number
}

/** A run of this process: others of it need not ask the store. */
export interface Local {
  readonly fingerprint: string
  readonly ended: Deferred.Deferred<void>
}

interface Service {
  readonly store: Store
  readonly running: Map<string, Local>
}

export type Result<A, E> =
  | { readonly _tag: "ran"; readonly exit: Exit.Exit<A, E> }
  | { readonly _tag: "done"; readonly outcome: string }
  | { readonly _tag: "running"; readonly left: number }
  | { readonly _tag: "overtaken" }
  | { readonly _tag: "conflict" }
  | { readonly _tag: "storage"; readonly message: string; readonly cause: unknown }

/** Milliseconds between two looks at a run of another process. */
const firstPause = 10
const longestPause = 250
/** Milliseconds between two attempts to reach the store, and for which it is tried in the end. */
const retryPause = 50
const longestEnd = 10_000

/** Until it is worth asking again. */
export const pause = ({ running }: Service, key: string, round: number, left: number): Effect.Effect<void> => {
  const local = running.get(key)
  const sleep = Effect.sleep(Math.max(1, Math.min(left, firstPause * 2 ** round, longestPause)))
  return local === undefined ? sleep : Effect.raceFirst(Deferred.await(local.ended), sleep)
}

/**
 * Begins the run where nobody else has, and sees it through. `encode`: what is kept of an exit, none where nothing is.
 */
export const run = <A, E, R>(
  service: Service,
  key: string,
  { fingerprint, keep, lease }: Settings,
  effect: Effect.Effect<A, E, R>,
  encode: (exit: Exit.Exit<A, E>) => Option.Option<Either.Either<string, unknown>>
): Effect.Effect<Result<A, E>, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const { store } = service
      const owner = crypto.randomUUID()
      const release = Effect.ignore(
        Effect.timeout(Effect.interruptible(store.take(key, { _tag: "release", owner })), Math.min(lease, longestEnd))
      )

      /** Whatever happens to the caller from now on: what has been done must not be done again for want of a word. */
      const settled = (exit: Exit.Exit<Exit.Exit<A, E> | Overtaken>): Effect.Effect<Result<A, E>> => {
        if (Exit.isFailure(exit)) return Effect.as(release, ran<A, E>(Exit.failCause(exit.cause)))
        if (!Exit.isExit(exit.value)) return Effect.succeed(overtaken)
        const ended = exit.value
        const kept = encode(ended)
        if (Option.isNone(kept)) return Effect.as(release, ran(ended))
        if (Either.isLeft(kept.value)) {
          const why = `the outcome under the idempotency key ${key} is not what its schemas describe, and is not kept`
          return Effect.as(release, ran<A, E>(Exit.die(new Error(why, { cause: kept.value.left }))))
        }
        return finish(
          store,
          key,
          { _tag: "finish", keep, outcome: kept.value.right, owner },
          Math.min(lease, longestEnd)
        ).pipe(
          Effect.map((answer) => answer === "stale" ? overtaken : ran(ended))
        )
      }

      return restore(store.take(key, { _tag: "begin", fingerprint, keep, lease, owner })).pipe(
        // the store may have taken the step all the same
        Effect.onInterrupt(() => Effect.forkDaemon(release)),
        Effect.matchEffect({
          onFailure: ({ cause, message }) => Effect.succeed<Result<A, E>>({ _tag: "storage", cause, message }),
          onSuccess: (answer): Effect.Effect<Result<A, E>, never, R> => {
            switch (answer._tag) {
              case "run":
                return here(
                  service,
                  key,
                  fingerprint,
                  Effect.flatMap(
                    Effect.exit(restore(leased(effect, renewals(store, key, owner, lease, keep)))),
                    settled
                  )
                )
              case "done":
              case "running":
              case "conflict":
                return Effect.succeed(answer)
              default:
                return Effect.dieMessage(`a backing of idempotency answered ${answer._tag} to a beginning`)
            }
          }
        })
      )
    })
  )

/** Others of this process wait for its end. */
const here = <A, R>(
  { running }: Service,
  key: string,
  fingerprint: string,
  effect: Effect.Effect<A, never, R>
): Effect.Effect<A, never, R> =>
  Effect.flatMap(Deferred.make<void>(), (ended) => {
    const local: Local = { ended, fingerprint }
    running.set(key, local)
    return Effect.ensuring(
      effect,
      Effect.suspend(() => {
        if (running.get(key) === local) running.delete(key)
        return Deferred.succeed(ended, undefined)
      })
    )
  })

type Overtaken = typeof overtaken
const overtaken = { _tag: "overtaken" } as const

const ran = <A, E>(exit: Exit.Exit<A, E>): Result<A, E> => ({ _tag: "ran", exit })

const leased = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  renewals: Effect.Effect<Overtaken>
): Effect.Effect<Exit.Exit<A, E> | Overtaken, never, R> =>
  Effect.raceFirst(Effect.exit(effect), Effect.interruptible(renewals))

/** Ends when the run is another's. A store that is away is asked again; whether it was too late shows in the end. */
const renewals = (store: Store, key: string, owner: string, lease: number, keep: number): Effect.Effect<Overtaken> => {
  const renew = Effect.timeout(store.take(key, { _tag: "renew", keep, lease, owner }), lease)
  const after = (millis: number): Effect.Effect<Overtaken> =>
    Effect.zipRight(
      Effect.sleep(millis),
      Effect.matchEffect(renew, {
        onFailure: () => after(retryPause),
        onSuccess: ({ _tag }) => _tag === "stale" ? Effect.succeed(overtaken) : after(lease / 3)
      })
    )
  return after(lease / 3)
}

/** Tries for so many milliseconds. What cannot be kept then is said, and the caller has its outcome all the same. */
const finish = (store: Store, key: string, step: Step, patience: number): Effect.Effect<"settled" | "stale" | "lost"> =>
  store.take(key, step).pipe(
    Effect.tapError((error) => Effect.logDebug(`${store.name} does not keep an outcome yet`, error)),
    Effect.retry(Schedule.union(Schedule.exponential(retryPause), Schedule.spaced("1 second"))),
    // the schedule has no end
    Effect.orDie,
    Effect.map(({ _tag }) => _tag === "stale" ? "stale" : "settled"),
    Effect.interruptible,
    Effect.timeoutOption(patience),
    Effect.flatMap(Option.match({
      onNone: () =>
        Effect.as(
          Effect.logError(
            `the outcome under the idempotency key ${key} could not be kept in ${store.name}: a repetition runs again`
          ),
          "lost"
        ),
      onSome: Effect.succeed
    }))
  )
