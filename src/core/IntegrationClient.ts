/**
 * The client of one integration, and the layers that keep it alive.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Call from "./Call.js"
import type { Classifier } from "./Classification.js"
import * as IntegrationContext from "./IntegrationContext.js"
import type { IntegrationError } from "./IntegrationError.js"
import * as ReplaySigning from "./internal/replaySigning.js"
import * as Operation from "./Operation.js"
import * as Pipeline from "./Pipeline.js"
import * as Transport from "./Transport.js"

/**
 * Which integration a client belongs to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Integration {
  /** `hubspot`: the key of its breaker and limiter, the label of its metrics. */
  readonly id: string
  /** Version of the provider's API. */
  readonly version: string
  /** The provider's reading of its answers, for an answer that stands in for one of them. */
  readonly classify?: Classifier | undefined
}

/**
 * An `HttpClient` whose only error is `IntegrationError`, and which knows its integration.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends HttpClient.HttpClient.With<IntegrationError> {
  readonly integration: Integration
  /** What `execute` does, for a call that is made already. */
  readonly send: Transport.Send
  /** What `send` is made of: a stage that is put on top is fused with these. */
  readonly pipeline: Pipeline.Pipeline
}

/**
 * The client of one integration: the transport with whatever policies have been put around it.
 *
 * @since 0.1.0
 * @category tags
 */
export class IntegrationClient extends Context.Tag("holdfast/IntegrationClient")<IntegrationClient, Service>() {}

/**
 * One line of a stack: takes the client beneath it, gives the client above. Stacks read in the order in which a call
 * meets them:
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { CircuitBreaker, IntegrationClient, Retry, Timeout } from "holdfast"
 *
 * const steadfast: IntegrationClient.Policy<CircuitBreaker.CircuitBreakers> = Retry.layer({ maxAttempts: 3 }).pipe(
 *   Layer.provide(CircuitBreaker.layer({ failureThreshold: 5, resetTimeout: "1 minute" })),
 *   Layer.provide(Timeout.layer("10 seconds"))
 * )
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type Policy<R = never, E = never> = Layer.Layer<IntegrationClient, E, IntegrationClient | R>

/** Requests that no declared operation stands behind: named by their method alone, to keep metrics small. */
const undeclared = (integration: Integration): (method: HttpMethod) => Operation.Operation => {
  const operations = new Map<HttpMethod, Operation.Operation>()
  return (method) => {
    let operation = operations.get(method)
    if (operation === undefined) {
      operation = Operation.make({
        integration: integration.id,
        version: integration.version,
        name: method.toLowerCase(),
        method,
        template: ""
      })
      operations.set(method, operation)
    }
    return operation
  }
}

