/**
 * What HubSpot's CRM is sent, and what it answers.
 *
 * What is sent is strict: a request that HubSpot is known to refuse fails before it leaves. What is read is tolerant:
 * unknown fields pass, `null` stands for an absent field, and an enum is read as a string, so that HubSpot can grow.
 *
 * Source: HubSpot's OpenAPI documents (HubSpot/HubSpot-public-api-spec-collection) and its guides.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const strings = Schema.Record({ key: Schema.String, value: Schema.String })

/** HubSpot writes the ids of associations as numbers in its guides and as strings in its specification. */
const Id = Schema.transform(Schema.Union(Schema.String, Schema.Int), Schema.String, {
  strict: true,
  decode: String,
  encode: (id) => id
})

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

// ---------------------------------------------------------------------------------------------------------------------
// sent
// ---------------------------------------------------------------------------------------------------------------------

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

/**
 * One condition of a search. `values` belongs to IN and NOT_IN, `highValue` to BETWEEN.
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
})

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

/**
 * A search. HubSpot takes at most 5 groups of 6 filters, one sort, 200 results a page and 10,000 results in all, and a
 * body of 3,000 characters. A sort may also be the name of a property, with a `-` before it for descending.
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
})

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

// ---------------------------------------------------------------------------------------------------------------------
// read
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Where the next page begins; absent on the last one. `link` may name another host: go by `after`.
 *
 * @since 0.1.0
 * @category read
 */
export const Paging = Schema.Struct({
  next: Field.maybe(Schema.Struct({ after: Id, link: Field.maybe(Schema.String) }))
})

/**
 * A contact, company or deal. Times are ISO 8601, as HubSpot sends them.
 *
 * @since 0.1.0
 * @category read
 */
export const CrmObject = Schema.Struct({
  id: Schema.String,
  properties: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) }),
  createdAt: Schema.String,
  updatedAt: Schema.String,
  archived: Schema.optionalWith(Schema.Boolean, { default: () => false, nullable: true }),
  archivedAt: Field.maybe(Schema.String),
  propertiesWithHistory: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.Array(Schema.Unknown) })),
  associations: Field.maybe(Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      results: Schema.Array(Schema.Struct({ id: Id, type: Schema.String })),
      paging: Field.maybe(Paging)
    })
  })),
  url: Field.maybe(Schema.String),
  objectWriteTraceId: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export interface CrmObject extends Schema.Schema.Type<typeof CrmObject> {}

/**
 * @since 0.1.0
 * @category read
 */
export const UpsertedObject = Schema.Struct({
  ...CrmObject.fields,
  /** Whether the record was made by this request. */
  new: Schema.optionalWith(Schema.Boolean, { default: () => false, nullable: true })
})

/**
 * @since 0.1.0
 * @category read
 */
export interface UpsertedObject extends Schema.Schema.Type<typeof UpsertedObject> {}

const page = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Struct({ results: Schema.Array(item), paging: Field.maybe(Paging) })

/**
 * @since 0.1.0
 * @category read
 */
export const ObjectPage = page(CrmObject)

/**
 * @since 0.1.0
 * @category read
 */
export const SearchPage = Schema.Struct({ ...ObjectPage.fields, total: Schema.Int })

/** The lists of strings by which HubSpot says what an error is about. */
const ErrorContext = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/**
 * What went wrong with some inputs of a batch.
 *
 * @since 0.1.0
 * @category read
 */
export const BatchError = Schema.Struct({
  status: Field.maybe(Schema.String),
  id: Field.maybe(Schema.String),
  category: Field.maybe(Schema.String),
  subCategory: Field.maybe(Schema.Unknown),
  message: Schema.String,
  errors: Field.maybe(Schema.Array(Schema.Unknown)),
  context: Field.maybe(ErrorContext),
  links: Field.maybe(Schema.Unknown)
})

const batchResult = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Struct({
    /** `COMPLETE` when done. */
    status: Schema.String,
    results: Schema.Array(item),
    startedAt: Field.maybe(Schema.String),
    completedAt: Field.maybe(Schema.String),
    requestedAt: Field.maybe(Schema.String),
    /** Present where some of the inputs failed (HTTP 207). */
    numErrors: Field.maybe(Schema.Int),
    errors: Field.maybe(Schema.Array(BatchError)),
    links: Field.maybe(Schema.Unknown)
  })

/**
 * @since 0.1.0
 * @category read
 */
export const BatchResult = batchResult(CrmObject)

/**
 * @since 0.1.0
 * @category read
 */
export const BatchUpsertResult = batchResult(UpsertedObject)

/**
 * @since 0.1.0
 * @category read
 */
export const Association = Schema.Struct({
  toObjectId: Id,
  associationTypes: Schema.Array(Schema.Struct({
    category: Schema.String,
    typeId: Schema.Int,
    label: Field.maybe(Schema.String)
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const AssociationPage = page(Association)

/**
 * @since 0.1.0
 * @category read
 */
export const DefaultAssociationResult = batchResult(Schema.Struct({
  from: Schema.Struct({ id: Id }),
  to: Schema.Struct({ id: Id }),
  associationSpec: Schema.Struct({ associationCategory: Schema.String, associationTypeId: Schema.Int })
}))

/**
 * @since 0.1.0
 * @category read
 */
export const LabelledAssociation = Schema.Struct({
  fromObjectTypeId: Schema.String,
  fromObjectId: Id,
  toObjectTypeId: Schema.String,
  toObjectId: Id,
  labels: Schema.Array(Schema.String)
})

/**
 * Who may own records.
 *
 * @since 0.1.0
 * @category read
 */
export const Owner = Schema.Struct({
  id: Schema.String,
  email: Field.maybe(Schema.String),
  /** `PERSON` or `QUEUE`. */
  type: Field.maybe(Schema.String),
  firstName: Field.maybe(Schema.String),
  lastName: Field.maybe(Schema.String),
  userId: Field.maybe(Schema.Int),
  userIdIncludingInactive: Field.maybe(Schema.Int),
  createdAt: Schema.String,
  updatedAt: Schema.String,
  archived: Schema.optionalWith(Schema.Boolean, { default: () => false, nullable: true }),
  teams: Field.maybe(
    Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String, primary: Field.maybe(Schema.Boolean) }))
  )
})

/**
 * @since 0.1.0
 * @category read
 */
export const OwnerPage = page(Owner)

/**
 * The account that the token belongs to.
 *
 * @since 0.1.0
 * @category read
 */
export const AccountDetails = Schema.Struct({
  portalId: Schema.Int,
  /** `STANDARD`, `DEVELOPER_TEST`, `SANDBOX` or `APP_DEVELOPER`. */
  accountType: Field.maybe(Schema.String),
  timeZone: Field.maybe(Schema.String),
  companyCurrency: Field.maybe(Schema.String),
  additionalCurrencies: Field.maybe(Schema.Array(Schema.String)),
  utcOffset: Field.maybe(Schema.String),
  utcOffsetMilliseconds: Field.maybe(Schema.Int),
  uiDomain: Field.maybe(Schema.String),
  dataHostingLocation: Field.maybe(Schema.String)
})
