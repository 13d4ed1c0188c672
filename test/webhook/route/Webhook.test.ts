import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  DateTime,
  Effect,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Schema,
  TestClock
} from "effect"
import type { Scope } from "effect"
import { Inbox, Webhook, WebhookScheme } from "holdfast"
import * as http from "node:http"
import { cases, now, signAt } from "../kit.js"
import * as kit from "./kit.js"

const { publicUrl, secret, signed } = kit

const test = <E>(behaviour: string, run: Effect.Effect<void, E, Scope.Scope>) =>
  it.scoped(behaviour, () =>
    Effect.zipRight(TestClock.setTime(DateTime.toEpochMillis(now)), run).pipe(
      Logger.withMinimumLogLevel(LogLevel.None)
    ))

const Deal = Schema.Struct({ amount: Schema.Number, id: Schema.String })

const gitHub = Webhook.define({
  eventId: (event) => event.id,
  id: "github",
  schema: Deal,
  scheme: WebhookScheme.gitHub,
  secrets: secret
})

const deal = (id: string, amount: unknown = 1) => JSON.stringify({ amount, id })

/** A receiver of one webhook. */
const receiver = <A>(webhook: Webhook.Webhook<A, never>, path: `/${string}` = "/hook") =>
  Effect.gen(function*() {
    const made = yield* kit.inbox
    const send = yield* kit.serve(HttpRouter.empty.pipe(Webhook.mount(path, webhook)), made.context)
    const stored = Effect.map(
      made.inbox.list({ source: webhook.id }, { limit: 500 }),
      ({ items }) => items
    )
    return { ...made, send, stored }
  })

