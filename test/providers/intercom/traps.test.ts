/** What goes wrong with Intercom where one does not know it. */
import { HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { Holdfast, IntegrationError, Pagination } from "holdfast"
import {
  contacts,
  define,
  Emulator,
  Intercom,
  IntercomErrors,
  searchedContacts,
  type SearchQuery,
  updatedSince
} from "holdfast/providers/intercom"
import * as Testing from "holdfast/testing"
import { Faults, Ledger } from "holdfast/testing"
import { refused } from "../refused.js"
import * as Kit from "./kit.js"

const search = (intercom: Kit.Client, query: SearchQuery) =>
  Effect.map(intercom.contacts.search({ payload: { query } }), ({ data }) => data.map(({ email }) => email))

const day = 86_400

describe("Intercom", () => {
  it.scoped("contacts are found by date to the day, and > begins with the day after", () =>
    Effect.gen(function*() {
      const { intercom } = yield* Kit.inProcess()
      yield* TestClock.setTime((10 * day + 3600) * 1000)
      yield* intercom.contacts.create({ payload: { email: "ada@example.com" } })
      const after = (value: number) => search(intercom, { field: "updated_at", operator: ">", value })
      // an hour before it was written
      deepStrictEqual(yield* after(10 * day), [])
      deepStrictEqual(yield* after(9 * day + 1), ["ada@example.com"])
      deepStrictEqual(yield* search(intercom, updatedSince(10 * day + 3600)), ["ada@example.com"])
      deepStrictEqual(yield* search(intercom, updatedSince(13 * day)), [])
    }))

  it.scoped("what a date of a contact is not compared with does not leave; of a conversation it may", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* Kit.inProcess()
      const refused: ReadonlyArray<SearchQuery> = [
        { field: "updated_at", operator: ">=", value: 1 },
        { field: "created_at", operator: "NIN", value: [1] },
        { operator: "AND", value: [{ operator: "OR", value: [{ field: "last_seen_at", operator: "!=", value: 1 }] }] }
      ]
      for (const query of refused) {
        const error = yield* Effect.flip(intercom.contacts.search({ payload: { query } }))
        assertInstanceOf(error, IntegrationError.ValidationError)
        assertInclude(error.message, "compared with >, < and =")
      }
      strictEqual((yield* emulator.ledger).length, 0)
      yield* intercom.conversations.search({ payload: { query: { field: "updated_at", operator: ">=", value: 1 } } })
    }))

  it.scoped("whose event or reply it is, is said in one way: of two the one would be dropped", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* Kit.inProcess()
      const who = { email: "ada@example.com", user_id: "42" }
      const event = yield* refused(
        intercom.events.track({ payload: { created_at: 1, event_name: "ordered", ...who } as never })
      )
      assertInclude(event, "payload.email: who it is is said in one way")
      const reply = yield* refused(
        intercom.conversations.reply({
          path: { id: "1" },
          payload: { body: "x", message_type: "comment", type: "user", ...who } as never
        })
      )
      assertInclude(reply, "payload.email: who it is is said in one way")
      deepStrictEqual(yield* emulator.ledger, [])
    }))

  it.scoped("more than 15 conditions in a group do not leave", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* Kit.inProcess()
      const some = (count: number) =>
        search(intercom, {
          operator: "OR",
          value: Array.from({ length: count }, (_, index) => ({ field: "email", operator: "=", value: `${index}` }))
        })
      yield* some(15)
      assertInstanceOf(yield* Effect.flip(some(16)), IntegrationError.ValidationError)
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("a second contact of an e-mail is a conflict, which names the one that is there", () =>
    Effect.gen(function*() {
      const { intercom } = yield* Kit.inProcess()
      const create = (payload: Parameters<Kit.Client["contacts"]["create"]>[0]["payload"]) =>
        intercom.contacts.create({ payload })
      const ada = yield* create({ email: "ada@example.com", external_id: "42", role: "user" })
      for (const payload of [{ email: "ADA@example.com" }, { external_id: "42" }]) {
        const error = yield* Effect.flip(create(payload))
        assertInstanceOf(error, IntegrationError.ConflictError)
        strictEqual(IntercomErrors.existingContact(error), ada.id)
      }
      // JSON has no such number: it would be null, which empties the attribute
      yield* refused(create({ custom_attributes: { age: NaN }, email: "grace@example.com" }))
      yield* intercom.contacts.archive({ path: { id: ada.id } })
      const archived = yield* Effect.flip(create({ email: "ada@example.com" }))
      assertInclude(archived.message, "archived")
      strictEqual(IntercomErrors.existingContact({ message: "no id in here" }), undefined)
    }))

  it.scoped("a contact whose answer was lost is not created again; a conflict says that it is there", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* Kit.withPolicies({ faults: Faults.script([Faults.resetAfter]) })
      const create = intercom.contacts.create({ payload: { email: "ada@example.com" } })
      const calling = yield* Effect.fork(Effect.flip(create))
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(calling)).gaveUp, "may-have-been-processed")
      strictEqual((yield* Effect.flip(create))._tag, "ConflictError")
      deepStrictEqual({ ...Ledger.tally(yield* emulator.ledger, "contacts") }, { "ada@example.com": { created: 1 } })
    }))

  it.scoped("an event whose answer was lost is sent again, and counts once", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.ok, Faults.resetAfter])
      })
      yield* intercom.contacts.create({ payload: { external_id: "42" } })
      const calling = yield* Effect.fork(
        intercom.events.track({ payload: { created_at: 1, event_name: "ordered", user_id: "42" } })
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calling)
      const sent = (yield* emulator.ledger).filter(({ operation }) => operation === "events.track")
      deepStrictEqual([sent.length, (yield* emulator.state).events.length], [2, 1])
    }))

  it.scoped("a cursor stands in the query of a list, and in the body of a search beside the size of its pages", () =>
    Effect.gen(function*() {
      const { emulator, intercom } = yield* Kit.inProcess()
      yield* Kit.users(intercom, 3)
      const before = (yield* emulator.ledger).length
      const listed = Pagination.items(intercom.contacts.list, contacts, { urlParams: { per_page: 2 } })
      strictEqual(yield* Stream.runCount(listed), 3)
      const query = { field: "role", operator: "=", value: "user" } as const
      const payload = { pagination: { per_page: 2 }, query }
      strictEqual(yield* Stream.runCount(Pagination.items(intercom.contacts.search, searchedContacts, { payload })), 3)
      const [, list, , found] = (yield* emulator.ledger).slice(before)
      assertTrue(list?.query.starting_after !== undefined && list.query.per_page === "2")
      deepStrictEqual(found?.body, {
        pagination: { per_page: 2, starting_after: list.query.starting_after },
        query
      })
    }))

  it.scoped("an older list has a URL for its next page: its cursor is read, and nothing is fetched from there", () =>
    Effect.gen(function*() {
      const next = "https://elsewhere.example/contacts?per_page=2&starting_after=WzE"
      const { emulator, intercom } = yield* Kit.inProcess({
        faults: Faults.script([Faults.status(200, { body: { data: [{ id: "1" }], pages: { next } } })])
      })
      yield* Effect.ignore(Stream.runDrain(Pagination.items(intercom.contacts.list, contacts, {})))
      const asked = yield* emulator.ledger
      deepStrictEqual(asked.map(({ query }) => query.starting_after), [undefined, "WzE"])
    }))

  it.scoped("an older list that counts pages is not taken to be at its end", () =>
    Effect.gen(function*() {
      const next = "https://api.intercom.io/contacts?per_page=50&page=2"
      const answer = Faults.status(200, { body: { data: [{ id: "1" }], pages: { next } } })
      const { emulator, intercom } = yield* Kit.inProcess({ faults: Faults.script([answer, answer]) })
      const query = { field: "role", operator: "=", value: "user" } as const
      for (
        const items of [
          Pagination.items(intercom.contacts.list, contacts, {}),
          Pagination.items(intercom.contacts.search, searchedContacts, { payload: { query } })
        ]
      ) {
        const error = yield* Effect.flip(Stream.runDrain(items))
        strictEqual(error._tag, "ResponseDecodeError")
        assertInclude(error.message, "starting_after")
      }
      strictEqual((yield* emulator.ledger).length, 2)
    }))

  it.scoped("the limiter keeps to what the headers say, in epoch seconds", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 26))
      const { emulator, intercom } = yield* Kit.withPolicies(
        { rateLimit: Emulator.limits({ perMinute: 60 }) },
        {
          bulkhead: false,
          rateLimit: { capacity: 1000, maxWait: "5 minutes", refillRate: 1000 },
          totalTimeout: "10 minutes"
        }
      )
      const calling = yield* Effect.fork(Effect.replicateEffect(intercom.admins.me(), 25, { discard: true }))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* emulator.ledger).filter(({ status }) => status === 429).length, 0)
    }))

  it.scoped("each region is a host, and the version is a header", () =>
    Effect.gen(function*() {
      const sent = (variables: ReadonlyArray<readonly [string, string]>) =>
        Effect.gen(function*() {
          const seen: Array<readonly [string, string | undefined]> = []
          const emulator = yield* Emulator.make()
          const client = HttpClient.mapRequest(Testing.Emulator.httpClient(emulator), (request) => {
            seen.push([new URL(request.url).host, request.headers["intercom-version"]])
            return request
          })
          yield* Effect.flatMap(Intercom, (intercom) => intercom.admins.me()).pipe(
            Effect.provide(Intercom.layerConfig.pipe(
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
            )),
            Effect.withConfigProvider(
              ConfigProvider.fromMap(new Map([["INTERCOM_ACCESS_TOKEN", "fake-token"], ...variables]))
            )
          )
          return seen
        })
      deepStrictEqual(yield* sent([]), [["api.intercom.io", "2.15"]])
      deepStrictEqual(yield* sent([["INTERCOM_REGION", "eu"]]), [["api.eu.intercom.io", "2.15"]])
      deepStrictEqual(yield* sent([["INTERCOM_REGION", "au"], ["INTERCOM_VERSION", "2.14"]]), [
        ["api.au.intercom.io", "2.14"]
      ])
      assertInclude(String(yield* Effect.flip(sent([["INTERCOM_REGION", "mars"]]))), "INTERCOM_REGION")
      assertInclude(String(yield* Effect.flip(sent([["INTERCOM_VERSION", "latest"]]))), "must be a version")
      const { baseUrl, oauth2 } = define({ region: "eu" })
      deepStrictEqual([baseUrl, oauth2.authorizationEndpoint, oauth2.tokenEndpoint], [
        "https://api.eu.intercom.io",
        "https://app.eu.intercom.com/oauth",
        "https://api.eu.intercom.io/auth/eagle/token"
      ])
    }))
})
