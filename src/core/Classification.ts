/**
 * From an HTTP outcome to an `IntegrationError`: what the status says, corrected by what the provider's own error body
 * says. The body comes first where a provider says so (a 403 that means "rate limited", a 200 that is a failure).
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as Duration from "effect/Duration"
import * as KnownSecrets from "../internal/knownSecrets.js"
import * as Body from "./Body.js"
import type { Call } from "./Call.js"
import * as IntegrationError from "./IntegrationError.js"
import * as SecretFields from "./internal/secretFields.js"
import * as RetryAfter from "./RetryAfter.js"

/**
 * A response as a provider's classifier sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseView {
  readonly status: number
  readonly headers: Headers.Headers
  /** JSON where the body is JSON, else text; `undefined` when empty. Parsed on first use. */
  readonly body: unknown
  /** Wall clock, epoch milliseconds. */
  readonly nowMillis: number
}

/**
 * The members of the union that stand for an answer by the provider.
 *
 * @since 0.1.0
 * @category models
 */
export type ResponseTag =
  | "RateLimitError"
  | "ServerError"
  | "AuthenticationError"
  | "AuthorizationError"
  | "NotFoundError"
  | "ConflictError"
  | "ValidationError"
  | "ResponseDecodeError"
  | "UnavailableError"

/**
 * What a provider knows better than the status does. What it leaves out is filled in from the status and headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Classification {
  readonly tag?: ResponseTag | undefined
  readonly message?: string | undefined
  readonly code?: string | undefined
  readonly retryable?: boolean | undefined
  /** A header or a body hint of the provider's own, read with the functions of `RetryAfter`. */
  readonly retryAfter?: Duration.Duration | undefined
  readonly issues?: ReadonlyArray<{ readonly path: string; readonly message: string }> | undefined
  /** What the error keeps of the body, where that holds what nobody should read in a log. Default: all of it. */
  readonly details?: unknown
}

/**
 * A provider's reading of its own answers. Asked for every response; `undefined` means "as the status says", which is
 * success for 2xx.
 *
 * @since 0.1.0
 * @category models
 */
export type Classifier = (response: ResponseView) => Classification | undefined

const is2xx = (status: number): boolean => status >= 200 && status < 300

const tagOfStatus = (status: number): ResponseTag => {
  if (status >= 500 || status === 408 || status === 425) return "ServerError"
  switch (status) {
    case 401:
      return "AuthenticationError"
    case 403:
      return "AuthorizationError"
    case 404:
    case 410:
      return "NotFoundError"
    case 409:
    case 412:
    case 423:
      return "ConflictError"
    case 429:
      return "RateLimitError"
  }
  return status >= 400 ? "ValidationError" : "ResponseDecodeError"
}

const maxMessageLength = 500

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, maxMessageLength) : undefined

const unchecked = { disableValidation: true }

/** The usual places in which providers put a sentence for people. */
const messageOf = (body: unknown): string | undefined => {
  const object = Body.record(body)
  if (object === undefined) return undefined
  return text(object.message) ?? text(Body.record(object.error)?.message) ?? text(object.error_description) ??
    text(object.detail) ?? text(object.title) ?? text(object.error)
}

const codeOf = (body: unknown): string | undefined => {
  const object = Body.record(body)
  if (object === undefined) return undefined
  return text(object.code) ?? text(Body.record(object.error)?.code) ?? text(object.error)
}

/**
 * The error that a response stands for, or `undefined` when it is a success: by default, when it is a 2xx.
 *
 * @since 0.1.0
 * @category classification
 */
