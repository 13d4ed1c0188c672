/** Tokens, and who gets them. */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import {
  assertRate,
  clientOf,
  join,
  newKey,
  pairOf,
  perSecond,
  Provider,
  sentOf,
  type Test,
  units
} from "./rateLimitKit.js"

export const tokenTests = (test: Test): void => {
  describe("tokens", () => {
    test("a burst of the capacity, then the refill rate, in order", (world) =>
      Effect.gen(function*() {
        const { first, provider } = yield* pairOf(world, { capacity: 4, refillRate: perSecond(world, 1) })
        const calls = yield* first.calls(9)
        yield* world.wait(2)
        assert.isAtLeast(provider.sent.length, 4)
        yield* world.wait(6)
        assert.strictEqual(sentOf(yield* join(calls)), 9)
        assert.deepStrictEqual(provider.sent.map(({ name }) => name), Array.from({ length: 9 }, (_, i) => `/${i}`))
        assertRate(provider, world, 4, 1)
      }))

    test("however long nobody calls, there is the capacity and no more", (world) =>
      Effect.gen(function*() {
        const { first, provider } = yield* pairOf(world, {
          capacity: 3,
          maxWait: units(world, 0.5),
          refillRate: perSecond(world, 0.5)
        })
        assert.strictEqual(yield* first.call(), "sent")
        yield* world.wait(20)
        const calls = yield* first.calls(8)
        yield* world.wait(2)
        assert.strictEqual(sentOf(yield* join(calls)), 3)
        assertRate(provider, world, 3, 0.5)
      }))

    test("who would wait for longer than it may is refused at once, told how long, and costs nothing", (world) =>
      Effect.gen(function*() {
        const { first } = yield* pairOf(world, {
          capacity: 1,
          maxWait: units(world, 3),
          refillRate: perSecond(world, 0.1)
        })
        assert.strictEqual(yield* first.call(), "sent")
        const refused = yield* first.call()
        assert.isTrue(
          refused !== "sent" && refused.origin === "local" && refused.retryAfter !== undefined &&
            Duration.greaterThan(refused.retryAfter, units(world, 3)) &&
            Duration.lessThanOrEqualTo(refused.retryAfter, units(world, 11))
        )
        yield* world.wait(11)
        assert.strictEqual(yield* first.call(), "sent")
      }))

    test("a full queue refuses the next caller", (world) =>
      Effect.gen(function*() {
        const { first } = yield* pairOf(world, { capacity: 1, maxQueue: 2, refillRate: perSecond(world, 0.2) })
        assert.strictEqual(yield* first.call(), "sent")
        const waiting = yield* first.calls(2)
        assert.notStrictEqual(yield* first.call(), "sent")
        yield* world.wait(12)
        assert.strictEqual(sentOf(yield* join(waiting)), 2)
      }))

    test("an interrupted waiter costs no token, and those behind it move up", (world) =>
      Effect.gen(function*() {
        const { first, provider } = yield* pairOf(world, { capacity: 1, refillRate: perSecond(world, 0.25) })
        assert.strictEqual(yield* first.call(), "sent")
        const impatient = yield* first.calls(1)
        const patient = yield* first.calls(1)
        yield* world.wait(1)
        yield* Fiber.interrupt(impatient)
        yield* world.wait(5)
        assert.strictEqual(sentOf(yield* join(patient)), 1)
        assert.strictEqual(provider.sent.length, 2)
        assertRate(provider, world, 1, 0.25)
      }))

    test("each key has tokens of its own", (world) =>
      Effect.gen(function*() {
        const options = { capacity: 1, maxWait: units(world, 1), refillRate: perSecond(world, 0.05) }
        const one = yield* pairOf(world, options)
        const other = yield* pairOf(world, options)
        assert.strictEqual(yield* one.first.call(), "sent")
        assert.notStrictEqual(yield* one.first.call(), "sent")
        assert.strictEqual(yield* other.first.call(), "sent")
      }))

    test("the newest configuration holds, for those who wait already too", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const provider = new Provider()
        const slow = yield* clientOf(world, world.service, key, provider, {
          capacity: 1,
          maxWait: units(world, 500),
          refillRate: perSecond(world, 0.02)
        })
        assert.strictEqual(yield* slow.call(), "sent")
        const waiting = yield* slow.calls(1)
        const fast = yield* clientOf(world, world.service, key, provider, {
          capacity: 1,
          refillRate: perSecond(world, 1)
        })
        const last = yield* fast.calls(1)
        yield* world.wait(4)
        assert.strictEqual(sentOf(yield* join(waiting)) + sentOf(yield* join(last)), 2)
      }))

    test("it can be looked at", (world) =>
      Effect.gen(function*() {
        const { first, key } = yield* pairOf(world, { capacity: 1, refillRate: perSecond(world, 0.1) })
        assert.isTrue(Option.isNone(yield* world.service.state(yield* newKey)))
        yield* first.call()
        yield* first.calls(2)
        const state = Option.getOrThrow(yield* world.service.state(key))
        assert.deepInclude(state, { coolDown: Duration.zero, waiting: 2 })
        assert.isBelow(state.tokens, 1)
        assert.include(yield* world.service.keys, key)
      }))
  })
}
