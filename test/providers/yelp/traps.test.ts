import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Schema, Stream, TestClock } from "effect"
import { type IntegrationError, Pagination } from "holdfast"
import { Emulator, Schemas, searched, YelpErrors } from "holdfast/providers/yelp"
import { Faults } from "holdfast/testing"
import { fetched } from "../../fetched.js"
import * as Kit from "./kit.js"

const urlParams = { location: "San Francisco, CA" }

describe("traps of Yelp", () => {
  it.scoped("the same 429 is of a second, and passes, or of the day, and does not: the code says which", () =>
    Effect.gen(function*() {
      const { emulator, yelp } = yield* Kit.withPolicies({
        faults: Faults.script([
          Faults.status(429, { body: Emulator.Bodies.tooManyPerSecond }),
          Faults.ok,
          Faults.status(429, { body: Emulator.Bodies.dayIsOver })
        ])
      })
      const calling = yield* Effect.fork(yelp.categories.list())
      yield* TestClock.adjust("999 millis")
      strictEqual((yield* emulator.ledger).length, 1)
      yield* TestClock.adjust("9 seconds")
      yield* Fiber.join(calling)
      strictEqual((yield* emulator.ledger).length, 2)
      const error = yield* Effect.flip(yelp.categories.list())
      deepStrictEqual([error.code, error.retryable, error.attempts], ["ACCESS_LIMIT_REACHED", false, 1])
    }))

  it.scoped("with nothing left of the day nothing is sent until midnight, UTC", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 0, 10, 22))
      const { emulator, yelp } = yield* Kit.withPolicies({ daily: 3 })
      yield* Effect.replicateEffect(yelp.categories.list(), 3, { discard: true })
      const refused = yield* Effect.flip(yelp.categories.list())
      assertTrue(refused._tag === "RateLimitError" && refused.origin === "local")
      strictEqual((yield* emulator.ledger).length, 3)
      yield* TestClock.adjust("2 hours")
      yield* yelp.categories.list()
      strictEqual((yield* emulator.ledger).length, 4)
    }))

  it.scoped("one that is told that the day is over holds all others until it is, whatever the headers say", () =>
    Effect.gen(function*() {
      const held = Effect.fnUntraced(function*(headers: Readonly<Record<string, string>>) {
        const start = Date.UTC(2026, 0, 10, 22)
        yield* TestClock.setTime(start)
        const { emulator, yelp } = yield* Kit.withPolicies({
          faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.dayIsOver, headers })])
        })
        yield* Effect.flip(yelp.categories.list())
        yield* TestClock.adjust("119 minutes")
        const refused = yield* Effect.flip(yelp.categories.list())
        assertTrue(refused._tag === "RateLimitError" && refused.origin === "local")
        yield* TestClock.adjust("1 minute")
        yield* yelp.categories.list()
        return (yield* emulator.ledger).length
      })
      strictEqual(yield* held({}), 2)
      strictEqual(yield* held({ "ratelimit-remaining": "0", "ratelimit-resettime": "2026-01-11T00:00:00+00:00" }), 2)
      // without a zone it is no instant
      strictEqual(yield* held({ "ratelimit-remaining": "0", "ratelimit-resettime": "2026-01-10T17:00:00" }), 2)
    }))

  it.scoped("what is left may be less for what is asked than for the key", () =>
    Effect.gen(function*() {
      const { emulator, yelp } = yield* Kit.withPolicies({
        faults: Faults.script([
          Faults.status(200, {
            body: { categories: [] },
            headers: {
              "ratelimit-dailylimit": "300",
              "ratelimit-remaining": "200",
              "ratelimit-resettime": "1970-01-02T00:00:00+00:00",
              "ratelimit-resourcedailylimit": "10",
              "ratelimit-resourceremaining": "0"
            }
          })
        ])
      })
      yield* yelp.categories.list()
      const refused = yield* Effect.flip(yelp.categories.list())
      assertTrue(refused._tag === "RateLimitError" && refused.origin === "local")
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("with nothing left and no reset that can be read, nothing is sent until midnight, UTC", () =>
    Effect.gen(function*() {
      for (const reset of [undefined, "2026-01-11T00:00:00", "soon"]) {
        yield* TestClock.setTime(Date.UTC(2026, 0, 10, 22))
        const { emulator, yelp } = yield* Kit.withPolicies({
          faults: Faults.script([
            Faults.status(200, {
              body: { categories: [] },
              headers: {
                "ratelimit-remaining": "0",
                ...(reset === undefined ? undefined : { "ratelimit-resettime": reset })
              }
            })
          ])
        })
        yield* yelp.categories.list()
        yield* TestClock.adjust("119 minutes")
        const refused = yield* Effect.flip(yelp.categories.list())
        assertTrue(refused._tag === "RateLimitError" && refused.origin === "local")
        yield* TestClock.adjust("1 minute")
        yield* yelp.categories.list()
        strictEqual((yield* emulator.ledger).length, 2)
      }
    }))

  it.scoped("without its headers an answer holds nobody", () =>
    Effect.gen(function*() {
      const { emulator, yelp } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.status(200, { body: { categories: [] } })])
      })
      const [, { headers }] = yield* yelp.categories.list({ withResponse: true })
      strictEqual(headers["ratelimit-remaining"], undefined)
      yield* yelp.categories.list()
      strictEqual((yield* emulator.ledger).length, 2)
    }))

  it.scoped("of a search there are 240, whatever total says: the last page ends there", () =>
    Effect.gen(function*() {
      const { emulator, yelp } = yield* Kit.inProcess()
      const pages = Pagination.pages(yelp.businesses.search, searched(), { urlParams: { ...urlParams, limit: 50 } })
      const sizes = yield* Stream.runCollect(
        Stream.map(pages, ({ businesses, total }) => [businesses.length, total])
      )
      deepStrictEqual([...sizes], [[50, 260], [50, 260], [50, 260], [50, 260], [40, 260]])
      const { query } = (yield* emulator.ledger).at(-1)!
      deepStrictEqual([query.limit, query.offset], ["40", "200"])
      // and one that begins in its middle, with the size that Yelp takes by itself
      const rest = Pagination.items(yelp.businesses.search, searched(), { urlParams: { ...urlParams, offset: 210 } })
      strictEqual(yield* Stream.runCount(rest), 30)
      const error = yield* Effect.flip(yelp.businesses.search({ urlParams: { ...urlParams, limit: 50, offset: 200 } }))
      deepStrictEqual([error._tag, error.code], ["ValidationError", "VALIDATION_ERROR"])
    }))

  it.scoped("a plan that shows more is read to the end of what there is", () =>
    Effect.gen(function*() {
      const { yelp } = yield* Kit.inProcess({ shown: 1000 })
      const all = Pagination.items(yelp.businesses.search, searched(1000), { urlParams: { ...urlParams, limit: 50 } })
      strictEqual(yield* Stream.runCount(all), 260)
    }))

  it.scoped("of reviews there are three, whatever total says", () =>
    Effect.gen(function*() {
      const { yelp } = yield* Kit.inProcess()
      const page = yield* yelp.reviews.list({ path: { business: "fake-business-00000200" } })
      deepStrictEqual([page.reviews.length, page.total], [3, 200])
      const rest = yield* yelp.reviews.list({ path: { business: "fake-business-00000200" }, urlParams: { offset: 3 } })
      deepStrictEqual(rest.reviews, [])
    }))

  it.scoped("a business that has another id now says which", () =>
    Effect.gen(function*() {
      const body = Emulator.Bodies.body("BUSINESS_MIGRATED", "it moved", { new_business_id: "new" })
      const { yelp } = yield* Kit.inProcess({ faults: Faults.script([Faults.status(301, { body })]) })
      const error = yield* Effect.flip(yelp.businesses.get({ path: { business: "old" } }))
      deepStrictEqual([error._tag, YelpErrors.migratedTo(error)], ["NotFoundError", "new"])
      const other = yield* Effect.flip(yelp.businesses.get({ path: { business: "nowhere" } }))
      deepStrictEqual([other._tag, YelpErrors.migratedTo(other)], ["NotFoundError", undefined])
    }))

  it.scoped("an alias has letters of any language", () =>
    Effect.gen(function*() {
      const { emulator, yelp } = yield* Kit.inProcess()
      const error = yield* Effect.flip(yelp.businesses.get({ path: { business: "café-ada-münchen" } }))
      deepStrictEqual([error._tag, error.code], ["NotFoundError", "BUSINESS_NOT_FOUND"])
      strictEqual((yield* emulator.ledger)[0]?.path, "/v3/businesses/caf%C3%A9-ada-m%C3%BCnchen")
    }))

  it.scoped("each answer says what is left of the day, also one that refuses", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Emulator.serve({ daily: 2 })
      const ask = (path: string) =>
        Effect.promise(async () => {
          const answer = await fetched(`${baseUrl}/v3/${path}`, { headers: { authorization: "Bearer yelp-fake" } })
          const body = await answer.json() as { readonly error?: { readonly code: string; readonly field?: string } }
          return [answer.status, answer.headers.get("ratelimit-remaining"), body.error?.code, body.error?.field]
        })
      deepStrictEqual(yield* ask("categories/coffee"), [200, "1", undefined, undefined])
      deepStrictEqual(yield* ask("categories/moods"), [404, "0", "NOT_FOUND", undefined])
      deepStrictEqual(yield* ask("categories/coffee"), [429, "0", "ACCESS_LIMIT_REACHED", undefined])
      deepStrictEqual(yield* ask("businesses/search?location=x&limit=51"), [400, "0", "VALIDATION_ERROR", "limit"])
    }))

  it.scoped("too many in a second", () =>
    Effect.gen(function*() {
      const { yelp } = yield* Kit.inProcess({ rateLimit: Emulator.perSecond(2) })
      yield* Effect.replicateEffect(yelp.categories.list(), 2, { discard: true })
      const error = yield* Effect.flip(yelp.categories.list())
      deepStrictEqual([error._tag, error.code], ["RateLimitError", "TOO_MANY_REQUESTS_PER_SECOND"])
      yield* TestClock.adjust("1 second")
      yield* yelp.categories.list()
    }))

  it.scoped("how much of a match is asked for", () =>
    Effect.gen(function*() {
      const { yelp } = yield* Kit.inProcess()
      const match = (name: string, address1: string, match_threshold?: "none" | "strict") =>
        Effect.map(
          yelp.businesses.match({
            urlParams: {
              address1,
              city: "San Francisco",
              country: "US",
              name,
              state: "CA",
              ...(match_threshold === undefined ? undefined : { match_threshold })
            }
          }),
          ({ businesses }) => businesses.length
        )
      strictEqual(yield* match("Bakeries Number 2", "elsewhere"), 1)
      strictEqual(yield* match("Bakeries Number 2", "elsewhere", "strict"), 0)
      strictEqual(yield* match("Bakeries", "elsewhere"), 0)
      strictEqual(yield* match("Bakeries", "elsewhere", "none"), 3)
    }))

  it.scoped("what Yelp tells its partners is read", () =>
    Effect.gen(function*() {
      const told = yield* Schema.decodeUnknown(Schemas.BusinessWebhook)({
        data: {
          id: "b",
          updates: [{ event_type: "NEW_REVIEW_EVENT", language: "en", rating: 5, review_id: "r", user_id: "u" }]
        },
        object: "business",
        time: "2020-10-10T19:30:27.731910"
      })
      deepStrictEqual(told.data.updates.map(({ event_type, review_id }) => [event_type, review_id]), [
        ["NEW_REVIEW_EVENT", "r"]
      ])
    }))

  it.scoped("what Yelp would refuse is not sent", () =>
    Effect.gen(function*() {
      const { emulator, yelp } = yield* Kit.inProcess()
      const search = (params: typeof Schemas.SearchParams.Type) => yelp.businesses.search({ urlParams: params })
      const wrong: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        search({}),
        search({ latitude: 1 }),
        search({ latitude: 91, longitude: 0 }),
        search({ location: "x".repeat(251) }),
        search({ ...urlParams, limit: 51 }),
        search({ ...urlParams, offset: 1001 }),
        search({ ...urlParams, radius: 40_001 }),
        search({ ...urlParams, categories: ["coffee,bakeries"] }),
        search({ ...urlParams, open_at: 1, open_now: true }),
        search({ ...urlParams, locale: "english" }),
        yelp.businesses.searchByPhone({ urlParams: { phone: "415 749 2060" } }),
        yelp.businesses.match({
          urlParams: { address1: "a", city: "b", country: "USA", name: "c", state: "CA" }
        }),
        yelp.businesses.get({ path: { business: "" } }),
        yelp.autocomplete.suggest({ urlParams: { longitude: 1, text: "a" } })
      ]
      for (const call of wrong) {
        const error = yield* Effect.flip(call)
        strictEqual(error._tag, "ValidationError")
        assertInclude(error.message, "nothing was sent")
      }
      deepStrictEqual(yield* emulator.ledger, [])
      const nowhere = yield* Effect.flip(search({ location: "Atlantis" }))
      deepStrictEqual([nowhere._tag, nowhere.code], ["ValidationError", "LOCATION_NOT_FOUND"])
    }))
})
