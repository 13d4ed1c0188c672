/** What goes wrong with Trustpilot where one does not know it. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Context, DateTime, Duration, Effect, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import { Credentials, Holdfast, Pagination } from "holdfast"
import { Emulator, reviews, timeOf, Trustpilot } from "holdfast/providers/trustpilot"
import * as Testing from "holdfast/testing"
import { Faults, Ledger } from "holdfast/testing"
import * as Kit from "./kit.js"

const find = (trustpilot: Kit.Client) => trustpilot.businessUnits.find({ urlParams: { name: "example.com" } })

const invitation = {
  consumerEmail: "ada@example.com",
  consumerName: "Ada",
  referenceNumber: "order-61",
  serviceReviewInvitation: {}
} as const

const invite = (trustpilot: Kit.Client) => trustpilot.invitations.email({ path: Kit.unit, payload: invitation })

const reply = (trustpilot: Kit.Client, number: number, author = Kit.manager) =>
  trustpilot.reviews.reply({
    path: Kit.review(number),
    payload: { authorBusinessUserId: author, message: "Thank you." }
  })

describe("hosts and credentials", () => {
  it.scoped("invitations are on a host of their own, unless another server is given", () =>
    Effect.gen(function*() {
      const hosts = Effect.fnUntraced(function*(options: { readonly baseUrl?: string }) {
        const asked: Array<string> = []
        const http = HttpClient.make((request, url) => {
          asked.push(url.origin)
          return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json({ id: "i" })))
        })
        const context = yield* Layer.build(
          Trustpilot.layer({ credentials: Kit.both, ...options }).pipe(
            Layer.provide(Holdfast.layerMemory),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
          )
        )
        const trustpilot = Context.get(context, Trustpilot)
        yield* find(trustpilot)
        yield* trustpilot.reviews.list({ path: Kit.unit })
        yield* invite(trustpilot)
        yield* trustpilot.invitations.link({ path: Kit.unit, payload: {} })
        yield* trustpilot.invitations.templates({ path: Kit.unit })
        yield* trustpilot.invitations.deleteData({ path: Kit.unit, payload: { customerEmails: ["ada@example.com"] } })
        return asked
      })
      const [api, ofInvitations] = ["https://api.trustpilot.com", "https://invitations-api.trustpilot.com"]
      deepStrictEqual(yield* hosts({}), [api, api, ofInvitations, ofInvitations, ofInvitations, ofInvitations])
      deepStrictEqual(new Set(yield* hosts({ baseUrl: "http://127.0.0.1:1" })), new Set(["http://127.0.0.1:1"]))
    }))

  /** Of each request, which credential it had. */
  const shown = (seen: ReadonlyArray<Readonly<Record<string, string>>>) =>
    seen.map(({ apikey, authorization }) => [apikey, authorization])

  it.scoped("the key is for what everybody may read, the token for all else", () =>
    Effect.gen(function*() {
      const seen: Array<Readonly<Record<string, string>>> = []
      const { trustpilot } = yield* Kit.inProcess({ authorize: (headers) => seen.push(headers) > 0 })
      yield* find(trustpilot)
      yield* trustpilot.reviews.get({ path: Kit.review(1) })
      yield* trustpilot.reviews.list({ path: Kit.unit })
      yield* invite(trustpilot)
      const key = ["trustpilot-fake-key", undefined]
      const token = [undefined, "Bearer trustpilot-fake-token"]
      deepStrictEqual(shown(seen), [key, key, token, token])
    }))

  it.scoped("one in the place of the other is refused", () =>
    Effect.gen(function*() {
      const withToken = yield* Kit.inProcess({}, Credentials.layer(Kit.token))
      strictEqual((yield* Effect.flip(find(withToken.trustpilot)))._tag, "AuthenticationError")
      const withKey = yield* Kit.inProcess({}, Credentials.layer(Credentials.ApiKey({ key: Kit.apiKey })))
      strictEqual((yield* find(withKey.trustpilot)).id, Kit.unit.businessUnitId)
      const refused = yield* Effect.flip(withKey.trustpilot.reviews.list({ path: Kit.unit }))
      strictEqual(refused._tag, "AuthenticationError")
      assertTrue(!JSON.stringify([refused, yield* withKey.emulator.ledger]).includes("trustpilot-fake-key"))
    }))

  it.scoped("a key that is refused is no reason to take another token, and a token that is refused is one", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const renewed = Layer.succeed(Credentials.Credentials, {
        afterRefusal: (call) => {
          asked.push(call.operation.name)
          return Effect.succeedSome(Credentials.Bearer({ token: Redacted.make("trustpilot-fake-other") }))
        },
        get: () => Effect.succeed(Kit.token)
      })
      const { trustpilot } = yield* Kit.inProcess(
        { authorize: ({ authorization }) => authorization === "Bearer trustpilot-fake-other" },
        Kit.withKey(renewed)
      )
      strictEqual((yield* Effect.flip(find(trustpilot)))._tag, "AuthenticationError")
      deepStrictEqual(asked, [])
      strictEqual((yield* trustpilot.reviews.list({ path: Kit.unit })).reviews.length, 20)
      deepStrictEqual(asked, ["reviews.list"])
    }))

  it.scoped("layerConfig takes a token, a key, or both", () =>
    Effect.gen(function*() {
      const sent = Effect.fnUntraced(function*(variables: Readonly<Record<string, string>>) {
        const seen: Array<Readonly<Record<string, string>>> = []
        const emulator = yield* Emulator.make({ authorize: (headers) => seen.push(headers) > 0 })
        yield* Effect.flatMap(Trustpilot, (trustpilot) =>
          Effect.zipRight(find(trustpilot), trustpilot.reviews.list({ path: Kit.unit }))).pipe(
            Effect.provide(Trustpilot.layerConfig.pipe(
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(Testing.Emulator.layerHttpClient(emulator))
            )),
            Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
          )
        return shown(seen)
      })
      const key = ["fake-key", undefined]
      const token = [undefined, "Bearer fake-token"]
      const variables = { TRUSTPILOT_ACCESS_TOKEN: "fake-token", TRUSTPILOT_API_KEY: "fake-key" }
      deepStrictEqual(yield* sent(variables), [key, token])
      deepStrictEqual(yield* sent({ TRUSTPILOT_ACCESS_TOKEN: "fake-token" }), [token, token])
      deepStrictEqual(yield* sent({ TRUSTPILOT_API_KEY: "fake-key" }), [key, key])
      assertInclude(String(yield* Effect.flip(sent({}))), "TRUSTPILOT_API_KEY")
    }))
})

