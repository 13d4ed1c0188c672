/** Handles events of one source, until it is interrupted; then drains. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as LeaseWorker from "../../delivery/LeaseWorker.js"
import type { Handler } from "../InboxHandler.js"
import type { Workings } from "./inbox.js"
import type * as core from "./inboxCore.js"
import * as handling from "./inboxHandling.js"

export interface Options {
  readonly concurrency: number | undefined
  readonly policy: core.Policy
  readonly timeout: Duration.Duration
  /** Milliseconds. */
  readonly lease: number
  /** Milliseconds. */
  readonly pollInterval: number
  readonly drain: Duration.DurationInput | undefined
  /** Milliseconds; absent: nothing is purged. */
  readonly retention: number | undefined
  readonly owner: string
}

export const run = (
  workings: Workings,
  context: Context.Context<any>,
  handler: Handler<any>,
  options: Options
): Effect.Effect<never> =>
  Effect.suspend(() => {
    const { control, onOffered, queue, queueOf } = workings
    const { id, isProven, remember, stale } = handler.source
    const { lease, policy, pollInterval, retention } = options
    const give = (raw: handling.Raw, commit: handling.Commit): Effect.Effect<handling.Verdict, unknown> =>
      Effect.mapInputContext(
        handler.run(raw, commit),
        (inner: Context.Context<never>) => Context.merge(context, inner)
      )
    let isRegistered = false
    let isPaused = false
    let controlAt = 0
    const warning = isProven || handler.isConfirmed
      ? Effect.void
      : Effect.logWarning(
        `events of ${id} are not signed, and its handler confirms none of them: whoever knows the URL can say anything. ` +
          "Give Inbox.on a confirm that asks the provider's API"
      )
    return Effect.zipRight(
      warning,
      LeaseWorker.run(queue, {
        concurrency: options.concurrency,
        drain: options.drain,
        lease,
        mayClaim: (isNews) =>
          Effect.gen(function*() {
            if (!isRegistered) {
              yield* control.register(id)
              isRegistered = true
            }
            const now = yield* Clock.currentTimeMillis
            if (isNews || now >= controlAt) {
              isPaused = Option.isSome(yield* control.paused(id))
              controlAt = now + pollInterval
            }
            return !isPaused
          }),
        onNews: (listener) => onOffered(id, listener),
        owner: options.owner,
        pollInterval,
        queue: queueOf(id),
        title: `the inbox of ${id}`,
        upkeep: handling.makeUpkeep(workings, id, { remember: Duration.toMillis(remember), retention }),
        work: (item, { hold }) =>
          handling.handle({
            hold,
            lease,
            policy,
            run: give,
            source: id,
            stale,
            timeout: options.timeout,
            workings
          }, item)
      })
    )
  })
