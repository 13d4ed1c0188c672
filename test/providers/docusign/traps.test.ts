/** What goes wrong with DocuSign where one does not know it. */
import { Headers, HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import {
  assertInclude,
  assertInstanceOf,
  assertNone,
  assertTrue,
  deepStrictEqual,
  strictEqual
} from "@effect/vitest/utils"
import { ConfigProvider, Duration, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { Holdfast, IntegrationError, Pagination } from "holdfast"
import {
  accountIdConfig,
  createGuarded,
  DocuSign,
  DocuSignRateLimit,
  Emulator,
  envelopes,
  findByTransaction,
  type Schemas
} from "holdfast/providers/docusign"
import * as Testing from "holdfast/testing"
import { Faults, Ledger } from "holdfast/testing"
import { refreshesOnce } from "../refreshing.js"
import * as Kit from "./kit.js"

const path = Kit.account

const guarded = (docusign: Kit.Client, transactionId: string) =>
  Effect.provideService(createGuarded({ path, payload: Kit.order(transactionId) }), DocuSign, docusign)

const found = (docusign: Kit.Client, transactionId: string) =>
  Effect.provideService(findByTransaction({ ...path, transactionId }), DocuSign, docusign)

describe("DocuSign", () => {
  it.scoped("numbers and truths are texts on the wire, and none here", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.inProcess()
      const { envelopeId } = yield* docusign.envelopes.create({
        path,
        payload: {
          ...Kit.order("a"),
          customFields: { textCustomFields: [{ name: "n", show: true, value: "A-1" }] },
          recipients: { signers: [{ email: "a@example.com", name: "A", recipientId: "1", routingOrder: 3 }] }
        }
      })
      const [page, response] = yield* docusign.envelopes.list({
        path,
        urlParams: { from_date: "1970-01-01" },
        withResponse: true
      })
      const [created] = yield* emulator.ledger
      const body = JSON.stringify(created?.body)
      assertTrue(body.includes("\"routingOrder\":\"3\"") && body.includes("\"show\":\"true\""))
      assertInclude(yield* response.text, "\"totalSetSize\":\"1\"")
      strictEqual(page.totalSetSize, 1)
      const [whole, answer] = yield* docusign.envelopes.get({
        path: { ...path, envelopeId },
        urlParams: { include: "recipients,custom_fields" },
        withResponse: true
      })
      assertInclude(yield* answer.text, "\"show\":\"true\"")
      deepStrictEqual(whole.customFields?.textCustomFields, [{ name: "n", show: true, value: "A-1" }])
      strictEqual(page.envelopes[0]?.customFields, undefined)
    }))

  for (const limitStatus of [400, 429] as const) {
    it.scoped(`a refusal for the rate whose status is ${limitStatus} is waited for`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(Date.UTC(2026, 10, 26, 8))
        const { docusign, emulator } = yield* Kit.withPolicies({
          limitStatus,
          rateLimit: Emulator.limits({ burst: 2 })
        }, { rateLimit: { read: false } })
        const calling = yield* Effect.fork(
          Effect.replicateEffect(docusign.accounts.get({ path }), 3, { discard: true })
        )
        yield* TestClock.adjust("29 seconds")
        deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 200, limitStatus])
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(calling)
        strictEqual((yield* emulator.ledger).at(-1)?.status, 200)
      }))
  }

  it.scoped("a refusal for the rate is sent again also of what creates: nothing was done", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.status(400, { body: Emulator.Bodies.burst })])
      })
      const calling = yield* Effect.fork(Kit.create(docusign, "order-1"))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(calling)
      deepStrictEqual({ ...Ledger.tally(yield* emulator.ledger, "envelopes") }, { "order-1": { created: 1 } })
    }))

  it.scoped("the limiter keeps to the half minute and to the hour, before DocuSign refuses", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 26, 8))
      const { docusign, emulator } = yield* Kit.withPolicies(
        { rateLimit: Emulator.limits({ burst: 5 }) },
        {
          bulkhead: false,
          rateLimit: { capacity: 1000, maxWait: "10 minutes", refillRate: 1000 },
          totalTimeout: "1 hour"
        }
      )
      const calling = yield* Effect.fork(Effect.replicateEffect(docusign.accounts.get({ path }), 12, { discard: true }))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(calling)
      strictEqual((yield* emulator.ledger).filter(({ status }) => status !== 200).length, 0)

      const now = Date.UTC(2026, 10, 26, 8)
      const headers = {
        "x-ratelimit-limit": "3000",
        "x-ratelimit-remaining": "7",
        "x-ratelimit-reset": String(now / 1000 + 60)
      }
      const read = (more: Readonly<Record<string, string>>) =>
        DocuSignRateLimit.read(Headers.fromInput({ ...headers, ...more }), now)?.remaining
      deepStrictEqual(
        [read({}), read({ "x-burstlimit-remaining": "9" }), read({ "x-burstlimit-remaining": "3" })],
        [7, 7, 3]
      )
    }))

  it.scoped("one envelope that is looked at too often holds nobody else", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.withPolicies({
        faults: Faults.script([
          Faults.ok,
          Faults.status(400, {
            body: Emulator.Bodies.of("Hourly_Envelope_Polling_Limit_Exceeded", "polled too often")
          })
        ])
      })
      const { envelopeId } = yield* Kit.create(docusign, "order-1")
      const error = yield* Effect.flip(docusign.envelopes.get({ path: { ...path, envelopeId }, urlParams: {} }))
      deepStrictEqual([error._tag, error.gaveUp], ["ConflictError", "retry-after"])
      yield* docusign.envelopes.list({ path, urlParams: { from_date: "1970-01-01" } })
      strictEqual((yield* emulator.ledger).length, 3)
    }))

  it.scoped("an envelope whose answer was lost is found by its transaction, and created once", () =>
    Effect.gen(function*() {
      for (const fault of [Faults.resetAfter, Faults.halfBody]) {
        const { docusign, emulator } = yield* Kit.withPolicies({ faults: Faults.script([fault]) })
        const { envelopeId, status } = yield* guarded(docusign, "order-1")
        strictEqual(status, "sent")
        deepStrictEqual([...(yield* emulator.state).envelopes.keys()], [envelopeId])
      }
    }))

  it.scoped("where none is found, the first error stands, and nothing is created for it", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.inProcess({ faults: Faults.script([Faults.resetBefore]) })
      const lost = yield* Effect.fork(Effect.flip(guarded(docusign, "order-1")))
      yield* TestClock.adjust("3 seconds")
      strictEqual((yield* Fiber.join(lost))._tag, "NetworkError")
      const down = yield* Kit.inProcess({ faults: Faults.script([Faults.resetAfter, Faults.status(503)]) })
      strictEqual((yield* Effect.flip(guarded(down.docusign, "order-1")))._tag, "NetworkError")
      strictEqual((yield* emulator.state).envelopes.size, 0)
      assertNone(yield* found(docusign, "order-1"))
    }))

  it.scoped("what is refused is not looked for", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.inProcess()
      const payload = { status: "sent", templateId: "no-such-template", transactionId: "order-1" } as const
      const error = yield* Effect.flip(
        Effect.provideService(createGuarded({ path, payload }), DocuSign, docusign)
      )
      assertInstanceOf(error, IntegrationError.NotFoundError)
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("a transaction is known for seven days, and blocks no second envelope", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.inProcess()
      const { envelopeId } = yield* Kit.create(docusign, "order-1")
      yield* TestClock.adjust("6 days")
      strictEqual(Option.getOrThrow(yield* found(docusign, "order-1")).envelopeId, envelopeId)
      yield* TestClock.adjust("1 day")
      assertNone(yield* found(docusign, "order-1"))
      yield* Kit.create(docusign, "order-1")
      strictEqual((yield* emulator.state).envelopes.size, 2)
    }))

  it.scoped("positions begin with 0, and a list ends where all are read, also from its middle", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.inProcess()
      yield* Effect.forEach([1, 2, 3, 4, 5], (number) => Kit.create(docusign, `order-${number}`))
      const read = (urlParams: typeof Schemas.EnvelopeListParams.Type) =>
        Stream.runCollect(Stream.map(
          Pagination.items(docusign.envelopes.list, envelopes, { path, urlParams }),
          ({ transactionId }) => transactionId
        ))
      const all = yield* read({ count: 2, from_date: "1970-01-01" })
      deepStrictEqual([...all], [1, 2, 3, 4, 5].map((number) => `order-${number}`))
      const rest = yield* read({ count: 2, from_date: "1970-01-01", start_position: 3 })
      deepStrictEqual([...rest], ["order-4", "order-5"])
      deepStrictEqual(
        (yield* emulator.ledger).filter(({ method }) => method === "GET").map(({ query }) => query.start_position),
        [undefined, "2", "4", "3"]
      )
    }))

  it.scoped("a list without a beginning, an account by its number, a document without an id do not leave", () =>
    Effect.gen(function*() {
      const { docusign, emulator } = yield* Kit.inProcess()
      const of = { ...path, envelopeId: Kit.accountId }
      const refused: ReadonlyArray<readonly [string, Effect.Effect<unknown, IntegrationError.IntegrationError>]> = [
        ["one of from_date", docusign.envelopes.list({ path, urlParams: { status: "sent" } })],
        ["a GUID", docusign.accounts.get({ path: { accountId: "12345678" } })],
        ["has documents, or a template", docusign.envelopes.create({ path, payload: { status: "sent" } })],
        [
          "a positive number as a text",
          docusign.envelopes.create({
            path,
            payload: { documents: [{ documentBase64: "YQ==", documentId: "x", name: "n" }], status: "created" }
          })
        ],
        // none of these may pass for a change of nothing, after which the envelope would still be signed
        ["voidedReason", docusign.envelopes.update({ path: of, payload: { status: "voided", voidedReason: "" } })],
        [
          "voidedReason",
          docusign.envelopes.update({ path: of, payload: { status: "voided", voidedReason: "a".repeat(201) } })
        ],
        ["status", docusign.envelopes.update({ path: of, payload: { status: "void" } as never })]
      ]
      for (const [message, call] of refused) {
        const error = yield* Effect.flip(call)
        assertInstanceOf(error, IntegrationError.ValidationError)
        assertInclude(error.message, message)
      }
      strictEqual((yield* emulator.ledger).length, 0)
    }))

  it.scoped("each refresh brings another refresh token: calls that come together make one, and what it brings is stored", () =>
    refreshesOnce({
      emulator: Emulator.make,
      integration: "docusign",
      layer: DocuSign.layer({ baseUrl: "https://docusign.example", policy: { rateLimit: false } }),
      lifetime: Duration.hours(8),
      probe: Effect.flatMap(DocuSign, ({ accounts }) => accounts.get({ path: Kit.account }))
    }))

  it.scoped("layerConfig wants the account's own host, and no path on it", () =>
    Effect.gen(function*() {
      const sent = (variables: Readonly<Record<string, string>>) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const emulator = yield* Emulator.make()
          const client = HttpClient.mapRequest(Testing.Emulator.httpClient(emulator), (request) => {
            seen.push(request.url)
            return request
          })
          yield* Effect.flatMap(
            accountIdConfig,
            (accountId) => Effect.flatMap(DocuSign, (docusign) => docusign.accounts.get({ path: { accountId } }))
          ).pipe(
            Effect.provide(DocuSign.layerConfig.pipe(
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
            )),
            Effect.withConfigProvider(ConfigProvider.fromMap(
              new Map(Object.entries({
                DOCUSIGN_ACCESS_TOKEN: "fake-token",
                DOCUSIGN_ACCOUNT_ID: Kit.accountId,
                ...variables
              }))
            ))
          )
          return seen
        })
      const path = `/restapi/v2.1/accounts/${Kit.accountId}`
      deepStrictEqual(yield* sent({ DOCUSIGN_BASE_URI: "https://eu.docusign.net" }), [`https://eu.docusign.net${path}`])
      deepStrictEqual(yield* sent({ DOCUSIGN_BASE_URL: "http://127.0.0.1:4015" }), [`http://127.0.0.1:4015${path}`])
      assertInclude(String(yield* Effect.flip(sent({}))), "DOCUSIGN_BASE_URI")
      const wrong = { DOCUSIGN_BASE_URI: "https://eu.docusign.net/restapi" }
      assertInclude(String(yield* Effect.flip(sent(wrong))), "without /restapi")
      const numbered = { DOCUSIGN_ACCOUNT_ID: "12345678", DOCUSIGN_BASE_URI: "https://eu.docusign.net" }
      assertInclude(String(yield* Effect.flip(sent(numbered))), "a GUID")
    }))

  it.scoped("without a host no token goes anywhere but where nobody is", () =>
    Effect.sync(() => {
      assertTrue(new URL(DocuSign.definition.baseUrl).hostname.endsWith(".invalid"))
    }))
})
