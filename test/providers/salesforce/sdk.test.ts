/** Salesforce's own SDK talks to the emulator. */
import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Clock, Effect } from "effect"
import { Emulator } from "holdfast/providers/salesforce"
import { Faults } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import { Connection } from "jsforce"
import { asked } from "../promised.js"

const connected = Effect.fnUntraced(function*(options: Emulator.Options = {}, accessToken = "00Dfake!token") {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  return { connection: new Connection({ accessToken, instanceUrl: baseUrl, version: "67.0" }), emulator }
})

/** What the SDK makes of an error. */
const refused = (promise: () => PromiseLike<unknown>) =>
  Effect.promise(() =>
    Promise.resolve(promise()).then(
      () => undefined,
      (error: { readonly errorCode?: string; readonly message?: string; readonly data?: unknown }) => error
    )
  )

describe("jsforce, against the emulator", () => {
  it.scopedLive("records", () =>
    Effect.gen(function*() {
      const { connection, emulator } = yield* connected()
      const accounts = connection.sobject("Account")
      const made = yield* asked(() => accounts.create({ Name: "Engines" }))
      assertTrue(made.success)
      const id = made.id ?? ""
      const found = yield* asked(() => accounts.retrieve(id, { fields: ["Name"] }))
      deepStrictEqual([found.Id, found.Name, found.attributes?.type], [id, "Engines", "Account"])
      const changed = yield* asked(() => accounts.update({ Id: id, Name: "Looms" }))
      deepStrictEqual([changed.success, changed.id], [true, id])
      const upserted = yield* asked(() => accounts.upsert({ External_Id__c: "A-1", Name: "Mills" }, "External_Id__c"))
      assertTrue(upserted.success)
      yield* asked(() => accounts.upsert({ External_Id__c: "A-1", Name: "Old Mills" }, "External_Id__c"))
      const description = yield* asked(() => accounts.describe())
      assertTrue(description.fields.some(({ externalId, name }) => name === "External_Id__c" && externalId))
      assertTrue((yield* asked(() => accounts.destroy(id))).success)

      const day = 86_400_000
      const now = yield* Clock.currentTimeMillis
      const updated = yield* asked(() => accounts.updated(new Date(now - day), new Date(now + day)))
      deepStrictEqual(updated.ids, [upserted.id])
      const deleted = yield* asked(() => accounts.deleted(new Date(now - day), new Date(now + day)))
      deepStrictEqual(deleted.deletedRecords.map((record) => record.id), [id])
      assertTrue((yield* emulator.ledger).every(({ status }) => status !== undefined && status < 300))
    }))

  it.scopedLive("collections", () =>
    Effect.gen(function*() {
      const { connection } = yield* connected()
      const accounts = connection.sobject("Account")
      const made = yield* asked(() => accounts.create([{ Name: "One" }, { Name: "Two" }, { Industry: "none" }]))
      deepStrictEqual(made.map(({ success }) => success), [true, true, false])
      strictEqual(made[2]?.success === false ? made[2].errors[0]?.fields?.[0] : undefined, "Name")
      const ids = made.flatMap(({ id }) => id === undefined ? [] : [id])
      const changed = yield* asked(() =>
        accounts.update(ids.map((Id) => ({ Id, Industry: "Textiles" })), { allOrNone: true })
      )
      assertTrue(changed.every(({ success }) => success))
      const got = yield* asked(() => accounts.retrieve(ids, { fields: ["Name", "Industry"] }))
      deepStrictEqual(got.map(({ Industry, Name }) => [Name, Industry]), [["One", "Textiles"], ["Two", "Textiles"]])
      const upserted = yield* asked(() =>
        accounts.upsert([{ External_Id__c: "A", Name: "A" }, { External_Id__c: "B", Name: "B" }], "External_Id__c")
      )
      assertTrue(upserted.every(({ success }) => success))
      const gone = yield* asked(() => accounts.destroy(ids, { allOrNone: true }))
      assertTrue(gone.every(({ success }) => success))
    }))

  it.scopedLive("queries, page by page, and deleted ones too", () =>
    Effect.gen(function*() {
      const { connection, emulator } = yield* connected()
      const many = Array.from({ length: 450 }, (_, index) => ({ Name: `N${String(index).padStart(3, "0")}` }))
      yield* asked(() => connection.sobject("Account").create(many, { allowRecursive: true }))
      const names = yield* asked(() =>
        connection.query<{ Name: string }>("SELECT Name FROM Account ORDER BY Name", {
          autoFetch: true,
          headers: { "Sforce-Query-Options": "batchSize=200" },
          maxFetch: 1000
        })
      )
      strictEqual(names.totalSize, 450)
      deepStrictEqual(names.records.map(({ Name }) => Name), many.map(({ Name }) => Name))
      const pages = (yield* emulator.ledger).filter(({ operation }) => operation.startsWith("soql."))
      deepStrictEqual(pages.map(({ operation }) => operation), ["soql.query", "soql.more", "soql.more"])

      const found = yield* asked(() =>
        connection.sobject("Account").find({ Name: { $like: "N00%" } }, ["Id", "Name"]).sort({ Name: -1 }).limit(3)
      )
      deepStrictEqual(found.map(({ Name }) => Name), ["N009", "N008", "N007"])
      yield* asked(() => connection.sobject("Account").destroy(found[0]?.Id ?? ""))
      const all = yield* asked(() =>
        connection.query("SELECT Id FROM Account WHERE IsDeleted = true", { scanAll: true })
      )
      deepStrictEqual(all.records.map(({ Id }) => Id), [found[0]?.Id])
      const first = yield* asked(() =>
        connection.query("SELECT Id FROM Account", { headers: { "Sforce-Query-Options": "batchSize=200" } })
      )
      assertFalse(first.done)
      const more = yield* asked(() => connection.queryMore(first.nextRecordsUrl ?? ""))
      strictEqual(more.records.length, 200)
    }))

  it.scopedLive("composite and batch, by request", () =>
    Effect.gen(function*() {
      const { connection } = yield* connected()
      const composite = yield* asked(() =>
        connection.requestPost<{ compositeResponse: ReadonlyArray<{ httpStatusCode: number }> }>("/composite", {
          compositeRequest: [
            { body: { Name: "A" }, method: "POST", referenceId: "a", url: "/services/data/v67.0/sobjects/Account" }
          ]
        })
      )
      deepStrictEqual(composite.compositeResponse.map(({ httpStatusCode }) => httpStatusCode), [201])
      const batch = yield* asked(() =>
        connection.requestPost<{ hasErrors: boolean }>("/composite/batch", {
          batchRequests: [{ method: "GET", url: "v67.0/query?q=SELECT+Id+FROM+Account" }]
        })
      )
      assertFalse(batch.hasErrors)
    }))

  it.scopedLive("limits, which it reads from the header too", () =>
    Effect.gen(function*() {
      const { connection } = yield* connected({ rateLimit: Emulator.limits({ daily: 100 }) })
      const limits = yield* asked(() => connection.limits())
      deepStrictEqual(limits.DailyApiRequests, { Max: 100, Remaining: 99 })
      deepStrictEqual(connection.limitInfo.apiUsage, { limit: 100, used: 1 })
      const resources = yield* asked(() => connection.request<{ identity: string }>(connection._baseUrl()))
      assertTrue(resources.identity.includes("/id/"))
    }))

  it.scopedLive("errors are what it takes them for", () =>
    Effect.gen(function*() {
      const { connection } = yield* connected()
      const accounts = connection.sobject("Account")
      const missing = yield* refused(() => accounts.create({ Industry: "none" }))
      deepStrictEqual([missing?.errorCode, missing?.message], [
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name]"
      ])
      strictEqual((yield* refused(() => connection.query("SELECT Id FORM Account")))?.errorCode, "MALFORMED_QUERY")
      strictEqual((yield* refused(() => connection.query("SELECT Nope FROM Account")))?.errorCode, "INVALID_FIELD")
      strictEqual((yield* refused(() => accounts.retrieve("001000000000099AAA")))?.errorCode, "NOT_FOUND")
      strictEqual((yield* refused(() => accounts.retrieve("nonsense")))?.errorCode, "MALFORMED_ID")
      const twin = { Legacy_Id__c: "L", Name: "Twin" }
      yield* asked(() => accounts.create([twin, twin]))
      const several = yield* refused(() => accounts.upsert(twin, "Legacy_Id__c"))
      strictEqual(several?.errorCode, "MULTIPLE_CHOICES")
      strictEqual(Array.isArray(several?.data) ? several.data.length : undefined, 2)
    }))

  it.scopedLive("a session that has ended, and a limit", () =>
    Effect.gen(function*() {
      const { connection } = yield* connected({ authorize: Testing.Emulator.bearer("another") })
      strictEqual((yield* refused(() => connection.limits()))?.errorCode, "INVALID_SESSION_ID")
      const limited = yield* connected({ faults: Faults.script([Faults.status(429)]) })
      strictEqual((yield* refused(() => limited.connection.limits()))?.errorCode, "REQUEST_LIMIT_EXCEEDED")
    }))
})
