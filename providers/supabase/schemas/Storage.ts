/**
 * Buckets and their objects, as Storage is asked and answers.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Field } from "holdfast"

/**
 * @since 0.1.0
 * @category sent
 */
export const BucketId = Schema.String.pipe(
  Schema.pattern(/^[^/\s]{1,100}$/, { message: () => "the id of a bucket, at most 100 characters without a slash" })
)

/**
 * The name of an object in its bucket, `invoices/2026/1.pdf`.
 *
 * @since 0.1.0
 * @category sent
 */
export const ObjectPath = Schema.String.pipe(
  Schema.pattern(/^[^/]+(?:\/[^/]+)*$/, {
    message: () => "an object's name as in folder/file.txt, without an empty part"
  })
)

/**
 * @since 0.1.0
 * @category sent
 */
export const ofBucket = Schema.Struct({ bucket: BucketId })

/**
 * @since 0.1.0
 * @category sent
 */
export const ofObject = Schema.Struct({
  bucket: BucketId,
  path: Schema.propertySignature(ObjectPath).pipe(Schema.fromKey("*"))
})

const Metadata = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/**
 * @since 0.1.0
 * @category read
 */
export const Bucket = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  owner: Field.maybe(Schema.String),
  public: Field.maybe(Schema.Boolean),
  type: Field.maybe(Schema.String),
  file_size_limit: Field.maybe(Schema.Number),
  allowed_mime_types: Field.maybe(Schema.Array(Schema.String)),
  created_at: Field.maybe(Schema.String),
  updated_at: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Buckets = Schema.Array(Bucket)

const count = Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())

/**
 * @since 0.1.0
 * @category sent
 */
export const BucketListParams = Schema.Struct({
  limit: Field.may(count),
  offset: Field.may(count),
  sortColumn: Field.may(Schema.Literal("id", "name", "created_at", "updated_at")),
  sortOrder: Field.may(Schema.Literal("asc", "desc")),
  search: Field.may(Schema.String)
})

const bucketFields = {
  public: Field.may(Schema.Boolean),
  /** Bytes, or as in `20MB`; `null`: as much as the project allows. */
  file_size_limit: Field.may(Schema.NullOr(Schema.Union(Schema.Int, Schema.NonEmptyString))),
  allowed_mime_types: Field.may(Schema.NullOr(Schema.Array(Schema.NonEmptyString)))
}

/**
 * @since 0.1.0
 * @category sent
 */
export const BucketInput = Schema.Struct({
  id: Field.may(BucketId),
  name: BucketId,
  type: Field.may(Schema.NonEmptyString),
  ...bucketFields
})

/**
 * @since 0.1.0
 * @category sent
 */
export const BucketUpdate = Schema.Struct(bucketFields)

/**
 * @since 0.1.0
 * @category read
 */
export const BucketCreated = Schema.Struct({ name: Schema.String })

/**
 * @since 0.1.0
 * @category read
 */
export const Said = Schema.Struct({ message: Field.maybe(Schema.String) })

/**
 * `x-metadata` is JSON in base64.
 *
 * @since 0.1.0
 * @category sent
 */
export const UploadHeaders = Schema.Struct({
  "content-type": Field.may(Schema.NonEmptyString),
  "cache-control": Field.may(Schema.NonEmptyString),
  "x-upsert": Field.may(Schema.BooleanFromString),
  "x-metadata": Field.may(Schema.compose(Schema.StringFromBase64, Schema.parseJson(Metadata)))
})

/**
 * @since 0.1.0
 * @category read
 */
export const Uploaded = Schema.Struct({ Id: Field.maybe(Schema.String), Key: Schema.String })

/**
 * An object, or a folder: that has no id.
 *
 * @since 0.1.0
 * @category read
 */
