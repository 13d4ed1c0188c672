import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Array as Arr, Context, DateTime, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { Holdfast, type IntegrationError, Pagination } from "holdfast"
import {
  accounts,
  changedSince,
  Emulator,
  GoogleBusinessProfile,
  locations,
  Notifications,
  reviews,
  starsOf
} from "holdfast/providers/google-business-profile"
import { Faults, Ledger } from "holdfast/testing"
import { fetched } from "../../fetched.js"
import * as Kit from "./kit.js"

const { path } = Kit

const one = { ...path, reviewId: "r-1" }

describe("traps of Business Profile", () => {
  it.scoped("each API has a host of its own, unless another server is given", () =>
    Effect.gen(function*() {
      const hosts = Effect.fnUntraced(function*(options: { readonly baseUrl?: string }) {
        const asked: Array<string> = []
        const http = HttpClient.make((request, url) => {
          asked.push(`${url.origin}${url.pathname}`)
          return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json({ name: "n" })))
        })
        const context = yield* Layer.build(
          GoogleBusinessProfile.layer({ credentials: Kit.credentials, ...options }).pipe(
            Layer.provide(Holdfast.layerMemory),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
          )
        )
        const google = Context.get(context, GoogleBusinessProfile)
        yield* google.accounts.list()
        yield* google.locations.list({ path, urlParams: { readMask: ["name"] } })
        yield* google.reviews.get({ path: one })
        yield* google.notifications.get({ path })
        return asked
      })
      deepStrictEqual(yield* hosts({}), [
        "https://mybusinessaccountmanagement.googleapis.com/v1/accounts",
        "https://mybusinessbusinessinformation.googleapis.com/v1/accounts/100001/locations",
        "https://mybusiness.googleapis.com/v4/accounts/100001/locations/200001/reviews/r-1",
        "https://mybusinessnotifications.googleapis.com/v1/accounts/100001/notificationSetting"
      ])
      deepStrictEqual(
        new Set((yield* hosts({ baseUrl: "http://127.0.0.1:1" })).map((url) => new URL(url).host)),
        new Set(["127.0.0.1:1"])
      )
    }))

  it("stars are a word: a number only by starsOf, and none where there is none", () => {
    deepStrictEqual(
      ["ONE", "TWO", "THREE", "FOUR", "FIVE", "STAR_RATING_UNSPECIFIED", "SIX"].map((starRating) =>
        starsOf({ starRating })
      ),
      [1, 2, 3, 4, 5, undefined, undefined]
    )
    strictEqual(starsOf({}), undefined)
  })

  it.scoped("readMask is required, and what it does not name does not come", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Emulator.serve()
      const status = (query: string) =>
        Effect.promise(async () => {
          const answer = await fetched(`${baseUrl}/v1/accounts/100001/locations${query}`, {
            headers: { authorization: "Bearer ya29.fake" }
          })
          const body = await answer.json() as { readonly locations?: ReadonlyArray<object> }
          return [answer.status, Object.keys(body.locations?.[0] ?? {})]
        })
      deepStrictEqual(yield* status(""), [400, []])
      deepStrictEqual(yield* status("?readMask=mood"), [400, []])
      deepStrictEqual(yield* status("?readMask=title,metadata.placeId"), [200, ["title", "metadata"]])
    }))

  it.scoped("a location has no account in its name, and a review has both: either is an id in a path", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.inProcess()
      const ids = [
        { accountId: "100001", locationId: "200001", reviewId: "r-2" },
        { accountId: "accounts/100001", locationId: "locations/200001", reviewId: "reviews/r-2" },
        {
          accountId: "accounts/100001",
          locationId: "accounts/100001/locations/200001",
          reviewId: "accounts/100001/locations/200001/reviews/r-2"
        }
      ]
      for (const path of ids) strictEqual((yield* google.reviews.get({ path })).reviewId, "r-2")
      strictEqual(new Set((yield* emulator.ledger).map(({ path }) => path)).size, 1)
    }))

  it.scoped("what is new is read in the default order, up to what is known; no further page is asked for", () =>
    Effect.gen(function*() {
      const review = (updateTime: string) => ({ starRating: "FIVE", updateTime })
      const { emulator, google } = yield* Kit.inProcess({
        accounts: {
          "1": {
            accountName: "Bakery",
            locations: {
              "2": {
                reviews: {
                  edited: { ...review("2026-01-05T00:00:00Z"), createTime: "2025-01-01T00:00:00Z" },
                  // as text this is before what is without a fraction
                  fraction: review("2026-01-03T00:00:00.5Z"),
                  known: review("2026-01-03T00:00:00Z"),
                  old: review("2026-01-01T00:00:00Z")
                },
                title: "Bakery"
              }
            }
          }
        }
      })
      const since = DateTime.unsafeMake("2026-01-03T00:00:00Z")
      const found = yield* Pagination.items(google.reviews.list, reviews, {
        path: { accountId: "1", locationId: "2" },
        urlParams: { pageSize: 1 }
      }).pipe(Stream.takeWhile(changedSince(since)), Stream.map(({ reviewId }) => reviewId), Stream.runCollect)
      deepStrictEqual([...found], ["edited", "fraction"])
      strictEqual((yield* emulator.ledger).length, 3)
      assertTrue(changedSince(since)({}))
    }))

  it.scoped("a reply is put: a second takes the place of the first, also where an answer was lost", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.withPolicies({ faults: Faults.script([Faults.resetAfter]) })
      const reply = (comment: string) => google.reviews.reply({ path: one, payload: { comment } })
      const first = yield* Effect.fork(reply("Thank you"))
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(first)).comment, "Thank you")
      yield* reply("Thank you very much")
      strictEqual((yield* google.reviews.get({ path: one })).reviewReply?.comment, "Thank you very much")
      const { created, updated } = Ledger.tally(yield* emulator.ledger, "replies")["r-1"] ?? {}
      deepStrictEqual([created, updated], [1, 2])
    }))

  it.scoped("a reply may have 4096 bytes, which are fewer letters", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.inProcess()
      const reply = (comment: string) => google.reviews.reply({ path: one, payload: { comment } })
      yield* reply("é".repeat(2048))
      const error = yield* Effect.flip(reply("é".repeat(2049)))
      strictEqual(error._tag, "ValidationError")
      assertInclude(error.message, "at most 4096 bytes")
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("only a location that is verified has reviews, and only of its own account", () =>
    Effect.gen(function*() {
      const { google } = yield* Kit.inProcess()
      const said = (effect: Effect.Effect<unknown, IntegrationError.IntegrationError>) =>
        Effect.map(Effect.flip(effect), ({ _tag, code }) => [_tag, code])
      const list = (accountId: string, locationId: string) =>
        said(google.reviews.list({ path: { accountId, locationId } }))
      deepStrictEqual(yield* list("100001", "200003"), ["ValidationError", "FAILED_PRECONDITION"])
      deepStrictEqual(yield* list("100001", "9"), ["NotFoundError", "NOT_FOUND"])
      deepStrictEqual(yield* list("9", "200001"), ["AuthorizationError", "PERMISSION_DENIED"])
      const batch = (name: string) => said(google.reviews.batchGet({ path, payload: { locationNames: [name] } }))
      deepStrictEqual(yield* batch("accounts/9/locations/200001"), ["NotFoundError", "NOT_FOUND"])
      deepStrictEqual(yield* batch("accounts/100001/locations/200003"), ["ValidationError", "FAILED_PRECONDITION"])
      deepStrictEqual(yield* said(google.reviews.deleteReply({ path: one })), ["NotFoundError", "NOT_FOUND"])
    }))

  it.scoped("a quota of 0 is no limit that passes: it is not waited for", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.notApproved })])
      })
      const error = yield* Effect.flip(google.accounts.list())
      deepStrictEqual([error._tag, error.retryable, error.attempts], ["AuthorizationError", false, 1])
      // and nothing else is held up by it
      yield* google.accounts.list()
      strictEqual((yield* emulator.ledger).length, 2)
    }))

  it.scoped("edits keep below 10 a minute, and nothing else waits for them", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.withPolicies()
      const replies = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 12 }, (_, index) => ({ ...path, reviewId: `r-${index + 1}` })),
          (path) => google.reviews.reply({ path, payload: { comment: "Thank you" } }),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("1 second")
      yield* google.accounts.list()
      const sent = Effect.map(emulator.ledger, (all) => all.filter(({ operation }) => operation === "reviews.reply"))
      yield* TestClock.adjust("59 seconds")
      const { length } = yield* sent
      assertTrue(length > 1 && length <= 10)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(replies)
      strictEqual((yield* sent).length, 12)
    }))

  it.scoped("an API that is down takes none of the others along", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.withPolicies({
        faults: Faults.always(Faults.status(503), { operation: "notifications.get" })
      })
      const failing = Effect.gen(function*() {
        const calling = yield* Effect.fork(Effect.flip(google.notifications.get({ path })))
        yield* TestClock.adjust("30 seconds")
        return yield* Fiber.join(calling)
      })
      strictEqual((yield* failing)._tag, "ServerError")
      yield* failing
      const before = (yield* emulator.ledger).length
      yield* failing
      strictEqual((yield* emulator.ledger).length, before)
      yield* google.accounts.list()
      strictEqual((yield* emulator.ledger).length, before + 1)
    }))

  it.scoped("a reply whose turn does not come in time was not sent", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.withPolicies()
      const fiber = yield* Effect.fork(Effect.all(
        Array.from({ length: 40 }, () =>
          Effect.either(google.reviews.reply({ path: one, payload: { comment: "Thank you" } }))),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust("4 minutes")
      const [errors, replies] = Arr.separate(yield* Fiber.join(fiber))
      assertTrue(errors.length > 0)
      for (const error of errors) {
        assertTrue(error._tag === "RateLimitError" && error.origin === "local", error.message)
      }
      strictEqual((yield* emulator.ledger).length, replies.length)
    }))

  it.scoped("a page token is good for its list alone", () =>
    Effect.gen(function*() {
      const { google } = yield* Kit.inProcess()
      const { nextPageToken = "" } = yield* google.reviews.list({ path })
      const error = yield* Effect.flip(
        google.reviews.list({ path, urlParams: { orderBy: "rating", pageToken: nextPageToken } })
      )
      deepStrictEqual([error._tag, error.code], ["ValidationError", "INVALID_ARGUMENT"])
    }))

  it.scoped("accounts and locations come in pages too", () =>
    Effect.gen(function*() {
      const names = Array.from({ length: 23 }, (_, index) => String(index + 1))
      const { emulator, google } = yield* Kit.inProcess({
        accounts: Object.fromEntries(names.map((id) => [id, {
          accountName: id,
          locations: id === "1" ? Object.fromEntries(names.map((name) => [name, { title: name }])) : {}
        }]))
      })
      strictEqual(yield* Stream.runCount(Pagination.items(google.accounts.list, accounts, {})), 23)
      strictEqual(
        yield* Stream.runCount(Pagination.items(google.locations.list, locations, {
          path: { accountId: "1" },
          // a token is plain text, whatever it stands for
          urlParams: { filter: "title=\"カフェ\"", readMask: ["name"] }
        })),
        23
      )
      strictEqual((yield* emulator.ledger).length, 2 + 3)
    }))

  it.scoped("without types there is no setting any more; types want a topic", () =>
    Effect.gen(function*() {
      const { google } = yield* Kit.inProcess()
      const update = (payload: Parameters<typeof google.notifications.update>[0]["payload"]) =>
        google.notifications.update({ path, payload, urlParams: { updateMask: ["notificationTypes", "pubsubTopic"] } })
      strictEqual((yield* Effect.flip(update({ notificationTypes: ["NEW_REVIEW"] })))._tag, "ValidationError")
      yield* update({ notificationTypes: ["NEW_REVIEW"], pubsubTopic: "projects/p/topics/t" })
      // as an older program may have set it
      const questions = ["NEW_QUESTION", "UPDATED_QUESTION", "NEW_ANSWER", "UPDATED_ANSWER"] as const
      yield* update({ notificationTypes: questions, pubsubTopic: "projects/p/topics/t" })
      deepStrictEqual((yield* google.notifications.get({ path })).notificationTypes, questions)
      yield* google.notifications.update({ path, payload: {}, urlParams: { updateMask: ["notificationTypes"] } })
      deepStrictEqual((yield* google.notifications.get({ path })).notificationTypes, [])
    }))

  it("what Pub/Sub pushes is read, however its fields are written", () => {
    const review = "accounts/1/locations/2/reviews/3"
    const push = (data: unknown) => ({
      message: { data: btoa(JSON.stringify(data)), messageId: "7", publishTime: "2026-01-01T00:00:00Z" },
      subscription: "projects/p/subscriptions/s"
    })
    const read = { location: "accounts/1/locations/2", messageId: "7", review, type: "NEW_REVIEW" }
    deepStrictEqual(
      Notifications.fromPush(
        push({ location_name: "accounts/1/locations/2", notification_type: "NEW_REVIEW", review_name: review })
      ),
      read
    )
    deepStrictEqual(
      Notifications.fromPush(
        push({ locationName: "accounts/1/locations/2", notificationType: "NEW_REVIEW", reviewName: review })
      ),
      read
    )
    deepStrictEqual(
      Notifications.fromPush(push({ location: "accounts/1/locations/2", review, type: "NEW_REVIEW" })),
      read
    )
    for (const nothing of [undefined, {}, push("text"), { message: { data: "%", messageId: "7" } }]) {
      strictEqual(Notifications.fromPush(nothing), undefined)
    }
  })

  it.scoped("what Google would refuse is not sent", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* Kit.inProcess()
      const locationNames = ["accounts/1/locations/2"] as const
      const wrong: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        google.accounts.list({ urlParams: { pageSize: 21 } }),
        google.locations.list({ path, urlParams: { pageSize: 101, readMask: ["name"] } }),
        google.locations.list({ path, urlParams: { readMask: ["name, title"] } }),
        google.reviews.list({ path, urlParams: { pageSize: 51 } }),
        google.reviews.list({ path: { accountId: "locations/1", locationId: "2" } }),
        google.reviews.list({ path: { accountId: "", locationId: "2" } }),
        google.reviews.batchGet({ path, payload: { locationNames, pageSize: 51 } }),
        google.reviews.batchGet({ path, payload: { locationNames: ["locations/2"] } }),
        google.reviews.reply({ path: one, payload: { comment: "" } }),
        google.notifications.update({
          path,
          payload: { pubsubTopic: "reviews" },
          urlParams: { updateMask: ["pubsubTopic"] }
        })
      ]
      for (const call of wrong) {
        const error = yield* Effect.flip(call)
        strictEqual(error._tag, "ValidationError")
        assertInclude(error.message, "nothing was sent")
      }
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})