describe("reviews", () => {
  it.scoped("pages end with one that is empty, and one past the end is no error", () =>
    Effect.gen(function*() {
      const { trustpilot } = yield* Kit.inProcess()
      const page = yield* trustpilot.reviews.list({ path: Kit.unit, urlParams: { page: 99 } })
      deepStrictEqual(page.reviews, [])
    }))

  it.scoped("with the oldest first, a review that is written meanwhile moves no other", () =>
    Effect.gen(function*() {
      const read = Effect.fnUntraced(function*(orderBy: "createdat.asc" | "createdat.desc") {
        const { emulator, trustpilot } = yield* Kit.inProcess()
        const store = yield* emulator.state
        const late = { createdAt: "2026-06-01T00:00:00Z", id: "late", stars: 1 }
        const written = Effect.sync(() => store.write(Kit.unit.businessUnitId, late))
        const ids = yield* Pagination.items(trustpilot.reviews.list, reviews, {
          path: Kit.unit,
          urlParams: { orderBy, perPage: 20 }
        }).pipe(Stream.tap(() => written), Stream.map(({ id }) => id), Stream.runCollect)
        return [ids.length, new Set(ids).size]
      })
      deepStrictEqual(yield* read("createdat.asc"), [61, 61])
      // the last of a page comes again, and the new one is not seen
      deepStrictEqual(yield* read("createdat.desc"), [61, 60])
    }))

  it.scoped("since a time: in UTC and without a zone, by when they were written", () =>
    Effect.gen(function*() {
      const { trustpilot } = yield* Kit.inProcess()
      const time = DateTime.unsafeMakeZoned("2026-01-15T12:00:00Z", { timeZone: "Europe/Copenhagen" })
      strictEqual(timeOf(time), "2026-01-15T12:00:00")
      const since = yield* Pagination.items(trustpilot.reviews.list, reviews, {
        path: Kit.unit,
        urlParams: { orderBy: "createdat.asc", startDateTime: timeOf(time) }
      }).pipe(Stream.map(({ createdAt }) => createdAt), Stream.runCollect)
      deepStrictEqual([...since], ["2026-01-15T12:00:00.000Z", "2026-01-15T18:00:00.000Z"])
    }))

  it.scoped("everybody sees neither the number of the order nor the address", () =>
    Effect.gen(function*() {
      const { trustpilot } = yield* Kit.inProcess()
      const [seen] = (yield* trustpilot.reviews.list({ path: Kit.unit, urlParams: { referenceId: "order-2" } })).reviews
      strictEqual(seen?.referralEmail, "buyer-2@example.com")
      const open = yield* trustpilot.reviews.get({ path: { reviewId: seen?.id ?? "" } })
      assertTrue(!JSON.stringify(open).includes("order-2") && !JSON.stringify(open).includes("buyer-2"))
    }))

  it.scoped("a review has one reply, signed by somebody of the business", () =>
    Effect.gen(function*() {
      const { emulator, trustpilot } = yield* Kit.inProcess()
      strictEqual((yield* Effect.flip(reply(trustpilot, 1, "nobody")))._tag, "AuthorizationError")
      yield* reply(trustpilot, 1)
      strictEqual((yield* Effect.flip(reply(trustpilot, 1)))._tag, "ValidationError")
      yield* trustpilot.reviews.deleteReply({ path: Kit.review(1) })
      strictEqual((yield* Effect.flip(trustpilot.reviews.deleteReply({ path: Kit.review(1) })))._tag, "NotFoundError")
      yield* reply(trustpilot, 1)
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "replies")[Kit.review(1).reviewId], {
        created: 2,
        deleted: 1
      })
    }))

  it.scoped("a write may be answered with any 2xx, and with a body or none", () =>
    Effect.gen(function*() {
      for (const status of [200, 201, 202, 204]) {
        const body = status === 204 ? "" : { of: "the future" }
        const { trustpilot } = yield* Kit.inProcess({
          faults: Faults.script([1, 2, 3, 4].map(() => Faults.status(status, { body })))
        })
        yield* reply(trustpilot, 1)
        yield* trustpilot.reviews.deleteReply({ path: Kit.review(1) })
        yield* trustpilot.reviews.setTags({ path: Kit.review(1), payload: { tags: [] } })
        yield* invite(trustpilot)
      }
    }))
})

