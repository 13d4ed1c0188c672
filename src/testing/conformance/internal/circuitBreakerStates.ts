/** The states of a circuit, and what moves it from one to the next. */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as CircuitBreaker from "../../../policy/CircuitBreaker.js"
import { clientOf, newKey, type Test, times, type World } from "./circuitBreakerKit.js"

const unit = ({ unit }: World, n: number) => Duration.times(unit, n)

export const stateTests = (test: Test): void => {
  describe("closed", () => {
    test("opens with the last failure of a row, not before", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 3, resetTimeout: unit(world, 20) }
        const { call, refused, snapshot, state } = yield* clientOf(world, world.service, yield* newKey, options)
        yield* times(2, call("failure"))
        assert.strictEqual(yield* state, "closed")
        yield* call("failure")
        assert.strictEqual(yield* state, "open")
        const { retryAfter } = yield* refused
        assert.isTrue(retryAfter !== undefined && Duration.lessThanOrEqualTo(retryAfter, unit(world, 20)))
        assert.isTrue(retryAfter !== undefined && Duration.greaterThan(retryAfter, unit(world, 10)))
        assert.deepInclude(yield* snapshot, { openings: 1, reason: "3 failures in a row", rejected: 1 })
      }))

    test("a success ends a row of failures, and what says nothing does not", (world) =>
      Effect.gen(function*() {
        const { call, state } = yield* clientOf(world, world.service, yield* newKey, { failureThreshold: 2 })
        yield* call("failure")
        yield* call("success")
        yield* call("failure")
        assert.strictEqual(yield* state, "closed")
        yield* times(3, call("ignored"))
        assert.strictEqual(yield* state, "closed")
        yield* call("failure")
        assert.strictEqual(yield* state, "open")
      }))

    test("a rate over a number of calls opens it when there are enough of them", (world) =>
      Effect.gen(function*() {
        const strategy = CircuitBreaker.failureRate({ minimumThroughput: 6, threshold: 0.5, window: 10 })
        const { call, state } = yield* clientOf(world, world.service, yield* newKey, { strategy })
        yield* times(2, call("success"))
        yield* times(3, call("failure"))
        assert.strictEqual(yield* state, "closed")
        yield* call("success")
        yield* world.wait(1)
        assert.strictEqual(yield* state, "open")
      }))

    test("a rate over a time forgets what is older", (world) =>
      Effect.gen(function*() {
        const strategy = CircuitBreaker.failureRate({
          minimumThroughput: 6,
          threshold: 0.5,
          window: unit(world, 10)
        })
        const { call, state } = yield* clientOf(world, world.service, yield* newKey, { strategy })
        yield* times(5, call("failure"))
        yield* world.wait(12)
        yield* call("failure")
        yield* world.wait(1)
        assert.strictEqual(yield* state, "closed")
        yield* times(5, call("failure"))
        yield* world.wait(1)
        assert.strictEqual(yield* state, "open")
      }))
  })

  describe("open", () => {
    test("refuses until its time is over, and then lets one call probe", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, resetTimeout: unit(world, 10), successThreshold: 2 }
        const { call, state } = yield* clientOf(world, world.service, yield* newKey, options)
        yield* call("failure")
        yield* world.wait(5)
        assert.strictEqual(yield* call("success"), "refused")
        yield* world.wait(6)
        assert.strictEqual(yield* state, "open")
        assert.strictEqual(yield* call("success"), "sent")
        assert.strictEqual(yield* state, "half-open")
        assert.strictEqual(yield* call("success"), "sent")
        assert.strictEqual(yield* state, "closed")
      }))

    test("lasts for as long as the server asks, and no longer than allowed", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, maxResetTimeout: unit(world, 30), resetTimeout: unit(world, 2) }
        const asked = yield* clientOf(world, world.service, yield* newKey, options)
        yield* asked.call("failure", { retryAfter: unit(world, 10) })
        yield* world.wait(5)
        assert.strictEqual(yield* asked.call("success"), "refused")
        yield* world.wait(6)
        assert.strictEqual(yield* asked.call("success"), "sent")
        const greedy = yield* clientOf(world, world.service, yield* newKey, options)
        yield* greedy.call("failure", { retryAfter: unit(world, 100_000) })
        assert.deepStrictEqual((yield* greedy.snapshot).openFor, unit(world, 30))
      }))

    test("what was admitted before it opened changes nothing, also when it is closed again", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, resetTimeout: unit(world, 10), successThreshold: 1 }
        const { call, snapshot, state } = yield* clientOf(world, world.service, yield* newKey, options)
        const early = yield* Effect.forEach(
          ["failure", "success", "failure"] as const,
          (answer, i) => Effect.zipLeft(Effect.fork(call(answer, { takes: unit(world, i < 2 ? 4 : 14) })), world.settle)
        )
        yield* call("failure")
        const { generation } = yield* snapshot
        yield* world.wait(5)
        assert.deepInclude(yield* snapshot, { generation, openings: 1, state: "open" })
        yield* world.wait(6)
        assert.strictEqual(yield* call("success"), "sent")
        yield* world.wait(5)
        yield* Fiber.joinAll(early)
        assert.strictEqual(yield* state, "closed")
      }))
  })

  describe("half-open", () => {
    test("opens again with a failed probe, for longer where there is a backoff", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, resetBackoff: 2, resetTimeout: unit(world, 5) }
        const { call, snapshot, state } = yield* clientOf(world, world.service, yield* newKey, options)
        yield* call("failure")
        yield* world.wait(6)
        assert.strictEqual(yield* call("failure"), "sent")
        assert.strictEqual(yield* state, "open")
        assert.deepInclude(yield* snapshot, { openFor: unit(world, 10), openings: 2, reason: "a probe failed" })
        yield* world.wait(6)
        assert.strictEqual(yield* call("success"), "refused")
        yield* world.wait(5)
        assert.strictEqual(yield* call("success"), "sent")
      }))

    test("has so many places and no more", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, halfOpenMaxConcurrent: 2, resetTimeout: unit(world, 5) }
        const { call, refused, snapshot } = yield* clientOf(world, world.service, yield* newKey, options)
        yield* call("failure")
        yield* world.wait(6)
        const probes = yield* Effect.forEach([1, 2], () => Effect.zipLeft(Effect.fork(call("hangs")), world.settle))
        yield* world.settle
        assert.strictEqual((yield* snapshot).probes, 2)
        yield* refused
        yield* Fiber.interruptAll(probes)
      }))

    test("a probe that is interrupted, or says nothing, gives its place back and counts neither way", (world) =>
      Effect.gen(function*() {
        const options = { failureThreshold: 1, resetTimeout: unit(world, 5), successThreshold: 1 }
        const { call, snapshot, state } = yield* clientOf(world, world.service, yield* newKey, options)
        yield* call("failure")
        yield* world.wait(6)
        const probe = yield* Effect.fork(call("hangs"))
        yield* world.settle
        yield* Fiber.interrupt(probe)
        yield* world.settle
        assert.deepInclude(yield* snapshot, { probeSuccesses: 0, probes: 0, state: "half-open" })
        assert.strictEqual(yield* call("ignored"), "sent")
        assert.deepInclude(yield* snapshot, { probeSuccesses: 0, probes: 0, state: "half-open" })
        assert.strictEqual(yield* call("success"), "sent")
        assert.strictEqual(yield* state, "closed")
      }))

    test("a probe that never comes back loses its place", (world) =>
      Effect.gen(function*() {
        const options = {
          failureThreshold: 1,
          probeLease: unit(world, 10),
          resetTimeout: unit(world, 5),
          successThreshold: 1
        }
        const { call, state } = yield* clientOf(world, world.service, yield* newKey, options)
        yield* call("failure")
        yield* world.wait(6)
        const lost = yield* Effect.fork(call("hangs"))
        yield* world.wait(5)
        assert.strictEqual(yield* call("success"), "refused")
        yield* world.wait(6)
        assert.strictEqual(yield* call("success"), "sent")
        assert.strictEqual(yield* state, "closed")
        yield* Fiber.interrupt(lost)
        yield* world.settle
        assert.strictEqual(yield* state, "closed")
      }))
  })
}
