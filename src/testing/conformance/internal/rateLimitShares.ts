/** Two processes, one quota. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assertRate, join, pairOf, perSecond, sentOf, type Test, units } from "./rateLimitKit.js"

export const shareTests = (test: Test): void => {
  describe("two processes", () => {
    test("have one quota between them, and both get some of it", (world) =>
      Effect.gen(function*() {
        const { first, provider, second } = yield* pairOf(world, {
          capacity: 6,
          maxWait: units(world, 1_000),
          refillRate: perSecond(world, 2)
        })
        const one = yield* first.calls(18)
        const other = yield* second.calls(18)
        yield* world.wait(10)
        assert.isAtLeast(provider.sent.length, 13)
        yield* world.wait(10)
        assert.strictEqual(sentOf(yield* join(one)) + sentOf(yield* join(other)), 36)
        assertRate(provider, world, 6, 2)
      }))

    test("pass a single token on", (world) =>
      Effect.gen(function*() {
        const { first, provider, second } = yield* pairOf(world, {
          capacity: 1,
          maxWait: units(world, 1_000),
          refillRate: perSecond(world, 1)
        })
        const one = yield* first.calls(5)
        const other = yield* second.calls(5)
        yield* world.wait(24)
        assert.strictEqual(sentOf(yield* join(one)) + sentOf(yield* join(other)), 10)
        assertRate(provider, world, 1, 1)
      }))

    test("what one does not use the other may have", (world) =>
      Effect.gen(function*() {
        const { first, provider, second } = yield* pairOf(world, {
          capacity: 5,
          maxWait: units(world, 2),
          refillRate: perSecond(world, 0.5)
        })
        assert.strictEqual(yield* first.call(), "sent")
        yield* world.wait(15)
        const calls = yield* second.calls(5)
        yield* world.wait(2)
        assert.strictEqual(sentOf(yield* join(calls)), 5)
        assertRate(provider, world, 5, 0.5)
      }))
  })
}
