/**
 * What the Measurement Protocol is sent, and what its validation answers.
 *
 * Google answers 204 whatever it is sent, and drops what it does not like. So the rules are kept here, before anything is sent:
 * names, counts, lengths, the size of the body.
 *
 * Source: the Measurement Protocol's reference (Google Analytics 4), and the collection limits of Google Analytics.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/** An absent field, read also where it is spelled `null`. */
const orElse = <A, I, R>(schema: Schema.Schema<A, I, R>, value: () => A) =>
  Schema.optionalWith(schema, { default: value, exact: true, nullable: true })

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

const letters = /^\p{L}[\p{L}\p{N}_]*$/u

const reserved = /^(_|firebase_|ga_|google_)/

const mistakeIn = (name: string, maxLength: number): string | undefined =>
  reserved.test(name)
    ? `${name}: a name does not begin with _, firebase_, ga_ or google_, which are reserved`
    : !letters.test(name)
    ? `${name}: a name is letters, digits and _, and begins with a letter`
    : name.length > maxLength
    ? `${name}: a name has at most ${maxLength} characters`
    : undefined

/** Looks at the names of a record. As its keys they would be dropped without a word where they are wrong. */
const named = (maxLength: number) => (record: object): true | string =>
  Object.keys(record).map((name) => mistakeIn(name, maxLength)).find((mistake) => mistake !== undefined) ?? true

/**
 * Of an event.
 *
 * @since 0.1.0
 * @category sent
 */
export const Name = Schema.String.pipe(Schema.filter((name) => mistakeIn(name, 40) ?? true))

const Scalar = Schema.Union(Schema.String, Schema.Finite)

const Item = Schema.Record({ key: Schema.String, value: Scalar })

/** Analytics 360 keeps 500 characters, other properties 100. */
const maxValue = (name: string): number => name === "page_location" ? 1000 : 500

const atMost = (max: number, what: string) => (record: object): boolean | string =>
  Object.keys(record).length <= max || `at most ${max} ${what}`

/**
 * Texts, numbers, and under `items` what was sold.
 *
 * @since 0.1.0
 * @category sent
 */
export const Params = Schema.Record({ key: Schema.String, value: Schema.Union(Scalar, Schema.Array(Item)) }).pipe(
  Schema.filter(named(40)),
  Schema.filter(atMost(25, "parameters in an event")),
  Schema.filter((params) => {
    const long = Object.entries(params).find(([name, value]) =>
      typeof value === "string" && value.length > maxValue(name)
    )
    return long === undefined || `${long[0]}: a value has at most ${maxValue(long[0])} characters`
  })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const Event = Schema.Struct({ name: Name, params: Field.may(Params) })

const UserProperties = Schema.Record({
  key: Schema.String,
  value: Schema.Struct({ value: Schema.Union(Schema.String.pipe(Schema.maxLength(36)), Schema.Finite) })
}).pipe(Schema.filter(named(24)), Schema.filter(atMost(25, "user properties")))

const Consent = Schema.Literal("GRANTED", "DENIED")

const maxBytes = 130_000

const encoder = new TextEncoder()

/**
 * One user's events: `client_id` of a browser for a web stream, `app_instance_id` of Firebase for a stream of an app.
 *
 * @since 0.1.0
 * @category sent
 */
export const CollectInput = Schema.Struct({
  client_id: Field.may(Schema.NonEmptyString),
  app_instance_id: Field.may(Schema.NonEmptyString),
  user_id: Field.may(Schema.NonEmptyString),
  /** When it happened, where that is not now: at most 72 hours ago. */
  timestamp_micros: Field.may(Schema.Int.pipe(Schema.positive())),
  user_properties: Field.may(UserProperties),
  consent: Field.may(Schema.Struct({ ad_user_data: Field.may(Consent), ad_personalization: Field.may(Consent) })),
  /** Hashed, as Google documents it. */
  user_data: Field.may(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  validation_behavior: Field.may(Schema.Literal("RELAXED", "ENFORCE_RECOMMENDATIONS")),
  events: Schema.NonEmptyArray(Event).pipe(Schema.maxItems(25))
}).pipe(
  Schema.filter((input) =>
    ("client_id" in input) !== ("app_instance_id" in input) ||
    "one of client_id (a web stream) and app_instance_id (an app's)"
  ),
  Schema.filter((input) => {
    const { length } = encoder.encode(JSON.stringify(input))
    return length <= maxBytes || `a body has at most ${maxBytes} bytes, and this one has ${length}: send fewer events`
  })
)

const MeasurementId = Schema.String.pipe(
  Schema.pattern(/^G-[A-Z0-9]+$/, { message: () => "a measurement id, as in G-AB12CD34EF" })
)

/** Of both one would be sent, and the other be dropped without a word. */
const otherStream = Schema.optionalWith(
  Schema.Never.annotations({ message: () => "one of measurement_id (a web stream) and firebase_app_id (an app's)" }),
  { exact: true }
)

/**
 * Which stream: a web stream by its measurement id, an app's by its Firebase app id. Neither is a secret.
 *
 * @since 0.1.0
 * @category sent
 */
export const Stream = Schema.Union(
  Schema.Struct({ measurement_id: MeasurementId, firebase_app_id: otherStream }),
  Schema.Struct({ measurement_id: otherStream, firebase_app_id: Schema.NonEmptyString })
)

/**
 * @since 0.1.0
 * @category guards
 */
export const isMeasurementId: (text: string) => boolean = Schema.is(MeasurementId)

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

const text = orElse(Schema.String, () => "")

/**
 * What Google would not like of the events. None: all is well, as far as Google looks, which does not include the secret.
 *
 * @since 0.1.0
 * @category read
 */
export const Validation = Schema.Struct({
  validationMessages: orElse(
    Schema.Array(Schema.Struct({
      fieldPath: text,
      description: text,
      /** `NAME_INVALID`, `VALUE_REQUIRED`, `VALUE_OUT_OF_BOUNDS` … */
      validationCode: text
    })),
    () => []
  )
})
