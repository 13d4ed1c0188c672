/**
 * Rows of any table, as PostgREST is asked for them and answers.
 *
 * @since 0.1.0
 */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"
import * as Filters from "../Filters.js"

/**
 * A table, a view or a function in the schema that the project exposes.
 *
 * @since 0.1.0
 * @category sent
 */
export const Name = Schema.String.pipe(
  Schema.pattern(/^[^/\s]+$/, { message: () => "the name of a table, a view or a function" })
)

/**
 * A row; the types of its columns are the project's own: `Schema.decodeUnknown(Order)(row)`.
 *
 * @since 0.1.0
 * @category read
 */
export const Row = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/**
 * @since 0.1.0
 * @category read
 */
export const Rows = Schema.Array(Row)

/**
 * What a write gives: its rows where `return=representation` asks for them, none otherwise.
 *
 * @since 0.1.0
 * @category read
 */
export const Written = Schema.transform(Schema.NullOr(Rows), Rows, {
  strict: true,
  decode: (rows) => rows ?? [],
  encode: (rows) => rows
})

/**
 * One row, or several whose columns are the same.
 *
 * @since 0.1.0
 * @category sent
 */
export const RowInput = Schema.Union(Schema.Array(Row).pipe(Schema.minItems(1)), Row)

const Condition = Schema.TaggedStruct("Condition", {
  column: Schema.NonEmptyString,
  negated: Schema.Boolean,
  operator: Schema.String.pipe(Schema.pattern(/^[a-z]+(?:\(\w+\))?$/)),
  operand: Schema.Union(Schema.String, Schema.Array(Schema.String))
})

interface GroupSchema {
  readonly _tag: "Group"
  readonly kind: "and" | "or"
  readonly negated: boolean
  readonly filters: readonly [Filters.Filter, ...Array<Filters.Filter>]
}

const Group: Schema.Schema<GroupSchema> = Schema.TaggedStruct("Group", {
  kind: Schema.Literal("and", "or"),
  negated: Schema.Boolean,
  filters: Schema.NonEmptyArray(
    Schema.suspend((): Schema.Schema<Filters.Filter> => Filter).annotations({ identifier: "SupabaseFilter" })
  )
})

/**
 * Which rows: made by `Filters`.
 *
 * @since 0.1.0
 * @category sent
 */
export const Filter: Schema.Schema<Filters.Filter> = Schema.Union(Condition, Group)

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

const Parameters = Schema.Record({
  key: Schema.String,
  value: Schema.Union(Schema.String, Schema.Array(Schema.String))
})

type Parameters = typeof Parameters.Type

const names = ["select", "order", "limit", "offset", "on_conflict", "columns"] as const

const isNamed = (name: string): boolean => names.some((one) => one === name)

/** What is no parameter of PostgREST's own is a filter. */
const whereOf = (parameters: Parameters): Filters.Filter | undefined => {
  const filters = Object.entries(parameters).flatMap(([name, values]) =>
    isNamed(name) ? [] : [values].flat().map((value) => Filters.fromParameter(name, value))
  )
  const [first, ...rest] = filters
  return first === undefined || rest.length === 0 ? first : Filters.and(first, ...rest)
}

const parametersOf = (where: Filters.Filter | undefined): Parameters => {
  const parameters: Record<string, string | ReadonlyArray<string>> = {}
  for (const [name, value] of where === undefined ? [] : Filters.toParameters(where)) {
    const before = parameters[name]
    parameters[name] = before === undefined ? value : [before, value].flat()
  }
  return parameters
}

/** Filters stand beside the other parameters in a query, and in `where` for whoever writes it. */
const query = <A, I extends { readonly select?: string; readonly where?: Filters.Filter }>(
  params: Schema.Schema<A, I>
) =>
  Schema.transformOrFail(Parameters, params, {
    strict: false,
    decode: (parameters, _, ast) =>
      ParseResult.try({
        try: () => {
          const where = whereOf(parameters)
          const named = Object.entries(parameters).filter(([name]) => isNamed(name))
          return { ...Object.fromEntries(named), ...(where === undefined ? undefined : { where }) }
        },
        catch: (error) =>
          new ParseResult.Type(ast, parameters, error instanceof Error ? error.message : "failed to parse filter")
      }),
    encode: ({ where, ...named }) => ParseResult.succeed({ ...parametersOf(where), ...named })
  })

const columns = Schema.NonEmptyString

const paged = {
  select: Field.may(columns),
  order: Field.may(columns),
  limit: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())),
  offset: Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
}

/**
 * Query of `rows.select`. `order` is a must where `offset` is not 0, as rows have no order of their own.
 *
 * @since 0.1.0
 * @category sent
 */
