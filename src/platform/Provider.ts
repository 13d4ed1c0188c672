/**
 * Assembles a provider: its typed client over the standard stack over its own transport.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Credentials from "../auth/Credentials.js"
import type * as OAuth2Provider from "../auth/OAuth2Provider.js"
import * as Integration from "../core/Integration.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as Operation from "../core/Operation.js"
import * as Resilience from "../policy/Resilience.js"
import type * as WebhookScheme from "../webhook/WebhookScheme.js"
import type * as Pagination from "./Pagination.js"

/**
 * A definition with the policy that fits its provider's documented limits.
 *
 * @since 0.1.0
 * @category models
 */
export interface Definition extends Integration.Definition<any> {
  readonly policy?: Resilience.Options | undefined
  /** The vendor's own documentation, a URL. */
  readonly docs?: string | undefined
  /** How widely it is used among those of its category, from 1 to 100; a catalogue is sorted by it. */
  readonly popularity?: number | undefined
  /** The kinds of credential that it takes, the usual one first. */
  readonly credentials?: ReadonlyArray<Credentials.Credential["_tag"]> | undefined
  /** Where its OAuth2 endpoints are. */
  readonly oauth2?: OAuth2Provider.OAuth2Provider | undefined
  /** How its webhooks are signed. */
  readonly webhook?: WebhookScheme.Scheme | undefined
  /** How its lists are walked, by operation. */
  readonly pagination?: Readonly<Record<string, Pagination.Pagination.Any>> | undefined
  /** By operation, the input that asks for what has changed since a time: `urlParams.updated_after`. */
  readonly incremental?: Readonly<Record<string, string>> | undefined
  /** Its documented limits, a sentence each; `policy` keeps below them. */
  readonly limits?: ReadonlyArray<string> | undefined
}

/**
 * Options for the standard stack, laid over the definition's own option by option (`Resilience.merge`); a reference to
 * such options, which may change while the program runs (`Resilience.layerRef`); or a stack of one's own in their place.
 * The transport and the credential beneath are always the provider's.
 *
 * @since 0.1.0
 * @category models
 */
export type PolicyOption =
  | Resilience.Options
  | SubscriptionRef.SubscriptionRef<Resilience.Options>
  | IntegrationClient.Policy<any, any>

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

