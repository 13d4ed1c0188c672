import { describe, it } from "@effect/vitest"
import { assertInclude, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { IntegrationError } from "holdfast"
import type { Schemas } from "holdfast/providers/hubspot"
import { refused } from "../refused.js"
import { everything, everyType } from "./everything.js"
import * as Kit from "./kit.js"

const expected = [
  "account.details",
  "associations.create",
  "associations.createDefault",
  "associations.list",
  "associations.remove",
  "companies.create",
  "contacts.archive",
  "contacts.batchArchive",
  "contacts.batchCreate",
  "contacts.batchRead",
  "contacts.batchUpdate",
  "contacts.batchUpsert",
  "contacts.create",
  "contacts.get",
  "contacts.list",
  "contacts.search",
  "contacts.update",
  "deals.create",
  "owners.list"
]

describe("HubSpot, every operation", () => {
  it.scoped("in process, version v3", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      deepStrictEqual(yield* everything(hubspot, emulator), expected)
      const paths = new Set((yield* emulator.ledger).map((entry) => entry.path))
      assertTrue(paths.has("/crm/v3/objects/contacts") && paths.has("/crm/v3/owners"))
      assertTrue([...paths].some((path) => path.startsWith("/crm/v4/objects/contacts/")))
    }))

  it.scoped("in process, a dated version", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess({ version: "2026-03" })
      deepStrictEqual(yield* everything(hubspot, emulator), expected)
      const paths = (yield* emulator.ledger).map((entry) => entry.path)
      assertTrue(paths.every((path) => path.includes("2026-03") && !path.includes("/v3/") && !path.includes("/v4/")))
    }))

  it.scopedLive("over a socket, with undici", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.overSocket()
      deepStrictEqual(yield* everything(hubspot, emulator), expected)
    }))

  it.scoped("of every type, in process", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      yield* everyType(hubspot, ["contacts", "companies", "deals"])
      strictEqual(new Set((yield* emulator.ledger).map((entry) => entry.operation)).size, 33)
    }))

  it.scopedLive("of every type, over a socket", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.overSocket()
      yield* everyType(hubspot, ["contacts", "companies", "deals"])
      strictEqual(new Set((yield* emulator.ledger).map((entry) => entry.operation)).size, 33)
    }))
})

describe("HubSpot, what is sent", () => {
  it.scoped("an id is data: it cannot climb out of its segment of the path", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      for (const id of ["../owners", "a/b", "a?b=c", "ä ö", "100%"]) {
        const error = yield* Effect.flip(hubspot.contacts.get({ path: { id }, urlParams: {} }))
        strictEqual(error._tag, "NotFoundError")
      }
      assertTrue((yield* emulator.ledger).every((entry) => entry.operation === "contacts.get"))
      yield* emulator.reset
      // a URL has no way to write these as data
      for (const id of [".", ".."]) {
        strictEqual((yield* Effect.flip(hubspot.contacts.archive({ path: { id } })))._tag, "ValidationError")
      }
      deepStrictEqual(yield* emulator.ledger, [])
    }))

  it.scoped("a list of properties is one csv parameter", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      yield* hubspot.contacts.list({ urlParams: { properties: ["email", "city"], limit: 5 } })
      deepStrictEqual((yield* emulator.ledger)[0]?.query, { limit: "5", properties: "email,city" })
    }))

  it.scoped("a search that HubSpot would refuse is refused before it is sent, and the error says where", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      const search = (...groups: ReadonlyArray<ReadonlyArray<typeof Schemas.Filter.Type>>) =>
        hubspot.contacts.search({ payload: { filterGroups: groups.map((filters) => ({ filters })) } })
      const city = { operator: "EQ", propertyName: "city", value: "London" } as const
      const five = [city, city, city, city, city]
      const first = "payload.filterGroups.0.filters.0"
      const calls = [
        [search([{ operator: "EQ", propertyName: "city" }]), `${first}.value: EQ wants it`],
        [search([{ operator: "IN", propertyName: "city", value: "a" }]), `${first}.values: IN wants it`],
        [search([{ operator: "BETWEEN", propertyName: "age", value: "1" }]), `${first}.highValue: BETWEEN wants it`],
        [search(five, five, five, [city, city, city, city]), "payload.filterGroups: at most 18 filters"],
        [search(...Array.from({ length: 6 }, () => [city])), "payload.filterGroups"],
        [
          hubspot.contacts.search({ payload: { sorts: [{ propertyName: "a" }, { propertyName: "b" }] } }),
          "payload.sorts"
        ],
        [hubspot.contacts.search({ payload: { query: "a".repeat(3000) } }), "at most 3,000 characters"]
      ] as const
      for (const [call, message] of calls) assertInclude(yield* refused(call), message)
      deepStrictEqual(yield* emulator.ledger, [])
      // as many as may be
      yield* search(five, five, five, [city, city, { operator: "HAS_PROPERTY", propertyName: "city" }])
    }))

  it.scoped("input that HubSpot would refuse is refused before it is sent", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      const calls = [
        hubspot.contacts.list({ urlParams: { limit: 101 } }),
        hubspot.contacts.list({ urlParams: { properties: ["a,b"] } }),
        hubspot.contacts.search({ payload: { limit: 201 } }),
        hubspot.contacts.batchCreate({ payload: { inputs: [] } }),
        hubspot.contacts.batchArchive({
          payload: { inputs: Array.from({ length: 101 }, (_, id) => ({ id: `${id}` })) }
        }),
        hubspot.contacts.get({ path: { id: "" }, urlParams: {} })
      ]
      for (const call of calls) {
        const error = yield* Effect.flip(call as Effect.Effect<unknown, IntegrationError.IntegrationError>)
        assertInstanceOf(error, IntegrationError.ValidationError)
        strictEqual(error.status, undefined)
        assertTrue(error.issues.length > 0)
      }
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})
