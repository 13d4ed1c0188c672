/**
 * What HubSpot's CRM is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const strings = Schema.Record({ key: Schema.String, value: Schema.String })

/**
 * Names joined by commas, as HubSpot wants them in a query: an array in the typed API. A name cannot be empty or hold a
 * comma. HubSpot takes a parameter that is repeated as well (its own SDK sends them so), and so does the emulator.
 *
 * @since 0.1.0
 * @category sent
 */
export const Csv = Schema.transform(
  Schema.Union(Schema.String, Schema.Array(Schema.String)),
  Schema.Array(Schema.String.pipe(Schema.pattern(/^[^,]+$/, { message: () => "a name without a comma" }))),
  {
    strict: true,
    decode: (given) => [given].flat().flatMap((text) => text === "" ? [] : text.split(",")),
    encode: (names) => names.join(",")
  }
)

const flag = Schema.BooleanFromString

const pageSize = (max: number) => Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, max))

/**
 * The kinds of object that this API covers.
 *
 * @since 0.1.0
 * @category sent
 */
export const ObjectType = Schema.Literal("contacts", "companies", "deals")

/**
 * @since 0.1.0
 * @category sent
 */
export type ObjectType = typeof ObjectType.Type

/**
 * Values of properties by name: always strings, numbers and dates too. The empty string clears a property.
 *
 * @since 0.1.0
 * @category sent
 */
export const PropertiesInput = strings

/**
 * What kind of association, between records of two types.
 *
 * @since 0.1.0
 * @category sent
 */
export const AssociationTypeInput = Schema.Struct({
  associationCategory: Schema.Literal("HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED", "WORK"),
  associationTypeId: Schema.Int
})

/**
 * An association that is made together with a record.
 *
 * @since 0.1.0
 * @category sent
 */
