import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { toArrayBuffer } from "../../internal/bytes.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import * as Call from "../Call.js"
import * as Classification from "../Classification.js"
import * as Form from "../Form.js"
import type * as IntegrationClient from "../IntegrationClient.js"
import * as IntegrationContext from "../IntegrationContext.js"
import * as IntegrationError from "../IntegrationError.js"
import type { Operation } from "../Operation.js"
import { BufferedResponse } from "./bufferedResponse.js"
import * as Codec from "./codec.js"
import type { Endpoint } from "./endpoint.js"
import * as SecretFields from "./secretFields.js"

/** What a typed method is handed: the parts that its endpoint declares. */
interface Input {
  readonly path?: unknown
  readonly urlParams?: unknown
  readonly headers?: unknown
  readonly payload?: unknown
  readonly withResponse?: boolean
}

type Part = "path" | "urlParams" | "headers" | "payload"

export const issuesOf = (
  part: string,
  error: ParseResult.ParseError
): ReadonlyArray<IntegrationError.ValidationIssue> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) =>
    new IntegrationError.ValidationIssue({ path: [part, ...issue.path.map(String)].join("."), message: issue.message })
  )

export const describe = (issues: ReadonlyArray<IntegrationError.ValidationIssue>): string =>
  issues.slice(0, 3).map((issue) => `${issue.path}: ${issue.message}`).join("; ") +
  (issues.length > 3 ? `; and ${issues.length - 3} more` : "")

/** Carries on at once where a value is there already, and as an effect where a Schema of the endpoint is asynchronous. */
const then = <A, B, E>(self: Effect.Effect<A, E>, f: (value: A) => Effect.Effect<B, E>): Effect.Effect<B, E> => {
  if (!isEither(self)) return Effect.flatMap(self, f)
  return Either.isRight(self) ? f(self.right) : Either.left(self.left)
}

const isEither = <A, E>(self: Effect.Effect<A, E>): self is Either.Either<A, E> => Either.isEither(self)

type Encoder = (value: unknown, call: Call.Call) => Effect.Effect<unknown, IntegrationError.ValidationError>

export const compileEncoder = (
  part: Part,
  schema: Schema.Schema<unknown, unknown> | undefined
): Encoder | undefined => {
  if (schema === undefined) return undefined
  const encode = Codec.encodeUnknown(schema, { errors: "all" })
  const refuse = (error: ParseResult.ParseError, call: Call.Call) => {
    const issues = issuesOf(part, error)
    return new IntegrationError.ValidationError({
      ...call.errorFields,
      message: `nothing was sent, the input is not valid: ${describe(issues)}`,
      issues
    })
  }
  return (value, call) => {
    const encoded = encode(value)
    if (!isEither(encoded)) return Effect.mapError(encoded, (error) => refuse(error, call))
    return Either.mapLeft(encoded, (error) => refuse(error, call))
  }
}

/** Nothing, "." and ".." would name another resource than the one that is meant, encoded or not. */
const isId = (value: string): boolean => value !== "" && value !== "." && value !== ".."

export const compileUrl = (endpoint: Endpoint) =>
(
  params: unknown,
  call: Call.Call
): Either.Either<string, IntegrationError.ValidationError> => {
  let url = endpoint.literals[0] ?? ""
  for (let index = 0; index < endpoint.params.length; index++) {
    const name = endpoint.params[index] ?? ""
    const value = String((params as Readonly<Record<string, unknown>>)[name] ?? "")
    // an id is data; only the rest of a path has slashes of its own
    const segments = name === "*" ? value.split("/") : [value]
    if (!segments.every(isId)) {
      return Either.left(
        new IntegrationError.ValidationError({
          ...call.errorFields,
          message: `nothing was sent, the input is not valid: path.${name}: "${value}" is not an id`,
          issues: [new IntegrationError.ValidationIssue({ path: `path.${name}`, message: `"${value}" is not an id` })]
        })
      )
    }
    url += segments.map(encodeURIComponent).join("/") + (endpoint.literals[index + 1] ?? "")
  }
  return Either.right(url)
}

/** `declared`: what a header of the endpoint's own says the bytes are. */
const bodyOf = (payload: unknown, endpoint: Endpoint, declared: string | undefined): HttpBody.HttpBody => {
  switch (endpoint.payload?.encoding.kind) {
    case "UrlParams":
      return HttpBody.text(Form.encode(payload, endpoint.payload.arrays), "application/x-www-form-urlencoded")
    case "Text":
      return HttpBody.text(payload as string, endpoint.payload.encoding.contentType)
    case "Uint8Array":
      return HttpBody.uint8Array(payload as Uint8Array, declared ?? endpoint.payload.encoding.contentType)
    default:
      return HttpBody.text(JSON.stringify(payload), "application/json")
  }
}

/** What is kept of a body that is no JSON. Characters. */
const excerpt = 1000

