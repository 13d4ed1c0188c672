/**
 * Crisp's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const { Done, envelope, ofConversation, ofMessage, ofPerson, ofWebsite, pageOfWebsite } = Schemas

const ok = { status: 200 }
const created = { status: 201 }
const accepted = { status: 202 }
/** Of a page: there may be more. */
const partial = { status: 206 }

const websites = HttpApiGroup.make("websites").add(
  HttpApiEndpoint.get("get", "/v1/website/:website_id").setPath(ofWebsite).addSuccess(envelope(Schemas.Website))
)

const conversation = "/v1/website/:website_id/conversation/:session_id"

const conversations = HttpApiGroup.make("conversations")
  .add(
    HttpApiEndpoint.get("list", "/v1/website/:website_id/conversations/:page").setPath(pageOfWebsite)
      .setUrlParams(Schemas.ConversationListParams).addSuccess(envelope(Schema.Array(Schemas.Conversation)), partial)
  )
  .add(
    HttpApiEndpoint.post("create", "/v1/website/:website_id/conversation").setPath(ofWebsite)
      .addSuccess(envelope(Schema.Struct({ session_id: Schema.String })), created)
  )
  .add(HttpApiEndpoint.head("exists", conversation).setPath(ofConversation).addSuccess(Schema.Void, ok))
  .add(HttpApiEndpoint.get("get", conversation).setPath(ofConversation).addSuccess(envelope(Schemas.Conversation)))
  .add(HttpApiEndpoint.del("delete", conversation).setPath(ofConversation).addSuccess(Done))
  .add(
    HttpApiEndpoint.patch("updateMeta", `${conversation}/meta`).setPath(ofConversation).setPayload(Schemas.MetaInput)
      .addSuccess(Done).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.patch("setState", `${conversation}/state`).setPath(ofConversation).setPayload(Schemas.StateInput)
      .addSuccess(Done).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.get("routing", `${conversation}/routing`).setPath(ofConversation)
      .addSuccess(envelope(Schemas.Routing))
  )
  .add(
    HttpApiEndpoint.patch("assign", `${conversation}/routing`).setPath(ofConversation).setPayload(Schemas.RoutingInput)
      .addSuccess(Done).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.patch("setInbox", `${conversation}/inbox`).setPath(ofConversation).setPayload(Schemas.InboxInput)
      .addSuccess(Done).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.put("setParticipants", `${conversation}/participants`).setPath(ofConversation)
      .setPayload(Schemas.ParticipantsInput).addSuccess(Done)
  )
  .add(
    HttpApiEndpoint.patch("block", `${conversation}/block`).setPath(ofConversation).setPayload(Schemas.BlockInput)
      .addSuccess(Done).annotate(Operation.Idempotent, true)
  )
  .add(
    HttpApiEndpoint.patch("markRead", `${conversation}/read`).setPath(ofConversation).setPayload(Schemas.ReadInput)
      .addSuccess(Done, accepted).annotate(Operation.Idempotent, true)
  )

const messages = HttpApiGroup.make("messages")
  .add(
    HttpApiEndpoint.get("list", `${conversation}/messages`).setPath(ofConversation)
      .setUrlParams(Schemas.MessageListParams).addSuccess(envelope(Schema.Array(Schemas.Message)), partial)
  )
  .add(
    HttpApiEndpoint.get("get", `${conversation}/message/:fingerprint`).setPath(ofMessage)
      .addSuccess(envelope(Schemas.Message))
  )
  .add(
    // a fingerprint names a message; that Crisp knows a second one by it again is not documented
    HttpApiEndpoint.post("send", `${conversation}/message`).setPath(ofConversation).setPayload(Schemas.MessageInput)
      .addSuccess(Schemas.Sent, accepted)
  )

const profile = "/v1/website/:website_id/people/profile/:people_id"

const people = HttpApiGroup.make("people")
  .add(
    HttpApiEndpoint.get("list", "/v1/website/:website_id/people/profiles/:page").setPath(pageOfWebsite)
      .setUrlParams(Schemas.PeopleListParams).addSuccess(envelope(Schema.Array(Schemas.Profile)), partial)
  )
  .add(
    HttpApiEndpoint.post("create", "/v1/website/:website_id/people/profile").setPath(ofWebsite)
      .setPayload(Schemas.PeopleInput).addSuccess(envelope(Schema.Struct({ people_id: Schema.String })), created)
  )
  .add(HttpApiEndpoint.head("exists", profile).setPath(ofPerson).addSuccess(Schema.Void, ok))
  .add(HttpApiEndpoint.get("get", profile).setPath(ofPerson).addSuccess(envelope(Schemas.Profile)))
  .add(
    HttpApiEndpoint.put("save", profile).setPath(ofPerson).setPayload(Schemas.PeopleInput).addSuccess(Done)
  )
  .add(
    HttpApiEndpoint.patch("update", profile).setPath(ofPerson).setPayload(Schemas.PeopleInput).addSuccess(Done)
      .annotate(Operation.Idempotent, true)
  )
  .add(HttpApiEndpoint.del("delete", profile).setPath(ofPerson).addSuccess(Done))

const plugin = HttpApiGroup.make("plugin")
  .add(
    HttpApiEndpoint.get("account", "/v1/plugin/connect/account")
      .addSuccess(envelope(Schema.Struct({ plugin_id: Schema.String })))
  )
  .add(
    HttpApiEndpoint.get("websites", "/v1/plugin/connect/websites/all/:page")
      .setPath(Schema.Struct({ page: Schemas.Page })).setUrlParams(Schemas.PluginWebsiteListParams)
      .addSuccess(envelope(Schema.Array(Schemas.PluginWebsite)), partial)
  )
  .add(
    HttpApiEndpoint.get("websitesSince", "/v1/plugin/connect/websites/since")
      .setUrlParams(Schemas.PluginWebsiteSinceParams).addSuccess(envelope(Schema.Array(Schemas.PluginWebsite)))
  )

/**
 * The declaration of version 1, which the paths name.
 *
 * @since 0.1.0
 * @category api
 */
export const CrispApi = HttpApi.make("crisp")
  .add(websites)
  .add(conversations)
  .add(messages)
  .add(people)
  .add(plugin)

/**
 * @since 0.1.0
 * @category models
 */
export type CrispApi = typeof CrispApi
