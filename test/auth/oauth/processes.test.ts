/** Begun in one process, which is killed; the callback comes to another one. Beneath them a database, before them a proxy. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { CredentialCipher, CredentialStore } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { bundle } from "../../bundle.js"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import { Browser } from "./browser.js"
import type { Options } from "./child.js"
import * as Provider from "./provider.js"

const publicUrl = "https://app.example"

const start = (options: Options) =>
  Effect.acquireRelease(
    Effect.async<{ readonly kill: Effect.Effect<void>; readonly url: string }>((resume) => {
      const child = spawn(process.execPath, [bundle("test/auth/oauth/child.ts"), JSON.stringify(options)], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const ended = new Promise<void>((settle) => child.once("exit", () => settle()))
      const kill = Effect.promise(() => {
        child.kill("SIGKILL")
        return ended
      })
      let told = ""
      child.stdout.on("data", (chunk: Buffer) => {
        told += chunk.toString()
        if (told.includes("\n")) resume(Effect.succeed({ kill, url: told.trim() }))
      })
      child.once("exit", (code) => resume(Effect.dieMessage(`it has ended with ${code}`)))
    }),
    ({ kill }) => kill
  )

const key = randomBytes(32).toString("base64")
const cipher = CredentialCipher.layer({ current: { id: "k1", key: Redacted.make(key) } })

type Store = Layer.Layer<CredentialStore.CredentialStore, unknown, CredentialCipher.CredentialCipher>

const stores: Readonly<
  Record<string, Effect.Effect<{ readonly layer: Store; readonly url: string }, unknown, Scope.Scope>>
> = {
  PostgreSQL: Effect.map(servers.database, (url) => ({
    layer: Layer.provide(CredentialSql.layer(), servers.client(url)),
    url
  })),
  SQLite: Effect.map(files.file, (filename) => ({ layer: CredentialSqlite.layer({ filename }), url: filename }))
}

for (const [name, made] of Object.entries(stores)) {
  it.scopedLive(`over ${name}`, () =>
    Effect.gen(function*() {
      const store = yield* made
      const { issuer } = yield* Provider.start({ redirectUris: [`${publicUrl}/oauth/shop/callback`] })
      const options: Options = { issuer, key, publicUrl, secret: Provider.secret, store: store.url }
      const [here, there] = yield* Effect.all([start(options), start(options)], { concurrency: 2 })
      const browser = new Browser()
      browser.set("127.0.0.1", "user", "ada")
      const page = yield* Effect.promise(() => browser.go(`${here.url}/oauth/shop/connect?returnTo=/settings`))
      const callback = yield* Effect.promise(() =>
        browser.consent(page.location ?? "", `${publicUrl}/oauth/shop/callback`)
      )
      yield* here.kill
      const at = callback.replace(publicUrl, there.url)
      const back = yield* Effect.promise(() => browser.go(at))
      assert.strictEqual(back.status, 303, back.text)
      assert.strictEqual(back.location, `${publicUrl}/settings`)
      assert.strictEqual((yield* Effect.promise(() => browser.go(at))).status, 400)

      const kept = Context.get(
        yield* Layer.build(
          Layer.provide(store.layer, cipher)
        ),
        CredentialStore.CredentialStore
      )
      const { credential } = yield* kept.get({ integration: "shop", tenantId: "team-of-ada" })
      assert.isTrue(credential._tag === "OAuth2" && credential.refreshToken !== undefined)
    }), 120_000)
}
