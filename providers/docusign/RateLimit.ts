/**
 * What DocuSign's answers say of its two rate limits.
 *
 * @since 0.1.0
 */
import { RateLimitHeaders } from "holdfast"
import { burstWindow } from "./Errors.js"

const whole = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d+\s*$/.test(value) ? Number(value) : undefined

/**
 * That of the hour (`X-RateLimit-…`, which all programs on the account use up together) or that of the half minute
 * (`X-BurstLimit-…`, which has no reset), whichever has less left.
 *
 * @since 0.1.0
 * @category parsing
 */
export const read: RateLimitHeaders.Reader = (headers, nowMillis) => {
  const hourly = RateLimitHeaders.read(headers, nowMillis)
  const remaining = whole(headers["x-burstlimit-remaining"])
  if (remaining === undefined || hourly?.remaining !== undefined && hourly.remaining <= remaining) return hourly
  return { limit: whole(headers["x-burstlimit-limit"]), remaining, resetAfter: burstWindow }
}
