/**
 * SendGrid's API of version 3, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Mail from "./Mail.js"
import * as Schemas from "./Schemas.js"

const { Behalf } = Schemas

const one = Schema.Struct({ id: Schema.NonEmptyString })

const mail = HttpApiGroup.make("mail")
  .add(
    // SendGrid has no key by which it would know a mail again: sent twice, it arrives twice
    HttpApiEndpoint.post("send", "/v3/mail/send").setHeaders(Behalf).setPayload(Mail.Mail)
      .addSuccess(HttpApiSchema.Accepted)
  )
  .add(
    // an id that nobody uses does no harm
    HttpApiEndpoint.post("batch", "/v3/mail/batch").setHeaders(Behalf).addSuccess(Mail.Batch, { status: 201 })
      .annotate(Operation.Idempotent, true)
  )

const contacts = HttpApiGroup.make("contacts")
  .add(
    HttpApiEndpoint.put("upsert", "/v3/marketing/contacts").setHeaders(Behalf).setPayload(Schemas.UpsertInput)
      .addSuccess(Schemas.Job, { status: 202 })
  )
  .add(
    HttpApiEndpoint.get("job", "/v3/marketing/contacts/imports/:id").setPath(one).setHeaders(Behalf)
      .addSuccess(Schemas.JobStatus)
  )
  .add(
    HttpApiEndpoint.post("byEmails", "/v3/marketing/contacts/search/emails").setHeaders(Behalf)
      .setPayload(Schemas.EmailsInput).addSuccess(Schemas.ContactsByEmail).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.post("search", "/v3/marketing/contacts/search").setHeaders(Behalf).setPayload(Schemas.SearchInput)
      .addSuccess(Schemas.ContactsFound).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.get("sample", "/v3/marketing/contacts").setHeaders(Behalf).addSuccess(Schemas.ContactsFound)
  )
  .add(
    HttpApiEndpoint.post("startExport", "/v3/marketing/contacts/exports").setHeaders(Behalf)
      .setPayload(Schemas.ExportInput).addSuccess(Schemas.ExportStarted, { status: 202 })
  )
  .add(
    HttpApiEndpoint.get("export", "/v3/marketing/contacts/exports/:id").setPath(one).setHeaders(Behalf)
      .addSuccess(Schemas.Export)
  )
  .add(
    HttpApiEndpoint.del("delete", "/v3/marketing/contacts").setUrlParams(Schemas.DeleteParams).setHeaders(Behalf)
      .addSuccess(Schemas.Job, { status: 202 })
  )

const lists = HttpApiGroup.make("lists")
  .add(
    HttpApiEndpoint.get("list", "/v3/marketing/lists").setUrlParams(Schemas.ListParams).setHeaders(Behalf)
      .addSuccess(Schemas.ListPage)
  )
  .add(
    HttpApiEndpoint.post("create", "/v3/marketing/lists").setHeaders(Behalf).setPayload(Schemas.ListInput)
      .addSuccess(Schemas.List, { status: 201 })
  )
  .add(
    HttpApiEndpoint.patch("update", "/v3/marketing/lists/:id").setPath(one).setHeaders(Behalf)
      .setPayload(Schemas.ListInput).addSuccess(Schemas.List).annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("delete", "/v3/marketing/lists/:id").setPath(one).setHeaders(Behalf))

const suppressions = HttpApiGroup.make("suppressions").add(
  HttpApiEndpoint.get("list", "/v3/suppression/:kind").setPath(Schema.Struct({ kind: Schemas.SuppressionKind }))
    .setUrlParams(Schemas.SuppressionParams).setHeaders(Behalf).addSuccess(Schema.Array(Schemas.Suppression))
)

const groupId = Schema.NumberFromString.pipe(Schema.int(), Schema.positive())
const group = Schema.Struct({ id: groupId })
const member = Schema.Struct({ id: groupId, email: Schemas.Address })

const groups = HttpApiGroup.make("groups")
  .add(HttpApiEndpoint.get("list", "/v3/asm/groups").setHeaders(Behalf).addSuccess(Schema.Array(Schemas.Group)))
  .add(
    HttpApiEndpoint.post("create", "/v3/asm/groups").setHeaders(Behalf).setPayload(Schemas.GroupInput)
      .addSuccess(Schemas.Group, { status: 201 })
  )
  .add(
    HttpApiEndpoint.get("suppressions", "/v3/asm/groups/:id/suppressions").setPath(group).setHeaders(Behalf)
      .addSuccess(Schema.Array(Schema.String))
  )
  .add(
    // whoever is in it already stays there once
    HttpApiEndpoint.post("suppress", "/v3/asm/groups/:id/suppressions").setPath(group).setHeaders(Behalf)
      .setPayload(Schemas.GroupSuppressionsInput).addSuccess(Schemas.GroupSuppressions, { status: 201 })
      .annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.del("unsuppress", "/v3/asm/groups/:id/suppressions/:email").setPath(member).setHeaders(Behalf)
  )

/**
 * Mail, contacts, lists, suppressions, and what the key may do.
 *
 * @since 0.1.0
 * @category api
 */
export const SendGridApi = HttpApi.make("sendgrid")
  .add(mail)
  .add(contacts)
  .add(lists)
  .add(suppressions)
  .add(groups)
  .add(
    HttpApiGroup.make("scopes").add(
      HttpApiEndpoint.get("list", "/v3/scopes").setHeaders(Behalf).addSuccess(Schemas.Scopes)
    )
  )

/**
 * @since 0.1.0
 * @category models
 */
export type SendGridApi = typeof SendGridApi
