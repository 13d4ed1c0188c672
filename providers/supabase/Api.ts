/**
 * Supabase's APIs of one project, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const table = Schema.Struct({ table: Schemas.Name })

/** `written`: what a write answers. */
const rows = <A, I>(written: Schema.Schema<A, I>) =>
  HttpApiGroup.make("rows")
    // of the operations that share a method and a path, the one whose headers ask for more comes first
    .add(
      HttpApiEndpoint.get("single", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.SelectParams)
        .setHeaders(Schemas.SingleHeaders).addSuccess(Schemas.Row)
    )
    .add(
      HttpApiEndpoint.get("select", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.SelectParams)
        .setHeaders(Schemas.SelectHeaders).addSuccess(Schemas.Rows)
    )
    .add(
      HttpApiEndpoint.make("HEAD")("count", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.CountParams)
        .setHeaders(Schemas.CountHeaders).addSuccess(Schema.Void, { status: 200 })
    )
    .add(
      HttpApiEndpoint.post("upsert", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.UpsertParams)
        .setHeaders(Schemas.UpsertHeaders).setPayload(Schemas.RowInput).addSuccess(written, { status: 201 })
        .annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.post("insert", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.InsertParams)
        .setHeaders(Schemas.InsertHeaders).setPayload(Schemas.RowInput).addSuccess(written, { status: 201 })
    )
    .add(
      HttpApiEndpoint.put("put", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.ChangeParams)
        .setHeaders(Schemas.ChangeHeaders).setPayload(Schemas.Row).addSuccess(written)
    )
    .add(
      // absolute values: sent twice, it leaves the same rows, though the second may find none of them
      HttpApiEndpoint.patch("update", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.ChangeParams)
        .setHeaders(Schemas.ChangeHeaders).setPayload(Schemas.Row).addSuccess(written)
        .annotate(Operation.Idempotent, true)
    )
    .add(
      HttpApiEndpoint.del("delete", "/rest/v1/:table").setPath(table).setUrlParams(Schemas.ChangeParams)
        .setHeaders(Schemas.ChangeHeaders).addSuccess(written)
    )

const rpc = HttpApiGroup.make("rpc")
  .add(
    HttpApiEndpoint.post("call", "/rest/v1/rpc/:function").setPath(Schema.Struct({ function: Schemas.Name }))
      .setPayload(Schemas.Row).addSuccess(Schema.Unknown)
  )
  .add(
    // runs in a transaction that may only read
    HttpApiEndpoint.get("read", "/rest/v1/rpc/:function").setPath(Schema.Struct({ function: Schemas.Name }))
      .setUrlParams(Schema.Record({ key: Schema.String, value: Schema.String })).addSuccess(Schema.Unknown)
  )

const user = Schema.Struct({ id: Schema.UUID })

const users = HttpApiGroup.make("users")
  .add(
    HttpApiEndpoint.get("list", "/auth/v1/admin/users").setUrlParams(Schemas.UserListParams)
      .addSuccess(Schemas.UserPage)
  )
  .add(
    HttpApiEndpoint.post("create", "/auth/v1/admin/users").setPayload(Schemas.UserInput).addSuccess(Schemas.User)
      .annotate(Operation.Redact, ["password", "password_hash"])
  )
  .add(HttpApiEndpoint.get("get", "/auth/v1/admin/users/:id").setPath(user).addSuccess(Schemas.User))
  .add(
    HttpApiEndpoint.put("update", "/auth/v1/admin/users/:id").setPath(user).setPayload(Schemas.UserUpdate)
      .addSuccess(Schemas.User).annotate(Operation.Redact, ["password", "password_hash"])
  )
  .add(
    HttpApiEndpoint.del("delete", "/auth/v1/admin/users/:id").setPath(user).setPayload(Schemas.UserDelete)
      .addSuccess(Schema.Unknown)
  )
  .add(
    HttpApiEndpoint.post("invite", "/auth/v1/invite").setUrlParams(Schemas.RedirectParams)
      .setPayload(Schemas.InviteInput).addSuccess(Schemas.User)
  )

const links = HttpApiGroup.make("links").add(
  HttpApiEndpoint.post("generate", "/auth/v1/admin/generate_link").setUrlParams(Schemas.RedirectParams)
    .setPayload(Schemas.LinkInput).addSuccess(Schemas.Link).annotate(Operation.Redact, ["password"])
)

const project = HttpApiGroup.make("project")
  .add(HttpApiEndpoint.get("health", "/auth/v1/health").addSuccess(Schemas.Health))
  .add(HttpApiEndpoint.get("settings", "/auth/v1/settings").addSuccess(Schemas.Settings))
  .add(HttpApiEndpoint.get("storage", "/storage/v1/health").addSuccess(Schemas.Healthy))

const bucket = "/storage/v1/bucket/:bucket"

