/** What is easily got wrong with Twilio, each once. */
import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  ConfigProvider,
  DateTime,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Option,
  Redacted,
  Stream,
  TestClock
} from "effect"
import { Bulkhead, Credentials, Holdfast, Pagination, Reconcile, WebhookScheme } from "holdfast"
import {
  accountSidConfig,
  Dates,
  definition,
  Emulator,
  findSent,
  lists,
  Twilio,
  TwilioErrors
} from "holdfast/providers/twilio"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import { inspect } from "node:util"
import { arrive } from "./everything.js"
import * as Kit from "./kit.js"

const { from, path, to } = Kit

const slow = { ...Faults.none, decide: () => ({ fault: Faults.ok, latency: Duration.millis(100) }) }

const stack = (
  emulator: Testing.Emulator.Emulator,
  policy: { readonly retry?: { readonly maxAttempts: number } } = {}
) =>
  Twilio.layer({ credentials: Credentials.layer(Kit.credential), policy }).pipe(
    Layer.provideMerge(Holdfast.layerMemory),
    Layer.provide(Testing.Emulator.layerHttpClient(emulator))
  )

describe("Twilio's traps", () => {
  it.scoped("the limit is one of requests at once: the bulkhead finds it, and every message is sent once", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ concurrency: 3, faults: slow })
      yield* Effect.gen(function*() {
        const twilio = yield* Twilio
        const bodies = Array.from({ length: 15 }, (_, index) => `message ${index}`)
        const sending = yield* Effect.fork(
          Effect.forEach(bodies, (body) => twilio.messages.send(Kit.text(body)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(yield* Fiber.join(sending), 15)
        const bulkheads = yield* Bulkhead.Bulkheads
        const [own] = yield* bulkheads.state
        assert.isBelow(own?.limit ?? Infinity, 10)
      }).pipe(Effect.provide(stack(emulator, { retry: { maxAttempts: 20 } })))
      const entries = yield* emulator.ledger
      assert.isTrue(entries.some(({ status }) => status === 429))
      const tally = Object.values(Ledger.tally(entries, "messages"))
      assert.deepStrictEqual(tally.map(({ created }) => created), Array(15).fill(1))
    }))

  it.scoped("a send whose answer is lost is not sent again: nobody would know the message again", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.resetAfter]) })
      yield* Effect.gen(function*() {
        const since = yield* DateTime.now
        const twilio = yield* Twilio
        const found = yield* twilio.messages.send(Kit.text("once")).pipe(
          Reconcile.orFind(findSent({ accountSid: path.accountSid, body: "once", from, since, to }))
        )
        assert.strictEqual(found.sid, `SM${"1".padStart(32, "0")}`)
        assert.deepStrictEqual(
          (yield* emulator.ledger).map(({ operation }) => operation),
          ["messages.send", "messages.list"]
        )
        assert.isTrue(Option.isNone(
          yield* findSent({ accountSid: path.accountSid, body: "another", since, to })
        ))
        const later = DateTime.add(since, { minutes: 1 })
        assert.isTrue(Option.isNone(yield* findSent({ accountSid: path.accountSid, body: "once", since: later, to })))
      }).pipe(Effect.provide(stack(emulator)))
    }))

  it.scoped("a send that was refused with 20429 is sent again: it was not processed", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.status(429)]) })
      yield* Effect.gen(function*() {
        const twilio = yield* Twilio
        const sending = yield* Effect.fork(twilio.messages.send(Kit.text("once")))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(sending)).status, "queued")
      }).pipe(Effect.provide(stack(emulator)))
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [429, 201])
    }))

  it.scoped("the code counts before the status: 20429 with a 503 is a limit", () =>
    Effect.gen(function*() {
      const { twilio } = yield* Kit.inProcess({
        faults: Faults.script([Faults.status(503, { body: Emulator.Bodies.error(503, 20_429, "Too Many Requests") })])
      })
      const error = yield* Effect.flip(twilio.messages.send(Kit.text("a")))
      assert.deepInclude(error, { _tag: "RateLimitError", code: "20429", retryable: true, status: 503 })
    }))

  it.scoped("a message that Twilio would refuse does not leave", () =>
    Effect.gen(function*() {
      const { emulator, twilio } = yield* Kit.inProcess()
      const service = `MG${"0".repeat(32)}`
      const refused = [
        [{ Body: "a", To: to }, "payload.From"],
        [{ From: from, To: to }, "payload.Body"],
        [{ Body: "a".repeat(1601), From: from, To: to }, "payload.Body"],
        [{ Body: "a", ContentVariables: "{\"1\":\"a\"}", From: from, To: to }, "payload.ContentVariables"],
        [
          { ContentSid: `HX${"0".repeat(32)}`, ContentVariables: "[1]", From: from, To: to },
          "payload.ContentVariables"
        ],
        [{ Body: "a", MessagingServiceSid: service, ScheduleType: "fixed", To: to }, "payload.SendAt"],
        [{ Body: "a", MessagingServiceSid: service, SendAt: "2026-12-24T18:00:00Z", To: to }, "payload.ScheduleType"],
        [
          { Body: "a", From: from, ScheduleType: "fixed", SendAt: "2026-12-24T18:00:00Z", To: to },
          "payload.MessagingServiceSid"
        ],
        [
          { Body: "a", From: from, MediaUrl: Array<string>(11).fill("https://a.example/1.png"), To: to },
          "payload.MediaUrl"
        ]
      ] as const
      for (const [payload, issue] of refused) {
        const error = yield* Effect.flip(twilio.messages.send({ path, payload }))
        assert.strictEqual(error._tag, "ValidationError")
        assert.include(
          error._tag === "ValidationError" ? error.issues.map((one) => one.path) : [],
          issue,
          error.message
        )
      }
      const elsewhere = yield* Effect.flip(
        twilio.messages.list({ path: { accountSid: "SK00000000000000000000000000000001" } })
      )
      assert.include(elsewhere.message, "the SID of an account: AC and 32 hexadecimal digits")
      assert.lengthOf(yield* emulator.ledger, 0)
    }))

  it.scoped("a link to another host is not followed: only its page is asked for, with the filters of the request", () =>
    Effect.gen(function*() {
      const page = (next: string | null, body: string) =>
        Faults.status(200, { body: { messages: [{ body, sid: "SM1" }], next_page_uri: next } })
      const { emulator, twilio } = yield* Kit.inProcess({
        faults: Faults.script([
          page("https://evil.test/steal?PageSize=1000&Page=1&PageToken=PASM1&To=%2B1", "a"),
          page("/2010-04-01/Accounts/AC1/Messages.json?PageToken=PASM2", "b"),
          page(null, "c")
        ])
      })
      const all = yield* Stream.runCollect(
        Pagination.items(twilio.messages.list, lists(), { path, urlParams: { PageSize: 1, To: to } })
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(all).map(({ body }) => body), ["a", "b", "c"])
      assert.deepStrictEqual((yield* emulator.ledger).map(({ query }) => query), [
        { PageSize: "1", To: to },
        { Page: "1", PageSize: "1", PageToken: "PASM1", To: to },
        { Page: "1", PageSize: "1", PageToken: "PASM2", To: to }
      ])
    }))

  it.scoped("a link without a page ends the list with an error", () =>
    Effect.gen(function*() {
      const { twilio } = yield* Kit.inProcess({
        faults: Faults.script([Faults.status(200, { body: { messages: [], next_page_uri: "/nowhere" } })])
      })
      const error = yield* Effect.flip(Stream.runDrain(Pagination.items(twilio.messages.list, lists(), { path })))
      assert.deepInclude(error, { _tag: "ResponseDecodeError" })
      assert.include(error.message, "PageToken")
    }))

  it.scoped("messages that arrive meanwhile do not move the pages", () =>
    Effect.gen(function*() {
      const { twilio } = yield* Kit.inProcess()
      for (let index = 0; index < 4; index++) yield* twilio.messages.send(Kit.text(`${index}`))
      const seen = yield* Pagination.items(twilio.messages.list, lists(), { path, urlParams: { PageSize: 2 } }).pipe(
        Stream.tap(() => twilio.messages.send(Kit.text("new"))),
        Stream.runCollect
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(seen).map(({ body }) => body), ["3", "2", "1", "0"])
    }))

  it.scoped("a delete that is repeated finds nothing", () =>
    Effect.gen(function*() {
      const { emulator, twilio } = yield* Kit.inProcess()
      const { sid } = yield* twilio.messages.send(Kit.text("a"))
      const early = yield* Effect.flip(twilio.messages.delete({ path: { ...path, sid } }))
      assert.deepInclude(early, { _tag: "ConflictError", code: "20009" })
      yield* arrive(emulator, sid)
      yield* twilio.messages.delete({ path: { ...path, sid } })
      const again = yield* Effect.flip(twilio.messages.delete({ path: { ...path, sid } }))
      assert.deepInclude(again, { _tag: "NotFoundError", code: "20404" })
    }))

  it.scoped("the account comes with its auth token, which no error and no log tells", () =>
    Effect.gen(function*() {
      const token = "fake-auth-token-of-the-emulator"
      const { twilio } = yield* Kit.inProcess({ faults: Faults.script([Faults.malformedJson]) })
      // the token is nobody's credential, and has not been seen before
      const error = yield* Effect.flip(twilio.account.get({ path }))
      assert.strictEqual(error._tag, "ResponseDecodeError")
      assert.include(inspect(error, { depth: Infinity }), "auth_token")
      assert.notInclude(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error), token)
      const account = yield* twilio.account.get({ path })
      assert.strictEqual(account.auth_token && Redacted.value(account.auth_token), token)
      assert.notInclude(inspect(account, { depth: Infinity }) + JSON.stringify(account), token)
    }))

  it("a callback that comes again has the same token, and a new status another id", () => {
    const callback = (status: string, token?: string): WebhookScheme.WebhookRequest => ({
      body: new TextEncoder().encode(`MessageSid=SM1&MessageStatus=${status}`),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(token === undefined ? undefined : { "i-twilio-idempotency-token": token })
      },
      method: "POST",
      url: "https://app.example.com/sms"
    })
    const ids = (request: WebhookScheme.WebhookRequest) => {
      const events = Either.getOrThrow(WebhookScheme.events(request, definition.webhook))
      return events.map(({ id }) => id)
    }
    assert.deepStrictEqual(ids(callback("sent", "t-1")), ids(callback("sent", "t-1")))
    assert.notDeepEqual(ids(callback("sent")), ids(callback("delivered")))
  })

  it("dates are those of RFC 2822", () => {
    const time = Dates.parse("Thu, 24 Aug 2023 05:01:45 +0000")
    assert.deepStrictEqual(Option.map(time, DateTime.formatIso), Option.some("2023-08-24T05:01:45.000Z"))
    assert.deepStrictEqual(Option.map(time, Dates.format), Option.some("Thu, 24 Aug 2023 05:01:45 +0000"))
    const zoned = Option.map(Dates.parse("1 Jan 2024 00:30:00 +0130"), DateTime.formatIso)
    assert.deepStrictEqual(zoned, Option.some("2023-12-31T23:00:00.000Z"))
    for (
      const none of ["", "2023-08-24T05:01:45Z", "Thu, 24 Foo 2023 05:01:45 +0000", "Thu, 34 Aug 2023 05:01:45 +0000"]
    ) {
      assert.isTrue(Option.isNone(Dates.parse(none)), none)
    }
  })

  it("a message that failed later says why: a full queue may be tried again, a filter not", () => {
    const resend = (code: number | string) => Option.map(TwilioErrors.delivery(code), (one) => one.resend)
    assert.deepStrictEqual(resend(30_001), Option.some("yes"))
    assert.deepStrictEqual(resend("30003"), Option.some("perhaps"))
    assert.deepStrictEqual(resend("30007"), Option.some("no"))
    assert.deepStrictEqual(resend(1), Option.none())
    assert.deepStrictEqual(resend("none"), Option.none())
  })
})

