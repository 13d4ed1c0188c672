/**
 * Reads what the headers of an answer say of the provider's rate limit: how much of it is left, and until when.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import type * as Duration from "effect/Duration"
import * as RetryAfter from "./RetryAfter.js"

/**
 * What one answer says. Everything may be absent: providers say as much as they like.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reading {
  /** Requests that the quota allows in one of its windows. */
  readonly limit?: number | undefined
  /** Requests that are left of it. */
  readonly remaining?: number | undefined
  /** How long until there are more. */
  readonly resetAfter?: Duration.Duration | undefined
}

/**
 * Reads the headers of an answer; `undefined` when they say nothing of a rate limit. `nowMillis` is the wall clock, epoch
 * milliseconds, for a reset that is said as a point in time.
 *
 * @since 0.1.0
 * @category models
 */
export type Reader = (headers: Headers.Headers, nowMillis: number) => Reading | undefined

/** `100`, and the old `100, 100;w=60`, whose first number is the limit in force. */
const leadingNumber = /^\s*(\d+(?:\.\d+)?)\s*(?:[,;]|$)/

const number = (value: string | undefined): number | undefined => {
  const match = value === undefined ? null : leadingNumber.exec(value)
  return match === null ? undefined : Number(match[1])
}

/** The parts of a structured field between separators that stand outside of quotes. */
const split = (text: string, separator: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let from = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quoted && character === "\\") i++
    else if (character === "\"") quoted = !quoted
    else if (character === separator && !quoted) {
      parts.push(text.slice(from, i).trim())
      from = i + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts
}

interface Item {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
}

/** `"burst";q=100;w=60, "daily";q=1000;w=86400` */
const items = (value: string): ReadonlyArray<Item> =>
  split(value, ",").map((member) => {
    const [name = "", ...rest] = split(member, ";")
    return {
      name,
      parameters: new Map(rest.map((parameter) => {
        const at = parameter.indexOf("=")
        return at < 0 ? [parameter, ""] : [parameter.slice(0, at), parameter.slice(at + 1)]
      }))
    }
  })

/** `limit=100, remaining=50, reset=5`: what the field was for a while. */
const dictionary = (value: string, nowMillis: () => number): Reading | undefined => {
  const members = new Map(
    split(value, ",").map((member) => {
      const [name = "", text = ""] = split(member, "=")
      return [name, text]
    })
  )
  return reading(members.get("limit"), members.get("remaining"), members.get("reset"), nowMillis)
}

/** The strictest of the quotas that the field names, where it counts requests. */
const structured = (field: string, policy: string | undefined, nowMillis: () => number): Reading | undefined => {
  const policies = new Map(
    policy === undefined ? [] : items(policy).map(({ name, parameters }) => [name, parameters] as const)
  )
  let strictest: Reading & { readonly remaining: number } | undefined
  for (const { name, parameters } of items(field)) {
    const remaining = number(parameters.get("r"))
    const unit = policies.get(name)?.get("qu")
    if (remaining === undefined || unit !== undefined && unit !== "\"requests\"") continue
    if (strictest !== undefined && strictest.remaining <= remaining) continue
    const reset = number(parameters.get("t"))
    strictest = {
      limit: number(policies.get(name)?.get("q")),
      remaining,
      resetAfter: reset === undefined ? undefined : RetryAfter.fromSeconds(reset)
    }
  }
  return strictest ?? dictionary(field, nowMillis)
}

const reading = (
  limit: string | undefined,
  remaining: string | undefined,
  reset: string | undefined,
  nowMillis: () => number
): Reading | undefined => {
  const read: Reading = {
    limit: number(limit),
    remaining: number(remaining),
    resetAfter: reset === undefined ? undefined : RetryAfter.parseReset(reset, nowMillis())
  }
  return read.limit === undefined && read.remaining === undefined && read.resetAfter === undefined ? undefined : read
}

/** The clock that made the dates of an answer. */
const clockOf = (headers: Headers.Headers, nowMillis: number): number =>
  headers.date === undefined ? nowMillis : RetryAfter.parseHttpDate(headers.date.trim(), nowMillis) ?? nowMillis

const fields = [
  ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
  ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
  ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"]
] as const

/**
 * What the usual headers say, the first of these that is there: the IETF's `RateLimit` with `RateLimit-Policy` (where it
 * names several quotas, the one with the least left), its older `RateLimit-Limit`, `-Remaining`, `-Reset`, and the same three
 * as `X-RateLimit-…` and `X-Rate-Limit-…`.
 * A reset may be said in any form of `RetryAfter.parseReset`;
 * a point in time is compared with the `Date` of the answer, where it has one, so that a wrong clock on this side does no
 * harm.
 *
 * @example
 * ```ts
 * import { Headers } from "@effect/platform"
 * import { RateLimitHeaders } from "holdfast"
 *
 * RateLimitHeaders.read(
 *   Headers.fromInput({ "x-ratelimit-limit": "100", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "30" }),
 *   Date.now()
 * ) // { limit: 100, remaining: 7, resetAfter: 30 seconds }
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const read: Reader = (headers, nowMillis) => {
  const clock = () => clockOf(headers, nowMillis)
  const field = headers.ratelimit
  if (field !== undefined) {
    const said = structured(field, headers["ratelimit-policy"], clock)
    if (said !== undefined) return said
  }
  for (const [limit, remaining, reset] of fields) {
    if (headers[remaining] === undefined && headers[limit] === undefined && headers[reset] === undefined) continue
    const said = reading(headers[limit], headers[remaining], headers[`${reset}-after`] ?? headers[reset], clock)
    if (said !== undefined) return said
  }
  return undefined
}