export const fromResponse = (
  call: Call,
  response: ResponseView,
  classifier: Classifier | undefined,
  isSuccess: (status: number) => boolean = is2xx
): IntegrationError.IntegrationError | undefined => {
  const status = response.status
  const own = classifier?.(response)
  if (own === undefined && isSuccess(status)) return undefined

  const tag = own?.tag ?? tagOfStatus(status)
  const sentence = own?.message?.slice(0, maxMessageLength) ?? messageOf(response.body)
  const redirected = status >= 300 && status < 400
    ? `redirect to ${response.headers.location ?? "nowhere"} is not followed`
    : undefined
  // a reset only where the rate was the reason: a 503 that says when to come back also says that nothing was done
  const retryAfter = own?.retryAfter ?? RetryAfter.fromResponse(response, { rateLimited: tag === "RateLimitError" })
  const code = own?.code ?? codeOf(response.body)
  const details = own?.details ?? response.body
  const secrets = SecretFields.valuesIn(response.body, call.operation.secretFields)
  // providers repeat what they refuse, credentials too
  const fields = KnownSecrets.scrub({
    ...call.errorFields,
    attempts: call.attempts,
    status,
    message: `HTTP ${status}: ${sentence ?? redirected ?? "no message in the response"}`,
    ...(code === undefined ? undefined : { code }),
    ...(retryAfter === undefined ? undefined : { retryAfter }),
    ...(details === undefined ? undefined : { details }),
    ...(own?.retryable === undefined ? undefined : { retryable: own.retryable })
  }, secrets)
  // what the types say is not looked at again, at seven times the price; what a classifier made of the answer is
  const making = own === undefined ? unchecked : undefined
  switch (tag) {
    case "RateLimitError":
      return new IntegrationError.RateLimitError(fields, making)
    case "ServerError":
      return new IntegrationError.ServerError({ retryable: status !== 501 && status !== 505, ...fields }, making)
    case "AuthenticationError":
      return new IntegrationError.AuthenticationError(fields, making)
    case "AuthorizationError":
      return new IntegrationError.AuthorizationError(fields, making)
    case "NotFoundError":
      return new IntegrationError.NotFoundError(fields, making)
    case "ConflictError":
      return new IntegrationError.ConflictError(fields, making)
    case "ValidationError":
      return new IntegrationError.ValidationError({
        ...fields,
        issues: KnownSecrets.scrub(own?.issues ?? [], secrets).map((issue) =>
          new IntegrationError.ValidationIssue(issue)
        )
      }, making)
    case "ResponseDecodeError":
      return new IntegrationError.ResponseDecodeError(fields, making)
    case "UnavailableError":
      return new IntegrationError.UnavailableError(fields, making)
    default:
      // from a table of codes that was asked for one such as `constructor`: no refusal passes for a success by it
      return fromResponse(call, response, () => ({ ...own, tag: undefined }), isSuccess)
  }
}

const causeChain = function*(cause: unknown): Generator<Readonly<Record<string, unknown>>> {
  let current = cause
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    const error = current as Readonly<Record<string, unknown>>
    yield error
    // happy eyeballs: one error per address that was tried
    current = error.cause ?? (Array.isArray(error.errors) ? error.errors[0] : undefined)
  }
}

const connectCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_NODATA",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "CERT_HAS_EXPIRED"
])

const connectSyscalls: ReadonlySet<string> = new Set(["connect", "getaddrinfo"])

/** The client would not send it, and never will: a header that is not one, a length that is not the body's. */
const unsendableCodes: ReadonlySet<string> = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
])

const isConnectPhase = (cause: unknown): boolean => {
  for (const { code, syscall } of causeChain(cause)) {
    if (typeof code === "string" && (connectCodes.has(code) || code.startsWith("ERR_TLS_"))) return true
    if (typeof syscall === "string" && connectSyscalls.has(syscall)) return true
  }
  return false
}

const codeOfCause = (cause: unknown): string | undefined => {
  for (const { code } of causeChain(cause)) if (typeof code === "string") return code
  return undefined
}

const messageOfCause = (cause: unknown): string => {
  let message = ""
  for (const error of causeChain(cause)) {
    if (typeof error.message === "string" && error.message !== "") message = error.message
  }
  return message === "" ? "connection failed" : message
}

/**
 * The error for a request that got no (whole) response. The request itself is never attached: it holds the credential.
 *
 * @since 0.1.0
 * @category classification
 */
export const fromHttpClientError = (
  call: Call,
  error: HttpClientError.HttpClientError
): IntegrationError.IntegrationError => {
  const fields = { ...call.errorFields, attempts: call.attempts }
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return new IntegrationError.ValidationError({
      ...fields,
      message: KnownSecrets.scrub(
        error.reason === "InvalidUrl"
          ? `${error.request.url} is not a valid URL: set the integration's base URL, as in https://api.example.com`
          : `the request body cannot be encoded: ${messageOfCause(error.cause)}`
      )
    })
  }
  const code = codeOfCause(error.cause)
  if (error._tag === "RequestError" && code !== undefined && unsendableCodes.has(code)) {
    return new IntegrationError.ValidationError({
      ...fields,
      code,
      message: KnownSecrets.scrub(`the request cannot be sent: ${messageOfCause(error.cause)}`)
    })
  }
  return new IntegrationError.NetworkError(
    KnownSecrets.scrub({
      ...fields,
      phase: error._tag === "RequestError" && isConnectPhase(error.cause) ? "connect" : "response",
      message: code === undefined ? messageOfCause(error.cause) : `${code}: ${messageOfCause(error.cause)}`,
      ...(code === undefined ? undefined : { code }),
      ...(error.cause instanceof Error ? { cause: error.cause } : undefined)
    }),
    unchecked
  )
}