describe("Twilio.layerConfig", () => {
  const sid = path.accountSid
  const build = (variables: Readonly<Record<string, string>>) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({
        authorize: ({ authorization = "" }) =>
          ["SK1:secret-of-key", `${sid}:token-of-account`].includes(atob(authorization.replace("Basic ", "")))
      })
      const layer = Twilio.layerConfig.pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator)),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))
      )
      return yield* Effect.exit(
        Effect.provide(Effect.flatMap(Twilio, (twilio) => twilio.balance.get({ path })), layer)
      )
    })

  it.scoped("takes the API key where there is one, else the account's own token", () =>
    Effect.gen(function*() {
      const account = { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: "token-of-account" }
      assert.isTrue(Exit.isSuccess(yield* build(account)))
      const key = { TWILIO_API_KEY: "SK1", TWILIO_API_SECRET: "secret-of-key" }
      assert.isTrue(Exit.isSuccess(yield* build(key)))
      assert.isTrue(Exit.isSuccess(yield* build({ ...account, ...key, TWILIO_AUTH_TOKEN: "of no use" })))
    }))

  it.scoped("names the variable that is missing or wrong", () =>
    Effect.gen(function*() {
      const problem = (variables: Readonly<Record<string, string>>) => Effect.map(build(variables), String)
      assert.include(yield* problem({}), "TWILIO_ACCOUNT_SID")
      assert.include(yield* problem({ TWILIO_ACCOUNT_SID: sid }), "TWILIO_AUTH_TOKEN")
      // a half of a key is no reason to fall back to another credential
      const half = { TWILIO_ACCOUNT_SID: sid, TWILIO_API_KEY: "SK1", TWILIO_AUTH_TOKEN: "token-of-account" }
      assert.include(yield* problem(half), "TWILIO_API_SECRET")
      const wrong = yield* problem({ TWILIO_ACCOUNT_SID: "SK1", TWILIO_AUTH_TOKEN: "token-of-account" })
      assert.include(wrong, "must be the SID of an account")
      const checked = yield* Effect.withConfigProvider(
        accountSidConfig,
        ConfigProvider.fromMap(new Map([["TWILIO_ACCOUNT_SID", sid]]))
      )
      assert.strictEqual(checked, sid)
    }))
})