describe("Webhook.route", () => {
  describe("takes", () => {
    for (const one of cases) {
      test(
        `what ${one.name} sends, once however often it comes, and refuses it with another secret`,
        Effect.gen(function*() {
          const { scheme } = one
          const webhook = Webhook.define({
            id: one.name,
            publicUrl,
            scheme,
            secrets: Redacted.make(one.secret[0])
          })
          const { inbox, send, stored } = yield* receiver(webhook, "/*")
          const parts = (request: WebhookScheme.WebhookRequest): kit.Sent => ({
            body: request.body,
            headers: request.headers as Record<string, string>,
            method: request.method,
            path: request.url.slice(publicUrl.length)
          })
          const right = parts(signAt(one, one.request))
          const first = yield* send(right)
          assert.deepInclude(first, { status: 200, text: "" })
          const count = (yield* stored).length
          assert.isAbove(count, 0)
          assert.strictEqual((yield* send(right)).status, 200)
          const again = (yield* stored).length
          // what has no id is stored each time
          assert.include([count, 2 * count], again)
          const wrong = parts(signAt({ ...one, secret: one.strangers[0]! }, one.request))
          assert.strictEqual((yield* send(wrong)).status, 401)
          assert.strictEqual((yield* stored).length, again)
          const { items } = yield* inbox.rejected()
          assert.deepStrictEqual(items.map(({ reason }) => reason), ["signature-mismatch"])
          for (const text of [one.secret[0], one.strangers[0]![0]]) {
            if (text.length > 1) assert.notInclude(JSON.stringify(items), text)
          }
        })
      )
    }

    test(
      "a batch as one row an event, of which a bad one fails alone",
      Effect.gen(function*() {
        const hubSpot = Webhook.define({
          entity: (event) => String(event.objectId),
          id: "hubspot",
          keepHeaders: ["User-Agent"],
          publicUrl,
          schema: Schema.Struct({
            eventId: Schema.Number,
            objectId: Schema.Number,
            occurredAt: Schema.Number,
            subscriptionType: Schema.String
          }),
          scheme: WebhookScheme.hubSpot,
          secrets: secret,
          time: (event) => DateTime.unsafeMake(event.occurredAt),
          type: (event) => event.subscriptionType
        })
        const { send, stored } = yield* receiver(hubSpot)
        const event = (eventId: number, occurredAt: unknown) => ({
          eventId,
          objectId: 7,
          occurredAt,
          portalId: 1,
          subscriptionType: "contact.creation"
        })
        const body = JSON.stringify([event(2, 2000), event(3, "noon"), event(1, 1000)])
        const headers = { "content-type": "application/json", "user-agent": "fake/1" }
        assert.strictEqual((yield* send(signed(hubSpot.scheme, "/hook?a=%2F", body, { headers }))).status, 200)
        const events = yield* stored
        assert.deepStrictEqual(
          events.map(({ body, state }) => [body._tag === "Text" && JSON.parse(body.value).eventId, state]),
          [[1, "ready"], [3, "dead"], [2, "waiting"]]
        )
        assert.strictEqual(new Set(events.map(({ delivery }) => delivery)).size, 1)
        assert.deepInclude(events[0], { entity: "7", headers, type: "contact.creation", via: "webhook" })
      })
    )

    test(
      "several secrets, and what is signed with any of them",
      Effect.gen(function*() {
        const before = Redacted.make("fake-secret-of-before")
        const webhook = Webhook.define({ id: "github", scheme: WebhookScheme.gitHub, secrets: [secret, before] })
        const { send, stored } = yield* receiver(webhook)
        for (const key of [secret, before]) {
          const sent = signed(webhook.scheme, "/hook", Redacted.value(key), { secret: key })
          assert.strictEqual((yield* send(sent)).status, 200)
        }
        assert.strictEqual((yield* stored).length, 2)
      })
    )

    test(
      "the secret of the connection that is in the path",
      Effect.gen(function*() {
        const asked: Array<unknown> = []
        const webhook = Webhook.define({
          id: "github",
          scheme: WebhookScheme.gitHub,
          secrets: (connectionId) =>
            Effect.suspend(() => {
              asked.push(connectionId)
              return connectionId === "acme" ? Effect.succeed(secret) : Effect.fail("there is no such connection")
            })
        })
        const { send, stored } = yield* receiver(webhook, "/hook/:connectionId")
        assert.strictEqual((yield* send(signed(webhook.scheme, "/hook/acme", "{}"))).status, 200)
        assert.deepInclude((yield* stored)[0], { connectionId: "acme" })
        assert.strictEqual((yield* send(signed(webhook.scheme, "/hook/other", "{}"))).status, 503)
        assert.deepStrictEqual(asked, ["acme", "other"])
      })
    )

    test(
      "the URL that was given to the provider, whatever the request says of its host",
      Effect.gen(function*() {
        const webhook = Webhook.define({
          id: "hubspot",
          publicUrl: `${publicUrl}/base/`,
          scheme: WebhookScheme.hubSpot,
          secrets: secret
        })
        const { send, stored } = yield* receiver(webhook)
        const sent = signed(webhook.scheme, "/base/hook?x=1", "[{\"eventId\":1}]")
        const proxied = { ...sent, path: "/hook?x=1" }
        const lies = { host: "evil.example.com", "x-forwarded-host": "evil.example.com" }
        assert.strictEqual((yield* send({ ...proxied, headers: { ...proxied.headers, ...lies } })).status, 200)
        assert.strictEqual((yield* send({ ...proxied, path: "http://evil.example.com/hook?x=1" })).status, 200)
        assert.strictEqual((yield* stored).length, 1)
        // signed for a host of the caller's choice
        const theirs = signed(webhook.scheme, "/hook", "[{\"eventId\":2}]")
        assert.strictEqual((yield* send({ ...theirs, headers: { ...theirs.headers, ...lies } })).status, 401)
      })
    )
  })

  describe("refuses", () => {
    test(
      "what is not signed, or wrongly, or too long ago or ahead, and says why to nobody but this side",
      Effect.gen(function*() {
        const webhook = Webhook.define({ id: "stripe", scheme: WebhookScheme.stripe, secrets: secret })
        const { inbox, send, stored } = yield* receiver(webhook)
        const sent = signed(webhook.scheme, "/hook", "{\"id\":\"evt_1\"}")
        const heard = [
          yield* send({ ...sent, headers: {} }),
          yield* send({ ...sent, headers: { "stripe-signature": "t=1" } }),
          yield* send({ ...sent, body: Buffer.from("{\"id\":\"evt_2\"}") })
        ]
        yield* TestClock.adjust("301 seconds")
        heard.push(yield* send(sent))
        yield* TestClock.setTime(DateTime.toEpochMillis(now) - 301_000)
        heard.push(yield* send(sent))
        assert.deepStrictEqual(heard.map(({ status }) => status), [401, 400, 401, 401, 401])
        assert.deepStrictEqual([...new Set(heard.map(({ text }) => text))], ["refused"])
        assert.deepStrictEqual(yield* stored, [])
        const { items } = yield* inbox.rejected({ source: "stripe" })
        assert.sameMembers(
          items.map(({ reason }) => reason),
          ["header-missing", "header-malformed", "signature-mismatch", "too-old", "too-new"]
        )
        const [one] = (yield* inbox.rejected({ reason: "too-old" })).items
        assert.deepInclude(one, { body: { _tag: "Text", value: "{\"id\":\"evt_1\"}" }, method: "POST", path: "/hook" })
        const signature = sent.headers!["stripe-signature"]!
        assert.notInclude(JSON.stringify(items), signature.slice(signature.indexOf("v1=") + 3))
      })
    )

    test(
      "everything, where there is no secret: to be sent again, and never let through",
      Effect.gen(function*() {
        const missing = [
          Webhook.define({ id: "github", scheme: WebhookScheme.gitHub, secrets: [] }),
          Webhook.define({ id: "github", scheme: WebhookScheme.gitHub, secrets: Redacted.make(" ") }),
          Webhook.define({ id: "github", scheme: WebhookScheme.gitHub, secrets: Config.redacted("NO_SUCH_SECRET") }),
          Webhook.define({ id: "hubspot", scheme: WebhookScheme.hubSpot, secrets: secret }),
          Webhook.define({
            id: "hubspot",
            publicUrl: "app.example.com",
            scheme: WebhookScheme.hubSpot,
            secrets: secret
          }),
          Webhook.define({ id: "sendgrid", scheme: WebhookScheme.sendGrid, secrets: secret })
        ]
        for (const webhook of missing) {
          const error = yield* Effect.flip(Webhook.make(webhook))
          assert.strictEqual(error._tag, "WebhookSetupError")
          assert.notInclude(error.message, Redacted.value(secret))
          const { send, stored } = yield* receiver(webhook)
          const heard = yield* send(signed(WebhookScheme.gitHub, "/hook", "{}"))
          assert.strictEqual(heard.status, 503)
          assert.strictEqual(heard.headers["retry-after"], "30")
          assert.deepStrictEqual(yield* stored, [])
        }
      })
    )

    test(
      "more than it may hold, counted as it comes",
      Effect.gen(function*() {
        const webhook = Webhook.define({
          id: "github",
          maxBodySize: 1000,
          scheme: WebhookScheme.gitHub,
          secrets: secret
        })
        const { send, stored } = yield* receiver(webhook)
        const most = signed(webhook.scheme, "/hook", "x".repeat(1000))
        assert.strictEqual((yield* send(most)).status, 200)
        const more = signed(webhook.scheme, "/hook", "x".repeat(1001))
        assert.strictEqual((yield* send(more)).status, 413)
        // which says nothing of how much it will be, and never ends
        const part = Buffer.alloc(600)
        const heard = yield* send({ ...more, body: [part, part, part], unfinished: true })
        assert.strictEqual(heard.status, 413)
        assert.strictEqual(heard.headers.connection, "close")
        assert.strictEqual((yield* stored).length, 1)
      })
    )

    test(
      "what never comes to an end",
      Effect.gen(function*() {
        const { send } = yield* receiver(gitHub)
        const fiber = yield* Effect.fork(send({ body: [Buffer.from("{")], path: "/hook", unfinished: true }))
        // until it has come to where it waits for more
        yield* Effect.repeat(
          Effect.zipRight(
            Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5))),
            TestClock.sleeps()
          ),
          { until: (sleeps) => sleeps.length > 0 }
        )
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* fiber.await)._tag, "Success")
        const heard = yield* fiber
        assert.strictEqual(heard.status, 408)
      })
    )

    test(
      "other methods",
      Effect.gen(function*() {
        const { send } = yield* receiver(gitHub)
        for (const method of ["GET", "PUT", "DELETE"]) {
          const heard = yield* send({ method, path: "/hook" })
          assert.strictEqual(heard.status, 405)
          assert.strictEqual(heard.headers.allow, "POST")
        }
      })
    )

    test(
      "a batch that is none",
      Effect.gen(function*() {
        const webhook = Webhook.define({ id: "hubspot", publicUrl, scheme: WebhookScheme.hubSpot, secrets: secret })
        const { inbox, send } = yield* receiver(webhook)
        assert.strictEqual((yield* send(signed(webhook.scheme, "/hook", "not JSON"))).status, 400)
        assert.deepInclude((yield* inbox.rejected()).items[0], { reason: "request-malformed" })
      })
    )
  })

  describe("answers", () => {
    test(
      "a question that is signed when it has verified it, before any handler",
      Effect.gen(function*() {
        const webhook = Webhook.define({ id: "slack", scheme: WebhookScheme.slack, secrets: secret })
        const { send, stored } = yield* receiver(webhook)
        const body = "{\"type\":\"url_verification\",\"challenge\":\"<b>fake</b>\"}"
        const sent = signed(webhook.scheme, "/hook", body)
        const heard = yield* send(sent)
        assert.deepInclude(heard, { status: 200, text: "<b>fake</b>" })
        assert.include(heard.headers["content-type"], "text/plain")
        assert.strictEqual(heard.headers["x-content-type-options"], "nosniff")
        const strange = { ...sent, headers: { ...sent.headers, "x-slack-signature": "v0=00" } }
        assert.deepInclude(yield* send(strange), { status: 401, text: "refused" })
        assert.deepStrictEqual(yield* stored, [])
      })
    )

    test(
      "a question that nobody signs",
      Effect.gen(function*() {
        const webhook = Webhook.define({ id: "mailchimp", scheme: WebhookScheme.mailchimp, secrets: secret })
        const { send, stored } = yield* receiver(webhook)
        assert.strictEqual((yield* send({ method: "GET", path: "/hook" })).status, 200)
        assert.strictEqual((yield* send({ method: "HEAD", path: "/hook" })).status, 200)
        assert.deepStrictEqual(yield* stored, [])
      })
    )

    test(
      "503 while the store is away, and 200 only when it has it",
      Effect.gen(function*() {
        const { send, store, stored } = yield* receiver(gitHub)
        const sent = signed(gitHub.scheme, "/hook", deal("d1"))
        store.isAway = true
        const heard = yield* send(sent)
        assert.strictEqual(heard.status, 503)
        assert.isAbove(Number(heard.headers["retry-after"]), 0)
        // nor is a refusal held up by it
        assert.strictEqual((yield* send({ ...sent, headers: {} })).status, 401)
        store.isAway = false
        assert.deepStrictEqual(yield* stored, [])
        assert.strictEqual((yield* send(sent)).status, 200)
        assert.strictEqual((yield* stored).length, 1)
      })
    )

    test(
      "as the webhook says",
      Effect.gen(function*() {
        const webhook = Webhook.define({
          answer: { body: "<ack/>", headers: { "content-type": "text/xml" }, status: 202 },
          id: "github",
          scheme: WebhookScheme.gitHub,
          secrets: secret
        })
        const { send } = yield* receiver(webhook)
        const heard = yield* send(signed(webhook.scheme, "/hook", "{}"))
        assert.deepInclude(heard, { status: 202, text: "<ack/>" })
        assert.strictEqual(heard.headers["content-type"], "text/xml")
      })
    )
  })

  test(
    "a handler of one's own decides what is answered",
    Effect.gen(function*() {
      const { context } = yield* kit.inbox
      const seen: Array<Webhook.Delivery<typeof Deal.Type>> = []
      const app = Webhook.route(gitHub, (delivery) =>
        Effect.zipRight(
          Effect.sync(() => seen.push(delivery)),
          Effect.suspend(() => seen.length === 1 ? Effect.fail("not now") : Effect.void)
        ))
      const send = yield* kit.serve(app, context)
      const sent = signed(gitHub.scheme, "/hook", deal("d1"), { headers: { "x-github-delivery": "abc" } })
      assert.strictEqual((yield* send(sent)).status, 503)
      assert.strictEqual((yield* send(sent)).status, 200)
      assert.strictEqual(seen.length, 2)
      assert.deepInclude(seen[0]?.accepted, { scheme: "github", secret: 0 })
      assert.deepStrictEqual(seen[0]?.headers, {})
    })
  )

  test(
    "is an endpoint of an HttpApi as well",
    Effect.gen(function*() {
      const { context, inbox } = yield* kit.inbox
      const webhook = Webhook.define({
        id: "github",
        scheme: WebhookScheme.gitHub,
        secrets: Config.redacted("GITHUB_SECRET")
      })
      const api = HttpApi.make("app").add(
        HttpApiGroup.make("webhooks").add(HttpApiEndpoint.post("github", "/hooks/github"))
      )
      const group = HttpApiBuilder.group(
        api,
        "webhooks",
        (handlers) => handlers.handleRaw("github", () => Webhook.route(webhook))
      )
      const layer = HttpApiBuilder.api(api).pipe(
        Layer.provide(group),
        Layer.provide(Layer.succeedContext(context)),
        Layer.provide(
          Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["GITHUB_SECRET", Redacted.value(secret)]])))
        )
      )
      const built = yield* Layer.build(Layer.mergeAll(
        layer,
        HttpApiBuilder.Router.Live,
        HttpApiBuilder.Middleware.layer,
        HttpServer.layerContext
      ))
      const app = Effect.provide(yield* Effect.provide(HttpApiBuilder.httpApp, built), built)
      const config = Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map([["GITHUB_SECRET", Redacted.value(secret)]]))
      )
      const send = yield* kit.serve(config(app), context)
      assert.strictEqual((yield* send(signed(webhook.scheme, "/hooks/github", "{\"a\":1}"))).status, 200)
      assert.strictEqual((yield* send({ body: Buffer.from("{}"), path: "/hooks/github" })).status, 401)
      assert.strictEqual((yield* inbox.list({ source: "github" })).items.length, 1)
    })
  )

  describe("of a provider that does not sign", () => {
    const path = `/hook/${Redacted.value(secret)}`
    const trustpilot = Webhook.define({
      eventId: (event) => event.id,
      id: "trustpilot",
      schema: Deal,
      scheme: WebhookScheme.secretPath,
      secrets: secret
    })

    test(
      "takes who knows the path, and keeps neither the secret nor what was tried in its place",
      Effect.gen(function*() {
        const { inbox, send, stored } = yield* receiver(trustpilot, "/hook/*")
        assert.strictEqual((yield* send({ body: Buffer.from(deal("d1")), path })).status, 200)
        assert.strictEqual((yield* send({ body: Buffer.from(deal("d1")), path: `${path}x` })).status, 401)
        assert.strictEqual(
          (yield* send({ body: Buffer.from(deal("d1")), path: "/hook/nearly-right-fake" })).status,
          401
        )
        const { items } = yield* inbox.rejected()
        assert.deepStrictEqual(items.map((item) => item.path), ["/hook/…", "/hook/…"])
        assert.notInclude(JSON.stringify([items, yield* stored]), Redacted.value(secret))
      })
    )

    test(
      "is believed when the provider's API says the same, and ignored when it does not",
      Effect.gen(function*() {
        const { context, inbox, send } = yield* receiver(trustpilot, "/hook/*")
        for (const id of ["d1", "d2"]) yield* send({ body: Buffer.from(deal(id, 1_000_000)), path })
        const seen: Array<unknown> = []
        const handler = Inbox.on(trustpilot, (event) => Effect.sync(() => seen.push(event.value)), {
          // their API knows of one, and of another amount
          confirm: ({ value }) =>
            Effect.succeed(value.id === "d1" ? Option.some({ amount: 42, id: "d1" }) : Option.none())
        })
        yield* Effect.forkScoped(Effect.provide(Inbox.worker([handler]), context))
        yield* Effect.repeat(Effect.zipRight(TestClock.adjust("1 second"), inbox.stats("trustpilot")), {
          until: ([stats]) => stats!.byState.handled + stats!.byState.ignored === 2
        })
        assert.deepStrictEqual(seen, [{ amount: 42, id: "d1" }])
        const [ignored] = (yield* inbox.list({ source: "trustpilot", state: "ignored" })).items
        assert.deepInclude(ignored, { eventId: "d2", ignored: "unconfirmed" })
      })
    )

    test(
      "a handler that confirms nothing is warned of",
      Effect.gen(function*() {
        const { context } = yield* kit.inbox
        const lines: Array<string> = []
        const logger = Logger.make(({ message }) => void lines.push(String(message)))
        const work = (handler: Inbox.Handler<never>) =>
          Effect.forkScoped(Inbox.worker([handler])).pipe(
            Effect.provide(context),
            Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
            Logger.withMinimumLogLevel(LogLevel.All)
          )
        yield* work(Inbox.on(trustpilot, () => Effect.void))
        yield* work(Inbox.on(trustpilot, () => Effect.void, { confirm: () => Effect.succeedNone }))
        yield* work(Inbox.on(gitHub, () => Effect.void))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(lines.filter((line) => line.includes("not signed")).length, 1)
      })
    )
  })

  test(
    "fetches nothing that a request names",
    Effect.gen(function*() {
      let calls = 0
      const victim = yield* Effect.acquireRelease(
        Effect.async<http.Server>((resume) => {
          const server = http.createServer((_, response) => {
            calls++
            response.end()
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      const address = victim.address()
      const target = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`
      const names = [
        "url",
        "callback_url",
        "subscribe_url",
        "SubscribeURL",
        "challenge",
        "next",
        "href",
        "$ref",
        "schema"
      ]
      const body = JSON.stringify({ id: "x", ...Object.fromEntries(names.map((name) => [name, target])) })
      for (const scheme of [WebhookScheme.gitHub, WebhookScheme.slack, WebhookScheme.intercom, WebhookScheme.stripe]) {
        const webhook = Webhook.define({ id: scheme.id, scheme, secrets: secret })
        const { context, inbox, send } = yield* receiver(webhook)
        const headers = { "content-type": "application/json", location: target, origin: target, referer: target }
        assert.strictEqual((yield* send(signed(scheme, "/hook", body, { headers }))).status, 200)
        yield* Effect.forkScoped(Effect.provide(Inbox.worker([Inbox.on(webhook, () => Effect.void)]), context))
        yield* Effect.repeat(Effect.zipRight(TestClock.adjust("1 second"), inbox.stats(scheme.id)), {
          until: ([stats]) => stats!.byState.handled === 1
        })
      }
      assert.strictEqual(calls, 0)
    })
  )
})
