/** What goes wrong with Crisp where one does not know it. */
import { describe, it } from "@effect/vitest"
import { assertNone, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  ConfigProvider,
  DateTime,
  Effect,
  Either,
  Fiber,
  Layer,
  Option,
  Redacted,
  Schema,
  Stream,
  TestClock
} from "effect"
import { Holdfast, Pagination, WebhookScheme } from "holdfast"
import { Crisp, define, definition, Emulator, history, lists, Schemas } from "holdfast/providers/crisp"
import * as Testing from "holdfast/testing"
import { Faults, Ledger } from "holdfast/testing"
import { refused } from "../refused.js"
import * as Kit from "./kit.js"

const { body } = Emulator.Bodies
const { path, text, website_id } = Kit

const session_id = "session_00000000-0000-4000-8000-000000000001"

const start = (crisp: Kit.Client) =>
  Effect.map(crisp.conversations.create({ path }), ({ data }) => ({ session_id: data.session_id, website_id }))

const statuses = (emulator: Testing.Emulator.Emulator) =>
  Effect.map(emulator.ledger, (entries) => entries.map(({ status }) => status))

describe("Crisp's limits", () => {
  it.scoped("420 is one as well as 429: the message is sent again, and is there once", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.ok, Faults.status(420, { body: body(420) }), Faults.status(429)]) },
        { bulkhead: false, retry: { jitter: "none" } }
      )
      const here = yield* start(crisp)
      const sending = yield* Effect.fork(
        crisp.messages.send({ path: here, payload: text("Hello", { fingerprint: 7 }) })
      )
      yield* TestClock.adjust("59 seconds")
      deepStrictEqual(yield* statuses(emulator), [201, 420])
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(sending)
      deepStrictEqual(yield* statuses(emulator), [201, 420, 429, 202])
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "messages")["7"], { created: 1 })
    }))

  it.scoped("the quota of the day is over for the day: nothing waits for it", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.withPolicy({ rateLimit: Emulator.limits({ daily: 1 }) })
      yield* crisp.plugin.account()
      const error = yield* Effect.flip(crisp.plugin.account())
      deepStrictEqual([error._tag, error.code, error.retryable], ["RateLimitError", "quota_limit_exceeded", false])
      deepStrictEqual(yield* statuses(emulator), [200, 429])
    }))

  it.scoped("no header says how much is left, or when to come again", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess({ rateLimit: Emulator.limits({ minutely: 1 }) })
      const [, response] = yield* crisp.plugin.account({ withResponse: true })
      deepStrictEqual(Object.keys(response.headers).filter((name) => /limit|retry/.test(name)), [])
      const error = yield* Effect.flip(crisp.plugin.account())
      deepStrictEqual([error._tag, error.status, error.retryAfter], ["RateLimitError", 420, undefined])
    }))

  it("the policy stays below a plugin's quota, all day long", () => {
    const { capacity, refillRate } = definition.policy.rateLimit
    assertTrue(capacity + refillRate * 24 * 60 * 60 <= 5000)
  })
})

describe("Crisp's answers", () => {
  it.scoped("an error may stand in a 200: it is one, and what was not done is not taken for done", () =>
    Effect.gen(function*() {
      const faults = Faults.script([
        Faults.status(200, { body: body(403) }),
        Faults.status(202, { body: body(202, "no", "of_the_future") })
      ], { operation: "messages.send" })
      const { crisp, emulator } = yield* Kit.withPolicy({ faults })
      const here = yield* start(crisp)
      const send = crisp.messages.send({ path: here, payload: text("Hello") })
      strictEqual((yield* Effect.flip(send))._tag, "AuthorizationError")
      const unknown = yield* Effect.flip(send)
      deepStrictEqual([unknown._tag, unknown.retryable, unknown.code], ["ServerError", false, "of_the_future"])
      // neither was sent again
      deepStrictEqual(yield* statuses(emulator), [201, 200, 202])
    }))

  it.scoped("a HEAD says no by its status alone", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      const here = yield* start(crisp)
      yield* crisp.conversations.exists({ path: here })
      const none = yield* Effect.flip(crisp.conversations.exists({ path: { session_id: "session_none", website_id } }))
      strictEqual(none._tag, "NotFoundError")
      const nobody = yield* Effect.flip(crisp.people.exists({ path: { people_id: "nobody@example.com", website_id } }))
      strictEqual(nobody._tag, "NotFoundError")
    }))

  it.scoped("the token of a website is a secret in what is read", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      const token = Redacted.make("fake-website-token")
      yield* Effect.map(emulator.state, ({ plugged }) => plugged.push({ since: 1, website: { token, website_id } }))
      const { data } = yield* crisp.plugin.websites({ path: { page: 1 } })
      strictEqual(data[1]?.token && Redacted.value(data[1].token), "fake-website-token")
      assertTrue(!JSON.stringify(data).includes("fake-website-token"))
    }))
})