describe("what is refused before it leaves", () => {
  it.scoped("is a ValidationError, and nothing is sent", () =>
    Effect.gen(function*() {
      const { emulator, trustpilot } = yield* Kit.inProcess()
      const list = (urlParams: object) => trustpilot.reviews.list({ path: Kit.unit, urlParams })
      const email = (payload: object) =>
        trustpilot.invitations.email({ path: Kit.unit, payload: { ...invitation, ...payload } })
      const erase = (payload: object) => trustpilot.invitations.deleteData({ path: Kit.unit, payload })
      const refused = [
        list({ perPage: 101 }),
        list({ page: 0 }),
        list({ stars: [6] }),
        list({ startDateTime: "2026-01-15T12:00:00Z" }),
        email({ serviceReviewInvitation: { preferredSendTime: "09/07/2026 13:37:00" } }),
        email({ productReviewInvitation: {} }),
        email({ productReviewInvitation: { productSkus: ["a"], products: [{ name: "A", sku: "a" }] } }),
        // everything that there is of everybody would go
        erase({}),
        erase({ customerEmails: [] }),
        erase({ customerEmails: ["ada@example.com"], deleteOlderThan: "2026-01-01T00:00:00" }),
        trustpilot.businessUnits.find({ urlParams: { name: "https://example.com/" } }),
        trustpilot.invitations.email({
          path: Kit.unit,
          payload: { consumerEmail: "ada@example.com", consumerName: "Ada" }
        })
      ]
      for (const one of refused) strictEqual((yield* Effect.flip(one))._tag, "ValidationError")
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})

describe("limits and failures", () => {
  it.scoped("an invitation is not sent twice where it may have gone out, and is after a 429", () =>
    Effect.gen(function*() {
      const sent = Effect.fnUntraced(function*(fault: Faults.Fault) {
        const { emulator, trustpilot } = yield* Kit.withPolicies({ faults: Faults.script([fault]) })
        const call = yield* Effect.fork(Effect.either(invite(trustpilot)))
        yield* TestClock.adjust("5 minutes")
        yield* Fiber.join(call)
        return [
          (yield* emulator.ledger).length,
          Ledger.tally(yield* emulator.ledger, "invitations")["order-61"]?.created
        ]
      })
      deepStrictEqual(yield* sent(Faults.resetAfter), [1, 1])
      deepStrictEqual(yield* sent(Faults.status(500)), [1, undefined])
      deepStrictEqual(yield* sent(Faults.status(429, { body: Emulator.Bodies.tooMany })), [2, 1])
    }))

  it.scoped("a 429 does not say for how long: everybody waits for a minute", () =>
    Effect.gen(function*() {
      const { emulator, trustpilot } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.tooMany })])
      })
      const first = yield* Effect.fork(find(trustpilot))
      yield* TestClock.adjust("1 second")
      const other = yield* Effect.fork(trustpilot.reviews.list({ path: Kit.unit }))
      yield* TestClock.adjust("58 seconds")
      strictEqual((yield* emulator.ledger).length, 1)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(first)
      yield* Fiber.join(other)
      strictEqual((yield* emulator.ledger).length, 3)
    }))

  it("a full bucket and what drips in meanwhile stay below what Trustpilot recommends", () => {
    const { capacity, refillRate } = Trustpilot.definition.policy.rateLimit
    const most = Emulator.limits.map(({ window }) => capacity + refillRate * Duration.toSeconds(window))
    deepStrictEqual(most, [800, 9050])
    assertTrue(Emulator.limits.every(({ limit }, index) => most[index]! < limit))
  })

  it.scoped("the emulator's own 429 says no time either", () =>
    Effect.gen(function*() {
      const { trustpilot } = yield* Kit.inProcess({
        rateLimit: { limit: 1, name: "five minutes", window: "5 minutes" }
      })
      yield* find(trustpilot)
      const error = yield* Effect.flip(find(trustpilot))
      deepStrictEqual([error._tag, error.retryAfter], ["RateLimitError", undefined])
    }))
})
