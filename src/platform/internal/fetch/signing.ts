/**
 * What must not be stored travels beside the request, in a header that no dead letter keeps, and is put in its place where
 * the request is sent. What a replay lacks, the program gives anew.
 */
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Call } from "../../../core/Call.js"
import { AuthenticationError } from "../../../core/IntegrationError.js"
import type * as Transport from "../../../core/Transport.js"
import * as Headers from "./headers.js"
import type { SecretQuery } from "./secrets.js"

type Request = HttpClientRequest.HttpClientRequest

/** A request of a dead letter, which is about to be sent again. */
export interface Replay {
  readonly method: string
  /** Its secrets are `REDACTED`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly idempotencyKey: string | undefined
}

/** What makes a request ours: set over what it has. */
export interface Credentials {
  readonly headers?: Headers.Input | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
}

export type Authenticate = (replay: Replay) => Credentials | Promise<Credentials>

/** Of the whole URL, where the one that may be stored is not it. */
export const hiddenUrl = "holdfast-url"

const reveal = (request: Request): Request => {
  const url = request.headers[hiddenUrl]
  if (url === undefined) return request
  const { [hiddenUrl]: _, ...headers } = request.headers
  return HttpClientRequest.modify(HttpClientRequest.make(request.method)(url), { body: request.body, headers })
}

const bodyOf = (body: HttpBody.HttpBody): string | Uint8Array | undefined => {
  if (body._tag === "Uint8Array") return body.body
  return body._tag === "Raw" && typeof body.body === "string" ? body.body : undefined
}

const refuse = (call: Call, message: string, cause?: unknown): Effect.Effect<never, AuthenticationError> =>
  Either.left(
    new AuthenticationError({ ...call.errorFields, message, ...(cause === undefined ? undefined : { cause }) })
  )

const sign = (
  request: Request,
  call: Call,
  credentials: Credentials,
  secrets: SecretQuery
): Effect.Effect<Request, AuthenticationError> => {
  const url = new URL(request.url)
  for (const [name, value] of Object.entries(credentials.query ?? {})) url.searchParams.set(name, value)
  const missing = secrets.missing(url)
  if (missing.length > 0) {
    return refuse(
      call,
      `nothing was sent: no secret is kept with a dead letter, and the query lacks its ${missing.join(", ")}: ` +
        "let the option `authenticate` return it, as in { query: { key } }"
    )
  }
  return Effect.succeed(
    HttpClientRequest.modify(request, { headers: Headers.fromInput(credentials.headers), url: url.href })
  )
}

const isPromise = (value: unknown): value is Promise<Credentials> =>
  typeof value === "object" && value !== null && "then" in value

const nothing: Credentials = {}

export const make = (
  authenticate: Authenticate | undefined,
  secrets: SecretQuery
): Transport.Authenticate =>
(request, call) => {
  if (!call.isReplay) return Either.right(reveal(request))
  const failed = (cause: unknown) => refuse(call, "nothing was sent: the option `authenticate` failed", cause)
  try {
    const credentials = authenticate === undefined ? nothing : authenticate({
      body: bodyOf(request.body),
      headers: { ...request.headers },
      idempotencyKey: call.idempotencyKey,
      method: request.method,
      url: request.url
    })
    if (!isPromise(credentials)) return sign(request, call, credentials, secrets)
    return Effect.flatMap(
      Effect.catchAll(Effect.tryPromise({ catch: (cause) => cause, try: () => credentials }), failed),
      (credentials) => sign(request, call, credentials, secrets)
    )
  } catch (cause) {
    return failed(cause)
  }
}
