/** Mailchimp's own SDK against the emulator, over a socket: what it expects of Mailchimp, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Emulator, subscriberHash } from "holdfast/providers/mailchimp"
import { Faults } from "holdfast/testing"
import type * as Testing from "holdfast/testing"
import { thrown } from "../promised.js"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"
import { type Answer, apiClient } from "./sdk.js"

const { listId } = Kit

const started = Effect.fnUntraced(function*(options: Testing.Emulator.Options = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  return { emulator, mailchimp: apiClient(baseUrl, "fake0123456789-us19") }
})

const asked = (promise: () => Promise<Answer>) => Effect.promise(promise)

/** The error of its HTTP client, with the problem document as the body of the response. */
const refused = (promise: () => Promise<Answer>, status: number, title: string) =>
  Effect.map(
    thrown(promise),
    (error) => {
      assert.propertyVal(error, "status", status)
      assert.nestedPropertyVal(error, "response.body.status", status)
      assert.nestedPropertyVal(error, "response.body.title", title)
      return error
    }
  )

const emailsOf = ({ members }: Answer): ReadonlyArray<unknown> =>
  Array.isArray(members) ? members.map((member) => Object(member).email_address) : []

describe("@mailchimp/mailchimp_marketing", () => {
  it.scopedLive("pings, reads the account, and the audiences", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* started()
      assert.deepStrictEqual(yield* asked(() => mailchimp.ping.get()), { health_status: "Everything's Chimpy!" })
      const account = yield* asked(() => mailchimp.root.getRoot({ fields: ["account_name", "role"] }))
      assert.deepStrictEqual(account, { account_name: "Ada's Letters", role: "owner" })
      const all = yield* asked(() => mailchimp.lists.getAllLists({ count: 10 }))
      assert.nestedPropertyVal(all, "lists[0].id", listId)
      assert.propertyVal(all, "total_items", 1)
      const one = yield* asked(() => mailchimp.lists.getList(listId, { excludeFields: ["stats"] }))
      assert.propertyVal(one, "name", "Newsletter")
      assert.notProperty(one, "stats")
      assert.deepStrictEqual((yield* emulator.ledger).map(({ operation, status }) => [operation, status]), [
        ["ping.get", 200],
        ["account.get", 200],
        ["lists.list", 200],
        ["lists.get", 200]
      ])
    }))

  it.scopedLive("adds, sets, changes, tags, archives and deletes a member", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* started()
      const { lists } = mailchimp
      const hash = subscriberHash("Ada@example.com")
      const added = yield* asked(() =>
        lists.addListMember(
          listId,
          { email_address: "Ada@example.com", merge_fields: { FNAME: "Ada" }, status: "subscribed", tags: ["vip"] },
          { skipMergeValidation: true }
        )
      )
      assert.deepInclude(added, {
        email_address: "Ada@example.com",
        id: hash,
        list_id: listId,
        status: "subscribed",
        tags_count: 1
      })
      const set = yield* asked(() =>
        lists.setListMember(listId, hash, {
          email_address: "Ada@example.com",
          merge_fields: { LNAME: "Lovelace" },
          status_if_new: "pending"
        })
      )
      assert.deepInclude(set, { status: "subscribed", web_id: added.web_id })
      assert.nestedPropertyVal(set, "merge_fields.FNAME", "Ada")
      assert.nestedPropertyVal(set, "merge_fields.LNAME", "Lovelace")
      const changed = yield* asked(() => lists.updateListMember(listId, hash, { status: "unsubscribed" }))
      assert.propertyVal(changed, "status", "unsubscribed")
      const tags = [{ name: "vip", status: "inactive" }, { name: "cold", status: "active" }]
      yield* asked(() => lists.updateListMemberTags(listId, hash, { tags }))
      yield* asked(() => lists.createListMemberEvent(listId, hash, { name: "purchase", properties: { order: "42" } }))
      const got = yield* asked(() => lists.getListMember(listId, hash, {}))
      assert.nestedPropertyVal(got, "tags[0].name", "cold")
      yield* asked(() => lists.deleteListMember(listId, hash))
      assert.propertyVal(yield* asked(() => lists.getListMember(listId, hash, {})), "status", "archived")
      yield* asked(() => lists.deleteListMemberPermanent(listId, hash))
      yield* refused(() => lists.getListMember(listId, hash, {}), 404, "Resource Not Found")
      assert.deepStrictEqual((yield* emulator.ledger).map(({ operation, status }) => [operation, status]), [
        ["members.add", 200],
        ["members.upsert", 200],
        ["members.update", 200],
        ["members.tag", 204],
        ["members.event", 204],
        ["members.get", 200],
        ["members.archive", 204],
        ["members.get", 200],
        ["members.deletePermanent", 204],
        ["members.get", 404]
      ])
    }))

  it.scopedLive("writes many at once, and reads them by pages", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* started()
      const { lists } = mailchimp
      const emails = Array.from({ length: 7 }, (_, index) => `c${index}@example.com`)
      const members = emails.map((email_address) => ({ email_address, status: "subscribed" }))
      const made = yield* asked(() => lists.batchListMembers(listId, { members }, { skipDuplicateCheck: true }))
      assert.deepInclude(made, { error_count: 0, total_created: 7, total_updated: 0 })
      const again = yield* asked(() => lists.batchListMembers(listId, { members: members.slice(0, 1) }, {}))
      assert.nestedPropertyVal(again, "errors[0].error_code", "ERROR_CONTACT_EXISTS")
      const updated = yield* asked(() =>
        lists.batchListMembers(listId, { members: members.slice(0, 2), update_existing: true }, {})
      )
      assert.deepInclude(updated, { total_created: 0, total_updated: 2 })

      // it has no pager of its own
      const found: Array<unknown> = []
      for (const offset of [0, 3, 6]) {
        const page = yield* asked(() =>
          lists.getListMembersInfo(listId, { count: 3, fields: ["members.email_address", "total_items"], offset })
        )
        assert.propertyVal(page, "total_items", 7)
        for (const email of emailsOf(page)) found.push(email)
      }
      assert.deepStrictEqual(found, emails)
      const others = yield* asked(() => lists.getListMembersInfo(listId, { status: "unsubscribed" }))
      assert.deepInclude(others, { members: [], total_items: 0 })
    }))

  it.scopedLive("starts a batch, and looks how it is", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* started()
      const operations = [{ method: "GET", operation_id: "1", path: "/lists" }]
      const job = yield* asked(() => mailchimp.batches.start({ operations }))
      assert.deepInclude(job, { status: "pending", total_operations: 1 })
      assert.deepStrictEqual(yield* asked(() => mailchimp.batches.status(String(job.id), {})), job)
      yield* refused(() => mailchimp.batches.status("none", {}), 404, "Resource Not Found")
    }))

  it.scopedLive("makes, lists and removes webhooks", () =>
    Effect.gen(function*() {
      const { mailchimp } = yield* started()
      const { lists } = mailchimp
      const made = yield* asked(() =>
        lists.createListWebhook(listId, {
          events: { subscribe: true },
          sources: { admin: true, api: false, user: true },
          url: "https://app.example.com/hooks/mailchimp"
        })
      )
      assert.propertyVal(made, "list_id", listId)
      const known = yield* asked(() => lists.getListWebhooks(listId))
      assert.nestedPropertyVal(known, "webhooks[0].id", made.id)
      assert.propertyVal(known, "total_items", 1)
      yield* asked(() => lists.deleteListWebhook(listId, String(made.id)))
      assert.propertyVal(yield* asked(() => lists.getListWebhooks(listId)), "total_items", 0)
    }))

  it.scopedLive("is refused in Mailchimp's words", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* started()
      const { lists } = mailchimp
      const member = { email_address: "ada@example.com", status: "subscribed" }
      yield* asked(() => lists.addListMember(listId, member, {}))
      yield* refused(() => lists.addListMember(listId, member, {}), 400, "Member Exists")
      const invalid = yield* refused(
        () => lists.addListMember(listId, { ...member, email_address: "x@example.com", status: "none" }, {}),
        400,
        "Invalid Resource"
      )
      assert.nestedPropertyVal(invalid, "response.body.errors[0].field", "status")
      yield* refused(() => lists.getList("none", {}), 404, "Resource Not Found")
      yield* emulator.setFaults(Faults.always(Faults.status(403)))
      yield* refused(() => lists.getAllLists({}), 403, "Forbidden")
      yield* emulator.setFaults(Faults.always(Faults.status(429)))
      yield* refused(() => lists.getAllLists({}), 429, "Too Many Requests")
      const closed = yield* started({ authorize: () => false })
      const unauthorized = yield* refused(() => closed.mailchimp.ping.get(), 401, "API Key Invalid")
      assert.nestedPropertyVal(unauthorized, "response.type", "application/problem+json")
    }))

  it.scopedLive("sends the key as the password of a name, or a token", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve()
      yield* asked(() => apiClient(baseUrl, "fake0123456789-us19").ping.get())
      yield* asked(() => apiClient(baseUrl, { accessToken: "fake-token" }).ping.get())
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 200])
    }))

  it.scopedLive("sends what our client sends", () =>
    Effect.gen(function*() {
      const { emulator, mailchimp } = yield* started()
      const hash = subscriberHash("ada@example.com")
      const member = { email_address: "ada@example.com", status_if_new: "subscribed" } as const
      const members = [{ email_address: "grace@example.com", status: "subscribed" }] as const
      const tags = [{ name: "vip", status: "active" }] as const
      const operations = [{ method: "GET", path: "/lists" }] as const
      const webhook = {
        events: { subscribe: true },
        sources: { admin: true, api: false, user: true },
        url: "https://app.example.com/hooks/mailchimp"
      }
      const { lists } = mailchimp
      const made = yield* asked(async () => {
        await mailchimp.ping.get()
        await mailchimp.root.getRoot({ fields: ["account_name", "role"] })
        await lists.getAllLists({ count: 5, offset: 1 })
        await lists.setListMember(listId, hash, member, { skipMergeValidation: true })
        await lists.updateListMember(listId, hash, { status: "unsubscribed" })
        await lists.updateListMemberTags(listId, hash, { tags })
        await lists.createListMemberEvent(listId, hash, { name: "purchase" })
        await lists.batchListMembers(listId, { members }, { skipDuplicateCheck: true })
        await lists.getListMembersInfo(listId, { count: 5, excludeFields: ["members.tags"], status: "subscribed" })
        await lists.deleteListMember(listId, hash)
        await lists.deleteListMemberPermanent(listId, hash)
        await mailchimp.batches.start({ operations })
        return await lists.createListWebhook(listId, webhook)
      })
      yield* asked(() => lists.deleteListWebhook(listId, String(made.id)))

      const ours = yield* Kit.inProcess()
      const path = { listId }
      const one = { hash, listId }
      yield* ours.mailchimp.ping.get()
      yield* ours.mailchimp.account.get({ urlParams: { fields: "account_name,role" } })
      yield* ours.mailchimp.lists.list({ urlParams: { count: 5, offset: 1 } })
      yield* ours.mailchimp.members.upsert({
        path: one,
        payload: member,
        urlParams: { skip_merge_validation: true }
      })
      yield* ours.mailchimp.members.update({ path: one, payload: { status: "unsubscribed" } })
      yield* ours.mailchimp.members.tag({ path: one, payload: { tags } })
      yield* ours.mailchimp.members.event({ path: one, payload: { name: "purchase" } })
      yield* ours.mailchimp.members.batch({ path, payload: { members }, urlParams: { skip_duplicate_check: true } })
      yield* ours.mailchimp.members.list({
        path,
        urlParams: { count: 5, exclude_fields: "members.tags", status: "subscribed" }
      })
      yield* ours.mailchimp.members.archive({ path: one })
      yield* ours.mailchimp.members.deletePermanent({ path: one })
      yield* ours.mailchimp.batches.create({ payload: { operations } })
      yield* ours.mailchimp.webhooks.create({ path, payload: webhook })
      yield* ours.mailchimp.webhooks.remove({ path: { listId, webhookId: String(made.id) } })
      assert.deepStrictEqual(yield* sent(emulator), yield* sent(ours.emulator))
    }))
})
