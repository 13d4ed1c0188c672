// @effect-diagnostics missingLayerContext:off
/**
 * What must hold at compile time. `tsc` checks this file; running it only shows that it was there.
 */
import type { HttpClient, HttpClientResponse } from "@effect/platform"
import { it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import type { Credentials, DeadLetterQueue, Integration, RateLimit } from "holdfast"
import {
  CircuitBreaker,
  DeadLettering,
  Holdfast,
  IntegrationClient,
  type IntegrationError,
  Outbox,
  Resilience,
  Retry,
  Timeout
} from "holdfast"
import { HubSpot, HubSpotApi } from "holdfast/providers/hubspot"
import type * as Kit from "./kit.js"

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const exactly = <A, B>(_: Equals<A, B>): void => undefined

type Shop = Integration.Client<typeof Kit.definition>

it("an operation fails with IntegrationError, exactly, and needs nothing", () => {
  const get = (shop: Shop) => shop.items.get({ path: { id: "1" } })
  type Get = ReturnType<typeof get>
  exactly<Effect.Effect.Error<Get>, IntegrationError.IntegrationError>(true)
  exactly<Effect.Effect.Context<Get>, never>(true)
  exactly<Effect.Effect.Success<Get>, { readonly id: string }>(true)
  exactly<
    Effect.Effect.Success<ReturnType<typeof withResponse>>,
    [{ readonly id: string }, HttpClientResponse.HttpClientResponse]
  >(true)
  const withResponse = (shop: Shop) => shop.items.get({ path: { id: "1" }, withResponse: true })
  strictEqual(typeof withResponse, typeof get)
})

it("functions among a provider's options know their parameters", () => {
  const layer = HubSpot.layer({
    policy: {
      circuitBreaker: { classify: (error) => error.status === 418 ? "ignored" : "failure" },
      retry: { when: (error, call) => error.retryable && call.attempts < 2 }
    }
  })
  exactly<Layer.Layer.Error<typeof layer>, never>(true)
  strictEqual(Layer.isLayer(layer), true)
})

it("every operation of HubSpot fails with IntegrationError, exactly", () => {
  type Service = HubSpot["Type"]
  type Errors = {
    [G in keyof Service]: {
      [M in keyof Service[G]]: Service[G][M] extends (...args: never) => Effect.Effect<unknown, infer E, infer R>
        ? [E, R]
        : "not a method"
    }[keyof Service[G]]
  }[keyof Service]
  exactly<Errors, [IntegrationError.IntegrationError, never]>(true)
  strictEqual(typeof HubSpotApi, "function")
})

it("a stack says what it still needs", () => {
  const standard = Resilience.layer()
  exactly<
    Layer.Layer.Context<typeof standard>,
    | IntegrationClient.IntegrationClient
    | DeadLetterQueue.DeadLetterQueue
    | CircuitBreaker.CircuitBreakers
    | RateLimit.RateLimiters
  >(true)

  const small = Resilience.layer({ deadLettering: false, rateLimit: false })
  exactly<
    Layer.Layer.Context<typeof small>,
    IntegrationClient.IntegrationClient | CircuitBreaker.CircuitBreakers
  >(true)
  strictEqual(Layer.isLayer(standard), Layer.isLayer(small))

  const composed = DeadLettering.layer().pipe(
    Layer.provide(Retry.layer({ initialDelay: "1 second", maxAttempts: 3, maxDelay: "10 seconds" })),
    Layer.provide(CircuitBreaker.layer({ failureThreshold: 5, resetTimeout: "1 minute", successThreshold: 2 })),
    Layer.provide(Timeout.layer("10 seconds")),
    Layer.provide(IntegrationClient.layer(HubSpot.definition))
  )
  exactly<
    Layer.Layer.Context<typeof composed>,
    | HttpClient.HttpClient
    | Credentials.Credentials
    | DeadLetterQueue.DeadLetterQueue
    | CircuitBreaker.CircuitBreakers
  >(true)

  // a stack that lacks Credentials does not compile
  const complete: Layer.Layer<
    IntegrationClient.IntegrationClient,
    never,
    HttpClient.HttpClient | Credentials.Credentials
  > = composed.pipe(Layer.provide(Holdfast.layerMemory))
  // @ts-expect-error: Credentials is missing
  const lacking: Layer.Layer<IntegrationClient.IntegrationClient, never, HttpClient.HttpClient> = complete
  strictEqual(lacking, complete)
})

it("a provider's layer says what it needs, by its options", () => {
  const plain = () => HubSpot.layer()
  exactly<
    Layer.Layer.Context<ReturnType<typeof plain>>,
    HttpClient.HttpClient | Credentials.Credentials | Holdfast.Services
  >(true)
  const bare = () => HubSpot.layer({ policy: { circuitBreaker: false, deadLettering: false, rateLimit: false } })
  exactly<Layer.Layer.Context<ReturnType<typeof bare>>, HttpClient.HttpClient | Credentials.Credentials>(true)
  exactly<Layer.Layer.Context<typeof HubSpot.layerConfig>, HttpClient.HttpClient | Holdfast.Services>(true)
  exactly<Layer.Layer.Context<typeof HubSpot.layerTest>, never>(true)
  strictEqual(typeof plain, typeof bare)
})

it("what the outbox is sent is what the method takes, and a worker needs the clients of its integrations", () => {
  const { associations, contacts } = HubSpot.operations
  type Sent<Handle> = Handle extends Integration.Handle<infer Input> ? Input : never
  type Taken = Parameters<HubSpot["Type"]["contacts"]["create"]>[0]
  exactly<Sent<typeof contacts.create>["payload"], Taken["payload"]>(true)
  const send = Outbox.send(contacts.archive, { path: { id: "1" } })
  exactly<Effect.Effect.Error<typeof send>, IntegrationError.ValidationError | Outbox.OutboxError>(true)
  exactly<Effect.Effect.Context<typeof send>, Outbox.Outbox>(true)
  // @ts-expect-error there is no contact without an id
  const without = Outbox.send(contacts.archive, { path: {} })
  strictEqual(Effect.isEffect(without), true)
  const worker = Outbox.layerWorker([HubSpot])
  exactly<Layer.Layer.Context<typeof worker>, HubSpot | Outbox.Outbox>(true)
  strictEqual(typeof associations, "object")
  strictEqual(Layer.isLayer(worker), true)
  strictEqual(Effect.isEffect(send), true)
})
