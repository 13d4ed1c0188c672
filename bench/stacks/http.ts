/** Effect's own HTTP clients, and Holdfast over them. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Integration from "../../src/core/Integration.js"
import * as IntegrationClient from "../../src/core/IntegrationClient.js"
import * as Transport from "../../src/core/Transport.js"
import * as Holdfast from "../../src/Holdfast.js"
import * as Index from "../../src/index.js"
import * as Resilience from "../../src/policy/Resilience.js"
import { definition } from "../order.js"
import * as Stacks from "./holdfast.js"
import * as Idiomatic from "./idiomatic.js"

type Once = Effect.Effect<unknown, unknown>

const path = "/orders/1"

/**
 * The defaults, with a token bucket that never runs dry and a bulkhead that lets as many through at once as the others:
 * what is measured is the cost of the policies, not their limits.
 */
const policy = {
  bulkhead: { maxConcurrent: 1024 },
  rateLimit: { capacity: 1_000_000, refillRate: 1_000_000_000 }
} as const satisfies Resilience.Options

const standard = Resilience.layer(policy)

type MakeFetch = (options: { readonly policy: Resilience.Options }) => typeof fetch

/** A fetch with the stack beneath it; absent until it is written. */
const resilientFetch = (Index as { readonly ResilientFetch?: { readonly make: MakeFetch } }).ResilientFetch

interface Client {
  readonly execute: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<
    HttpClientResponse.HttpClientResponse,
    unknown
  >
}

const get = (client: Client, url: string): Once =>
  Effect.flatMap(Effect.suspend(() => client.execute(HttpClientRequest.get(url))), (response) => response.json)

const built = <A, E>(layer: Layer.Layer<A, E>): Promise<Context.Context<A>> =>
  Effect.runPromise(Stacks.forever(Layer.build(layer)))

const holdfast = (origin: string, http: Layer.Layer<HttpClient.HttpClient>) =>
  built(standard.pipe(
    Layer.provide(IntegrationClient.layer(definition, { baseUrl: origin })),
    Layer.provide(Layer.merge(Holdfast.layerMemory, http))
  ))

const clientOf = async (layer: Layer.Layer<HttpClient.HttpClient>) =>
  Context.get(await built(layer), HttpClient.HttpClient)

const idiomatic = async (origin: string): Promise<Once> => {
  const breaker = await Effect.runPromise(Idiomatic.makeBreaker)
  const client = (await clientOf(NodeHttpClient.layerUndici)).pipe(
    HttpClient.filterStatusOk,
    HttpClient.retryTransient({ times: 2 })
  )
  return breaker(Effect.timeout(get(client, origin + path), "10 seconds"))
}

export const names = {
  bare: "layerUndici, tracer off",
  bareOwn: "Transport.layer alone, tracer off",
  idiomatic: "retryTransient + Effect.timeout + Ref breaker, layerUndici",
  idiomaticUntraced: "the same, tracer off",
  standard: "Holdfast, standard stack",
  typed: "Holdfast, typed method with Schema",
  wrapped: "Holdfast, standard stack on layerUndici"
} as const

const untraced = Effect.withTracerEnabled(false)

/** Another client, bare and with the stack around it. */
export const makeOver = async (origin: string): Promise<ReadonlyMap<string, Once>> => {
  const wrapped = await holdfast(origin, NodeHttpClient.layerUndici)
  return new Map<string, Once>([
    [names.wrapped, get(Context.get(wrapped, IntegrationClient.IntegrationClient), path)],
    [names.bare, untraced(get(await clientOf(NodeHttpClient.layerUndici), origin + path))]
  ])
}

/** One GET, its JSON parsed, by the name of who sends it. */
export const make = async (origin: string): Promise<ReadonlyMap<string, Once>> => {
  const context = await holdfast(origin, Transport.layer)
  const over = await makeOver(origin)
  const typed = await Effect.runPromise(Effect.provide(Integration.client(definition), context))
  const parts = await idiomatic(origin)

  return new Map<string, Once>([
    [names.standard, get(Context.get(context, IntegrationClient.IntegrationClient), path)],
    [names.typed, Effect.suspend(() => typed.orders.get({ path: { id: "1" } }))],
    ...over,
    [names.bareOwn, untraced(get(await clientOf(Transport.layer), origin + path))],
    [names.idiomatic, parts],
    [names.idiomaticUntraced, untraced(parts)]
  ])
}

/** `fetch` with the stack beneath it; none where `ResilientFetch` is absent. */
export const makeFetch = (origin: string): (() => Promise<unknown>) | undefined => {
  if (resilientFetch === undefined) return undefined
  const send = resilientFetch.make({ policy })
  return async () => {
    const response = await send(origin + path, { headers: { accept: "application/json" } })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return response.json()
  }
}
