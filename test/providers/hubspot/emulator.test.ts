/** The rules of HubSpot that the emulator keeps. */
import { HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, TestClock } from "effect"
import { IntegrationError } from "holdfast"
import { Emulator, type Schemas } from "holdfast/providers/hubspot"
import { Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

type Filter = typeof Schemas.Filter.Type

const people = [
  { email: "ada@example.com", firstname: "Ada", age: "36", city: "London" },
  { email: "grace@example.com", firstname: "Grace", age: "85", city: "New York" },
  { email: "alan@example.org", firstname: "Alan", age: "41" },
  { email: "edsger@example.org", firstname: "Edsger", age: "072", city: "Austin" }
]

describe("HubSpot emulator, search", () => {
  const filters: ReadonlyArray<readonly [filter: Filter, names: ReadonlyArray<string>]> = [
    [{ propertyName: "firstname", operator: "EQ", value: "ada" }, ["Ada"]],
    [{ propertyName: "city", operator: "NEQ", value: "London" }, ["Grace", "Alan", "Edsger"]],
    [{ propertyName: "age", operator: "LT", value: "41" }, ["Ada"]],
    [{ propertyName: "age", operator: "LTE", value: "41" }, ["Ada", "Alan"]],
    [{ propertyName: "age", operator: "GT", value: "41" }, ["Grace", "Edsger"]],
    [{ propertyName: "age", operator: "GTE", value: "72" }, ["Grace", "Edsger"]],
    [{ propertyName: "age", operator: "BETWEEN", value: "40", highValue: "72" }, ["Alan", "Edsger"]],
    [{ propertyName: "city", operator: "IN", values: ["london", "austin"] }, ["Ada", "Edsger"]],
    [{ propertyName: "city", operator: "NOT_IN", values: ["london"] }, ["Grace", "Edsger"]],
    [{ propertyName: "city", operator: "HAS_PROPERTY" }, ["Ada", "Grace", "Edsger"]],
    [{ propertyName: "city", operator: "NOT_HAS_PROPERTY" }, ["Alan"]],
    [{ propertyName: "email", operator: "CONTAINS_TOKEN", value: "*example.org" }, ["Alan", "Edsger"]],
    [{ propertyName: "city", operator: "NOT_CONTAINS_TOKEN", value: "york" }, ["Ada", "Alan", "Edsger"]]
  ]

  it.scoped("all operators", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      yield* hubspot.contacts.batchCreate({ payload: { inputs: people.map((properties) => ({ properties })) } })
      for (const [filter, names] of filters) {
        const found = yield* hubspot.contacts.search({ payload: { filterGroups: [{ filters: [filter] }], limit: 100 } })
        deepStrictEqual(found.results.map((one) => String(one.properties.firstname)), [...names], filter.operator)
      }
      const either = yield* hubspot.contacts.search({
        payload: {
          filterGroups: [
            { filters: [{ propertyName: "firstname", operator: "EQ", value: "Ada" }] },
            { filters: [{ propertyName: "age", operator: "GT", value: "80" }] }
          ],
          sorts: [{ propertyName: "age", direction: "DESCENDING" }]
        }
      })
      deepStrictEqual(either.results.map((one) => one.properties.firstname), ["Grace", "Ada"])
      strictEqual((yield* hubspot.contacts.search({ payload: { query: "grace" } })).total, 1)
      const error = yield* Effect.flip(hubspot.contacts.search({
        payload: { filterGroups: [{ filters: [{ propertyName: "age", operator: "BETWEEN", value: "1" }] }] }
      }))
      assertInstanceOf(error, IntegrationError.ValidationError)
    }))

  it.scoped("what has changed since: epoch milliseconds against the record's time", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      yield* TestClock.setTime(1_700_000_000_000)
      const ada = yield* hubspot.contacts.create({ payload: { properties: { email: "ada@example.com" } } })
      strictEqual(ada.createdAt, "2023-11-14T22:13:20.000Z")
      yield* TestClock.adjust("1 minute")
      yield* hubspot.contacts.create({ payload: { properties: { email: "grace@example.com" } } })
      const since = (value: number) =>
        hubspot.contacts.search({
          payload: {
            filterGroups: [{ filters: [{ propertyName: "lastmodifieddate", operator: "GTE", value: String(value) }] }],
            sorts: [{ propertyName: "lastmodifieddate", direction: "ASCENDING" }]
          }
        })
      strictEqual((yield* since(1_700_000_000_001)).total, 1)
      yield* TestClock.adjust("1 minute")
      yield* hubspot.contacts.update({ path: { id: ada.id }, urlParams: {}, payload: { properties: { city: "x" } } })
      const found = yield* since(1_700_000_000_001)
      deepStrictEqual(found.results.map((one) => one.properties.email), ["grace@example.com", "ada@example.com"])
    }))
})

