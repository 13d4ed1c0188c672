/** Keys of stored credentials: rotated while all goes on, wrong, missing; and what a stolen database yields. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option, Redacted } from "effect"
import { Credentials, CredentialStore, TokenRefresh } from "holdfast"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { inspect } from "node:util"
import { Provider } from "./refresh/provider.js"
import * as stores from "./stores.js"

const { apiKey, key, textOf } = stores

const connections = Array.from({ length: 100 }, (_, n): CredentialStore.Ref => ({
  connectionId: `c${String(n).padStart(3, "0")}`,
  integration: "shop",
  tenantId: `t${n % 7}`
}))

const reasonOf = <A>(effect: Effect.Effect<A, CredentialStore.CredentialStoreError>) =>
  Effect.map(Effect.flip(effect), ({ message, reason }) => [reason, message] as const)

for (const [name, database] of Object.entries(stores.databases)) {
  describe(`keys of credentials in ${name}`, () => {
    it.scopedLive("a key is rotated while 100 connections are read and written by two processes", () =>
      Effect.gen(function*() {
        const { open, sql } = yield* database
        const before = yield* open({ current: key("k1", 1) })
        yield* Effect.forEach(connections, (ref) => before.put(ref, apiKey("0")), { discard: true })

        // first, every process is given the new key beside the one that it uses; then each goes over to it
        const laggard = yield* open({ current: key("k1", 1), older: [key("k2", 2)] })
        const modern = yield* open({ current: key("k2", 2), older: [key("k1", 1)] })
        const written = new Map<string, number>()
        let reads = 0
        const increment = (
          store: CredentialStore.CredentialStore["Type"],
          ref: CredentialStore.Ref
        ): Effect.Effect<void, CredentialStore.CredentialStoreError> =>
          Effect.gen(function*() {
            const { credential, version } = yield* store.get(ref)
            reads++
            yield* store.put(ref, apiKey(String(Number(textOf(credential)) + 1)), { version })
            written.set(ref.connectionId!, (written.get(ref.connectionId!) ?? 0) + 1)
          }).pipe(Effect.catchIf(({ reason }) => reason === "conflict", () => increment(store, ref)))
        let goOn = true
        const worker = (store: CredentialStore.CredentialStore["Type"], offset: number) =>
          Effect.gen(function*() {
            for (let n = offset; goOn || n < offset + 300; n += 7) {
              yield* increment(store, connections[n % 100]!)
              yield* Effect.sleep("2 millis")
            }
          })
        const workers = yield* Effect.forEach(
          [worker(laggard, 0), worker(laggard, 50), worker(modern, 0), worker(modern, 30)],
          Effect.fork
        )
        yield* Effect.sleep("100 millis")
        const first = yield* modern.reencrypt({ pageSize: 10 })
        // all but those that the modern one has written by then
        assert.isAbove(first.reencrypted, 0)
        goOn = false
        yield* Fiber.joinAll(workers)
        // the last of those that wrote with the former key has been stopped
        assert.deepInclude(yield* modern.reencrypt({ pageSize: 10 }), { complete: true, keyId: "k2", quarantined: [] })

        const left = yield* sql`SELECT key_id FROM holdfast_credentials WHERE key_id <> 'k2'`
        assert.deepStrictEqual(left, [])
        const after = yield* open({ current: key("k2", 2) })
        for (const ref of connections) {
          const got = yield* after.get(ref)
          assert.strictEqual(Number(textOf(got.credential)), written.get(ref.connectionId!) ?? 0, ref.connectionId)
        }
        assert.isAbove(reads, 100)
      }))

    it.scopedLive("a key is rotated while 100 connections are refreshed by two processes", () =>
      Effect.gen(function*() {
        const { open } = yield* database
        const provider = new Provider()
        const before = yield* open({ current: key("k1", 1) })
        yield* Effect.forEach(
          connections,
          (ref) => Effect.flatMap(provider.connect(ref.connectionId!), (granted) => before.put(ref, granted)),
          { discard: true }
        )
        const refreshing = (store: CredentialStore.CredentialStore["Type"]) =>
          Effect.map(
            Layer.build(
              Layer.provide(
                TokenRefresh.layer({ exchange: provider.exchange, lease: "2 minutes" }),
                Layer.succeed(CredentialStore.CredentialStore, store)
              )
            ),
            (context) => Context.get(context, TokenRefresh.TokenRefresh)
          )
        const laggard = yield* open({ current: key("k1", 1), older: [key("k2", 2)] })
        const modern = yield* open({ current: key("k2", 2), older: [key("k1", 1)] })
        const [one, other] = [yield* refreshing(laggard), yield* refreshing(modern)]
        // each connection three times, by both at once
        const refreshed = yield* Effect.fork(Effect.forEach(
          [...connections, ...connections, ...connections],
          (ref) => Effect.all([one.refresh(ref), other.refresh(ref)], { concurrency: 2 }),
          { concurrency: 10, discard: true }
        ))
        yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => provider.accepted > 50 })
        const first = yield* modern.reencrypt({ pageSize: 10 })
        assert.isAbove(first.reencrypted, 0)
        yield* Fiber.join(refreshed)
        assert.deepInclude(yield* modern.reencrypt({ pageSize: 10 }), { complete: true, quarantined: [] })

        // no refresh token came twice, and whoever has only the new key has the last token of each
        assert.deepStrictEqual([...provider.revoked], [])
        const after = yield* refreshing(yield* open({ current: key("k2", 2) }))
        for (const ref of connections) {
          assert.strictEqual((yield* after.status(ref)).state, "connected", ref.connectionId)
          yield* after.refresh(ref)
        }
        assert.deepStrictEqual([...provider.revoked], [])
        assert.isAtLeast(provider.accepted, 400)
      }))

    it.scopedLive("a re-encryption that is interrupted goes on where it was, and leaves versions alone", () =>
      Effect.gen(function*() {
        const { open, sql } = yield* database
        const before = yield* open({ current: key("k1", 1) })
        const versions = new Map<string, number>()
        for (const ref of connections.slice(0, 40)) {
          versions.set(ref.connectionId!, (yield* before.put(ref, apiKey("fake-old"))).version)
          if (Number(ref.connectionId!.slice(1)) % 2 === 0) {
            versions.set(ref.connectionId!, (yield* before.rotate(ref, apiKey("fake-new"))).version)
          }
        }
        const store = yield* open({ current: key("k2", 2), older: [key("k1", 1)] })
        const done = Effect.map(
          sql<{ n: number | string }>`SELECT count(*) AS n FROM holdfast_credentials WHERE key_id = 'k2'`,
          ([row]) => Number(row?.n)
        )
        const running = yield* Effect.fork(store.reencrypt({ pageSize: 3 }))
        while ((yield* done) < 5) yield* Effect.sleep("1 millis")
        yield* Fiber.interrupt(running)
        const halfway = yield* done
        const rest = yield* store.reencrypt()
        assert.strictEqual(rest.reencrypted, 40 - halfway)
        assert.isTrue(rest.complete)
        for (const ref of connections.slice(0, 40)) {
          const got = yield* store.get(ref)
          assert.strictEqual(got.version, versions.get(ref.connectionId!))
          const isRotated = Number(ref.connectionId!.slice(1)) % 2 === 0
          assert.strictEqual(textOf(got.credential), isRotated ? "fake-new" : "fake-old")
          assert.strictEqual(Option.isSome(got.previous), isRotated)
        }
      }))

    it.scopedLive("a wrong key, or none, names the rows, shows the rest of the list, and harms nothing", () =>
      Effect.gen(function*() {
        const { open, sql } = yield* database
        const owner = yield* open({ current: key("k1", 1) })
        const [a, b, c] = [connections[0]!, connections[1]!, connections[2]!]
        yield* owner.put(a, apiKey("fake-a"))
        yield* owner.put(b, apiKey("fake-b"))
        const both = yield* open({ current: key("k2", 2), older: [key("k1", 1)] })
        yield* both.put(c, apiKey("fake-c"))
        const everything = sql`SELECT * FROM holdfast_credentials ORDER BY tenant, connection`
        const rows = yield* everything

        const cases = [
          [{ current: key("k2", 2) }, "no-key", "does not have"],
          [{ current: key("k2", 2), older: [key("k1", 9)] }, "wrong-key", "another key \"k1\""]
        ] as const
        for (const [keys, reason, message] of cases) {
          const stranger = yield* open(keys)
          const list = yield* stranger.list()
          assert.deepStrictEqual(
            list.items.map(({ connectionId, quarantine }) => [
              connectionId,
              Option.getOrUndefined(Option.map(quarantine, ({ reason }) => reason))
            ]),
            [["c000", reason], ["c001", reason], ["c002", undefined]]
          )
          for (
            const step of [
              stranger.get(a),
              stranger.put(a, apiKey("fake-overwritten")),
              stranger.rotate(a, apiKey("fake-overwritten"))
            ]
          ) {
            const [refused, why] = yield* reasonOf<unknown>(step)
            assert.strictEqual(refused, "quarantined")
            assert.include(why, "shop, connection \"c000\", tenant \"t0\"")
            assert.include(why, message)
          }
          const report = yield* stranger.reencrypt()
          assert.deepStrictEqual(report.quarantined.map(({ connectionId }) => connectionId), ["c000", "c001"])
          assert.deepInclude(report, { complete: true, reencrypted: 0 })
        }
        // with a wrong key of the right id nothing is written at all, that the others could not read
        const impostor = yield* open({ current: key("k1", 9) })
        for (const step of [impostor.put({ integration: "new" }, apiKey("fake-new")), impostor.reencrypt()]) {
          const [refused, why] = yield* reasonOf<unknown>(step)
          assert.strictEqual(refused, "quarantined")
          assert.include(why, "nothing was written")
        }
        assert.deepStrictEqual(yield* everything, rows)
        assert.strictEqual(textOf((yield* owner.get(a)).credential), "fake-a")
        // what cannot be read can be given up
        const stranger = yield* open({ current: key("k2", 2) })
        yield* stranger.remove(a)
        yield* stranger.put(a, apiKey("fake-anew"), { version: 0 })
        assert.strictEqual(textOf((yield* both.get(a)).credential), "fake-anew")
      }))

    it.scopedLive("a row in the place of another, or of an earlier one, or with a letter changed, is refused", () =>
      Effect.gen(function*() {
        const { open, sql } = yield* database
        const store = yield* open({ current: key("k1", 1) })
        const [a, b] = [connections[0]!, connections[1]!]
        const mine = yield* store.put(a, apiKey("fake-a"))
        yield* store.put(b, apiKey("fake-b"), { version: 0 })
        const row = (ref: CredentialStore.Ref) =>
          Effect.map(
            sql<{ iv: string; sealed: string; version: number }>`SELECT iv, sealed, version FROM holdfast_credentials
WHERE connection = ${ref.connectionId!}`,
            ([found]) => found!
          )
        const overwrite = (ref: CredentialStore.Ref, from: { readonly iv: string; readonly sealed: string }) =>
          sql`UPDATE holdfast_credentials SET iv = ${from.iv}, sealed = ${from.sealed}
WHERE connection = ${ref.connectionId!}`
        const first = yield* row(a)
        yield* store.put(a, apiKey("fake-a2"), { version: mine.version })
        const second = yield* row(a)
        const tampered = Buffer.from(second.sealed, "base64")
        tampered[3]! ^= 1
        for (
          const forgery of [yield* row(b), first, { ...second, sealed: tampered.toString("base64") }, {
            iv: "?",
            sealed: "not Base64!"
          }]
        ) {
          yield* overwrite(a, forgery)
          // also with the version of the other: it is bound to its name first of all
          const [refused, why] = yield* reasonOf(store.get(a))
          assert.strictEqual(refused, "quarantined")
          assert.include(why, "somebody has changed the row, or put it in the place of another")
          assert.strictEqual(textOf((yield* store.get(b)).credential), "fake-b")
        }
        const ofB = yield* row(b)
        yield* overwrite(a, ofB)
        yield* sql`UPDATE holdfast_credentials SET version = ${ofB.version} WHERE connection = ${a.connectionId!}`
        assert.strictEqual((yield* reasonOf(store.get(a)))[0], "quarantined")
        yield* overwrite(a, second)
        yield* sql`UPDATE holdfast_credentials SET version = ${second.version} WHERE connection = ${a.connectionId!}`
        assert.strictEqual(textOf((yield* store.get(a)).credential), "fake-a2")
        // the row of one tenant under the name of another
        yield* sql`UPDATE holdfast_credentials SET tenant = 'mallory' WHERE connection = ${a.connectionId!}`
        assert.strictEqual((yield* reasonOf(store.get({ ...a, tenantId: "mallory" })))[0], "quarantined")
      }))

    it.scopedLive("a stolen database yields nothing, nor does what is told of it", () =>
      Effect.gen(function*() {
        const { filename, open, sql } = yield* database
        const plant = () => `planted-${randomBytes(12).toString("hex")}`
        const secrets = { app: plant(), bearer: plant(), old: plant(), password: plant(), refresh: plant() }
        const store = yield* open({ current: key("k1", 77) })
        const { Basic, Bearer, Headers, OAuth2 } = Credentials
        const redacted = (text: string) => Redacted.make(text)
        const of = (n: number) => connections[n]!
        yield* store.put(of(0), Bearer({ token: redacted(secrets.bearer) }))
        yield* store.put(of(1), Basic({ password: redacted(secrets.password), username: "ada" }))
        yield* store.put(of(2), Headers({ headers: { "x-app": redacted(secrets.app) } }))
        yield* store.put(of(3), apiKey(secrets.old))
        const told: Array<unknown> = [
          yield* store.rotate(of(3), apiKey("fake-new-key")),
          yield* store.put(
            of(4),
            OAuth2({ accessToken: redacted(secrets.bearer), refreshToken: redacted(secrets.refresh), scopes: [] })
          ),
          yield* store.get(of(3)),
          yield* store.get(of(4)),
          yield* store.list(),
          yield* Effect.exit(store.put(of(3), apiKey(secrets.old), { version: 1 })),
          yield* Effect.exit((yield* open({ current: key("k1", 78) })).put(of(3), apiKey(secrets.old))),
          store
        ]
        yield* sql`UPDATE holdfast_credentials SET sealed = 'x' WHERE connection = ${of(2).connectionId!}`
        told.push(yield* Effect.exit(store.get(of(2))), yield* store.list())
        const texts = told.flatMap((value) => [inspect(value, { depth: 12, showHidden: true }), JSON.stringify(value)])

        const bytes = filename === undefined
          ? [inspect(yield* sql`SELECT * FROM holdfast_credentials`, { depth: 9, maxStringLength: null })]
          : ["", "-wal", "-shm"].flatMap((suffix) =>
            fs.existsSync(filename + suffix) ? [fs.readFileSync(filename + suffix, "latin1")] : []
          )
        assert.isTrue(bytes.join().includes("c000"), "this is the database")
        const keyText = Buffer.alloc(32, 77)
        for (const [what, secret] of Object.entries({ ...secrets, key: keyText.toString("base64") })) {
          const forms = [
            secret,
            Buffer.from(secret).toString("base64").slice(0, -4),
            Buffer.from(secret).toString("hex")
          ]
          for (const form of forms) {
            for (const text of [...texts, ...bytes]) assert.isFalse(text.includes(form), `${what} is in there`)
          }
        }
        for (const text of bytes) assert.isFalse(text.includes(keyText.toString("latin1")))
      }))
  })
}