/**
 * Checks a definition, also that the operations which it names are there, and keeps its exact type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const define = <const D extends Definition>(definition: D): D => {
  const operations = Integration.operationsOf(definition)
  const names = new Set(operations.map(({ name }) => name))
  const named: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["health", definition.health === undefined ? [] : [definition.health.operation]],
    ["pagination", Object.keys(definition.pagination ?? {})],
    ["incremental", Object.keys(definition.incremental ?? {})]
  ]
  for (const [field, all] of named) {
    const missing = all.find((name) => !names.has(name))
    if (missing !== undefined) {
      throw new Error(
        `Provider.define: ${field} of "${definition.id}" names "${missing}", which its api does not declare: ${
          [...names].join(", ")
        }`
      )
    }
  }
  const groups = new Set(operations.map(({ name }) => Operation.groupOf(name)))
  const nowhere = Object.keys(definition.servers ?? {}).find((group) => !groups.has(group))
  if (nowhere !== undefined) {
    throw new Error(`Provider.define: servers of "${definition.id}" names "${nowhere}", which is no group of its api`)
  }
  const unsafe = operations.find(({ name, safe }) => name === definition.health?.operation && !safe)
  if (unsafe !== undefined) {
    throw new Error(`Provider.define: the health operation "${unsafe.name}" of "${definition.id}" changes something`)
  }
  return Integration.define(definition)
}

type Over<Base, Changes> = Omit<Base, keyof Changes> & Changes

type StackOf<D extends Definition, P> = P extends Layer.Layer<any, infer E, infer R>
  ? { readonly E: E; readonly R: Exclude<R, IntegrationClient.IntegrationClient> }
  : P extends SubscriptionRef.SubscriptionRef<any> ? { readonly E: never; readonly R: Resilience.Requirements<{}> }
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

const isRef = (
  policy: Exclude<PolicyOption, IntegrationClient.Policy<any, any>>
): policy is SubscriptionRef.SubscriptionRef<Resilience.Options> => SubscriptionRef.SubscriptionRefTypeId in policy

const stackOf = (
  definition: Definition,
  policy: PolicyOption = {},
  variables: "configured" | "ignored"
): IntegrationClient.Policy<any, any> => {
  const own = definition.policy ?? {}
  if (isLayer(policy)) return policy
  if (variables === "ignored") {
    return isRef(policy) ? Resilience.layerRef(policy, own) : Resilience.layer(Resilience.merge(own, policy))
  }
  return isRef(policy)
    ? Resilience.layerConfigRef(policy, own)
    : Resilience.layerConfig(Resilience.merge(own, policy))
}

const assemble = (
  tag: Context.Tag<any, any>,
  definition: Definition,
  stack: IntegrationClient.Policy<any, any>,
  options: Options = {}
): Layer.Layer<any, any, any> => {
  const transport = IntegrationClient.layer(definition, { baseUrl: options.baseUrl })
  const signed: Layer.Layer<IntegrationClient.IntegrationClient, any, any> = options.credentials === undefined
    ? transport
    : Layer.provide(transport, options.credentials)
  return Layer.effect(tag, Integration.client(definition)).pipe(Layer.provide(stack), Layer.provide(signed))
}

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
export const layer: {
  <I, D extends Definition>(
    tag: Context.Tag<I, Integration.Client<D>>,
    definition: D
  ): Layer.Layer<I, Error<D, {}>, Requirements<D, {}>>
  // one signature with a default for `O` would cost functions among the options the types of their parameters
  <I, D extends Definition, const O extends Options>(
    tag: Context.Tag<I, Integration.Client<D>>,
    definition: D,
    options: O
  ): Layer.Layer<I, Error<D, O>, Requirements<D, O>>
} = (
  tag: Context.Tag<any, any>,
  definition: Definition,
  options?: Options
): Layer.Layer<any> =>
  assemble(tag, definition, stackOf(definition, options?.policy, "ignored"), options) as Layer.Layer<any>

/**
 * `layer` of one provider: with or without options, but for those that are `Needed`.
 *
 * @since 0.1.0
 * @category models
 */
export type LayerOf<I, D extends Definition, Needed extends Options = {}> = {} extends Needed ? {
    (): Layer.Layer<I, Error<D, {}>, Requirements<D, {}>>
    <const O extends Options>(options: O): Layer.Layer<I, Error<D, O>, Requirements<D, O>>
  }
  : <const O extends Options & Needed>(options: O) => Layer.Layer<I, Error<D, O>, Requirements<D, O>>

/**
 * What a provider's service reads of `Config`: a `Config`, or an effect that chooses among several.
 *
 * @since 0.1.0
 * @category models
 */
export interface Configuration<D extends Definition> {
  readonly credentials: Effect.Effect<Credentials.Credential, ConfigError>
  /** The definition, where it depends on what is configured: a version, a region, an account's own host. */
  readonly definition?: Effect.Effect<D, ConfigError> | undefined
}

/**
 * The same with the credential read from `Config`, and where they are set `<ID>_BASE_URL` and the variables of the policy:
 * `HOLDFAST_<ID>_RETRY_MAX_ATTEMPTS=5` goes before what `policy` says, and that before the provider's own
 * (`Resilience.layerConfig`). A stack of one's own is as it is; whatever of it is to come from `Config`, it reads itself.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = <I, D extends Definition, const P extends PolicyOption = {}>(
  tag: Context.Tag<I, Integration.Client<D>>,
  definition: D,
  options: Configuration<D> & { readonly policy?: P }
): Layer.Layer<
  I,
  ConfigError | StackOf<D, P>["E"],
  HttpClient.HttpClient | StackOf<D, P>["R"] | Exclude<Integration.Definition.Context<D>, Credentials.Credentials>
> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.all({
        definition: options.definition ?? Effect.succeed(definition),
        // by the id, which no configuration changes
        baseUrl: Config.option(baseUrlConfig(definition))
      }),
      ({ baseUrl, definition }) =>
        assemble(tag, definition, stackOf(definition, options.policy, "configured"), {
          baseUrl: Option.getOrUndefined(baseUrl),
          credentials: Credentials.layerConfig(options.credentials)
        })
    )
  )

/**
 * The class of a provider's service.
 *
 * @since 0.1.0
 * @category tags
 */
