import { describe, it } from "@effect/vitest"
import { assertFalse, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, ManagedRuntime } from "effect"
import { IntegrationError } from "holdfast"
import { Emulator, TestLayer } from "holdfast/testing"
import { Counter, definition, spec } from "./counter.js"

const layerTest = TestLayer.make(Counter, definition, Emulator.make(spec, { authorize: Emulator.anyone }))

const add = (name: string) =>
  Effect.flatMap(Counter, ({ counters }) => counters.add({ path: { name }, urlParams: {}, payload: { by: 1 } }))

const total = Effect.map(Effect.flatMap(Counter, ({ counters }) => counters.total()), (it) => it.total)

const down = new IntegrationError.ServerError({ integration: "counter", operation: "counters.add", message: "down" })

describe("TestLayer", () => {
  it.effect("is a layer as it stands, without network, credential and policies", () =>
    Effect.gen(function*() {
      strictEqual(Layer.isLayer(layerTest), true)
      strictEqual(yield* Effect.provide(Effect.zipRight(add("a"), total), layerTest), 1)
      strictEqual(yield* Effect.zipRight(add("a"), total).pipe(Effect.provide(layerTest)), 1)
    }))

  it.effect("starts empty every time that it is provided", () =>
    Effect.gen(function*() {
      yield* Effect.provide(add("a"), layerTest)
      strictEqual(yield* Effect.provide(total, layerTest), 0)
    }))

  it.effect("goes wherever a layer goes", () =>
    Effect.gen(function*() {
      class Sum extends Context.Tag("test/Sum")<Sum, number>() {}
      const sum = Layer.effect(Sum, Effect.orDie(Effect.zipRight(add("a"), total)))
      strictEqual(yield* Effect.provide(Sum, Layer.provide(sum, layerTest)), 1)
      strictEqual(
        yield* Effect.provide(Sum, layerTest.pipe(Layer.provideMerge(Layer.empty), (it) => Layer.provide(sum, it))),
        1
      )
      const both = Layer.merge(layerTest, Layer.succeed(Sum, 7))
      deepStrictEqual(yield* Effect.provide(Effect.all([Sum, total]), both), [7, 0])
      // one build shares it
      const shared = Layer.provideMerge(sum, layerTest)
      deepStrictEqual(yield* Effect.provide(Effect.all([Sum, total]), shared), [1, 1])
      const runtime = ManagedRuntime.make(layerTest)
      strictEqual(yield* Effect.promise(() => runtime.runPromise(Effect.zipRight(add("a"), total))), 1)
      yield* runtime.disposeEffect
    }))

  it.layer(layerTest)("in it.layer", (it) => {
    it.effect("serves the tests of a suite", () => Effect.map(add("a"), ({ count }) => assertTrue(count > 0)))
  })

  it.effect("called, it replaces single operations; the others stay", () =>
    Effect.gen(function*() {
      const failing = layerTest({ counters: { add: () => Effect.fail(down) } })
      const error = yield* Effect.flip(Effect.provide(add("a"), failing))
      assertInstanceOf(error, IntegrationError.ServerError)
      strictEqual(yield* Effect.provide(total, failing), 0)
      strictEqual(yield* Effect.provide(Effect.zipRight(add("a"), total), layerTest({})), 1)
    }))

  it.effect("an override sees the request and what the emulator would have done", () =>
    Effect.gen(function*() {
      let calls = 0
      const flaky = layerTest({
        counters: {
          add: ({ path, payload }, original) =>
            ++calls === 1
              ? Effect.fail(down)
              : Effect.map(original, (it) => ({ ...it, name: `${path.name} by ${payload.by}` }))
        }
      })
      const program = Effect.all([Effect.either(add("a")), add("a"), total])
      const [first, second, sum] = yield* Effect.provide(program, flaky)
      assertTrue(first._tag === "Left")
      deepStrictEqual([second, sum], [{ name: "a by 1", count: 1 }, 1])
    }))

  it.effect("an override of an operation at the top level, and with the response asked for", () =>
    Effect.gen(function*() {
      const layer = layerTest({ broken: () => Effect.succeed({ name: "whole", count: 2 }) })
      const broken = Effect.flatMap(Counter, (counter) => counter.broken({ withResponse: true }))
      const [value, response] = yield* Effect.provide(broken, layer)
      deepStrictEqual([value, response.status], [{ name: "whole", count: 2 }, 200])
    }))

  it("overrides are checked by type", () => {
    assertFalse(Layer.isLayer(
      // @ts-expect-error: there is no such operation
      () => layerTest({ counters: { multiply: () => Effect.fail(down) } })
    ))
    assertFalse(Layer.isLayer(
      // @ts-expect-error: not what the operation gives
      () => layerTest({ counters: { total: () => Effect.succeed({ total: "1" }) } })
    ))
  })
})
