/**
 * What HubSpot's CRM answers, read tolerantly.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/** HubSpot writes the ids of associations as numbers in its guides and as strings in its specification. */
const Id = Schema.transform(Schema.Union(Schema.String, Schema.Int), Schema.String, {
  strict: true,
  decode: String,
  encode: (id) => id
})

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

// ---------------------------------------------------------------------------------------------------------------------
// webhooks
// ---------------------------------------------------------------------------------------------------------------------

/**
 * One event of a webhook, of which a request brings up to 100. What has happened is in `subscriptionType`, `contact.creation`
 * or `object.creation` with an `objectTypeId`; HubSpot's guides also call it `eventType`. Which account it is of is in `portalId`.
 *
 * @since 0.1.0
 * @category webhooks
 */
export const WebhookEvent = Schema.Struct({
  /** Not unique by itself. */
  eventId: Schema.Number,
  portalId: Schema.Number,
  /** Epoch milliseconds. */
  occurredAt: Schema.Number,
  subscriptionType: Field.maybe(Schema.String),
  eventType: Field.maybe(Schema.String),
  subscriptionId: Field.maybe(Schema.Number),
  appId: Field.maybe(Schema.Number),
  /** From 0 on. */
  attemptNumber: Field.maybe(Schema.Number),
  changeSource: Field.maybe(Schema.String),
  changeFlag: Field.maybe(Schema.String),
  sourceId: Field.maybe(Schema.String),
  isSensitive: Field.maybe(Schema.Boolean),
  /** Of a record. */
  objectId: Field.maybe(Schema.Number),
  objectTypeId: Field.maybe(Schema.String),
  propertyName: Field.maybe(Schema.String),
  propertyValue: Field.maybe(Schema.String),
  /** Of two records that became one. */
  primaryObjectId: Field.maybe(Schema.Number),
  mergedObjectIds: Field.maybe(Schema.Array(Schema.Number)),
  newObjectId: Field.maybe(Schema.Number),
  numberOfPropertiesMoved: Field.maybe(Schema.Number),
  /** Of an association. */
  associationType: Field.maybe(Schema.String),
  fromObjectId: Field.maybe(Schema.Number),
  toObjectId: Field.maybe(Schema.Number),
  associationRemoved: Field.maybe(Schema.Boolean),
  isPrimaryAssociation: Field.maybe(Schema.Boolean)
})

/**
 * @since 0.1.0
 * @category webhooks
 */
export interface WebhookEvent extends Schema.Schema.Type<typeof WebhookEvent> {}
