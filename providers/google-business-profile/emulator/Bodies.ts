/**
 * Google's error bodies.
 *
 * @since 0.1.0
 */
import { RpcErrors } from "holdfast/testing"

const quota = (limit: string) =>
  RpcErrors.status(429, `Quota exceeded for requests per minute, which is ${limit}`, [
    RpcErrors.errorInfo("RATE_LIMIT_EXCEEDED", { quota_limit_value: limit, service: "mybusiness.googleapis.com" })
  ])

/**
 * With 429: more than 300 requests in a minute.
 *
 * @since 0.1.0
 * @category bodies
 */
export const tooMany = quota("300")

/**
 * With 429: the project has not been approved.
 *
 * @since 0.1.0
 * @category bodies
 */
export const notApproved = quota("0")

/**
 * With 403: an API of these that is not enabled in the project.
 *
 * @since 0.1.0
 * @category bodies
 */
export const disabled = RpcErrors.status(403, "the API has not been used in this project before, or is disabled", [
  RpcErrors.errorInfo("SERVICE_DISABLED", { service: "mybusinessaccountmanagement.googleapis.com" })
])

/**
 * With 400: a location that nobody has verified.
 *
 * @since 0.1.0
 * @category bodies
 */
export const unverified = RpcErrors.status(400, "the location is not verified", [], "FAILED_PRECONDITION")
