/** The rules that the emulator has of Salesforce's own. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { Schemas } from "holdfast/providers/salesforce"
import * as Kit from "./kit.js"

type Fields = typeof Schemas.Fields.Type

const filled = Effect.gen(function*() {
  const { emulator, salesforce } = yield* Kit.inProcess({
    objects: { Invoice__c: { fields: { Number__c: "string" }, keyPrefix: "a0B", required: ["Number__c"] } }
  })
  const { records, soql } = salesforce
  const create = (type: string, payload: Fields) =>
    Effect.map(records.create({ path: { type }, payload }), ({ id }) => id)
  const engines = yield* create("Account", {
    AnnualRevenue: 100,
    External_Id__c: "A-1",
    Industry: "Machinery",
    Name: "Engines"
  })
  yield* create("Account", { AnnualRevenue: 20, Industry: "Textiles", Name: "Looms" })
  yield* create("Account", { Name: "Bakery" })
  yield* create("Contact", { AccountId: engines, Birthdate: "1815-12-10", LastName: "Lovelace" })
  yield* create("Contact", { Birthdate: "1791-12-26", LastName: "Babbage" })
  const names = (q: string) =>
    Effect.map(soql.query({ urlParams: { q } }), ({ records }) => records.map((one) => one.Name ?? one.LastName))
  const refusal = (q: string) => Effect.map(Effect.flip(soql.query({ urlParams: { q } })), ({ code }) => code)
  return { create, emulator, names, refusal, salesforce }
})

describe("the Salesforce emulator", () => {
  it.scoped("reads conditions", () =>
    Effect.gen(function*() {
      const { names, salesforce } = yield* filled
      const where = (condition: string) => names(`SELECT Name FROM Account WHERE ${condition} ORDER BY Name`)
      deepStrictEqual(yield* where("AnnualRevenue > 20"), ["Engines"])
      deepStrictEqual(yield* where("AnnualRevenue >= 20 AND AnnualRevenue <= 100"), ["Engines", "Looms"])
      deepStrictEqual(yield* where("AnnualRevenue < 100"), ["Looms"])
      deepStrictEqual(yield* where("Industry = null"), ["Bakery"])
      deepStrictEqual(yield* where("Industry != null"), ["Engines", "Looms"])
      deepStrictEqual(yield* where("name = 'ENGINES'"), ["Engines"])
      deepStrictEqual(yield* where("Name LIKE '%o%s'"), ["Looms"])
      deepStrictEqual(yield* where("Name LIKE 'L__ms'"), ["Looms"])
      deepStrictEqual(yield* where("Name IN ('Looms', 'Bakery')"), ["Bakery", "Looms"])
      deepStrictEqual(yield* where("Name NOT IN ('Looms', 'Bakery')"), ["Engines"])
      deepStrictEqual(yield* where("NOT (Name = 'Looms' OR AnnualRevenue = 100)"), ["Bakery"])
      deepStrictEqual(yield* where("IsDeleted = false AND (Name = 'Looms' OR Name = 'Bakery')"), ["Bakery", "Looms"])
      deepStrictEqual(yield* where("SystemModstamp >= 1970-01-01T00:00:00Z"), ["Bakery", "Engines", "Looms"])
      const later = "SELECT SystemModstamp FROM Account WHERE SystemModstamp > 1970-01-01T01:00:00+01:00"
      deepStrictEqual((yield* salesforce.soql.query({ urlParams: { q: later } })).records, [])
    }))

  it.scoped("orders, and takes a part", () =>
    Effect.gen(function*() {
      const { names, refusal } = yield* filled
      const all = "SELECT Name FROM Account"
      deepStrictEqual(yield* names(`${all} ORDER BY AnnualRevenue`), ["Bakery", "Looms", "Engines"])
      deepStrictEqual(yield* names(`${all} ORDER BY AnnualRevenue DESC NULLS LAST`), ["Engines", "Looms", "Bakery"])
      deepStrictEqual(yield* names(`${all} ORDER BY Name DESC LIMIT 1 OFFSET 1`), ["Engines"])
      strictEqual(yield* refusal(`${all} OFFSET 2001`), "NUMBER_OUTSIDE_VALID_RANGE")
    }))

  it.scoped("reads the fields of what a record refers to", () =>
    Effect.gen(function*() {
      const { names, salesforce } = yield* filled
      deepStrictEqual(yield* names("SELECT LastName FROM Contact WHERE Account.Industry = 'Machinery'"), ["Lovelace"])
      deepStrictEqual(yield* names("SELECT LastName FROM Contact WHERE Birthdate < 1800-01-01"), ["Babbage"])
      const { records } = yield* salesforce.soql.query({
        urlParams: { q: "SELECT LastName, Account.Name, Account.External_Id__c FROM Contact ORDER BY LastName" }
      })
      deepStrictEqual(records.map(({ Account }) => Account), [null, {
        attributes: { type: "Account", url: "/services/data/v67.0/sobjects/Account/001000000000001AAA" },
        External_Id__c: "A-1",
        Name: "Engines"
      }])
    }))

  it.scoped("refuses what it cannot read, and what is not there", () =>
    Effect.gen(function*() {
      const { refusal } = yield* filled
      strictEqual(yield* refusal("SELECT Id FROM Nothing"), "INVALID_TYPE")
      strictEqual(yield* refusal("SELECT Nothing FROM Account"), "INVALID_FIELD")
      strictEqual(yield* refusal("SELECT Id FROM Account WHERE Nothing = 1"), "INVALID_FIELD")
      strictEqual(yield* refusal("SELECT Id FROM Account ORDER BY Nothing"), "INVALID_FIELD")
      for (
        const q of [
          "SELECT FROM Account",
          "SELECT Id Account",
          "SELECT Id FROM Account WHERE",
          "SELECT Id FROM Account WHERE Name = 'a",
          "SELECT Id FROM Account WHERE Name = 'a' 'b'",
          "SELECT Id FROM Account WHERE Name IN ()",
          "SELECT Id FROM Account WHERE (Name = 'a'",
          "SELECT Id FROM Account LIMIT -1",
          "SELECT Id FROM Account;"
        ]
      ) strictEqual(yield* refusal(q), "MALFORMED_QUERY", q)
    }))

  it.scoped("an invalid locator is said to be one", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* filled
      const error = yield* Effect.flip(salesforce.soql.more({ path: { locator: "01gNothing-2000" } }))
      deepStrictEqual([error._tag, error.code], ["ValidationError", "INVALID_QUERY_LOCATOR"])
    }))

  it.scoped("a record obeys its object", () =>
    Effect.gen(function*() {
      const { create, salesforce } = yield* filled
      const refusal = (type: string, fields: Fields) =>
        Effect.map(Effect.flip(create(type, fields)), ({ code }) => code)
      strictEqual(yield* refusal("Account", { Name: "a", Nothing: 1 }), "INVALID_FIELD")
      strictEqual(
        yield* refusal("Account", { CreatedDate: "2026-01-01", Name: "a" }),
        "INVALID_FIELD_FOR_INSERT_UPDATE"
      )
      strictEqual(yield* refusal("Account", { Name: "a".repeat(256) }), "STRING_TOO_LONG")
      strictEqual(yield* refusal("Account", { Name: "" }), "REQUIRED_FIELD_MISSING")
      strictEqual(yield* refusal("Contact", { Account: { External_Id__c: "A-9" }, LastName: "a" }), "INVALID_FIELD")
      strictEqual(yield* refusal("Invoice__c", {}), "REQUIRED_FIELD_MISSING")
      const id = yield* create("invoice__c", { Number__c: "1" })
      // the last three say which of the first fifteen are capitals
      strictEqual(id, "a0B000000000006EAA")
      const path = { id: id.slice(0, 15), type: "Invoice__c" }
      strictEqual((yield* salesforce.records.get({ path, urlParams: {} })).Number__c, "1")
      const cleared = yield* Effect.flip(salesforce.records.update({ path, payload: { Number__c: null } }))
      strictEqual(cleared.code, "REQUIRED_FIELD_MISSING")
      yield* salesforce.records.delete({ path })
      const gone = yield* Effect.flip(salesforce.records.delete({ path }))
      deepStrictEqual([gone._tag, gone.code], ["NotFoundError", "ENTITY_IS_DELETED"])
    }))

  it.scoped("forgets everything at a reset", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* filled
      yield* emulator.reset
      strictEqual((yield* salesforce.org.limits()).DailyApiRequests?.Remaining, 14_999)
      strictEqual((yield* emulator.state).org.rows.length, 0)
    }))
})
