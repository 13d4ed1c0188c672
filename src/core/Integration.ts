/**
 * An integration, declared: its `HttpApi` and what that cannot say. From the declaration comes the typed client.
 *
 * @since 0.1.0
 */
import type * as HttpApi from "@effect/platform/HttpApi"
import type { HttpApiEndpoint } from "@effect/platform/HttpApiEndpoint"
import type { HttpApiGroup } from "@effect/platform/HttpApiGroup"
import type * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Brand from "effect/Brand"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Simplify } from "effect/Types"
import * as IntegrationClient from "./IntegrationClient.js"
import type { IntegrationError, ValidationError } from "./IntegrationError.js"
import * as Reflection from "./internal/endpoint.js"
import * as InputCodec from "./internal/inputCodec.js"
import { compile, operationOf as operationOfMethod } from "./internal/method.js"
import type { Operation } from "./Operation.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Definition<R = never> extends IntegrationClient.Target<R> {
  /** For people, `HubSpot`. */
  readonly name: string
  /** What kind of system it is, `crm`. */
  readonly category?: string | undefined
  /** What can be done with it, `contacts`, `deals` … */
  readonly capabilities?: ReadonlyArray<string> | undefined
  /** The `HttpApi` that declares its operations. */
  readonly api: Reflection.AnyApi
  /** A cheap, safe operation that shows whether the provider answers and the credential is good. */
  readonly health?: { readonly operation: string } | undefined
}

/**
 * @since 0.1.0
 */
export declare namespace Definition {
  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = Definition<any>

  /**
   * What the definition's credential needs.
   *
   * @since 0.1.0
   * @category models
   */
  export type Context<D extends Any> = Effect.Effect.Context<D["auth"]>
}

/**
 * Checks a definition and keeps its exact type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const define = <const D extends Definition.Any>(definition: D): D => {
  if (!/^[a-z][a-z0-9-]*$/.test(definition.id)) {
    throw new Error(
      `Integration.define: the id "${definition.id}" must be lower-case letters, digits and dashes, as in "hubspot": it names metrics, keys and environment variables`
    )
  }
  return definition
}

/**
 * The typed client of a definition: a record of methods by group, each of which fails with `IntegrationError` and
 * nothing else.
 *
 * @since 0.1.0
 * @category models
 */
export type Client<D extends { readonly api: unknown }> = D["api"] extends HttpApi.HttpApi<
  infer _Id,
  infer Groups,
  infer _E,
  infer _R
> ? ClientOf<Groups>
  : never

/**
 * @since 0.1.0
 * @category models
 */
export type ClientOf<Groups extends HttpApiGroup.Any> = Simplify<
  & {
    readonly [Group in Extract<Groups, { readonly topLevel: false }> as HttpApiGroup.Name<Group>]: {
      readonly [Endpoint in HttpApiGroup.Endpoints<Group> as HttpApiEndpoint.Name<Endpoint>]: Method<Endpoint>
    }
  }
  & {
    readonly [
      Endpoint in HttpApiGroup.Endpoints<Extract<Groups, { readonly topLevel: true }>> as HttpApiEndpoint.Name<Endpoint>
    ]: Method<Endpoint>
  }
>

/**
 * What a method is handed: the parts that its endpoint declares. A part all of whose fields are optional may be left
 * out, and where nothing is required so may the whole.
 *
 * @since 0.1.0
 * @category models
 */
export type Request<Path, UrlParams, Payload, Headers, WithResponse extends boolean> = Simplify<
  & ([Path] extends [void] ? {} : { readonly path: Path })
  & OptionalPart<"urlParams", UrlParams>
  & OptionalPart<"headers", Headers>
  & ([Payload] extends [never] ? {} : { readonly payload: Multipart<Payload> })
  & { readonly withResponse?: WithResponse }
> extends infer Req ? {} extends Req ? void | Req : Req
  : never

type OptionalPart<Name extends string, A> = [A] extends [never] ? {}
  : {} extends A ? { readonly [N in Name]?: A | undefined }
  : { readonly [N in Name]: A }

type Multipart<Payload> = Payload extends
  Brand.Brand<HttpApiSchema.MultipartTypeId> | Brand.Brand<HttpApiSchema.MultipartStreamTypeId> ? FormData
  : Payload

/**
 * One method of a typed client. With `withResponse: true` it gives the raw response beside the value.
 *
 * @since 0.1.0
 * @category models
 */
export type Method<Endpoint> = [Endpoint] extends [
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
] ? <WithResponse extends boolean = false>(
    request: Request<Path, UrlParams, Payload, Headers, WithResponse>
  ) => Effect.Effect<
    WithResponse extends true ? [Success, HttpClientResponse.HttpClientResponse] : Success,
    IntegrationError
  > :
  never

/**
 * Derives the typed client from the declaration. The client in the context must be the definition's own: handing one
 * provider's client to another is a defect.
 *
 * @since 0.1.0
 * @category constructors
 */