describe("Crisp's requests", () => {
  it.scoped("the number of a page stands in the path, from 1 on, and an empty page is the last", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(emulator, 40)
      const from = (page: number) =>
        Stream.runCount(Pagination.items(crisp.conversations.list, lists(), { path: { page, website_id } }))
      strictEqual(yield* from(2), 20)
      deepStrictEqual(
        (yield* emulator.ledger).map(({ path, query }) => [path.split("/").at(-1), query]),
        [["2", {}], ["3", {}]]
      )
      assertTrue((yield* refused(from(0))).includes("positive"))
    }))

  it.scoped("a website, a conversation and a person are not each other", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      const swapped = crisp.conversations.get({ path: { session_id: website_id, website_id: session_id } })
      const message = yield* refused(swapped)
      assertTrue(message.includes("a UUID") && message.includes("session_"), message)
      strictEqual(
        (yield* Effect.flip(crisp.websites.get({ path: { website_id: session_id } })))._tag,
        "ValidationError"
      )
      const others = crisp.websites.get({ path: { website_id: website_id.replace("5a1c", "5a1d") } })
      strictEqual((yield* Effect.flip(others))._tag, "AuthorizationError")
    }))

  it.scoped("a search is a text, or conditions as JSON in the query", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(emulator, 3)
      const list = (urlParams: typeof Schemas.ConversationListParams.Type) =>
        Effect.map(crisp.conversations.list({ path: { page: 1, website_id }, urlParams }), ({ data }) => data.length)
      strictEqual(yield* list({ search_query: "MESSAGE 1", search_type: "text" }), 1)
      const condition = { criterion: "last_message", model: "c", operator: "eq", query: ["message 0", "message 2"] }
      strictEqual(yield* list({ search_query: [condition], search_type: "filter" }), 2)
      strictEqual(
        (yield* emulator.ledger).at(-1)?.query.search_query,
        JSON.stringify([{
          model: "c",
          criterion: "last_message",
          operator: "eq",
          query: ["message 0", "message 2"]
        }])
      )
      assertTrue((yield* refused(list({ search_query: "a" }))).includes("go together"))
      assertTrue((yield* refused(list({ search_query: "a", search_type: "filter" }))).includes("list of conditions"))
      assertTrue((yield* refused(list({ search_query: [condition], search_type: "text" }))).includes("a text with"))
      assertTrue((yield* refused(list({ search_operator: "or" }))).includes("of the search_type filter"))
      assertTrue((yield* refused(list({ per_page: 100 }))).includes("20"))
    }))

  it.scoped("what is known of somebody is kept by update, and lost by save", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      const { data: { people_id } } = yield* crisp.people.create({
        path,
        payload: { email: "ada@example.com", notepad: "likes cards", segments: ["customer"] }
      })
      const her = { people_id, website_id }
      const seen = Effect.map(crisp.people.get({ path: her }), ({ data: { email, notepad, segments } }) => ({
        email,
        notepad,
        segments
      }))
      yield* crisp.people.update({ path: her, payload: { notepad: "likes engines" } })
      deepStrictEqual(yield* seen, { email: "ada@example.com", notepad: "likes engines", segments: ["customer"] })
      yield* crisp.people.save({ path: her, payload: { email: "ada@example.com" } })
      deepStrictEqual(yield* seen, { email: "ada@example.com", notepad: undefined, segments: [] })
    }))

  it.scoped("an empty message is none, and a file has a name, a URL and a type", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      const here = { session_id, website_id }
      yield* refused(crisp.messages.send({ path: here, payload: text(" ") }))
      const file = {
        content: { name: "a.pdf", type: "application/pdf", url: "" },
        from: "user",
        origin: "chat"
      } as const
      yield* refused(crisp.messages.send({ path: here, payload: { ...file, type: "file" } }))
    }))
})

