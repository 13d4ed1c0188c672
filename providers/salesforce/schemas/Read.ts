/**
 * What Salesforce answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/** Offsets have no colon, which few parsers of ISO 8601 take. */
const parseTime = (text: string): Option.Option<DateTime.Utc> =>
  Option.map(DateTime.make(text.replace(/([+-]\d{2})(\d{2})$/, "$1:$2")), DateTime.toUtc)

/**
 * A time as Salesforce writes it, `2026-05-20T20:49:32.000+0000`, for the values of a record:
 * `Schema.decodeUnknown(Schemas.Timestamp)(record.SystemModstamp)`.
 *
 * @since 0.1.0
 * @category read
 */
export const Timestamp = Schema.transformOrFail(Schema.String, Schema.DateTimeUtcFromSelf, {
  strict: true,
  decode: (text, _, ast) =>
    ParseResult.fromOption(parseTime(text), () => new ParseResult.Type(ast, text, `"${text}" is not a time`)),
  encode: (time) => ParseResult.succeed(DateTime.formatIso(time).replace("Z", "+0000"))
})

/**
 * A record with the fields that were asked for.
 *
 * @since 0.1.0
 * @category read
 */
export const Record = Schema.Struct(
  { attributes: Field.maybe(Schema.Struct({ type: Schema.String, url: Field.maybe(Schema.String) })) },
  { key: Schema.String, value: Schema.Unknown }
)

/**
 * A page of a query. `nextRecordsUrl` names the next; there is none where `done`.
 *
 * @since 0.1.0
 * @category read
 */
export const QueryPage = Schema.Struct({
  totalSize: Schema.Int,
  done: Schema.Boolean,
  nextRecordsUrl: Field.maybe(Schema.String),
  records: Schema.Array(Record)
})

/**
 * What is wrong with one record. Collections say `statusCode` where other answers say `errorCode`.
 *
 * @since 0.1.0
 * @category read
 */
export const ItemError = Schema.Struct({
  statusCode: Field.maybe(Schema.String),
  errorCode: Field.maybe(Schema.String),
  message: Field.maybe(Schema.String),
  fields: Field.maybe(Schema.Array(Schema.String))
})

const errors = Schema.optionalWith(Schema.Array(ItemError), { default: () => [], exact: true, nullable: true })

/**
 * @since 0.1.0
 * @category read
 */
export const CreateResult = Schema.Struct({ id: Schema.String, success: Schema.Boolean, errors })

const upsertResult = (created: boolean) =>
  Schema.Struct({
    id: Field.maybe(Schema.String),
    success: Schema.Boolean,
    errors,
    created: Schema.optionalWith(Schema.Boolean, { default: () => created, exact: true, nullable: true })
  })

/**
 * The answer to an upsert. Its `id` is absent where Salesforce answers an update with nothing, as versions before 46 did.
 *
 * @since 0.1.0
 * @category read
 */
export const UpsertResult = upsertResult(false)

/**
 * The same, of a record that is new.
 *
 * @since 0.1.0
 * @category read
 */
export const UpsertCreated = upsertResult(true)

/**
 * The same, of an answer without a body.
 *
 * @since 0.1.0
 * @category read
 */
export const UpsertNothing = Schema.transform(Schema.String, Schema.typeSchema(UpsertResult), {
  strict: true,
  decode: () => ({ created: false, errors: [], success: true }),
  encode: () => ""
}).pipe(HttpApiSchema.withEncoding({ kind: "Text" }))

/**
 * One result for each record that was sent, in the same order. A failed one has `success: false` in an answer whose status
 * is 200: see `SalesforceErrors.failedItems`.
 *
 * @since 0.1.0
 * @category read
 */
export const CollectionResult = Schema.Array(
  Schema.Struct({
    id: Field.maybe(Schema.String),
    success: Schema.Boolean,
    errors,
    created: Field.maybe(Schema.Boolean)
  })
)

/**
 * The records in the order of the ids; `null` for one that is not there.
 *
 * @since 0.1.0
 * @category read
 */
export const CollectionRecords = Schema.Array(Schema.NullOr(Record))

/**
 * An answer for each request, each with a status of its own: see `SalesforceErrors.failedSubrequests`.
 *
 * @since 0.1.0
 * @category read
 */
export const CompositeResult = Schema.Struct({
  compositeResponse: Schema.Array(Schema.Struct({
    body: Schema.optionalWith(Schema.Unknown, { exact: true }),
    httpHeaders: Field.maybe(Schema.Record({ key: Schema.String, value: Schema.String })),
    httpStatusCode: Schema.Int,
    referenceId: Schema.String
  }))
})

/**
 * @since 0.1.0
 * @category read
 */
export const BatchResult = Schema.Struct({
  hasErrors: Schema.Boolean,
  results: Schema.Array(
    Schema.Struct({ statusCode: Schema.Int, result: Schema.optionalWith(Schema.Unknown, { exact: true }) })
  )
})

/**
 * What an object is made of: much more than is spelled out here, all of which is there.
 *
 * @since 0.1.0
 * @category read
 */
export const Description = Schema.Struct(
  {
    name: Schema.String,
    label: Field.maybe(Schema.String),
    keyPrefix: Field.maybe(Schema.String),
    custom: Field.maybe(Schema.Boolean),
    fields: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        type: Schema.String,
        label: Field.maybe(Schema.String),
        length: Field.maybe(Schema.Int),
        nillable: Field.maybe(Schema.Boolean),
        createable: Field.maybe(Schema.Boolean),
        updateable: Field.maybe(Schema.Boolean),
        custom: Field.maybe(Schema.Boolean),
        externalId: Field.maybe(Schema.Boolean),
        unique: Field.maybe(Schema.Boolean)
      }, { key: Schema.String, value: Schema.Unknown })
    )
  },
  { key: Schema.String, value: Schema.Unknown }
)

/**
 * `latestDateCovered` is where the next call begins.
 *
 * @since 0.1.0
 * @category read
 */
export const Updated = Schema.Struct({ ids: Schema.Array(Schema.String), latestDateCovered: Timestamp })

/**
 * `latestDateCovered` is where the next call begins.
 *
 * @since 0.1.0
 * @category read
 */
export const Deleted = Schema.Struct({
  deletedRecords: Schema.Array(Schema.Struct({ id: Schema.String, deletedDate: Timestamp })),
  earliestDateAvailable: Field.maybe(Timestamp),
  latestDateCovered: Timestamp
})

/**
 * One of the org's limits. Some have parts of their own, by app.
 *
 * @since 0.1.0
 * @category read
 */
export const Limit = Schema.Struct({ Max: Schema.Int, Remaining: Schema.Int })

/**
 * The org's limits by name: which there are depends on its edition.
 *
 * @since 0.1.0
 * @category read
 */
export const Limits = Schema.Struct(
  { DailyApiRequests: Field.maybe(Limit) },
  { key: Schema.String, value: Schema.Unknown }
)

/**
 * The resources of this version by name, and the URL of who is asking.
 *
 * @since 0.1.0
 * @category read
 */
export const Resources = Schema.Struct({ identity: Field.maybe(Schema.String) }, {
  key: Schema.String,
  value: Schema.Unknown
})
