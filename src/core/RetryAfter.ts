/**
 * Reads how long a server asks to wait, in whatever form it says so.
 *
 * All functions are pure and total: what cannot be read is `undefined`, never an error and never a wait that was made
 * up. A time in the past is a wait of zero, and no wait is longer than `maximum`.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"

/**
 * No wait that is read here is longer: 365 days. Whoever is told to wait so long will not be waiting, and the number
 * can still be added to a clock and stored.
 *
 * @since 0.1.0
 * @category constants
 */
export const maximum: Duration.Duration = Duration.days(365)

const maximumMillis = Duration.toMillis(maximum)

const wait = (millis: number): Duration.Duration => Duration.millis(Math.min(Math.max(0, millis), maximumMillis))

/** A number too large to be meant is no number. */
const amount = (millis: number): Duration.Duration | undefined =>
  millis >= 0 && millis <= Number.MAX_SAFE_INTEGER ? wait(millis) : undefined

const decimal = /^\d+(\.\d+)?$/

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

// RFC 9110 section 5.6.7: the three forms that a recipient must accept, all in GMT
const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const rfc850 =
  /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/

const utc = (
  year: number,
  monthName: string | undefined,
  dayText: string | undefined,
  hourText: string | undefined,
  minuteText: string | undefined,
  secondText: string | undefined
): number | undefined => {
  const month = months.indexOf(monthName ?? "")
  const day = Number(dayText)
  const hour = Number(hourText)
  const minute = Number(minuteText)
  const second = Number(secondText)
  // 60 is a leap second, which Date.UTC rolls over into the next minute
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined
  // the last day of a month is the day before the first of the next
  if (day < 1 || day > new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) return undefined
  return Date.UTC(year, month, day, hour, minute, second)
}

/**
 * An HTTP-date in any of its three forms, as epoch milliseconds; `undefined` when it is none of them.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseHttpDate = (text: string, nowMillis: number): number | undefined => {
  let match = imfFixdate.exec(text)
  if (match !== null) return utc(Number(match[3]), match[2], match[1], match[4], match[5], match[6])
  match = rfc850.exec(text)
  if (match !== null) {
    // two-digit years more than 50 years ahead are in the past
    const thisYear = new Date(nowMillis).getUTCFullYear()
    let year = Math.floor(thisYear / 100) * 100 + Number(match[3])
    if (year > thisYear + 50) year -= 100
    return utc(year, match[2], match[1], match[4], match[5], match[6])
  }
  match = asctime.exec(text)
  if (match !== null) return utc(Number(match[6]), match[1], match[2], match[3], match[4], match[5])
  return undefined
}

/**
 * The value of a `Retry-After` header: seconds (also fractions), or an HTTP-date. A date in the past is a wait of zero.
 * `undefined` when the value is neither.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (value: string, nowMillis: number): Duration.Duration | undefined => {
  const text = value.trim()
  if (decimal.test(text)) return amount(Number(text) * 1000)
  const at = parseHttpDate(text, nowMillis)
  return at === undefined ? undefined : wait(at - nowMillis)
}

/**
 * A number of seconds that a provider puts into its body or into a header of its own: a number, or digits. `undefined`
 * for anything else, so that a classifier can hand over what it finds.
 *
 * @example
 * ```ts
 * import { type Classification, RetryAfter } from "holdfast"
 *
 * const classify: Classification.Classifier = ({ body, status }) =>
 *   status === 429 && typeof body === "object" && body !== null && "retry_after" in body
 *     ? { retryAfter: RetryAfter.fromSeconds(body.retry_after) }
 *     : undefined
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromSeconds = (value: unknown): Duration.Duration | undefined =>
  typeof value === "number"
    ? amount(value * 1000)
    : typeof value === "string" && decimal.test(value.trim())
    ? amount(Number(value) * 1000)
    : undefined

const fromMillis = (value: string | undefined): Duration.Duration | undefined =>
  value !== undefined && decimal.test(value.trim()) ? amount(Number(value)) : undefined

/**
 * The server's own clock where it sent it: a date is compared with the clock that made it, so that a wrong clock on this
 * side makes no wait longer or shorter.
 */
const clockOfServer = (headers: Headers.Headers, nowMillis: number): number =>
  headers.date === undefined ? nowMillis : parseHttpDate(headers.date.trim(), nowMillis) ?? nowMillis

