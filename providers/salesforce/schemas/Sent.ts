/**
 * What Salesforce is sent, strictly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

const name = (what: string, pattern: RegExp) => Schema.String.pipe(Schema.pattern(pattern, { message: () => what }))

/**
 * A type of object, `Account` or `Invoice__c`.
 *
 * @since 0.1.0
 * @category sent
 */
export const ObjectType = name("the API name of an object, as in Account or Invoice__c", /^[A-Za-z]\w*$/)

/**
 * A field, `LastName` or `External_Id__c`.
 *
 * @since 0.1.0
 * @category sent
 */
export const FieldName = name("the API name of a field, as in LastName or External_Id__c", /^[A-Za-z]\w*$/)

/**
 * The id of a record: 15 letters and digits, whose case counts, or the 18 of which the last three say that again.
 *
 * @since 0.1.0
 * @category sent
 */
export const RecordId = name("an id of 15 or 18 letters and digits", /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/)

/**
 * A value of a field: a date is text, and a record by its external id is an object, `{ Owner: { Employee__c: "42" } }`.
 *
 * @since 0.1.0
 * @category sent
 */
export type FieldValue = string | number | boolean | null | { readonly [name: string]: FieldValue }

/**
 * @since 0.1.0
 * @category sent
 */
export const FieldValue: Schema.Schema<FieldValue> = Schema.Union(
  Schema.String,
  // NaN would be written as null, which clears the field
  Schema.JsonNumber,
  Schema.Boolean,
  Schema.Null,
  Schema.Record({
    key: Schema.String,
    value: Schema.suspend(() => FieldValue).annotations({ identifier: "FieldValue" })
  })
)

const fieldName = /^[A-Za-z]\w*$/

/**
 * The values of a record by field. `null` clears a field.
 *
 * @since 0.1.0
 * @category sent
 */
export const Fields = Schema.Record({ key: Schema.String, value: FieldValue }).pipe(
  Schema.filter((fields) => {
    const wrong = Object.keys(fields).find((key) => !fieldName.test(key))
    return wrong === undefined ? undefined : `"${wrong}" is not the API name of a field`
  })
)

/**
 * The type of a record stands among its fields.
 *
 * @since 0.1.0
 * @category sent
 */
export const Attributes = Schema.Struct({ type: ObjectType })

/** Of up to 200 records. Those of one type together: more than ten runs of one type are refused. */
const records = <A, I>(record: Schema.Schema<A, I>, typeOf: (record: A) => string | undefined) =>
  Schema.Array(record).pipe(
    Schema.minItems(1),
    Schema.maxItems(200),
    Schema.filter((all) => {
      const types = all.map(typeOf)
      const runs = types.filter((type, index) => index === 0 || type !== types[index - 1]).length
      return runs <= 10 ? undefined : `${runs} runs of records of one type; 10 are allowed: sort them by type`
    })
  )

const Typed = Schema.Struct({ attributes: Attributes }, { key: Schema.String, value: FieldValue })

const Identified = Schema.Struct({ attributes: Attributes, id: RecordId }, { key: Schema.String, value: FieldValue })

const typeOf = (record: { readonly attributes: { readonly type: string } }) => record.attributes.type.toLowerCase()

/**
 * 1 to 200 new records. `allOrNone`: the first that fails undoes the others. Default false.
 *
 * @since 0.1.0
 * @category sent
 */
export const CollectionCreate = Schema.Struct({ allOrNone: Field.may(Schema.Boolean), records: records(Typed, typeOf) })

/**
 * 1 to 200 changes, with their `id` among the fields.
 *
 * @since 0.1.0
 * @category sent
 */
export const CollectionUpdate = Schema.Struct({
  allOrNone: Field.may(Schema.Boolean),
  records: records(Identified, typeOf)
})

/**
 * 1 to 200 records of one type, which have the field of the external id among their own.
 *
 * @since 0.1.0
 * @category sent
 */
export const CollectionUpsert = Schema.Struct({ allOrNone: Field.may(Schema.Boolean), records: records(Typed, typeOf) })

/**
 * @since 0.1.0
 * @category sent
 */
