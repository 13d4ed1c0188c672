/**
 * Reads how long a server asks to wait.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"

const months: Readonly<Record<string, number>> = {
  Jan: 0,
  Feb: 1,
  Mar: 2,
  Apr: 3,
  May: 4,
  Jun: 5,
  Jul: 6,
  Aug: 7,
  Sep: 8,
  Oct: 9,
  Nov: 10,
  Dec: 11
}

// RFC 9110 section 5.6.7: the three forms that a recipient must accept, all in GMT
const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const rfc850 =
  /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/

const utc = (
  year: number,
  month: string | undefined,
  day: string | undefined,
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined
): number | undefined => {
  const monthIndex = months[month ?? ""]
  if (monthIndex === undefined) return undefined
  // a leap second (60) rolls over into the next minute, which is what Date.UTC does
  const millis = Date.UTC(year, monthIndex, Number(day), Number(hour), Number(minute), Number(second))
  return Number.isNaN(millis) ? undefined : millis
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
  if (match !== null) return utc(Number(match[6]), match[1], match[2]?.trim(), match[3], match[4], match[5])
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
  if (/^\d+(\.\d+)?$/.test(text)) {
    const millis = Number(text) * 1000
    return Number.isFinite(millis) && millis <= Number.MAX_SAFE_INTEGER ? Duration.millis(millis) : undefined
  }
  const at = parseHttpDate(text, nowMillis)
  return at === undefined ? undefined : Duration.millis(Math.max(0, at - nowMillis))
}

/**
 * What the headers of a response ask for: `retry-after-ms` first (milliseconds, more exact), then `retry-after`.
 *
 * @since 0.1.0
 * @category parsing
 */
export const fromHeaders = (headers: Headers.Headers, nowMillis: number): Duration.Duration | undefined => {
  const inMillis = headers["retry-after-ms"]
  if (inMillis !== undefined && /^\d+(\.\d+)?$/.test(inMillis.trim())) return Duration.millis(Number(inMillis))
  const value = headers["retry-after"]
  return value === undefined ? undefined : parse(value, nowMillis)
}
