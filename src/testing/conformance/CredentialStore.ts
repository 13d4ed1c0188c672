/**
 * What every store of credentials must do. A third party's store proves itself by calling `suite` in a spec of its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import * as Credentials from "../../auth/Credentials.js"
import * as CredentialStore from "../../auth/CredentialStore.js"
import * as Pace from "./internal/pace.js"

type Store = CredentialStore.CredentialStore["Type"]

interface World {
  readonly store: Store
  readonly peer: Store
  /** Milliseconds of what is to end soon. */
  readonly second: number
  readonly wait: (seconds: number) => Effect.Effect<void>
}

const key = (text: string): Credentials.Credential => Credentials.ApiKey({ key: Redacted.make(text) })

const textOf = (credential: Credentials.Credential): string =>
  credential._tag === "ApiKey" ? Redacted.value(credential.key) : credential._tag

const kinds: ReadonlyArray<Credentials.Credential> = [
  key("fake-ключ-\u0000-🔑"),
  Credentials.Basic({ password: Redacted.make("fake: \"password\""), username: "ada" }),
  Credentials.Bearer({ token: Redacted.make(`fake-${"token".repeat(2000)}`) }),
  Credentials.Headers({ headers: { "x-app": Redacted.make("fake-app"), "x-key": Redacted.make("fake-key") } }),
  Credentials.OAuth2({
    accessToken: Redacted.make("fake-access"),
    expiresAt: DateTime.unsafeMake(1_800_000_000_000),
    refreshToken: Redacted.make("fake-refresh"),
    scopes: ["contacts", "deals"]
  }),
  Credentials.OAuth2({ accessToken: Redacted.make("fake-access-alone"), scopes: [] })
]

/** The letters of a credential, which an assertion may not print. */
const plain = (value: unknown): unknown =>
  Redacted.isRedacted(value)
    ? Redacted.value(value)
    : DateTime.isDateTime(value)
    ? DateTime.toEpochMillis(value)
    : Array.isArray(value)
    ? value.map(plain)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
    : value

