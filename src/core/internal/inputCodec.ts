/** The input of an operation as text, for a call that is not made at once, and back. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import type * as ParseResult from "effect/ParseResult"
import * as Call from "../Call.js"
import * as IntegrationContext from "../IntegrationContext.js"
import * as IntegrationError from "../IntegrationError.js"
import * as Codec from "./codec.js"
import type { Endpoint } from "./endpoint.js"
import * as Method from "./method.js"

const parts = ["path", "urlParams", "headers", "payload"] as const

type Part = typeof parts[number]
type Input = { readonly [P in Part]?: unknown }
type Refusal = IntegrationError.ValidationError

export interface InputCodec {
  readonly encode: (input: Input | void) => Effect.Effect<string, Refusal>
  readonly decode: (json: string) => Effect.Effect<Input, Refusal>
}

export const make = (endpoint: Endpoint): InputCodec => {
  const schemas = {
    path: endpoint.path,
    urlParams: endpoint.urlParams,
    headers: endpoint.headers,
    payload: endpoint.payload?.schema
  }
  const declared = parts.flatMap((name) => {
    const schema = schemas[name]
    const encode = Method.compileEncoder(name, schema)
    return schema === undefined || encode === undefined ? [] : [{ name, encode, decode: Codec.decodeUnknown(schema) }]
  })
  const makeUrl = Method.compileUrl(endpoint)
  const isBytes = endpoint.payload?.encoding.kind === "Uint8Array"

  const refuse = (call: Call.Call, message: string, issues: ReadonlyArray<IntegrationError.ValidationIssue> = []) =>
    new IntegrationError.ValidationError({ ...call.errorFields, issues, message })

  const withCall = <A>(use: (call: Call.Call) => Effect.Effect<A, Refusal>): Effect.Effect<A, Refusal> =>
    Effect.flatMap(
      IntegrationContext.IntegrationContext,
      (context) => use(new Call.Call(endpoint.operation, context, undefined))
    )

  const stringify = (encoded: Input, call: Call.Call): Either.Either<string, Refusal> =>
    Either.try({
      try: () =>
        JSON.stringify(
          isBytes ? { ...encoded, payload: Encoding.encodeBase64(encoded.payload as Uint8Array) } : encoded
        ),
      catch: (cause) => refuse(call, `nothing was stored, the input cannot be written as JSON: ${String(cause)}`)
    })

  const parse = (json: string, call: Call.Call): Either.Either<Input, Refusal> =>
    Either.try({
      try: () => {
        const encoded = JSON.parse(json) as Input
        return isBytes
          ? { ...encoded, payload: Either.getOrThrow(Encoding.decodeBase64(String(encoded.payload))) }
          : encoded
      },
      catch: (cause) => refuse(call, `the stored input cannot be read: ${String(cause)}`)
    })

  const read = (json: string, call: Call.Call, what: string): Effect.Effect<Input, Refusal> =>
    Effect.flatMap(parse(json, call), (encoded) =>
      Effect.map(
        Effect.forEach(declared, ({ decode, name }) =>
          Effect.mapBoth(decode(encoded[name]), {
            onFailure: (error: ParseResult.ParseError) => {
              const issues = Method.issuesOf(name, error)
              return refuse(call, `${what}: ${Method.describe(issues)}`, issues)
            },
            onSuccess: (value) => [name, value] as const
          })),
        Object.fromEntries
      ))

  return {
    encode: (given) =>
      withCall((call) =>
        Effect.gen(function*() {
          const input = given ?? {}
          if (input.payload instanceof FormData) {
            return yield* refuse(call, "nothing was stored: a form with files is not kept")
          }
          const encoded: { [P in Part]?: unknown } = {}
          for (const { encode, name } of declared) {
            encoded[name] = yield* encode(
              input[name] ?? (name === "urlParams" || name === "headers" ? {} : undefined),
              call
            )
          }
          yield* makeUrl(encoded.path ?? {}, call)
          const json = yield* stringify(encoded, call)
          // a Schema whose encoded side is no JSON would only show itself when the call is due
          yield* read(json, call, "nothing was stored, the input does not come back from JSON as it was")
          return json
        })
      ),
    decode: (json) =>
      withCall((call) => read(json, call, `the stored input is not what ${endpoint.operation.name} takes`))
  }
}