export const SelectParams = query(
  Schema.Struct({ where: Field.may(Filter), ...paged }).pipe(
    Schema.filter(({ offset = 0, order }) =>
      offset === 0 || order !== undefined ? undefined : "rows have no order of their own: with an offset give order too"
    )
  )
)

/**
 * @since 0.1.0
 * @category sent
 */
export const CountParams = query(Schema.Struct({ where: Field.may(Filter) }))

/**
 * Which rows are changed or deleted. There is no leaving it out: without a filter it would be every row. Who means that says
 * so, `Filters.not(Filters.isNull("id"))`. A filter of another table's columns would leave out none of this one's.
 *
 * @since 0.1.0
 * @category sent
 */
export const ChangeParams = query(
  Schema.Struct({ where: Filter, select: Field.may(columns) }).pipe(
    Schema.filter(({ where }) =>
      Filters.columnsOf(where).some((column) => column.includes("."))
        ? "a filter of an embedded table's columns does not say which rows are changed: filter the table's own"
        : undefined
    )
  )
)

const writing = { select: Field.may(columns), columns: Field.may(columns) }

/**
 * @since 0.1.0
 * @category sent
 */
export const InsertParams = query(Schema.Struct(writing))

/**
 * `on_conflict`: columns of a unique constraint, parted by commas; default the primary key.
 *
 * @since 0.1.0
 * @category sent
 */
export const UpsertParams = query(Schema.Struct({ ...writing, on_conflict: Field.may(columns) }))

// ---------------------------------------------------------------------------------------------------------------------
// Prefer
// ---------------------------------------------------------------------------------------------------------------------

const Tokens = Schema.transform(Schema.String, Schema.Record({ key: Schema.String, value: Schema.String }), {
  strict: true,
  decode: (text) =>
    Object.fromEntries(
      text.split(",").map((token): [string, string] => {
        const [name = "", value = ""] = token.trim().split("=")
        return [name, value]
      })
    ),
  encode: (tokens) => Object.entries(tokens).map(([name, value]) => `${name}=${value}`).join(",")
})

const counted = { count: Field.may(Schema.Literal("exact", "planned", "estimated")) }

const written = {
  ...counted,
  return: Field.may(Schema.Literal("minimal", "headers-only", "representation")),
  missing: Field.may(Schema.Literal("default"))
}

const changed = {
  ...counted,
  return: written.return,
  handling: Field.may(Schema.Literal("strict", "lenient")),
  "max-affected": Field.may(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
}

const prefer = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.Struct({ prefer: Field.may(Schema.compose(Tokens, Schema.Struct(fields), { strict: false })) })

/**
 * With `count`, `Content-Range` has the number of all: `totalOf`.
 *
 * @since 0.1.0
 * @category sent
 */
export const SelectHeaders = prefer(counted)

/**
 * @since 0.1.0
 * @category sent
 */
export const CountHeaders = Schema.Struct({
  prefer: Schema.compose(Tokens, Schema.Struct({ count: Schema.Literal("exact", "planned", "estimated") }), {
    strict: false
  })
})

/**
 * @since 0.1.0
 * @category sent
 */
export const InsertHeaders = prefer(written)

/**
 * `merge-duplicates` changes the row that is there, `ignore-duplicates` leaves it.
 *
 * @since 0.1.0
 * @category sent
 */
export const UpsertHeaders = Schema.Struct({
  prefer: Schema.compose(
    Tokens,
    Schema.Struct({ resolution: Schema.Literal("merge-duplicates", "ignore-duplicates"), ...written }),
    { strict: false }
  )
})

/**
 * `max-affected`, with `handling: "strict"`, undoes a change that would be of more rows.
 *
 * @since 0.1.0
 * @category sent
 */
export const ChangeHeaders = Schema.Struct({
  prefer: Field.may(
    Schema.compose(
      Tokens,
      Schema.Struct(changed).pipe(
        Schema.filter((given) =>
          given["max-affected"] === undefined || given.handling === "strict"
            ? undefined
            : "max-affected counts only with handling: \"strict\""
        )
      ),
      { strict: false }
    )
  )
})

const object = "application/vnd.pgrst.object+json"

/**
 * Asks for one row and nothing but one: sent by itself.
 *
 * @since 0.1.0
 * @category sent
 */
export const SingleHeaders = Schema.transform(
  Schema.Struct({ accept: Schema.String.pipe(Schema.startsWith(object)) }),
  Schema.Struct({}),
  { strict: true, decode: () => ({}), encode: () => ({ accept: object }) }
)
