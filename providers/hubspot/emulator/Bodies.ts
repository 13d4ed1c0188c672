/**
 * HubSpot's own error bodies, for the emulator.
 *
 * Source: https://developers.hubspot.com/docs/api-reference/error-handling and the usage guidelines.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"

const categories: Readonly<Record<number, string>> = {
  400: "VALIDATION_ERROR",
  401: "INVALID_AUTHENTICATION",
  403: "MISSING_SCOPES",
  404: "OBJECT_NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  409: "CONFLICT"
}

const messages: Readonly<Record<number, string>> = {
  400: "Invalid input (details will vary based on the error)",
  401:
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details " +
    "at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
  403: "This app hasn't been granted all required scopes to make this call.",
  404: "resource not found",
  409: "the resource is in conflict",
  423: "The resource is locked, try again in two seconds",
  477: "Migration in progress",
  500: "internal error",
  503: "Service temporarily unavailable"
}

/** Answered by the gateway in front of HubSpot, in HTML. */
const gateway: ReadonlySet<number> = new Set([502, 504, 521, 522, 523, 524, 525, 526])

/**
 * The body of a 429. `policyName` is `DAILY`, `TEN_SECONDLY_ROLLING` or `SECONDLY` (search).
 *
 * @since 0.1.0
 * @category bodies
 */
export const rateLimit = (policyName: string, requestId = "00000000-0000-4000-8000-000000000000") => ({
  status: "error",
  message: `You have reached your ${policyName.toLowerCase()} limit.`,
  errorType: "RATE_LIMIT",
  correlationId: requestId,
  policyName,
  requestId
})

/**
 * The body of a 403 for scopes that the token lacks.
 *
 * @since 0.1.0
 * @category bodies
 */
export const missingScopes = (scopes: ReadonlyArray<string>, requestId = "00000000-0000-4000-8000-000000000000") => ({
  status: "error",
  message: messages[403],
  correlationId: requestId,
  errors: [{
    message: "One or more of the following scopes are required.",
    context: { requiredGranularScopes: scopes }
  }],
  links: { scopes: "https://developers.hubspot.com/scopes" },
  category: "MISSING_SCOPES"
})

/**
 * Any failure of the emulator, in HubSpot's words.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  const { requestId, status } = failure
  const injected = failure.kind === "fault"
  if (failure.kind === "rateLimit" || (injected && status === 429)) {
    return { body: rateLimit(failure.quota?.quota.name ?? "TEN_SECONDLY_ROLLING", requestId) }
  }
  if (injected && gateway.has(status)) {
    return {
      body: `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`,
      headers: { "content-type": "text/html" }
    }
  }
  if (injected && status === 403) return { body: missingScopes(["crm.objects.contacts.write"], requestId) }
  const own = failure.kind === "handler" || failure.kind === "malformed" || failure.kind === "invalid" ||
    failure.kind === "defect"
  const category = failure.code ?? categories[status]
  return {
    body: {
      status: "error",
      message: own ? failure.message : messages[status] ?? failure.message,
      correlationId: requestId,
      ...(category === undefined ? undefined : { category }),
      ...(failure.issues.length === 0 ? undefined : {
        errors: failure.issues.map((issue) => ({
          message: issue.message,
          in: issue.path,
          context: { propertyName: [issue.path] }
        }))
      }),
      ...failure.details
    }
  }
}
