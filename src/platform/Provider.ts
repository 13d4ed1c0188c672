/**
 * Assembles a provider: its typed client over the standard stack over its own transport.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Credentials from "../auth/Credentials.js"
import * as Integration from "../core/Integration.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as Resilience from "../policy/Resilience.js"

/**
 * A definition with the policy that fits its provider's documented limits.
 *
 * @since 0.1.0
 * @category models
 */
export interface Definition extends Integration.Definition<any> {
  readonly policy?: Resilience.Options | undefined
}

/**
 * Options for the standard stack, laid over the definition's own option by option (`Resilience.merge`); or a stack of one's own in its place. The transport
 * and the credential beneath are always the provider's.
 *
 * @since 0.1.0
 * @category models
 */
export type PolicyOption = Resilience.Options | IntegrationClient.Policy<any, any>

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Where the credential comes from. Absent: from the `Credentials` of the program. */
  readonly credentials?: Layer.Layer<Credentials.Credentials, any, any> | undefined
  readonly policy?: PolicyOption | undefined
  /** Another server than the provider's own: an emulator, a regional host. */
  readonly baseUrl?: string | undefined
}

type Over<Base, Changes> = Omit<Base, keyof Changes> & Changes

type StackOf<D extends Definition, P> = P extends Layer.Layer<any, infer E, infer R>
  ? { readonly E: E; readonly R: Exclude<R, IntegrationClient.IntegrationClient> }
  : {
    readonly E: never
    readonly R: Resilience.Requirements<Over<D["policy"] extends Resilience.Options ? D["policy"] : {}, P>>
  }

type AuthOf<D extends Definition, C> = C extends Layer.Layer<any, infer E, infer R>
  ? { readonly E: E; readonly R: R | Exclude<Integration.Definition.Context<D>, Credentials.Credentials> }
  : { readonly E: never; readonly R: Integration.Definition.Context<D> }

/**
 * The errors of building a provider's layer.
 *
 * @since 0.1.0
 * @category models
 */
export type Error<D extends Definition, O extends Options> =
  | StackOf<D, PolicyOf<O>>["E"]
  | AuthOf<D, O["credentials"]>["E"]

/**
 * What a provider's layer needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Requirements<D extends Definition, O extends Options> =
  | HttpClient.HttpClient
  | StackOf<D, PolicyOf<O>>["R"]
  | AuthOf<D, O["credentials"]>["R"]

type PolicyOf<O extends Options> = O extends { readonly policy: infer P } ? P : {}

const isLayer = (policy: PolicyOption): policy is IntegrationClient.Policy<any, any> => Layer.isLayer(policy)

/**
 * The service of a provider.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "holdfast"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const hubspot = HubSpot.layer({
 *   credentials: Credentials.layer(Credentials.Bearer({ token: Redacted.make("pat-fake") })),
 *   policy: { retry: { maxAttempts: 5 } }
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <I, D extends Definition, const O extends Options = {}>(
  tag: Context.Tag<I, Integration.Client<D>>,
  definition: D,
  options?: O
): Layer.Layer<I, Error<D, O>, Requirements<D, O>> => {
  const policy: PolicyOption = options?.policy ?? {}
  const stack: IntegrationClient.Policy<any, any> = isLayer(policy)
    ? policy
    : Resilience.layer(Resilience.merge(definition.policy ?? {}, policy))
  const transport = IntegrationClient.layer(definition, { baseUrl: options?.baseUrl })
  const signed: Layer.Layer<IntegrationClient.IntegrationClient, any, any> = options?.credentials === undefined
    ? transport
    : Layer.provide(transport, options.credentials)
  return Layer.effect(tag, Integration.client(definition)).pipe(
    Layer.provide(stack),
    Layer.provide(signed)
  ) as Layer.Layer<I, Error<D, O>, Requirements<D, O>>
}

/**
 * The same with the credential and, where it is set, `<ID>_BASE_URL` read from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = <I, D extends Definition, const P extends PolicyOption = {}>(
  tag: Context.Tag<I, Integration.Client<D>>,
  definition: D,
  options: { readonly credentials: Config.Config<Credentials.Credential>; readonly policy?: P }
): Layer.Layer<
  I,
  ConfigError | StackOf<D, P>["E"],
  HttpClient.HttpClient | StackOf<D, P>["R"] | Exclude<Integration.Definition.Context<D>, Credentials.Credentials>
> =>
  Layer.unwrapEffect(
    Effect.map(Config.option(baseUrlConfig(definition)), (baseUrl) =>
      layer(tag, definition, {
        baseUrl: Option.getOrUndefined(baseUrl),
        credentials: Credentials.layerConfig(options.credentials),
        policy: options.policy
      }))
  ) as Layer.Layer<
    I,
    ConfigError | StackOf<D, P>["E"],
    HttpClient.HttpClient | StackOf<D, P>["R"] | Exclude<Integration.Definition.Context<D>, Credentials.Credentials>
  >

/**
 * `HUBSPOT_BASE_URL`, checked to be a URL.
 *
 * @since 0.1.0
 * @category config
 */
export const baseUrlConfig = (definition: Definition): Config.Config<string> =>
  Config.map(
    Config.url(`${definition.id.toUpperCase().replaceAll("-", "_")}_BASE_URL`),
    (url) => url.href.replace(/\/+$/, "")
  )
