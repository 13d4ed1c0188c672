/**
 * What Plausible's answers say: `{ "error": "…" }`, a text without a code; and of an event that was taken, whether it was
 * dropped.
 *
 * Source: https://plausible.io/docs/events-api, https://plausible.io/docs/stats-api, and the errors of Plausible's server.
 *
 * @since 0.1.0
 */
import { Body, type Classification, type IntegrationError } from "holdfast"

const textOf = (body: unknown): string | undefined =>
  typeof body === "object" && body !== null && "error" in body && typeof body.error === "string" && body.error !== ""
    ? body.error
    : undefined

/** Of an event, by its fields: `{ "errors": { "domain": ["can't be blank"] } }`, as some servers say it. */
const issuesOf = (body: unknown): ReadonlyArray<{ readonly path: string; readonly message: string }> =>
  Object.entries(Body.record(Body.record(body)?.errors) ?? {}).flatMap(([path, said]) =>
    Body.texts(Array.isArray(said) ? said : [said]).map((message) => ({ message, path }))
  )

const dropped = "dropped"

const advice: Readonly<Record<number, string>> = {
  401: "the key is not good, or it may not see this site: Plausible does not say which",
  402: "the site is locked, or its plan has no such API",
  429: "600 requests in an hour, or too many at once, for this key"
}

/**
 * Plausible's reading of its own answers.
 *
 * - 202 with `x-plausible-dropped: 1`: a `ValidationError` with the code `dropped`. The event counts nowhere, and Plausible
 *   takes it for good that it does not.
 * - 400 of an event may name its fields: `issues`
 * - 402: an `AuthorizationError`
 * - what is refused for its rate says not until when: the policy's own `coolDown` and pauses hold
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, headers, status }) => {
  if (status >= 200 && status < 300) {
    return headers["x-plausible-dropped"] === "1"
      ? {
        code: dropped,
        message:
          "Plausible has dropped the event: there is no site of this domain, the visitor looks like a machine (browser, data centre), or a rule of the site shuts them out",
        retryable: false,
        tag: "ValidationError"
      }
      : undefined
  }
  const issues = issuesOf(body)
  const said = textOf(body) ??
    (issues.length === 0 ? undefined : issues.map(({ message, path }) => `${path}: ${message}`).join("; "))
  const meant = advice[status]
  const message = said === undefined ? meant : meant === undefined ? said : `${said} (${meant})`
  return {
    // Plausible has no codes, and a sentence is none
    code: String(status),
    issues,
    ...(message === undefined ? undefined : { message }),
    ...(status === 402 ? { tag: "AuthorizationError" as const } : undefined)
  }
}

/**
 * Whether it is about an event that Plausible has dropped. That of a crawler is nothing to worry about; all of them are.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { IntegrationError } from "holdfast"
 * import { PlausibleErrors } from "holdfast/providers/plausible"
 *
 * const orDropped = <A, R>(event: Effect.Effect<A, IntegrationError.IntegrationError, R>) =>
 *   Effect.catchIf(event, PlausibleErrors.isDropped, () => Effect.void)
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const isDropped = (error: IntegrationError.IntegrationError): boolean =>
  error._tag === "ValidationError" && error.code === dropped
