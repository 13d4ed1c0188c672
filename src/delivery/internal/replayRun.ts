/** Sends the letters of a selection, one after the other where they have to, and as many at once as they may. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { DeadLetterQueueError, Replayer } from "../DeadLetter.js"
import type * as LeaseItem from "../LeaseItem.js"
import type { Ended, Settings, SkipReason } from "../ReplayPlan.js"
import * as codec from "./deadLetterCodec.js"
import { refusedLocally, replay } from "./deadLetterReplay.js"
import { Gate } from "./replayGate.js"
import { Pace, Recent } from "./replayPace.js"
import * as Pages from "./replayPages.js"

export type Outcome =
  | { readonly _tag: "replayed" }
  | { readonly _tag: "failed" }
  | { readonly _tag: "skipped"; readonly reason: SkipReason }

const skipped = (reason: SkipReason): Outcome => ({ _tag: "skipped", reason })

/** Whether a run goes on. Who tells it to end is heard by all that wait in it. */
export class Control {
  readonly paused = new Set<string>()
  private why: Ended | undefined

  constructor(private readonly over: Deferred.Deferred<void>) {}

  static readonly make = Effect.map(Deferred.make<void>(), (over) => new Control(over))

  get ended(): Ended | undefined {
    return this.why
  }

  /** The first reason counts. */
  end(why: Ended): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.why ??= why
      return Effect.asVoid(Deferred.succeed(this.over, undefined))
    })
  }

  /** Until the time is over or the run is. */
  wait(millis: number): Effect.Effect<void> {
    return Effect.raceFirst(Effect.sleep(Math.ceil(millis)), Deferred.await(this.over))
  }
}

/** Lists of letters that go one after the other; the lists themselves may go side by side. */
const lanes = (page: ReadonlyArray<Pages.Found>): ReadonlyArray<ReadonlyArray<Pages.Found>> => {
  const lanes: Array<Array<Pages.Found>> = []
  const byKey = new Map<string, Array<Pages.Found>>()
  for (const found of page) {
    const key = found._tag === "Found" ? found.item.partitionKey : undefined
    const lane = key === undefined ? undefined : byKey.get(key)
    if (lane !== undefined) {
      lane.push(found)
    } else {
      const fresh = [found]
      lanes.push(fresh)
      if (key !== undefined) byKey.set(key, fresh)
    }
  }
  return lanes
}

export const run = (
  deps: Pages.Deps,
  target: Pages.Target,
  settings: Settings,
  control: Control,
  onLetter: (id: string, outcome: Outcome) => Effect.Effect<void>
): Effect.Effect<Ended, DeadLetterQueueError> =>
  Effect.gen(function*() {
    const acquirable = target.states.includes("parked")
      ? ["ready", "parked", "poison"] as const
      : ["ready", "parked"] as const
    const maxPause = Duration.toMillis(settings.maxPause)
    const gates = new Map<string, Gate>()
    const pace = Option.map(settings.rate, (rate) => new Pace(rate))
    const recent = Option.map(settings.stopWhen, (rule) => new Recent(rule))

    const gateOf = (integration: string): Gate => {
      const gate = gates.get(integration) ?? new Gate(maxPause, settings.maxPauses)
      gates.set(integration, gate)
      return gate
    }

    /** Until the integration lets calls through again. */
    const open = (integration: string, gate: Gate): Effect.Effect<void> =>
      Effect.gen(function*() {
        const pause = gate.opensAt - (yield* Clock.currentTimeMillis)
        if (pause <= 0 || control.ended !== undefined) {
          control.paused.delete(integration)
          return
        }
        control.paused.add(integration)
        yield* control.wait(pause)
        yield* open(integration, gate)
      })

    const inTurn: Effect.Effect<void> = Option.match(pace, {
      onNone: () => Effect.void,
      onSome: (pace) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const wait = pace.next(now)
          return wait > 0 ? control.wait(wait) : Effect.void
        })
    })

    const judge = (failed: boolean): Effect.Effect<void> =>
      Option.match(recent, {
        onNone: () => Effect.void,
        onSome: (recent) =>
          recent.add(failed) ? control.end({ _tag: "Stopped", failed: recent.failed, over: recent.size }) : Effect.void
      })

    /** None: the run was over before the letter was begun. */
    const send = (
      item: LeaseItem.Item,
      replayer: Replayer,
      gate: Gate
    ): Effect.Effect<Option.Option<Outcome>, DeadLetterQueueError> =>
      Effect.gen(function*() {
        yield* open(item.source, gate)
        yield* inTurn
        if (control.ended !== undefined) {
          return Option.none()
        }
        if (gate.closed) {
          return Option.some(skipped("refused"))
        }
        // another letter has met a refusal while this one waited for its turn
        if (gate.opensAt > (yield* Clock.currentTimeMillis)) {
          return yield* send(item, replayer, gate)
        }
        const result = yield* Effect.either(replay(deps, item, replayer, { states: acquirable, ordered: true }))
        if (Either.isRight(result)) {
          gate.passed()
          yield* judge(false)
          return Option.some<Outcome>({ _tag: "replayed" })
        }
        const error = result.left
        switch (error._tag) {
          case "DeadLetterQueueError":
            return error.reason === "undecodable" || error.reason === "encrypted"
              ? Option.some(skipped(Pages.skippedFor(error)))
              : yield* error
          case "DeadLetterNotFoundError":
          case "ReplayRefusedError":
            return Option.some(skipped(Pages.skippedFor(error)))
          default:
            if (!refusedLocally(error)) {
              yield* judge(true)
              return Option.some<Outcome>({ _tag: "failed" })
            }
            gate.refused(error, yield* Clock.currentTimeMillis)
            return yield* send(item, replayer, gate)
        }
      })

    const attempt = (found: Pages.Found): Effect.Effect<Option.Option<Outcome>, DeadLetterQueueError> =>
      Effect.gen(function*() {
        if (found._tag === "Missing") {
          return Option.some(skipped("not-found"))
        }
        const { item } = found
        const replayer = deps.replayerOf(item.source)
        const reason = Pages.skippedByState(codec.toState(item), target) ??
          (yield* Pages.skippedAsItIs(deps, item, settings)) ??
          (replayer === undefined ? "no-replayer" : undefined)
        return replayer === undefined || reason !== undefined
          ? Option.some(skipped(reason ?? "no-replayer"))
          : yield* send(item, replayer, gateOf(item.source))
      })

    const one = (found: Pages.Found): Effect.Effect<void, DeadLetterQueueError> =>
      Effect.gen(function*() {
        const outcome = control.ended === undefined ? yield* attempt(found) : Option.none()
        if (Option.isSome(outcome)) {
          yield* onLetter(found._tag === "Found" ? found.item.id : found.id, outcome.value)
        }
      })

    // `runForEachWhile` would keep every page that it has seen
    yield* Pages.pages(deps, target).pipe(
      Stream.mapEffect((page) =>
        Effect.forEach(lanes(page), (lane) => Effect.forEach(lane, one, { discard: true }), {
          concurrency: settings.concurrency,
          discard: true
        })
      ),
      Stream.takeUntil(() => control.ended !== undefined),
      Stream.runDrain
    )
    return control.ended ?? { _tag: "Done" }
  })
