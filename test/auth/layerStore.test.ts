/** Credentials from a store, in calls: at hand, invalidated, refused with a 401, and with the store away. */
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Logger, LogLevel, Redacted, TestClock } from "effect"
import {
  Auth,
  Call,
  Credentials,
  CredentialStore,
  Integration,
  IntegrationClient,
  IntegrationContext,
  Operation
} from "holdfast"
import { inspect } from "node:util"
import * as Kit from "../kit.js"
import { apiKey } from "./stores.js"

const definition = Integration.define({
  api: Kit.definition.api,
  auth: Auth.apiKey("x-key"),
  baseUrl: "https://shop.example",
  id: "shop",
  name: "Shop",
  version: "1"
})

/** A provider that takes only the keys in this set. */
const world = (accepted: Set<string>, options: Credentials.StoreOptions & { readonly isTold?: boolean } = {}) =>
  Effect.gen(function*() {
    const memory = yield* CredentialStore.makeMemory
    const fault = { current: Effect.void as Effect.Effect<void, CredentialStore.CredentialStoreError> }
    let reads = 0
    const store: CredentialStore.Service = {
      ...memory,
      // of what another process writes, nobody is told
      subscribe: (listener) => options.isTold === false ? Effect.void : memory.subscribe(listener),
      get: (ref) =>
        Effect.zipRight(
          Effect.suspend(() => {
            reads++
            return fault.current
          }),
          memory.get(ref)
        )
    }
    const sent: Array<string> = []
    const provider = new Kit.Provider((request) =>
      Effect.sync(() => {
        const key = request.headers["x-key"] ?? ""
        sent.push(key)
        return accepted.has(key)
          ? Response.json({ id: "1" })
          : Response.json({ message: `not ${key}` }, { status: 401 })
      })
    )
    const credentials = Layer.provide(
      Credentials.layerStore(options),
      Layer.succeed(CredentialStore.CredentialStore, store)
    )
    const context = yield* Layer.build(
      Layer.provideMerge(
        Layer.provide(IntegrationClient.layer(definition), Layer.succeed(HttpClient.HttpClient, provider.client)),
        credentials
      )
    )
    const client = yield* Effect.provide(Integration.client(definition), context)
    return {
      call: client.items.get({ path: { id: "1" } }),
      client,
      context,
      credentials: Context.get(context, Credentials.Credentials),
      fault,
      memory,
      reads: () => reads,
      sent: () => sent.splice(0),
      store
    }
  })

const shop = { integration: "shop" }
const away = new CredentialStore.CredentialStoreError({ message: "the database is away", reason: "storage" })

