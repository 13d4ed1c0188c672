/** Claims messages of one integration and delivers them, until it is interrupted; then drains. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as LeaseItem from "../LeaseItem.js"
import type { Workings } from "./outbox.js"
import * as delivery from "./outboxDelivery.js"

export interface Options extends Omit<delivery.Deps, "queue" | "hold"> {
  readonly concurrency: number
  readonly owner: string
  /** Milliseconds, all of them. */
  readonly pollInterval: number
  readonly drain: number
  /** Absent: nothing is purged. */
  readonly retention: number | undefined
}

/** An idle worker looks again soon, and then less and less often: a message of a transaction shows itself at its commit. */
const firstPause = 20

const upkeepInterval = 60_000

const largestBatch = 100

export const run = ({ control, onSent, queue, queueOf }: Workings, options: Options): Effect.Effect<never> => {
  const { integration } = options
  const name = queueOf(integration)
  const running = new Set<Fiber.RuntimeFiber<void>>()

  return Effect.gen(function*() {
    const news = yield* Queue.sliding<void>(1)
    const wake = () => void Queue.unsafeOffer(news, undefined)
    let pause = firstPause
    let holdUntil = 0
    let isPaused = false
    let controlAt = 0
    let isRegistered = false
    let isAway = false
    /** There may be more than was claimed, so that a free slot is worth a claim. */
    let isFull = false

    const deps: delivery.Deps = {
      ...options,
      queue,
      hold: (millis) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          holdUntil = Math.max(holdUntil, now + millis)
        })
    }

    const start = (item: LeaseItem.Item): Effect.Effect<void> =>
      Effect.map(Effect.forkDaemon(Effect.interruptible(delivery.deliver(deps, item))), (fiber) => {
        running.add(fiber)
        fiber.addObserver(() => {
          running.delete(fiber)
          // the next of its partition may be ready now
          if (item.partitionKey !== undefined) pause = firstPause
          if (isFull || item.partitionKey !== undefined) wake()
        })
      })

    /** Beside the deliveries, and not in their way: there may be much to purge. */
    const upkeep = Effect.gen(function*() {
      yield* delivery.settleDeadLetters(queue, name)
      if (options.retention !== undefined) yield* queue.purge({ olderThan: options.retention, queue: name })
    }).pipe(Effect.ignore, Effect.zipRight(Effect.sleep(upkeepInterval)), Effect.forever)

    const lookAtControl = (now: number): Effect.Effect<void, LeaseItem.LeaseQueueError> =>
      Effect.gen(function*() {
        if (!isRegistered) {
          yield* control.register(integration)
          isRegistered = true
        }
        if (now >= controlAt) {
          isPaused = Option.isSome(yield* control.paused(integration))
          controlAt = now + options.pollInterval
        }
      })

    /** `true`: there may be more right now. */
    const round = (free: number): Effect.Effect<boolean, LeaseItem.LeaseQueueError> =>
      Effect.gen(function*() {
        yield* lookAtControl(yield* Clock.currentTimeMillis)
        if (isPaused) {
          pause = options.pollInterval
          return false
        }
        const limit = Math.min(free, largestBatch)
        const claimed = yield* queue.claim({ lease: options.lease, limit, owner: options.owner, queue: name })
        yield* Effect.forEach(claimed, start, { discard: true })
        if (claimed.length > 0) pause = firstPause
        isFull = claimed.length === limit
        return isFull
      }).pipe(
        // what is claimed is also begun
        Effect.uninterruptible
      )

    const wait = Effect.suspend(() => {
      const millis = Math.min(pause, options.pollInterval)
      pause = Math.min(pause * 2, options.pollInterval)
      return Effect.raceFirst(Queue.take(news), Effect.sleep(millis))
    })

    const loop = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const free = options.concurrency - running.size
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
        yield* Effect.logWarning(`the outbox of ${integration} cannot be reached, and is tried again`, more.cause)
      }
      return yield* Effect.sleep(options.pollInterval)
    })

    yield* Effect.forkScoped(upkeep)
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        onSent(integration, () => {
          pause = firstPause
          controlAt = 0
          wake()
        })
      ),
      (stop) => Effect.sync(stop)
    )
    return yield* Effect.forever(loop)
  }).pipe(
    Effect.scoped,
    Effect.ensuring(Effect.suspend(() => drained(running, options.drain)))
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