export const Entry = Schema.Struct({
  name: Schema.String,
  id: Field.maybe(Schema.String),
  updated_at: Field.maybe(Schema.String),
  created_at: Field.maybe(Schema.String),
  last_accessed_at: Field.maybe(Schema.String),
  metadata: Field.maybe(Metadata)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Entries = Schema.Array(Entry)

const order = Field.may(Schema.Literal("asc", "desc"))

/**
 * One folder; `limit` is 100 where it is left out.
 *
 * @since 0.1.0
 * @category sent
 */
export const ListInput = Schema.Struct({
  prefix: Schema.String,
  limit: Field.may(Schema.Int.pipe(Schema.positive())),
  offset: Field.may(Schema.Int.pipe(Schema.nonNegative())),
  sortBy: Field.may(
    Schema.Struct({ column: Field.may(Schema.Literal("name", "updated_at", "created_at", "last_accessed_at")), order })
  ),
  search: Field.may(Schema.String)
})

/**
 * Everything whose name begins with `prefix`, by cursor; `with_delimiter`: folders apart.
 *
 * @since 0.1.0
 * @category sent
 */
export const ListPageInput = Schema.Struct({
  prefix: Field.may(Schema.String),
  limit: Field.may(Schema.Int.pipe(Schema.positive())),
  cursor: Field.may(Schema.String),
  with_delimiter: Field.may(Schema.Boolean),
  sortBy: Field.may(
    Schema.Struct({ column: Field.may(Schema.Literal("name", "updated_at", "created_at")), order })
  )
})

/**
 * @since 0.1.0
 * @category read
 */
export const ListPage = Schema.Struct({
  hasNext: Schema.Boolean,
  folders: Field.list(Schema.Struct({ name: Schema.String, key: Field.maybe(Schema.String) })),
  objects: Field.list(Schema.Struct({ ...Entry.fields, key: Field.maybe(Schema.String) })),
  nextCursor: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category read
 */
export const ObjectInfo = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  bucket_id: Field.maybe(Schema.String),
  version: Field.maybe(Schema.String),
  size: Field.maybe(Schema.Number),
  content_type: Field.maybe(Schema.String),
  cache_control: Field.maybe(Schema.String),
  etag: Field.maybe(Schema.String),
  metadata: Field.maybe(Metadata),
  created_at: Field.maybe(Schema.String),
  last_modified: Field.maybe(Schema.String)
})

/**
 * @since 0.1.0
 * @category sent
 */
export const TransferInput = Schema.Struct({
  bucketId: BucketId,
  sourceKey: ObjectPath,
  destinationKey: ObjectPath,
  destinationBucket: Field.may(BucketId)
})

/**
 * @since 0.1.0
 * @category read
 */
export const Copied = Schema.Struct({ Key: Schema.String })

/**
 * The names of objects, in full: a folder's would be one of an object that is not there.
 *
 * @since 0.1.0
 * @category sent
 */
export const RemoveInput = Schema.Struct({ prefixes: Schema.NonEmptyArray(ObjectPath) })

const expiresIn = Schema.Int.pipe(Schema.positive())

/**
 * `expiresIn` is in seconds.
 *
 * @since 0.1.0
 * @category sent
 */
export const SignInput = Schema.Struct({ expiresIn })

/**
 * The path and token of a link, behind `/storage/v1`: `Urls.signed` makes it whole. Whoever has it has the object.
 *
 * @since 0.1.0
 * @category read
 */
export const Signed = Schema.Struct({ signedURL: Schema.String })

/**
 * @since 0.1.0
 * @category sent
 */
export const SignManyInput = Schema.Struct({ expiresIn, paths: Schema.NonEmptyArray(ObjectPath) })

/**
 * An object that is not there has an `error`, in an answer that is a success.
 *
 * @since 0.1.0
 * @category read
 */
export const SignedMany = Schema.Array(Schema.Struct({
  error: Field.maybe(Schema.String),
  path: Field.maybe(Schema.String),
  signedURL: Field.maybe(Schema.String)
}))

/**
 * @since 0.1.0
 * @category sent
 */
export const SignUploadHeaders = Schema.Struct({ "x-upsert": Field.may(Schema.BooleanFromString) })

/**
 * @since 0.1.0
 * @category read
 */
export const SignedUpload = Schema.Struct({ url: Schema.String, token: Field.maybe(Schema.String) })

/**
 * @since 0.1.0
 * @category sent
 */
export const TokenParams = Schema.Struct({ token: Schema.NonEmptyString })

/**
 * @since 0.1.0
 * @category read
 */
export const Healthy = Schema.Struct({ healthy: Schema.Boolean })
