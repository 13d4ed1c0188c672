/** Every operation of Salesforce, its answer checked. */
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect } from "effect"
import { type Emulator, Salesforce, SalesforceErrors, Soql } from "holdfast/providers/salesforce"
import type * as Testing from "holdfast/testing"
import type * as Kit from "./kit.js"

const base = "/services/data/v67.0"

const account = { attributes: { type: "Account" } }

const records = Effect.fnUntraced(function*({ records }: Kit.Client) {
  const made = yield* records.create({ path: { type: "Account" }, payload: { Name: "Engines", AnnualRevenue: 1000 } })
  assertTrue(made.success)
  strictEqual(made.id.length, 18)
  yield* records.update({ path: { type: "Account", id: made.id }, payload: { Industry: "Machinery", Phone: null } })
  const found = yield* records.get({
    path: { type: "Account", id: made.id },
    urlParams: { fields: ["Name", "Industry"] }
  })
  deepStrictEqual([found.Name, found.Industry], ["Engines", "Machinery"])
  strictEqual(found.attributes?.type, "Account")

  const path = { type: "Account", field: "External_Id__c", value: "A-1/ü" }
  const first = yield* records.upsert({ path, payload: { Name: "Looms" } })
  const second = yield* records.upsert({ path, urlParams: { updateOnly: true }, payload: { Name: "Power Looms" } })
  deepStrictEqual([first.created, second.created], [true, false])
  strictEqual(second.id, first.id)

  const contact = yield* records.create({
    path: { type: "Contact" },
    payload: { LastName: "Lovelace", Account: { External_Id__c: "A-1/ü" } }
  })
  yield* records.delete({ path: { type: "Contact", id: contact.id } })
  const description = yield* records.describe({ path: { type: "Account" } })
  deepStrictEqual(description.fields.filter((field) => field.externalId === true).map((field) => field.name), [
    "External_Id__c",
    "Legacy_Id__c"
  ])

  const window = {
    start: DateTime.unsafeMake("1969-12-31T00:00:00Z"),
    end: DateTime.unsafeMake("2069-01-01T00:00:00Z")
  }
  const updated = yield* records.updated({ path: { type: "Account" }, urlParams: window })
  deepStrictEqual(updated.ids, [made.id, first.id ?? ""])
  const deleted = yield* records.deleted({ path: { type: "Contact" }, urlParams: window })
  deepStrictEqual(deleted.deletedRecords.map(({ id }) => id), [contact.id])
  return made.id
})

const soql = Effect.fnUntraced(function*({ soql }: Kit.Client) {
  const page = yield* soql.query({
    urlParams: { q: Soql.soql`SELECT Id, Name FROM Account WHERE Name LIKE ${Soql.contains("loom")} ORDER BY Name` },
    headers: { "sforce-query-options": 200 }
  })
  deepStrictEqual([page.totalSize, page.done, page.records[0]?.Name], [1, true, "Power Looms"])
  const all = yield* soql.queryAll({ urlParams: { q: "SELECT Id FROM Contact WHERE IsDeleted = true" } })
  strictEqual(all.totalSize, 1)
  strictEqual((yield* soql.query({ urlParams: { q: "SELECT COUNT() FROM Contact" } })).totalSize, 0)
})

const collections = Effect.fnUntraced(function*({ collections, soql }: Kit.Client, { org }: Emulator.State) {
  const made = yield* collections.create({
    payload: { records: [{ ...account, Name: "One" }, { ...account, Name: "Two" }, account] }
  })
  deepStrictEqual(SalesforceErrors.failedItems(made).map(({ index, problems }) => [index, problems[0]?.code]), [
    [2, "REQUIRED_FIELD_MISSING"]
  ])
  const ids = made.flatMap(({ id }) => id === undefined ? [] : [id])
  strictEqual(ids.length, 2)

  // more than the smallest page has
  for (let index = 0; index < 200; index++) {
    org.create("Account", { Name: `N${index}` }, { changed: () => undefined, now: 0 })
  }
  const first = yield* soql.query({
    urlParams: { q: "SELECT Id FROM Account" },
    headers: { "sforce-query-options": 200 }
  })
  assertFalse(first.done)
  const locator = first.nextRecordsUrl?.split("/").pop() ?? ""
  const rest = yield* soql.more({ path: { locator } })
  strictEqual(first.records.length + rest.records.length, first.totalSize)
  assertTrue(rest.done)

  const [one = "", two = ""] = ids
  const changed = yield* collections.update({
    payload: { allOrNone: true, records: [{ ...account, id: one, Industry: "Textiles" }] }
  })
  assertTrue(changed.every(({ success }) => success))
  const got = yield* collections.get({
    path: { type: "Account" },
    payload: { ids: [one, "001000000099999AAA"], fields: ["Industry"] }
  })
  deepStrictEqual([got[0]?.Industry, got[1]], ["Textiles", null])
  const upserted = yield* collections.upsert({
    path: { type: "Account", field: "External_Id__c" },
    payload: {
      records: [{ ...account, External_Id__c: "A-1/ü", Name: "Mills" }, {
        ...account,
        External_Id__c: "A-2",
        Name: "New"
      }]
    }
  })
  deepStrictEqual(upserted.map(({ created }) => created), [false, true])
  const gone = yield* collections.delete({ urlParams: { ids: [one, two], allOrNone: true } })
  assertTrue(gone.every(({ success }) => success))
})

const composite = Effect.fnUntraced(function*({ composite }: Kit.Client, id: string) {
  const result = yield* composite.run({
    payload: {
      allOrNone: true,
      compositeRequest: [
        { method: "POST", url: `${base}/sobjects/Account`, referenceId: "parent", body: { Name: "Parent" } },
        {
          method: "POST",
          url: `${base}/sobjects/Contact`,
          referenceId: "child",
          body: { LastName: "Babbage", AccountId: "@{parent.id}" }
        },
        { method: "GET", url: `${base}/sobjects/Contact/@{child.id}?fields=AccountId`, referenceId: "read" }
      ]
    }
  })
  deepStrictEqual(result.compositeResponse.map(({ httpStatusCode }) => httpStatusCode), [201, 201, 200])
  deepStrictEqual(SalesforceErrors.failedSubrequests(result), [])

  const batch = yield* composite.batch({
    payload: {
      haltOnError: true,
      batchRequests: [
        { method: "PATCH", url: `v67.0/sobjects/Account/${id}`, richInput: { Industry: "Energy" } },
        { method: "GET", url: `v67.0/sobjects/Account/${id}?fields=Industry` }
      ]
    }
  })
  assertFalse(batch.hasErrors)
  deepStrictEqual(batch.results.map(({ statusCode }) => statusCode), [204, 200])
})

/** Every operation once or more. */
export const everything = Effect.fnUntraced(function*(
  salesforce: Kit.Client,
  emulator: Testing.Emulator.Emulator<Emulator.State>
) {
  const id = yield* records(salesforce)
  yield* soql(salesforce)
  yield* collections(salesforce, yield* emulator.state)
  yield* composite(salesforce, id)
  const limits = yield* salesforce.org.limits()
  assertTrue((limits.DailyApiRequests?.Remaining ?? 0) < (limits.DailyApiRequests?.Max ?? 0))
  const resources = yield* salesforce.org.resources()
  assertTrue(resources.identity?.startsWith("https://"))
  strictEqual(resources.limits, `${base}/limits`)
  strictEqual(Salesforce.definition.version, "v67.0")
})
