/**
 * Every way in which a call to somebody else's API can fail, as one tagged union.
 *
 * Each member is a `Schema.TaggedError`: `Effect.catchTag` is exhaustive over the union, and every error can be
 * encoded to JSON, stored with a dead letter, and decoded again.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * Why an attempt that failed with a retryable error was not followed by another.
 *
 * | | |
 * |---|---|
 * | `attempts` | `maxAttempts` were made |
 * | `schedule` | the schedule of the user's own ended |
 * | `budget` | the retry budget of the integration is spent |
 * | `deadline` | the pause would have outlasted the caller's deadline |
 * | `retry-after` | the server asked to wait for longer than `maxRetryAfter` |
 * | `may-have-been-processed` | the call is not idempotent, and the provider may have acted |
 * | `body-consumed` | the body was a stream, and is gone |
 *
 * @since 0.1.0
 * @category models
 */
export const GaveUp = Schema.Literal(
  "attempts",
  "body-consumed",
  "budget",
  "deadline",
  "may-have-been-processed",
  "retry-after",
  "schedule"
)

/**
 * @since 0.1.0
 * @category models
 */
export type GaveUp = typeof GaveUp.Type

const withDefault = <A, I, R>(schema: Schema.Schema<A, I, R>, value: NoInfer<A>) =>
  Schema.propertySignature(schema).pipe(Schema.withConstructorDefault(() => value))

const common = (retryable: boolean) => ({
  /** Id of the integration, `hubspot`. */
  integration: Schema.String,
  /** Name of the operation, `contacts.create`. */
  operation: Schema.String,
  message: Schema.String,
  /** Whether the same call, sent again later, may succeed. */
  retryable: withDefault(Schema.Boolean, retryable),
  correlationId: withDefault(Schema.String, ""),
  /** HTTP status, where there was a response. */
  status: Schema.optional(Schema.Int),
  /** The provider's own error code, `CONFLICT`. */
  code: Schema.optional(Schema.String),
  /** How long the server (or the local policy that refused) asks to wait. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** The provider's error body, decoded from JSON where it was JSON. */
  details: Schema.optional(Schema.Unknown),
  cause: Schema.optional(Schema.Defect),
  /** Requests that were sent for this call. */
  attempts: Schema.optional(Schema.Int),
  /** Why no further request was sent although the error is `retryable`; absent where nothing retries. */
  gaveUp: Schema.optional(GaveUp),
  /** `true`: stored as a dead letter. `false`: should have been, and could not be. Absent: not captured. */
  deadLettered: Schema.optional(Schema.Boolean),
  deadLetterId: Schema.optional(Schema.String)
})

/** Of an error that was made without its constructor, which would have kept the message a second time for this. */
const toJson = (error: Error): unknown => ({
  ...error,
  message: error.message,
  ...(error.cause === undefined ? undefined : { cause: error.cause })
})

/** What does not come from the constructor of `Error` would be taken for another object by what prints errors. */
const errorTag = "Error"

/**
 * No response: refused, reset, DNS, TLS. In phase `connect` nothing was sent, so that any call may be sent again;
 * in phase `response` the provider may have acted.
 *
 * @since 0.1.0
 * @category errors
 */
export class NetworkError extends Schema.TaggedError<NetworkError>("holdfast/NetworkError")("NetworkError", {
  ...common(true),
  phase: Schema.Literal("connect", "response")
}) {}

/**
 * A deadline passed: that of one attempt (retryable), or that of the whole call (not retryable).
 *
 * @since 0.1.0
 * @category errors
 */
export class TimeoutError extends Schema.TaggedError<TimeoutError>("holdfast/TimeoutError")("TimeoutError", {
  ...common(true),
  scope: Schema.Literal("attempt", "total"),
  /** The deadline that passed. */
  after: Schema.DurationFromMillis
}) {}

/**
 * The provider said 429 (or its own form of it), or the local limiter refused. Starts a cool-down; is not a breaker
 * failure.
 *
 * @since 0.1.0
 * @category errors
 */
export class RateLimitError extends Schema.TaggedError<RateLimitError>("holdfast/RateLimitError")("RateLimitError", {
  ...common(true),
  /** `provider`: an answer of the server. `local`: refused before anything was sent. */
  origin: withDefault(Schema.Literal("provider", "local"), "provider")
}) {
  override toJSON(): unknown {
    return toJson(this)
  }
  get [Symbol.toStringTag](): string {
    return errorTag
  }
}

