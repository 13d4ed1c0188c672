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
import type { SecretQuery } from "../../../internal/secretQuery.js"
import * as Headers from "./headers.js"

type Request = HttpClientRequest.HttpClientRequest

/** A request of a dead letter, which is about to be sent again. */
export interface Replay {
  readonly method: string
  /** Its secrets are `REDACTED`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** As it will be sent, for a signature over it. */
  readonly body: Uint8Array | undefined
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

/** A letter's body is bytes, whatever it was when it was captured. */
const bodyOf = (body: HttpBody.HttpBody): Uint8Array | undefined => body._tag === "Uint8Array" ? body.body : undefined

const refuse = (call: Call, message: string, cause?: unknown): Effect.Effect<never, AuthenticationError> =>
  Either.left(
    new AuthenticationError({ ...call.errorFields, message, ...(cause === undefined ? undefined : { cause }) })
  )

/** Throws at a header that is none. */
const sign = (
  request: Request,
  call: Call,
  credentials: Credentials,
  secrets: SecretQuery
): Effect.Effect<Request, AuthenticationError> => {
  const headers = Headers.fromInput(credentials.headers)
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
  return Either.right(HttpClientRequest.modify(request, { headers, url: url.href }))
}

const nothing: Credentials = {}

export const make = (
  authenticate: Authenticate | undefined,
  secrets: SecretQuery
): Transport.Authenticate =>
(request, call) => {
  if (!call.isReplay) return Either.right(reveal(request))
  const ask = async () =>
    authenticate?.({
      body: bodyOf(request.body),
      headers: { ...request.headers },
      idempotencyKey: call.idempotencyKey,
      method: request.method,
      url: request.url
    }) ?? nothing
  return Effect.tryPromise(async () => sign(request, call, await ask(), secrets)).pipe(
    Effect.flatten,
    Effect.catchAll((cause) =>
      cause instanceof AuthenticationError
        ? Effect.fail(cause)
        : refuse(call, "nothing was sent: the option `authenticate` failed", cause.error)
    )
  )
}
