// a layer that lacks what it needs is one of the things that must not compile
// @effect-diagnostics missingLayerContext:off
import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Context, Effect, Either, Layer, SubscriptionRef } from "effect"
import type { CircuitBreaker, RateLimit } from "holdfast"
import { Availability, Credentials, Holdfast, Integration, Provider, Resilience } from "holdfast"
import { HubSpot } from "holdfast/providers/hubspot"
import * as Kit from "../kit.js"
import { elapsed, tagOf } from "../policy/elapsed.js"

const item = { path: { id: "1" } }

const definition = Integration.define({
  ...Kit.definition,
  policy: { retry: { initialDelay: "1 second", jitter: "none", maxAttempts: 2, multiplier: 1 } } as const
})

class Shop extends Context.Tag("test/Shop")<Shop, Integration.Client<typeof definition>>() {}

const credentials = Credentials.bearerConfig("SHOP_TOKEN")

const run = <A, E, E2>(
  self: Effect.Effect<A, E, Shop>,
  layer: Layer.Layer<Shop, E2, HttpClient.HttpClient | Holdfast.Services>,
  provider: Kit.Provider,
  variables: Readonly<Record<string, string>> = {}
) =>
  Effect.provide(self, layer).pipe(
    Effect.provide(Layer.merge(Holdfast.layerMemory, Layer.succeed(HttpClient.HttpClient, provider.client))),
    Effect.withConfigProvider(
      ConfigProvider.fromMap(new Map(Object.entries({ SHOP_TOKEN: "secret", ...variables })))
    )
  )

/** Requests that one call costs. */
const attempts = (provider: Kit.Provider) =>
  Effect.gen(function*() {
    const shop = yield* Shop
    const before = provider.count
    yield* elapsed(shop.items.get(item))
    return provider.count - before
  })

describe("Provider.layerConfig", () => {
  it.effect("the provider's own policy, then the program's, then what is set", () =>
    Effect.gen(function*() {
      const count = (policy: Resilience.Options, variables: Readonly<Record<string, string>>) => {
        const provider = new Kit.Provider(Kit.status(503))
        return run(
          attempts(provider),
          Provider.layerConfig(Shop, definition, { credentials, policy }),
          provider,
          variables
        )
      }
      strictEqual(yield* count({}, {}), 2)
      strictEqual(yield* count({ retry: { maxAttempts: 3 } }, {}), 3)
      strictEqual(yield* count({ retry: { maxAttempts: 3 } }, { HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "4" }), 4)
      strictEqual(yield* count({}, { HOLDFAST_DEFAULT_RETRY: "off" }), 1)
    }))

  it.effect("fails with what is wrong with the variables", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const error = yield* Effect.flip(run(
        attempts(provider),
        Provider.layerConfig(Shop, definition, { credentials }),
        provider,
        { HOLDFAST_SHOP_RETRI: "off", HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "none" }
      ))
      strictEqual(
        String(error),
        "(Invalid data at HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: " +
          "\"it is `none`, and must be a whole number from 1 up, as in `5`\") and " +
          "(Invalid data at HOLDFAST_SHOP_RETRI: \"there is no such variable; did you mean HOLDFAST_SHOP_RETRY?\")"
      )
    }))

  it.effect("a stack of the program's own is as it is", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const policy = Resilience.layer({ retry: false })
      const variables = { HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "4" }
      const layer = Provider.layerConfig(Shop, definition, { credentials, policy })
      strictEqual(yield* run(attempts(provider), layer, provider, variables), 1)
      const reading = Provider.layerConfig(Shop, definition, {
        credentials,
        policy: Resilience.layerConfig({ retry: definition.policy.retry })
      })
      strictEqual(yield* run(attempts(provider), reading, provider, variables), 4)
    }))

  it.effect("a reference: what is set has the last word each time", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const policy = yield* SubscriptionRef.make<Resilience.Options>({ circuitBreaker: false })
      const layer = Provider.layerConfig(Shop, definition, { credentials, policy })
      yield* run(
        Effect.gen(function*() {
          strictEqual(yield* attempts(provider), 3)
          yield* SubscriptionRef.set(policy, { circuitBreaker: false, retry: { maxAttempts: 5 } })
          strictEqual(yield* attempts(provider), 3)
          yield* SubscriptionRef.set(policy, { availability: Availability.Off({ reason: "now" }) })
          strictEqual(yield* attempts(provider), 0)
        }),
        layer,
        provider,
        { HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "3" }
      )
    }))
})

describe("Provider.layer", () => {
  it.effect("looks at no variable", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const layer = Provider.layer(Shop, definition)
      strictEqual(
        yield* run(attempts(provider), layer, provider, {
          HOLDFAST_SHOP_RETRI: "off",
          HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "4"
        }),
        2
      )
    }))

  it.effect("a reference: options that change while the program runs, laid over the provider's own", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const policy = yield* SubscriptionRef.make<Resilience.Options>({ circuitBreaker: false })
      yield* run(
        Effect.gen(function*() {
          strictEqual(yield* attempts(provider), 2)
          yield* SubscriptionRef.set(policy, { circuitBreaker: false, retry: { maxAttempts: 4 } })
          const shop = yield* Shop
          const [result, millis] = yield* elapsed(shop.items.get(item))
          deepStrictEqual([tagOf(result), millis], ["ServerError", 3_000])
        }),
        Provider.layer(Shop, definition, { policy }),
        provider,
        { HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "3" }
      )
    }))

  it("a reference needs what every stage may come to need", () => {
    const typed = (policy: SubscriptionRef.SubscriptionRef<Resilience.Options>) => {
      const layer = Provider.layer(Shop, definition, { policy })
      const needs: Layer.Layer<
        Shop,
        never,
        HttpClient.HttpClient | Holdfast.Services
      > = layer
      // @ts-expect-error the queue of dead letters is missing
      const without: Layer.Layer<
        Shop,
        never,
        HttpClient.HttpClient | CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters
      > = layer
      return [needs, without]
    }
    assertTrue(typeof typed === "function")
  })
})

describe("HubSpot.layerConfig", () => {
  it.effect("reads HOLDFAST_HUBSPOT_… by itself, as the quickstart has it", () =>
    Effect.gen(function*() {
      const count = (variables: Readonly<Record<string, string>>) =>
        Effect.gen(function*() {
          const provider = new Kit.Provider(Kit.status(503))
          const layer = HubSpot.layerConfig.pipe(
            Layer.provide(Holdfast.layerMemory),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
          )
          const call = Effect.flatMap(HubSpot, (hubspot) => elapsed(hubspot.owners.list({ urlParams: {} })))
          yield* Effect.provide(call, layer).pipe(
            Effect.withConfigProvider(
              ConfigProvider.fromMap(new Map(Object.entries({ HUBSPOT_ACCESS_TOKEN: "secret", ...variables })))
            )
          )
          return provider.count
        })
      strictEqual(yield* count({}), 4)
      strictEqual(
        yield* count({
          HOLDFAST_HUBSPOT_CIRCUIT_BREAKER_FAILURE_THRESHOLD: "10",
          HOLDFAST_HUBSPOT_RETRY_INITIAL_DELAY: "2 seconds",
          HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS: "7"
        }),
        7
      )
      const wrong = yield* Effect.either(count({ HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS: "some" }))
      assertTrue(Either.isLeft(wrong) && String(wrong.left).includes("HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS"))
    }))
})
