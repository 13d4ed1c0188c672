/** `holdfast credentials`: on SQLite and PostgreSQL, and where there are none. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { CredentialCipher, Credentials, CredentialStore } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import { randomBytes } from "node:crypto"
import * as files from "../delivery/files.js"
import * as servers from "../servers/index.js"
import { cli, json } from "./kit.js"

const keyOf = (id: string) => ({ id, key: Redacted.make(randomBytes(32).toString("base64")) })

const text = ({ id, key }: ReturnType<typeof keyOf>) => `${id}:${Redacted.value(key)}`

type Make = Layer.Layer<CredentialStore.CredentialStore, unknown, CredentialCipher.CredentialCipher>

const opened = (make: Make, current: ReturnType<typeof keyOf>) =>
  Effect.map(
    Layer.build(Layer.provide(make, CredentialCipher.layer({ current }))),
    (context) => Context.get(context, CredentialStore.CredentialStore)
  )

const secret = "fake-secret-of-a-tenant"

const scenario = (store: string, make: Make) =>
  Effect.gen(function*() {
    const [former, current] = [keyOf("k1"), keyOf("k2")]
    const env = { HOLDFAST_CREDENTIAL_KEY: text(former), HOLDFAST_STORE_URL: store }
    const both = { ...env, HOLDFAST_CREDENTIAL_KEY: text(current), HOLDFAST_CREDENTIAL_OLD_KEYS: text(former) }
    const only = { ...env, HOLDFAST_CREDENTIAL_KEY: text(current) }

    // no command but migrate makes tables, or a file
    const early = yield* cli(["credentials", "list"], { env })
    assert.strictEqual(early.code, store.startsWith("sqlite") ? 3 : 1)
    assert.include(early.err, "holdfast migrate")
    assert.strictEqual((yield* cli(["migrate"], { env })).code, 0)
    assert.strictEqual((yield* cli(["credentials", "list"], { env })).err, "no credentials\n")

    const kept = yield* opened(make, former)
    for (let i = 0; i < 3; i++) {
      const key = Redacted.make(`${secret}-${i}`)
      yield* kept.put({ connectionId: `c${i}`, integration: "hubspot", tenantId: "acme" }, Credentials.ApiKey({ key }))
    }
    yield* kept.put({ integration: "stripe" }, Credentials.Bearer({ token: Redacted.make(secret) }))

    const listed = yield* cli(["credentials", "list", "--json"], { env })
    assert.deepStrictEqual(
      json(listed.out).credentials.map((one: any) => [
        one.tenant,
        one.integration,
        one.connection,
        one.kind,
        one.keyId,
        one.quarantine
      ]),
      [
        [null, "stripe", null, "Bearer", "k1", null],
        ["acme", "hubspot", "c0", "ApiKey", "k1", null],
        ["acme", "hubspot", "c1", "ApiKey", "k1", null],
        ["acme", "hubspot", "c2", "ApiKey", "k1", null]
      ]
    )
    const table = yield* cli(["credentials", "list", "--tenant", "acme"], { columns: 120, env })
    assert.match(
      table.out,
      /^TENANT +INTEGRATION +CONNECTION +KIND +KEY +CHANGED +STATE\nacme +hubspot +c0 +ApiKey +k1/
    )
    assert.notInclude(table.out, "stripe")

    // with a key that is none of theirs all are named, and none is changed
    const strange = yield* cli(["credentials", "list", "--quarantined", "--json"], { env: only })
    assert.strictEqual(strange.code, 1)
    assert.deepStrictEqual(
      json(strange.out).credentials.map((one: any) => one.quarantine.reason),
      Array(4).fill("no-key")
    )
    const refused = yield* cli(["credentials", "reencrypt", "--json"], { env: only })
    assert.strictEqual(refused.code, 1)
    assert.deepStrictEqual([json(refused.out).reencrypted, json(refused.out).quarantined.length], [0, 4])
    assert.strictEqual((yield* kept.get({ integration: "stripe" })).keyId, "k1")

    const planned = yield* cli(["credentials", "reencrypt", "--dry-run"], { env: both })
    assert.deepStrictEqual([planned.code, planned.out], [0, "k1: 4 credentials\n"])
    const done = yield* cli(["credentials", "reencrypt"], { env: both })
    assert.deepStrictEqual([done.code, done.out], [0, "4 credentials encrypted anew with the key \"k2\"\n"])
    assert.strictEqual((yield* cli(["credentials", "list", "--quarantined"], { env: only })).code, 0)

    const gone = ["credentials", "remove", "hubspot", "--tenant", "acme", "--connection", "c1"]
    assert.strictEqual((yield* cli(gone, { env: only })).code, 4)
    assert.strictEqual((yield* cli([...gone, "--dry-run"], { env: only })).code, 0)
    assert.strictEqual((yield* cli([...gone, "--yes"], { env: only })).code, 0)
    assert.strictEqual((yield* cli([...gone, "--yes"], { env: only })).code, 3)
    const left = yield* cli(["credentials", "list", "--json"], { env: only })
    assert.strictEqual(json(left.out).credentials.length, 3)

    for (const { err, out } of [listed, table, strange, refused, planned, done, left]) {
      assert.notInclude(out + err, secret)
    }
  })

describe("credentials", () => {
  it.scopedLive(
    "on SQLite",
    () =>
      Effect.flatMap(files.file, (filename) => scenario(`sqlite:${filename}`, CredentialSqlite.layer({ filename }))),
    60_000
  )

  it.scopedLive(
    "on PostgreSQL",
    () =>
      Effect.flatMap(
        servers.database,
        (url) => scenario(url, Layer.provide(CredentialSql.layer(), servers.client(url)))
      ),
    60_000
  )

  it.scopedLive("without a key, or with one that is none, nothing is done, and it is said why", () =>
    Effect.gen(function*() {
      const env = { HOLDFAST_STORE_URL: `sqlite:${yield* files.file}` }
      yield* cli(["migrate"], { env })
      const without = yield* cli(["credentials", "list"], { env })
      assert.strictEqual(without.code, 2)
      assert.include(without.err, "HOLDFAST_CREDENTIAL_KEY is not set")
      const odd = yield* cli(["credentials", "list"], { env: { ...env, HOLDFAST_CREDENTIAL_KEY: `k1:${secret}` } })
      assert.strictEqual(odd.code, 1)
      assert.include(odd.err, "HOLDFAST_CREDENTIAL_KEY")
      assert.notInclude(odd.err, secret)
    }))

  it.scopedLive("Redis keeps none", () =>
    Effect.gen(function*() {
      const { url } = yield* servers.redis
      const env = { HOLDFAST_CREDENTIAL_KEY: text(keyOf("k1")), HOLDFAST_STORE_URL: url }
      const { code, err } = yield* cli(["credentials", "list"], { env })
      assert.strictEqual(code, 1)
      assert.include(err, "keeps no credentials")
    }))
})
