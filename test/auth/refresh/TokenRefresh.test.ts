/** Access tokens at hand: when they are refreshed, by whom, what callers see of it, and what is told. */
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  DateTime,
  Duration,
  Effect,
  ExecutionStrategy,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Scope,
  Stream,
  TestClock
} from "effect"
import {
  Auth,
  Call,
  Credentials,
  CredentialStore,
  Integration,
  IntegrationClient,
  IntegrationContext,
  Operation,
  TokenRefresh
} from "holdfast"
import { inspect } from "node:util"
import * as Kit from "../../kit.js"
import { failure, Provider, textOf } from "./provider.js"

const ref = { connectionId: "main", integration: "shop", tenantId: "acme" }
const operation = Operation.make({ integration: "shop", method: "GET", name: "items.get", template: "/" })
const callOf = () => new Call.Call(operation, { connectionId: "main", tenantId: "acme" }, undefined)

/** Log entries of a test that looks for them; nobody else's are printed. */
const logs: Array<string> = []
const logger = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ cause, logLevel, message }) =>
    void logs.push(`${logLevel.label} ${inspect(message)} ${inspect(cause)}`)
  )
)

const world = (options: Partial<TokenRefresh.Options> = {}) =>
  Effect.gen(function*() {
    const memory = yield* CredentialStore.makeMemory
    const provider = new Provider()
    const fault = {
      read: Effect.void as Effect.Effect<void, CredentialStore.CredentialStoreError>,
      write: Effect.void as Effect.Effect<void, CredentialStore.CredentialStoreError>
    }
    let reads = 0
    const store: CredentialStore.Service = {
      ...memory,
      get: (ref) =>
        Effect.zipRight(
          Effect.suspend(() => {
            reads++
            return fault.read
          }),
          memory.get(ref)
        ),
      refreshStep: (ref, step) => Effect.zipRight(Effect.suspend(() => fault.read), memory.refreshStep(ref, step)),
      rotate: (...args) => Effect.zipRight(Effect.suspend(() => fault.write), memory.rotate(...args))
    }
    const told: Array<readonly [string, string, string | undefined]> = []
    /** A process of its own: nobody tells it of the writes of the others. */
    const process = (exchange: TokenRefresh.Options["exchange"] = provider.exchange) =>
      Effect.gen(function*() {
        const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
        const listeners = new Set<(ref: CredentialStore.Ref) => void>()
        const tell = (ref: CredentialStore.Ref) => Effect.sync(() => listeners.forEach((listener) => listener(ref)))
        const own: CredentialStore.Service = {
          ...store,
          rotate: (ref, ...args) => Effect.zipLeft(store.rotate(ref, ...args), tell(ref)),
          subscribe: (listener) => Effect.sync(() => void listeners.add(listener))
        }
        const context = yield* Layer.buildWithScope(
          Layer.provide(
            TokenRefresh.layer({ ...options, exchange }),
            Layer.succeed(CredentialStore.CredentialStore, own)
          ),
          scope
        )
        const refresh = Context.get(context, TokenRefresh.TokenRefresh)
        const credentials = Context.get(context, Credentials.Credentials)
        yield* Effect.forkIn(
          Stream.runForEach(refresh.changes, ({ from, status: { state, why } }) =>
            Effect.sync(() =>
              told.push([from, state, Option.getOrUndefined(Option.map(why, ({ reason }) => reason))])
            )),
          scope
        )
        yield* Effect.yieldNow()
        return {
          close: Scope.close(scope, Exit.void),
          context,
          credentials,
          get: Effect.suspend(() => Effect.map(credentials.get(callOf()), textOf)),
          refresh
        }
      })
    return {
      connect: Effect.flatMap(provider.connect("g"), (credential) => memory.put(ref, credential)),
      fault,
      memory,
      process,
      provider,
      reads: () => reads,
      store,
      /** Listeners had their turn. */
      told: Effect.map(TestClock.adjust(0), () => told.splice(0))
    }
  })

const many = <A, E>(n: number, effect: Effect.Effect<A, E>) =>
  Effect.all(Array.from({ length: n }, () => effect), { concurrency: "unbounded" })

/** Whatever is to happen at this time happens. */
const settle = TestClock.adjust(0)

