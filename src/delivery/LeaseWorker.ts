/**
 * A worker of a lease queue: claims items, has them worked on, and drains when it is told to end. Outbox and inbox have one
 * each; it is here for faces of one's own.
 *
 * What is done with an item, and what becomes of it, is its caller's: `work` settles the item. What is common is here: that
 * a lease is kept alive for as long as the work lasts, and that the work ends when the lease is lost.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type { IntegrationError } from "../core/IntegrationError.js"
import * as keeper from "./internal/leaseKeeper.js"
import type * as LeaseItem from "./LeaseItem.js"
import type * as LeaseQueue from "./LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The name of the queue in the store. */
  readonly queue: string
  /** As it is named in logs: `the outbox of hubspot`. */
  readonly title: string
  /** Does the work and settles the item. Interrupted when the worker has no more time; it then gives the item back. */
  readonly work: (item: LeaseItem.Item, worker: Handle) => Effect.Effect<void>
  /** Who holds the leases, for people to read. */
  readonly owner: string
  /** Items at once. Default 10. */
  readonly concurrency?: number | undefined
  /** Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
  /** How often an idle worker looks for items of other processes. Default `1 second`. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** How long work under way has for its end when the worker is shut down. Default `10 seconds`. */
  readonly drain?: Duration.DurationInput | undefined
  /** Asked before each claim, with `true` the first time and after news: whether to claim. Default always. */
  readonly mayClaim?: ((isNews: boolean) => Effect.Effect<boolean, LeaseItem.LeaseQueueError>) | undefined
  /** Done at the beginning and once a minute, beside the work. */
  readonly upkeep?: Effect.Effect<unknown, LeaseItem.LeaseQueueError> | undefined
  /** Calls back when this process has offered something to the queue; gives the way to stop that. */
  readonly onNews?: ((listener: () => void) => () => void) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Handle {
  /** No more is claimed for so many milliseconds: what was refused here may be refused again at once. */
  readonly hold: (millis: number) => Effect.Effect<void>
}

/** An idle worker looks again soon, and then less and less often: an item of a transaction shows itself at its commit. */
const firstPause = 20

const upkeepInterval = 60_000

const largestBatch = 100

const millis = (duration: Duration.DurationInput | undefined, fallback: number, least: number): number =>
  duration === undefined ? fallback : Math.max(Math.ceil(Duration.toMillis(duration)), least)

/**
 * Works until it is interrupted; then it claims no more, lets what is under way come to its end within `drain`, and
 * interrupts the rest.
 *
 * @since 0.1.0
 * @category combinators
 */