describe("Crisp's messages", () => {
  it.scoped("a fingerprint is no idempotency key: whose answer was lost is looked for, and not sent again", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.resetAfter], { operation: "messages.send" }) }
      )
      const here = yield* start(crisp)
      const payload = text("Hello", { fingerprint: 163408807 })
      strictEqual((yield* Effect.flip(crisp.messages.send({ path: here, payload })))._tag, "NetworkError")
      const { data } = yield* crisp.messages.get({ path: { ...here, fingerprint: 163408807 } })
      strictEqual(data.content, "Hello")
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "messages")["163408807"], { created: 1 })
      // and whoever sends it again has it twice
      yield* crisp.messages.send({ path: here, payload })
      strictEqual((yield* crisp.messages.list({ path: here })).data.length, 2)
    }))

  it.scoped("they are walked backwards, with the message at the border or without", () =>
    Effect.gen(function*() {
      const page = (...times: ReadonlyArray<number>) =>
        Faults.status(206, { body: { data: times.map((timestamp) => ({ timestamp })) } })
      for (const last of [page(), page(20)]) {
        const { crisp, emulator } = yield* Kit.inProcess({ faults: Faults.script([page(40, 50), page(20, 30), last]) })
        const all = yield* Stream.runCollect(
          Pagination.items(crisp.messages.list, history, { path: { session_id, website_id } })
        )
        deepStrictEqual([...new Set(Chunk.map(all, ({ timestamp }) => timestamp))], [40, 50, 20, 30])
        deepStrictEqual((yield* emulator.ledger).map(({ query }) => query.timestamp_before), [undefined, "40", "20"])
      }
    }))

  it.scoped("those after a time are walked forwards, with the message at the border or without", () =>
    Effect.gen(function*() {
      const page = (...times: ReadonlyArray<number>) =>
        Faults.status(200, { body: { data: times.map((timestamp) => ({ timestamp })) } })
      const walked = Effect.fnUntraced(function*(...pages: ReadonlyArray<Faults.Fault>) {
        const { crisp, emulator } = yield* Kit.inProcess({ faults: Faults.script(pages) })
        const times = yield* Stream.runCollect(Stream.map(
          Pagination.items(crisp.messages.list, history, {
            path: { session_id, website_id },
            urlParams: { timestamp_after: 10 }
          }),
          ({ timestamp }) => timestamp
        ))
        return [[...times], (yield* emulator.ledger).map(({ query }) => query)]
      })
      const asked = [10, 30, 40].map((time) => ({ timestamp_after: String(time) }))
      deepStrictEqual(yield* walked(page(20, 30), page(40), page()), [[20, 30, 40], asked])
      deepStrictEqual(yield* walked(page(10, 20, 30), page(30, 40), page(40)), [[10, 20, 30, 30, 40, 40], asked])
    }))

  it.scoped("what is new is asked for by time: of conversations to their change, of messages to their own", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess()
      const sessions = yield* Kit.fill(emulator, 3)
      const { data: changed } = yield* crisp.conversations.list({
        path: { page: 1, website_id },
        urlParams: { filter_date_start: DateTime.unsafeMake(1_800_000_001_000), order_date_updated: true }
      })
      deepStrictEqual(changed.map((one) => one.session_id), [sessions[2], sessions[1]])
      const [first = ""] = sessions
      const here = { session_id: first, website_id }
      yield* crisp.messages.send({ path: here, payload: text("again", { timestamp: 1_800_000_009_000 }) })
      const { data: news } = yield* crisp.messages.list({
        path: here,
        urlParams: { timestamp_after: 1_800_000_000_000 }
      })
      deepStrictEqual(news.map(({ content }) => content), ["again"])
      const both = crisp.messages.list({ path: here, urlParams: { timestamp_after: 1, timestamp_before: 2 } })
      assertTrue((yield* refused(both)).includes("one of"))
    }))

  it.scoped("a conversation in which nobody has said anything is not listed, unless it is asked for", () =>
    Effect.gen(function*() {
      const { crisp } = yield* Kit.inProcess()
      yield* start(crisp)
      const count = (include_empty: boolean) =>
        Effect.map(
          crisp.conversations.list({ path: { page: 1, website_id }, urlParams: { include_empty } }),
          ({ data }) => data.length
        )
      deepStrictEqual([yield* count(false), yield* count(true)], [0, 1])
    }))
})

