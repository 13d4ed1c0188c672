/**
 * What the ERP's faults say. They are in the body, whatever the status is.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { Body, type Classification } from "holdfast"

const tags: Readonly<Record<string, Classification.Classification>> = {
  "ERP-100": { tag: "ValidationError" },
  "ERP-200": { tag: "NotFoundError" },
  "ERP-300": { tag: "ConflictError" },
  // somebody has the record open on a screen
  "ERP-310": { retryable: true, retryAfter: Duration.seconds(5), tag: "ConflictError" },
  "ERP-400": { tag: "AuthenticationError" },
  "ERP-410": { tag: "AuthorizationError" },
  "ERP-500": { retryable: true, tag: "ServerError" },
  "ERP-900": { retryable: true, tag: "ServerError" },
  // licences, of which each open request has one
  "ERP-910": { retryAfter: Duration.seconds(2), tag: "RateLimitError" }
}

/**
 * A fault is one also where the status is 200. `ERP-900` is the closing of the day: it says in how many seconds the system
 * is open again.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: Classification.Classifier = ({ body, status }) => {
  const fault = Body.record(Body.record(body)?.fault)
  if (fault === undefined) return undefined
  const code = typeof fault.code === "string" ? fault.code : undefined
  const seconds = fault.retryAfterSeconds
  return {
    // a fault with a code that nobody knows is not a success
    tag: status < 400 ? "ServerError" : undefined,
    ...tags[code ?? ""],
    code,
    message: typeof fault.text === "string" ? fault.text : undefined,
    ...(typeof seconds === "number" && seconds > 0 ? { retryAfter: Duration.seconds(seconds) } : undefined)
  }
}
