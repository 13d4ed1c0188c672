/** Values as people read them, and as they write them. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const

/** The two largest units: `3h 12m`. */
export const duration = (input: Duration.Duration): string => {
  const millis = Duration.toMillis(input)
  if (!Number.isFinite(millis)) return "for ever"
  if (millis < 1000) return `${Math.round(millis)}ms`
  const first = units.findIndex(([, size]) => millis >= size)
  let left = millis
  const parts: Array<string> = []
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(left / size)
    if (count > 0) parts.push(`${count}${name}`)
    left -= count * size
  }
  return parts.join(" ")
}

/** The largest unit alone, for tables: `3h`. */
export const shortAge = (at: DateTime.Utc, now: DateTime.Utc): string => age(at, now).split(" ")[0] ?? ""

export const age = (at: DateTime.Utc, now: DateTime.Utc): string =>
  duration(Duration.millis(Math.max(0, DateTime.toEpochMillis(now) - DateTime.toEpochMillis(at))))

export const time = (at: DateTime.Utc): string => DateTime.formatIso(at)

export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

const millisOf: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  ms: 1,
  s: 1000,
  w: 604_800_000
}

/** `90m`, `7d`, `2 hours`. */
export const parseDuration = (text: string): Option.Option<Duration.Duration> => {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?) ?(ms|[smhdw])$/.exec(text.trim()) ?? []
  if (amount !== undefined) return Option.some(Duration.millis(Number(amount) * (millisOf[unit] ?? 1)))
  return Duration.decodeUnknown(text.trim())
}

/** A date (`2026-11-26`, `2026-11-26T08:00:00Z`), or how long ago (`2h`). */
export const parseMoment = (text: string, now: DateTime.Utc): Option.Option<DateTime.Utc> =>
  Option.orElse(
    Option.map(parseDuration(text), (ago) => DateTime.subtractDuration(now, ago)),
    () => /^\d{4}-/.test(text.trim()) ? DateTime.make(text.trim()) : Option.none()
  )