export const CollectionGet = Schema.Struct({
  ids: Schema.Array(RecordId).pipe(Schema.minItems(1), Schema.maxItems(2000)),
  fields: Schema.NonEmptyArray(FieldName)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const CollectionDeleteParams = Schema.Struct({
  ids: Field.csv(RecordId).pipe(Schema.maxItems(200)),
  allOrNone: Field.may(Schema.BooleanFromString)
})

/**
 * A query in SOQL. `Soql.soql` writes one with its values quoted.
 *
 * @since 0.1.0
 * @category sent
 */
export const QueryParams = Schema.Struct({ q: Schema.NonEmptyString })

/** `batchSize=500` */
const BatchSize = Schema.transform(
  Schema.TemplateLiteralParser("batchSize=", Schema.NumberFromString),
  Schema.Int.pipe(Schema.between(200, 2000)),
  { strict: true, decode: ([, size]) => size, encode: (size) => ["batchSize=", size] as const }
)

/**
 * How many records a page has, 200 to 2,000; a wish, of which Salesforce may give less. Default 2,000.
 *
 * @since 0.1.0
 * @category sent
 */
export const QueryHeaders = Schema.Struct({ "sforce-query-options": Field.may(BatchSize) })

/**
 * @since 0.1.0
 * @category sent
 */
export const GetParams = Schema.Struct({ fields: Field.may(Field.csv(FieldName)) })

/**
 * `updateOnly`: nothing is made where no record has the external id.
 *
 * @since 0.1.0
 * @category sent
 */
export const UpsertParams = Schema.Struct({ updateOnly: Field.may(Schema.BooleanFromString) })

/** As Salesforce's SDK writes it. */
const writtenTime = Schema.transform(Schema.String, Schema.DateTimeUtc, {
  strict: true,
  decode: (text) => text,
  encode: (iso) => iso.replace(/(?:\.\d+)?Z$/, "+00:00")
})

/**
 * What has changed, or was deleted, from one time to another.
 *
 * @since 0.1.0
 * @category sent
 */
export const ChangesParams = Schema.Struct({ start: writtenTime, end: writtenTime })

const method = Schema.Literal("GET", "POST", "PATCH", "PUT", "DELETE")

/**
 * One of up to 25 requests in one. What an earlier one gave is named as `@{reference.id}`.
 *
 * @since 0.1.0
 * @category sent
 */
export const Subrequest = Schema.Struct({
  method,
  url: name("a path that begins with /services/data/", /^\/services\/data\/v\d+\.\d\/\S+$/),
  referenceId: name("letters, digits and underscores, a letter first", /^[A-Za-z]\w*$/),
  body: Field.may(Schema.Unknown),
  httpHeaders: Field.may(Schema.Record({ key: Schema.String, value: Schema.String }))
})

const isHeavy = ({ url }: { readonly url: string }) => /\/(?:query|queryAll|composite\/sobjects)\b/.test(url)

/**
 * At most 25, of which at most 5 query or write collections.
 *
 * @since 0.1.0
 * @category sent
 */
export const CompositeInput = Schema.Struct({
  allOrNone: Field.may(Schema.Boolean),
  collateSubrequests: Field.may(Schema.Boolean),
  compositeRequest: Schema.Array(Subrequest).pipe(
    Schema.minItems(1),
    Schema.maxItems(25),
    Schema.filter((all) =>
      new Set(all.map(({ referenceId }) => referenceId)).size === all.length ? undefined : "a referenceId comes twice"
    ),
    Schema.filter((all) =>
      all.filter(isHeavy).length <= 5 ? undefined : "at most 5 of the requests may be queries or collections"
    )
  )
})

/**
 * At most 25 requests which know nothing of each other. Their URLs begin with the version, `v67.0/sobjects/Account`.
 *
 * @since 0.1.0
 * @category sent
 */
export const BatchInput = Schema.Struct({
  haltOnError: Field.may(Schema.Boolean),
  batchRequests: Schema.Array(
    Schema.Struct({
      method,
      url: name("a path that begins with a version, as in v67.0/limits", /^\/?(?:services\/data\/)?v\d+\.\d\/\S+$/),
      richInput: Field.may(Schema.Unknown)
    })
  ).pipe(Schema.minItems(1), Schema.maxItems(25))
})
