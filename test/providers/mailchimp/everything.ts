/** Every operation of Mailchimp, its answer checked. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Redacted } from "effect"
import { subscriberHash } from "holdfast/providers/mailchimp"
import { type Client, listId } from "./kit.js"

const path = { listId }

const of = (email: string) => ({ hash: subscriberHash(email), listId })

export const everything = Effect.fnUntraced(function*(mailchimp: Client) {
  strictEqual((yield* mailchimp.ping.get()).health_status, "Everything's Chimpy!")
  strictEqual((yield* mailchimp.account.get({ urlParams: { fields: "account_name" } })).account_name, "Ada's Letters")

  const ada = "Ada@example.com"
  const made = yield* mailchimp.members.upsert({
    path: of(ada),
    urlParams: { skip_merge_validation: true },
    payload: {
      email_address: ada,
      merge_fields: { ADDRESS: { addr1: "12 St James's Square", city: "London" }, BIRTH: 1815, FNAME: "Ada" },
      status_if_new: "subscribed"
    }
  })
  deepStrictEqual([made.id, made.status, made.merge_fields?.FNAME], [subscriberHash(ada), "subscribed", "Ada"])
  const again = yield* mailchimp.members.upsert({
    path: of(ada),
    payload: { email_address: ada, merge_fields: { LNAME: "Lovelace" }, status_if_new: "pending" }
  })
  deepStrictEqual([again.web_id, again.status, again.merge_fields?.FNAME], [made.web_id, "subscribed", "Ada"])

  const grace = yield* mailchimp.members.add({
    path,
    payload: {
      email_address: "grace@example.com",
      email_type: "text",
      interests: { i1: true },
      ip_signup: "203.0.113.7",
      language: "en",
      location: { latitude: 38.9, longitude: -77.03 },
      marketing_permissions: [{ enabled: true, marketing_permission_id: "p1" }],
      status: "subscribed",
      tags: ["compilers"],
      timestamp_signup: "2026-01-15T09:00:00+00:00",
      vip: true
    }
  })
  deepStrictEqual([grace.tags?.map(({ name }) => name), grace.tags_count, grace.vip], [["compilers"], 1, true])
  const changed = yield* mailchimp.members.update({
    path: of("grace@example.com"),
    payload: { email_address: "hopper@example.com", status: "unsubscribed" }
  })
  deepStrictEqual([changed.id, changed.status], [subscriberHash("hopper@example.com"), "unsubscribed"])

  yield* mailchimp.members.tag({
    path: of(ada),
    payload: { is_syncing: true, tags: [{ name: "vip", status: "active" }, { name: "cold", status: "inactive" }] }
  })
  const got = yield* mailchimp.members.get({ path: of(ada) })
  deepStrictEqual(got.tags?.map(({ name }) => name), ["vip"])
  yield* mailchimp.members.event({ path: of(ada), payload: { name: "purchase", properties: { order: "42" } } })

  const batch = yield* mailchimp.members.batch({
    path,
    urlParams: { skip_duplicate_check: true },
    payload: {
      members: [
        { email_address: "alan@example.com", status: "subscribed" },
        { email_address: "hopper@example.com", status: "subscribed", tags: ["navy"] }
      ],
      sync_tags: true,
      update_existing: true
    }
  })
  deepStrictEqual([batch.total_created, batch.total_updated, batch.error_count], [1, 1, 0])
  deepStrictEqual(batch.updated_members[0]?.tags?.map(({ name }) => name), ["navy"])

  const members = yield* mailchimp.members.list({
    path,
    urlParams: {
      count: 2,
      exclude_fields: "members.merge_fields",
      offset: 1,
      since_last_changed: "1969-12-31T00:00:00+00:00",
      sort_dir: "ASC",
      sort_field: "last_changed",
      status: "subscribed"
    }
  })
  deepStrictEqual([members.total_items, members.members.length, members.members[0]?.merge_fields], [3, 2, undefined])
  const { lists } = yield* mailchimp.lists.list({ urlParams: { count: 10 } })
  deepStrictEqual(lists.map(({ id, stats }) => [id, stats?.member_count]), [[listId, 3]])
  strictEqual((yield* mailchimp.lists.get({ path })).name, "Newsletter")

  yield* mailchimp.members.archive({ path: of("alan@example.com") })
  strictEqual((yield* mailchimp.members.get({ path: of("alan@example.com") })).status, "archived")
  yield* mailchimp.members.deletePermanent({ path: of("alan@example.com") })

  const job = yield* mailchimp.batches.create({
    payload: {
      operations: [
        { method: "GET", operation_id: "1", params: { count: "10" }, path: "/lists" },
        { body: "{\"name\":\"sync\"}", method: "POST", path: `/lists/${listId}/members/${subscriberHash(ada)}/events` }
      ]
    }
  })
  deepStrictEqual([job.status, job.total_operations, job.completed_at], ["pending", 2, ""])
  deepStrictEqual(yield* mailchimp.batches.get({ path: { batchId: job.id } }), job)

  const webhook = yield* mailchimp.webhooks.create({
    path,
    payload: {
      events: { profile: true, subscribe: true, unsubscribe: true },
      sources: { admin: true, api: false, user: true },
      url: "https://app.example.com/hooks/mailchimp"
    }
  })
  assertTrue(webhook.signing_secret !== undefined && Redacted.value(webhook.signing_secret).startsWith("fake-"))
  const known = yield* mailchimp.webhooks.list({ path })
  deepStrictEqual(known.webhooks.map(({ id, signing_secret }) => [id, signing_secret]), [[webhook.id, undefined]])
  yield* mailchimp.webhooks.remove({ path: { listId, webhookId: webhook.id } })
})
