import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Call from "../Call.js"
import * as Classification from "../Classification.js"
import type * as IntegrationClient from "../IntegrationClient.js"
import * as IntegrationContext from "../IntegrationContext.js"
import * as IntegrationError from "../IntegrationError.js"
import { BufferedResponse } from "./bufferedResponse.js"
import type { Endpoint } from "./endpoint.js"

/** What a typed method is handed: the parts that its endpoint declares. */
interface Input {
  readonly path?: unknown
  readonly urlParams?: unknown
  readonly headers?: unknown
  readonly payload?: unknown
  readonly withResponse?: boolean
}

type Part = "path" | "urlParams" | "headers" | "payload"

const issuesOf = (part: string, error: ParseResult.ParseError): ReadonlyArray<IntegrationError.ValidationIssue> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) =>
    new IntegrationError.ValidationIssue({ path: [part, ...issue.path.map(String)].join("."), message: issue.message })
  )

const describe = (issues: ReadonlyArray<IntegrationError.ValidationIssue>): string =>
  issues.slice(0, 3).map((issue) => `${issue.path}: ${issue.message}`).join("; ") +
  (issues.length > 3 ? `; and ${issues.length - 3} more` : "")

const compileEncoder = (part: Part, schema: Schema.Schema<unknown, unknown> | undefined) => {
  if (schema === undefined) return undefined
  const encode = Schema.encodeUnknown(schema, { errors: "all" })
  return (value: unknown, call: Call.Call): Effect.Effect<unknown, IntegrationError.ValidationError> =>
    Effect.mapError(encode(value), (error) => {
      const issues = issuesOf(part, error)
      return new IntegrationError.ValidationError({
        ...call.errorFields,
        message: `nothing was sent, the input is not valid: ${describe(issues)}`,
        issues
      })
    })
}

const compileUrl = (endpoint: Endpoint) =>
(
  params: unknown,
  call: Call.Call
): Effect.Effect<string, IntegrationError.ValidationError> => {
  let url = endpoint.literals[0] ?? ""
  for (let index = 0; index < endpoint.params.length; index++) {
    const name = endpoint.params[index] ?? ""
    const value = String((params as Readonly<Record<string, unknown>>)[name] ?? "")
    // an id is data: nothing, "." and ".." would name another resource than the one that is meant, encoded or not
    if (value === "" || value === "." || value === "..") {
      return Effect.fail(
        new IntegrationError.ValidationError({
          ...call.errorFields,
          message: `nothing was sent, the input is not valid: path.${name}: "${value}" is not an id`,
          issues: [new IntegrationError.ValidationIssue({ path: `path.${name}`, message: `"${value}" is not an id` })]
        })
      )
    }
    url += encodeURIComponent(value) + (endpoint.literals[index + 1] ?? "")
  }
  return Effect.succeed(url)
}

const bodyOf = (payload: unknown, endpoint: Endpoint): HttpBody.HttpBody => {
  switch (endpoint.payload?.encoding.kind) {
    case "UrlParams":
      return HttpBody.text(
        new URLSearchParams(payload as Record<string, string>).toString(),
        "application/x-www-form-urlencoded"
      )
    case "Text":
      return HttpBody.text(payload as string, endpoint.payload.encoding.contentType)
    case "Uint8Array":
      return HttpBody.uint8Array(payload as Uint8Array, endpoint.payload.encoding.contentType)
    default:
      return HttpBody.text(JSON.stringify(payload), "application/json")
  }
}

