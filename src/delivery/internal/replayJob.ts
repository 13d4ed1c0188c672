/** A run in the background, which tells how far it is and can be cancelled. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import type { DeadLetterQueueError, Filter, ReplayAllOptions, ReplayReport } from "../DeadLetter.js"
import type { Ended, Job, Plan, Progress, Report, SkipReason } from "../ReplayPlan.js"
import { storageError } from "./deadLetterReplay.js"
import * as exclusively from "./exclusively.js"
import type * as Pages from "./replayPages.js"
import { Control, type Outcome, run } from "./replayRun.js"
import { ofReplayAll, sendable } from "./replaySettings.js"

/** What a run has done so far. */
class Counts {
  replayed = 0
  failed = 0
  skipped = 0
  private readonly reasons: { [R in SkipReason]?: number } = {}

  add(outcome: Outcome): void {
    this[outcome._tag]++
    if (outcome._tag === "skipped") this.reasons[outcome.reason] = (this.reasons[outcome.reason] ?? 0) + 1
  }

  get all() {
    const { failed, reasons, replayed, skipped } = this
    return { finished: replayed + failed + skipped, replayed, failed, skipped, skippedFor: { ...reasons } }
  }
}

/** In the caller's own fiber, to the end. */
export const replayAll = (
  deps: Pages.Deps,
  filter: Filter,
  options: ReplayAllOptions | undefined
): Effect.Effect<ReplayReport, DeadLetterQueueError> =>
  Effect.gen(function*() {
    const settings = ofReplayAll(options)
    const counts = new Counts()
    const report = (): ReplayReport => {
      const { failed, finished, replayed, skipped } = counts.all
      return { selected: finished, replayed, failed, skipped }
    }
    const target: Pages.Target = {
      selection: filter,
      states: sendable(filter, settings),
      now: yield* Clock.currentTimeMillis,
      upTo: yield* Effect.mapError(deps.queue.watermark, storageError)
    }
    yield* run(deps, target, settings, yield* Control.make, (id, outcome) =>
      Effect.suspend(() => {
        counts.add(outcome)
        return options?.onProgress?.({ ...report(), id, outcome: outcome._tag }) ?? Effect.void
      }))
    return report()
  })

/** `scope`: the queue's. A job ends before its store does, however long the scope lasts in which it was started. */
export const start = (
  deps: Pages.Deps & { readonly scope: Scope.Scope },
  plan: Plan
): Effect.Effect<Job, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { settings } = plan
    const control = yield* Control.make
    const counts = new Counts()
    // says that there is news, and not which, so that a slow reader holds up nobody
    const news = yield* PubSub.sliding<void>(1)
    const startedAt = yield* DateTime.now
    const target: Pages.Target = {
      selection: plan.selection,
      states: sendable(plan.selection, settings),
      now: DateTime.toEpochMillis(plan.plannedAt),
      upTo: plan.upTo
    }
    let isOver = false

    const running = run(deps, target, settings, control, (_, outcome) =>
      Effect.suspend(() => {
        counts.add(outcome)
        return Effect.asVoid(PubSub.publish(news, undefined))
      }))

    const alone = Option.match(settings.exclusive, {
      onNone: () => running,
      onSome: (name): Effect.Effect<Ended, DeadLetterQueueError> =>
        exclusively.run(deps, name, running, control.end({ _tag: "Elsewhere" })).pipe(
          Effect.catchTag("LeaseQueueError", (error) => Effect.fail(storageError(error))),
          Effect.map(Option.getOrElse((): Ended => ({ _tag: "Elsewhere" })))
        )
    })

    const fiber = yield* alone.pipe(
      Effect.flatMap((ended): Effect.Effect<Report> =>
        Effect.map(DateTime.now, (endedAt) => ({ ...counts.all, ended, startedAt, endedAt }))
      ),
      Effect.ensuring(Effect.suspend(() => {
        isOver = true
        return PubSub.publish(news, undefined)
      })),
      Effect.forkIn(deps.scope)
    )
    yield* Effect.addFinalizer(() => Fiber.interrupt(fiber))

    const progress = Effect.sync((): Progress => ({
      ...counts.all,
      paused: Array.from(control.paused),
      ended: isOver
    }))
    return {
      plan,
      progress: Subscribable.make({
        get: progress,
        changes: Stream.unwrapScoped(Effect.map(PubSub.subscribe(news), (queue) =>
          Stream.concat(Stream.make(undefined), Stream.fromQueue(queue)).pipe(
            Stream.mapEffect(() => progress),
            Stream.takeUntil(({ ended }) => ended)
          )))
      }),
      cancel: (reason) =>
        control.end({ _tag: "Cancelled", reason }),
      await: Fiber.join(fiber)
    }
  })
