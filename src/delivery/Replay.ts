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
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { DeadLetterQueue, type DeadLetterQueueError, type Filter } from "./DeadLetterQueue.js"
import { toSettings } from "./internal/replaySettings.js"
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

/**
 * Says that letters are to be replayed now.
 *
 * @since 0.1.0
 * @category models
 */
export interface Trigger {
  /** Of its job. One job of a name runs at a time over one store, whichever process starts it. */
  readonly name: string
  readonly filter: Filter
}

/**
 * Of replays that nobody watches.
 *
 * @since 0.1.0
 * @category models
 */
export interface AutomaticOptions extends Omit<Options, "examine" | "exclusive" | "rate"> {
  /** Letters sent per second, at most. Default 5. */
  readonly rate?: number | undefined
}

const automatic = (
  queue: DeadLetterQueue["Type"],
  { filter, name }: Trigger,
  options: Options
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const plan = yield* queue.planReplay(filter, { ...options, examine: 0, exclusive: name })
    if (plan.eligible === 0) {
      return
    }
    const { ended, failed, replayed, skipped } = yield* Effect.flatMap(queue.startReplay(plan), (job) => job.await)
    if (ended._tag !== "Elsewhere") {
      yield* Effect.logInfo(`dead letters: ${replayed} replayed, ${failed} failed, ${skipped} skipped`, ended)
    }
  }).pipe(
    Effect.scoped,
    Effect.catchAll((error) => Effect.logWarning(`dead letters were not replayed: ${error.message}`)),
    Effect.annotateLogs("replay", name)
  )

/**
 * Replays whenever a stream says so. A trigger whose job is still under way, here or in another process, does nothing. A
 * job that fails is logged, and the next trigger tries again.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTriggered = <R>(
  triggers: Stream.Stream<Trigger, never, R>,
  options: AutomaticOptions = {}
): Layer.Layer<never, ReplayOptionsError, DeadLetterQueue | R> =>
  Layer.scopedDiscard(Effect.gen(function*() {
    const paced: Options = { ...options, rate: options.rate ?? 5 }
    yield* toSettings(paced)
    const queue = yield* DeadLetterQueue
    const jobs = yield* FiberMap.make<string>()
    yield* Effect.forkScoped(Stream.runForEach(triggers, (trigger) =>
      FiberMap.run(jobs, trigger.name, automatic(queue, trigger, paced), { onlyIfMissing: true })))
  }))

/**
 * Replays on a schedule: once a night, every quarter of an hour. Of the processes of a fleet that have it, one at a time
 * does.
 *
 * @example
 * ```ts
 * import * as Schedule from "effect/Schedule"
 * import { Replay } from "holdfast"
 *
 * const nightly = Replay.layerSchedule({
 *   schedule: Schedule.cron("0 3 * * *"),
 *   filter: { integration: "hubspot" },
 *   rate: 2
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSchedule = <Out, R>(
  options: AutomaticOptions & {
    /** The first replay is at its first time, and not at the start of the program. */
    readonly schedule: Schedule.Schedule<Out, unknown, R>
    /** Default all that are pending. */
    readonly filter?: Filter | undefined
    /** Of the jobs; each schedule over one store has one of its own. Default `schedule`. */
    readonly name?: string | undefined
  }
): Layer.Layer<never, ReplayOptionsError, DeadLetterQueue | R> => {
  const { filter = {}, name = "schedule", schedule, ...rest } = options
  return layerTriggered(Stream.map(Stream.fromSchedule(schedule), () => ({ filter, name })), rest)
}
