/**
 * What Yelp's answers say of the limit of the day.
 *
 * Source: https://docs.developer.yelp.com/docs/places-rate-limiting
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import { type RateLimitHeaders, RetryAfter } from "holdfast"

const whole = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d+\s*$/.test(value) ? Number(value) : undefined

const least = (...numbers: ReadonlyArray<number | undefined>): number | undefined => {
  const known = numbers.filter((one) => one !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** The day of the limit ends at midnight, UTC. */
const untilMidnight = (nowMillis: number): Duration.Duration => {
  const now = DateTime.unsafeMake(nowMillis)
  return DateTime.distanceDuration(now, DateTime.startOf(DateTime.add(now, { days: 1 }), "day"))
}

/**
 * How long until the day of the limit ends: `RateLimit-ResetTime`, an instant; midnight, UTC, where that cannot be read.
 *
 * @since 0.1.0
 * @category parsing
 */
export const untilReset = (headers: Headers.Headers, nowMillis: number): Duration.Duration => {
  const reset = headers["ratelimit-resettime"]
  return (reset === undefined ? undefined : RetryAfter.parseReset(reset, nowMillis)) ?? untilMidnight(nowMillis)
}

/**
 * What is left of the day, for the key and, where Yelp says that too, for what was asked. With nothing left the limiter holds
 * everybody until the reset.
 *
 * @since 0.1.0
 * @category parsing
 */
export const read: RateLimitHeaders.Reader = (headers, nowMillis) => {
  const remaining = least(whole(headers["ratelimit-remaining"]), whole(headers["ratelimit-resourceremaining"]))
  return remaining === undefined ? undefined : {
    limit: least(whole(headers["ratelimit-dailylimit"]), whole(headers["ratelimit-resourcedailylimit"])),
    remaining,
    resetAfter: untilReset(headers, nowMillis)
  }
}
