/**
 * Cal.com's error bodies, as the emulator writes them.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

const codes: Readonly<Record<number, string>> = {
  400: "BadRequestException",
  401: "UnauthorizedException",
  403: "ForbiddenException",
  404: "NotFoundException",
  409: "ConflictException",
  422: "UnprocessableEntityException",
  429: "ThrottlerException",
  500: "InternalServerErrorException",
  503: "ServiceUnavailableException"
}

const messages: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Invalid API Key",
  403: "Forbidden",
  404: "Not Found",
  429: "ThrottlerException: Too Many Requests",
  500: "Internal server error",
  503: "Service Unavailable"
}

/**
 * An error in Cal.com's words: `Faults.status(404, { body: Bodies.body(404) })`.
 *
 * @since 0.1.0
 * @category bodies
 */
export const body = (status: number, message?: string, details?: unknown) => ({
  status: "error",
  timestamp: "2026-01-01T00:00:00.000Z",
  path: "/v2/bookings",
  error: {
    code: codes[status] ?? "HttpException",
    message: message ?? messages[status] ?? `HTTP ${status}`,
    ...(details === undefined ? undefined : { details })
  }
})

/**
 * The body of the refusal of a time that is not free.
 *
 * @since 0.1.0
 * @category bodies
 */
export const taken = body(400, "User either already has booking at this time or is not available")

/**
 * Any failure of the emulator, in Cal.com's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = ({ issues, kind, message, quota, status }: Emulator.Failure): Emulator.ErrorAnswer => ({
  body: body(
    status,
    kind === "handler" || kind === "defect" ? message : undefined,
    issues.length === 0 ? undefined : {
      errors: issues.map((issue) => ({ constraints: { isValid: issue.message }, property: issue.path }))
    }
  ),
  ...(quota === undefined
    ? undefined
    : { headers: { "retry-after-default": String(Math.ceil(quota.waitMillis / 1000)) } })
})
