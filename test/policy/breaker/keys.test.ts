/** Circuits by key: whose failures count together, and when a key is forgotten. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Layer, Metric, Option, TestClock } from "effect"
import { CircuitBreaker, IntegrationContext } from "holdfast"
import * as Kit from "../../kit.js"
import { item, make, options, tagOf, trip } from "./kit.js"

const ok = Kit.ok
const bad = Kit.status(500)

describe("keys", () => {
  it.scoped("perOperation: one operation's failures leave the others alone", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider()
      provider.answer = (request, n) => (request.method === "GET" ? bad : ok)(request, n)
      const { breakers, get, shop, stateOf } = yield* make(provider, { key: CircuitBreaker.perOperation })
      yield* trip(get)
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      strictEqual(tagOf(yield* Effect.either(shop.items.create({ payload: { name: "a" } }))), "success")
      strictEqual(yield* stateOf("shop/items.get"), "open")
      strictEqual(yield* stateOf("shop/items.create"), "closed")
      deepStrictEqual(yield* breakers.keys, ["shop/items.get", "shop/items.create"])
    }))

  it.scoped("perConnection: one account's failures leave the others alone; without an account it is the integration's", () =>
    Effect.gen(function*() {
      const { get, stateOf } = yield* make(new Kit.Provider(bad), { key: CircuitBreaker.perConnection })
      yield* trip(IntegrationContext.provide(get, { connectionId: "acme" }))
      yield* IntegrationContext.provide(get, { connectionId: "globex" })
      yield* get
      strictEqual(yield* stateOf("shop/acme"), "open")
      strictEqual(yield* stateOf("shop/globex"), "closed")
      strictEqual(yield* stateOf("shop"), "closed")
    }))

  it.scoped("two clients with one key share one circuit, under the options of the one that was built later", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      const client = (changes: CircuitBreaker.Options) =>
        Effect.provide(Kit.shop(provider, CircuitBreaker.layer({ ...options, ...changes })), context)
      const one = yield* client({ failureThreshold: 2, key: () => "shared" })
      const other = yield* client({ failureThreshold: 3, key: () => "shared" })
      const get = (shop: typeof one) => Effect.either(shop.items.get(item))
      yield* get(one)
      yield* get(other)
      // the older options do not come back with each call of the older client
      yield* get(one)
      strictEqual(provider.count, 3)
      strictEqual(tagOf(yield* get(other)), "CircuitBreakerOpenError")
    }))

  it.scoped("a new configuration of a key keeps its state", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      const client = (changes: CircuitBreaker.Options) =>
        Effect.provide(Kit.shop(provider, CircuitBreaker.layer({ ...options, ...changes })), context)
      const first = yield* client({})
      yield* trip(Effect.either(first.items.get(item)))
      const second = yield* client({ failureThreshold: 7 })
      strictEqual(tagOf(yield* Effect.either(second.items.get(item))), "CircuitBreakerOpenError")
      // and a circuit that is no longer wanted is out of the way
      const third = yield* client({ mode: "disabled" })
      strictEqual(tagOf(yield* Effect.either(third.items.get(item))), "ServerError")
    }))
})

describe("a key that nobody calls", () => {
  /** Calls by key. */
  const keyed = (provider: Kit.Provider, changes: CircuitBreaker.Options = {}) =>
    Effect.gen(function*() {
      let key = ""
      const made = yield* make(provider, { idleTimeToLive: "1 hour", key: () => key, ...changes })
      const call = (name: string) =>
        Effect.suspend(() => {
          key = name
          return made.get
        })
      const keys = Effect.map(made.breakers.keys, (keys) => Array.from(keys).sort())
      return { ...made, call, keys }
    })

  it.scoped("is forgotten after idleTimeToLive, and found as new when it is called again", () =>
    Effect.gen(function*() {
      const { call, keys, snapshotOf } = yield* keyed(new Kit.Provider(bad))
      yield* call("a")
      yield* TestClock.adjust("30 minutes")
      yield* call("b")
      yield* TestClock.adjust("1799 seconds")
      deepStrictEqual(yield* keys, ["a", "b"])
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* keys, ["b"])
      yield* call("a")
      strictEqual((yield* snapshotOf("a")).failures, 1)
      // a call keeps it for another while
      yield* TestClock.adjust("1799 seconds")
      yield* call("b")
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* keys, ["a", "b"])
      strictEqual((yield* snapshotOf("b")).failures, 0)
      strictEqual((yield* snapshotOf("b")).state, "open")
    }))

  it.scoped("is kept for as long as it is open, remembers its openings, or is set by hand", () =>
    Effect.gen(function*() {
      const { breakers, call, keys, stateOf } = yield* keyed(new Kit.Provider(bad), {
        idleTimeToLive: "1 minute",
        resetTimeout: "2 hours"
      })
      yield* trip(call("open"))
      yield* call("closed")
      yield* breakers.forceOpen("forced", "maintenance")
      yield* breakers.setMode("watched", "shadow")
      yield* TestClock.adjust("119 minutes")
      deepStrictEqual(yield* keys, ["forced", "open", "watched"])
      strictEqual(yield* stateOf("open"), "open")
      yield* TestClock.adjust("1 minute")
      deepStrictEqual(yield* keys, ["forced", "watched"])
      yield* breakers.reset("watched")
      yield* TestClock.adjust("30 days")
      deepStrictEqual(yield* keys, ["forced"])
    }))

  it.scoped("costs nobody a long pause, and leaves no more than what has been called lately", () =>
    Effect.gen(function*() {
      const { call, keys } = yield* keyed(new Kit.Provider(ok), { idleTimeToLive: "10 seconds" })
      for (let i = 0; i < 3_000; i++) {
        yield* call(`account ${i}`)
        yield* TestClock.adjust("100 millis")
      }
      strictEqual((yield* keys).length <= 100, true)
    }))

  it.scoped("leaves no alarm behind, and keys without end do not become metrics without end", () =>
    Effect.gen(function*() {
      const { call } = yield* keyed(new Kit.Provider(bad), { failureThreshold: 1, idleTimeToLive: "1 second" })
      const gauges = Effect.map(
        Metric.snapshot,
        (pairs) =>
          pairs.filter(({ metricKey: { name, tags } }) =>
            name === "integration_circuit_breaker_state" && tags.some(({ value }) => value.startsWith("guest"))
          )
      )
      yield* call("guest")
      yield* TestClock.adjust("1 hour")
      for (let i = 0; i < 1_500; i++) yield* call(`guest ${i}`)
      const all = yield* gauges
      strictEqual(all.length > 100 && all.length <= 1_000, true)
      const [first] = all.filter(({ metricKey }) => metricKey.tags.some(({ value }) => value === "guest"))
      deepStrictEqual((first?.metricState as unknown as { readonly value: number }).value, 0)
    }))

  it.scoped("the one circuit of a policy without keys is never forgotten", () =>
    Effect.gen(function*() {
      const { breakers, get } = yield* make(new Kit.Provider(bad))
      yield* get
      yield* TestClock.adjust("365 days")
      deepStrictEqual(yield* breakers.keys, ["shop"])
      yield* get
      deepStrictEqual(yield* breakers.state("shop"), Option.some("open"))
      strictEqual(Either.isLeft(yield* get), true)
    }))
})