const buckets = HttpApiGroup.make("buckets")
  .add(
    HttpApiEndpoint.get("list", "/storage/v1/bucket").setUrlParams(Schemas.BucketListParams)
      .addSuccess(Schemas.Buckets)
  )
  .add(
    HttpApiEndpoint.post("create", "/storage/v1/bucket").setPayload(Schemas.BucketInput)
      .addSuccess(Schemas.BucketCreated)
  )
  .add(HttpApiEndpoint.get("get", bucket).setPath(Schemas.ofBucket).addSuccess(Schemas.Bucket))
  .add(
    HttpApiEndpoint.put("update", bucket).setPath(Schemas.ofBucket).setPayload(Schemas.BucketUpdate)
      .addSuccess(Schemas.Said)
  )
  .add(HttpApiEndpoint.del("delete", bucket).setPath(Schemas.ofBucket).addSuccess(Schemas.Said))
  .add(
    HttpApiEndpoint.post("empty", `${bucket}/empty`).setPath(Schemas.ofBucket).addSuccess(Schemas.Said)
      .annotate(Operation.Idempotent, true)
  )

const Bytes = Schema.Uint8ArrayFromSelf.pipe(HttpApiSchema.withEncoding({
  contentType: "application/octet-stream",
  kind: "Uint8Array"
}))

const object = "/storage/v1/object"

const objects = HttpApiGroup.make("objects")
  .add(
    // with x-upsert it is an upsert; without, the second one is told that the object exists
    HttpApiEndpoint.post("upload", `${object}/:bucket/*`).setPath(Schemas.ofObject).setHeaders(Schemas.UploadHeaders)
      .setPayload(Bytes).addSuccess(Schemas.Uploaded)
  )
  .add(
    HttpApiEndpoint.put("replace", `${object}/:bucket/*`).setPath(Schemas.ofObject).setHeaders(Schemas.UploadHeaders)
      .setPayload(Bytes).addSuccess(Schemas.Uploaded)
  )
  .add(HttpApiEndpoint.get("download", `${object}/:bucket/*`).setPath(Schemas.ofObject).addSuccess(Bytes))
  .add(HttpApiEndpoint.get("info", `${object}/info/:bucket/*`).setPath(Schemas.ofObject).addSuccess(Schemas.ObjectInfo))
  .add(
    HttpApiEndpoint.post("list", `${object}/list/:bucket`).setPath(Schemas.ofBucket).setPayload(Schemas.ListInput)
      .addSuccess(Schemas.Entries).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.post("listPage", `${object}/list-v2/:bucket`).setPath(Schemas.ofBucket)
      .setPayload(Schemas.ListPageInput).addSuccess(Schemas.ListPage).annotate(Operation.Safe, true)
  )
  .add(HttpApiEndpoint.post("move", `${object}/move`).setPayload(Schemas.TransferInput).addSuccess(Schemas.Said))
  .add(HttpApiEndpoint.post("copy", `${object}/copy`).setPayload(Schemas.TransferInput).addSuccess(Schemas.Copied))
  .add(
    HttpApiEndpoint.del("remove", `${object}/:bucket`).setPath(Schemas.ofBucket).setPayload(Schemas.RemoveInput)
      .addSuccess(Schemas.Entries)
  )
  .add(
    HttpApiEndpoint.post("sign", `${object}/sign/:bucket/*`).setPath(Schemas.ofObject).setPayload(Schemas.SignInput)
      .addSuccess(Schemas.Signed).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("signMany", `${object}/sign/:bucket`).setPath(Schemas.ofBucket)
      .setPayload(Schemas.SignManyInput).addSuccess(Schemas.SignedMany).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.get("downloadSigned", `${object}/sign/:bucket/*`).setPath(Schemas.ofObject)
      .setUrlParams(Schemas.TokenParams).addSuccess(Bytes)
  )
  .add(
    HttpApiEndpoint.post("signUpload", `${object}/upload/sign/:bucket/*`).setPath(Schemas.ofObject)
      .setHeaders(Schemas.SignUploadHeaders).addSuccess(Schemas.SignedUpload).annotate(Operation.Idempotent, true)
  )
  .add(
    // the token works once for a new object
    HttpApiEndpoint.put("uploadSigned", `${object}/upload/sign/:bucket/*`).setPath(Schemas.ofObject)
      .setUrlParams(Schemas.TokenParams).setHeaders(Schemas.UploadHeaders).setPayload(Bytes)
      .addSuccess(Schemas.Uploaded).annotate(Operation.Idempotent, false)
  )

const make = <A, I>(written: Schema.Schema<A, I>) =>
  HttpApi.make("supabase")
    .add(rows(written))
    .add(rpc)
    .add(users)
    .add(links)
    .add(buckets)
    .add(objects)
    .add(project)

/**
 * The declaration of version 1 of each: rows and functions (PostgREST), users (Auth), buckets and objects (Storage).
 *
 * @since 0.1.0
 * @category api
 */
export const SupabaseApi = make(Schemas.Written)

/**
 * @since 0.1.0
 * @category models
 */
export type SupabaseApi = typeof SupabaseApi

/**
 * The same for an emulator, which also answers what other clients ask for: a row by itself, or nothing at all.
 *
 * @since 0.1.0
 * @category api
 */
export const EmulatedApi = make(
  Schema.declare(
    (answer: unknown): answer is typeof Schemas.Rows.Type | typeof Schemas.Row.Type | undefined =>
      answer === undefined || Schema.is(Schema.Union(Schemas.Rows, Schemas.Row))(answer),
    // its document says what is promised to whoever asks as `SupabaseApi` does
    { jsonSchema: Struct.omit(JSONSchema.make(Schema.NullOr(Schemas.Rows)), "$schema") }
  )
)

/**
 * @since 0.1.0
 * @category models
 */
export type EmulatedApi = typeof EmulatedApi
