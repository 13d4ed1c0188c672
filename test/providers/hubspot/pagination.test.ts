import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Either, Stream } from "effect"
import { IntegrationError, Pagination } from "holdfast"
import { lists, searches } from "holdfast/providers/hubspot"
import { Faults } from "holdfast/testing"
import * as Kit from "./kit.js"

const fill = Effect.fnUntraced(function*(hubspot: Kit.Client, count: number) {
  for (let start = 0; start < count; start += 100) {
    yield* hubspot.contacts.batchCreate({
      payload: {
        inputs: Array.from({ length: Math.min(100, count - start) }, (_, index) => ({
          properties: { email: `c${start + index}@example.com`, number: String(start + index) }
        }))
      }
    })
  }
})

const page = (ids: ReadonlyArray<string>, after?: string) =>
  Faults.status(200, {
    body: {
      results: ids.map((id) => ({ id, properties: {}, createdAt: "", updatedAt: "" })),
      ...(after === undefined ? undefined : { paging: { next: { after, link: "https://evil.test/steal" } } })
    }
  })

describe("HubSpot pagination", () => {
  it.scoped("lists to the end, by cursor and not by link", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      yield* fill(hubspot, 250)
      const emails = yield* Pagination.items(hubspot.contacts.list, lists(), {
        urlParams: { limit: 100, properties: ["email"] }
      }).pipe(
        Stream.map((contact) => contact.properties.email),
        Stream.runCollect
      )
      deepStrictEqual(Chunk.toReadonlyArray(emails), Array.from({ length: 250 }, (_, index) => `c${index}@example.com`))
      const asked = (yield* emulator.ledger).filter((entry) => entry.operation === "contacts.list")
      deepStrictEqual(asked.map((entry) => entry.query.after), [undefined, "1100", "1200"])
    }))

  it.scoped("asks for no page that nobody reads", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess()
      yield* fill(hubspot, 50)
      const some = yield* Pagination.items(hubspot.contacts.list, lists(), { urlParams: { limit: 10 } }).pipe(
        Stream.take(15),
        Stream.runCollect
      )
      strictEqual(some.length, 15)
      strictEqual((yield* emulator.ledger).filter((entry) => entry.operation === "contacts.list").length, 2)
    }))

  it.scoped("searches to the end, with the cursor in the body", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      yield* fill(hubspot, 45)
      const found = yield* Pagination.pages(hubspot.contacts.search, searches(), {
        payload: {
          filterGroups: [{ filters: [{ propertyName: "number", operator: "LT", value: "25" }] }],
          sorts: [{ propertyName: "number", direction: "DESCENDING" }],
          properties: ["number"],
          limit: 10
        }
      }).pipe(Stream.runCollect)
      deepStrictEqual(Chunk.toReadonlyArray(found).map((one) => [one.total, one.results.length]), [[25, 10], [25, 10], [
        25,
        5
      ]])
      deepStrictEqual(
        Chunk.toReadonlyArray(found).flatMap((one) => one.results.map((contact) => Number(contact.properties.number))),
        Array.from({ length: 25 }, (_, index) => 24 - index)
      )
    }))

  it.scoped("a search ends at HubSpot's 10,000 with an error, not quietly", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      const error = yield* Effect.flip(hubspot.contacts.search({ payload: { after: "9900", limit: 200 } }))
      assertInstanceOf(error, IntegrationError.ValidationError)
      strictEqual((yield* hubspot.contacts.search({ payload: { after: "9800", limit: 200 } })).total, 0)
    }))

  it.scoped("a cursor that comes again ends the stream with an error", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.inProcess({
        faults: Faults.script([page(["1"], "a"), page(["2"], "b"), page(["3"], "a"), page(["4"], "b")])
      })
      const result = yield* Pagination.items(hubspot.contacts.list, lists(), { urlParams: {} }).pipe(
        Stream.map((contact) => contact.id),
        Stream.either,
        Stream.runCollect
      )
      const ids = Chunk.toReadonlyArray(result).flatMap((one) => Either.isRight(one) ? [one.right] : [])
      deepStrictEqual(ids, ["1", "2"])
      const last = Chunk.unsafeLast(result)
      assertTrue(Either.isLeft(last))
      assertInstanceOf(last.left, IntegrationError.ResponseDecodeError)
      strictEqual((yield* emulator.ledger).length, 3)
    }))

  it.scoped("an empty page in between does not end the list", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess({
        faults: Faults.script([page([], "a"), page(["1"], "b"), page([])])
      })
      const all = yield* Stream.runCollect(Pagination.items(hubspot.contacts.list, lists(), { urlParams: {} }))
      deepStrictEqual(Chunk.toReadonlyArray(all).map((one) => one.id), ["1"])
    }))

  it.scoped("owners and associations too", () =>
    Effect.gen(function*() {
      const { hubspot } = yield* Kit.inProcess()
      const owners = yield* Stream.runCount(Pagination.items(hubspot.owners.list, lists(), { urlParams: { limit: 1 } }))
      strictEqual(owners, 3)
      yield* fill(hubspot, 5)
      const deal = yield* hubspot.deals.create({ payload: { properties: { dealname: "d" } } })
      for (let id = 1001; id <= 1005; id++) {
        yield* hubspot.associations.createDefault({
          path: { fromType: "deals", fromId: deal.id, toType: "contacts", toId: String(id) }
        })
      }
      const linked = yield* Pagination.items(hubspot.associations.list, lists(), {
        path: { fromType: "deals", fromId: deal.id, toType: "contacts" },
        urlParams: { limit: 2 }
      }).pipe(Stream.runCollect)
      deepStrictEqual(Chunk.toReadonlyArray(linked).map((one) => one.toObjectId), [
        "1001",
        "1002",
        "1003",
        "1004",
        "1005"
      ])
    }))
})