const test = (name: string, run: () => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.scoped(name, () => Effect.provide(run(), logger))

describe("TokenRefresh", () => {
  test("one that is fresh is an Exit, and is read once", () =>
    Effect.gen(function*() {
      const { connect, process, provider, reads } = yield* world()
      yield* connect
      const { credentials, get } = yield* process()
      assert.deepStrictEqual(new Set(yield* many(50, get)), new Set(["access-g-0"]))
      assert.isTrue(Exit.isExit(credentials.get(callOf())))
      assert.deepStrictEqual([reads(), provider.exchanges], [1, 0])
    }))

  test("at its end, 8 processes with 50 callers each make one exchange, and all have what came of it", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world()
      yield* connect
      const processes = yield* Effect.forEach(Array.from({ length: 8 }), () => process())
      for (let round = 1; round <= 5; round++) {
        yield* TestClock.adjust("61 minutes")
        provider.way = (answer) => Effect.delay(answer, "3 seconds")
        const all = yield* Effect.fork(
          Effect.forEach(processes, ({ get }) => many(50, get), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(new Set((yield* Fiber.join(all)).flat()), new Set([`access-g-${round}`]))
        assert.strictEqual(provider.exchanges, round)
      }
    }))

  test("ahead of its end it is refreshed beside the calls, which are given the former one meanwhile", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world()
      yield* connect
      const [one, other] = [yield* process(), yield* process()]
      yield* one.get
      provider.way = (answer) => Effect.delay(answer, "20 seconds")
      // 5 minutes, and a quarter of it more at the most
      yield* TestClock.adjust("53 minutes")
      yield* many(20, one.get)
      yield* settle
      assert.strictEqual(provider.exchanges, 0)
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(new Set(yield* many(20, one.get)), new Set(["access-g-0"]))
      assert.deepStrictEqual(new Set(yield* many(20, other.get)), new Set(["access-g-0"]))
      yield* TestClock.adjust("21 seconds")
      assert.strictEqual(provider.exchanges, 1)
      assert.strictEqual(yield* one.get, "access-g-1")
      // another process sees it within the time to live
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* other.get, "access-g-1")
      assert.strictEqual(provider.exchanges, 1)
    }))

  test("a short life has a short margin, however long a one is asked for", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world({ ahead: "1 hour" })
      provider.life = "60 seconds"
      yield* connect
      const { get } = yield* process()
      yield* TestClock.adjust("20 seconds")
      yield* get
      yield* settle
      assert.strictEqual(provider.exchanges, 0)
      yield* TestClock.adjust("18 seconds")
      yield* get
      yield* settle
      assert.strictEqual(provider.exchanges, 1)
    }))

  test("who gives up waiting stops nobody's refresh, nor the refresh itself", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world()
      yield* connect
      const { get } = yield* process()
      yield* TestClock.adjust("2 hours")
      provider.way = (answer) => Effect.delay(answer, "5 seconds")
      const first = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* Fiber.join(second), "access-g-1")
      yield* TestClock.adjust("2 hours")
      const alone = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(alone)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* get, "access-g-2")
      assert.deepStrictEqual([provider.exchanges, provider.accepted], [2, 2])
    }))

  test("what passes: the former one serves, failing is fast and told once, and it heals by itself", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider, told } = yield* world()
      yield* connect
      const [one, other] = [yield* process(), yield* process()]
      provider.way = () => failure("transient", "temporarily_unavailable")
      yield* TestClock.adjust("57 minutes")
      for (let second = 0; second < 29; second++) {
        assert.deepStrictEqual(yield* many(10, one.get), Array.from({ length: 10 }, () => "access-g-0"))
        assert.strictEqual(yield* other.get, "access-g-0")
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(provider.exchanges, 1)
      assert.deepStrictEqual(yield* told, [["connected", "degraded", "unreachable"]])
      yield* TestClock.adjust("2 seconds")
      yield* one.get
      yield* settle
      assert.strictEqual(provider.exchanges, 2)
      assert.strictEqual((yield* other.refresh.status(ref)).state, "degraded")

      yield* TestClock.adjust("5 minutes")
      const errors = yield* many(10, Effect.flip(one.credentials.get(callOf())))
      for (const error of errors) {
        assert.isTrue(error._tag === "NetworkError" && error.phase === "connect" && error.retryable)
        assert.include(error.message, "shop, connection \"main\", tenant \"acme\" cannot be refreshed")
      }
      assert.strictEqual(provider.exchanges, 3)
      const late = yield* Effect.flip(other.credentials.get(callOf()))
      assert.isTrue(Duration.between(late.retryAfter!, { maximum: "30 seconds", minimum: "1 seconds" }))
      assert.strictEqual(provider.exchanges, 3)
      assert.deepStrictEqual(yield* told, [["degraded", "expired", "unreachable"]])
      // T3
      assert.strictEqual(textOf((yield* memory.get(ref)).credential), "access-g-0")

      provider.way = (answer) => answer
      yield* Effect.flip(one.get)
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual([yield* one.get, yield* other.get], ["access-g-1", "access-g-1"])
      assert.deepStrictEqual(yield* told, [["expired", "connected", undefined]])
      assert.deepStrictEqual((yield* one.refresh.status(ref)).why, Option.none())
    }))

  test("a longer pause that the provider asks for is kept", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world()
      yield* connect
      const { get } = yield* process()
      provider.way = () => failure("transient", undefined, { retryAfter: Duration.minutes(2) })
      yield* TestClock.adjust("2 hours")
      yield* Effect.flip(get)
      yield* TestClock.adjust("119 seconds")
      yield* Effect.flip(get)
      assert.strictEqual(provider.exchanges, 1)
      yield* TestClock.adjust("2 seconds")
      yield* Effect.flip(get)
      assert.strictEqual(provider.exchanges, 2)
    }))

  test("a grant that the provider has ended is told once, harms nothing, and is over when somebody connects again", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider, told } = yield* world()
      yield* connect
      const [one, other] = [yield* process(), yield* process()]
      yield* TestClock.adjust("57 minutes")
      provider.revoked.add("g")
      // it serves until its end
      assert.strictEqual(yield* one.get, "access-g-0")
      yield* settle
      assert.strictEqual(yield* one.get, "access-g-0")
      assert.deepStrictEqual(yield* told, [["connected", "revoked", "revoked"]])
      yield* TestClock.adjust("4 minutes")
      for (const { credentials } of [one, other]) {
        const error = yield* Effect.flip(credentials.get(callOf()))
        assert.deepInclude(error, { _tag: "AuthenticationError", code: "invalid_grant", retryable: false })
        assert.include(error.message, "somebody has to connect it again")
      }
      yield* TestClock.adjust("10 minutes")
      yield* many(20, Effect.flip(one.get))
      assert.deepStrictEqual([provider.exchanges, yield* told], [1, []])
      assert.strictEqual(textOf((yield* memory.get(ref)).credential), "access-g-0")
      assert.strictEqual((yield* one.refresh.status(ref)).state, "revoked")

      yield* memory.put(ref, yield* provider.connect("h"))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual([yield* one.get, yield* other.get], ["access-h-0", "access-h-0"])
      assert.deepStrictEqual(yield* told, [["revoked", "connected", undefined]])
    }))

  test("whoever dies in an exchange leaves a lost rotation, which is not a revocation", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider, told } = yield* world()
      const { version } = yield* connect
      yield* TestClock.adjust("2 hours")
      // it has the lease, and the provider's answer; that is its end
      const dead = { owner: "dead", version }
      yield* memory.refreshStep(ref, { _tag: "claim", force: false, id: "1", lease: 60_000, useless: true, ...dead })
      yield* memory.refreshStep(ref, { _tag: "start", id: "2", ...dead })
      yield* provider.exchange(yield* currentOf(memory), ref)

      const { credentials, get, refresh } = yield* process()
      const waiting = yield* Effect.fork(Effect.flip(credentials.get(callOf())))
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(provider.exchanges, 1)
      yield* TestClock.adjust("2 seconds")
      const error = yield* Fiber.join(waiting)
      assert.deepInclude(error, { _tag: "AuthenticationError", code: "invalid_grant" })
      assert.include(error.message, "the answer to an exchange was lost")
      assert.deepStrictEqual(yield* told, [["connected", "revoked", "rotation-lost"]])
      assert.strictEqual(Option.getOrThrow((yield* refresh.status(ref)).why).reason, "rotation-lost")
      yield* Effect.flip(get)
      assert.strictEqual(provider.exchanges, 2)
    }))

  test("an answer that never came is suspect, too; one of the provider's own is not", () =>
    Effect.gen(function*() {
      for (const [code, reason] of [[undefined, "rotation-lost"], ["temporarily_unavailable", "revoked"]] as const) {
        const { connect, process, provider, told } = yield* world()
        yield* connect
        const { get } = yield* process()
        yield* TestClock.adjust("2 hours")
        provider.way = () => failure("transient", code)
        yield* Effect.flip(get)
        yield* TestClock.adjust("31 seconds")
        provider.way = (answer) => answer
        provider.revoked.add("g")
        yield* Effect.flip(get)
        yield* settle
        assert.deepStrictEqual((yield* told).at(-1), ["expired", "revoked", reason])
      }
    }))

  test("an exchange without an end is given up, and its lease lasts as long as it does", () =>
    Effect.gen(function*() {
      const { connect, process, provider, told } = yield* world({ exchangeTimeout: "90 seconds", lease: "20 seconds" })
      yield* connect
      const [one, other] = [yield* process(), yield* process()]
      yield* TestClock.adjust("2 hours")
      provider.way = () => Effect.never
      const both = yield* Effect.fork(Effect.all([Effect.flip(one.get), Effect.flip(other.get)], { concurrency: 2 }))
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual(provider.exchanges, 1)
      yield* TestClock.adjust("2 seconds")
      const [error] = yield* Fiber.join(both)
      assert.include(error.message, "no answer within 1m 30s")
      assert.deepStrictEqual([provider.exchanges, yield* told], [1, [["connected", "expired", "unreachable"]]])
    }))

  test("a client that is refused is no grant that has ended: it heals when the client does", () =>
    Effect.gen(function*() {
      const { connect, process, provider, told } = yield* world()
      yield* connect
      const { credentials, get } = yield* process()
      yield* TestClock.adjust("2 hours")
      provider.way = () => failure("terminal", "invalid_client")
      const error = yield* Effect.flip(credentials.get(callOf()))
      assert.deepInclude(error, { _tag: "AuthenticationError", code: "invalid_client", retryable: false })
      assert.include(error.message, "see its client id and secret")
      provider.way = (answer) => answer
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* get, "access-g-1")
      yield* settle
      assert.deepStrictEqual(yield* told, [["connected", "expired", "refused"], ["expired", "connected", undefined]])
    }))

  test("an exchange that dies is an answer that says nothing", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world()
      yield* connect
      const { credentials, get } = yield* process()
      yield* TestClock.adjust("2 hours")
      provider.way = () => Effect.die(new Error("a mistake"))
      assert.include((yield* Effect.flip(credentials.get(callOf()))).message, "the exchange has died")
      provider.way = (answer) => answer
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(yield* get, "access-g-1")
    }))

  test("what the answer leaves out stays; the former credential is kept for its grace", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider } = yield* world()
      yield* connect
      provider.rotates = false
      const { get } = yield* process()
      yield* TestClock.adjust("2 hours")
      yield* get
      const first = yield* memory.get(ref)
      const credential = yield* currentOf(memory)
      assert.strictEqual(Redacted.value(credential.refreshToken!), "refresh-g-0")
      assert.deepStrictEqual(credential.scopes, ["a", "b"])
      assert.strictEqual(textOf(Option.getOrThrow(first.previous).credential), "access-g-0")
      assert.strictEqual(Duration.toHours(Option.getOrThrow(first.previous).left), 24)

      provider.way = (answer) => Effect.map(answer, (tokens) => ({ ...tokens, expiresIn: undefined, scope: "b c" }))
      yield* TestClock.adjust("2 hours")
      yield* get
      const then = yield* currentOf(memory)
      assert.deepStrictEqual([then.expiresAt, then.scopes], [undefined, ["b", "c"]])
    }))

  test("a token that has ended when it comes is no reason to ask again at once", () =>
    Effect.gen(function*() {
      const { connect, process, provider } = yield* world()
      yield* connect
      const { get } = yield* process()
      yield* TestClock.adjust("2 hours")
      provider.life = 0
      assert.deepStrictEqual(new Set(yield* many(100, get)), new Set(["access-g-1"]))
      yield* many(100, get)
      assert.isAtMost(provider.exchanges, 2)
    }))

  test("without a refresh token it serves until its end, which is told once", () =>
    Effect.gen(function*() {
      const { memory, process, told } = yield* world()
      const now = yield* DateTime.now
      yield* memory.put(
        ref,
        Credentials.OAuth2({
          accessToken: Redacted.make("access-alone"),
          expiresAt: DateTime.add(now, { hours: 1 }),
          scopes: []
        })
      )
      const [one, other] = [yield* process(), yield* process()]
      yield* TestClock.adjust("58 minutes")
      assert.strictEqual(yield* one.get, "access-alone")
      yield* TestClock.adjust("3 minutes")
      for (const { get } of [one, one, other]) {
        const error = yield* Effect.flip(get)
        assert.deepInclude(error, { _tag: "AuthenticationError", retryable: false })
        assert.include(error.message, "offline_access")
      }
      assert.deepStrictEqual(yield* told, [["connected", "expired", "no-refresh-token"]])
    }))

  test("refresh is now, whatever is known of it", () =>
    Effect.gen(function*() {
      const { connect, process, provider, told } = yield* world()
      yield* connect
      const { get, refresh } = yield* process()
      yield* refresh.refresh(ref)
      assert.strictEqual(yield* get, "access-g-1")
      provider.revoked.add("g")
      assert.strictEqual((yield* Effect.flip(refresh.refresh(ref))).reason, "revoked")
      // somebody has clicked on undo
      provider.revoked.delete("g")
      yield* refresh.refresh(ref)
      assert.strictEqual(textOf(yield* refresh.get(ref)), "access-g-2")
      yield* settle
      assert.deepStrictEqual(yield* told, [["connected", "revoked", "revoked"], ["revoked", "connected", undefined]])
      const missing = yield* Effect.flip(refresh.get({ integration: "nobody" }))
      assert.deepInclude(missing, { message: "the credential of nobody is not there", reason: "no-credential" })
    }))

  test("idle connections are refreshed by whoever looks first; those in use, ended, or of another kind are not", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider } = yield* world()
      yield* connect
      const of = (connectionId: string, integration = "shop") => ({ connectionId, integration, tenantId: "acme" })
      const names = Array.from({ length: 150 }, (_, index) => `c${index}`)
      yield* Effect.forEach(names, (name) => Effect.flatMap(provider.connect(name), (one) => memory.put(of(name), one)))
      yield* memory.put(of("key"), Credentials.ApiKey({ key: Redacted.make("fake") }))
      yield* memory.put(of("short"), Credentials.OAuth2({ accessToken: Redacted.make("fake"), scopes: [] }))
      yield* Effect.flatMap(provider.connect("elsewhere"), (one) => memory.put(of("elsewhere", "other"), one))
      const [one, other] = [yield* process(), yield* process()]
      const look = ({ context }: { readonly context: Context.Context<TokenRefresh.TokenRefresh> }) =>
        Effect.provide(TokenRefresh.refreshIdle({ idle: "7 days", integration: "shop" }), context).pipe(
          Effect.provideService(CredentialStore.CredentialStore, memory)
        )
      assert.deepStrictEqual(yield* look(one), { failed: [], refreshed: 0 })
      yield* TestClock.adjust("6 days")
      yield* one.get
      yield* TestClock.adjust("1 days")
      provider.revoked.add("c7")
      const looking = yield* Effect.fork(Effect.all([look(one), look(other)], { concurrency: 2 }))
      // one that the other is at is waited for
      yield* TestClock.adjust("10 minutes")
      const [mine, others] = yield* Fiber.join(looking)
      // c7 has ended; one that both came to at once is refreshed once, for both
      assert.isAtLeast(mine.refreshed + others.refreshed, 149)
      assert.deepStrictEqual([...new Set([...mine.failed, ...others.failed].map((one) => one.connectionId))], ["c7"])
      assert.strictEqual(provider.accepted, 150)
      assert.deepStrictEqual(yield* look(other), { failed: [], refreshed: 0 })
      assert.strictEqual(textOf((yield* memory.get(of("elsewhere", "other"))).credential), "access-elsewhere-0")
    }))

  test("the store is away: what serves goes on, what was got is used and is written when it is back", () =>
    Effect.gen(function*() {
      const away = new CredentialStore.CredentialStoreError({ message: "the database is away", reason: "storage" })
      const { connect, fault, memory, process, provider } = yield* world()
      yield* connect
      const [one, other] = [yield* process(), yield* process()]
      assert.strictEqual(yield* one.get, "access-g-0")
      fault.read = Effect.fail(away)
      yield* TestClock.adjust("50 minutes")
      assert.strictEqual(yield* one.get, "access-g-0")
      yield* TestClock.adjust("10 minutes")
      const error = yield* Effect.flip(one.get)
      assert.deepInclude(error, { _tag: "AuthenticationError", message: "the database is away", retryable: true })
      assert.strictEqual(provider.exchanges, 0)

      fault.read = Effect.void
      fault.write = Effect.fail(away)
      assert.strictEqual(yield* one.get, "access-g-1")
      const waiting = yield* Effect.fork(other.get)
      // its lease is kept for as long as it takes
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(yield* one.get, "access-g-1")
      fault.write = Effect.void
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(yield* Fiber.join(waiting), "access-g-1")
      assert.strictEqual(textOf((yield* memory.get(ref)).credential), "access-g-1")
      assert.strictEqual(provider.exchanges, 1)
    }))

  test("what somebody has written meanwhile goes before what a refresh has got", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider } = yield* world()
      yield* connect
      const { get } = yield* process()
      yield* TestClock.adjust("2 hours")
      provider.way = (answer) => Effect.delay(answer, "5 seconds")
      const waiting = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      yield* memory.put(ref, yield* provider.connect("h"))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Fiber.join(waiting), "access-h-0")
      assert.strictEqual(textOf((yield* memory.get(ref)).credential), "access-h-0")
    }))

  test("whoever closes waits for the exchange that is under way", () =>
    Effect.gen(function*() {
      const { connect, memory, process, provider } = yield* world()
      yield* connect
      const { close, get } = yield* process()
      yield* TestClock.adjust("2 hours")
      provider.way = (answer) => Effect.delay(answer, "5 seconds")
      const waiting = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(closing)
      assert.strictEqual(yield* Fiber.join(waiting), "access-g-1")
      assert.strictEqual(textOf((yield* memory.get(ref)).credential), "access-g-1")
    }))

  test("nothing secret is told: a provider may repeat a token", () =>
    Effect.gen(function*() {
      logs.length = 0
      const { connect, memory, process, provider } = yield* world()
      yield* connect
      const { credentials, refresh } = yield* process()
      const all: Array<unknown> = []
      yield* Effect.forkScoped(Stream.runForEach(refresh.changes, (change) => Effect.sync(() => all.push(change))))
      yield* TestClock.adjust("2 hours")
      provider.way = () => failure("transient", "no refresh-g-0", { message: "refresh-g-0 of access-g-0 is bad" })
      all.push(yield* Effect.exit(credentials.get(callOf())))
      provider.way = (answer) => answer
      yield* TestClock.adjust("31 seconds")
      all.push(yield* Effect.exit(credentials.get(callOf())))
      all.push((yield* memory.get(ref)).refresh, yield* refresh.status(ref), yield* memory.list())
      yield* settle
      const text = inspect(all, { depth: 12, showHidden: true }) + JSON.stringify(all) + logs.join("\n")
      assert.include(text, "REDACTED")
      assert.notMatch(text, /(access|refresh)-g/)
    }))
})