/**
 * The conformance suite of a store. What is behind it need not be empty, since no integration is used twice.
 *
 * @example
 * ```ts
 * import { CredentialStore } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/CredentialStore"
 *
 * suite("memory", CredentialStore.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<CredentialStore.CredentialStore, E>,
  options: {
    /** Another process on the same store. Default: the same service once more. */
    readonly peer?: Layer.Layer<CredentialStore.CredentialStore, E> | undefined
    /** `live` for a store with a clock of its own. Default `test`, where `TestClock` is the only clock. */
    readonly clock?: "test" | "live" | undefined
  } = {}
): void => {
  const isLive = options.clock === "live"

  const worldAt = (slower: number) =>
    Effect.gen(function*() {
      const store = Context.get(yield* Layer.build(layer), CredentialStore.CredentialStore)
      const peer = options.peer === undefined
        ? store
        : Context.get(yield* Layer.build(options.peer), CredentialStore.CredentialStore)
      const second = 1000 * slower
      return {
        peer,
        second,
        store,
        wait: (seconds) => isLive ? Effect.sleep(seconds * second) : TestClock.adjust(seconds * second)
      } satisfies World
    })
  const paced = Pace.atAnyPace(isLive, worldAt)

  const test = (behaviour: string, run: (world: World) => Effect.Effect<void, unknown, Scope.Scope>) =>
    (isLive ? it.scopedLive : it.scoped)(behaviour, () => paced(run), Pace.timeout)

  const newIntegration = Effect.sync(() => `conformance-${crypto.randomUUID()}`)
  const reasonOf = <A>(effect: Effect.Effect<A, CredentialStore.CredentialStoreError>) =>
    Effect.map(Effect.flip(effect), ({ reason }) => reason)

  describe(`CredentialStore over ${name}`, () => {
    test("what is put is got, of every kind, letter by letter", ({ peer, store }) =>
      Effect.gen(function*() {
        const integration = yield* newIntegration
        for (const [n, credential] of kinds.entries()) {
          const ref = { connectionId: `c${n}`, integration }
          const put = yield* store.put(ref, credential)
          const got = yield* peer.get(ref)
          assert.deepStrictEqual(plain(got.credential), plain({ ...credential }))
          assert.deepStrictEqual([got.kind, got.version, got.keyId], [credential._tag, put.version, put.keyId])
          assert.deepStrictEqual(got.previous, Option.none())
          assert.strictEqual(
            Option.isSome(got.expiresAt),
            credential._tag === "OAuth2" && credential.expiresAt !== undefined
          )
        }
      }))

    test("tenants, integrations and connections are apart, also from those without a name", ({ store }) =>
      Effect.gen(function*() {
        const [integration, other] = [yield* newIntegration, yield* newIntegration]
        const refs: ReadonlyArray<CredentialStore.Ref> = [
          { integration },
          { integration: other },
          { connectionId: "a", integration },
          { integration, tenantId: "a" },
          { connectionId: "b", integration, tenantId: "a" },
          { connectionId: "a", integration, tenantId: "b" },
          { connectionId: "[\"a\",\n'b'", integration, tenantId: "ä%_" }
        ]
        for (const [n, ref] of refs.entries()) {
          assert.strictEqual(yield* reasonOf(store.get(ref)), "not-found")
          yield* store.put(ref, key(`fake-key-${n}`))
        }
        for (const [n, ref] of refs.entries()) {
          assert.strictEqual(textOf((yield* store.get(ref)).credential), `fake-key-${n}`)
        }
        yield* store.remove(refs[0]!)
        assert.strictEqual(yield* reasonOf(store.get(refs[0]!)), "not-found")
        assert.strictEqual(textOf((yield* store.get(refs[2]!)).credential), "fake-key-2")
      }))

    test("a write that has seen another version is refused, and so is one that expects none", ({ peer, store }) =>
      Effect.gen(function*() {
        const ref = { integration: yield* newIntegration }
        const first = yield* store.put(ref, key("fake-1"), { version: 0 })
        assert.strictEqual(yield* reasonOf(peer.put(ref, key("fake-2"), { version: 0 })), "conflict")
        const second = yield* peer.put(ref, key("fake-2"), { version: first.version })
        assert.notStrictEqual(second.version, first.version)
        for (const step of [store.put, store.rotate]) {
          assert.strictEqual(yield* reasonOf(step(ref, key("fake-3"), { version: first.version })), "conflict")
        }
        assert.strictEqual(yield* reasonOf(store.remove(ref, { version: first.version })), "conflict")
        assert.strictEqual(textOf((yield* store.get(ref)).credential), "fake-2")
        yield* store.remove(ref, { version: second.version })
        assert.strictEqual(yield* reasonOf(peer.put(ref, key("fake-4"), { version: second.version })), "conflict")
      }))

    test("a version does not come back, also not of one that was removed and put again", ({ store }) =>
      Effect.gen(function*() {
        const ref = { integration: yield* newIntegration }
        const versions = new Set<number>()
        for (let round = 0; round < 5; round++) {
          versions.add((yield* store.put(ref, key("fake-1"))).version)
          versions.add((yield* store.put(ref, key("fake-2"))).version)
          yield* store.remove(ref)
          // two that are made in the same millisecond differ by chance
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
        }
        assert.strictEqual(versions.size, 10)
      }))

    test("what is not there is neither rotated nor removed", ({ store }) =>
      Effect.gen(function*() {
        const ref = { connectionId: "none", integration: yield* newIntegration, tenantId: "acme" }
        const error = yield* Effect.flip(store.rotate(ref, key("fake-1")))
        assert.deepStrictEqual(
          [error.reason, error.message],
          ["not-found", `the credential of ${ref.integration}, connection "none", tenant "acme" is not there`]
        )
        assert.strictEqual(yield* reasonOf(store.remove(ref)), "not-found")
      }))

    test("the former credential is there while its grace lasts, and a put ends that", ({ peer, second, store, wait }) =>
      Effect.gen(function*() {
        const ref = { integration: yield* newIntegration }
        yield* store.put(ref, key("fake-old"))
        yield* store.rotate(ref, key("fake-new"), { grace: second })
        const during = yield* peer.get(ref)
        assert.strictEqual(textOf(during.credential), "fake-new")
        const previous = Option.getOrThrow(during.previous)
        assert.strictEqual(textOf(previous.credential), "fake-old")
        assert.isTrue(Duration.lessThanOrEqualTo(previous.left, second))
        yield* wait(1.1)
        const after = yield* peer.get(ref)
        assert.deepStrictEqual([textOf(after.credential), after.previous], ["fake-new", Option.none()])

        yield* store.rotate(ref, key("fake-newer"))
        const left = Option.getOrThrow((yield* store.get(ref)).previous).left
        assert.isTrue(Duration.between(left, { maximum: "24 hours", minimum: "23 hours" }))
        yield* store.put(ref, key("fake-leaked-so-at-once"))
        assert.deepStrictEqual((yield* store.get(ref)).previous, Option.none())
      }))

    test("lists come in pages, in order, filtered, and without what is secret", ({ peer, store }) =>
      Effect.gen(function*() {
        const integration = yield* newIntegration
        const refs = ["", "a", "b"].flatMap((tenantId) =>
          ["", "1", "2"].map((connectionId) => ({ connectionId, integration, tenantId }))
        )
        for (const ref of [...refs].reverse()) yield* store.put(ref, key("planted-secret-of-a-list"))
        const seen: Array<readonly [string, string]> = []
        let after: string | undefined
        for (let pages = 0; pages < 5; pages++) {
          const page = yield* peer.list({ after, integration, limit: 2 })
          for (const item of page.items) {
            assert.deepStrictEqual([item.kind, item.quarantine], ["ApiKey", Option.none()])
            seen.push([item.tenantId ?? "", item.connectionId ?? ""])
          }
          assert.notInclude(JSON.stringify(page) + inspect(page, { depth: 9 }), "planted")
          after = Option.getOrUndefined(page.next)
        }
        assert.deepStrictEqual(seen, refs.map(({ connectionId, tenantId }) => [tenantId, connectionId]))
        assert.isUndefined(after)
        const ofB = yield* store.list({ integration, tenantId: "b" })
        assert.deepStrictEqual(ofB.items.map(({ connectionId }) => connectionId), [undefined, "1", "2"])
        assert.strictEqual(yield* reasonOf(store.list({ after: "no cursor" })), "not-found")
      }))

    test("of writers at once, none writes over what it has not seen", ({ peer, store }) =>
      Effect.gen(function*() {
        const ref = { integration: yield* newIntegration }
        yield* store.put(ref, key("0"))
        const increment = (service: Store): Effect.Effect<void, CredentialStore.CredentialStoreError> =>
          Effect.gen(function*() {
            const { credential, version } = yield* service.get(ref)
            yield* service.put(ref, key(String(Number(textOf(credential)) + 1)), { version })
          }).pipe(Effect.catchIf(({ reason }) => reason === "conflict", () => increment(service)))
        yield* Effect.forEach(
          Array.from({ length: 24 }, (_, n) => n % 2 === 0 ? store : peer),
          increment,
          { concurrency: "unbounded" }
        )
        assert.strictEqual(textOf((yield* store.get(ref)).credential), "24")
      }))

    test("re-encryption with nothing to do does nothing", ({ store }) =>
      Effect.gen(function*() {
        const ref = { integration: yield* newIntegration }
        const { version } = yield* store.put(ref, key("fake-1"))
        assert.deepInclude(yield* store.reencrypt(), { complete: true, quarantined: [], reencrypted: 0 })
        assert.strictEqual((yield* store.get(ref)).version, version)
      }))

    const step = (action: CredentialStore.RefreshAction): CredentialStore.RefreshStep => ({
      ...action,
      id: crypto.randomUUID()
    })
    const claimOf = (owner: string, version: number, lease = 60_000) =>
      step({ _tag: "claim", force: false, lease, owner, useless: false, version })
    const tokens = (n: number, expiresAt?: DateTime.Utc) =>
      Credentials.OAuth2({
        accessToken: Redacted.make(`fake-access-${n}`),
        expiresAt,
        refreshToken: Redacted.make(`fake-refresh-${n}`),
        scopes: []
      })

    test("of those that want to refresh a version at once, one may, and its lease ends by itself", (world) =>
      Effect.gen(function*() {
        const { peer, second, store, wait } = world
        const ref = { connectionId: "a", integration: yield* newIntegration }
        assert.strictEqual(yield* reasonOf(store.refreshStep(ref, claimOf("a", 1))), "not-found")
        const { version } = yield* store.put(ref, tokens(1))
        const answers = yield* Effect.forEach(
          Array.from({ length: 16 }, (_, n) => n),
          (n) => (n % 2 === 0 ? store : peer).refreshStep(ref, claimOf(`owner-${n}`, version)),
          { concurrency: "unbounded" }
        )
        const granted = answers.filter(({ _tag }) => _tag === "granted")
        assert.deepStrictEqual([granted.length, new Set(answers.map(({ _tag }) => _tag)).size], [1, 2])
        assert.strictEqual((yield* peer.refreshStep(ref, claimOf("late", version - 1)))._tag, "moved")
        const winner = `owner-${answers.findIndex(({ _tag }) => _tag === "granted")}`
        // the same once more is the same lease: its answer may have been lost
        assert.deepStrictEqual(yield* peer.refreshStep(ref, claimOf(winner, version, second)), granted[0])
        yield* wait(1.1)
        const next = yield* peer.refreshStep(ref, claimOf("late", version, second))
        assert.isTrue(next._tag === "granted" && granted[0]?._tag === "granted" && next.token > granted[0].token)
        assert.strictEqual(
          (yield* store.refreshStep(ref, step({ _tag: "start", owner: winner, version })))._tag,
          "stale"
        )
        assert.strictEqual(
          (yield* store.refreshStep(ref, step({ _tag: "renew", lease: 60_000, owner: "late" })))._tag,
          "settled"
        )
        yield* wait(1.1)
        assert.strictEqual((yield* store.refreshStep(ref, claimOf("other", version)))._tag, "held")
        yield* store.refreshStep(ref, step({ _tag: "release", owner: "late" }))
        assert.strictEqual((yield* peer.refreshStep(ref, claimOf("other", version)))._tag, "granted")
      }))

    test("what is known of a refresh stays with the credential, is void for the next version, and goes with it", (world) =>
      Effect.gen(function*() {
        const { peer, store } = world
        const ref = { integration: yield* newIntegration }
        const { status, version } = yield* store.put(ref, tokens(1))
        assert.deepStrictEqual([status.state, status.why], ["connected", Option.none()])
        const end = (owner: string, version: number, store: Store) =>
          Effect.gen(function*() {
            yield* store.refreshStep(ref, claimOf(owner, version))
            yield* store.refreshStep(ref, step({ _tag: "start", owner, version }))
            return yield* store.refreshStep(
              ref,
              step({ _tag: "refused", code: "invalid_grant", message: "fake", owner, version })
            )
          })
        const refused = yield* end("a", version, store)
        assert.deepInclude(refused.change, { from: "connected" })
        // also with another key, and in a list
        yield* store.reencrypt()
        const [listed] = (yield* peer.list({ integration: ref.integration })).items
        for (const { status } of [yield* peer.get(ref), listed!]) {
          assert.strictEqual(status.state, "revoked")
          assert.deepStrictEqual(Option.getOrThrow(status.why), {
            code: Option.some("invalid_grant"),
            message: "fake",
            reason: "revoked"
          })
        }
        assert.strictEqual((yield* peer.refreshStep(ref, claimOf("b", version)))._tag, "over")

        const again = yield* peer.put(ref, tokens(2), { version })
        assert.strictEqual(again.status.state, "connected")
        const seen = step({ _tag: "observe", stuck: false })
        const [first, second] = [yield* store.refreshStep(ref, seen), yield* peer.refreshStep(ref, seen)]
        assert.deepInclude(first.change, { from: "revoked" })
        // the answer may have been lost
        assert.deepStrictEqual(second.change, first.change)
        const other = yield* peer.refreshStep(ref, step({ _tag: "observe", stuck: false }))
        assert.isUndefined(other.change)

        yield* end("b", again.version, peer)
        yield* store.remove(ref)
        const anew = yield* store.put(ref, tokens(3))
        assert.strictEqual((yield* peer.get(ref)).status.state, "connected")
        assert.strictEqual((yield* peer.refreshStep(ref, claimOf("c", anew.version)))._tag, "granted")
      }))

    test("whether an access token has ended is told by the store's clock", ({ peer, second, store, wait }) =>
      Effect.gen(function*() {
        const ref = { integration: yield* newIntegration }
        yield* store.put(ref, tokens(1))
        const { readAt } = yield* store.get(ref)
        const { version } = yield* store.put(ref, tokens(1, DateTime.add(readAt, { millis: second })))
        yield* store.refreshStep(ref, claimOf("a", version))
        yield* store.refreshStep(ref, step({ _tag: "start", owner: "a", version }))
        const why = { message: "fake", reason: "unreachable" } as const
        yield* wait(1.1)
        const failed = yield* store.refreshStep(
          ref,
          step({ _tag: "failed", answered: true, owner: "a", pause: 60_000, useless: false, version, why })
        )
        assert.strictEqual(failed.change?.status.state, "expired")
        const failing = yield* peer.refreshStep(ref, claimOf("b", version))
        assert.isTrue(failing._tag === "failing" && failing.left > 0 && failing.left <= 60_000)
      }))

    test("who listens is told of each write before it is acknowledged", ({ store }) =>
      Effect.gen(function*() {
        const ref = { connectionId: "a", integration: yield* newIntegration }
        const told: Array<CredentialStore.Ref> = []
        yield* Effect.scoped(Effect.gen(function*() {
          yield* store.subscribe((ref) => told.push(ref))
          yield* store.put(ref, key("fake-1"))
          assert.deepStrictEqual(told, [ref])
          yield* store.rotate(ref, key("fake-2"))
          yield* store.remove(ref)
          assert.strictEqual(told.length, 3)
        }))
        yield* store.put(ref, key("fake-3"))
        assert.strictEqual(told.length, 3)
      }))
  })
}
