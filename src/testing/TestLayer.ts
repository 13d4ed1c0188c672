/**
 * The `layerTest` of a provider: a layer as it stands, and a function that makes one with some operations replaced.
 *
 * @since 0.1.0
 */
import type * as HttpApi from "@effect/platform/HttpApi"
import type { HttpApiEndpoint } from "@effect/platform/HttpApiEndpoint"
import type { HttpApiGroup } from "@effect/platform/HttpApiGroup"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Simplify } from "effect/Types"
import * as Auth from "../auth/Auth.js"
import * as Integration from "../core/Integration.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import type { IntegrationError } from "../core/IntegrationError.js"
import * as Emulator from "./Emulator.js"
import type { HandlerRequest } from "./internal/model.js"

/**
 * Stands in for one method of a client. `original` does what the emulator would have done.
 *
 * @since 0.1.0
 * @category models
 */
export type Override<Endpoint> = [Endpoint] extends [
  HttpApiEndpoint<
    infer _Name,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer Success,
    infer _Error,
    infer _R,
    infer _RE
  >
] ? (
    request: HandlerRequest<Path, UrlParams, Payload, Headers>,
    original: Effect.Effect<Success, IntegrationError>
  ) => Effect.Effect<Success, IntegrationError>
  : never

/**
 * Some of a client's methods, by group.
 *
 * @since 0.1.0
 * @category models
 */
export type Overrides<Api> = Api extends HttpApi.HttpApi<infer _Id, infer Groups, infer _E, infer _R>
  ? OverridesOf<Groups>
  : never

/**
 * @since 0.1.0
 * @category models
 */
export type OverridesOf<Groups extends HttpApiGroup.Any> = Simplify<
  & {
    readonly [Group in Extract<Groups, { readonly topLevel: false }> as HttpApiGroup.Name<Group>]?: {
      readonly [Endpoint in HttpApiGroup.Endpoints<Group> as HttpApiEndpoint.Name<Endpoint>]?: Override<Endpoint>
    }
  }
  & {
    readonly [
      Endpoint in HttpApiGroup.Endpoints<Extract<Groups, { readonly topLevel: true }>> as HttpApiEndpoint.Name<Endpoint>
    ]?: Override<Endpoint>
  }
>

/**
 * A layer that can also be called. Every use of it builds a service of its own, with fresh state.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestLayer<in out I, in Replacements> extends Layer.Layer<I> {
  (overrides: Replacements): Layer.Layer<I>
}

type AnyMethod = (
  request?: { readonly withResponse?: boolean }
) => Effect.Effect<unknown, IntegrationError>

type AnyOverride = (
  request: unknown,
  original: Effect.Effect<unknown, IntegrationError>
) => Effect.Effect<unknown, IntegrationError>

/** A replaced method has no response of its own. */
const noResponse = HttpClientResponse.fromWeb(
  HttpClientRequest.get("http://replaced.test"),
  new Response(null, { status: 200 })
)

const replaced = (method: AnyMethod, override: AnyOverride): AnyMethod => (request = {}) => {
  const { withResponse = false, ...rest } = request
  const result = Effect.suspend(() => override(rest, method(rest)))
  return withResponse ? Effect.map(result, (value) => [value, noResponse]) : result
}

/** Puts overrides over a client, whose methods stand one level down, or at the top where a group is top level. */
const overlay = (client: object, overrides: object): object => {
  const result: Record<string, unknown> = { ...client }
  for (const [name, override] of Object.entries(overrides)) {
    const current = result[name]
    result[name] = typeof override === "function"
      ? replaced(current as AnyMethod, override as AnyOverride)
      : override === undefined
      ? current
      : overlay(current as object, override as object)
  }
  return result
}

/**
 * Makes a provider's `layerTest` from its emulator: no network, no credential, no policies.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { IntegrationError } from "holdfast"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * declare const program: Effect.Effect<void, IntegrationError.IntegrationError, HubSpot>
 *
 * const plain = Effect.provide(program, HubSpot.layerTest)
 *
 * const failing = Effect.provide(program, HubSpot.layerTest({
 *   contacts: {
 *     create: () =>
 *       Effect.fail(
 *         new IntegrationError.ServerError({ integration: "hubspot", operation: "contacts.create", message: "down" })
 *       )
 *   }
 * }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <I, D extends Integration.Definition.Any>(
  tag: Context.Tag<I, Integration.Client<D>>,
  definition: D,
  emulator: Effect.Effect<Emulator.Emulator>
): TestLayer<I, Overrides<D["api"]>> => {
  const open = { ...definition, auth: Auth.none }
  const build = (overrides: object): Layer.Layer<I> =>
    Layer.unwrapEffect(Effect.map(emulator, (running) =>
      Layer.effect(
        tag,
        // the overrides have the client's own shape, by `Overrides`
        Effect.map(Integration.client(open), (client) => overlay(client as object, overrides) as Integration.Client<D>)
      ).pipe(
        Layer.provide(IntegrationClient.layer(open)),
        Layer.provide(Emulator.layerHttpClient(running))
      )))
  return callable(build({}), build)
}

/**
 * A layer that can be called. What makes a layer is found on an object, by `Layer.isLayer` and by everything that takes
 * one, whether it is its own or inherited: a function whose prototype is the layer is a layer in every respect. Unlike a
 * copy of the layer's fields this holds no knowledge of what they are.
 *
 * @since 0.1.0
 * @category constructors
 */
export const callable = <A, E, R, Args extends ReadonlyArray<unknown>, B>(
  layer: Layer.Layer<A, E, R>,
  call: (...args: Args) => B
): Layer.Layer<A, E, R> & ((...args: Args) => B) => Object.setPrototypeOf((...args: Args) => call(...args), layer)
