/** Reads what a stranger has sent: whatever it is, there is an answer, and no exception. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Claim, ClaimedSignature, Fault, ReadHeaders, WebhookRequest } from "./model.js"

export const fault = (reason: Fault["reason"], message: string): Either.Either<never, Fault> =>
  Either.left({ message, reason })

export const headersOf = (headers: WebhookRequest["headers"]): ReadHeaders => {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const known = values.get(name.toLowerCase()) ?? new Set()
    for (const one of typeof value === "string" ? [value] : value) known.add(one.trim())
    values.set(name.toLowerCase(), known)
  }
  const optional: ReadHeaders["optional"] = (name) => {
    const found = [...values.get(name) ?? []]
    return found.length > 1
      ? fault("header-malformed", `the header ${name} came ${found.length} times, with different values`)
      : Either.right(found[0])
  }
  return {
    names: [...values.keys()],
    optional,
    required: (name) =>
      Either.flatMap(optional(name), (value) =>
        value === undefined || value === ""
          ? fault("header-missing", `there is no header ${name}: a proxy may drop it, or the sender does not sign`)
          : Either.right(value))
  }
}

/** How many signatures are looked at; DocuSign signs with up to 100 keys. */
export const maxSignatures = 100

/** At least one, and not more than anybody has reason to send. */
export const signaturesIn = (
  header: string,
  found: ReadonlyArray<ClaimedSignature>,
  expected: string
): Either.Either<ReadonlyArray<ClaimedSignature>, Fault> =>
  found.length === 0
    ? fault("header-malformed", `the header ${header} holds no signature of the form ${expected}`)
    : found.length > maxSignatures
    ? fault("header-malformed", `the header ${header} holds more than ${maxSignatures} signatures`)
    : Either.right(found)

export type Unit = "seconds" | "milliseconds" | "either"

/** In the year 5138 as seconds, in 1973 as milliseconds. */
const firstMillis = 100_000_000_000

/** To the last millisecond that a date can be. */
const maxMillis = 8_640_000_000_000_000

/** Digits alone: `parseInt` would take `12abc` for a number. */
export const timestampIn = (header: string, text: string, unit: Unit): Either.Either<number, Fault> => {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  const millis = unit === "seconds" || (unit === "either" && number < firstMillis) ? number * 1000 : number
  return millis <= maxMillis
    ? Either.right(millis)
    : fault(
      "header-malformed",
      `the timestamp in the header ${header} is not a number of ${unit === "either" ? "seconds" : unit} since 1970`
    )
}

/** As a sender writes it. */
export const writeTimestamp = (millis: number, unit: Unit): string =>
  String(unit === "milliseconds" ? millis : Math.floor(millis / 1000))

/** Texts as UTF-8, bytes as they are. */
export const join = (...parts: ReadonlyArray<string | Uint8Array>): Uint8Array =>
  Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part, "utf8") : part))

/** `a=1,b=2`, in order; a name may come again. */
export const pairsIn = (text: string): ReadonlyArray<readonly [name: string, value: string]> =>
  text.split(",").flatMap((part) => {
    const equals = part.indexOf("=")
    return equals < 0 ? [] : [[part.slice(0, equals).trim(), part.slice(equals + 1).trim()]]
  })

const decoder = new TextDecoder("utf-8", { fatal: true })

/** None where the bytes are no JSON. */
export const json = (body: Uint8Array): Option.Option<unknown> =>
  Option.liftThrowable((): unknown => JSON.parse(decoder.decode(body)))()

/** An object's own field, and none of those that every object has. */
export const field = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (value, name) => Predicate.isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined,
    value
  )

/** A text or a number, as text. */
export const textAt = (value: unknown, ...path: ReadonlyArray<string>): string | undefined => {
  const found = field(value, ...path)
  return typeof found === "string" && found !== "" ? found : typeof found === "number" ? String(found) : undefined
}

export const header = (request: WebhookRequest, name: string): string | undefined =>
  Either.getOrUndefined(headersOf(request.headers).optional(name))

export const isForm = (request: WebhookRequest): boolean =>
  /^application\/x-www-form-urlencoded\s*(;|$)/i.test(header(request, "content-type") ?? "")

export const withHeaders = (request: WebhookRequest, headers: Readonly<Record<string, string>>): WebhookRequest => {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const kept = Object.entries(request.headers).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...request, headers: { ...Object.fromEntries(kept), ...headers } }
}

export const claimOf = (
  signatures: ReadonlyArray<ClaimedSignature>,
  contents: ReadonlyArray<Uint8Array>,
  timestamp?: number
): Claim => ({ contents, signatures, ...(timestamp === undefined ? undefined : { timestamp }) })