export const client = <D extends Definition.Any>(
  definition: D
): Effect.Effect<Client<D>, never, IntegrationClient.IntegrationClient> =>
  Effect.flatMap(IntegrationClient.IntegrationClient, (inner) => {
    if (inner.integration.id !== definition.id) {
      return Effect.dieMessage(
        `the client of "${inner.integration.id}" was handed to "${definition.id}": provide IntegrationClient.layer of the same definition beneath its policies`
      )
    }
    const groups: Record<string, unknown> = {}
    for (const endpoint of Reflection.reflect(definition, definition.api)) {
      const method = compile(inner, endpoint)
      if (endpoint.topLevel) groups[endpoint.name] = method
      else groups[endpoint.group] = { ...(groups[endpoint.group] as object | undefined), [endpoint.name]: method }
    }
    return Effect.succeed(groups as Client<D>)
  })

/**
 * The operations that a definition declares, in its order.
 *
 * @since 0.1.0
 * @category accessors
 */
export const operationsOf = (definition: Definition.Any): ReadonlyArray<Operation> =>
  Reflection.reflect(definition, definition.api).map(({ operation }) => operation)

/**
 * The operation that a method of a typed client calls. None of a function that wraps one.
 *
 * @since 0.1.0
 * @category accessors
 */
export const operationOf = (method: object): Option.Option<Operation> => Option.fromNullable(operationOfMethod(method))

/**
 * One operation as a value: which one it is, and how its input is written down and read again. For a call that is not
 * made here and now, as by `Outbox.send`. It needs no client, and so no credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handle<in Input> {
  readonly operation: Operation
  /** JSON. Refuses what the declaration refuses, as the call itself would. */
  readonly encode: (input: Input) => Effect.Effect<string, ValidationError>
  /**
   * Makes the call with the integration's client. Fails with a `ValidationError` where the declaration has changed since,
   * and refuses what was stored.
   */
  readonly invoke: (client: object, json: string) => Effect.Effect<unknown, IntegrationError>
}

/**
 * The operations of a definition, in the shape of its client.
 *
 * @since 0.1.0
 * @category models
 */
export type Operations<D extends { readonly api: unknown }> = D["api"] extends HttpApi.HttpApi<
  infer _Id,
  infer Groups,
  infer _E,
  infer _R
> ? OperationsOf<Groups>
  : never

/**
 * @since 0.1.0
 * @category models
 */
export type OperationsOf<Groups extends HttpApiGroup.Any> = Simplify<
  & {
    readonly [Group in Extract<Groups, { readonly topLevel: false }> as HttpApiGroup.Name<Group>]: {
      readonly [Endpoint in HttpApiGroup.Endpoints<Group> as HttpApiEndpoint.Name<Endpoint>]: Handle<Input<Endpoint>>
    }
  }
  & {
    readonly [
      Endpoint in HttpApiGroup.Endpoints<Extract<Groups, { readonly topLevel: true }>> as HttpApiEndpoint.Name<Endpoint>
    ]: Handle<Input<Endpoint>>
  }
>

/**
 * The input of one endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export type Input<Endpoint> = [Endpoint] extends [
  HttpApiEndpoint<
    infer _Name,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer _Success,
    infer _Error,
    infer _R,
    infer _RE
  >
] ? Request<Path, UrlParams, Payload, Headers, never>
  : never

type AnyMethod = (input: unknown) => Effect.Effect<unknown, IntegrationError>

const handleOf = (endpoint: Reflection.Endpoint): Handle<void> => {
  // most operations of a provider are never sent this way
  let made: InputCodec.InputCodec | undefined
  const codec = () => made ??= InputCodec.make(endpoint)
  return {
    operation: endpoint.operation,
    encode: (input) => Effect.suspend(() => codec().encode(input)),
    invoke: (client, json) =>
      Effect.flatMap(
        Effect.suspend(() => codec().decode(json)),
        (input) => {
          const group = endpoint.topLevel ? client : (client as Record<string, object>)[endpoint.group]
          return (group as Record<string, AnyMethod>)[endpoint.name]!(input)
        }
      )
  }
}

const walked = new WeakMap<Definition.Any, object>()

/**
 * The operations of a definition as values. They are made once for a definition.
 *
 * @example
 * ```ts
 * import { Integration } from "holdfast"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const { contacts } = Integration.operations(HubSpot.definition)
 * const name = contacts.create.operation.name // "contacts.create"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const operations = <D extends Definition.Any>(definition: D): Operations<D> => {
  const known = walked.get(definition)
  if (known !== undefined) return known as Operations<D>
  const groups: Record<string, unknown> = {}
  for (const endpoint of Reflection.reflect(definition, definition.api)) {
    const handle = handleOf(endpoint)
    if (endpoint.topLevel) groups[endpoint.name] = handle
    else groups[endpoint.group] = { ...(groups[endpoint.group] as object | undefined), [endpoint.name]: handle }
  }
  walked.set(definition, groups)
  return groups as Operations<D>
}

/**
 * The same by name, `contacts.create`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const operationsByName = (definition: Definition.Any): ReadonlyMap<string, Handle<never>> =>
  new Map(
    Reflection.reflect(definition, definition.api).map((endpoint) => [endpoint.operation.name, handleOf(endpoint)])
  )
