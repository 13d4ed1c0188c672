/**
 * Calendly's own error bodies, for the emulator.
 *
 * Source: the errors of Calendly's OpenAPI document.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

const titles: Readonly<Record<number, string>> = {
  400: "Invalid Argument",
  401: "Unauthenticated",
  403: "Permission Denied",
  404: "Resource Not Found",
  405: "Method Not Allowed",
  409: "Already Exists",
  424: "External Calendar Error",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable"
}

const messages: Readonly<Record<number, string>> = {
  400: "The supplied parameters are invalid.",
  401: "The access token is invalid",
  403: "You do not have permission to access this resource.",
  404: "The server could not find the requested resource.",
  409: "The resource exists already.",
  424: "The external calendar did not answer.",
  429: "The rate limit has been exceeded.",
  500: "The server encountered an unexpected condition that prevented it from fulfilling the request.",
  503: "The server cannot answer for the moment."
}

/**
 * What is wrong with one parameter.
 *
 * @since 0.1.0
 * @category models
 */
export interface Detail {
  readonly parameter: string
  readonly message: string
  readonly code?: string
}

/**
 * An error in Calendly's words: `Faults.status(404, { body: Bodies.body(404) })`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (status: number, message?: string, details: ReadonlyArray<Detail> = []) => ({
  title: titles[status] ?? "Error",
  message: message ?? messages[status] ?? `HTTP ${status}`,
  ...(details.length === 0 ? undefined : { details })
})

/**
 * The body of the 400 for a time that somebody else has booked meanwhile.
 *
 * @since 0.1.0
 * @category bodies
 */
export const alreadyFilled = body(400, undefined, [
  { parameter: "start_time", message: "is no longer available", code: "already_filled" }
])

/**
 * Any failure of the emulator, in Calendly's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { code, issues, kind, message, status } = failure
  if (code === "already_filled") return { body: alreadyFilled }
  const details = issues.map((issue) => ({ parameter: issue.path, message: issue.message }))
  return { body: body(status, kind === "handler" || kind === "defect" ? message : undefined, details) }
}
