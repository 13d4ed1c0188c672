import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Form from "../../core/Form.js"
import type { Endpoint } from "../../core/internal/endpoint.js"
import type { Heard, Spec } from "./model.js"
import type { Incoming } from "./wire.js"

/** What one endpoint needs from either side of the wire, compiled once. */
export interface Route {
  readonly endpoint: Endpoint
  readonly match: (path: string) => Readonly<Record<string, string>> | "malformed" | undefined
  /** Whether the headers are those that the endpoint declares. */
  readonly suits: (headers: Incoming["headers"]) => boolean
  readonly decode: (
    incoming: Incoming,
    params: Readonly<Record<string, string>>,
    query: Query
  ) => Effect.Effect<Decoded, Invalid>
  /** The first status that the endpoint declares. */
  readonly defaultStatus: number
  readonly encode: (status: number, value: unknown) => Effect.Effect<unknown, ParseResult.ParseError>
}

export interface Decoded {
  readonly path?: unknown
  readonly urlParams?: unknown
  readonly headers?: unknown
  readonly payload?: unknown
}

export type Query = Readonly<Record<string, string | ReadonlyArray<string>>>

export interface Invalid {
  /** `malformed`: not even JSON. */
  readonly kind: "malformed" | "invalid"
  readonly message: string
  readonly issues: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

const escaped = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const compileMatch = (endpoint: Endpoint): Route["match"] => {
  const parts = endpoint.literals.map((literal, index) => {
    const name = endpoint.params[index]
    return escaped(literal) + (name === undefined ? "" : name === "*" ? "(.+)" : "([^/]+)")
  })
  const pattern = new RegExp(`^${parts.join("")}/?$`)
  return (path) => {
    const found = pattern.exec(path)
    if (found === null) return undefined
    const params: Record<string, string> = {}
    try {
      endpoint.params.forEach((name, index) => {
        params[name] = decodeURIComponent(found[index + 1] ?? "")
      })
    } catch {
      return "malformed"
    }
    return params
  }
}

const decoder = new TextDecoder()

export const queryOf = (params: URLSearchParams): Query => {
  const query: Record<string, string | ReadonlyArray<string>> = {}
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name)
    query[name] = values.length === 1 ? values[0] ?? "" : values
  }
  return query
}

/** Neither a form nor a query tells an array of one text from the text: the Schema does. */
const isList = (ast: AST.AST): boolean => {
  switch (ast._tag) {
    case "TupleType":
      return true
    case "Suspend":
      return isList(ast.f())
    case "Union": {
      const present = ast.types.filter((type) => type._tag !== "UndefinedKeyword")
      return present.length > 0 && present.every(isList)
    }
    default:
      return false
  }
}

const listsIn = (ast: AST.AST): ReadonlyArray<string> =>
  ast._tag === "Union"
    ? ast.types.flatMap(listsIn)
    : ast._tag === "TypeLiteral"
    ? ast.propertySignatures.filter(({ type }) => isList(type)).map(({ name }) => String(name))
    : []

const withLists = (schema: Schema.Schema<unknown, unknown>) => {
  const lists = listsIn(AST.encodedAST(schema.ast))
  return (fields: object): object => {
    const single = Object.entries(fields).filter(([name, value]) => typeof value === "string" && lists.includes(name))
    return single.length === 0
      ? fields
      : { ...fields, ...Object.fromEntries(single.map(([name, value]) => [name, [value]])) }
  }
}

type Hears = Spec<unknown, unknown>["hears"]