const currentOf = (store: CredentialStore.Service) =>
  Effect.flatMap(
    store.get(ref),
    ({ credential }) => credential._tag === "OAuth2" ? Effect.succeed(credential) : Effect.dieMessage(credential._tag)
  )

const definition = Integration.define({
  api: Kit.definition.api,
  auth: Auth.bearer,
  baseUrl: "https://shop.example",
  id: "shop",
  name: "Shop",
  version: "1"
})

/** Calls of an API that refuses what the provider says. */
const shop = (options: Partial<TokenRefresh.Options> = {}) =>
  Effect.gen(function*() {
    const outer = yield* world(options)
    yield* outer.connect
    const sent: Array<string> = []
    const api = new Kit.Provider((request) =>
      Effect.sync(() => {
        const token = (request.headers["authorization"] ?? "").slice("Bearer ".length)
        sent.push(token)
        return outer.provider.refused.has(token)
          ? Response.json({ message: "ended" }, { status: 401 })
          : Response.json({ id: "1" })
      })
    )
    const make = Effect.gen(function*() {
      const { context } = yield* outer.process()
      const client = yield* Layer.build(
        Layer.provide(IntegrationClient.layer(definition), [
          Layer.succeed(HttpClient.HttpClient, api.client),
          Layer.succeedContext(context)
        ])
      )
      const { items } = yield* Effect.provide(Integration.client(definition), Context.merge(client, context))
      const call = IntegrationContext.provide(items.create({ payload: { name: "a" } }), {
        connectionId: "main",
        tenantId: "acme"
      })
      return { call }
    })
    return { ...outer, make, sent: () => sent.splice(0) }
  })