export const run = (queue: LeaseQueue.LeaseQueue["Type"], options: Options): Effect.Effect<never> => {
  const concurrency = Math.max(Math.trunc(options.concurrency ?? 10), 1)
  const lease = millis(options.lease, 30_000, 1)
  const pollInterval = millis(options.pollInterval, 1000, 1)
  const running = new Set<Fiber.RuntimeFiber<void>>()

  return Effect.gen(function*() {
    const news = yield* Queue.sliding<void>(1)
    const wake = () => void Queue.unsafeOffer(news, undefined)
    let pause = firstPause
    let holdUntil = 0
    let isNews = true
    let isAway = false
    /** There may be more than was claimed, so that a free slot is worth a claim. */
    let isFull = false

    const handle: Handle = {
      hold: (millis) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          holdUntil = Math.max(holdUntil, now + millis)
        })
    }

    const start = (item: LeaseItem.Item): Effect.Effect<void> =>
      Effect.map(Effect.forkDaemon(Effect.interruptible(options.work(item, handle))), (fiber) => {
        running.add(fiber)
        fiber.addObserver(() => {
          running.delete(fiber)
          // the next of its partition may be ready now
          if (item.partitionKey !== undefined) pause = firstPause
          if (isFull || item.partitionKey !== undefined) wake()
        })
      })

    /** Beside the work, and not in its way: there may be much to purge. */
    const upkeep = (options.upkeep ?? Effect.void).pipe(
      Effect.ignore,
      Effect.zipRight(Effect.sleep(upkeepInterval)),
      Effect.forever
    )

    /** `true`: there may be more right now. */
    const round = (free: number): Effect.Effect<boolean, LeaseItem.LeaseQueueError> =>
      Effect.gen(function*() {
        if (options.mayClaim !== undefined) {
          const wasNews = isNews
          isNews = false
          const may = yield* Effect.tapErrorCause(options.mayClaim(wasNews), () => Effect.sync(() => isNews = true))
          if (!may) {
            pause = pollInterval
            return false
          }
        }
        const limit = Math.min(free, largestBatch)
        const claimed = yield* queue.claim({ lease, limit, owner: options.owner, queue: options.queue })
        yield* Effect.forEach(claimed, start, { discard: true })
        if (claimed.length > 0) pause = firstPause
        isFull = claimed.length === limit
        return isFull
      }).pipe(
        // what is claimed is also begun
        Effect.uninterruptible
      )

    const wait = Effect.suspend(() => {
      const millis = Math.min(pause, pollInterval)
      pause = Math.min(pause * 2, pollInterval)
      return Effect.raceFirst(Queue.take(news), Effect.sleep(millis))
    })

    const loop = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const free = concurrency - running.size
      if (free <= 0) return yield* Queue.take(news)
      if (holdUntil > now) return yield* Effect.sleep(holdUntil - now)
      const more = yield* Effect.exit(round(free))
      if (Exit.isSuccess(more)) {
        isAway = false
        return more.value ? undefined : yield* wait
      }
      // also of a defect of its store: a worker that is gone would be missed by nobody
      if (!isAway) {
        isAway = true
        yield* Effect.logWarning(`${options.title} cannot be reached, and is tried again`, more.cause)
      }
      return yield* Effect.sleep(pollInterval)
    })

    yield* Effect.forkScoped(upkeep)
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        options.onNews?.(() => {
          pause = firstPause
          isNews = true
          wake()
        })
      ),
      (stop) => Effect.sync(() => stop?.())
    )
    return yield* Effect.forever(loop)
  }).pipe(
    Effect.scoped,
    Effect.ensuring(Effect.suspend(() => drained(running, millis(options.drain, 10_000, 0))))
  )
}

/** Lets what is under way come to its end, for so long; the rest is interrupted, which gives it back. */
const drained = (running: ReadonlySet<Fiber.RuntimeFiber<void>>, millis: number): Effect.Effect<void> =>
  Effect.gen(function*() {
    const ended = yield* Effect.forkDaemon(Effect.interruptible(
      Effect.timeoutOption(Fiber.awaitAll(Array.from(running)), millis)
    ))
    yield* Fiber.await(ended)
    yield* Fiber.interruptAll(Array.from(running))
  })

/**
 * How work under a lease has ended.
 *
 * - `done`, `failed`: by itself
 * - `died`: by a bug
 * - `interrupted`: the worker was shut down; the item is to be released
 * - `lost`: the lease was lost; the item is another worker's
 *
 * @since 0.1.0
 * @category models
 */
export type Ended<A, E> =
  | { readonly _tag: "done"; readonly value: A }
  | { readonly _tag: "failed"; readonly error: E }
  | { readonly _tag: "died"; readonly cause: Cause.Cause<never> }
  | { readonly _tag: "interrupted" }
  | { readonly _tag: "lost" }

/**
 * Does the work while its lease is kept alive, and hands over how it ended. `settle` is not interrupted.
 *
 * @since 0.1.0
 * @category combinators
 */
export const underLease = <A, E, B, E2, R2>(
  queue: LeaseQueue.LeaseQueue["Type"],
  item: Pick<LeaseItem.Item, "id" | "token">,
  options: {
    readonly lease: Duration.DurationInput
    readonly work: Effect.Effect<A, E>
    readonly settle: (ended: Ended<A, E>) => Effect.Effect<B, E2, R2>
  }
): Effect.Effect<B, E2, R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const lost = { _tag: "lost" } as const
      const exit = yield* Effect.exit(
        restore(
          Effect.raceFirst(
            Effect.either(options.work),
            Effect.interruptible(Effect.catchTag(
              keeper.keepAlive(queue, item, millis(options.lease, 30_000, 1)),
              "LeaseLost",
              () => Effect.succeed(lost)
            ))
          )
        )
      )
      if (Exit.isFailure(exit)) {
        return yield* options.settle(
          Cause.isInterruptedOnly(exit.cause) ? { _tag: "interrupted" } : { _tag: "died", cause: exit.cause }
        )
      }
      const ended = exit.value
      return yield* options.settle(
        ended._tag === "lost"
          ? ended
          : ended._tag === "Right"
          ? { _tag: "done", value: ended.right }
          : { _tag: "failed", error: ended.left }
      )
    })
  )

