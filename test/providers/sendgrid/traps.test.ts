/** What is easily got wrong with SendGrid, each once. */
import { assert, describe, it } from "@effect/vitest"
import { Chunk, ConfigProvider, Effect, Either, Fiber, Layer, Option, Schema, Stream, TestClock } from "effect"
import { Credentials, Holdfast, Pagination, RateLimit, WebhookScheme } from "holdfast"
import { definition, Emulator, links, Mail, offsets, SendGrid } from "holdfast/providers/sendgrid"
import { Faults } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import { refused } from "../refused.js"
import * as Kit from "./kit.js"

const stack = (emulator: Testing.Emulator.Emulator) =>
  SendGrid.layer({ credentials: Credentials.layer(Kit.credential), policy: { retry: { jitter: "none" } } }).pipe(
    Layer.provideMerge(Holdfast.layerMemory),
    Layer.provide(Testing.Emulator.layerHttpClient(emulator))
  )

const payload = Kit.mail("ada@example.com")

describe("SendGrid's traps", () => {
  it.scoped("a mail whose answer is lost is not sent again: nobody would know the mail again", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.resetAfter]) })
      yield* Effect.gen(function*() {
        const sendgrid = yield* SendGrid
        const error = yield* Effect.flip(sendgrid.mail.send({ payload }))
        assert.strictEqual(error._tag, "NetworkError")
        assert.lengthOf((yield* emulator.state).sent, 1)
      }).pipe(Effect.provide(stack(emulator)))
      assert.lengthOf(yield* emulator.ledger, 1)
    }))

  it.scoped("contacts whose answer is lost are written again: they are known by their addresses", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.resetAfter]) })
      yield* Effect.gen(function*() {
        const sendgrid = yield* SendGrid
        const writing = yield* Effect.fork(
          sendgrid.contacts.upsert({ payload: { contacts: [{ email: "ada@example.com" }] } })
        )
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(writing)
        assert.strictEqual((yield* sendgrid.contacts.sample()).contact_count, 1)
      }).pipe(Effect.provide(stack(emulator)))
      assert.deepStrictEqual((yield* emulator.ledger).map(({ operation }) => operation), [
        "contacts.upsert",
        "contacts.upsert",
        "contacts.sample"
      ])
    }))

  it.scoped("the reset is a time in epoch seconds: nobody asks before it, and then the mail goes out", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_800_000_000_000)
      const emulator = yield* Emulator.make({ rateLimit: { limit: 2, name: "mail", window: "40 seconds" } })
      yield* Effect.gen(function*() {
        const sendgrid = yield* SendGrid
        yield* sendgrid.mail.send({ payload })
        yield* TestClock.adjust("10 seconds")
        yield* sendgrid.mail.send({ payload })
        const third = yield* Effect.fork(sendgrid.mail.send({ payload }))
        yield* TestClock.adjust("29 seconds")
        assert.lengthOf(yield* emulator.ledger, 2)
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(third)
      }).pipe(Effect.provide(stack(emulator)))
      // no refusal at all: what is left is read from every answer
      assert.deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [202, 202, 202])
    }))

  it.scoped("each endpoint has a limit of its own: mail that waits holds no contact up", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({
        faults: Faults.script([Faults.status(429, { headers: { "x-ratelimit-reset": "60" } })])
      })
      yield* Effect.gen(function*() {
        const sendgrid = yield* SendGrid
        const sending = yield* Effect.fork(sendgrid.mail.send({ payload }))
        yield* Effect.yieldNow()
        yield* sendgrid.contacts.sample()
        const { keys } = yield* RateLimit.RateLimiters
        assert.deepStrictEqual([...yield* keys].sort(), ["sendgrid contacts.sample", "sendgrid mail.send"])
        yield* TestClock.adjust("2 minutes")
        yield* Fiber.join(sending)
      }).pipe(Effect.provide(stack(emulator)))
      assert.deepStrictEqual((yield* emulator.ledger).map(({ operation, status }) => [operation, status]), [
        ["mail.send", 429],
        ["contacts.sample", 200],
        ["mail.send", 202]
      ])
    }))

  it.scoped("a mail in sandbox mode is answered with 200, and not sent", () =>
    Effect.gen(function*() {
      const { emulator, sendgrid } = yield* Kit.inProcess()
      const sandbox = Kit.mail("ada@example.com", { mail_settings: { sandbox_mode: { enable: true } } })
      const [, response] = yield* sendgrid.mail.send({ payload: sandbox, withResponse: true })
      assert.strictEqual(response.status, 200)
      assert.lengthOf((yield* emulator.state).sent, 0)
    }))

  it.scoped("contacts are written by a job: they are there when it is done, and not before", () =>
    Effect.gen(function*() {
      const { sendgrid } = yield* Kit.inProcess({ jobsTake: "30 seconds" })
      const { job_id } = yield* sendgrid.contacts.upsert({ payload: { contacts: [{ email: "ada@example.com" }] } })
      const status = Effect.map(sendgrid.contacts.job({ path: { id: job_id } }), (job) => job.status)
      const look = sendgrid.contacts.byEmails({ payload: { emails: ["ada@example.com"] } })
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* status, "pending")
      // a look-up of nobody is no empty answer
      assert.deepInclude(yield* Effect.flip(look), { _tag: "NotFoundError", status: 404 })
      const { id } = yield* sendgrid.contacts.startExport({ payload: {} })
      assert.strictEqual((yield* sendgrid.contacts.export({ path: { id } })).status, "pending")
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* status, "completed")
      assert.isDefined((yield* look).result["ada@example.com"]?.contact)
    }))

  it.scoped("a search gives the first 50 of all that there are", () =>
    Effect.gen(function*() {
      const { sendgrid } = yield* Kit.inProcess()
      const contacts = Array.from({ length: 60 }, (_, index) => ({ email: `c${index}@example.com` }))
      yield* sendgrid.contacts.upsert({ payload: { contacts } })
      const found = yield* sendgrid.contacts.search({
        payload: { query: "email LIKE 'c%@example.com' AND updated_at >= TIMESTAMP '1970-01-01T00:00:00Z'" }
      })
      assert.deepStrictEqual([found.result.length, found.contact_count], [50, 60])
      const error = yield* Effect.flip(sendgrid.contacts.search({ payload: { query: "CONTAINS(list_ids, 'l')" } }))
      assert.strictEqual(error._tag, "ValidationError")
    }))

  it.scoped("a sender that is not verified is an AuthorizationError that names the field", () =>
    Effect.gen(function*() {
      const { sendgrid } = yield* Kit.inProcess({ verifiedSenders: ["info@example.com"] })
      const error = yield* Effect.flip(sendgrid.mail.send({ payload }))
      assert.strictEqual(error._tag, "AuthorizationError")
      assert.include(error.message, "from: The from address does not match a verified Sender Identity")
      yield* sendgrid.mail.send({ payload: Kit.mail("ada@example.com", { from: { email: "info@example.com" } }) })
    }))

  it.scoped("what SendGrid would refuse does not leave", () =>
    Effect.gen(function*() {
      const { emulator, sendgrid } = yield* Kit.inProcess()
      const { content, subject, ...bare } = payload
      const mails: ReadonlyArray<readonly [typeof Mail.Mail.Type, string]> = [
        [{ ...bare, content: content! }, "payload.subject"],
        [{ ...bare, subject: subject! }, "payload.content"],
        [{ ...payload, personalizations: [] }, "payload.personalizations"],
        [{ ...payload, personalizations: [{ to: [{ email: "nobody" }] }] }, "payload.personalizations.0.to.0.email"],
        [{ ...payload, attachments: [{ content: "%", filename: "a" }] }, "payload.attachments.0.content"],
        [{ ...payload, categories: Array<string>(11).fill("a") }, "payload.categories"],
        [{ ...payload, reply_to: bare.from, reply_to_list: [bare.from] }, "payload.reply_to_list"]
      ]
      for (const [payload, issue] of mails) {
        const error = yield* Effect.flip(sendgrid.mail.send({ payload }))
        const paths = error._tag === "ValidationError" ? error.issues.map(({ path }) => path) : []
        assert.include(paths, issue, error.message)
      }
      const nobody = yield* Effect.flip(sendgrid.contacts.upsert({ payload: { contacts: [{ first_name: "Ada" }] } }))
      assert.include(nobody.message, "a contact is known by one of email")
      const all = yield* Effect.flip(sendgrid.contacts.delete({ urlParams: { ids: [] } }))
      assert.strictEqual(all._tag, "ValidationError")
      // JSON has no such number: it would be null
      const none = yield* Effect.flip(
        sendgrid.contacts.upsert({
          payload: { contacts: [{ custom_fields: { e1_N: NaN }, email: "ada@example.com" }] }
        })
      )
      assert.strictEqual(none._tag, "ValidationError")
      for (const id of [NaN, -1, 1.5]) {
        assert.include(yield* refused(sendgrid.groups.suppressions({ path: { id } })), "path.id")
      }
      assert.lengthOf(yield* emulator.ledger, 0)
      // each copy may have a subject of its own
      yield* sendgrid.mail.send({
        payload: {
          ...bare,
          content: content!,
          personalizations: [{ subject: "One", to: [{ email: "ada@example.com" }] }]
        }
      })
    }))

  it.scoped("a link to another host is not followed: only its token is sent", () =>
    Effect.gen(function*() {
      const page = (name: string, next?: string) =>
        Faults.status(200, { body: { _metadata: { next }, result: [{ id: name, name }] } })
      const { emulator, sendgrid } = yield* Kit.inProcess({
        faults: Faults.script([page("a", "https://evil.test/steal?page_size=1000&page_token=t1"), page("b")])
      })
      const all = yield* Stream.runCollect(
        Pagination.items(sendgrid.lists.list, links(), { urlParams: { page_size: 1 } })
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(all).map(({ id }) => id), ["a", "b"])
      assert.deepStrictEqual((yield* emulator.ledger).map(({ path, query }) => [path, query]), [
        ["/v3/marketing/lists", { page_size: "1" }],
        ["/v3/marketing/lists", { page_size: "1", page_token: "t1" }]
      ])
    }))

  it.scoped("a page of suppressions with fewer than were asked for is not the last", () =>
    Effect.gen(function*() {
      const page = (emails: ReadonlyArray<string>) =>
        Faults.status(200, { body: emails.map((email) => ({ created: 1, email })) })
      const { emulator, sendgrid } = yield* Kit.inProcess({
        faults: Faults.script([page(["a@example.com"]), page(["b@example.com", "c@example.com"]), page([])])
      })
      const count = yield* Stream.runCount(
        Pagination.items(sendgrid.suppressions.list, offsets(), { path: { kind: "blocks" }, urlParams: { limit: 500 } })
      )
      assert.strictEqual(count, 3)
      assert.deepStrictEqual((yield* emulator.ledger).map(({ query }) => query.offset), [undefined, "1", "3"])
    }))

  it("events are known again by sg_event_id, and have their custom arguments beside their fields", () => {
    const events = [
      { dedupe_key: "order-7", email: "ada@example.com", event: "delivered", sg_event_id: "e1", timestamp: 1 },
      { category: ["orders"], event: "of_the_future", sg_event_id: "e2", timestamp: 2 }
    ]
    const request: WebhookScheme.WebhookRequest = {
      body: new TextEncoder().encode(`${JSON.stringify(events)}\r\n`),
      headers: { "content-type": "application/json" },
      method: "POST",
      url: "https://app.example.com/hooks/sendgrid"
    }
    const found = Either.getOrThrow(WebhookScheme.events(request, definition.webhook))
    assert.deepStrictEqual(found.map(({ id }) => id), [Option.some("e1"), Option.some("e2")])
    const [delivered] = Schema.decodeUnknownSync(Schema.Array(Mail.Event))(events)
    assert.deepInclude(delivered, { dedupe_key: "order-7", event: "delivered" })
  })
})

describe("SendGrid.layerConfig", () => {
  const scopes = (variables: Readonly<Record<string, string>>) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ authorize: Testing.Emulator.bearer("SG.from-config") })
      const layer = SendGrid.layerConfig.pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator)),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))
      )
      return yield* Effect.provide(Effect.flatMap(SendGrid, (sendgrid) => sendgrid.scopes.list()), layer)
    })

  it.scoped("reads the key, and names the variable that is missing or wrong", () =>
    Effect.gen(function*() {
      const { scopes: found } = yield* scopes({ SENDGRID_API_KEY: "SG.from-config" })
      assert.include(found, "mail.send")
      assert.include(String(yield* Effect.flip(scopes({}))), "SENDGRID_API_KEY")
      assert.include(String(yield* Effect.flip(scopes({ SENDGRID_API_KEY: "Bearer SG.from-config" }))), "Bearer")
    }))
})
