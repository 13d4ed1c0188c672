/**
 * Any sequence of calls of two processes, watched by somebody who knows only what became of the calls: whatever the
 * backing does inside, some things are never seen.
 */
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
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
const resetUnits = 10

const watch = (world: World, steps: ReadonlyArray<Step>) =>
  Effect.gen(function*() {
    const resetTimeout = Duration.times(world.unit, resetUnits)
    const reset = Duration.toMillis(resetTimeout)
    const options = { failureThreshold, resetTimeout, successThreshold }
    const key = yield* newKey
    const clients: ReadonlyArray<Client> = [
      yield* clientOf(world, world.service, key, options),
      yield* clientOf(world, world.peer, key, options)
    ]
    // both have met the key
    for (const { call } of clients) yield* call("success")
    let row = 0
    /** Between which two moments it opened, while it is not closed. */
    let opened: { readonly after: number; readonly before: number } | undefined
    let good = 0
    for (const step of steps) {
      if (step._tag === "wait") {
        yield* world.wait(step.units)
        continue
      }
      const after = yield* Clock.currentTimeMillis
      const became = yield* clients[step.process]!.call(step.answer)
      const before = yield* Clock.currentTimeMillis
      if (opened === undefined) {
        assert.strictEqual(became, "sent", "closed, it refuses nobody")
        if (step.answer === "failure") row++
        if (step.answer === "success") row = 0
        if (row === failureThreshold) opened = { after, before }
      } else {
        if (before - opened.after < reset) assert.strictEqual(became, "refused", "open, it lets nobody through")
        if (after - opened.before > reset) {
          assert.strictEqual(became, "sent", "when its time is over, it lets one call at a time through")
        }
        if (became === "refused") continue
        if (step.answer === "failure") {
          opened = { after, before }
          good = 0
        }
        if (step.answer === "success" && ++good === successThreshold) {
          opened = undefined
          row = good = 0
        }
      }
      for (const { state } of clients) assert.strictEqual((yield* state) === "closed", opened === undefined)
    }
  })

export const modelTest = <E>(
  paced: (run: (world: World) => Effect.Effect<void, never, Scope.Scope>) => Effect.Effect<void, E>,
  run: (effect: Effect.Effect<void, E>) => Promise<void>,
  numRuns: number
) =>
  it(
    "any sequence of calls of two processes looks like one circuit",
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 40, size: "max" }),
          (steps) => run(paced((world) => watch(world, steps)))
        ),
        // it ends in time with what it has: a counterexample is told, although not the shortest
        { interruptAfterTimeLimit: 600_000, numRuns }
      ),
    900_000
  )
