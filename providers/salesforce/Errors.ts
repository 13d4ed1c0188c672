/**
 * What Salesforce's error bodies say.
 *
 * Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm, its pages on limits, and
 * Salesforce's own SDK (jsforce 3.10.16).
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { Body, type Classification } from "holdfast"
import * as RateLimit from "./RateLimit.js"
import type * as Schemas from "./Schemas.js"

/**
 * One thing that is wrong. A request may be wrong in several.
 *
 * @since 0.1.0
 * @category models
 */
export interface Problem {
  /** `REQUIRED_FIELD_MISSING` */
  readonly code: string
  readonly message: string
  readonly fields: ReadonlyArray<string>
}

/** A list of errors, or a single one; anything else has none. */
const problemsOf = (body: unknown): ReadonlyArray<Problem> =>
  (Array.isArray(body) ? body : [body]).flatMap((one): ReadonlyArray<Problem> => {
    const error = Body.record(one)
    const code = Body.text(error?.errorCode) ?? Body.text(error?.statusCode)
    if (error === undefined || code === undefined) return []
    return [{
      code,
      fields: Body.list(error.fields).filter((field) => typeof field === "string"),
      message: Body.text(error.message) ?? code
    }]
  })

/** Codes that say more than the status they come with. */
const classes: Readonly<Record<string, Pick<Classification.Classification, "tag" | "retryable">>> = {
  API_CURRENTLY_DISABLED: { tag: "AuthorizationError" },
  API_DISABLED_FOR_ORG: { tag: "AuthorizationError" },
  DUPLICATES_DETECTED: { tag: "ConflictError" },
  DUPLICATE_VALUE: { tag: "ConflictError" },
  ENTITY_IS_DELETED: { tag: "NotFoundError" },
  FUNCTIONALITY_NOT_ENABLED: { tag: "AuthorizationError" },
  INVALID_SESSION_ID: { tag: "AuthenticationError" },
  NOT_FOUND: { tag: "NotFoundError" },
  // the query may be too wide, or the org too busy
  QUERY_TIMEOUT: { tag: "ServerError", retryable: true },
  REQUEST_RUNNING_TOO_LONG: { tag: "ServerError", retryable: true },
  SERVER_UNAVAILABLE: { tag: "ServerError", retryable: true },
  // another transaction had the record for ten seconds
  UNABLE_TO_LOCK_ROW: { tag: "ConflictError", retryable: true }
}

const classOf = (code: string): Pick<Classification.Classification, "tag" | "retryable"> =>
  classes[code] ?? (code.startsWith("INSUFFICIENT_ACCESS") ? { tag: "AuthorizationError" } : {})

/** A slot comes free when one of the long requests of the org ends. */
const slot = Duration.seconds(5)

const rateLimit = (
  problem: Problem,
  response: Classification.ResponseView
): Classification.Classification => {
  const said = RateLimit.read(response.headers, response.nowMillis)
  const used = said?.remaining === 0
  const daily = /total|daily|24/i.test(problem.message)
  // the texts are not documented: the header has the last word where neither of them is there
  const concurrent = /concurrent/i.test(problem.message) || (!daily && said !== undefined && !used)
  if (concurrent) {
    return {
      tag: "RateLimitError",
      message: `${problem.message} Too many of the org's requests take longer than 20 seconds at the same time.`,
      retryAfter: slot
    }
  }
  const numbers = used ? ` All ${said.limit} requests of the last 24 hours are used.` : ""
  return {
    tag: "RateLimitError",
    message: `${problem.message}${numbers} More are allowed as those of 24 hours ago leave the window.`,
    retryable: false
  }
}

/** 401s which a new token would not help against: asking for one would go on for ever. */
const notTheToken = ["This session is not valid for use with the REST API", "Connected app is not attached to Agent"]

const isPage = (body: unknown): boolean => typeof body === "string" && /^\s*</.test(body)

/**
 * Salesforce's reading of its own answers. The body counts first: the code of its first error is the error's `code`.
 *
 * - `REQUEST_LIMIT_EXCEEDED`, whose status is 403: the org's requests of the day are used up, which is not retryable; or too
 *   many long ones run at once, retryable after 5 seconds.
 * - 401: a session that has ended, unless Salesforce says that no session would do.
 * - `UNABLE_TO_LOCK_ROW`, whose status is 400: retryable.
 * - 300: several records have the external id; the message names them.
 * - others: `issues` has Salesforce's own list, by field.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = (response) => {
  const { body, status } = response
  if (status >= 200 && status < 300) return undefined
  if (status === 300) {
    const urls = Body.list(body).filter((one) => typeof one === "string")
    return {
      tag: "ConflictError",
      code: "MULTIPLE_CHOICES",
      message: `${urls.length} records have this external id, which should be unique: ${urls.join(", ")}`
    }
  }
  if (status === 420) {
    return {
      tag: "ServerError",
      message: "Salesforce's edge found no way to the org: the instance URL may be of an org that is gone",
      retryable: true
    }
  }
  const problems = problemsOf(body)
  const [first] = problems
  if (first === undefined) {
    return isPage(body)
      ? {
        message: "a page for people instead of an answer by the API: check that the org exists and the URL is its own"
      }
      : undefined
  }
  const code = first.code
  if (code === "REQUEST_LIMIT_EXCEEDED") return { ...rateLimit(first, response), code }
  const message = problems.map((one) => one.message).join("; ")
  if (status === 401 && notTheToken.some((sentence) => message.includes(sentence))) {
    return { tag: "AuthorizationError", code, message }
  }
  return {
    ...classOf(code),
    code,
    message,
    issues: problems.flatMap((one) =>
      one.fields.length === 0
        ? [{ path: "", message: one.message }]
        : one.fields.map((path) => ({ path, message: one.message }))
    )
  }
}

/**
 * The records of a collection that were refused, by their place in what was sent. The answer's own status is 200.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Salesforce, SalesforceErrors } from "holdfast/providers/salesforce"
 *
 * const program = Effect.gen(function*() {
 *   const { collections } = yield* Salesforce
 *   const results = yield* collections.create({
 *     payload: { records: [{ attributes: { type: "Account" }, Name: "Engines" }, { attributes: { type: "Account" } }] }
 *   })
 *   for (const { index, problems } of SalesforceErrors.failedItems(results)) yield* Effect.logWarning(index, problems)
 * })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const failedItems = (
  results: typeof Schemas.CollectionResult.Type
): ReadonlyArray<{ readonly index: number; readonly problems: ReadonlyArray<Problem> }> =>
  results.flatMap((result, index) => result.success ? [] : [{ index, problems: problemsOf(result.errors) }])

/**
 * The requests of a composite that were refused. The answer's own status is 200. With `allOrNone` that is all of them, and
 * those that were undone for another's sake say `PROCESSING_HALTED`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const failedSubrequests = (result: typeof Schemas.CompositeResult.Type): ReadonlyArray<{
  readonly referenceId: string
  readonly status: number
  readonly problems: ReadonlyArray<Problem>
}> =>
  result.compositeResponse.flatMap(({ body, httpStatusCode: status, referenceId }) =>
    status >= 200 && status < 300 ? [] : [{ problems: problemsOf(body), referenceId, status }]
  )
