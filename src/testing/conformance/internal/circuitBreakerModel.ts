/**
 * Any sequence of calls of two processes, watched by somebody who knows only what became of the calls: whatever the
 * backing does inside, some things are never seen.
 */
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import type * as Scope from "effect/Scope"
import type { Answer, Client, World } from "./circuitBreakerKit.js"
import { clientOf, newKey } from "./circuitBreakerKit.js"

type Step =
  | { readonly _tag: "call"; readonly process: number; readonly answer: Answer }
  | { readonly _tag: "wait"; readonly units: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({
      _tag: fc.constant("call" as const),
      answer: fc.constantFrom<Answer>("success", "failure", "failure", "ignored"),
      process: fc.nat(1)
    }),
    weight: 6
  },
  { arbitrary: fc.record({ _tag: fc.constant("wait" as const), units: fc.constantFrom(4, 8, 12) }), weight: 1 }
)

const failureThreshold = 3
const successThreshold = 2
/** Never quite reached by any sum of waits, so that a clock may be a little off. */
const resetUnits = 10

const watch = (world: World, steps: ReadonlyArray<Step>) =>
  Effect.gen(function*() {
    const options = { failureThreshold, resetTimeout: Duration.times(world.unit, resetUnits), successThreshold }
    const key = yield* newKey
    const clients: ReadonlyArray<Client> = [
      yield* clientOf(world, world.service, key, options),
      yield* clientOf(world, world.peer, key, options)
    ]
    let row = 0
    /** Units since it opened, while it is not closed. */
    let openSince: number | undefined
    let good = 0
    for (const step of steps) {
      if (step._tag === "wait") {
        yield* world.wait(step.units)
        if (openSince !== undefined) openSince += step.units
        continue
      }
      const became = yield* clients[step.process]!.call(step.answer)
      if (openSince === undefined) {
        assert.strictEqual(became, "sent", "closed, it refuses nobody")
        if (step.answer === "failure") row++
        if (step.answer === "success") row = 0
        if (row === failureThreshold) openSince = 0
      } else if (openSince < resetUnits) assert.strictEqual(became, "refused", "open, it lets nobody through")
      else {
        assert.strictEqual(became, "sent", "when its time is over, it lets one call at a time through")
        if (step.answer === "success" && ++good === successThreshold) {
          openSince = undefined
          row = 0
        }
        if (step.answer === "failure") openSince = 0
        if (step.answer === "failure" || openSince === undefined) good = 0
      }
      for (const { state } of clients) assert.strictEqual((yield* state) === "closed", openSince === undefined)
    }
  })

export const modelTest = <E>(
  world: Effect.Effect<World, E, Scope.Scope>,
  run: (effect: Effect.Effect<void, E, Scope.Scope>) => Promise<void>,
  numRuns: number
) =>
  it(
    "any sequence of calls of two processes looks like one circuit",
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 40, size: "max" }),
          (steps) => run(Effect.flatMap(world, (world) => watch(world, steps)))
        ),
        { numRuns }
      ),
    900_000
  )
