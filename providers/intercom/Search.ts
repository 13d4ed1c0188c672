/**
 * What contacts and conversations are searched by.
 *
 * Source: the descriptions of both searches in Intercom's OpenAPI documents of the versions 2.15 and 2.16.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Scalar = Schema.Union(Schema.String, Schema.Number, Schema.Boolean, Schema.Null)

const ordered = Schema.Literal("!=", "!~", "<", "=", ">", "^", "$", "~", "<=", ">=")

/** Dates by which contacts are found to the day, in the time zone of the workspace. */
const dates: ReadonlySet<string> = new Set([
  "created_at",
  "last_contacted_at",
  "last_email_clicked_at",
  "last_email_opened_at",
  "last_replied_at",
  "last_seen_at",
  "signed_up_at",
  "updated_at"
])

const Single = Schema.Union(
  Schema.Struct({ field: Schema.NonEmptyString, operator: ordered, value: Scalar }),
  Schema.Struct({ field: Schema.NonEmptyString, operator: Schema.Literal("IN", "NIN"), value: Schema.Array(Scalar) })
)

/**
 * One condition.
 *
 * @since 0.1.0
 * @category models
 */
export type Condition = typeof Single.Type

/** Conditions of one group; and groups in a group, but no deeper. */
const maxFilters = 15

const group = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Struct({
    operator: Schema.Literal("AND", "OR"),
    value: Schema.Array(item).pipe(
      Schema.minItems(1),
      Schema.maxItems(maxFilters, { message: () => `at most ${maxFilters} conditions in a group` })
    )
  })

/**
 * A condition, or a group of at most 15 with groups of at most 15 in it.
 *
 * @since 0.1.0
 * @category models
 */
export const SearchQuery = Schema.Union(Single, group(Schema.Union(Single, group(Single))))

/**
 * @since 0.1.0
 * @category models
 */
export type SearchQuery = typeof SearchQuery.Type

/**
 * The conditions of a query, wherever they stand in it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const conditions = (query: SearchQuery): ReadonlyArray<Condition> =>
  "field" in query ? [query] : query.value.flatMap((inner) => "field" in inner ? [inner] : inner.value)

/**
 * Of contacts a date is compared with `>`, `<` and `=`; Intercom refuses the other operators.
 *
 * @internal
 */
export const dateOperators = (query: SearchQuery): true | string => {
  const odd = conditions(query).find(({ field, operator }) => dates.has(field) && !["<", "=", ">"].includes(operator))
  return odd === undefined ||
    `${odd.field} ${odd.operator}: of contacts a date is compared with >, < and = alone, and to the day`
}

/**
 * The condition for contacts that may have changed at `since` or later. Intercom compares days of the workspace's time zone,
 * and takes `>` for the days after: so this names the day before the day before, and gives some that have not changed.
 * Compare their `updated_at` with `since`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { Intercom, searchedContacts, updatedSince } from "holdfast/providers/intercom"
 *
 * const changed = (since: number) =>
 *   Effect.gen(function*() {
 *     const intercom = yield* Intercom
 *     return yield* Pagination.items(intercom.contacts.search, searchedContacts, {
 *       payload: { query: updatedSince(since), pagination: { per_page: 150 } }
 *     }).pipe(Stream.filter(({ updated_at }) => (updated_at ?? since) >= since), Stream.runCollect)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const updatedSince = (since: number): Condition => ({
  field: "updated_at",
  operator: ">",
  value: since - 2 * 86_400
})
