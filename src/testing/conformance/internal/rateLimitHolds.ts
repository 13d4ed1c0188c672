/** Cool-downs, and who they hold. */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { clientOf, join, newKey, pairOf, perSecond, Provider, sentOf, type Test, units } from "./rateLimitKit.js"

export const holdTests = (test: Test): void => {
  describe("a cool-down", () => {
    test("holds those who come and those who wait, in both processes, until it ends", (world) =>
      Effect.gen(function*() {
        const { first, key, provider, second } = yield* pairOf(world, {
          capacity: 2,
          refillRate: perSecond(world, 0.25)
        })
        assert.strictEqual(sentOf(yield* join(yield* first.calls(2))), 2)
        const waiting = [yield* first.calls(1), yield* second.calls(1)]
        yield* world.service.coolDown(key, units(world, 14))
        yield* world.settle
        const { length } = provider.sent
        const coming = [yield* first.calls(1), yield* second.calls(1)]
        yield* world.wait(5)
        assert.strictEqual(provider.sent.length, length)
        yield* world.wait(20)
        for (const calls of [...waiting, ...coming]) assert.strictEqual(sentOf(yield* join(calls)), 1)
      }))

    test("is begun by a 429 of the provider, for both processes", (world) =>
      Effect.gen(function*() {
        const { first, key, provider, second } = yield* pairOf(world, {
          capacity: 10,
          refillRate: perSecond(world, 10)
        })
        provider.later = units(world, 8)
        assert.notStrictEqual(yield* first.call(), "sent")
        yield* world.settle
        const calls = yield* second.calls(3)
        yield* world.wait(4)
        assert.strictEqual(provider.sent.length, 1)
        assert.isAbove(Duration.toMillis(Option.getOrThrow(yield* world.peer.state(key)).coolDown), 0)
        yield* world.wait(6)
        assert.strictEqual(sentOf(yield* join(calls)), 3)
      }))

    test("only ever extends", (world) =>
      Effect.gen(function*() {
        const { key, second } = yield* pairOf(world, { capacity: 5, refillRate: perSecond(world, 5) })
        yield* second.call()
        yield* world.service.coolDown(key, units(world, 10))
        yield* world.settle
        yield* world.peer.coolDown(key, units(world, 2))
        yield* world.settle
        for (const service of [world.service, world.peer]) {
          const { coolDown } = Option.getOrThrow(yield* service.state(key))
          assert.isTrue(Duration.between(coolDown, { maximum: units(world, 10), minimum: units(world, 5) }))
        }
        yield* world.peer.coolDown(key, units(world, 30))
        yield* world.settle
        for (const service of [world.service, world.peer]) {
          const { coolDown } = Option.getOrThrow(yield* service.state(key))
          assert.isTrue(Duration.between(coolDown, { maximum: units(world, 30), minimum: units(world, 20) }))
        }
      }))

    test("that began before the first call is known to a process that has just come", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        yield* world.service.coolDown(key, units(world, 10))
        yield* world.settle
        const provider = new Provider()
        const client = yield* clientOf(world, world.peer, key, provider, {
          capacity: 5,
          refillRate: perSecond(world, 5)
        })
        const calls = yield* client.calls(2)
        yield* world.wait(6)
        assert.strictEqual(provider.sent.length, 0)
        yield* world.wait(6)
        assert.strictEqual(sentOf(yield* join(calls)), 2)
      }))

    test("that is too long for those who wait refuses them at once, not at its end", (world) =>
      Effect.gen(function*() {
        const { first, key, provider } = yield* pairOf(world, {
          capacity: 1,
          maxWait: units(world, 10),
          refillRate: perSecond(world, 0.3)
        })
        assert.strictEqual(yield* first.call(), "sent")
        const waiting = yield* first.calls(2)
        yield* world.service.coolDown(key, units(world, 100))
        yield* world.settle
        const results = yield* join(waiting)
        assert.strictEqual(sentOf(results), 0)
        assert.strictEqual(provider.sent.length, 1)
      }))

    test("holds where there is no other limit", (world) =>
      Effect.gen(function*() {
        const { first, provider, second } = yield* pairOf(world, {})
        assert.strictEqual(sentOf(yield* join(yield* first.calls(20))), 20)
        yield* second.call()
        provider.later = units(world, 9)
        yield* first.call()
        yield* world.settle
        const calls = yield* second.calls(2)
        yield* world.wait(3)
        assert.strictEqual(provider.sent.length, 22)
        yield* world.wait(8)
        assert.strictEqual(sentOf(yield* join(calls)), 2)
      }))
  })
}