describe("Credentials.layerStore", () => {
  it.scoped("one that is at hand is an Exit; what this process writes takes effect at once", () =>
    Effect.gen(function*() {
      const { call, credentials, reads, sent, store } = yield* world(new Set(["fake-1", "fake-2"]))
      yield* store.put(shop, apiKey("fake-1"))
      yield* call
      yield* call
      assert.strictEqual(reads(), 1)
      const operation = Operation.make({ integration: "shop", method: "GET", name: "get", template: "/" })
      const atHand = credentials.get(new Call.Call(operation, {}, undefined))
      assert.isTrue(Exit.isExit(atHand))
      yield* store.put(shop, apiKey("fake-2"))
      yield* call
      assert.deepStrictEqual(sent(), ["fake-1", "fake-1", "fake-2"])
      yield* store.remove(shop)
      const error = yield* Effect.flip(call)
      assert.deepInclude(error, { _tag: "AuthenticationError", message: "the credential of shop is not there" })
      assert.deepStrictEqual(sent(), [])
    }))

  it.scoped("what another process writes takes effect within the time to live, and many ask once", () =>
    Effect.gen(function*() {
      const { call, memory, reads, sent } = yield* world(new Set(["fake-1", "fake-2"]), {
        isTold: false,
        timeToLive: "10 seconds"
      })
      yield* memory.put(shop, apiKey("fake-1"))
      yield* Effect.all(Array.from({ length: 50 }, () => call), { concurrency: "unbounded" })
      assert.strictEqual(reads(), 1)
      yield* memory.put(shop, apiKey("fake-2"))
      yield* TestClock.adjust("9 seconds")
      yield* call
      assert.deepStrictEqual([...new Set(sent())], ["fake-1"])
      yield* TestClock.adjust("1 second")
      yield* Effect.all(Array.from({ length: 50 }, () => call), { concurrency: "unbounded" })
      assert.deepStrictEqual([...new Set(sent())], ["fake-2"])
      assert.strictEqual(reads(), 2)
    }))

  it.scoped("each tenant and each connection has its own, and never that of another", () =>
    Effect.gen(function*() {
      const { call, sent, store } = yield* world(new Set(["fake-a", "fake-b"]))
      yield* store.put({ ...shop, tenantId: "a" }, apiKey("fake-a"))
      yield* store.put({ ...shop, connectionId: "b", tenantId: "a" }, apiKey("fake-b"))
      yield* call.pipe(IntegrationContext.provide({ tenantId: "a" }))
      yield* call.pipe(IntegrationContext.provide({ connectionId: "b", tenantId: "a" }))
      assert.deepStrictEqual(sent(), ["fake-a", "fake-b"])
      for (const fields of [{}, { tenantId: "b" }, { connectionId: "b" }, { connectionId: "c", tenantId: "a" }]) {
        const error = yield* Effect.flip(IntegrationContext.provide(call, fields))
        assert.strictEqual(error._tag, "AuthenticationError")
      }
      assert.deepStrictEqual(sent(), [])
    }))

  it.scoped("a new key that is refused lets the former one serve while its grace lasts", () =>
    Effect.gen(function*() {
      const accepted = new Set(["fake-old"])
      const { call, sent, store } = yield* world(accepted)
      yield* store.put(shop, apiKey("fake-old"))
      yield* call
      yield* store.rotate(shop, apiKey("fake-new"), { grace: "10 minutes" })
      sent()
      yield* call
      assert.deepStrictEqual(sent(), ["fake-new", "fake-old"])
      // for a minute the provider is not asked again
      yield* call
      yield* TestClock.adjust("40 seconds")
      yield* call
      assert.deepStrictEqual(sent(), ["fake-old", "fake-old"])
      yield* TestClock.adjust("21 seconds")
      accepted.add("fake-new")
      yield* call
      assert.deepStrictEqual(sent(), ["fake-new"])

      accepted.delete("fake-new")
      yield* call
      assert.deepStrictEqual(sent(), ["fake-new", "fake-old"])
      yield* TestClock.adjust("10 minutes")
      const error = yield* Effect.flip(call)
      assert.deepInclude(error, { _tag: "AuthenticationError", status: 401 })
      assert.deepStrictEqual(sent(), ["fake-new"])
    }))

  it.scoped("where both are refused, a call is one request again", () =>
    Effect.gen(function*() {
      const { call, sent, store } = yield* world(new Set())
      yield* store.put(shop, apiKey("fake-old"))
      yield* store.rotate(shop, apiKey("fake-new"))
      const requests: Array<ReadonlyArray<string>> = []
      for (let n = 0; n < 4; n++) {
        assert.deepInclude(yield* Effect.flip(call), { _tag: "AuthenticationError", status: 401 })
        requests.push(sent())
      }
      assert.deepStrictEqual(requests, [
        ["fake-new", "fake-old"],
        ["fake-old"],
        ["fake-new"],
        ["fake-new"]
      ])
    }))

  it.scoped("a 401 makes it look for what another process has written, at most once a second", () =>
    Effect.gen(function*() {
      const accepted = new Set(["fake-1"])
      const { call, client, memory, reads, sent } = yield* world(accepted, { isTold: false })
      yield* memory.put(shop, apiKey("fake-1"))
      yield* call
      yield* TestClock.adjust("2 seconds")
      yield* memory.put(shop, apiKey("fake-2"))
      accepted.clear()
      accepted.add("fake-2")
      sent()
      // a POST as well: a 401 says that nothing was done
      yield* client.items.create({ payload: { name: "a" } })
      assert.deepStrictEqual(sent(), ["fake-1", "fake-2"])
      accepted.clear()
      const before = reads()
      for (let n = 0; n < 10; n++) yield* Effect.flip(call)
      assert.isAtMost(reads() - before, 1)
    }))

  it.scoped("while the store is away, what was read serves for as long as is said, with one warning", () =>
    Effect.gen(function*() {
      const logs: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => logs.push(`${logLevel.label} ${String(message)}`))
      yield* Effect.gen(function*() {
        const { call, fault, sent, store } = yield* world(new Set(["fake-1"]), { staleFor: "5 minutes" })
        yield* store.put(shop, apiKey("fake-1"))
        yield* call
        fault.current = Effect.fail(away)
        for (let minute = 0; minute < 5; minute++) {
          yield* TestClock.adjust("1 minute")
          yield* call
        }
        assert.strictEqual(sent().length, 6)
        assert.deepStrictEqual(logs.map((line) => line.split(" ")[0]).filter((level) => level === "WARN").length, 1)
        yield* TestClock.adjust("1 minute")
        const error = yield* Effect.flip(call)
        assert.deepInclude(error, { _tag: "AuthenticationError", message: "the database is away", retryable: true })
        fault.current = Effect.void
        yield* call
        assert.include(logs.at(-1), "is back")
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
    }))

  it.scoped("who reads and is interrupted leaves the others none the worse", () =>
    Effect.gen(function*() {
      const { call, fault, sent, store } = yield* world(new Set(["fake-1"]))
      yield* store.put(shop, apiKey("fake-1"))
      fault.current = Effect.sleep("1 second")
      const first = yield* Effect.fork(call)
      yield* TestClock.adjust("500 millis")
      const second = yield* Effect.fork(call)
      yield* Effect.yieldNow()
      yield* first.interruptAsFork(first.id())
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* second).id, "1")
      assert.deepStrictEqual(sent(), ["fake-1"])
    }))

  it.scoped("neither the new key nor the former one is in what is told, however loudly the provider repeats them", () =>
    Effect.gen(function*() {
      const [former, next] = ["planted-former-4f1c", "planted-next-9a2e"]
      const told: Array<unknown> = []
      const logger = Logger.make(({ annotations, cause, message }) => {
        told.push([message, cause, Array.from(annotations)])
      })
      yield* Effect.gen(function*() {
        const { call, credentials, fault, sent, store } = yield* world(new Set(), { staleFor: 0, timeToLive: 0 })
        yield* store.put(shop, apiKey(former))
        yield* store.rotate(shop, apiKey(next))
        told.push(yield* Effect.flip(call), credentials)
        assert.deepStrictEqual(sent(), [next, former])
        fault.current = Effect.fail(
          new CredentialStore.CredentialStoreError({
            message: `row ("${next}") is too long`,
            reason: "storage"
          })
        )
        told.push(yield* Effect.flip(call))
        told.push(yield* Effect.exit(call))
      }).pipe(
        Effect.provide(Layer.merge(
          Logger.replace(Logger.defaultLogger, logger),
          Logger.minimumLogLevel(LogLevel.All)
        ))
      )
      const text = told.map((it) => inspect(it, { depth: 12, showHidden: true }) + JSON.stringify(it)).join()
      assert.include(text, "REDACTED")
      assert.notInclude(text, "planted")
    }))

  it.scoped("the other kinds: several headers, basic, and the access token of OAuth2", () =>
    Effect.gen(function*() {
      const secret = (text: string) => Redacted.make(text)
      const cases = [
        [
          Auth.headers,
          Credentials.Headers({ headers: { "x-app": secret("fake-app"), "x-key": secret("fake-key") } }),
          { "x-app": "fake-app", "x-key": "fake-key" }
        ],
        [
          Auth.bearer,
          Credentials.OAuth2({ accessToken: secret("fake-access"), scopes: [] }),
          { authorization: "Bearer fake-access" }
        ],
        [
          Auth.basic,
          Credentials.Basic({ password: secret("fake-pass"), username: "ada" }),
          { authorization: `Basic ${Buffer.from("ada:fake-pass").toString("base64")}` }
        ]
      ] as const
      for (const [auth, credential, headers] of cases) {
        const definition = Integration.define({ ...Kit.definition, auth })
        const provider = new Kit.Provider(Kit.ok)
        const store = yield* CredentialStore.makeMemory
        yield* store.put({ integration: definition.id }, credential)
        const stack = IntegrationClient.layer(definition).pipe(
          Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)),
          Layer.provide(Credentials.layerStore()),
          Layer.provide(Layer.succeed(CredentialStore.CredentialStore, store))
        )
        const client = yield* Effect.provide(Integration.client(definition), stack)
        yield* client.items.get({ path: { id: "1" } })
        assert.deepInclude(provider.requests[0]?.headers, headers)
        assert.notInclude(JSON.stringify(yield* store.list()), "fake")
      }
    }))
})
