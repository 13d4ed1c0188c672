/**
 * Intercom's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"
import * as Search from "./Search.js"

const { byId } = Schemas

const contacts = HttpApiGroup.make("contacts")
  .add(
    // by e-mail or external id: a second one is a 409
    HttpApiEndpoint.post("create", "/contacts").setPayload(Schemas.ContactInput).addSuccess(Schemas.Contact)
  )
  .add(HttpApiEndpoint.get("list", "/contacts").setUrlParams(Schemas.ListParams).addSuccess(Schemas.ContactPage))
  .add(
    HttpApiEndpoint.post("search", "/contacts/search").setPayload(
      Schemas.SearchInput.pipe(Schema.filter(({ query }) => Search.dateOperators(query)))
    ).addSuccess(Schemas.ContactPage).annotate(Operation.Safe, true)
  )
  .add(
    // the lead is gone then: a second merge would not find it
    HttpApiEndpoint.post("merge", "/contacts/merge").setPayload(Schemas.MergeInput).addSuccess(Schemas.Contact)
  )
  .add(
    HttpApiEndpoint.get("findByExternalId", "/contacts/find_by_external_id/:externalId").setPath(Schemas.byExternalId)
      .addSuccess(Schemas.Contact)
  )
  .add(HttpApiEndpoint.get("get", "/contacts/:id").setPath(byId).addSuccess(Schemas.Contact))
  .add(
    HttpApiEndpoint.put("update", "/contacts/:id").setPath(byId).setPayload(Schemas.ContactUpdate)
      .addSuccess(Schemas.Contact)
  )
  .add(HttpApiEndpoint.del("delete", "/contacts/:id").setPath(byId).addSuccess(Schemas.ContactReference))
  .add(
    HttpApiEndpoint.post("archive", "/contacts/:id/archive").setPath(byId).addSuccess(Schemas.ContactReference)
      .annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("unarchive", "/contacts/:id/unarchive").setPath(byId).addSuccess(Schemas.ContactReference)
      .annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.post("block", "/contacts/:id/block").setPath(byId).addSuccess(Schemas.ContactReference)
      .annotate(Operation.Idempotent, true)
  )

const conversations = HttpApiGroup.make("conversations")
  .add(
    HttpApiEndpoint.get("list", "/conversations").setUrlParams(Schemas.ListParams).addSuccess(Schemas.ConversationPage)
  )
  .add(
    HttpApiEndpoint.post("create", "/conversations").setPayload(Schemas.ConversationInput).addSuccess(Schemas.Message)
  )
  .add(
    HttpApiEndpoint.post("search", "/conversations/search").setPayload(Schemas.SearchInput)
      .addSuccess(Schemas.ConversationPage).annotate(Operation.Safe, true)
  )
  .add(
    HttpApiEndpoint.get("get", "/conversations/:id").setPath(byId).setUrlParams(Schemas.ConversationParams)
      .addSuccess(Schemas.Conversation)
  )
  .add(
    HttpApiEndpoint.post("reply", "/conversations/:id/reply").setPath(byId).setPayload(Schemas.ReplyInput)
      .addSuccess(Schemas.Conversation)
  )

/**
 * Contacts, conversations, messages, events, and whose token it is.
 *
 * @since 0.1.0
 * @category api
 */
export const IntercomApi = HttpApi.make("intercom")
  .add(HttpApiGroup.make("admins").add(HttpApiEndpoint.get("me", "/me").addSuccess(Schemas.Me)))
  .add(contacts)
  .add(conversations)
  .add(
    HttpApiGroup.make("messages").add(
      HttpApiEndpoint.post("send", "/messages").setPayload(Schemas.MessageInput).addSuccess(Schemas.Message)
    )
  )
  .add(
    HttpApiGroup.make("events").add(
      // Intercom knows the same event of the same second again
      HttpApiEndpoint.post("track", "/events").setPayload(Schemas.EventInput).addSuccess(Schema.Void, { status: 202 })
        .annotate(Operation.Idempotent, true)
    )
  )

/**
 * @since 0.1.0
 * @category models
 */
export type IntercomApi = typeof IntercomApi