export interface TagClass<Self, Id extends string, D extends Definition, Needed extends Options = {}>
  extends Context.TagClass<Self, Id, Integration.Client<D>>
{
  /** What the integration is: its declaration, and what that cannot say. */
  readonly definition: D
  /** Its operations as values, for a call that is not made at once: `Outbox.send(HubSpot.operations.contacts.create, …)`. */
  readonly operations: Integration.Operations<D>
  /**
   * The provider over the standard stack. `credentials` are a layer of `Credentials` (absent: the program's own), `policy`
   * is laid over the definition's own option by option, `baseUrl` is another server than the provider's.
   */
  readonly layer: LayerOf<Self, D, Needed>
  /**
   * The same with the credential from `Config` (the class says which variables), and where they are set `<ID>_BASE_URL` and
   * the variables of the policy: `HOLDFAST_<ID>_…`, as `Resilience.layerConfig` reads them.
   */
  readonly layerConfig: Layer.Layer<
    Self,
    ConfigError,
    HttpClient.HttpClient | StackOf<D, {}>["R"] | Exclude<Integration.Definition.Context<D>, Credentials.Credentials>
  >
}

/**
 * Makes the class of a provider's service from its definition. `Needed` are the options that `layer` cannot do without: the
 * `baseUrl` of a provider whose every account has a host of its own.
 *
 * @example
 * ```ts
 * import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Auth, Credentials, Provider } from "holdfast"
 *
 * const definition = Provider.define({
 *   id: "acme",
 *   name: "Acme",
 *   version: "1",
 *   baseUrl: "https://api.acme.example",
 *   auth: Auth.bearer,
 *   api: HttpApi.make("acme").add(
 *     HttpApiGroup.make("orders").add(
 *       HttpApiEndpoint.get("list", "/v1/orders").addSuccess(Schema.Struct({ ids: Schema.Array(Schema.String) }))
 *     )
 *   )
 * })
 *
 * class Acme extends Provider.Tag<Acme>()("app/Acme", definition, {
 *   credentials: Credentials.bearerConfig("ACME_TOKEN")
 * }) {}
 *
 * const live = Acme.layerConfig
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export const Tag = <Self, Needed extends Options = {}>() =>
<const Id extends string, D extends Definition>(
  id: Id,
  definition: D,
  configuration: Configuration<D>
): TagClass<Self, Id, D, Needed> => {
  const tag = Context.Tag(id)<Self, Integration.Client<D>>()
  const members = {
    definition,
    // on demand: most programs call and never hand over
    get operations() {
      return Integration.operations(definition)
    },
    layer: (options: Options = {}) => layer(tag, definition, options),
    layerConfig: layerConfig(tag, definition, configuration)
  }
  // a tag, and what has been put on it
  return Object.defineProperties(tag, Object.getOwnPropertyDescriptors(members)) as TagClass<Self, Id, D, Needed>
}

/**
 * `HUBSPOT_BASE_URL`: the variable that names another server than the provider's own.
 *
 * @since 0.1.0
 * @category config
 */
export const baseUrlVariable = (definition: { readonly id: string }): string =>
  `${definition.id.toUpperCase().replaceAll("-", "_")}_BASE_URL`

/**
 * `HUBSPOT_BASE_URL`, checked to be a URL.
 *
 * @since 0.1.0
 * @category config
 */
export const baseUrlConfig = (definition: Definition): Config.Config<string> =>
  Config.map(
    Config.url(baseUrlVariable(definition)),
    (url) => url.href.replace(/\/+$/, "")
  )
