/**
 * What is sent to a provider, and what is expected of it, as an OpenAPI 3.1 document: with the provider's own paths and
 * methods, from its declaration.
 *
 * It describes what is declared here, not all that the provider offers. What is sent is what the Schemas take; what comes
 * may have more fields than are named.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as PlatformOpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Auth from "../auth/Auth.js"
import * as Integration from "../core/Integration.js"
import { groupOf } from "../core/Operation.js"
import type * as Provider from "./Provider.js"

/**
 * What a document is made of. A `Provider.Definition` has all of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Described =
  & Pick<Provider.Definition, "api" | "id" | "version">
  & Partial<Pick<Provider.Definition, "auth" | "baseUrl" | "credentials" | "docs" | "name" | "oauth2" | "servers">>

/**
 * How a credential is sent.
 *
 * @since 0.1.0
 * @category models
 */
export type SecurityScheme =
  | { readonly type: "http"; readonly scheme: "bearer" | "basic" }
  | { readonly type: "apiKey"; readonly in: "header" | "query"; readonly name: string }
  | { readonly type: "openIdConnect"; readonly openIdConnectUrl: string }
  | {
    readonly type: "oauth2"
    readonly flows: {
      readonly authorizationCode: {
        readonly authorizationUrl: string
        readonly tokenUrl: string
        readonly refreshUrl?: string
        readonly scopes: Readonly<Record<string, string>>
      }
    }
  }

/**
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly description: string
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Operation {
  readonly operationId: string
  readonly tags: ReadonlyArray<string>
  /** Where it is, if not where the others are. */
  readonly servers?: ReadonlyArray<{ readonly url: string }>
  readonly parameters: ReadonlyArray<{
    readonly name: string
    readonly in: "query" | "header" | "path" | "cookie"
    readonly required: boolean
    readonly schema: object
    readonly description?: string
  }>
  readonly requestBody?: {
    readonly required: true
    readonly content: Readonly<Record<string, { readonly schema: object }>>
  }
  readonly responses: Readonly<Record<string, Response>>
  /** It changes nothing at the provider. */
  readonly "x-safe": boolean
  /** It may be sent twice with the effect of once. */
  readonly "x-idempotent": boolean
  /** Others of this method and path, which ask for something else by their headers: OpenAPI has room for one. */
  readonly "x-also"?: ReadonlyArray<string>
}

/**
 * The parts of OpenAPI that are used here.
 *
 * @since 0.1.0
 * @category models
 */
