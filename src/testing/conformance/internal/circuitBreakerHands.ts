/** What people do to a circuit and see of it, and what another process does. */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { clientOf, newKey, type Test, times, type World } from "./circuitBreakerKit.js"

const unit = ({ unit }: World, n: number) => Duration.times(unit, n)

const never = { failureThreshold: 1_000 }

export const handTests = (test: Test): void => {
  describe("by hand", () => {
    test("forced open holds until it is closed by hand, and says why", (world) =>
      Effect.gen(function*() {
        const { service, settle, wait } = world
        const { call, key, refused, snapshot, state } = yield* clientOf(world, service, yield* newKey, never)
        yield* call("success")
        yield* service.forceOpen(key, "maintenance")
        yield* settle
        yield* wait(1_000)
        const error = yield* refused
        assert.include(error.message, "maintenance")
        assert.isUndefined(error.retryAfter)
        assert.deepInclude(yield* snapshot, { mode: "forced-open", modeByHand: { reason: "maintenance" } })
        yield* service.forceClose(key)
        yield* settle
        assert.strictEqual(yield* state, "closed")
        assert.strictEqual(yield* call("success"), "sent")
      }))

    test("what is set ahead of the first call holds from it on", (world) =>
      Effect.gen(function*() {
        const { service, settle } = world
        const key = yield* newKey
        assert.isTrue(Option.isNone(yield* service.state(key)))
        yield* service.forceOpen(key, "not yet")
        yield* settle
        const { call, refused } = yield* clientOf(world, service, key, never)
        yield* refused
        yield* service.reset(key)
        yield* settle
        assert.strictEqual(yield* call("success"), "sent")
      }))

    test("opened for a time, it is probed after it", (world) =>
      Effect.gen(function*() {
        const { service, settle, wait } = world
        const options = { ...never, successThreshold: 1 }
        const { call, key, snapshot, state } = yield* clientOf(world, service, yield* newKey, options)
        yield* call("success")
        yield* service.openFor(key, unit(world, 10), "a deploy")
        yield* settle
        assert.strictEqual(yield* call("success"), "refused")
        assert.deepInclude(yield* snapshot, { openFor: unit(world, 10), openings: 0, state: "open" })
        yield* wait(11)
        assert.strictEqual(yield* call("success"), "sent")
        assert.strictEqual(yield* state, "closed")
      }))

    test("disabled lets all through and counts nothing; in force again it begins anew", (world) =>
      Effect.gen(function*() {
        const { service, settle } = world
        const { call, key, state } = yield* clientOf(world, service, yield* newKey, { failureThreshold: 2 })
        yield* times(2, call("failure"))
        yield* service.setMode(key, "disabled", "theirs to fix")
        yield* settle
        assert.deepStrictEqual(yield* times(5, call("failure")), Array(5).fill("sent"))
        assert.strictEqual(yield* state, "closed")
        yield* service.setMode(key, "auto")
        yield* settle
        yield* call("failure")
        assert.strictEqual(yield* state, "closed")
        yield* call("failure")
        assert.strictEqual(yield* state, "open")
      }))

    test("shadow goes through the states and refuses nobody", (world) =>
      Effect.gen(function*() {
        const { service } = world
        const options = { failureThreshold: 2, mode: "shadow" as const, resetTimeout: unit(world, 10) }
        const { call, snapshot, state } = yield* clientOf(world, service, yield* newKey, options)
        assert.deepStrictEqual(yield* times(6, call("failure")), Array(6).fill("sent"))
        assert.strictEqual(yield* state, "open")
        assert.deepInclude(yield* snapshot, { rejected: 0, wouldHaveRejected: 4 })
      }))

    test("reset makes it as new", (world) =>
      Effect.gen(function*() {
        const { service, settle } = world
        const { call, key, snapshot } = yield* clientOf(world, service, yield* newKey, { failureThreshold: 1 })
        yield* call("failure")
        yield* service.reset(key)
        yield* settle
        assert.deepInclude(yield* snapshot, {
          failures: 0,
          modeByHand: undefined,
          openFor: Duration.zero,
          openings: 0,
          state: "closed"
        })
      }))
  })

  describe("what people see", () => {
    test("every transition, with its reason", (world) =>
      Effect.gen(function*() {
        const { service, wait } = world
        const options = { failureThreshold: 1, resetTimeout: unit(world, 5), successThreshold: 1 }
        const { call, key } = yield* clientOf(world, service, yield* newKey, options)
        const changes = yield* service.changes.pipe(
          Stream.filter((change) => change.key === key),
          Stream.take(3),
          Stream.runCollect,
          Effect.fork
        )
        yield* wait(1)
        yield* call("failure")
        yield* wait(6)
        yield* call("success")
        const told = Array.from(yield* Fiber.join(changes))
        assert.deepStrictEqual(told.map(({ from, reason, to }) => [from, to, reason]), [
          ["closed", "open", "1 failure"],
          ["open", "half-open", "probing"],
          ["half-open", "closed", "probes succeeded"]
        ])
        assert.isTrue(told[0]!.generation < told[2]!.generation)
      }))

    test("the keys that there are", (world) =>
      Effect.gen(function*() {
        const { service } = world
        const { call, key } = yield* clientOf(world, service, yield* newKey, never)
        yield* call("success")
        assert.include(yield* service.keys, key)
      }))

    test("keys have nothing to do with each other", (world) =>
      Effect.gen(function*() {
        const { service } = world
        const one = yield* clientOf(world, service, yield* newKey, { failureThreshold: 1 })
        const other = yield* clientOf(world, service, yield* newKey, { failureThreshold: 1 })
        yield* one.call("failure")
        assert.strictEqual(yield* one.call("success"), "refused")
        assert.strictEqual(yield* other.call("success"), "sent")
      }))
  })

  describe("two processes on one store", () => {
    const both = (world: World, options: Parameters<typeof clientOf>[3]) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const here = yield* clientOf(world, world.service, key, options)
        const there = yield* clientOf(world, world.peer, key, options)
        // both have met the key
        yield* here.call("success")
        yield* there.call("success")
        return { here, there }
      })

    test("what opens in one refuses in the other, and closes in both", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 2, resetTimeout: unit(world, 10), successThreshold: 1 }
        const { here, there } = yield* both(world, options)
        yield* times(2, here.call("failure"))
        yield* world.wait(1)
        assert.strictEqual(yield* there.state, "open")
        yield* there.refused
        yield* world.wait(11)
        assert.strictEqual(yield* there.call("success"), "sent")
        yield* world.wait(1)
        assert.strictEqual(yield* here.state, "closed")
        assert.strictEqual(yield* here.call("success"), "sent")
      }))

    test("failures of both count together, and a success of either ends the row", (world) =>
      Effect.gen(function*() {
        const { here, there } = yield* both(world, { failureThreshold: 3 })
        yield* here.call("failure")
        yield* world.wait(1)
        yield* there.call("failure")
        yield* world.wait(1)
        yield* here.call("success")
        yield* world.wait(1)
        yield* there.call("failure")
        yield* world.wait(1)
        yield* here.call("failure")
        yield* world.wait(1)
        assert.strictEqual(yield* there.state, "closed")
        yield* there.call("failure")
        yield* world.wait(1)
        assert.strictEqual(yield* here.state, "open")
      }))

    test("there is one probe in both together", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, resetTimeout: unit(world, 5) }
        const { here, there } = yield* both(world, options)
        yield* here.call("failure")
        yield* world.wait(6)
        const probe = yield* Effect.fork(here.call("hangs"))
        yield* world.settle
        yield* there.refused
        yield* Fiber.interrupt(probe)
        yield* world.wait(5)
        assert.strictEqual(yield* there.call("success"), "sent")
      }))

    test("what there is of one is listed by the other, which has never met it", (world) =>
      Effect.gen(function*() {
        const forced = yield* newKey
        const failing = yield* clientOf(world, world.service, yield* newKey, {
          failureThreshold: 1,
          resetTimeout: unit(world, 30)
        })
        yield* world.service.forceOpen(forced, "maintenance")
        yield* failing.call("failure")
        yield* world.wait(1)
        const circuits = yield* Effect.orDie(world.peer.list)
        const of = (key: string) => circuits.filter((circuit) => circuit.key === key)
        assert.strictEqual(of(forced).length, 1)
        assert.deepInclude(of(forced)[0]!, {
          byHand: Option.some({ mode: "forced-open" as const, reason: "maintenance" }),
          retryAfter: Option.none(),
          state: "open"
        })
        assert.strictEqual(of(failing.key).length, 1)
        assert.deepInclude(of(failing.key)[0]!, {
          byHand: Option.none(),
          openings: 1,
          reason: "1 failure",
          state: "open"
        })
        assert.isTrue(Option.isSome(of(failing.key)[0]!.retryAfter))
        assert.deepStrictEqual(circuits.map(({ key }) => key), circuits.map(({ key }) => key).toSorted())
      }))

    test("what a hand does in one holds in the other", (world) =>
      Effect.gen(function*() {
        const { here, there } = yield* both(world, never)
        yield* world.service.forceOpen(here.key, "maintenance")
        yield* world.wait(1)
        assert.include((yield* there.refused).message, "maintenance")
        yield* world.peer.forceClose(there.key)
        yield* world.wait(1)
        assert.strictEqual(yield* here.call("success"), "sent")
      }))
  })
}
