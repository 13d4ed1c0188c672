/**
 * Instants as Acuity writes them: `2016-02-03T14:00:00-0800`, an offset without a colon.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

const written = (time: DateTime.Zoned): string =>
  DateTime.formatIsoOffset(time).replace(/\.\d+/, "").replace(/:(\d{2})$/, "$1")

/** The same with the colon, which ISO 8601 has in this form; `Z` is an offset too. */
const withColon = (text: string): string => text.replace(/Z$/, "+00:00").replace(/([+-]\d{2})(\d{2})$/, "$1:$2")

const parsed = (text: string, ast: SchemaAST.AST) =>
  ParseResult.fromOption(
    DateTime.makeZonedFromString(withColon(text)),
    () => new ParseResult.Type(ast, text, "a time such as 2016-02-03T14:00:00-0800")
  )

/**
 * What is read: the instant with the offset that it came with. One without an offset is none, and fails.
 *
 * @since 0.1.0
 * @category read
 */
export const Time = Schema.transformOrFail(Schema.String, Schema.DateTimeZonedFromSelf, {
  strict: true,
  decode: (text, _, ast) => parsed(text, ast),
  encode: (time) => ParseResult.succeed(written(time))
})

/**
 * What is sent: an instant, with whatever zone, which goes out in UTC and with the offset that says so. Without one Acuity
 * takes a time for that of the business.
 *
 * @since 0.1.0
 * @category sent
 */
export const Instant = Schema.transformOrFail(
  Schema.String,
  Schema.Union(Schema.DateTimeUtcFromSelf, Schema.DateTimeZonedFromSelf),
  {
    strict: true,
    // the emulator's half
    decode: (text, _, ast) => ParseResult.map(parsed(text, ast), DateTime.toUtc),
    encode: (time) => ParseResult.succeed(DateTime.formatIso(time).replace(/\.\d+Z$/, "+0000"))
  }
)