describe("HubSpot emulator, records", () => {
  it.scoped("e-mail addresses are unique whatever their case, until their contact is archived or renamed", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      const create = (email: string) => hubspot.contacts.create({ payload: { properties: { email } } })
      const ada = yield* create("ada@example.com")
      strictEqual((yield* Effect.flip(create("ADA@example.com")))._tag, "ConflictError")
      yield* hubspot.contacts.update({
        path: { id: ada.id },
        urlParams: {},
        payload: { properties: { email: "countess@example.com" } }
      })
      const second = yield* create("ada@example.com")
      const clash = yield* Effect.flip(hubspot.contacts.update({
        path: { id: second.id },
        urlParams: {},
        payload: { properties: { email: "countess@example.com" } }
      }))
      strictEqual(clash._tag, "ConflictError")
      yield* hubspot.contacts.archive({ path: { id: ada.id } })
      yield* create("countess@example.com")
    }))

  it.scoped("a batch without trace ids is all or nothing", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      const batch = (emails: ReadonlyArray<string>) =>
        hubspot.contacts.batchCreate({ payload: { inputs: emails.map((email) => ({ properties: { email } })) } })
      yield* batch(["ada@example.com"])
      strictEqual((yield* Effect.flip(batch(["grace@example.com", "ada@example.com"])))._tag, "ConflictError")
      strictEqual((yield* Effect.flip(batch(["x@example.com", "x@example.com"])))._tag, "ValidationError")
      strictEqual((yield* emulator.state).contacts.records.length, 1)
    }))

  it.scoped("an upsert twice is an upsert once; the ledger tells created from updated", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess({ uniqueProperties: { deals: ["order_number"] } })
      const upsert = hubspot.deals.batchUpsert({
        payload: { inputs: [{ id: "A-1", idProperty: "order_number", properties: { amount: "10" } }] }
      })
      deepStrictEqual((yield* upsert).results.map((one) => one.new), [true])
      deepStrictEqual((yield* upsert).results.map((one) => one.new), [false])
      strictEqual((yield* emulator.state).deals.records.length, 1)
      deepStrictEqual({ ...Ledger.tally(yield* emulator.ledger, "deals") }, { "A-1": { created: 1, updated: 1 } })
      const unknown = yield* Effect.flip(hubspot.companies.batchRead({
        payload: { inputs: [{ id: "x.example" }], idProperty: "domain" }
      }))
      strictEqual(unknown._tag, "ValidationError")
    }))

  it.effect("what the client's own Schemas would not send is refused in HubSpot's words", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make()
      const post = (path: string, text: string) =>
        Testing.Emulator.httpClient(emulator).execute(
          HttpClientRequest.post(`https://api.hubapi.com${path}`).pipe(
            HttpClientRequest.bearerToken("t"),
            HttpClientRequest.bodyText(text, "application/json")
          )
        ).pipe(Effect.flatMap((response) => Effect.map(response.json, (body) => [response.status, body] as const)))
      const [status, body] = yield* post("/crm/v3/objects/contacts", "{\"properties\":{\"age\":36}}")
      strictEqual(status, 400)
      const { category, correlationId, errors } = body as Record<string, unknown>
      strictEqual(category, "VALIDATION_ERROR")
      strictEqual(correlationId, "00000000-0000-4000-8000-000000000001")
      deepStrictEqual((errors as ReadonlyArray<{ in: string }>).map((one) => one.in), ["properties.age"])
      strictEqual((yield* post("/crm/v3/objects/contacts", "{"))[0], 400)
      const inputs = Array.from({ length: 101 }, (_, id) => ({ id: String(id) }))
      strictEqual((yield* post("/crm/v3/objects/contacts/batch/archive", JSON.stringify({ inputs })))[0], 400)
      strictEqual((yield* post("/crm/v3/objects/tickets", "{}"))[0], 404)
    }))
})

describe("HubSpot emulator, limits", () => {
  it.scoped("190 in any 10 seconds, headers that count down, searches by their own limit and without headers", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess({ rateLimit: Emulator.limits({ tenSecondly: 3, searchSecondly: 2 }) })
      const left: Array<string | undefined> = []
      for (let index = 0; index < 3; index++) {
        const [, response] = yield* hubspot.account.details({ withResponse: true })
        left.push(response.headers["x-hubspot-ratelimit-remaining"])
      }
      deepStrictEqual(left, ["2", "1", "0"])
      const rolling = yield* Effect.flip(hubspot.account.details())
      assertInstanceOf(rolling, IntegrationError.RateLimitError)
      strictEqual(Duration.toMillis(rolling.retryAfter ?? 0), 10_000)

      const [, response] = yield* hubspot.contacts.search({ payload: {}, withResponse: true })
      strictEqual(response.headers["x-hubspot-ratelimit-max"], undefined)
      yield* hubspot.contacts.search({ payload: {} })
      const secondly = yield* Effect.flip(hubspot.contacts.search({ payload: {} }))
      strictEqual(Duration.toMillis(secondly.retryAfter ?? 0), 1000)
      yield* TestClock.adjust("1 second")
      yield* hubspot.contacts.search({ payload: {} })
      yield* TestClock.adjust("9 seconds")
      yield* hubspot.account.details()
    }))

  it.scoped("a daily limit that is used up is not worth a retry", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess({ rateLimit: Emulator.limits({ daily: 1 }) })
      yield* hubspot.account.details()
      const error = yield* Effect.flip(hubspot.account.details())
      assertInstanceOf(error, IntegrationError.RateLimitError)
      assertTrue(!error.retryable && error.message.includes("daily"))
    }))
})