export interface Document {
  readonly openapi: "3.1.0"
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly externalDocs?: { readonly url: string }
  readonly servers: ReadonlyArray<{ readonly url: string }>
  readonly tags: ReadonlyArray<{ readonly name: string }>
  /** By path, and by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly security: ReadonlyArray<Readonly<Record<string, ReadonlyArray<string>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly securitySchemes: Readonly<Record<string, SecurityScheme>>
  }
}

const oauth2Of = ({ oauth2 }: Described): SecurityScheme | undefined => {
  if (oauth2 === undefined) return undefined
  const { authorizationEndpoint, issuer, quirks, tokenEndpoint } = oauth2
  if (authorizationEndpoint !== undefined && tokenEndpoint !== undefined) {
    const flow = { authorizationUrl: authorizationEndpoint, tokenUrl: tokenEndpoint, scopes: {} }
    const refreshUrl = quirks?.refreshEndpoint
    return {
      type: "oauth2",
      flows: { authorizationCode: { ...flow, ...(refreshUrl === undefined ? undefined : { refreshUrl }) } }
    }
  }
  return issuer === undefined || oauth2.discovery === "oauth2"
    ? undefined
    : { type: "openIdConnect", openIdConnectUrl: `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration` }
}

/** Of the credentials that it takes, those that OpenAPI has a word for. */
const securityOf = (described: Described): Readonly<Record<string, SecurityScheme>> => {
  const place = described.auth === undefined ? undefined : Auth.placeOf(described.auth)
  const schemes: Record<string, SecurityScheme | undefined> = {
    ApiKey: place === undefined ? undefined : { type: "apiKey", ...place },
    Basic: { type: "http", scheme: "basic" },
    Bearer: { type: "http", scheme: "bearer" },
    OAuth2: oauth2Of(described) ?? { type: "http", scheme: "bearer" }
  }
  return Object.fromEntries(
    (described.credentials ?? []).flatMap((kind) => {
      const scheme = schemes[kind]
      return scheme === undefined ? [] : [[kind, scheme]]
    })
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The same `$id` in many places would name them all; within a document only `$ref` is needed. */
const withoutIds = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(withoutIds)
    : isRecord(value)
    ? Object.fromEntries(
      Object.entries(value).flatMap(([name, item]) =>
        name === "$id" && typeof item === "string" && item.startsWith("/schemas/") ? [] : [[name, withoutIds(item)]]
      )
    )
    : value

const prefix = "#/components/schemas/"

/** The names of the Schemas that are referred to, directly or by others. */
const referred = (from: unknown, schemas: Readonly<Record<string, unknown>>): ReadonlySet<string> => {
  const names = new Set<string>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isRecord(value)) return
    for (const [key, item] of Object.entries(value)) {
      if (key !== "$ref" || typeof item !== "string" || !item.startsWith(prefix)) {
        walk(item)
        continue
      }
      const name = decodeURIComponent(item.slice(prefix.length).replaceAll("~1", "/").replaceAll("~0", "~"))
      if (names.has(name)) continue
      names.add(name)
      walk(schemas[name])
    }
  }
  walk(from)
  return names
}

type AnyApi = HttpApi.HttpApi<string, HttpApiGroup.HttpApiGroup.Any, unknown, never>

/**
 * A path as OpenAPI writes it: `/reports/{id}:run` of `/reports/:id::run`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const pathOf = (template: string): string =>
  // two colons are one that stands in the path: platform takes what follows for a parameter
  template.replace(
    /::|:(\w+)\??|(\*)$/g,
    (_, name?: string, rest?: string) => (name ?? rest) === undefined ? ":" : `{${name ?? rest}}`
  )

const describe = "What Holdfast sends to it, and expects of it. Operations that are not called are not here."

/**
 * The document of a provider. `servers`: default its own; else all of it is there.
 *
 * @example
 * ```ts
 * import { OpenApi } from "holdfast"
 * import { definition } from "holdfast/providers/hubspot"
 *
 * const text = JSON.stringify(OpenApi.make(definition), null, 2)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  described: Described,
  options?: { readonly servers?: ReadonlyArray<string> | undefined }
): Document => {
  // what a definition has is an HttpApi whose types are forgotten; a copy, as what is made of it is kept with it
  const api = (described.api as unknown as AnyApi).annotateContext(Context.empty())
  const made = PlatformOpenApi.fromApi(api, { additionalPropertiesStrategy: "allow" })
  const known = new Map(Integration.operationsOf(described as Provider.Definition).map((one) => [one.name, one]))
  const paths: Record<string, Record<string, Operation>> = {}
  HttpApi.reflect(api, {
    onGroup() {},
    onEndpoint({ endpoint, group, successes }) {
      const operation = known.get(group.topLevel ? endpoint.name : `${group.identifier}.${endpoint.name}`)
      const path = pathOf(endpoint.path)
      const method = endpoint.method.toLowerCase()
      const server = options?.servers === undefined
        ? described.servers?.[groupOf(operation!.name)]
        : undefined
      // it is made of the same declaration, so it has them
      const same = made.paths[endpoint.path.replace(/:(\w+)\??/g, "{$1}")]![method as "get"]!
      const { parameters, requestBody, responses } = same
      // of several the last is the one that asks for least
      const before = paths[path]?.[method]
      const also = before === undefined ? undefined : [...before["x-also"] ?? [], before.operationId]
      paths[path] = {
        ...paths[path],
        [method]: {
          operationId: operation!.name,
          tags: [group.identifier],
          ...(server === undefined ? undefined : { servers: [{ url: server }] }),
          parameters: parameters.map((parameter) => ({
            ...parameter,
            required: parameter.required || parameter.in === "path"
          })),
          ...(requestBody === undefined ? undefined : { requestBody }),
          responses: {
            // what platform's own server would answer is not what the provider does
            ...Object.fromEntries(Object.entries(responses).filter(([status]) => successes.has(Number(status)))),
            default: { description: "An error, in the provider's own words" }
          },
          "x-safe": operation!.safe,
          "x-idempotent": operation!.idempotent,
          ...(also === undefined ? undefined : { "x-also": also })
        }
      }
    }
  })
  const securitySchemes = securityOf(described)
  const names = referred(paths, made.components.schemas)
  const { baseUrl = "/", docs, id, name = id, version } = described
  const document: Document = {
    openapi: "3.1.0",
    info: { title: name, version, description: describe },
    ...(docs === undefined ? undefined : { externalDocs: { url: docs } }),
    servers: (options?.servers ?? [baseUrl]).map((url) => ({ url })),
    tags: made.tags.map(({ name }) => ({ name })),
    paths,
    security: Object.keys(securitySchemes).map((kind) => ({ [kind]: [] })),
    components: {
      schemas: Object.fromEntries(Object.entries(made.components.schemas).filter(([name]) => names.has(name))),
      securitySchemes
    }
  }
  // the same document, with nothing but names taken out of it
  return withoutIds(document) as Document
}
