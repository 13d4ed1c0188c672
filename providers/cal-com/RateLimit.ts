/**
 * What Cal.com's answers say of the rate limit.
 *
 * Source: https://www.mintlify.com/calcom/cal.com/api/rate-limits, and the headers that are observed: the documented names with
 * `-Default` after them, or with the name of a limit of one's own.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import type * as Duration from "effect/Duration"
import { type RateLimitHeaders, RetryAfter } from "holdfast"

const whole = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d+\s*$/.test(value) ? Number(value) : undefined

/** The limit that has the least left. */
const strictest = (headers: Headers.Headers) => {
  const found = Object.keys(headers).flatMap((name) => {
    const suffix = /^x-ratelimit-remaining(|-.+)$/.exec(name)?.[1]
    const remaining = whole(headers[name])
    return suffix === undefined || remaining === undefined ? [] : [{ remaining, suffix }]
  })
  return found.sort((one, other) => one.remaining - other.remaining)[0]
}

/**
 * @since 0.1.0
 * @category parsing
 */
export const read: RateLimitHeaders.Reader = (headers, nowMillis) => {
  const limit = strictest(headers)
  if (limit === undefined) return undefined
  const { remaining, suffix } = limit
  const reset = headers[`x-ratelimit-reset${suffix}`]
  return {
    limit: whole(headers[`x-ratelimit-limit${suffix}`]),
    remaining,
    resetAfter: reset === undefined ? undefined : RetryAfter.parseReset(reset, nowMillis)
  }
}

/**
 * How long a 429 is to be waited out: `Retry-After`, also with the name of the limit behind it, or what the limit that is used up
 * says of its reset.
 *
 * @since 0.1.0
 * @category parsing
 */
export const retryAfter = (headers: Headers.Headers, nowMillis: number): Duration.Duration | undefined => {
  const named = Object.keys(headers).find((name) => /^retry-after(?:-[a-z].*)?$/.test(name))
  const said = named === undefined ? undefined : RetryAfter.parse(headers[named] ?? "", nowMillis)
  return said ?? read(headers, nowMillis)?.resetAfter
}
