/** Twilio's own SDK against the emulator, over a socket: what it expects of Twilio, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Emulator } from "holdfast/providers/twilio"
import { Faults } from "holdfast/testing"
import RequestClient from "twilio/lib/base/RequestClient.js"
import type { AccountInstance } from "twilio/lib/rest/api/v2010/account.js"
import TwilioClient from "twilio/lib/rest/Twilio.js"
import { thrown } from "../promised.js"
import { arrive } from "./everything.js"
import * as Kit from "./kit.js"

const epoch = new Date(0)
const later = new Date("2026-12-24T18:00:00Z")

const { accountSid, from, to } = Kit

/** The SDK has no option for another server: its hosts are those of Twilio's regions. */
class ToEmulator extends RequestClient {
  constructor(readonly baseUrl: string, options: { readonly autoRetry: boolean } = { autoRetry: false }) {
    super(options)
  }

  override request<Data>(options: RequestClient.RequestOptions<Data>) {
    assert.match(options.uri, /^https:\/\/api\.twilio\.com\//)
    return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", this.baseUrl) })
  }
}

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}, autoRetry = false) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  const key = `SK${"0".repeat(32)}`
  const client = new TwilioClient(key, "fake-secret", {
    accountSid,
    httpClient: new ToEmulator(baseUrl, { autoRetry })
  })
  return { client, emulator }
})

/** What it throws: an error with the status, and Twilio's code. */
const refused = (promise: Promise<unknown>, status: number, code: number) =>
  Effect.map(
    thrown(() => promise),
    (error) => assert.deepInclude(error, { code, moreInfo: `https://www.twilio.com/docs/errors/${code}`, status })
  )

describe("twilio, the SDK", () => {
  it.scopedLive("sends, looks, cancels, redacts and deletes", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      const made = yield* Effect.promise(() =>
        client.messages.create({
          body: "Zoë & Ada: 1 + 1",
          from,
          mediaUrl: ["https://a.example/1.png", "https://a.example/2.png"],
          provideFeedback: true,
          to,
          validityPeriod: 600
        })
      )
      assert.strictEqual(made.body, "Zoë & Ada: 1 + 1")
      assert.deepStrictEqual([made.status, made.direction, made.numMedia], ["queued", "outbound-api", "2"])
      assert.isNull(made.errorMessage)
      assert.isNull(made.messagingServiceSid)
      assert.isFalse(Number.isNaN(made.dateCreated.getTime()))
      const [sent] = yield* emulator.ledger
      const { messages } = yield* emulator.state
      assert.deepStrictEqual(messages.find(made.sid).media, ["https://a.example/1.png", "https://a.example/2.png"])
      assert.strictEqual(sent?.operation, "messages.send")

      // an instance that was just made does not know its own SID
      yield* refused(client.messages(made.sid).remove(), 409, 20_009)
      yield* arrive(emulator, made.sid)
      const found = yield* Effect.promise(() => client.messages(made.sid).fetch())
      assert.strictEqual(found.status, "delivered")
      assert.isAtLeast(found.dateSent.getTime(), made.dateCreated.getTime())
      const redacted = yield* Effect.promise(() => found.update({ body: "" }))
      assert.strictEqual(redacted.body, "")
      assert.isTrue(yield* Effect.promise(() => found.remove()))
      yield* refused(found.fetch(), 404, 20_404)

      const scheduled = yield* Effect.promise(() =>
        client.messages.create({
          body: "later",
          messagingServiceSid: `MG${"0".repeat(32)}`,
          scheduleType: "fixed",
          sendAt: later,
          to
        })
      )
      const canceled = yield* Effect.promise(() => client.messages(scheduled.sid).update({ status: "canceled" }))
      assert.deepStrictEqual([scheduled.status, canceled.status], ["scheduled", "canceled"])
    }))

  it.scopedLive("walks a list to its end by the links", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      for (let index = 0; index < 25; index++) {
        yield* Effect.promise(() => client.messages.create({ body: `message ${index}`, from, to }))
      }
      const before = (yield* emulator.ledger).length
      const all = yield* Effect.promise(() => client.messages.list({ dateSentAfter: epoch, pageSize: 10, to }))
      assert.deepStrictEqual(
        all.map(({ body }) => body),
        Array.from({ length: 25 }, (_, index) => `message ${24 - index}`)
      )
      const pages = (yield* emulator.ledger).slice(before)
      assert.lengthOf(pages, 3)
      assert.deepStrictEqual(pages.map(({ query }) => query["DateSent>"]), Array(3).fill("1970-01-01T00:00:00Z"))
      assert.deepStrictEqual(pages.map(({ query }) => query.Page), [undefined, "1", "2"])

      const second = yield* Effect.promise(async () => {
        const page = await client.messages.page({ pageSize: 20 })
        return page.nextPage()
      })
      assert.lengthOf(second?.instances ?? [], 5)
      const first = yield* Effect.promise(async () => second?.previousPage())
      assert.lengthOf(first?.instances ?? [], 20)
    }))

  it.scopedLive("reads the balance and the account", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const balance = yield* Effect.promise(() => client.balance.fetch())
      assert.deepStrictEqual([balance.balance, balance.currency], ["100.00", "USD"])
      const account = yield* Effect.promise<AccountInstance>(() => client.api.v2010.accounts(accountSid).fetch())
      assert.deepStrictEqual([account.sid, account.status, account.type], [accountSid, "active", "Full"])
      assert.strictEqual(account.authToken, "fake-auth-token-of-the-emulator")
    }))

  it.scopedLive("is refused in Twilio's words", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const refusals = [
        [{ body: "a", from, to: "1" }, 21_211],
        [{ body: "a", from, to: "+15005550001" }, 21_211],
        [{ body: "a", from, to: "+15005550004" }, 21_610],
        [{ body: "a", from, to: "+15005550009" }, 21_614],
        [{ body: "a", from: "+15005550001", to }, 21_212],
        [{ body: "a", from: "+15005550007", to }, 21_606],
        [{ body: "a", to }, 21_603],
        [{ from, to }, 21_602],
        [{ body: "a".repeat(1601), from, to }, 21_617]
      ] as const
      for (const [message, code] of refusals) {
        yield* refused(client.messages.create(message), 400, code)
      }
    }))

  it.scopedLive("tries again after a 20429", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started({ faults: Faults.script([Faults.status(429)]) }, true)
      const made = yield* Effect.promise(() => client.messages.create({ body: "a", from, to }))
      assert.strictEqual(made.status, "queued")
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [429, 201])

      const once = yield* started({ faults: Faults.script([Faults.status(429)]) })
      yield* refused(once.client.messages.create({ body: "a", from, to }), 429, 20_429)
    }))

  it.scopedLive("is told that its credential is wrong", () =>
    Effect.gen(function*() {
      const { client } = yield* started({ authorize: () => false })
      yield* refused(client.balance.fetch(), 401, 20_003)
    }))
})
