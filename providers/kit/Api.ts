/**
 * Kit's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const subscribers = HttpApiGroup.make("subscribers")
  .add(
    HttpApiEndpoint.get("list", "/v4/subscribers").setUrlParams(Schemas.SubscriberListParams)
      .addSuccess(Schemas.listOf("subscribers", Schemas.Subscriber))
  )
  .add(HttpApiEndpoint.get("get", "/v4/subscribers/:id").setPath(Schemas.byId).addSuccess(Schemas.SubscriberAnswer))
  .add(
    // by the address: sent twice, it leaves the same subscriber
    HttpApiEndpoint.post("upsert", "/v4/subscribers").setPayload(Schemas.SubscriberInput)
      .addSuccess(Schemas.SubscriberAnswer, { status: 201 }).addSuccess(Schemas.SubscriberAnswer)
      .addSuccess(Schemas.SubscriberAnswer, { status: 202 }).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.put("update", "/v4/subscribers/:id").setPath(Schemas.byId)
      .setPayload(Schemas.SubscriberUpdate).addSuccess(Schemas.SubscriberAnswer)
      .addSuccess(Schemas.SubscriberAnswer, { status: 202 })
  )
  .add(
    HttpApiEndpoint.post("unsubscribe", "/v4/subscribers/:id/unsubscribe").setPath(Schemas.byId)
      .setPayload(Schemas.Nothing).annotate(Operation.Idempotent, true)
  )

const TagAnswer = Schema.Struct({ tag: Schemas.Tag })

const tags = HttpApiGroup.make("tags")
  .add(
    HttpApiEndpoint.get("list", "/v4/tags").setUrlParams(Schemas.ListParams)
      .addSuccess(Schemas.listOf("tags", Schemas.Tag))
  )
  .add(
    // by the name
    HttpApiEndpoint.post("create", "/v4/tags").setPayload(Schemas.TagInput)
      .addSuccess(TagAnswer, { status: 201 }).addSuccess(TagAnswer).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("add", "/v4/tags/:tagId/subscribers/:id").setPath(Schemas.byTagAndId)
      .setPayload(Schemas.Nothing).addSuccess(Schemas.SubscriberAnswer, { status: 201 })
      .addSuccess(Schemas.SubscriberAnswer).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("addByEmail", "/v4/tags/:tagId/subscribers").setPath(Schemas.byTag)
      .setPayload(Schemas.ByEmail).addSuccess(Schemas.SubscriberAnswer, { status: 201 })
      .addSuccess(Schemas.SubscriberAnswer).annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("remove", "/v4/tags/:tagId/subscribers/:id").setPath(Schemas.byTagAndId))

const forms = HttpApiGroup.make("forms")
  .add(
    HttpApiEndpoint.post("add", "/v4/forms/:formId/subscribers/:id").setPath(Schemas.byFormAndId)
      .setPayload(Schemas.Nothing).addSuccess(Schemas.SubscriberAnswer, { status: 201 })
      .addSuccess(Schemas.SubscriberAnswer).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("addByEmail", "/v4/forms/:formId/subscribers").setPath(Schemas.byForm)
      .setPayload(Schemas.ByEmail).addSuccess(Schemas.SubscriberAnswer, { status: 201 })
      .addSuccess(Schemas.SubscriberAnswer).annotate(Operation.Idempotent, true)
  )

const FieldAnswer = Schema.Struct({ custom_field: Schemas.CustomField })

const customFields = HttpApiGroup.make("customFields")
  .add(
    HttpApiEndpoint.get("list", "/v4/custom_fields").setUrlParams(Schemas.ListParams)
      .addSuccess(Schemas.listOf("custom_fields", Schemas.CustomField))
  )
  .add(
    HttpApiEndpoint.post("create", "/v4/custom_fields").setPayload(Schemas.CustomFieldInput)
      .addSuccess(FieldAnswer, { status: 201 }).addSuccess(FieldAnswer)
  )

/** With an OAuth token alone. A 202 means that it is done later: there is nothing to read then. */
const bulk = HttpApiGroup.make("bulk")
  .add(
    HttpApiEndpoint.post("subscribers", "/v4/bulk/subscribers").setPayload(Schemas.BulkSubscribersInput)
      .addSuccess(Schemas.BulkResult, { status: 201 }).addSuccess(Schemas.BulkResult)
      .addSuccess(Schema.Void, { status: 202 }).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("tag", "/v4/bulk/tags/subscribers").setPayload(Schemas.BulkTaggingsInput)
      .addSuccess(Schemas.BulkResult, { status: 201 }).addSuccess(Schemas.BulkResult)
      .addSuccess(Schema.Void, { status: 202 }).annotate(Operation.Idempotent, true)
  )

const WebhookAnswer = Schema.Struct({ webhook: Schemas.Webhook })

const webhooks = HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.get("list", "/v4/webhooks").setUrlParams(Schemas.ListParams)
      .addSuccess(Schemas.listOf("webhooks", Schemas.Webhook))
  )
  .add(
    HttpApiEndpoint.post("create", "/v4/webhooks").setPayload(Schemas.WebhookInput)
      .addSuccess(WebhookAnswer, { status: 201 })
      // it ends in the secret that stands in for a signature
      .annotate(Operation.Redact, ["target_url"])
  )
  .add(HttpApiEndpoint.del("remove", "/v4/webhooks/:id").setPath(Schemas.byId))

/**
 * Version 4.
 *
 * @since 0.1.0
 * @category api
 */
export const KitApi = HttpApi.make("kit")
  .add(
    HttpApiGroup.make("account").add(HttpApiEndpoint.get("get", "/v4/account").addSuccess(Schemas.Account))
  )
  .add(subscribers)
  .add(tags)
  .add(forms)
  .add(customFields)
  .add(bulk)
  .add(
    HttpApiGroup.make("broadcasts").add(
      HttpApiEndpoint.get("list", "/v4/broadcasts").setUrlParams(Schemas.ListParams)
        .addSuccess(Schemas.listOf("broadcasts", Schemas.Broadcast))
    )
  )
  .add(
    HttpApiGroup.make("sequences").add(
      HttpApiEndpoint.post("addByEmail", "/v4/sequences/:sequenceId/subscribers").setPath(Schemas.bySequence)
        .setPayload(Schemas.ByEmail).addSuccess(Schemas.SubscriberAnswer, { status: 201 })
        .addSuccess(Schemas.SubscriberAnswer)
    )
  )
  .add(
    HttpApiGroup.make("purchases").add(
      HttpApiEndpoint.post("create", "/v4/purchases").setPayload(Schemas.PurchaseInput)
        .addSuccess(Schema.Struct({ purchase: Schemas.Purchase }), { status: 201 })
    )
  )
  .add(webhooks)

/**
 * @since 0.1.0
 * @category models
 */
export type KitApi = typeof KitApi
