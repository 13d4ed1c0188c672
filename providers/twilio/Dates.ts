/**
 * The dates of Twilio's 2010 API, which are those of e-mail.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import type * as Option from "effect/Option"

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const rfc2822 = /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/

const two = (value: number): string => String(value).padStart(2, "0")

/**
 * `Thu, 24 Aug 2023 05:01:45 +0000` as a time; none where it is no such date.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parse = (text: string): Option.Option<DateTime.Utc> => {
  const [, day, month, year, hour, minute, second, sign, hours, minutes] = rfc2822.exec(text) ?? []
  const index = months.indexOf(month ?? "")
  // what is no date is none for DateTime either
  return DateTime.make(
    index < 0
      ? Number.NaN
      : `${year}-${two(index + 1)}-${two(Number(day))}T${hour}:${minute}:${second}${sign}${hours}:${minutes}`
  )
}

/**
 * A time as Twilio writes it.
 *
 * @since 0.1.0
 * @category formatting
 */
export const format = (time: DateTime.DateTime): string => {
  const { day, hours, minutes, month, seconds, weekDay, year } = DateTime.toPartsUtc(time)
  return `${days[weekDay]}, ${two(day)} ${months[month - 1]} ${year} ${two(hours)}:${two(minutes)}:${
    two(seconds)
  } +0000`
}
