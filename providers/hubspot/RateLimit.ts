/**
 * What HubSpot's answers say of its rate limit.
 *
 * @since 0.1.0
 */
import type { RateLimitHeaders } from "holdfast"

const whole = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d+\s*$/.test(value) ? Number(value) : undefined

/**
 * What is left of the ten seconds, of which other programs on the same account may have used some: the limiter then has no
 * more tokens than that. The window rolls, so that nobody can say when it is whole again: tokens drip in at the rate of the
 * policy, as they come back at HubSpot. What is left of the day is not read: the last requests of a day are as good as the
 * first. The answers to searches say nothing.
 *
 * @since 0.1.0
 * @category parsing
 */
export const read: RateLimitHeaders.Reader = (headers) => {
  const remaining = whole(headers["x-hubspot-ratelimit-remaining"])
  return remaining === undefined ? undefined : { limit: whole(headers["x-hubspot-ratelimit-max"]), remaining }
}