/**
 * 5xx. 501 and 505 are not retryable.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServerError extends Schema.TaggedError<ServerError>("holdfast/ServerError")(
  "ServerError",
  common(true)
) {}

/**
 * 401, a credential that is missing or invalid, a refused token refresh.
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthenticationError extends Schema.TaggedError<AuthenticationError>("holdfast/AuthenticationError")(
  "AuthenticationError",
  common(false)
) {}

/**
 * 403: the credential is good, and may not do this.
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthorizationError extends Schema.TaggedError<AuthorizationError>("holdfast/AuthorizationError")(
  "AuthorizationError",
  common(false)
) {}

/**
 * 404, 410.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFoundError extends Schema.TaggedError<NotFoundError>("holdfast/NotFoundError")(
  "NotFoundError",
  common(false)
) {}

/**
 * 409, 412, 423. A lock (423) is retryable where the provider says so.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConflictError extends Schema.TaggedError<ConflictError>("holdfast/ConflictError")(
  "ConflictError",
  common(false)
) {}

/**
 * What is wrong with one field of the input.
 *
 * @since 0.1.0
 * @category models
 */
export class ValidationIssue extends Schema.Class<ValidationIssue>("holdfast/ValidationIssue")({
  /** Where, `payload.properties.email`; empty when the whole input is meant. */
  path: Schema.String,
  message: Schema.String
}) {}

/**
 * 400, 413, 415, 422 and other 4xx, or input that its Schema refuses before anything is sent (then `status` is absent).
 *
 * @since 0.1.0
 * @category errors
 */
export class ValidationError extends Schema.TaggedError<ValidationError>("holdfast/ValidationError")(
  "ValidationError",
  {
    ...common(false),
    issues: withDefault(Schema.Array(ValidationIssue), [])
  }
) {}

/**
 * A 2xx whose body is not what the API promises. The provider has acted, so that the call is not sent again.
 *
 * @since 0.1.0
 * @category errors
 */
export class ResponseDecodeError extends Schema.TaggedError<ResponseDecodeError>("holdfast/ResponseDecodeError")(
  "ResponseDecodeError",
  common(false)
) {}

/**
 * The circuit breaker refused the call; nothing was sent. `retryAfter` is the time until the next probe.
 *
 * @since 0.1.0
 * @category errors
 */
export class CircuitBreakerOpenError
  extends Schema.TaggedError<CircuitBreakerOpenError>("holdfast/CircuitBreakerOpenError")(
    "CircuitBreakerOpenError",
    common(false)
  )
{
  override toJSON(): unknown {
    return toJson(this)
  }
  get [Symbol.toStringTag](): string {
    return errorTag
  }
}

/**
 * All slots are taken and the queue is full (or the wait for a slot took too long); nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class BulkheadFullError extends Schema.TaggedError<BulkheadFullError>("holdfast/BulkheadFullError")(
  "BulkheadFullError",
  common(false)
) {
  override toJSON(): unknown {
    return toJson(this)
  }
  get [Symbol.toStringTag](): string {
    return errorTag
  }
}

/**
 * The integration is switched off or in maintenance; nothing was sent. `message` has the reason.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnavailableError extends Schema.TaggedError<UnavailableError>("holdfast/UnavailableError")(
  "UnavailableError",
  common(false)
) {
  override toJSON(): unknown {
    return toJson(this)
  }
  get [Symbol.toStringTag](): string {
    return errorTag
  }
}

/**
 * The union, as a Schema: `Schema.encode(IntegrationError.IntegrationError)` and back.
 *
 * @since 0.1.0
 * @category errors
 */
export const IntegrationError = Schema.Union(
  NetworkError,
  TimeoutError,
  RateLimitError,
  ServerError,
  AuthenticationError,
  AuthorizationError,
  NotFoundError,
  ConflictError,
  ValidationError,
  ResponseDecodeError,
  CircuitBreakerOpenError,
  BulkheadFullError,
  UnavailableError
)

/**
 * @since 0.1.0
 * @category errors
 */
export type IntegrationError = typeof IntegrationError.Type

/**
 * The tag of each member, `"NetworkError" | "TimeoutError" | …`.
 *
 * @since 0.1.0
 * @category models
 */
export type Tag = IntegrationError["_tag"]

/**
 * @since 0.1.0
 * @category refinements
 */
export const isIntegrationError: (u: unknown) => u is IntegrationError = Schema.is(IntegrationError)

/**
 * Whether it is certain that the provider did not act on the request, so that even a call that is not idempotent may be
 * sent again: nothing was sent, or the provider refused it (429, a lock, 503 with `Retry-After`, any 4xx). After a lost
 * response, a timeout, a 500 or an answer that cannot be read, nobody knows.
 *
 * @since 0.1.0
 * @category predicates
 */