/** Turns a success response into the value that the endpoint promises. */
const compileAccept = (endpoint: Endpoint): Call.Accept => {
  const decoders = new Map(
    Array.from(endpoint.successes, ([status, schema]) =>
      [
        status,
        schema === undefined ? undefined : {
          encoding: endpoint.operation.method === "HEAD" ? "Text" : encodingOf(schema),
          decode: Schema.decodeUnknown(schema)
        }
      ] as const)
  )
  const fallback = decoders.values().next().value

  return (response, call) => {
    const fail = (message: string, details: unknown, cause?: unknown) =>
      Effect.fail(
        new IntegrationError.ResponseDecodeError({
          ...call.errorFields,
          attempts: call.attempts,
          status: response.status,
          message: `HTTP ${response.status}, but the body is not what ${endpoint.operation.name} promises: ${message}`,
          ...(details === undefined ? undefined : { details }),
          ...(cause === undefined ? undefined : { cause })
        })
      )
    // a status that was not declared is read like the first that was: APIs grow a 202 beside their 200
    const decoder = decoders.has(response.status) ? decoders.get(response.status) : fallback
    if (decoder === undefined) return Effect.void
    const buffered = response as BufferedResponse
    let body: unknown
    if (decoder.encoding === "Uint8Array") body = buffered.bytes
    else if (decoder.encoding === "Text") body = buffered.bodyText
    else {
      try {
        body = buffered.bodyJson
      } catch (cause) {
        return fail(
          cause instanceof Error ? cause.message : String(cause),
          buffered.bodyText.slice(0, 1000),
          cause
        )
      }
    }
    return Effect.catchAll(
      decoder.decode(body),
      (error) => fail(describe(issuesOf("body", error)), buffered.bodyLenient)
    )
  }
}

const encodingOf = (schema: Schema.Schema<unknown, unknown>) => HttpApiSchema.getEncoding(schema.ast).kind

/** One method of a typed client. */
export const compile = (
  client: IntegrationClient.Service,
  endpoint: Endpoint
): (input?: Input) => Effect.Effect<unknown, IntegrationError.IntegrationError> => {
  const encodePath = compileEncoder("path", endpoint.path)
  const encodeUrlParams = compileEncoder("urlParams", endpoint.urlParams)
  const encodeHeaders = compileEncoder("headers", endpoint.headers)
  const encodePayload = compileEncoder("payload", endpoint.payload?.schema)
  const makeUrl = compileUrl(endpoint)
  const accept = compileAccept(endpoint)
  const make = HttpClientRequest.make(endpoint.operation.method)

  const encode = (input: Input, call: Call.Call) =>
    Effect.gen(function*() {
      let request = make(yield* makeUrl(encodePath === undefined ? {} : yield* encodePath(input.path, call), call))
      if (encodeUrlParams !== undefined) {
        const params = yield* encodeUrlParams(input.urlParams ?? {}, call)
        request = HttpClientRequest.setUrlParams(request, params as Record<string, string>)
      }
      if (encodeHeaders !== undefined) {
        const headers = yield* encodeHeaders(input.headers ?? {}, call)
        request = HttpClientRequest.setHeaders(request, headers as Record<string, string>)
      }
      if (input.payload instanceof FormData) return HttpClientRequest.bodyFormData(request, input.payload)
      if (encodePayload === undefined) return request
      const payload = yield* encodePayload(input.payload, call)
      return endpoint.payload?.inBody === true
        ? HttpClientRequest.setBody(request, bodyOf(payload, endpoint))
        : HttpClientRequest.appendUrlParams(request, payload as Record<string, string>)
    })

  return (input = {}) =>
    Effect.withFiberRuntime((fiber) => {
      const call = new Call.Call(
        endpoint.operation,
        Context.get(fiber.currentContext, IntegrationContext.IntegrationContext),
        accept
      )
      const wishes = Context.get(fiber.currentContext, Call.CallOptions)
      call.idempotencyKey = wishes.idempotencyKey
      call.partitionKey = wishes.partitionKey
      return Effect.flatMap(encode(input, call), (request) =>
        Effect.flatMap(client.send(request, call), (response) =>
          Effect.map(valueOf(response, call), (value) =>
            input.withResponse === true ? [value, response] : value)))
    })
}

/** A response that did not come from the transport (a cache, a fallback) has not been looked at yet. */
const valueOf = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call.Call
): Effect.Effect<unknown, IntegrationError.IntegrationError> => {
  if (response instanceof BufferedResponse && response.accepted !== undefined) {
    return Effect.succeed(response.accepted.value)
  }
  const accept = call.accept
  if (accept === undefined) return Effect.void
  if (response instanceof BufferedResponse) return accept(response, call)
  return Effect.flatMap(
    Effect.mapError(response.arrayBuffer, (error) => Classification.fromHttpClientError(call, error)),
    (buffer) =>
      accept(new BufferedResponse(response.request, response.status, response.headers, new Uint8Array(buffer)), call)
  )
}
