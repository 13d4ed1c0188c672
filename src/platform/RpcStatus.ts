/**
 * What an error of a Google API says: `google.rpc.Status`, as its JSON mapping has it.
 *
 * `{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "…", "details": [{"@type": "…/google.rpc.RetryInfo"}]}}`
 *
 * Sources: google/rpc/status.proto, code.proto and error_details.proto of googleapis.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Body from "../core/Body.js"
import type * as Classification from "../core/Classification.js"
import * as RetryAfter from "../core/RetryAfter.js"

/**
 * All that is not said is absent, or empty where there may be several.
 *
 * @since 0.1.0
 * @category models
 */
export interface RpcStatus {
  /** The HTTP status once more. */
  readonly code: number | undefined
  /** `RESOURCE_EXHAUSTED` */
  readonly status: string | undefined
  readonly message: string | undefined
  /** Of `ErrorInfo`: `API_KEY_INVALID`, `SERVICE_DISABLED`; of an older API, its `errors[0].reason`: `userRateLimitExceeded`. */
  readonly reason: string | undefined
  /** Of `ErrorInfo`: what the reason is about, `quota_limit` or `service`. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Of `RetryInfo`. */
  readonly retryDelay: Duration.Duration | undefined
  /** Of `QuotaFailure`: whose limit it is, and which. */
  readonly quotas: ReadonlyArray<{ readonly subject: string; readonly description: string }>
  /** Of `BadRequest`. */
  readonly fields: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

const records = (value: unknown): ReadonlyArray<Body.Fields> =>
  Body.list(value).map(Body.record).filter((one) => one !== undefined)

const duration = /^(\d+(?:\.\d{1,9})?)s$/

/**
 * A `google.protobuf.Duration`: seconds with up to nine decimals and an `s`, as in `"3.5s"`.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseDuration = (value: unknown): Duration.Duration | undefined => {
  const seconds = typeof value === "string" ? duration.exec(value)?.[1] : undefined
  return seconds === undefined ? undefined : RetryAfter.fromSeconds(seconds)
}

/**
 * Reads a body; `undefined` where it holds no such error. A method that streams its answer puts the error into an array.
 *
 * @since 0.1.0
 * @category parsing
 */
export const read = (body: unknown): RpcStatus | undefined => {
  const whole: unknown = Array.isArray(body) ? body[0] : body
  const error = Body.record(Body.record(whole)?.error)
  if (error === undefined) return undefined
  const details = records(error.details)
  const ofType = (type: string) =>
    details.filter((one) => Body.text(one["@type"])?.endsWith(`/google.rpc.${type}`) === true)
  const [info] = ofType("ErrorInfo")
  return {
    code: typeof error.code === "number" ? error.code : undefined,
    status: Body.text(error.status),
    message: Body.text(error.message),
    reason: Body.text(info?.reason) ?? Body.text(records(error.errors)[0]?.reason),
    metadata: Body.record(info?.metadata) ?? {},
    retryDelay: RetryAfter.fromBody(whole),
    quotas: ofType("QuotaFailure").flatMap((one) => records(one.violations)).map((violation) => ({
      subject: Body.text(violation.subject) ?? "",
      description: Body.text(violation.description) ?? ""
    })),
    fields: ofType("BadRequest").flatMap((one) => records(one.fieldViolations)).map((violation) => ({
      path: Body.text(violation.field) ?? "",
      message: Body.text(violation.description) ?? ""
    }))
  }
}

/** By the canonical code, whatever the HTTP status is. `CANCELLED` comes as 499, which is no mistake of the caller's. */
const byStatus: Readonly<Record<string, Classification.Classification>> = {
  ABORTED: { tag: "ConflictError" },
  ALREADY_EXISTS: { tag: "ConflictError" },
  CANCELLED: { tag: "ServerError", retryable: true },
  DATA_LOSS: { tag: "ServerError", retryable: false },
  DEADLINE_EXCEEDED: { tag: "ServerError" },
  FAILED_PRECONDITION: { tag: "ValidationError" },
  INTERNAL: { tag: "ServerError" },
  INVALID_ARGUMENT: { tag: "ValidationError" },
  NOT_FOUND: { tag: "NotFoundError" },
  OUT_OF_RANGE: { tag: "ValidationError" },
  PERMISSION_DENIED: { tag: "AuthorizationError" },
  RESOURCE_EXHAUSTED: { tag: "RateLimitError" },
  UNAUTHENTICATED: { tag: "AuthenticationError" },
  UNAVAILABLE: { tag: "ServerError" },
  UNIMPLEMENTED: { tag: "ServerError", retryable: false },
  UNKNOWN: { tag: "ServerError" }
}

/** Reasons that say more than the code that they come with: a bad key is an `INVALID_ARGUMENT`, an old quota a 403. */
const byReason: Readonly<Record<string, Classification.Classification>> = {
  API_KEY_INVALID: { tag: "AuthenticationError" },
  accessNotConfigured: { tag: "AuthorizationError" },
  dailyLimitExceeded: { tag: "RateLimitError", retryable: false },
  quotaExceeded: { tag: "RateLimitError" },
  rateLimitExceeded: { tag: "RateLimitError" },
  userRateLimitExceeded: { tag: "RateLimitError" }
}

const own = <A>(table: Readonly<Record<string, A>>, name: string | undefined): A | undefined =>
  name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined

const messageOf = ({ message, quotas, reason }: RpcStatus): string | undefined => {
  const said = [message, ...quotas.map(({ description }) => description)].filter((one) =>
    one !== undefined && one !== ""
  )
  const sentence = [...new Set(said)].join(": ")
  if (sentence === "") return reason
  return reason === undefined ? sentence : `${sentence} (${reason})`
}

/**
 * The reading of such an answer, for a provider's `classify`. The canonical code is the error's `code`; the message ends
 * with the reason; `retryAfter` is the header's, or `RetryInfo`'s, `issues` are `BadRequest`'s. Anything else is as the HTTP status says.
 *
 * @example
 * ```ts
 * import { Headers } from "@effect/platform"
 * import { RpcStatus } from "holdfast"
 *
 * RpcStatus.classify({
 *   body: {
 *     error: {
 *       code: 429,
 *       status: "RESOURCE_EXHAUSTED",
 *       message: "Quota exceeded",
 *       details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "30s" }]
 *     }
 *   },
 *   headers: Headers.empty,
 *   nowMillis: Date.now(),
 *   status: 429
 * }) // { tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", retryAfter: 30 seconds, … }
 * ```
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, headers, status }) => {
  if (status >= 200 && status < 300) return undefined
  const error = read(body)
  if (error === undefined) return undefined
  const said = own(byReason, error.reason) ?? own(byStatus, error.status)
  return {
    ...said,
    code: error.status ?? error.reason,
    message: messageOf(error),
    ...(error.retryDelay === undefined || headers["retry-after"] !== undefined
      ? undefined
      : { retryAfter: error.retryDelay }),
    issues: error.fields
  }
}