export const surelyNotProcessed = (error: IntegrationError): boolean => {
  if (error.attempts === 0) return true
  switch (error._tag) {
    case "NetworkError":
      return error.phase === "connect"
    case "TimeoutError":
    case "ResponseDecodeError":
      return false
    case "ServerError":
      // 503, or a 4xx that a provider uses for "not now"
      return error.retryAfter !== undefined && error.status !== undefined &&
        (error.status === 503 || error.status < 500)
    default:
      return true
  }
}

/**
 * What an error says about the health of the provider: `failure` counts against the circuit breaker, `success` is an
 * answer by a provider that is alive (404, 409, 422 …), `ignored` says nothing either way (429, refused credentials,
 * local refusals).
 *
 * @since 0.1.0
 * @category predicates
 */
export const health = (error: IntegrationError): "success" | "failure" | "ignored" => {
  switch (error._tag) {
    case "NetworkError":
    case "ServerError":
      return "failure"
    case "TimeoutError":
      // the caller's own patience says nothing of the provider
      return error.scope === "attempt" ? "failure" : "ignored"
    case "NotFoundError":
    case "ConflictError":
      return "success"
    case "ValidationError":
      return error.status === undefined ? "ignored" : "success"
    default:
      return "ignored"
  }
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/**
 * The errors of a local refusal: nothing was sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Refusal = RateLimitError | CircuitBreakerOpenError | BulkheadFullError | UnavailableError

/**
 * The class of a local refusal.
 *
 * @since 0.1.0
 * @category models
 */
export interface RefusalClass<E extends Refusal> {
  readonly _tag: E["_tag"]
  readonly prototype: E
  new(props: never): E
}

// what is made without the constructor of Error has no stack of its own
for (const Class of [RateLimitError, CircuitBreakerOpenError, BulkheadFullError, UnavailableError]) {
  Object.defineProperty(Class.prototype, "stack", {
    configurable: true,
    get(this: Error) {
      return `${this.name}: ${this.message}`
    },
    set(this: Error, value: unknown) {
      Object.defineProperty(this, "stack", { configurable: true, value, writable: true })
    }
  })
}

/**
 * A local refusal for a fraction of what its constructor costs: no stack trace, which would only say that a policy
 * refused, and no validation of fields that the type checks already. Everything else is as if constructed: `instanceof`,
 * `_tag`, `Schema.encode`. A `RateLimitError` is of `origin: "local"`; `retryable` is false unless it is given.
 *
 * @example
 * ```ts
 * import { Duration } from "effect"
 * import { type Call, IntegrationError } from "holdfast"
 *
 * const refuse = (call: Call.Call) =>
 *   IntegrationError.refusal(IntegrationError.BulkheadFullError, call, "nothing was sent: the queue is full", {
 *     retryAfter: Duration.seconds(1)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const refusal = <E extends Refusal>(
  Class: RefusalClass<E>,
  call: {
    readonly operation: { readonly integration: string; readonly name: string }
    readonly correlationId: string
    readonly attempts: number
  },
  message: string,
  options?: { readonly retryAfter?: Duration.Duration | undefined; readonly retryable?: boolean | undefined }
): E => {
  const error: Mutable<Refusal> = Object.create(Class.prototype)
  error.message = message
  error._tag = Class._tag
  error.integration = call.operation.integration
  error.operation = call.operation.name
  error.retryable = options?.retryable ?? false
  error.correlationId = call.correlationId
  error.attempts = call.attempts
  if (options?.retryAfter !== undefined) error.retryAfter = options.retryAfter
  if (error._tag === "RateLimitError") error.origin = "local"
  return error as E
}

/**
 * The same error with some of its common fields changed.
 *
 * @since 0.1.0
 * @category combinators
 */
export const amend = <E extends IntegrationError>(
  error: E,
  changes: {
    readonly attempts?: number
    readonly gaveUp?: GaveUp
    readonly retryAfter?: Duration.Duration
    readonly deadLettered?: boolean
    readonly deadLetterId?: string
    readonly message?: string
    readonly code?: string
    readonly details?: unknown
    readonly cause?: unknown
    /** Of a `ValidationError`. */
    readonly issues?: ReadonlyArray<ValidationIssue>
  }
): E => {
  const Error = error.constructor as new(props: object, options?: { readonly disableValidation?: boolean }) => E
  const amended = new Error({ ...error, message: error.message, cause: error.cause, ...changes }, {
    disableValidation: true
  })
  // a stack begins with the message
  if (error.stack !== undefined) amended.stack = error.stack.replace(error.message, () => amended.message)
  return amended
}
