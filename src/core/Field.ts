/**
 * Fields of what is sent and of what is read: strict in the one, tolerant in the other.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * A field that may be left out of what is sent, and is then not there: `undefined` in its place is a mistake.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Field } from "holdfast"
 *
 * const NewContact = Schema.Struct({ email: Schema.NonEmptyString, phone: Field.may(Schema.String) })
 * ```
 *
 * @since 0.1.0
 * @category sent
 */
export const may = <S extends Schema.Schema.All>(schema: S) => Schema.optionalWith(schema, { exact: true })

/**
 * Several in one parameter or header, with commas between them: an array here, of one at least.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Field } from "holdfast"
 *
 * const Mask = Schema.Struct({ fields: Field.csv(Schema.Literal("id", "name")) })
 * ```
 *
 * @since 0.1.0
 * @category sent
 */
export const csv = <A, I extends string, R>(one: Schema.Schema<A, I, R>) =>
  Schema.transform(Schema.String, Schema.Array(one).pipe(Schema.minItems(1)), {
    // what is split is looked at by `one`
    strict: false,
    decode: (text) => text.split(","),
    encode: (all) => all.join(",")
  })

/** A name of something, which cannot be told from several where it has a comma. */
const withoutComma = Schema.String.pipe(Schema.pattern(/^[^,]+$/, { message: () => "a name without a comma" }))

/**
 * The same for names of any kind.
 *
 * @since 0.1.0
 * @category sent
 */
export const names = csv(withoutComma)

/**
 * A field of what is read that is not always there, and is taken for absent also where it is `null`.
 *
 * @since 0.1.0
 * @category read
 */
export const maybe = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(schema, { exact: true, nullable: true })

/**
 * `maybe`, for a provider that writes `null` where there is nothing: so does its emulator.
 *
 * @since 0.1.0
 * @category read
 */
export const orNull = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalToOptional(Schema.NullOr(schema), Schema.typeSchema(schema), {
    decode: Option.filter(Predicate.isNotNull),
    encode: Option.orElseSome((): A | null => null)
  })

/**
 * A list in what is read that has no items where it is not there.
 *
 * @since 0.1.0
 * @category read
 */
export const list = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(Schema.Array(schema), { default: () => [], exact: true, nullable: true })
