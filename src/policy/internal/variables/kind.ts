/**
 * What the text of a variable may be: how it is read, how it is written, and what is said of it to whoever got it wrong.
 */
import * as Duration from "effect/Duration"

export interface Kind<A> {
  /** Goes on from "it must be". */
  readonly allowed: string
  readonly example: string
  /** `undefined`: not allowed. */
  readonly parse: (text: string) => A | undefined
  /** A value of the options, which may also come from code; `undefined`: not of this kind. */
  readonly render: (value: unknown) => string | undefined
}

const numeral = /^\d+(\.\d+)?$/

const numberIn = (
  allowed: string,
  example: string,
  isAllowed: (value: number) => boolean
): Kind<number> => ({
  allowed,
  example,
  parse: (text) => numeral.test(text) && isAllowed(Number(text)) ? Number(text) : undefined,
  render: (value) => typeof value === "number" && isAllowed(value) ? String(value) : undefined
})

export const whole = (from: number, example: string, upTo = Number.MAX_SAFE_INTEGER): Kind<number> =>
  numberIn(
    upTo === Number.MAX_SAFE_INTEGER ? `a whole number from ${from} up` : `a whole number from ${from} to ${upTo}`,
    example,
    (value) => Number.isSafeInteger(value) && value >= from && value <= upTo
  )

export const atLeast = (from: number, example: string): Kind<number> =>
  numberIn(`a number from ${from} up`, example, (value) => Number.isFinite(value) && value >= from)

export const positive = (example: string): Kind<number> =>
  numberIn("a number above 0", example, (value) => Number.isFinite(value) && value > 0)

/** Above 0, and up to 1. */
export const part = (example: string): Kind<number> =>
  numberIn("a share above 0 and up to 1", example, (value) => value > 0 && value <= 1)

/** Between 0 and 1. */
export const remainder = (example: string): Kind<number> =>
  numberIn("a share above 0 and below 1", example, (value) => value > 0 && value < 1)

/** From 0 to 1. */
export const share = (example: string): Kind<number> =>
  numberIn("a share from 0 to 1", example, (value) => value >= 0 && value <= 1)

const units = [
  ["weeks", 604_800_000],
  ["days", 86_400_000],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["seconds", 1_000]
] as const

const renderDuration = (value: unknown): string | undefined => {
  const decoded = Duration.decodeUnknown(value)
  if (decoded._tag === "None" || !Duration.isFinite(decoded.value)) return undefined
  const millis = Duration.toMillis(decoded.value)
  if (!Number.isInteger(millis)) return `${Duration.unsafeToNanos(decoded.value)} nanos`
  for (const [unit, size] of units) {
    if (millis === size) return `1 ${unit.slice(0, -1)}`
    if (millis > size && millis % size === 0) return `${millis / size} ${unit}`
  }
  return `${millis} millis`
}

const durationWhere = (
  allowed: string,
  example: string,
  isAllowed: (millis: number) => boolean
): Kind<Duration.Duration> => ({
  allowed,
  example,
  parse: (text) => {
    if (!/^\d/.test(text)) return undefined
    const decoded = Duration.decodeUnknown(text)
    if (decoded._tag === "None") return undefined
    const millis = Duration.toMillis(decoded.value)
    if (!(isAllowed(millis) && Number.isFinite(millis))) return undefined
    // the same time has one form, however it was written
    return Number.isInteger(millis) ? Duration.millis(millis) : decoded.value
  },
  render: renderDuration
})

const amount = "a number and its unit (millis, seconds, minutes, hours, days)"

/** Longer than nothing. */
export const duration = (example: string): Kind<Duration.Duration> =>
  durationWhere(`a time above 0: ${amount}`, example, (millis) => millis > 0)

export const durationOrNone = (example: string): Kind<Duration.Duration> =>
  durationWhere(`a time: ${amount}`, example, () => true)

export interface Range {
  readonly min: Duration.Duration
  readonly max: Duration.Duration
}

/** One time, or any between two: `1 second .. 5 seconds`. */
export const durationRange = (example: string): Kind<Duration.Duration | Range> => {
  const one = durationOrNone(example)
  return {
    allowed: `${one.allowed}; or two of them with .. between, the shorter one first`,
    example,
    parse: (text) => {
      const [min, max, ...more] = text.split("..").map((part) => one.parse(part.trim()))
      if (min === undefined || more.length > 0) return undefined
      if (!text.includes("..")) return min
      return max !== undefined && Duration.lessThanOrEqualTo(min, max) ? { max, min } : undefined
    },
    render: (value) => {
      if (typeof value !== "object" || value === null || !("min" in value && "max" in value)) return one.render(value)
      const [min, max] = [one.render(value.min), one.render(value.max)]
      return min === undefined || max === undefined ? undefined : `${min} .. ${max}`
    }
  }
}

const listOf = (words: ReadonlyArray<string>): string =>
  words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

/** One of some words, each of which stands for a value. Upper and lower case are the same. */
export const words = <A>(meanings: Readonly<Record<string, A>>, example?: string): Kind<A> => {
  const names = Object.keys(meanings)
  return {
    allowed: listOf(names),
    example: example ?? `${names[0]}`,
    parse: (text) => {
      const name = names.find((name) => name.toLowerCase() === text.toLowerCase())
      return name === undefined ? undefined : meanings[name]
    },
    render: (value) => names.find((name) => meanings[name] === value)
  }
}

/** `on` or `off`, and what else people write for it. */
export const switched = (example: "off" | "on"): Kind<boolean> => ({
  ...words({ off: false, on: true }, example),
  parse: (text) => {
    if (/^(on|true|yes|1)$/i.test(text)) return true
    return /^(off|false|no|0)$/i.test(text) ? false : undefined
  }
})

/** To take away; what there is to put in its place cannot be written as text. */
export const off: Kind<false> = {
  allowed: "off",
  example: "off",
  parse: (text) => switched("off").parse(text) === false ? false : undefined,
  render: (value) => value === false ? "off" : undefined
}

export const text = (example: string): Kind<string> => ({
  allowed: "some text",
  example,
  parse: (text) => text === "" ? undefined : text,
  render: (value) => typeof value === "string" && value !== "" ? value : undefined
})

/** The one or the other, told apart by their form. */
export const either = <A, B>(first: Kind<A>, second: Kind<B>): Kind<A | B> => ({
  allowed: `${first.allowed}; or ${second.allowed}`,
  example: first.example,
  parse: (text) => first.parse(text) ?? second.parse(text),
  render: (value) => first.render(value) ?? second.render(value)
})
