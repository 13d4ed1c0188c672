/**
 * Against a certified server that ends a grant when a refresh token comes twice: several real processes with one connection
 * between them, and one that is killed with the answer in its hand.
 */
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Layer, Option, Redacted, type Scope } from "effect"
import { CredentialCipher, Credentials, CredentialStore, TokenRefresh } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { bundle } from "../../bundle.js"
import { isLong, size } from "../../campaign.js"
import { comes } from "../../comes.js"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import { turn } from "../../turn.js"
import type { Options } from "./child.js"
import { exchange, type Server } from "./exchange.js"
import { newRef, textOf } from "./provider.js"

const key = Buffer.alloc(32, 7).toString("base64")

class Child {
  readonly lines: Array<string> = []
  readonly process: ChildProcess
  #errors = ""
  #rest = ""

  constructor(entry: string, args: ReadonlyArray<string>) {
    this.process = spawn(process.execPath, [bundle(entry), ...args], { stdio: "pipe" })
    this.process.stdout!.on("data", (data: Buffer) => {
      const lines = (this.#rest + data.toString()).split("\n")
      this.#rest = lines.pop()!
      for (const line of lines) this.lines.push(line)
    })
    this.process.stderr!.on("data", (data: Buffer) => {
      this.#errors += data.toString()
    })
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  /** The n-th line that begins so. */
  line(start: string, n = 1): Effect.Effect<string> {
    const look: Effect.Effect<string> = Effect.suspend(() => {
      const found = this.lines.filter((line) => line.startsWith(start))[n - 1]
      if (found !== undefined) return Effect.succeed(found.slice(start.length))
      if (this.hasEnded) return Effect.dieMessage(`it has ended: ${this.#errors}`)
      return Effect.delay(look, 20)
    })
    return comes(`line ${n} of ${start}`, look)
  }

  readonly end = Effect.async<void>((resume) => {
    if (this.hasEnded) return resume(Effect.void)
    this.process.once("exit", () => resume(Effect.void))
  })

  readonly ask = Effect.sync(() => void this.process.stdin!.write("ask\n"))
}

const child = (entry: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => new Child(entry, args)),
    (child) =>
      Effect.suspend(() => {
        child.process.kill("SIGKILL")
        return child.end
      })
  )

const provider = Effect.gen(function*() {
  const server = JSON.parse(yield* (yield* child("test/auth/refresh/oidc.ts")).line("")) as Server
  const ask = <A>(path: string) =>
    HttpClient.get(`${server.issuer}/test/${path}`).pipe(
      Effect.flatMap((response) => response.json),
      Effect.map((answer) => answer as A),
      Effect.orDie,
      Effect.provide(FetchHttpClient.layer)
    )
  return {
    /** As somebody who has connected has it, with an access token that has ended. */
    connect: Effect.map(
      ask<{ readonly grantId: string; readonly refreshToken: string }>("connect"),
      ({ grantId, refreshToken }) => ({
        credential: Credentials.OAuth2({
          accessToken: Redacted.make("access-token-of-the-beginning"),
          expiresAt: DateTime.unsafeMake(0),
          refreshToken: Redacted.make(refreshToken),
          scopes: ["openid", "offline_access"]
        }),
        grantId
      })
    ),
    counts: ask<{ readonly errors: number; readonly refreshes: number; readonly revoked: number }>("counts"),
    revoke: (grantId: string) => ask<object>(`revoke?grant=${grantId}`),
    server
  }
})

type Store = CredentialStore.CredentialStore["Type"]

const storeOf = <E>(layer: Layer.Layer<CredentialStore.CredentialStore, E, CredentialCipher.CredentialCipher>) =>
  Effect.map(
    Layer.build(
      Layer.orDie(
        Layer.provide(layer, CredentialCipher.layer({ current: { id: "k1", key: Redacted.make(key) } }))
      )
    ),
    Context.get(CredentialStore.CredentialStore)
  )

interface Database {
  readonly database: string
  readonly store: Store
}

const databases: Record<string, Effect.Effect<Database, never, Scope.Scope>> = {
  PostgreSQL: Effect.gen(function*() {
    const database = yield* servers.database
    const store = yield* storeOf(Layer.provide(CredentialSql.layer(), Layer.orDie(servers.client(database))))
    return { database, store }
  }),
  SQLite: Effect.gen(function*() {
    const database = yield* files.file
    return { database, store: yield* storeOf(CredentialSqlite.layer({ filename: database })) }
  })
}

/** The end of its access token has come. */
const expire = (store: Store, ref: CredentialStore.Ref) =>
  Effect.gen(function*() {
    const { credential, version } = yield* store.get(ref)
    assert.isTrue(credential._tag === "OAuth2")
    if (credential._tag !== "OAuth2") return
    yield* store.put(ref, Credentials.OAuth2({ ...credential, expiresAt: DateTime.unsafeMake(0) }), { version })
  })

for (const [name, make] of Object.entries(databases)) {
  const world = Effect.gen(function*() {
    const { database, store } = yield* make
    const oidc = yield* provider
    const ref = yield* newRef
    const start = (options: Partial<Options> = {}) =>
      Effect.tap(
        child(
          "test/auth/refresh/child.ts",
          JSON.stringify(
            {
              callers: 50,
              database,
              diesWithAnswer: false,
              key,
              lease: 60_000,
              ref,
              server: oidc.server,
              ...options
            } satisfies Options
          )
        ),
        (child) => child.line("ready")
      )
    return { oidc, ref, start, store }
  })

  describe(`a connection at oidc-provider, in ${name}`, () => {
    const processes = isLong ? 8 : 3
    const rounds = size({ bounded: 6, everyDay: 3, full: 20 })

    it.scopedLive(`${processes} processes with 50 callers each make exactly one refresh at each expiry`, () =>
      Effect.gen(function*() {
        const { oidc, ref, start, store } = yield* world
        yield* store.put(ref, (yield* oidc.connect).credential)
        const children = yield* Effect.forEach(Array.from({ length: processes }), () => start(), {
          concurrency: "unbounded"
        })
        const seen = new Set<string>()
        for (let round = 1; round <= rounds; round++) {
          if (round > 1) yield* expire(store, ref)
          yield* Effect.forEach(children, ({ ask }) => ask)
          const got = yield* Effect.forEach(children, (child) => child.line("got ", round), {
            concurrency: "unbounded"
          })
          const { credential } = yield* store.get(ref)
          const stored = createHash("sha256").update(textOf(credential)).digest("hex")
          assert.deepStrictEqual([...new Set(got)], [JSON.stringify([stored])], `round ${round}`)
          assert.isFalse(seen.has(stored))
          seen.add(stored)
          assert.deepStrictEqual(yield* oidc.counts, { errors: 0, refreshes: round, revoked: 0 })
        }
        assert.deepStrictEqual(children.flatMap(({ lines }) => lines.filter((line) => line.startsWith("change"))), [])
        assert.strictEqual((yield* store.get(ref)).status.state, "connected")
      }))

    it.scopedLive("who is killed with the answer in his hand leaves a lost rotation, and whom somebody revokes is revoked", () =>
      Effect.gen(function*() {
        const { oidc, ref, start, store } = yield* world
        yield* store.put(ref, (yield* oidc.connect).credential)
        const victim = yield* start({ diesWithAnswer: true, lease: 3000 })
        yield* victim.ask
        yield* comes("its end", victim.end)
        assert.strictEqual(victim.process.signalCode, "SIGKILL")
        // the provider has given the next refresh token, and nobody has it
        assert.deepInclude(yield* oidc.counts, { errors: 0, refreshes: 1 })

        const [heir, other] = [yield* start(), yield* start()]
        yield* heir.ask
        yield* other.ask
        for (const child of [heir, other]) {
          const [told, ...more] = JSON.parse(yield* child.line("got ")) as Array<string>
          assert.deepStrictEqual(more, [])
          assert.match(told!, /^rotation-lost .*the answer to an exchange was lost.*Nobody at the provider has revoked/)
        }
        const { errors, refreshes } = yield* oidc.counts
        assert.deepStrictEqual([refreshes, errors], [1, 1])
        const lost = yield* store.get(ref)
        assert.strictEqual(textOf(lost.credential), "access-token-of-the-beginning")
        assert.strictEqual(Option.getOrThrow(lost.status.why).reason, "rotation-lost")
        const changes = () => [heir, other].flatMap(({ lines }) => lines.filter((line) => line.startsWith("change")))
        assert.deepStrictEqual(changes(), ["change connected revoked rotation-lost"])

        // somebody connects it again, and later goes to the provider and revokes it
        const { credential, grantId } = yield* oidc.connect
        yield* store.put(ref, credential)
        yield* heir.ask
        yield* heir.line("got ", 2)
        yield* oidc.revoke(grantId)
        yield* expire(store, ref)
        yield* other.ask
        assert.match(yield* other.line("got ", 2), /^\["revoked .*somebody has to connect it again/)
        assert.deepStrictEqual(changes().sort(), [
          "change connected revoked revoked",
          "change connected revoked rotation-lost",
          "change revoked connected "
        ])
      }))
  })
}

describe("many expiries at oidc-provider", () => {
  const connections = 10
  const rounds = size({ bounded: 60, everyDay: 5, full: 200 })

  it.scopedLive(`${connections * rounds} of them lose no connection`, () =>
    Effect.gen(function*() {
      const oidc = yield* provider
      const store = yield* CredentialStore.makeMemory
      const layer = Layer.provide(
        TokenRefresh.layer({ exchange: exchange(oidc.server), timeToLive: 0 }),
        Layer.succeed(CredentialStore.CredentialStore, store)
      )
      const make = Effect.map(Layer.build(Layer.fresh(layer)), Context.get(TokenRefresh.TokenRefresh))
      const processes = [yield* make, yield* make]
      const refs = yield* Effect.replicateEffect(newRef, connections)
      for (const ref of refs) yield* store.put(ref, (yield* oidc.connect).credential)
      for (let round = 1; round <= rounds; round++) {
        yield* Effect.forEach(refs, (ref) =>
          Effect.gen(function*() {
            if (round > 1) yield* expire(store, ref)
            const got = yield* Effect.forEach([0, 1, 0, 1], (n) => processes[n]!.get(ref), { concurrency: "unbounded" })
            assert.strictEqual(new Set(got.map(textOf)).size, 1)
          }), { concurrency: "unbounded" })
        yield* turn
      }
      assert.deepStrictEqual(yield* oidc.counts, { errors: 0, refreshes: connections * rounds, revoked: 0 })
    }))
})
