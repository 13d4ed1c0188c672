/**
 * Queries with values in them. A value is quoted, so that it is one whatever stands in it.
 *
 * Source: "Quoted String Escape Sequences" and "Date Formats and Date Literals" in Salesforce's SOQL reference.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"

/**
 * Text that is SOQL already.
 *
 * @since 0.1.0
 * @category models
 */
export class Fragment {
  readonly #text: string
  /** @internal */
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}

/**
 * What may stand for a single value.
 *
 * @since 0.1.0
 * @category models
 */
export type Scalar = string | number | boolean | null | Date | DateTime.DateTime | Fragment

/**
 * What may stand for a value. A list is one for `IN`, and has at least one member: SOQL has no empty lists.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = Scalar | readonly [Scalar, ...ReadonlyArray<Scalar>]

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\"": "\\\"",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f"
}

const escaped = (text: string): string => text.replace(/[\\'"\n\r\t\b\f]/g, (character) => escapes[character] ?? "")

/** For `LIKE`, where these two stand for other letters. */
const pattern = (text: string): string => escaped(text).replace(/[%_]/g, "\\$&")

/**
 * A value as SOQL writes it: text in quotes, times and numbers without.
 *
 * @example
 * ```ts
 * import { Soql } from "holdfast/providers/salesforce"
 *
 * Soql.literal("O'Hara") // 'O\'Hara'
 * Soql.literal(["new", "open"]) // ('new', 'open')
 * ```
 *
 * @since 0.1.0
 * @category quoting
 */
export const literal = (value: Value): string => {
  if (value === null) return "null"
  switch (typeof value) {
    case "string":
      return `'${escaped(value)}'`
    case "boolean":
      return String(value)
    case "undefined":
      throw new Error("Soql.literal: undefined is not a value; null is one")
    case "number":
      if (!Number.isFinite(value)) throw new Error(`Soql.literal: ${value} is not a number that SOQL could write`)
      return decimal(value)
  }
  if (value instanceof Fragment) return String(value)
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new Error("Soql.literal: the Date is not a valid one")
    return value.toISOString()
  }
  if (DateTime.isDateTime(value)) return DateTime.formatIso(value)
  if (value.length === 0) throw new Error("Soql.literal: a list for IN has no members: ask nothing instead")
  return `(${value.map(literal).join(", ")})`
}

/** The reference of SOQL has no exponents, which JavaScript writes from 1e21 on and below 1e-6. */
const decimal = (value: number): string => {
  const text = String(value)
  const [, sign = "", whole = "", fraction = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? []
  if (exponent === undefined) return text
  const digits = `${whole}${fraction}`
  const power = Number(exponent)
  return power > 0 ? `${sign}${digits.padEnd(power + 1, "0")}` : `${sign}0.${"0".repeat(-power - 1)}${digits}`
}

const identifierPattern = /^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/

/**
 * The name of a field or an object that comes from outside, `Owner.Name`. Anything that is not one throws.
 *
 * @since 0.1.0
 * @category quoting
 */
export const identifier = (name: string): Fragment => {
  if (!identifierPattern.test(name)) {
    throw new Error(`Soql.identifier: "${name}" is not the name of a field or an object`)
  }
  return new Fragment(name)
}

/**
 * A date without a time, in UTC.
 *
 * @since 0.1.0
 * @category quoting
 */
export const date = (value: DateTime.DateTime): Fragment => new Fragment(DateTime.formatIsoDateUtc(value))

/**
 * For `LIKE`: what begins with this text.
 *
 * @since 0.1.0
 * @category quoting
 */
export const startsWith = (text: string): Fragment => new Fragment(`'${pattern(text)}%'`)

/**
 * For `LIKE`: what has this text in it.
 *
 * @since 0.1.0
 * @category quoting
 */
export const contains = (text: string): Fragment => new Fragment(`'%${pattern(text)}%'`)

/**
 * A query, each `${…}` of which is a value.
 *
 * @example
 * ```ts
 * import { DateTime } from "effect"
 * import { Soql } from "holdfast/providers/salesforce"
 *
 * const changedSince = (name: string, since: DateTime.Utc) =>
 *   Soql.soql`SELECT Id, Name FROM Account WHERE Name LIKE ${Soql.startsWith(name)} AND SystemModstamp > ${since}`
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const soql = (strings: TemplateStringsArray, ...values: ReadonlyArray<Value>): string =>
  values.reduce<string>((query, value, index) => query + literal(value) + (strings[index + 1] ?? ""), strings[0] ?? "")
