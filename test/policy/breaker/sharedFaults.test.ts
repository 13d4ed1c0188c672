/** What the driver of the shared breakers does about a store that is away, slow, or makes no sense. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Exit, Fiber, HashMap, Layer, Logger, Scope, TestClock } from "effect"
import { CircuitBreaker } from "holdfast"
import * as Fleet from "../../../src/policy/internal/breaker/fleet.js"
import { clientOf, newKey } from "../../../src/testing/conformance/internal/circuitBreakerKit.js"
import { MemoryStore } from "./memoryStore.js"

const options: CircuitBreaker.Options = { failureThreshold: 2, resetTimeout: "10 seconds", successThreshold: 1 }

/** Long enough for all that goes on in the background, and too short for a heartbeat. */
const settle = Effect.zipRight(Effect.yieldNow(), TestClock.adjust("60 millis"))

const setUp = (processes: number, sharing: Fleet.Options = {}) =>
  Effect.gen(function*() {
    const store = new MemoryStore()
    const warnings: Array<string> = []
    const logger = Logger.make(({ annotations, logLevel, message }) => {
      if (logLevel.label === "WARN") warnings.push(`${message} ${HashMap.size(annotations)}`)
    })
    const key = yield* newKey
    const scopes: Array<Scope.CloseableScope> = []
    const members = yield* Effect.forEach(Array.from({ length: processes }), () =>
      Effect.gen(function*() {
        const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
        scopes.push(scope)
        const layer = Layer.provide(
          Layer.scoped(CircuitBreaker.CircuitBreakers, Fleet.make(store, sharing)),
          Logger.replace(Logger.defaultLogger, logger)
        )
        const building = yield* Effect.fork(Layer.buildWithScope(layer, scope))
        yield* settle
        const service = Context.get(yield* Fiber.join(building), CircuitBreaker.CircuitBreakers)
        const world = { peer: service, service, settle, unit: options.resetTimeout as never, wait: () => settle }
        const client = yield* clientOf(world, service, key, options)
        yield* client.call("success")
        return { ...client, service }
      }))
    return { key, members, scopes, store, warnings }
  })

const states = (members: ReadonlyArray<{ readonly state: Effect.Effect<string> }>) =>
  Effect.forEach(members, ({ state }) => state)

const wait = (time: string) => Effect.zipRight(TestClock.adjust(time as "1 second"), settle)