/**
 * What the headers of a response ask for in so many words: `retry-after-ms`, `x-amz-retry-after` (both milliseconds, and
 * more exact), then `retry-after`. A value that cannot be read is passed over. Dates are compared with the `date` of the
 * response, where it has one.
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromHeaders = (headers: Headers.Headers, nowMillis: number): Duration.Duration | undefined => {
  const exact = fromMillis(headers["retry-after-ms"]) ?? fromMillis(headers["x-amz-retry-after"])
  if (exact !== undefined) return exact
  const value = headers["retry-after"]
  return value === undefined ? undefined : parse(value, clockOfServer(headers, nowMillis))
}

const protobufDuration = /^(\d+(?:\.\d{1,9})?)s$/

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : {}

/**
 * What the body of an error asks for, where its form is a standard one: the `RetryInfo` of Google's `google.rpc.Status`,
 * `{ "error": { "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s" }] } }`. A hint
 * of a provider's own is for its classifier to read (`fromSeconds`).
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromBody = (body: unknown): Duration.Duration | undefined => {
  const status = record(body)
  const details = record(status.error).details ?? status.details
  if (!Array.isArray(details)) return undefined
  for (const detail of details) {
    const { "@type": type, retryDelay } = record(detail)
    if (type !== "type.googleapis.com/google.rpc.RetryInfo" || typeof retryDelay !== "string") continue
    const match = protobufDuration.exec(retryDelay)
    if (match !== null) return amount(Number(match[1]) * 1000)
  }
  return undefined
}

// 2024-01-01 and 2100-01-01: no reset is meant to be before the one or after the other
const earliestEpoch = 1_704_067_200
const latestEpoch = 4_102_444_800
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/
const spelledOut = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/

const isEpoch = (seconds: number): boolean => seconds >= earliestEpoch && seconds < latestEpoch

/**
 * The value of a reset header, by whatever convention: seconds until then, epoch seconds, epoch milliseconds, an
 * HTTP-date, an ISO 8601 instant with its zone, or a duration such as `6m0s`. Numbers are told apart by size: an epoch
 * lies between the years 2024 and 2100, and a number of seconds is at most a year's worth. `undefined` for whatever is
 * none of them; zero for a time in the past.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseReset = (value: string, nowMillis: number): Duration.Duration | undefined => {
  const text = value.trim()
  if (decimal.test(text)) {
    const number = Number(text)
    if (isEpoch(number / 1000)) return wait(number - nowMillis)
    if (isEpoch(number)) return wait(number * 1000 - nowMillis)
    return number * 1000 <= maximumMillis ? wait(number * 1000) : undefined
  }
  if (instant.test(text)) {
    const at = Date.parse(text)
    return Number.isNaN(at) ? undefined : wait(at - nowMillis)
  }
  const parts = text === "" ? null : spelledOut.exec(text)
  if (parts !== null) {
    const [hours, minutes, seconds, millis] = parts.slice(1).map((part) => Number(part ?? 0)) as [
      number,
      number,
      number,
      number
    ]
    return amount(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
  }
  const at = parseHttpDate(text, nowMillis)
  return at === undefined ? undefined : wait(at - nowMillis)
}

/**
 * One limit of a `RateLimit` field.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limit {
  /** Quota left. */
  readonly remaining: number | undefined
  /** Seconds until there is more. */
  readonly reset: number | undefined
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && decimal.test(text) ? Number(text) : undefined

/**
 * The limits of a `RateLimit` header field: the list of the IETF draft, `"burst";r=0;t=30, "daily";r=700`, and the one
 * limit of its older form, `limit=100, remaining=0, reset=30`.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseRateLimit = (value: string): ReadonlyArray<Limit> => {
  const limits: Array<Limit> = []
  const older = new Map<string, string>()
  // names are strings, which may hold any of the separators
  for (const member of value.replace(/"(?:[^"\\]|\\.)*"/g, "name").split(",")) {
    const [name, ...parameters] = member.split(";").map((part) => part.trim())
    const pair = /^([a-z]+)=(.*)$/.exec(name ?? "")
    if (pair !== null) older.set(pair[1]!, pair[2]!)
    const of = new Map(parameters.map((parameter) => parameter.split("=", 2) as [string, string | undefined]))
    if (of.has("r")) limits.push({ remaining: numberOf(of.get("r")), reset: numberOf(of.get("t")) })
  }
  if (older.has("remaining")) {
    limits.push({ remaining: numberOf(older.get("remaining")), reset: numberOf(older.get("reset")) })
  }
  return limits
}

const resetFields = [
  ["ratelimit-remaining", "ratelimit-reset"],
  ["x-ratelimit-remaining", "x-ratelimit-reset-after"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
  ["x-rate-limit-remaining", "x-rate-limit-reset"]
] as const

/**
 * How long until a quota that is used up is there again, from the `RateLimit` field, or from a pair such as
 * `x-ratelimit-remaining` and `x-ratelimit-reset` (also without `x-`). `undefined` where quota remains: then it was not
 * this limit that was hit. For the answer to a request that was refused for its rate: other answers carry these headers
 * too, and ask for nothing.
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromReset = (headers: Headers.Headers, nowMillis: number): Duration.Duration | undefined => {
  const field = headers.ratelimit
  if (field !== undefined) {
    const seconds = parseRateLimit(field)
      .filter(({ remaining, reset }) => remaining === 0 && reset !== undefined)
      .map(({ reset }) => reset!)
    if (seconds.length > 0) return amount(Math.max(...seconds) * 1000)
  }
  const now = clockOfServer(headers, nowMillis)
  for (const [remaining, reset] of resetFields) {
    const value = headers[reset]
    // where it is not said what remains, the refusal itself says it
    if (value === undefined || Number.parseFloat(headers[remaining] ?? "0") > 0) continue
    const duration = parseReset(value, now)
    if (duration !== undefined) return duration
  }
  return undefined
}

/**
 * Whatever a refusal says about when to come back: its headers, else its body, else, where it was refused for its rate,
 * the reset of the quota that is used up.
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromResponse = (
  response: { readonly headers: Headers.Headers; readonly body: unknown; readonly nowMillis: number },
  options: { readonly rateLimited: boolean }
): Duration.Duration | undefined =>
  fromHeaders(response.headers, response.nowMillis) ?? fromBody(response.body) ??
    (options.rateLimited ? fromReset(response.headers, response.nowMillis) : undefined)
