/**
 * Crisp's own error bodies, for the emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

/** Crisp has no list of its reasons. Those of 409, of the quota and of failures are the emulator's own. */
const reasons: Readonly<Record<number, string>> = {
  400: "invalid_data",
  401: "invalid_session",
  402: "subscription_upgrade_required",
  403: "not_allowed",
  404: "not_found",
  405: "method_not_allowed",
  409: "already_exists",
  420: "rate_limited",
  429: "rate_limited",
  500: "server_error",
  503: "service_unavailable"
}

/**
 * An error in Crisp's words: `Faults.status(404, { body: Bodies.body(404) })`; inside a 2xx,
 * `Faults.status(200, { body: Bodies.body(404) })`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (status: number, message?: string, reason = reasons[status] ?? "error") => ({
  error: true,
  reason,
  data: message === undefined ? {} : { message }
})

/**
 * The body of the 429 for the quota of the day.
 *
 * @since 0.1.0
 * @category bodies
 */
export const quota = body(429, undefined, "quota_limit_exceeded")

/**
 * Any failure of the emulator, in Crisp's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = ({ kind, message, quota: limit, status }: Emulator.Failure): Emulator.ErrorAnswer => {
  if (limit?.quota.name === "day") return { body: quota }
  if (kind === "rateLimit") return { body: body(420), status: 420 }
  return { body: body(status, kind === "fault" ? undefined : message) }
}
