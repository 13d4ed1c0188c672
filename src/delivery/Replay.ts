/**
 * Sends dead letters again, many at a time: what would be sent is planned first, as data that can be looked at, and run
 * then as a job with progress, a cap on its rate, a rule when to stop, and a way to cancel it.
 *
 * A run keeps what a single replay keeps. Each letter is held by a lease while it is sent, so that workers never send one
 * twice at once. It is sent with the idempotency key of its call, unless it was edited. The letters of one partition key
 * go one after the other, and none overtakes an older one that is not final. An integration whose breaker is open is
 * waited for. The memory of a run is that of a page, whatever the number of letters.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { DeadLetterQueue, type DeadLetterQueueError } from "./DeadLetterQueue.js"
import type { Job, Options, Plan, ReplayOptionsError, Selection } from "./ReplayPlan.js"

export * from "./ReplayPlan.js"

/**
 * What a replay of these letters would do: how many there are, which are not sent and why, and how long it takes at the
 * rate given. Nothing is changed, and nothing is sent.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Replay } from "holdfast"
 *
 * const look = Effect.gen(function*() {
 *   const plan = yield* Replay.plan({ integration: "hubspot", errorTag: "ServerError" }, { rate: 5 })
 *   yield* Effect.log(`${plan.eligible} of ${plan.selected} letters would be sent`)
 *   for (const { count, reason } of plan.ineligible) yield* Effect.log(`${count} would not: ${reason}`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category planning
 */
export const plan = (
  selection: Selection,
  options?: Options
): Effect.Effect<Plan, DeadLetterQueueError | ReplayOptionsError, DeadLetterQueue> =>
  Effect.flatMap(DeadLetterQueue, (queue) => queue.planReplay(selection, options))

/**
 * Starts a plan as a job, which lasts as long as the scope. Letters that were captured after the plan was made are no
 * part of it; what has become of the others in between is found out letter by letter.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { Replay } from "holdfast"
 *
 * const replay = Effect.gen(function*() {
 *   const plan = yield* Replay.plan({ integration: "hubspot" }, { rate: 5, stopWhen: { errorRatio: 0.2, over: 50 } })
 *   const job = yield* Replay.run(plan)
 *   yield* Effect.forkScoped(
 *     Stream.runForEach(job.progress.changes, ({ finished }) => Effect.log(`${finished} of ${plan.eligible}`))
 *   )
 *   const report = yield* job.await
 *   yield* Effect.log(`${report.replayed} sent, ${report.failed} failed: ${report.ended._tag}`)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = (plan: Plan): Effect.Effect<Job, never, DeadLetterQueue | Scope.Scope> =>
  Effect.flatMap(DeadLetterQueue, (queue) => queue.startReplay(plan))
