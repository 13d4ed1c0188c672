/** Letters and errors for the conformance suite. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as IntegrationError from "../../../core/IntegrationError.js"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"

const common = { integration: "hubspot", operation: "contacts.create", message: "it failed" }

export const serverError = (message = "it failed") =>
  new IntegrationError.ServerError({ ...common, message, status: 503, details: { code: "DOWN" } })

export const contactExists = () =>
  new IntegrationError.ConflictError({ ...common, code: "CONTACT_EXISTS", status: 409 })

export const breakerOpen = (retryAfter: Duration.DurationInput = "2 seconds") =>
  new IntegrationError.CircuitBreakerOpenError({ ...common, retryAfter: Duration.decode(retryAfter) })

/** One of each member of the union, with all that it can carry. */
export const everyError: ReadonlyArray<IntegrationError.IntegrationError> = (() => {
  const full = {
    ...common,
    correlationId: "c-1",
    status: 418,
    code: "TEAPOT",
    retryAfter: Duration.seconds(3),
    details: { a: [1, "zwei", null] },
    attempts: 3,
    deadLettered: true,
    deadLetterId: "d-1"
  }
  return [
    new IntegrationError.NetworkError({ ...full, phase: "connect" }),
    new IntegrationError.TimeoutError({ ...full, scope: "total", after: Duration.seconds(30) }),
    new IntegrationError.RateLimitError({ ...full, origin: "provider" }),
    new IntegrationError.ServerError(full),
    new IntegrationError.AuthenticationError(full),
    new IntegrationError.AuthorizationError(full),
    new IntegrationError.NotFoundError(full),
    new IntegrationError.ConflictError(full),
    new IntegrationError.ValidationError({
      ...full,
      issues: [new IntegrationError.ValidationIssue({ path: "payload.email", message: "is missing" })]
    }),
    new IntegrationError.ResponseDecodeError(full),
    new IntegrationError.CircuitBreakerOpenError(full),
    new IntegrationError.BulkheadFullError(full),
    new IntegrationError.UnavailableError(full)
  ]
})()

export const localRefusals: ReadonlyArray<IntegrationError.IntegrationError> = [
  breakerOpen(),
  new IntegrationError.BulkheadFullError(common),
  new IntegrationError.UnavailableError(common),
  new IntegrationError.RateLimitError({ ...common, origin: "local" })
]

let calls = 0

export const letter = (changes: Partial<DeadLetterQueue.NewDeadLetter> = {}): DeadLetterQueue.NewDeadLetter => ({
  integration: "hubspot",
  operation: "contacts.create",
  request: new DeadLetterQueue.DeadLetterRequest({
    method: "POST",
    url: "/crm/v3/objects/contacts?a=b",
    headers: { accept: "application/json" },
    body: { _tag: "Text", value: "{\"name\":\"Zoë\"}" },
    contentType: "application/json"
  }),
  error: serverError(),
  attempts: 3,
  firstAttemptAt: DateTime.unsafeMake(1000),
  lastAttemptAt: DateTime.unsafeMake(2000),
  correlationId: "c-1",
  idempotencyKey: `key-${calls++}`,
  metadata: { source: "spec" },
  ...changes
})