describe("a store", () => {
  for (const mood of ["away", "hangs", "loses answers", "throws", "babbles"] as const) {
    it.scoped(
      `that ${
        mood === "away" ? "is away" : mood
      } holds up no call; each process goes on alone, warns once, and comes back`,
      () =>
        Effect.gen(function*() {
          const { members, store, warnings } = yield* setUp(2)
          const [here, there] = members as [typeof members[0], typeof members[0]]
          store.mood = mood
          // a call takes no time of the clock
          deepStrictEqual(
            [yield* here.call("failure"), yield* here.call("failure"), yield* there.call("success")],
            ["sent", "sent", "sent"]
          )
          yield* wait("3 seconds")
          yield* here.call("failure")
          yield* wait("1 minute")
          // it has a breaker of its own by now, which opens and recovers by itself
          yield* here.call("failure")
          yield* here.call("failure")
          strictEqual(yield* here.state, "open")
          strictEqual(yield* there.state, "closed")
          strictEqual(warnings.length >= 1 && warnings.length <= 2, true)
          store.mood = "well"
          // what it had not told yet is told
          yield* wait("20 seconds")
          const [first, second] = yield* states(members)
          strictEqual(first, second)
          yield* here.service.reset(here.key)
          yield* settle
          yield* there.call("failure")
          yield* there.call("failure")
          deepStrictEqual(yield* states(members), ["open", "open"])
        }),
      120_000
    )
  }

  it.scoped("that is away asks for no more than a try now and then", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp(1)
      store.mood = "away"
      store.cut()
      yield* wait("30 seconds")
      store.asked.length = 0
      const { subscriptions } = store
      yield* wait("10 minutes")
      strictEqual(store.asked.length, 0)
      store.mood = "well"
      yield* wait("20 seconds")
      strictEqual(store.subscriptions, subscriptions + 1)
    }), 120_000)

  it.scoped("that is away is told of a hand when it is back; here it holds at once", () =>
    Effect.gen(function*() {
      const { key, members, store } = yield* setUp(2)
      const [here, there] = members as [typeof members[0], typeof members[0]]
      store.mood = "away"
      store.cut()
      yield* settle
      yield* here.service.forceOpen(key, "maintenance")
      strictEqual(yield* here.call("success"), "refused")
      strictEqual(yield* there.call("success"), "sent")
      store.mood = "well"
      yield* wait("20 seconds")
      strictEqual((yield* there.refused).message.includes("maintenance"), true)
    }))

  it.scoped("whose pushes no longer arrive is noticed by the next heartbeat", () =>
    Effect.gen(function*() {
      const { members, store } = yield* setUp(2)
      const [here] = members as [typeof members[0], typeof members[0]]
      store.pushes = false
      yield* here.call("failure")
      yield* here.call("failure")
      deepStrictEqual(yield* states(members), ["open", "closed"])
      yield* wait("6 seconds")
      store.pushes = true
      yield* wait("2 seconds")
      deepStrictEqual(yield* states(members), ["open", "open"])
    }))

  it.scoped("is asked nothing by calls that go well", () =>
    Effect.gen(function*() {
      const { members, store } = yield* setUp(2)
      store.asked.length = 0
      for (let i = 0; i < 20; i++) for (const { call } of members) yield* call(i % 3 === 0 ? "ignored" : "success")
      deepStrictEqual(store.asked, [])
    }))
})

describe("a fleet", () => {
  it.scoped("of which one member alone sees failures does not open, with a quorum of two", () =>
    Effect.gen(function*() {
      const { members } = yield* setUp(3, { quorum: 2 })
      const [bad, , other] = members as [typeof members[0], typeof members[0], typeof members[0]]
      for (let i = 0; i < 10; i++) yield* bad.call("failure")
      deepStrictEqual(yield* states(members), ["closed", "closed", "closed"])
      yield* other.call("failure")
      deepStrictEqual(yield* states(members), ["open", "open", "open"])
    }))

  it.scoped("gets a probe's place back when its process ends, and hears no more of that", () =>
    Effect.gen(function*() {
      const { members, scopes, store } = yield* setUp(2)
      const [here, there] = members as [typeof members[0], typeof members[0]]
      yield* here.call("failure")
      yield* here.call("failure")
      yield* wait("11 seconds")
      yield* Effect.fork(here.call("hangs"))
      yield* settle
      strictEqual(yield* there.call("success"), "refused")
      const closing = yield* Effect.fork(Scope.close(scopes[0]!, Exit.void))
      yield* wait("2 seconds")
      yield* Fiber.join(closing)
      strictEqual(store.subscribers.size, 1)
      strictEqual(yield* there.call("success"), "sent")
      strictEqual(yield* there.state, "closed")
      store.asked.length = 0
      yield* wait("4 seconds")
      deepStrictEqual(store.asked, [])
    }))

  it.scoped("renews the lease of a probe for as long as it is under way, and no longer than allowed", () =>
    Effect.gen(function*() {
      const { members } = yield* setUp(2)
      const [here, there] = members as [typeof members[0], typeof members[0]]
      yield* here.call("failure")
      yield* here.call("failure")
      yield* wait("11 seconds")
      yield* Effect.fork(here.call("hangs"))
      yield* settle
      // the lease is 5 seconds, the policy's own limit a minute
      for (let i = 0; i < 5; i++) {
        yield* wait("10 seconds")
        strictEqual(yield* there.call("success"), "refused")
      }
      yield* wait("12 seconds")
      strictEqual(yield* there.call("success"), "sent")
    }))
})