export const AssociationInput = Schema.Struct({
  to: Schema.Struct({ id: Schema.String }),
  types: Schema.NonEmptyArray(AssociationTypeInput)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CreateInput = Schema.Struct({
  properties: PropertiesInput,
  associations: Field.may(Schema.Array(AssociationInput))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const UpdateInput = Schema.Struct({ properties: PropertiesInput })

/**
 * Query of `list`. `limit` is 1 to 100, HubSpot's default 10.
 *
 * @since 0.1.0
 * @category sent
 */
export const ListParams = Schema.Struct({
  limit: Field.may(pageSize(100)),
  after: Field.may(Schema.String),
  properties: Field.may(Csv),
  propertiesWithHistory: Field.may(Csv),
  associations: Field.may(Csv),
  archived: Field.may(flag)
})

/**
 * Query of `get`. With `idProperty: "email"` the id in the path is an e-mail address.
 *
 * @since 0.1.0
 * @category sent
 */
export const GetParams = Schema.Struct({
  idProperty: Field.may(Schema.String),
  properties: Field.may(Csv),
  propertiesWithHistory: Field.may(Csv),
  associations: Field.may(Csv),
  archived: Field.may(flag)
})

/**
 * Query of `update`.
 *
 * @since 0.1.0
 * @category sent
 */
export const UpdateParams = Schema.Struct({ idProperty: Field.may(Schema.String) })

/**
 * @since 0.1.0
 * @category sent
 */
export const FilterOperator = Schema.Literal(
  "EQ",
  "NEQ",
  "LT",
  "LTE",
  "GT",
  "GTE",
  "BETWEEN",
  "IN",
  "NOT_IN",
  "HAS_PROPERTY",
  "NOT_HAS_PROPERTY",
  "CONTAINS_TOKEN",
  "NOT_CONTAINS_TOKEN"
)

/** What an operator wants besides the property. */
const wantedBy = (operator: typeof FilterOperator.Type): ReadonlyArray<"highValue" | "value" | "values"> => {
  switch (operator) {
    case "HAS_PROPERTY":
    case "NOT_HAS_PROPERTY":
      return []
    case "IN":
    case "NOT_IN":
      return ["values"]
    case "BETWEEN":
      return ["value", "highValue"]
  }
  return ["value"]
}

/**
 * One condition of a search. `values` belongs to IN and NOT_IN, `highValue` to BETWEEN, and `value` to all that compare.
 *
 * @since 0.1.0
 * @category sent
 */
export const Filter = Schema.Struct({
  propertyName: Schema.String,
  operator: FilterOperator,
  value: Field.may(Schema.String),
  values: Field.may(Schema.Array(Schema.String)),
  highValue: Field.may(Schema.String)
}).pipe(
  Schema.filter((filter) =>
    wantedBy(filter.operator).filter((name) => filter[name] === undefined)
      .map((name) => ({ message: `${filter.operator} wants it`, path: [name] }))
  )
)

/**
 * Conditions that must all hold; groups are alternatives of each other.
 *
 * @since 0.1.0
 * @category sent
 */
export const FilterGroup = Schema.Struct({ filters: Schema.Array(Filter).pipe(Schema.maxItems(6)) })

/**
 * @since 0.1.0
 * @category sent
 */
export const Sort = Schema.Struct({
  propertyName: Schema.String,
  direction: Field.may(Schema.Literal("ASCENDING", "DESCENDING"))
})

const filtersOf = (groups: ReadonlyArray<typeof FilterGroup.Type> = []): number =>
  groups.reduce((sum, { filters }) => sum + filters.length, 0)

/**
 * A search. HubSpot takes at most 5 groups of 6 filters, 18 of them in all, one sort, 200 results a page and 10,000 results in
 * all, and a body of 3,000 characters. A sort may also be the name of a property, with a `-` before it for descending.
 *
 * @since 0.1.0
 * @category sent
 */
export const SearchInput = Schema.Struct({
  filterGroups: Field.may(Schema.Array(FilterGroup).pipe(Schema.maxItems(5))),
  sorts: Field.may(Schema.Array(Schema.Union(Sort, Schema.NonEmptyString)).pipe(Schema.maxItems(1))),
  query: Field.may(Schema.String),
  properties: Field.may(Schema.Array(Schema.String)),
  limit: Field.may(Schema.Int.pipe(Schema.between(1, 200))),
  after: Field.may(Schema.String)
}).pipe(
  Schema.filter((search) => [
    ...(filtersOf(search.filterGroups) > 18
      ? [{ message: "at most 18 filters in all groups together", path: ["filterGroups"] }]
      : []),
    ...(JSON.stringify(search).length > 3000 ? ["a body of at most 3,000 characters"] : [])
  ])
)

const batch = <A, I>(input: Schema.Schema<A, I>) => Schema.Array(input).pipe(Schema.minItems(1), Schema.maxItems(100))

/** Comes back with the error of its input, so that a partial failure can be told apart. */
const traced = { objectWriteTraceId: Field.may(Schema.String) }

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchReadInput = Schema.Struct({
  inputs: batch(Schema.Struct({ id: Schema.String })),
  properties: Field.may(Schema.Array(Schema.String)),
  propertiesWithHistory: Field.may(Schema.Array(Schema.String)),
  idProperty: Field.may(Schema.String)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchCreateInput = Schema.Struct({
  inputs: batch(Schema.Struct({ ...CreateInput.fields, ...traced }))
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchUpdateInput = Schema.Struct({
  inputs: batch(
    Schema.Struct({ id: Schema.String, idProperty: Field.may(Schema.String), properties: PropertiesInput, ...traced })
  )
})

/**
 * `id` is the value of the unique property `idProperty` (`email` for contacts).
 *
 * @since 0.1.0
 * @category sent
 */
export const BatchUpsertInput = Schema.Struct({
  inputs: batch(
    Schema.Struct({ id: Schema.String, idProperty: Field.may(Schema.String), properties: PropertiesInput, ...traced })
  )
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BatchArchiveInput = Schema.Struct({ inputs: batch(Schema.Struct({ id: Schema.String })) })

/**
 * Query of `associations.list`; `limit` is 1 to 500.
 *
 * @since 0.1.0
 * @category sent
 */
export const AssociationListParams = Schema.Struct({ limit: Field.may(pageSize(500)), after: Field.may(Schema.String) })

/**
 * Query of `owners.list`; `limit` is 1 to 500, HubSpot's default 100.
 *
 * @since 0.1.0
 * @category sent
 */
export const OwnerListParams = Schema.Struct({
  email: Field.may(Schema.String),
  limit: Field.may(pageSize(500)),
  after: Field.may(Schema.String),
  archived: Field.may(flag)
})
