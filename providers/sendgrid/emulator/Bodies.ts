/**
 * SendGrid's own error bodies, for the emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

/**
 * An error body.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (message: string, field: string | null = null) => ({
  errors: [{ message, field, help: null }]
})

const messages: Readonly<Record<number, string>> = {
  401: "The provided authorization grant is invalid, expired, or revoked",
  403: "access forbidden",
  404: "resource not found",
  405: "method not allowed",
  408: "timeout",
  413: "request entity too large",
  429: "too many requests",
  500: "internal server error",
  503: "service unavailable"
}

/** Answered by the gateway in front of SendGrid, in HTML. */
const gateway: ReadonlySet<number> = new Set([502, 504])

/**
 * Any failure of the emulator, in SendGrid's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const ofFailure = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { issues, kind, status } = failure
  if (kind === "fault" && gateway.has(status)) {
    return {
      body: `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`,
      headers: { "content-type": "text/html" }
    }
  }
  if (issues.length > 0) {
    return { body: { errors: issues.map(({ message, path }) => ({ message, field: path, help: null })) } }
  }
  const own = kind === "handler" || kind === "malformed" || kind === "invalid" || kind === "defect"
  return { body: error(own ? failure.message : messages[status] ?? failure.message) }
}