describe("an access token that the provider refuses", () => {
  test("is refreshed once for all who were refused with it, and the calls are sent again", () =>
    Effect.gen(function*() {
      const { make, provider, sent } = yield* shop()
      const [{ call: one }, { call: other }] = [yield* make, yield* make]
      yield* Effect.all([one, other])
      yield* TestClock.adjust("5 minutes")
      provider.refused.add("access-g-0")
      sent()
      const calls = yield* Effect.fork(Effect.all([many(20, one), many(20, other)], { concurrency: 2 }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(calls)
      assert.strictEqual(provider.exchanges, 1)
      assert.strictEqual(sent().filter((token) => token === "access-g-1").length, 40)
      yield* one
      assert.deepStrictEqual(sent(), ["access-g-1"])
    }))

  test("as soon as it was got is not refused for its age: nothing is refreshed", () =>
    Effect.gen(function*() {
      const { make, provider, sent, told } = yield* shop()
      const { call } = yield* make
      yield* TestClock.adjust("5 minutes")
      for (let n = 0; n < 100; n++) provider.refused.add(`access-g-${n}`)
      for (let second = 0; second < 59; second++) {
        assert.deepInclude(yield* Effect.flip(call), { _tag: "AuthenticationError", status: 401 })
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(provider.exchanges, 1)
      assert.deepStrictEqual(sent().slice(0, 3), ["access-g-0", "access-g-1", "access-g-1"])
      assert.deepStrictEqual(yield* told, [])
    }))

  test("and cannot be refreshed is a 401, and an expired connection", () =>
    Effect.gen(function*() {
      const { make, provider, told } = yield* shop()
      const { call } = yield* make
      yield* TestClock.adjust("5 minutes")
      provider.refused.add("access-g-0")
      provider.way = () => failure("transient")
      assert.deepInclude(yield* Effect.flip(call), { _tag: "AuthenticationError", status: 401 })
      yield* many(10, Effect.flip(call))
      assert.strictEqual(provider.exchanges, 1)
      assert.deepStrictEqual(yield* told, [["connected", "expired", "unreachable"]])
    }))

  test("and has been refreshed by another process is no reason to do it again", () =>
    Effect.gen(function*() {
      const { make, process, provider, sent } = yield* shop()
      const { call } = yield* make
      yield* call
      yield* TestClock.adjust("2 seconds")
      yield* Effect.flatMap(process(), ({ refresh }) => refresh.refresh(ref))
      provider.refused.add("access-g-0")
      sent()
      yield* call
      assert.deepStrictEqual([sent(), provider.exchanges], [["access-g-0", "access-g-1"], 1])
    }))

  test("where nothing is said of its end, is the only one that is refreshed", () =>
    Effect.gen(function*() {
      const { connect, make, provider, sent } = yield* shop()
      provider.life = undefined
      yield* connect
      const { call } = yield* make
      yield* TestClock.adjust("1000 days")
      yield* call
      assert.strictEqual(provider.exchanges, 0)
      provider.refused.add("access-g-0")
      yield* call
      assert.deepStrictEqual([sent(), provider.exchanges], [["access-g-0", "access-g-0", "access-g-1"], 1])
    }))

  it.scoped("of another kind is given as by Credentials.layerStore", () =>
    Effect.gen(function*() {
      const { make, memory, provider, sent } = yield* shop()
      const bearer = (token: string) => Credentials.Bearer({ token: Redacted.make(token) })
      yield* memory.put(ref, bearer("fake-old"))
      yield* memory.rotate(ref, bearer("fake-new"))
      const { call } = yield* make
      provider.refused.add("fake-new")
      yield* call
      yield* call
      assert.deepStrictEqual(sent(), ["fake-new", "fake-old", "fake-old"])
      assert.strictEqual(provider.exchanges, 0)
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))
})
