/** Every operation of Crisp, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect } from "effect"
import { path, text, website_id } from "./kit.js"
import type * as Kit from "./kit.js"

const plugin = Effect.fnUntraced(function*(crisp: Kit.Client) {
  const { data: account } = yield* crisp.plugin.account()
  strictEqual(account.plugin_id, "00000000-0000-4000-8000-000000000900")
  const all = yield* crisp.plugin.websites({
    path: { page: 1 },
    urlParams: { filter_configured: true, include_plan: true }
  })
  deepStrictEqual(all.data.map((one) => [one.website_id, one.plan?.id]), [[website_id, "unlimited"]])
  const since = yield* crisp.plugin.websitesSince({
    urlParams: { date_since: DateTime.unsafeMake("1970-01-01T00:00:00Z"), filter_configured: false }
  })
  deepStrictEqual(since.data.map((one) => [one.website_id, one.plan, one.difference]), [[
    website_id,
    undefined,
    "updated"
  ]])
})

const conversation = Effect.fnUntraced(function*(crisp: Kit.Client) {
  const { conversations, messages } = crisp
  const created = yield* conversations.create({ path })
  const { session_id } = created.data
  deepStrictEqual([created.error, created.reason], [false, "added"])
  const here = { path: { session_id, website_id } }
  yield* conversations.exists(here)

  const sent = yield* messages.send({ ...here, payload: text("Is anybody there?", { fingerprint: 163408807 }) })
  strictEqual(sent.data.fingerprint, 163408807)
  yield* messages.send({
    ...here,
    payload: {
      automated: true,
      content: { choices: [{ label: "Yes", selected: false, value: "yes" }], id: "more", text: "More?" },
      fingerprint: 163408808,
      from: "operator",
      origin: "urn:engines:bot",
      properties: { step: 1 },
      type: "picker",
      user: { nickname: "Ada", type: "website" }
    }
  })
  const { data: written } = yield* messages.list({ ...here, urlParams: { timestamp_around: 0 } })
  deepStrictEqual(written.map(({ from, type }) => [from, type]), [["user", "text"], ["operator", "picker"]])
  const { data: one } = yield* messages.get({ path: { ...here.path, fingerprint: 163408807 } })
  strictEqual(one.content, "Is anybody there?")
  yield* conversations.markRead({ ...here, payload: { fingerprints: [163408807], from: "user", origin: "chat" } })

  yield* conversations.updateMeta({
    ...here,
    payload: { data: { plan: "pro" }, email: "grace@example.com", nickname: "Grace", segments: ["vip"] }
  })
  yield* conversations.assign({ ...here, payload: { assigned: { user_id: "operator-1" }, silent: true } })
  deepStrictEqual((yield* conversations.routing(here)).data.assigned, { user_id: "operator-1" })
  yield* conversations.setInbox({ ...here, payload: { inbox_id: "sales" } })
  yield* conversations.setParticipants({
    ...here,
    payload: { participants: [{ target: "alan@example.com", type: "email" }] }
  })
  yield* conversations.block({ ...here, payload: { blocked: true } })
  yield* conversations.setState({ ...here, payload: { origin: "chat", state: "resolved", user: { nickname: "Ada" } } })
  const { data: whole } = yield* conversations.get(here)
  deepStrictEqual(
    [whole.state, whole.inbox_id, whole.is_blocked, whole.unread, whole.participants],
    ["resolved", "sales", true, { operator: 0, visitor: 1 }, [{ target: "alan@example.com", type: "email" }]]
  )
  deepStrictEqual([whole.meta?.email, whole.meta?.segments, whole.meta?.data?.plan], [
    "grace@example.com",
    ["vip"],
    "pro"
  ])

  const page = { path: { ...path, page: 1 } }
  const listed = yield* conversations.list({
    ...page,
    urlParams: {
      filter_assigned: "operator-1",
      filter_date_end: DateTime.unsafeMake("2030-01-01T00:00:00Z"),
      filter_date_start: DateTime.unsafeMake("1970-01-01T00:00:00Z"),
      filter_inbox_id: "sales",
      filter_resolved: true,
      order_date_updated: true,
      per_page: 50,
      search_query: "vip",
      search_type: "segment"
    }
  })
  deepStrictEqual(listed.data.map((found) => found.session_id), [session_id])
  const conditions = yield* conversations.list({
    ...page,
    urlParams: {
      search_operator: "or",
      search_query: [{ criterion: "meta.email", model: "conversation", operator: "eq", query: ["nobody@example.com"] }],
      search_type: "filter"
    }
  })
  deepStrictEqual(conditions.data, [])
  strictEqual((yield* conversations.delete(here)).reason, "deleted")
})

const people = Effect.fnUntraced(function*(crisp: Kit.Client) {
  const { people } = crisp
  const { data: { people_id } } = yield* people.create({
    path,
    payload: {
      active: 1_800_000_000_000,
      company: { metrics: { employees: 3 }, name: "Engines" },
      email: "ada@example.com",
      notepad: "asks about cards",
      person: { nickname: "Ada", profiles: [{ handle: "ada", type: "mastodon" }] },
      segments: ["customer"]
    }
  })
  const her = { path: { people_id, website_id } }
  yield* people.exists(her)
  yield* people.update({ ...her, payload: { person: { phone: "+44 20 7946 0000" } } })
  const { data: updated } = yield* people.get({ path: { people_id: "ada@example.com", website_id } })
  deepStrictEqual(
    [updated.people_id, updated.person?.nickname, updated.person?.phone, updated.active?.last, updated.segments],
    [people_id, "Ada", "+44 20 7946 0000", 1_800_000_000_000, ["customer"]]
  )
  // what is saved is all that there is
  yield* people.save({ ...her, payload: { email: "ada@example.com" } })
  const { data: saved } = yield* people.get(her)
  deepStrictEqual([saved.email, saved.person, saved.segments, saved.notepad], [
    "ada@example.com",
    undefined,
    [],
    undefined
  ])
  const listed = yield* people.list({
    path: { ...path, page: 1 },
    urlParams: { search_text: "ADA", sort_field: "updated_at", sort_order: "descending" }
  })
  deepStrictEqual(listed.data.map((one) => one.people_id), [people_id])
  const none = yield* people.list({
    path: { ...path, page: 1 },
    urlParams: {
      search_filter: [{ criterion: "email", model: "people", operator: "neq", query: ["ada@example.com"] }],
      search_operator: "and"
    }
  })
  deepStrictEqual(none.data, [])
  strictEqual((yield* people.delete(her)).reason, "deleted")
})

/** Every operation once or more. */
export const everything = Effect.fnUntraced(function*(crisp: Kit.Client) {
  const { data: website } = yield* crisp.websites.get({ path })
  strictEqual(website.domain, "engines.example.com")
  yield* plugin(crisp)
  yield* conversation(crisp)
  yield* people(crisp)
})