/** Turns a success response into the value that the endpoint promises. */
const compileAccept = (endpoint: Endpoint): Call.Accept => {
  const decoders = new Map(
    Array.from(endpoint.successes, ([status, schema]) =>
      [
        status,
        schema === undefined ? undefined : {
          encoding: endpoint.operation.method === "HEAD" ? "Text" : encodingOf(schema),
          decode: Codec.decodeUnknown(schema)
        }
      ] as const)
  )
  const fallback = decoders.values().next().value

  return (response, call) => {
    const fail = (message: string, details: unknown, secrets: ReadonlyArray<string>, cause?: unknown) =>
      Either.left(
        new IntegrationError.ResponseDecodeError(KnownSecrets.scrub({
          ...call.errorFields,
          attempts: call.attempts,
          status: response.status,
          message: `HTTP ${response.status}, but the body is not what ${endpoint.operation.name} promises: ${message}`,
          ...(details === undefined ? undefined : { details }),
          ...(cause === undefined ? undefined : { cause })
        }, secrets))
      )
    const { secretFields } = endpoint.operation
    // a status that was not declared is read like the first that was: APIs grow a 202 beside their 200
    const decoder = decoders.has(response.status) ? decoders.get(response.status) : fallback
    if (decoder === undefined) return Either.void
    const buffered = response as BufferedResponse
    let body: unknown
    if (decoder.encoding === "Uint8Array") body = new Uint8Array(toArrayBuffer(buffered.bytes))
    else if (decoder.encoding === "Text") body = buffered.bodyText
    else {
      try {
        body = buffered.bodyJson
      } catch (cause) {
        const secrets = SecretFields.valuesIn(buffered.bodyText, secretFields)
        // not cut before it is clean: half a secret is none that would be found
        const details = KnownSecrets.scrub(buffered.bodyText.slice(0, 8 * excerpt), secrets).slice(0, excerpt)
        // the parser quotes from around the place, half a secret perhaps
        if (secrets.length > 0) return fail("it is no JSON", details, secrets)
        return fail(cause instanceof Error ? cause.message : String(cause), details, secrets, cause)
      }
    }
    const decoded = decoder.decode(body)
    const refuse = (error: ParseResult.ParseError) =>
      fail(
        describe(issuesOf("body", error)),
        buffered.bodyLenient,
        SecretFields.valuesIn(buffered.bodyLenient, secretFields)
      )
    return isEither(decoded) ? Either.orElse(decoded, refuse) : Effect.catchAll(decoded, refuse)
  }
}

const encodingOf = (schema: Schema.Schema<unknown, unknown>) => HttpApiSchema.getEncoding(schema.ast).kind

type Method = (input?: Input) => Effect.Effect<unknown, IntegrationError.IntegrationError>

const operations = new WeakMap<object, Operation>()

/** Of a method of a typed client. */
export const operationOf = (method: object): Operation | undefined => operations.get(method)

/** One method of a typed client. */
export const compile = (client: IntegrationClient.Service, endpoint: Endpoint): Method => {
  const encodePath = compileEncoder("path", endpoint.path)
  const encodeUrlParams = compileEncoder("urlParams", endpoint.urlParams)
  const encodeHeaders = compileEncoder("headers", endpoint.headers)
  const encodePayload = compileEncoder("payload", endpoint.payload?.schema)
  const makeUrl = compileUrl(endpoint)
  const accept = compileAccept(endpoint)
  const make = HttpClientRequest.make(endpoint.operation.method)

  const encode = (input: Input, call: Call.Call) => {
    const params = encodePath === undefined ? Either.right({}) : encodePath(input.path, call)
    let request = then(then(params, (params) => makeUrl(params, call)), (url) => Either.right(make(url)))
    if (encodeUrlParams !== undefined) {
      const encoded = encodeUrlParams(input.urlParams ?? {}, call)
      request = then(
        request,
        (request) =>
          then(
            encoded,
            (params) => Either.right(HttpClientRequest.setUrlParams(request, params as Record<string, string>))
          )
      )
    }
    if (encodeHeaders !== undefined) {
      const encoded = encodeHeaders(input.headers ?? {}, call)
      request = then(
        request,
        (request) =>
          then(
            encoded,
            (headers) => Either.right(HttpClientRequest.setHeaders(request, headers as Record<string, string>))
          )
      )
    }
    const { payload } = input
    if (payload instanceof FormData) {
      return then(request, (request) => Either.right(HttpClientRequest.bodyFormData(request, payload)))
    }
    if (encodePayload === undefined) return request
    return then(request, (request) =>
      then(encodePayload(payload, call), (payload) =>
        Either.right(
          endpoint.payload?.inBody === true
            ? HttpClientRequest.setBody(request, bodyOf(payload, endpoint, request.headers["content-type"]))
            : HttpClientRequest.appendUrlParams(request, payload as Record<string, string>)
        )))
  }

  const method: Method = (input = {}) =>
    Effect.withFiberRuntime((fiber) => {
      const call = new Call.Call(
        endpoint.operation,
        Context.get(fiber.currentContext, IntegrationContext.IntegrationContext),
        accept
      )
      const wishes = Context.get(fiber.currentContext, Call.CallOptions)
      call.idempotencyKey = wishes.idempotencyKey
      call.partitionKey = wishes.partitionKey
      call.capture = wishes.capture
      return then(encode(input, call), (request) =>
        Effect.flatMap(client.send(request, call), (response) =>
          then(valueOf(response, call), (value) =>
            Either.right(input.withResponse === true ? [value, response] : value))))
    })
  operations.set(method, endpoint.operation)
  return method
}

/** A response that did not come from the transport (a cache, a fallback) has not been looked at yet. */
const valueOf = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call.Call
): Effect.Effect<unknown, IntegrationError.IntegrationError> => {
  if (response instanceof BufferedResponse && response.accepted !== undefined) {
    return Either.right(response.accepted.value)
  }
  const accept = call.accept
  if (accept === undefined) return Either.void
  if (response instanceof BufferedResponse) return accept(response, call)
  return Effect.flatMap(
    Effect.mapError(response.arrayBuffer, (error) => Classification.fromHttpClientError(call, error)),
    (buffer) =>
      accept(new BufferedResponse(response.request, response.status, response.headers, new Uint8Array(buffer)), call)
  )
}
