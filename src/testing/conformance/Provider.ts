/**
 * What every provider must do, whatever it is for. A third party's provider proves itself by calling `suite` in a spec of
 * its own.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import * as Credentials from "../../auth/Credentials.js"
import * as Integration from "../../core/Integration.js"
import * as IntegrationContext from "../../core/IntegrationContext.js"
import { type IntegrationError, UnavailableError } from "../../core/IntegrationError.js"
import type * as Provider from "../../platform/Provider.js"
import * as WebhookScheme from "../../webhook/WebhookScheme.js"
import * as Emulator from "../Emulator.js"
import * as Faults from "../Faults.js"
import * as Clients from "../internal/clients.js"
import type * as Ledger from "../Ledger.js"
import type { TestLayer } from "../TestLayer.js"
import * as Altered from "./internal/alteredAnswers.js"
import { authorizedBy, secretsOf } from "./internal/providerCredentials.js"
import { written } from "./internal/writtenRequests.js"

/**
 * One documented error, and what becomes of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorCase {
  readonly name: string
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Objects are sent as JSON, texts as they are. */
  readonly body?: unknown
  readonly expect: {
    readonly _tag: IntegrationError["_tag"]
    readonly code?: string | undefined
    readonly retryable?: boolean | undefined
    readonly retryAfter?: Duration.DurationInput | undefined
    /** A part of the message. */
    readonly message?: string | undefined
    readonly issues?: ReadonlyArray<{ readonly path: string; readonly message: string }> | undefined
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<I, D extends Provider.Definition, State> {
  readonly tag: Context.Tag<I, Integration.Client<D>>
  readonly definition: D
  readonly emulator: (options: Emulator.Options) => Effect.Effect<Emulator.Emulator<State>>
  readonly layerTest: TestLayer<I, never>
  /** Two fake ones of the same kind. */
  readonly credentials: readonly [Credentials.Credential, Credentials.Credential]
  /** Every operation once or more, with what it answers checked. The same requests in the same order each time. */
  readonly calls: (
    client: Integration.Client<D>,
    emulator: Emulator.Emulator<State>
  ) => Effect.Effect<unknown, IntegrationError>
  /** One safe call that works on an empty account, which is given the errors below for an answer. */
  readonly probe: (client: Integration.Client<D>) => Effect.Effect<unknown, IntegrationError>
  /** At least one for each class of error that the provider documents. */
  readonly errors: ReadonlyArray<ErrorCase>
  /** Answers that an older version of the declaration would not know: members of enumerations, absent fields. */
  readonly tolerates: ReadonlyArray<{
    readonly name: string
    readonly body: unknown
    readonly call: (client: Integration.Client<D>) => Effect.Effect<unknown, IntegrationError>
  }>
  /** Fields whose objects are maps from names to values, in which an unknown name is a value of that map. */
  readonly maps?: ReadonlyArray<string> | undefined
  /** A list for each way in which the provider pages. */
  readonly lists: ReadonlyArray<{
    readonly operation: string
    /** So that there are several pages. */
    readonly fill: (
      client: Integration.Client<D>,
      emulator: Emulator.Emulator<State>
    ) => Effect.Effect<unknown, IntegrationError>
    readonly stream: (client: Integration.Client<D>) => Stream.Stream<unknown, IntegrationError>
    readonly items: number
    readonly pages: number
  }>
  /** What the provider sends, where it sends webhooks that are signed. */
  readonly webhook?: {
    readonly secrets: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
    /** With which it signs, where the secrets can only verify: the private key of the first. Default: the first. */
    readonly signsWith?: Redacted.Redacted | undefined
    readonly url: string
    readonly body: string
    readonly contentType?: string | undefined
  } | undefined
  /** The file that holds the requests as they are sent, from the spec's folder. */
  readonly requests: string
}

/**
 * @since 0.1.0
 * @category suites
 */
export const suite = <I, D extends Provider.Definition, State>(options: Options<I, D, State>): void => {
  const { definition, tag } = options
  const [good, other] = options.credentials
  const secrets = options.credentials.flatMap(secretsOf)
  type Client = Integration.Client<D>

  const bare = (
    http: HttpClient.HttpClient,
    credentials: Layer.Layer<Credentials.Credentials> = Credentials.layer(good)
  ): Effect.Effect<Client, never, Scope.Scope> =>
    Effect.map(Layer.build(Clients.bare({ credentials, definition, http, tag })), Context.get(tag))

  const start = (emulatorOptions: Emulator.Options = {}) =>
    Effect.gen(function*() {
      const emulator = yield* options.emulator(emulatorOptions)
      const http = Emulator.httpClient(emulator)
      return { client: yield* bare(http), emulator, http }
    })

  const standard = (
    http: HttpClient.HttpClient,
    policy: Provider.Options["policy"]
  ): Effect.Effect<Client, never, Scope.Scope> =>
    Effect.map(
      Layer.build(Clients.standard({ credentials: Credentials.layer(good), definition, http, policy, tag })),
      Context.get(tag)
    )

  const tellsNoSecret = (error: IntegrationError) => {
    for (const text of [inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error), String(error)]) {
      for (const secret of secrets) assert.isFalse(text.includes(secret), "an error tells a secret")
    }
  }

  const failure = (effect: Effect.Effect<unknown, IntegrationError>) => Effect.tap(Effect.flip(effect), tellsNoSecret)

  const answered = (answer: Pick<ErrorCase, "body" | "headers" | "status">): Faults.Fault =>
    Faults.status(answer.status, { body: answer.body, headers: answer.headers ?? {} })

  const operations = Integration.operationsOf(definition).map(({ name }) => name)

  const succeeded = (entries: ReadonlyArray<Ledger.Entry>) =>
    entries.every(({ processed, status }) => processed && status !== undefined && status < 300)

  describe(`provider ${definition.id}`, () => {
    it("is described", () => {
      for (const field of ["category", "docs", "health", "popularity"] as const) {
        assert.isDefined(definition[field], `${field} of its definition`)
      }
      assert.isTrue(URL.canParse(definition.docs!))
      assert.isTrue(definition.popularity! >= 1 && definition.popularity! <= 100)
      for (const field of ["capabilities", "credentials", "limits"] as const) {
        assert.isAbove(definition[field]?.length ?? 0, 0, `${field} of its definition`)
      }
      assert.include(definition.credentials!, good._tag)
    })

    it.scoped("every operation does what it promises", () =>
      Effect.gen(function*() {
        const { client, emulator } = yield* start()
        yield* options.calls(client, emulator)
        const entries = yield* emulator.ledger
        assert.deepStrictEqual([...new Set(entries.map(({ operation }) => operation))].sort(), [...operations].sort())
        assert.isTrue(succeeded(entries))
      }))

    it.scoped("what is sent is what was looked at", () =>
      Effect.gen(function*() {
        const { emulator, http } = yield* start()
        const own = definition.policy?.idempotencyKey
        // a provider that honours keys would take two calls under one for one call
        let calls = 0
        const client = yield* standard(http, {
          bulkhead: false,
          hedge: false,
          rateLimit: false,
          retry: false,
          ...(own === undefined ? undefined : { idempotencyKey: { ...own, make: () => `key-of-call-${++calls}` } })
        })
        yield* IntegrationContext.provide(options.calls(client, emulator), { correlationId: "id-of-the-calls" })
        const text = written(yield* emulator.ledger)
        yield* Effect.promise(() => expect(text).toMatchFileSnapshot(options.requests))
      }))

    it.scoped("fields that nobody knows yet are passed over", () =>
      Effect.gen(function*() {
        const { emulator, http } = yield* start()
        const client = yield* bare(Altered.withUnknownFields(http, options.maps ?? []))
        yield* options.calls(client, emulator)
        assert.isTrue(succeeded(yield* emulator.ledger))
      }))

    it.scoped.each(options.tolerates)("is read all the same: $name", ({ body, call }) =>
      Effect.gen(function*() {
        const { client } = yield* start({ faults: Faults.script([answered({ body, status: 200 })]) })
        yield* call(client)
      }))

    it.scoped("JSON that is cut off is a ResponseDecodeError, of every operation", () =>
      Effect.gen(function*() {
        const recorded = yield* start()
        const answers = Altered.recorder(recorded.http)
        yield* options.calls(yield* bare(answers.client), recorded.emulator)
        const asked = yield* recorded.emulator.ledger
        const seen = new Set<string>()
        for (const [index, { operation }] of asked.entries()) {
          if (seen.has(operation) || !answers.isJson(index)) continue
          seen.add(operation)
          const { emulator, http } = yield* start()
          const error = yield* failure(options.calls(yield* bare(Altered.withCutJson(http, index)), emulator))
          assert.deepInclude(error, { _tag: "ResponseDecodeError", operation })
        }
        assert.isAbove(seen.size, 0)
      }))

    it.scoped.each(options.errors)("error: $name", (one) =>
      Effect.gen(function*() {
        const { client } = yield* start({ faults: Faults.script([answered(one)]) })
        const error = yield* failure(options.probe(client))
        const { issues, message, retryAfter, ...fields } = one.expect
        const seen: Readonly<Record<string, unknown>> = { ...error, _tag: error._tag }
        assert.deepInclude(seen, { ...fields, status: one.status }, error.message)
        if (message !== undefined) assert.include(error.message, message)
        if (retryAfter !== undefined) {
          assert.strictEqual(error.retryAfter && Duration.toMillis(error.retryAfter), Duration.toMillis(retryAfter))
        } else assert.isUndefined(error.retryAfter)
        if (issues !== undefined) {
          assert.strictEqual(error._tag, "ValidationError")
          assert.deepStrictEqual(
            error._tag === "ValidationError" ? error.issues.map(({ message, path }) => ({ message, path })) : [],
            issues
          )
        }
      }))

    it.scoped.each(
      options.errors.filter(({ expect }) => expect.retryAfter !== undefined && expect.retryable !== false)
    )("waits as long as it is asked to: $name", (one) =>
      Effect.gen(function*() {
        const wait = Duration.decode(one.expect.retryAfter!)
        const { emulator, http } = yield* start({ faults: Faults.script([answered(one)]) })
        const client = yield* standard(http, {
          retry: { jitter: "none", maxAttempts: 2, maxRetryAfter: "1 hour" },
          totalTimeout: "2 hours"
        })
        const calling = yield* Effect.fork(options.probe(client))
        yield* TestClock.adjust(Duration.subtract(wait, "1 millis"))
        assert.lengthOf(yield* emulator.ledger, 1)
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(calling)
        assert.lengthOf(yield* emulator.ledger, 2)
      }))

    it.scoped("a connection that breaks is a NetworkError", () =>
      Effect.gen(function*() {
        for (const fault of [Faults.resetBefore, Faults.resetAfter]) {
          const { client } = yield* start({ faults: Faults.script([fault]) })
          assert.deepInclude(yield* failure(options.probe(client)), { _tag: "NetworkError", retryable: true })
        }
      }))

    it.scoped("a credential that is refused is asked for anew, once", () =>
      Effect.gen(function*() {
        const authorize = yield* authorizedBy(definition, other)
        const renewed = Layer.succeed(Credentials.Credentials, {
          afterRefusal: () => Effect.succeedSome(other),
          get: () => Effect.succeed(good)
        })
        const emulator = yield* options.emulator({ authorize })
        const client = yield* bare(Emulator.httpClient(emulator), renewed)
        yield* options.probe(client)
        assert.deepStrictEqual((yield* emulator.ledger).map(({ processed }) => processed), [false, true])

        const closed = yield* options.emulator({ authorize: () => false })
        const refused = yield* failure(options.probe(yield* bare(Emulator.httpClient(closed), renewed)))
        assert.deepInclude(refused, { _tag: "AuthenticationError", retryable: false })
        assert.lengthOf(yield* closed.ledger, 2)
      }))

    it("has a list here for every way in which it pages", () => {
      const kinds = (names: ReadonlyArray<string>) =>
        [...new Set(names.map((name) => definition.pagination?.[name]?.kind))].sort()
      assert.deepStrictEqual(
        kinds(options.lists.map(({ operation }) => operation)),
        kinds(Object.keys(definition.pagination ?? {}))
      )
    })

    it.scoped.each(options.lists)("lists to the end: $operation", (list) =>
      Effect.gen(function*() {
        const { client, emulator } = yield* start()
        yield* list.fill(client, emulator)
        const before = (yield* emulator.ledger).length
        assert.strictEqual(yield* Stream.runCount(list.stream(client)), list.items)
        const pages = (yield* emulator.ledger).slice(before)
        assert.isTrue(succeeded(pages))
        assert.strictEqual(pages.length, list.pages)
        // nobody asks for what nobody reads
        assert.strictEqual(yield* Stream.runCount(Stream.take(list.stream(client), 1)), 1)
        assert.lengthOf(yield* emulator.ledger, before + list.pages + 1)
      }))

    it.scoped.each(options.lists)("a list that repeats itself is ended: $operation", (list) =>
      Effect.gen(function*() {
        const { client, emulator, http } = yield* start()
        yield* list.fill(client, emulator)
        const repeating = yield* bare(Altered.repeated(http))
        const error = yield* failure(Stream.runDrain(list.stream(repeating)))
        assert.deepInclude(error, {
          _tag: "ResponseDecodeError",
          integration: definition.id,
          operation: list.operation
        })
      }))

    it.scoped("its layer for specs works without network, and takes replacements", () =>
      Effect.gen(function*() {
        const probe = Effect.flatMap(tag, options.probe)
        yield* Effect.provide(probe, options.layerTest)
        const { client, emulator } = yield* start()
        yield* options.probe(client)
        const operation = (yield* emulator.ledger)[0]!.operation
        const [group = "", endpoint] = operation.split(".")
        const error = new UnavailableError({ integration: definition.id, message: "replaced", operation })
        const replacement = () => Effect.fail(error)
        // by name, which the types of one provider would check
        const replaced = options.layerTest(
          (endpoint === undefined ? { [group]: replacement } : { [group]: { [endpoint]: replacement } }) as never
        )
        assert.strictEqual(yield* Effect.flip(Effect.provide(probe, replaced)), error)
      }))

    it("its webhooks are signed and verified", () => {
      const scheme = definition.webhook
      assert.strictEqual(scheme === undefined, options.webhook === undefined)
      if (scheme === undefined || options.webhook === undefined) return
      const { body, contentType, secrets, signsWith = secrets[0], url } = options.webhook
      const now = DateTime.unsafeMake(1_800_000_000_000)
      const request: WebhookScheme.WebhookRequest = {
        body: new TextEncoder().encode(body),
        headers: { "content-type": contentType ?? "application/json" },
        method: "POST",
        url
      }
      const signed = Either.getOrThrow(WebhookScheme.sign(request, { now, scheme, secret: signsWith }))
      assert.isTrue(Either.isRight(WebhookScheme.verify(signed, { now, scheme, secrets })))
      const changed = { ...signed, body: new TextEncoder().encode(`${body} `) }
      assert.isTrue(Either.isLeft(WebhookScheme.verify(changed, { now, scheme, secrets })))
      assert.isTrue(Either.isLeft(WebhookScheme.verify(request, { now, scheme, secrets })))
    })
  })
}
