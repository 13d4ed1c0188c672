import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Layer } from "effect"
import { Availability, Holdfast, Resilience } from "holdfast"
import * as Kit from "../kit.js"

describe("Resilience.merge", () => {
  it("changes option by option; what is absent or undefined stays; false leaves a stage out", () => {
    const base: Resilience.Options = {
      attemptTimeout: "5 seconds",
      rateLimit: { capacity: 5, refillRate: 1 },
      retry: { initialDelay: "1 second", maxAttempts: 4 }
    }
    deepStrictEqual(
      Resilience.merge(base, {
        attemptTimeout: undefined,
        rateLimit: false,
        retry: { initialDelay: undefined, maxAttempts: 5 },
        totalTimeout: "9 seconds"
      }),
      {
        attemptTimeout: "5 seconds",
        rateLimit: false,
        retry: { initialDelay: "1 second", maxAttempts: 5 },
        totalTimeout: "9 seconds"
      }
    )
    const off = Availability.Off({ reason: "x" })
    strictEqual(Resilience.merge({ availability: Availability.Available() }, { availability: off }).availability, off)
    const asked = Effect.succeed(off)
    strictEqual(Resilience.merge({ availability: off }, { availability: asked }).availability, asked)
  })
})

describe("Resilience.presets", () => {
  it("hold the numbers of the table", () => {
    const { communicationGateway, eSignature, emailGateway, erpSystem, salesSystem, smsGateway } = Resilience.presets
    const numbers = (preset: Resilience.Options): ReadonlyArray<unknown> => {
      const { attemptTimeout, circuitBreaker, rateLimit, retry } = preset
      return [
        retry === false ? undefined : Object.values(retry ?? {}),
        circuitBreaker === false ? undefined : Object.values(circuitBreaker ?? {}),
        attemptTimeout,
        rateLimit === false ? undefined : rateLimit
      ]
    }
    deepStrictEqual(numbers(salesSystem), [
      ["1 second", 0.1, 3, "30 seconds", 2],
      [5, "60 seconds", 2],
      "30 seconds",
      { capacity: 100, refillRate: 10 }
    ])
    deepStrictEqual(numbers(erpSystem), [
      ["2 seconds", 0.2, 5, "60 seconds", 2],
      [3, "120 seconds", 2],
      "45 seconds",
      { capacity: 50, refillRate: 5 }
    ])
    deepStrictEqual(numbers(eSignature), [
      ["1 second", 0.1, 3, "30 seconds", 2],
      [5, "300 seconds", 3],
      "60 seconds",
      { capacity: 20, refillRate: 2 }
    ])
    const gateway = [["500 millis", 0.15, 5, "10 seconds", 2], [10, "30 seconds", 3], "15 seconds"]
    deepStrictEqual(numbers(communicationGateway), [...gateway, undefined])
    deepStrictEqual(numbers(smsGateway), [...gateway, { capacity: 50, refillRate: 10 }])
    deepStrictEqual(numbers(emailGateway), [...gateway, { capacity: 100, refillRate: 20 }])
  })

  for (const [name, preset] of Object.entries(Resilience.presets)) {
    it.scoped(`${name} makes a stack`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Effect.provide(Kit.shop(provider, Resilience.layer(preset)), Holdfast.layerMemory)
        deepStrictEqual(yield* shop.items.get({ path: { id: "1" } }), { id: "1" })
      }))
  }
})

describe("Resilience.layer", () => {
  it.scoped("with every stage left out sends and classifies, and nothing else", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const shop = yield* Kit.shop(
        provider,
        Resilience.layer({
          attemptTimeout: false,
          bulkhead: false,
          circuitBreaker: false,
          deadLettering: false,
          rateLimit: false,
          retry: false,
          telemetry: false,
          totalTimeout: false
        })
      )
      const result = yield* Effect.either(shop.items.get({ path: { id: "1" } }))
      strictEqual(Either.isLeft(result) && result.left._tag, "ServerError")
      strictEqual(provider.count, 1)
      strictEqual(Layer.isLayer(Resilience.layer()), true)
    }))
})
