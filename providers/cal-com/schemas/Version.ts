/**
 * The header by which Cal.com is told which shape it is to answer with.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * The versions that this declaration was made for. Each part of the API has its own. With another date, or none, Cal.com
 * answers in an older shape and does not say so.
 *
 * @since 0.1.0
 * @category versions
 */
export const versions = {
  bookings: "2024-08-13",
  eventTypes: "2024-06-14",
  slots: "2024-09-04"
} as const

/**
 * `cal-api-version`, which is sent without being asked for. No call can send another one: the answer would have another
 * shape. To a server, a wrong one is none.
 *
 * @since 0.1.0
 * @category versions
 */
export const Versioned = (part: keyof typeof versions) => {
  const version = versions[part]
  return Schema.Struct({
    "cal-api-version": Schema.optionalToOptional(Schema.String, Schema.Literal(version), {
      decode: Option.filter((sent): sent is typeof version => sent === version),
      encode: () => Option.some(version)
    })
  })
}