describe("Crisp's tokens", () => {
  it.scoped("no call without a tier; a website's token knows no plugin", () =>
    Effect.gen(function*() {
      const { crisp, emulator } = yield* Kit.inProcess({}, "website")
      strictEqual((yield* crisp.websites.get({ path })).data.website_id, website_id)
      strictEqual((yield* Effect.flip(crisp.plugin.account()))._tag, "AuthorizationError")
      deepStrictEqual((yield* emulator.ledger).map(({ headers }) => headers["x-crisp-tier"]), ["website", "website"])
      deepStrictEqual(
        ([undefined, "plugin", "website", "user"] as const).map((tier) => define({ tier }).health.operation),
        ["plugin.account", "plugin.account", "websites.get", "websites.get"]
      )
      const http = Testing.Emulator.httpClient(emulator)
      const bare = yield* http.get("https://api.crisp.chat/v1/plugin/connect/account", {
        headers: { authorization: `Basic ${btoa("fake-identifier:fake-key")}` }
      })
      strictEqual(bare.status, 401)
    }))

  it.effect("the variables name the token, and whose it is", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const emulator = yield* Emulator.make({
        authorize: (headers) => seen.push(headers.authorization, headers["x-crisp-tier"]) > 0
      })
      const website = Effect.flatMap(Crisp, (crisp) => crisp.websites.get({ path })).pipe(
        Effect.provide(
          Layer.provide(
            Crisp.layerConfig,
            Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
      const configured = (variables: Readonly<Record<string, string>>) =>
        Effect.withConfigProvider(website, ConfigProvider.fromMap(new Map(Object.entries(variables))))
      const token = { CRISP_IDENTIFIER: "fake-identifier", CRISP_KEY: "fake-key" }
      yield* configured(token)
      yield* configured({ ...token, CRISP_TIER: "website" })
      const authorization = `Basic ${btoa("fake-identifier:fake-key")}`
      deepStrictEqual(seen, [authorization, "plugin", authorization, "website"])
      for (const variables of [{ CRISP_KEY: "fake-key" }, { ...token, CRISP_TIER: "operator" }]) {
        assertTrue(/CRISP_(IDENTIFIER|TIER)/.test(String(yield* Effect.flip(configured(variables)))))
      }
    }))
})

describe("Crisp's webhooks", () => {
  const secret = Redacted.make("fake-hook-secret")
  const now = DateTime.unsafeMake(1_800_000_000_000)
  const scheme = WebhookScheme.crisp
  const verify = (request: WebhookScheme.WebhookRequest) =>
    WebhookScheme.verify(request, { now, scheme, secrets: [secret] })
  const sent = (text: string): WebhookScheme.WebhookRequest => ({
    body: new TextEncoder().encode(text),
    headers: { "content-type": "application/json" },
    method: "POST",
    url: "https://app.example.com/hooks/crisp"
  })

  it("are signed over the bytes: the same JSON, written anew, is another body", () => {
    const spaced = "{ \"event\": \"message:send\",\n \"data\": {} }"
    const signed = Either.getOrThrow(WebhookScheme.sign(sent(spaced), { now, scheme, secret }))
    assertTrue(Either.isRight(verify(signed)))
    const compact = new TextEncoder().encode(JSON.stringify(JSON.parse(spaced)))
    assertTrue(Either.isLeft(verify({ ...signed, body: compact })))
  })

  it("are not signed where the hook is a website's: nothing verifies them", () => {
    assertTrue(Either.isLeft(verify(sent("{\"event\":\"message:send\"}"))))
  })

  it("bring a message", () => {
    const read = Schema.decodeUnknownOption(Schemas.MessageWebhook)
    const whole = {
      data: { content: "Hello", fingerprint: 7, from: "user", session_id, type: "text" },
      event: "message:send",
      timestamp: 1_800_000_000_000,
      website_id
    }
    strictEqual(Option.getOrThrow(read(whole)).data.content, "Hello")
    assertNone(read({ ...whole, event: "session:set_state" }))
    const other = { data: { session_id, state: "resolved" }, event: "session:set_state", website_id }
    strictEqual(Option.getOrThrow(Schema.decodeUnknownOption(Schemas.Webhook)(other)).data.state, "resolved")
  })
})
