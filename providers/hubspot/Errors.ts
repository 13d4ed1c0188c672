/**
 * What HubSpot's error bodies say.
 *
 * Source: https://developers.hubspot.com/docs/api-reference/error-handling, the usage guidelines, and the retry
 * decorator of HubSpot's own SDK (@hubspot/api-client 13.5.0).
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { Body, type Classification, type IntegrationError } from "holdfast"

/** Categories that say more than the status they come with. */
const tags: Readonly<Record<string, Classification.ResponseTag>> = {
  RATE_LIMITS: "RateLimitError",
  RATE_LIMIT: "RateLimitError",
  MISSING_SCOPES: "AuthorizationError",
  BANNED: "AuthorizationError",
  INVALID_AUTHENTICATION: "AuthenticationError",
  EXPIRED_AUTHENTICATION: "AuthenticationError",
  OBJECT_NOT_FOUND: "NotFoundError",
  CONFLICT: "ConflictError",
  OBJECT_ALREADY_EXISTS: "ConflictError",
  VALIDATION_ERROR: "ValidationError"
}

/** For answers by the gateway in front of HubSpot, whose bodies are pages for people. */
const gateway: Readonly<Record<number, string>> = {
  502: "HubSpot's gateway got no valid answer, or limits itself: pause for a few seconds",
  504: "HubSpot's gateway waited in vain, or limits itself: pause for a few seconds",
  521: "HubSpot's server refuses connections",
  522: "the connection to HubSpot's server timed out: ask HubSpot's support if it lasts",
  523: "HubSpot's server cannot be reached",
  524: "HubSpot's server took longer than 100 seconds",
  525: "the TLS handshake with HubSpot's server failed: ask HubSpot's support if it lasts",
  526: "the TLS certificate of HubSpot's server is not valid: ask HubSpot's support if it lasts"
}

/** A lock lasts two seconds. */
const lock = Duration.seconds(2)

const migrationInProgress = 477

const rateLimit = (
  body: Body.Fields,
  headers: Classification.ResponseView["headers"]
): Classification.Classification => {
  const policy = `${Body.text(body.policyName) ?? ""} ${Body.text(body.message) ?? ""}`.toUpperCase()
  // the day ends at midnight in the account's own time zone: no wait that a retry could sit out
  if (policy.includes("DAILY")) return { tag: "RateLimitError", retryable: false }
  if (headers["retry-after"] !== undefined) return { tag: "RateLimitError" }
  const secondly = policy.includes("SECONDLY") && !policy.includes("TEN_SECONDLY")
  return { tag: "RateLimitError", retryAfter: Duration.seconds(secondly ? 1 : 10) }
}

const scopeKeys = ["missingScopes", "requiredScopes", "requiredGranularScopes"]

const scopesOf = (body: Body.Fields): ReadonlyArray<string> => {
  const contexts = [body, ...Body.list(body.errors)].map((one) => Body.record(Body.record(one)?.context))
  return [...new Set(contexts.flatMap((context) => scopeKeys.flatMap((key) => Body.texts(context?.[key]))))]
}

type Issue = NonNullable<Classification.Classification["issues"]>[number]

const pathOf = (error: Body.Fields): string => {
  const context = Body.record(error.context)
  return Body.text(error.name) ?? Body.texts(context?.propertyName)[0] ?? Body.text(error.in) ??
    Body.texts(Object.values(context ?? {})[0])[0] ??
    ""
}

/** The property errors that HubSpot writes as JSON into its message: `Property values were not valid: [{…}]`. */
const embedded = (message: string | undefined): ReadonlyArray<unknown> => {
  const start = message?.indexOf("[{") ?? -1
  if (message === undefined || start < 0) return []
  try {
    return Body.list(JSON.parse(message.slice(start)))
  } catch {
    return []
  }
}

const issuesOf = (body: Body.Fields): ReadonlyArray<Issue> => {
  const errors = Body.list(body.errors).length > 0 ? Body.list(body.errors) : embedded(Body.text(body.message))
  const issues = errors.flatMap((one): ReadonlyArray<Issue> => {
    const error = Body.record(one)
    const message = Body.text(error?.message)
    return error === undefined || message === undefined ? [] : [{ path: pathOf(error), message }]
  })
  if (issues.length > 0) return issues
  return Object.entries(Body.record(body.context) ?? {}).flatMap(([key, values]) =>
    Body.texts(values).map((path) => ({ path, message: key }))
  )
}

/**
 * HubSpot's reading of its own answers. The body counts first: its category is the error's `code`.
 *
 * - 429: with the policy `DAILY` not retryable; else `retryAfter` is the header, or 1 second for a limit per second, or
 *   10 seconds.
 * - 423: a lock, retryable after 2 seconds. 477: a migration, retryable after its `Retry-After`.
 * - 403 with missing scopes: the message names them.
 * - validation: `issues` holds HubSpot's own list.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const status = response.status
  if (status >= 200 && status < 300) return undefined
  if (status >= 500) return gateway[status] === undefined ? undefined : { message: gateway[status] }

  const body = Body.record(response.body) ?? {}
  const code = Body.text(body.category) ?? Body.text(body.errorType)
  const message = Body.text(body.message)
  if (status === 423) {
    return {
      tag: "ConflictError",
      code,
      retryable: true,
      ...(response.headers["retry-after"] === undefined ? { retryAfter: lock } : undefined)
    }
  }
  if (status === migrationInProgress) return { tag: "ServerError", code, retryable: true }

  const tag = status === 429 ? "RateLimitError" : tags[code ?? ""]
  if (tag === "RateLimitError") return { ...rateLimit(body, response.headers), code }
  const scopes = scopesOf(body)
  return {
    tag,
    code,
    ...(scopes.length > 0 ? { message: `${message ?? "missing scopes"} (needs ${scopes.join(", ")})` } : undefined),
    issues: issuesOf(body)
  }
}

/**
 * The id of the record that is in the way, from `Contact already exists. Existing ID: 12345`.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { HubSpot, HubSpotErrors } from "holdfast/providers/hubspot"
 *
 * const contactId = (email: string) =>
 *   HubSpot.pipe(
 *     Effect.flatMap((hubspot) => hubspot.contacts.create({ payload: { properties: { email } } })),
 *     Effect.map((contact) => Option.some(contact.id)),
 *     Effect.catchTag("ConflictError", (error) => Effect.succeed(HubSpotErrors.existingId(error)))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const existingId = (error: IntegrationError.ConflictError): Option.Option<string> =>
  Option.fromNullable(/Existing ID: (\d+)/.exec(error.message)?.[1])