/**
 * A client from the function that sends one request.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (integration: Integration, send: Transport.Send): Service =>
  fromPipeline(integration, { leaf: send, stages: [] })

const fromPipeline = (integration: Integration, pipeline: Pipeline.Pipeline): Service => {
  const send = Pipeline.fuse(pipeline)
  const operationOf = undeclared(integration)
  // the call that the fiber is making already, or a new one
  const callOf = (
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    request: HttpClientRequest.HttpClientRequest
  ): Call.Call => {
    const context = fiber.currentContext
    return Context.get(context, Call.CurrentCall) ?? new Call.Call(
      operationOf(request.method),
      Context.get(context, IntegrationContext.IntegrationContext),
      undefined
    )
  }
  const client = HttpClient.makeWith<never, never, IntegrationError, never>(
    (effect) =>
      Effect.flatMap(
        effect,
        (request) => Effect.withFiberRuntime((fiber) => send(request, callOf(fiber, request)))
      ),
    Effect.succeed
  )
  // the same, less the steps that `HttpClient` needs for its combinators: those are made from `client` all the same
  const execute = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.withFiberRuntime<HttpClientResponse.HttpClientResponse, IntegrationError>((fiber) =>
      send(request, callOf(fiber, request))
    )
  return Object.assign(client, { execute, integration, pipeline, send })
}

/**
 * A policy from the function that stands between the caller and the client beneath. The outer effect runs once, when
 * the layer is built, with a scope for whatever the policy holds.
 *
 * @example
 * ```ts
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect } from "effect"
 * import { IntegrationClient } from "holdfast"
 *
 * // adds a header to every attempt that passes
 * const tagged = IntegrationClient.policy((next) =>
 *   Effect.succeed((request, call) =>
 *     next.send(HttpClientRequest.setHeader(request, "x-correlation-id", call.correlationId), call)
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const policy = <E, R>(
  make_: (next: Service) => Effect.Effect<Transport.Send, E, R>
): Policy<Exclude<R, Scope.Scope>, E> =>
  Layer.scoped(
    IntegrationClient,
    Effect.flatMap(IntegrationClient, (next) => Effect.map(make_(next), (send) => make(next.integration, send)))
  ) as Policy<Exclude<R, Scope.Scope>, E>

/**
 * A policy from a stage: steps on the way in and on the way out, fused with the stages next to it into one run. The outer
 * effect runs once, when the layer is built, with a scope for whatever the stage holds.
 *
 * @example
 * ```ts
 * import { Effect, Exit } from "effect"
 * import { IntegrationClient } from "holdfast"
 *
 * // counts what is under way
 * const counted = (gauge: { underWay: number }) =>
 *   IntegrationClient.stage(() =>
 *     Effect.succeed({
 *       enter: () => {
 *         gauge.underWay++
 *         return undefined
 *       },
 *       leave: () => {
 *         gauge.underWay--
 *         return undefined
 *       }
 *     })
 *   )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const stage = <E, R>(
  make_: (next: Service) => Effect.Effect<Pipeline.Stage, E, R>
): Policy<Exclude<R, Scope.Scope>, E> =>
  Layer.scoped(
    IntegrationClient,
    Effect.flatMap(IntegrationClient, (next) =>
      Effect.map(make_(next), (stage) =>
        fromPipeline(next.integration, { leaf: next.pipeline.leaf, stages: [stage, ...next.pipeline.stages] })))
  ) as Policy<Exclude<R, Scope.Scope>, E>

/**
 * A policy from any combinator of `HttpClient`, as in `IntegrationClient.mapClient(HttpClient.mapRequest(f))`.
 *
 * @since 0.1.0
 * @category policies
 */
export const mapClient = (
  f: (client: HttpClient.HttpClient.With<IntegrationError>) => HttpClient.HttpClient.With<IntegrationError>
): Policy =>
  policy((next) =>
    Effect.sync(() => {
      const client = f(next)
      return (request, call) => Effect.provideService(client.execute(request), Call.CurrentCall, call)
    })
  )

/**
 * What a client needs to know of its provider; every `Integration.Definition` has it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target<R = never> extends Integration {
  /** Without a trailing slash, `https://api.hubapi.com`. */
  readonly baseUrl: string
  /** By group of operations, the server on which they are, where that is another one: `{ accounts: "https://…" }`. */
  readonly servers?: Readonly<Record<string, string>> | undefined
  /** Built once with the client; what it returns puts the credential on each attempt. */
  readonly auth: Effect.Effect<Transport.Authenticate, never, R>
  readonly classify?: Classifier | undefined
  /** Headers of every request. Default: `accept: application/json`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Bytes; default 16 MiB. */
  readonly maxResponseBytes?: number | undefined
}

/**
 * The client at the bottom of every stack: authentication and transport, and no policy. `baseUrl` replaces the
 * target's own (an emulator, a regional host), and all its `servers`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R>(
  target: Target<R>,
  options?: { readonly baseUrl?: string | undefined }
): Layer.Layer<IntegrationClient, never, HttpClient.HttpClient | R> =>
  Layer.effect(
    IntegrationClient,
    Effect.gen(function*() {
      const httpClient = yield* HttpClient.HttpClient
      const authenticate = yield* target.auth
      return make(
        { classify: target.classify, id: target.id, version: target.version },
        Transport.make(httpClient, {
          authenticate: ReplaySigning.make(authenticate),
          baseUrl: options?.baseUrl ?? target.baseUrl,
          classify: target.classify,
          headers: target.headers,
          servers: options?.baseUrl === undefined ? target.servers : undefined,
          maxResponseBytes: target.maxResponseBytes
        })
      )
    })
  )
