/**
 * Mailchimp's Marketing API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const lists = HttpApiGroup.make("lists")
  .add(HttpApiEndpoint.get("list", "/3.0/lists").setUrlParams(Schemas.ListListParams).addSuccess(Schemas.Lists))
  .add(
    HttpApiEndpoint.get("get", "/3.0/lists/:listId").setPath(Schemas.byList).setUrlParams(Schemas.FieldParams)
      .addSuccess(Schemas.List)
  )

const members = HttpApiGroup.make("members")
  .add(
    HttpApiEndpoint.get("list", "/3.0/lists/:listId/members").setPath(Schemas.byList)
      .setUrlParams(Schemas.MemberListParams).addSuccess(Schemas.Members)
  )
  .add(
    HttpApiEndpoint.get("get", "/3.0/lists/:listId/members/:hash").setPath(Schemas.byMember)
      .setUrlParams(Schemas.FieldParams).addSuccess(Schemas.Member)
  )
  .add(
    HttpApiEndpoint.post("add", "/3.0/lists/:listId/members").setPath(Schemas.byList)
      .setUrlParams(Schemas.WriteParams).setPayload(Schemas.MemberInput).addSuccess(Schemas.Member)
  )
  .add(
    HttpApiEndpoint.put("upsert", "/3.0/lists/:listId/members/:hash").setPath(Schemas.byMember)
      .setUrlParams(Schemas.WriteParams).setPayload(Schemas.MemberUpsert).addSuccess(Schemas.Member)
  )
  .add(
    // sets values: sent twice, it leaves the same member
    HttpApiEndpoint.patch("update", "/3.0/lists/:listId/members/:hash").setPath(Schemas.byMember)
      .setUrlParams(Schemas.WriteParams).setPayload(Schemas.MemberUpdate).addSuccess(Schemas.Member)
      .annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("archive", "/3.0/lists/:listId/members/:hash").setPath(Schemas.byMember))
  .add(
    HttpApiEndpoint.post("deletePermanent", "/3.0/lists/:listId/members/:hash/actions/delete-permanent")
      .setPath(Schemas.byMember).annotate(Operation.Idempotent, true)
  )
  .add(
    // by name, on or off
    HttpApiEndpoint.post("tag", "/3.0/lists/:listId/members/:hash/tags").setPath(Schemas.byMember)
      .setPayload(Schemas.TagsInput).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("event", "/3.0/lists/:listId/members/:hash/events").setPath(Schemas.byMember)
      .setPayload(Schemas.EventInput)
  )
  .add(
    // by address: who is there already is changed, or is an error of the answer
    HttpApiEndpoint.post("batch", "/3.0/lists/:listId").setPath(Schemas.byList)
      .setUrlParams(Schemas.MembersBatchParams).setPayload(Schemas.MembersBatch)
      .addSuccess(Schemas.MembersBatchResult).annotate(Operation.Idempotent, true)
  )

const batches = HttpApiGroup.make("batches")
  .add(HttpApiEndpoint.post("create", "/3.0/batches").setPayload(Schemas.BatchInput).addSuccess(Schemas.Batch))
  .add(HttpApiEndpoint.get("get", "/3.0/batches/:batchId").setPath(Schemas.byBatch).addSuccess(Schemas.Batch))

const webhooks = HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.get("list", "/3.0/lists/:listId/webhooks").setPath(Schemas.byList).addSuccess(Schemas.Webhooks)
  )
  .add(
    HttpApiEndpoint.post("create", "/3.0/lists/:listId/webhooks").setPath(Schemas.byList)
      .setPayload(Schemas.WebhookInput).addSuccess(Schemas.Webhook)
      // it may end in a secret that stands in for a signature
      .annotate(Operation.Redact, ["url"])
  )
  .add(HttpApiEndpoint.del("remove", "/3.0/lists/:listId/webhooks/:webhookId").setPath(Schemas.byWebhook))

/**
 * Version 3.0.
 *
 * @since 0.1.0
 * @category api
 */
export const MailchimpApi = HttpApi.make("mailchimp")
  .add(HttpApiGroup.make("ping").add(HttpApiEndpoint.get("get", "/3.0/ping").addSuccess(Schemas.Ping)))
  .add(
    HttpApiGroup.make("account").add(
      HttpApiEndpoint.get("get", "/3.0/").setUrlParams(Schemas.FieldParams).addSuccess(Schemas.Account)
    )
  )
  .add(lists)
  .add(members)
  .add(batches)
  .add(webhooks)

/**
 * @since 0.1.0
 * @category models
 */
export type MailchimpApi = typeof MailchimpApi