const compileDecode = (endpoint: Endpoint, hears: Hears = (heard) => heard): Route["decode"] => {
  const part = (name: keyof Decoded, schema: Schema.Schema<unknown, unknown> | undefined) => {
    if (schema === undefined) return () => Effect.succeed(undefined)
    const decode = Schema.decodeUnknown(schema, { errors: "all" })
    return (value: unknown): Effect.Effect<unknown, Invalid> =>
      Effect.mapError(decode(value), (error) => {
        const issues = ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => ({
          path: issue.path.map(String).join("."),
          message: issue.message
        }))
        return {
          kind: "invalid",
          message: `Invalid ${name === "payload" ? "input" : name}: ` +
            issues.map((issue) => `${issue.path}: ${issue.message}`).join("; "),
          issues
        }
      })
  }
  const listing = (schema: Schema.Schema<unknown, unknown> | undefined) =>
    schema === undefined ? (fields: object) => fields : withLists(schema)
  const queryLists = listing(endpoint.urlParams)
  const payloadLists = listing(endpoint.payload?.schema)
  const path = part("path", endpoint.path)
  const urlParams = part("urlParams", endpoint.urlParams)
  const headers = part("headers", endpoint.headers)
  const payload = part("payload", endpoint.payload?.schema)

  const raw = (incoming: Incoming, query: Query): Effect.Effect<unknown, Invalid> => {
    if (endpoint.payload === undefined) return Effect.succeed(undefined)
    if (!endpoint.payload.inBody) return Effect.succeed(payloadLists(query))
    if (endpoint.payload.encoding.kind === "Uint8Array") return Effect.succeed(incoming.body)
    const text = decoder.decode(incoming.body)
    switch (endpoint.payload.encoding.kind) {
      case "Text":
        return Effect.succeed(text)
      case "UrlParams":
        return Effect.succeed(payloadLists(Form.decode(text)))
      default:
        return Effect.try({
          try: () => JSON.parse(text) as unknown,
          catch: (error): Invalid => ({
            kind: "malformed",
            message: `Invalid input JSON: ${error instanceof Error ? error.message : String(error)}`,
            issues: []
          })
        })
    }
  }

  const operation = endpoint.operation.name
  return (incoming, params, query) =>
    Effect.flatMap(raw(incoming, query), (body) => {
      const heard: Omit<Heard, "operation"> = hears({ operation, headers: incoming.headers, query, body })
      return Effect.all({
        path: path(params),
        urlParams: urlParams(queryLists(heard.query)),
        headers: headers(heard.headers),
        payload: payload(heard.body)
      })
    })
}

const compileSuits = ({ headers }: Endpoint): Route["suits"] => {
  if (headers === undefined) return () => true
  const decode = Schema.decodeUnknownOption(headers)
  return (given) => Option.isSome(decode(given))
}

/** Encoders by status; a status that the endpoint does not declare is written like its first. */
const compileEncode = (endpoint: Endpoint): Route["encode"] => {
  const encoders = new Map(
    Array.from(endpoint.successes, ([status, schema]) =>
      [
        status,
        schema === undefined ? undefined : {
          encode: Schema.encodeUnknown(schema, { errors: "all" }),
          kind: HttpApiSchema.getEncoding(schema.ast).kind
        }
      ] as const)
  )
  const first = encoders.values().next().value
  return (status, value) => {
    const encoder = encoders.has(status) ? encoders.get(status) : first
    return encoder === undefined ? Effect.succeed(undefined) : encoder.encode(value)
  }
}

export const compile = (endpoint: Endpoint, hears?: Hears): Route => ({
  endpoint,
  match: compileMatch(endpoint),
  suits: compileSuits(endpoint),
  decode: compileDecode(endpoint, hears),
  defaultStatus: endpoint.successes.keys().next().value ?? 200,
  encode: compileEncode(endpoint)
})

export type Match =
  | { readonly _tag: "Found"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly _tag: "Malformed" }
  | { readonly _tag: "OtherMethod"; readonly allow: ReadonlyArray<string> }
  | { readonly _tag: "NotFound" }

const literalLength = ({ endpoint }: Route): number => endpoint.literals.join("").length

/**
 * A literal segment goes before a parameter, `/contacts/search` is not the contact "search"; and `/reports/:id::run` is not
 * the report "1:run".
 */
const bySpecificity = (one: Route, other: Route): number =>
  one.endpoint.params.length - other.endpoint.params.length || literalLength(other) - literalLength(one)

/** Where several endpoints have one method and one path, it is the first whose headers the request has. */
export const router = (
  routes: ReadonlyArray<Route>
): (method: string, path: string, headers: Incoming["headers"]) => Match => {
  const sorted = [...routes].sort(bySpecificity)
  return (method, path, headers) => {
    const allow = new Set<string>()
    let unsuited: Extract<Match, { readonly _tag: "Found" }> | undefined
    for (const route of sorted) {
      if (unsuited !== undefined && bySpecificity(unsuited.route, route) !== 0) break
      const params = route.match(path)
      if (params === undefined) continue
      if (params === "malformed") return { _tag: "Malformed" }
      if (route.endpoint.operation.method === method) {
        const found = { _tag: "Found", route, params } as const
        if (route.suits(headers)) return found
        unsuited ??= found
      }
      allow.add(route.endpoint.operation.method)
    }
    return unsuited ?? (allow.size > 0 ? { _tag: "OtherMethod", allow: [...allow] } : { _tag: "NotFound" })
  }
}
