/** Crisp's own client against the emulator, over a socket: what it expects of Crisp, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Crisp } from "crisp-api"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/crisp"
import { Faults } from "holdfast/testing"
import { thrown } from "../promised.js"
import * as Kit from "./kit.js"

const { website_id } = Kit

const started = Effect.fnUntraced(function*(
  options: Parameters<typeof Emulator.serve>[0] = {},
  tier: "plugin" | "website" = "plugin"
) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const client = new Crisp()
  client.setRestHost(baseUrl)
  client.authenticateTier(tier, "fake-identifier", "fake-key")
  return { client, emulator }
})

/** It rejects with an object that is no error: the status, and Crisp's reason. */
const refused = (call: () => Promise<unknown>, code: number, message: string) =>
  Effect.map(
    thrown(call),
    (error) => assert.deepInclude(error, { code, message, reason: "error" })
  )

describe("crisp-api", () => {
  it.scopedLive("talks", () =>
    Effect.gen(function*() {
      const { client: { website } } = yield* started()
      assert.deepInclude(yield* Effect.promise(() => website.getWebsite(website_id)), { domain: "engines.example.com" })
      const { session_id = "" } = yield* Effect.promise(() => website.createNewConversation(website_id))
      assert.match(session_id, /^session_/)
      yield* Effect.promise(() => website.checkConversationExists(website_id, session_id))
      const sent: unknown = yield* Effect.promise(() =>
        website.sendMessageInConversation(website_id, session_id, {
          content: "Is anybody there?",
          fingerprint: 163408807,
          from: "user",
          origin: "chat",
          type: "text"
        })
      )
      assert.deepStrictEqual(sent, { fingerprint: 163408807 })
      const messages = yield* Effect.promise(() => website.getMessagesInConversation(website_id, session_id))
      assert.deepStrictEqual(messages.map(({ content, from }) => [from, content]), [["user", "Is anybody there?"]])
      const none = yield* Effect.promise(() => website.getMessagesInConversation(website_id, session_id, 1))
      assert.deepStrictEqual(none, [])
      const one = yield* Effect.promise(() => website.getMessageInConversation(website_id, session_id, 163408807))
      assert.strictEqual(one.type, "text")
    }))

  it.scopedLive("changes conversations", () =>
    Effect.gen(function*() {
      const { client: { website }, emulator } = yield* started()
      const session = yield* Kit.talk(emulator, 2)
      const done = (call: () => Promise<unknown>) =>
        Effect.map(Effect.promise(call), (answer) => assert.deepStrictEqual(answer, {}))
      yield* done(() => website.updateConversationMetas(website_id, session, { nickname: "Ada", segments: ["vip"] }))
      yield* done(() => website.assignConversationRouting(website_id, session, { assigned: { user_id: "op" } }))
      yield* done(() => website.updateConversationInbox(website_id, session, "sales"))
      yield* done(() =>
        website.saveConversationParticipants(website_id, session, {
          participants: [{ target: "a@example.com", type: "email" }]
        })
      )
      yield* done(() => website.blockIncomingMessagesForConversation(website_id, session, true))
      yield* done(() => website.markMessagesReadInConversation(website_id, session, { from: "user", origin: "chat" }))
      yield* done(() => website.changeConversationState(website_id, session, "resolved"))
      const routing: unknown = yield* Effect.promise(() => website.getConversationRoutingAssign(website_id, session))
      assert.deepStrictEqual(routing, { assigned: { user_id: "op" } })
      const conversation = yield* Effect.promise(() => website.getConversation(website_id, session))
      assert.deepInclude(conversation, {
        inbox_id: "sales",
        is_blocked: true,
        state: "resolved",
        unread: { operator: 0, visitor: 0 }
      })
      assert.deepInclude(conversation.meta, { nickname: "Ada", segments: ["vip"] })
      yield* done(() => website.removeConversation(website_id, session))
      yield* refused(() => website.getConversation(website_id, session), 404, "not_found")
      // a HEAD has no body to say why
      yield* refused(() => website.checkConversationExists(website_id, session), 404, "route_error")
    }))

  it.scopedLive("goes from page to page, and searches", () =>
    Effect.gen(function*() {
      const { client: { website }, emulator } = yield* started()
      yield* Kit.fill(emulator, 25)
      const list = (...more: [number, Parameters<typeof website.listConversations>[2]?]) =>
        Effect.map(Effect.promise(() => website.listConversations(website_id, ...more)), ({ length }) => length)
      assert.deepStrictEqual([yield* list(1), yield* list(2), yield* list(3)], [20, 5, 0])
      assert.strictEqual(yield* list(1, { filter_not_resolved: 1, order_date_updated: 1, per_page: 50 }), 25)
      assert.strictEqual(yield* list(1, { search_query: "message 7", search_type: "text" }), 1)
      const condition = { criterion: "last_message", model: "c", operator: "eq", query: ["message 3", "message 4"] }
      assert.strictEqual(
        yield* list(1, { search_operator: "and", search_query: [condition], search_type: "filter" }),
        2
      )
    }))

  it.scopedLive("keeps people", () =>
    Effect.gen(function*() {
      const { client: { website } } = yield* started()
      const added: unknown = yield* Effect.promise(() =>
        website.addNewPeopleProfile(website_id, { email: "ada@example.com", person: { nickname: "Ada" } })
      )
      const id = String(Reflect.get(Object(added), "people_id"))
      yield* Effect.promise(() => website.checkPeopleProfileExists(website_id, id))
      yield* Effect.promise(() => website.updatePeopleProfile(website_id, id, { segments: ["customer"] }))
      assert.deepInclude(yield* Effect.promise(() => website.getPeopleProfile(website_id, "ada@example.com")), {
        people_id: id,
        segments: ["customer"]
      })
      yield* Effect.promise(() => website.savePeopleProfile(website_id, id, { email: "ada@example.com" }))
      const people = yield* Effect.promise(() =>
        website.listPeopleProfiles(website_id, 1, "email", "ascending", "and", undefined, "ada")
      )
      assert.deepStrictEqual(people.map(({ email, segments }) => [email, segments]), [["ada@example.com", []]])
      yield* Effect.promise(() => website.removePeopleProfile(website_id, id))
      yield* refused(() => website.checkPeopleProfileExists(website_id, id), 404, "route_error")
    }))

  it.scopedLive("knows its plugin", () =>
    Effect.gen(function*() {
      const { client: { plugin } } = yield* started()
      assert.deepStrictEqual(yield* Effect.promise(() => plugin.getConnectAccount()), {
        plugin_id: "00000000-0000-4000-8000-000000000900"
      })
      const all = yield* Effect.promise(() => plugin.listAllConnectWebsites(1, true, true))
      assert.deepStrictEqual(all.map((one) => [one.website_id, one.plan?.id]), [[website_id, "unlimited"]])
      const since = yield* Effect.promise(() =>
        plugin.listConnectWebsitesSince("1970-01-01T00:00:00.000Z", false, false)
      )
      assert.deepStrictEqual(since.map(({ difference }) => difference), ["updated"])
    }))

  it.scopedLive("is refused in Crisp's words", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started({
        faults: Faults.script([
          Faults.status(429, { body: Emulator.Bodies.quota }),
          Faults.status(420, { body: Emulator.Bodies.body(420) })
        ])
      }, "website")
      const { plugin, website } = client
      yield* refused(() => website.getWebsite(website_id), 429, "quota_limit_exceeded")
      yield* refused(() => website.getWebsite(website_id), 420, "rate_limited")
      yield* refused(() => plugin.getConnectAccount(), 403, "not_allowed")
      yield* refused(() => website.addNewPeopleProfile(website_id, { email: "nobody" }), 400, "invalid_data")
      client.auth.token = null
      yield* refused(() => website.getWebsite(website_id), 401, "invalid_session")
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [429, 420, 403, 400, 401])
    }))
})