/**
 * Repeats a settlement while the store is away, for up to half of the lease and at most 5 seconds. A settlement may be
 * repeated with its token; what is not settled is worked on once more.
 *
 * @since 0.1.0
 * @category combinators
 */
export const patiently = <A>(
  step: Effect.Effect<A, LeaseItem.LeaseQueueError>,
  lease: Duration.DurationInput
): Effect.Effect<A, LeaseItem.LeaseQueueError> =>
  Effect.retry(step, {
    schedule: Schedule.intersect(
      Schedule.spaced("250 millis"),
      Schedule.recurUpTo(Math.min(Duration.toMillis(lease) / 2, 5000))
    ),
    while: (error) => error.reason === "storage"
  })

/**
 * Settles patiently. When that fails, the item is ready again at the lease's end, which is logged; when another worker has
 * it, that one's result counts. Gives whether it was settled.
 *
 * @since 0.1.0
 * @category combinators
 */
export const settle = (
  step: Effect.Effect<unknown, LeaseItem.LeaseQueueError>,
  options: {
    readonly item: Pick<LeaseItem.Item, "id">
    readonly lease: Duration.DurationInput
    /** As it is named in logs: `hubspot: what became of a message`. */
    readonly title: string
    /** What has become of the item, in one word. */
    readonly event: string
  }
): Effect.Effect<"settled" | "stalled" | "unknown"> =>
  Effect.matchEffect(patiently(step, options.lease), {
    onFailure: (error) =>
      error.reason === "stale" || error.reason === "not-found"
        ? Effect.succeed("stalled" as const)
        : Effect.logWarning(
          `${options.title} could not be recorded (${options.event}); it is done again when its lease ends: ` +
            error.message
        ).pipe(Effect.annotateLogs({ item: options.item.id }), Effect.as("unknown" as const)),
    onSuccess: () => Effect.succeed("settled" as const)
  })

/**
 * @since 0.1.0
 * @category models
 */
export interface Backoff {
  /** Milliseconds. */
  readonly initialDelay: number
  readonly multiplier: number
  /** Milliseconds. */
  readonly maxDelay: number
}

/**
 * The pause after an attempt, counted from 1: exponential, capped, half of it spread by `random` in [0, 1).
 *
 * @since 0.1.0
 * @category combinators
 */
export const backoff = (policy: Backoff, attempt: number, random: number): number => {
  const raw = policy.initialDelay === 0 ? 0 : policy.initialDelay * Math.pow(policy.multiplier, attempt - 1)
  const delay = Math.min(raw, policy.maxDelay)
  return Math.ceil(delay / 2 + delay / 2 * random)
}

/**
 * Whether a call was not let through, or the provider had no room: that says nothing of the item, and burns no attempt of it.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRefusal = (error: IntegrationError): boolean => {
  switch (error._tag) {
    case "CircuitBreakerOpenError":
    case "BulkheadFullError":
    case "UnavailableError":
    case "RateLimitError":
      return true
    default:
      return false
  }
}

/**
 * News of what this process has offered, by the name of a queue: a worker of the same process need not look for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface News {
  readonly tell: (name: string) => void
  /** For the option `onNews` of a worker; gives the way to stop it. */
  readonly listen: (name: string, listener: () => void) => () => void
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeNews = (): News => {
  const listeners = new Map<string, Set<() => void>>()
  return {
    listen: (name, listener) => {
      const all = listeners.get(name) ?? new Set()
      listeners.set(name, all.add(listener))
      return () => void all.delete(listener)
    },
    tell: (name) => {
      for (const listener of listeners.get(name) ?? []) listener()
    }
  }
}
