/** Claims messages of one integration and delivers them, until it is interrupted; then drains. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as LeaseWorker from "../LeaseWorker.js"
import type { Workings } from "./outbox.js"
import * as delivery from "./outboxDelivery.js"

export interface Options extends Omit<delivery.Deps, "queue" | "hold" | "sealing"> {
  readonly concurrency: number
  readonly owner: string
  /** Milliseconds, all of them. */
  readonly pollInterval: number
  readonly drain: number
  /** Absent: nothing is purged. */
  readonly retention: number | undefined
}

export const run = ({ control, onSent, queue, queueOf, sealing }: Workings, options: Options): Effect.Effect<never> =>
  Effect.suspend(() => {
    const { integration } = options
    const name = queueOf(integration)
    let isRegistered = false
    let isPaused = false
    let controlAt = 0

    return LeaseWorker.run(queue, {
      concurrency: options.concurrency,
      drain: options.drain,
      lease: options.lease,
      mayClaim: (isNews) =>
        Effect.gen(function*() {
          if (!isRegistered) {
            yield* control.register(integration)
            isRegistered = true
          }
          const now = yield* Clock.currentTimeMillis
          if (isNews || now >= controlAt) {
            isPaused = Option.isSome(yield* control.paused(integration))
            controlAt = now + options.pollInterval
          }
          return !isPaused
        }),
      onNews: (listener) => onSent(integration, listener),
      owner: options.owner,
      pollInterval: options.pollInterval,
      queue: name,
      title: `the outbox of ${integration}`,
      upkeep: Effect.gen(function*() {
        yield* delivery.settleDeadLetters(queue, name)
        if (options.retention !== undefined) yield* queue.purge({ olderThan: options.retention, queue: name })
      }),
      work: (item, { hold }) => delivery.deliver({ ...options, hold, queue, sealing }, item)
    })
  })
