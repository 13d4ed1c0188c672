/**
 * Any sequence of calls of two processes, watched by somebody who knows only what became of the calls: whatever the
 * backing does inside, some things are never seen.
 */
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import type * as Scope from "effect/Scope"
import { monotonicMillis } from "../../../internal/time.js"
import { assertRate, join, pairOf, perSecond, type World } from "./rateLimitKit.js"

type Step =
  | { readonly _tag: "calls"; readonly process: number; readonly n: number }
  | { readonly _tag: "coolDown"; readonly process: number; readonly units: number }
  | { readonly _tag: "wait"; readonly units: number }

const process = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ _tag: fc.constant("calls" as const), n: fc.integer({ max: 5, min: 1 }), process }),
    weight: 6
  },
  { arbitrary: fc.record({ _tag: fc.constant("wait" as const), units: fc.constantFrom(0.3, 1, 4) }), weight: 3 },
  { arbitrary: fc.record({ _tag: fc.constant("coolDown" as const), process, units: fc.constantFrom(1, 3) }), weight: 1 }
)

const watch = (world: World, capacity: number, perUnit: number, steps: ReadonlyArray<Step>) =>
  Effect.gen(function*() {
    const maxWait = Duration.times(world.unit, 12)
    const { first, key, provider, second } = yield* pairOf(world, {
      capacity,
      maxWait,
      refillRate: perSecond(world, perUnit)
    })
    const clients = [first, second]
    const clock = yield* Effect.clock
    const under = []
    for (const step of steps) {
      if (step._tag === "wait") yield* world.wait(step.units)
      else if (step._tag === "calls") under.push(yield* clients[step.process]!.calls(step.n))
      else {
        const begun = monotonicMillis(clock)
        const hold = Duration.times(world.unit, step.units)
        yield* [world.service, world.peer][step.process]!.coolDown(key, hold)
        yield* world.settle
        const { length } = provider.sent
        yield* world.wait(step.units / 2)
        // where the clock is a real one, the cool-down may have ended meanwhile
        const gone = provider.sent.slice(length).filter(({ at }) => at < begun + Duration.toMillis(hold))
        assert.deepStrictEqual(gone, [], "during a cool-down nobody goes")
      }
    }
    // R4: whoever has not gone by then has been refused
    yield* world.wait(13)
    for (const calls of under) yield* join(calls)
    assertRate(provider, world, capacity, perUnit)
  })

export const modelTest = <E>(
  paced: (run: (world: World) => Effect.Effect<void, never, Scope.Scope>) => Effect.Effect<void, E>,
  run: (effect: Effect.Effect<void, E>) => Promise<void>,
  numRuns: number
) =>
  it(
    "any sequence of calls of two processes keeps to one limit",
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(1, 2, 5, 20),
          fc.constantFrom(0.5, 1, 4),
          fc.array(step, { maxLength: 20, size: "max" }),
          (capacity, perUnit, steps) => run(paced((world) => watch(world, capacity, perUnit, steps)))
        ),
        // it ends in time with what it has: a counterexample is told, although not the shortest
        { interruptAfterTimeLimit: 600_000, numRuns }
      ),
    900_000
  )
