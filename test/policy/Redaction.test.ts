/**
 * Nothing that is a secret goes into a dead letter, and what a letter lacks for that is either put back by the credential
 * of its replay, or said.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, HttpClient, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Logger, LogLevel, Redacted, Schema } from "effect"
import {
  Auth,
  Credentials,
  type DeadLettering,
  DeadLetterQueue,
  Holdfast,
  Integration,
  IntegrationClient,
  IntegrationContext,
  Operation,
  Resilience
} from "holdfast"
import * as Kit from "../kit.js"

const Charge = Schema.Struct({
  amount: Schema.Int,
  card: Schema.optional(Schema.Struct({ number: Schema.String })),
  note: Schema.optional(Schema.String)
})

const api = HttpApi.make("bank").add(
  HttpApiGroup.make("charges")
    .add(
      HttpApiEndpoint.post("plain", "/charges").setPayload(Charge).setHeaders(
        Schema.Struct({ "x-note": Schema.optional(Schema.String) })
      ).setUrlParams(Schema.Struct({ api_key: Schema.optional(Schema.String), q: Schema.optional(Schema.String) }))
    )
    .add(
      HttpApiEndpoint.post("create", "/charges/create").setPayload(Charge).annotate(Operation.Redact, ["card.number"])
    )
    .add(
      HttpApiEndpoint.post("form", "/charges/form")
        .setPayload(HttpApiSchema.withEncoding(Schema.Struct({ amount: Schema.String, pin: Schema.String }), {
          kind: "UrlParams"
        }))
        .annotate(Operation.Redact, ["pin"])
    )
    .add(HttpApiEndpoint.post("inPath", "/bot/:token/send").setPath(Schema.Struct({ token: Schema.String })))
)

const retry: Resilience.Options = { circuitBreaker: false, rateLimit: false, retry: { maxAttempts: 1 } }

const make = (provider: Kit.Provider, options: {
  readonly auth?: Auth.Auth
  readonly credential?: Credentials.Credential
  readonly deadLettering?: DeadLettering.Options
} = {}) =>
  Effect.gen(function*() {
    const definition = Integration.define({
      api,
      auth: options.auth ?? Auth.bearer,
      baseUrl: "https://bank.example",
      id: "bank",
      name: "Bank",
      version: "1"
    })
    const state = yield* Layer.build(Holdfast.layerMemory)
    const stack = Resilience.layer({ ...retry, deadLettering: options.deadLettering ?? {} }).pipe(
      Layer.provide(IntegrationClient.layer(definition)),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)),
      Layer.provide(
        Credentials.layer(options.credential ?? Credentials.Bearer({ token: Redacted.make("t0p-secret-token") }))
      )
    )
    const context = yield* Effect.provide(Layer.build(stack), state)
    return {
      bank: yield* Effect.provide(Integration.client(definition), context),
      queue: yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, state)
    }
  })

const lastOf = (queue: DeadLetterQueue.DeadLetterQueue["Type"]) =>
  Effect.map(queue.list({}, { order: "newest" }), ({ items }) => {
    if (items[0] === undefined) throw new Error("nothing was captured")
    return items[0]
  })

describe("what a dead letter does not keep", () => {
  it.scoped("a secret of the query, which the credential of the replay puts back", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const { bank, queue } = yield* make(provider, {
        auth: Auth.query("API-Key"),
        credential: Credentials.ApiKey({ key: Redacted.make("the-new-key") }),
        deadLettering: { secretQuery: ["api_key", "q"] }
      })
      yield* Effect.flip(
        bank.charges.plain({ headers: {}, payload: { amount: 1 }, urlParams: { api_key: "k3y&=", q: "p1n" } })
      )
      const letter = yield* lastOf(queue)
      strictEqual(letter.request.url, "/charges?api_key=REDACTED&q=REDACTED")
      strictEqual(letter.request.redacted, undefined)
      // the one that is not the credential's is missing: nothing is sent, and the letter is not lost
      const sent = provider.count
      const error = yield* Effect.flip(queue.replay(letter.id))
      strictEqual(error._tag, "AuthenticationError")
      assertInclude(error.message, "api_key, q")
      strictEqual(provider.count, sent)
      strictEqual((yield* queue.get(letter.id)).state, "pending")
    }))

  it.scoped("a secret of the query by its name, in whichever way it is written", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const { bank, queue } = yield* make(provider, {
        auth: Auth.query("api_key"),
        credential: Credentials.ApiKey({ key: Redacted.make("the-new-key") })
      })
      yield* Effect.flip(
        bank.charges.plain({ headers: {}, payload: { amount: 1 }, urlParams: { api_key: "an-old-key", q: "a b" } })
      )
      const letter = yield* lastOf(queue)
      strictEqual(letter.request.url, "/charges?api_key=REDACTED&q=a+b")
      yield* queue.replay(letter.id)
      const [, again] = provider.requests
      deepStrictEqual(Object.fromEntries(again?.urlParams ?? []), { api_key: "the-new-key", q: "a b" })
    }))

  const echoing: ReadonlyArray<readonly [string, Credentials.Credential, Auth.Auth, string]> = [
    [
      "a bearer token",
      Credentials.Bearer({ token: Redacted.make("tok/en+with=signs") }),
      Auth.bearer,
      "tok/en+with=signs"
    ],
    ["an API key", Credentials.ApiKey({ key: Redacted.make("k\"ey-in-json") }), Auth.apiKey("x-key"), "k\"ey-in-json"],
    [
      "a password",
      Credentials.Basic({ password: Redacted.make("pass word!"), username: "me" }),
      Auth.basic,
      "pass word!"
    ],
    [
      "a password with its user",
      Credentials.Basic({ password: Redacted.make("pass word2"), username: "me" }),
      Auth.basic,
      Buffer.from("me:pass word2").toString("base64")
    ]
  ]
  for (const [what, credential, auth, secret] of echoing) {
    it.scoped(`${what}, wherever it is: in the URL, a header, the body, what the provider answers, what the caller adds`, () =>
      Effect.gen(function*() {
        const lines: Array<string> = []
        const logger = Logger.map(Logger.jsonLogger, (line) => lines.push(line))
        const answer = Kit.status(500, {}, {
          code: `E-${secret}`,
          errors: [{ [`for ${secret}`]: { deep: [`x${secret}y`] } }],
          message: `the credential ${secret} is unknown`
        })
        const { bank, queue } = yield* make(new Kit.Provider(answer), {
          auth,
          credential,
          deadLettering: { headers: ["x-note"] }
        })
        const error = yield* bank.charges.plain({
          headers: { "x-note": secret },
          payload: { amount: 1, note: `my ${secret}` },
          urlParams: { q: secret }
        }).pipe(
          Effect.flip,
          IntegrationContext.provide({ metadata: { note: secret } }),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
          Logger.withMinimumLogLevel(LogLevel.All)
        )
        const letter = yield* lastOf(queue)
        const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
        const where = {
          error: JSON.stringify(error) + error.message + error.stack,
          history: JSON.stringify(yield* queue.history(letter.id)),
          letter: JSON.stringify(yield* Schema.encode(DeadLetterQueue.DeadLetter)(letter)),
          logs: lines.join("\n")
        }
        for (const [place, text] of Object.entries(where)) {
          for (const form of forms) strictEqual(text.includes(form), false, `${form} is in ${place}`)
        }
        assertTrue(where.logs.includes("the credential REDACTED is unknown"))
        strictEqual(letter.request.url, "/charges?q=REDACTED")
        deepStrictEqual(letter.metadata, { note: "REDACTED" })
        deepStrictEqual(letter.request.redacted, ["headers.x-note", "body"])
        // it says so, and is not sent with a hole in it
        const refused = yield* Effect.flip(queue.replay(letter.id))
        strictEqual(refused._tag === "ReplayRefusedError" && refused.reason, "redacted")
        assertInclude(refused.message, "headers.x-note, body")
      }))
  }

  it.scoped("a credential in the path, and who calls in the URL", () =>
    Effect.gen(function*() {
      const { bank, queue } = yield* make(new Kit.Provider(Kit.status(500)), {
        credential: Credentials.ApiKey({ key: Redacted.make("123456:abcdef") }),
        auth: Auth.apiKey("x-unused")
      })
      yield* Effect.flip(bank.charges.inPath({ path: { token: "123456:abcdef" } }))
      const letter = yield* lastOf(queue)
      deepStrictEqual([letter.request.url, letter.request.redacted], ["/bot/REDACTED/send", ["url"]])
    }))

  it.scoped("a credential in bytes that are no text", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      Credentials.protect(Credentials.Bearer({ token: Redacted.make("t0p-secret-token") }))
      const context = yield* Layer.build(Holdfast.layerMemory)
      const stack = yield* Effect.provide(
        Layer.build(Layer.provide(Resilience.layer(retry), provider.layer)),
        context
      )
      const client = yield* Effect.provide(IntegrationClient.IntegrationClient, stack)
      const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("t0p-secret-token")])
      yield* Effect.flip(client.execute(HttpClientRequest.bodyUint8Array(HttpClientRequest.post("/raw"), bytes)))
      const letters = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, context)
      const letter = yield* lastOf(letters)
      deepStrictEqual([letter.request.body, letter.request.redacted], [undefined, ["body"]])
    }))
})

describe("the body of an operation", () => {
  it.scoped("lacks what its declaration says, in what the provider repeats too", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500, {}, { message: "no card 4111222233334444" }))
      const { bank, queue } = yield* make(provider)
      const card = { number: "4111222233334444" }
      const error = yield* Effect.flip(bank.charges.create({ payload: { amount: 1, card } }))
      strictEqual(error.message, "HTTP 500: no card REDACTED")
      const letter = yield* lastOf(queue)
      deepStrictEqual(letter.request.body, { _tag: "Text", value: `{"amount":1,"card":{"number":"REDACTED"}}` })
      deepStrictEqual(letter.request.redacted, ["body.card.number"])
      deepStrictEqual(letter.error.details, { message: "no card REDACTED" })
      // what was sent was whole
      const sent = provider.requests[0]?.body
      strictEqual(sent?._tag === "Uint8Array" && new TextDecoder().decode(sent.body).includes(card.number), true)
      const refused = yield* Effect.flip(queue.replay(letter.id))
      assertInclude(refused.message, "body.card.number")
      deepStrictEqual(yield* queue.replayAll(), { failed: 0, replayed: 0, selected: 1, skipped: 1 })
    }))

  it.scoped("of an error that is not captured, too", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(422, {}, { message: "no card 4111222233334444" }))
      const { bank } = yield* make(provider)
      const error = yield* Effect.flip(
        bank.charges.create({ payload: { amount: 1, card: { number: "4111222233334444" } } })
      )
      deepStrictEqual([error._tag, error.message, error.deadLettered], [
        "ValidationError",
        "HTTP 422: no card REDACTED",
        undefined
      ])
    }))

  it.scoped("is whole, and can be replayed, where there is nothing of it", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const { bank, queue } = yield* make(provider)
      yield* Effect.flip(bank.charges.create({ payload: { amount: 1 } }))
      const letter = yield* lastOf(queue)
      strictEqual(letter.request.redacted, undefined)
      strictEqual((yield* queue.replay(letter.id)).state, "replayed")
    }))

  it.scoped("of a form lacks its fields", () =>
    Effect.gen(function*() {
      const { bank, queue } = yield* make(new Kit.Provider(Kit.status(500)))
      yield* Effect.flip(bank.charges.form({ payload: { amount: "1", pin: "987654" } }))
      const letter = yield* lastOf(queue)
      deepStrictEqual(letter.request.body, { _tag: "Text", value: "amount=1&pin=REDACTED" })
      deepStrictEqual(letter.request.redacted, ["body.pin"])
    }))

  const rules: ReadonlyArray<
    readonly [string, Operation.Redaction, string | undefined, ReadonlyArray<string> | undefined]
  > = [
    ["every path that there is", ["card.*", "nothing.*.here"], `{"amount":1,"card":{"number":"REDACTED"},"note":"n"}`, [
      "body.card.number"
    ]],
    ["a path that ends at an object", ["card"], `{"amount":1,"card":"REDACTED","note":"n"}`, ["body.card"]],
    ["a function", () => ({ amount: 1 }), `{"amount":1}`, ["body"]],
    [
      "a function that changes nothing",
      (body) => body,
      `{"amount":1,"card":{"number":"4111222233334444"},"note":"n"}`,
      undefined
    ],
    [
      "a function that throws",
      () => {
        throw new Error("a bug")
      },
      undefined,
      ["body"]
    ]
  ]
  for (const [what, rule, value, redacted] of rules) {
    it.scoped(`is redacted by an option of the policy: ${what}`, () =>
      Effect.gen(function*() {
        const { bank, queue } = yield* make(new Kit.Provider(Kit.status(500)), {
          deadLettering: { redact: { "charges.plain": rule } }
        })
        yield* Effect.flip(
          bank.charges.plain({
            headers: {},
            payload: { amount: 1, card: { number: "4111222233334444" }, note: "n" },
            urlParams: {}
          })
        )
        const letter = yield* lastOf(queue)
        deepStrictEqual(letter.request.body, value === undefined ? undefined : { _tag: "Text", value })
        deepStrictEqual(letter.request.redacted, redacted)
      }))
  }
})
