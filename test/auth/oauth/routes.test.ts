/** People connect their accounts: the whole way over real HTTP, against oidc-provider, and who tries to misuse it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { CredentialCipher, type CredentialStore, OAuth2Client } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import * as OAuth2Routes from "holdfast/auth/OAuth2Routes"
import * as TransactionsSql from "holdfast/auth/OAuth2Transactions/Sql"
import * as TransactionsSqlite from "holdfast/auth/OAuth2Transactions/Sqlite"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import * as stores from "../stores.js"
import * as App from "./app.js"
import { Browser } from "./browser.js"
import * as Endpoint from "./endpoint.js"
import * as Provider from "./provider.js"

const secret = Redacted.make(Provider.secret)

/** The client of oidc-provider, which is started when the address of the program is known. */
const oidc = (more: Partial<OAuth2Client.Client> = {}) => (redirectUri: string) =>
  Effect.map(Provider.start({ redirectUris: [redirectUri] }), ({ issuer }): OAuth2Client.Client => ({
    authentication: OAuth2Client.SecretBasic({ secret }),
    authorizationParameters: { prompt: "consent" },
    clientId: "basic",
    issuer,
    scopes: ["openid", "offline_access"],
    ...more
  }))

const person = (user = "ada"): Browser => {
  const browser = new Browser()
  browser.set("127.0.0.1", "user", user)
  return browser
}

type Served = Effect.Effect.Success<ReturnType<typeof App.serve>>

const go = (browser: Browser, url: string, init?: Parameters<Browser["go"]>[1]) =>
  Effect.promise(() => browser.go(url, init))

/** Up to the address of the callback, to which nobody has gone yet. */
const begin = (app: Served, browser: Browser, query = "?connectionId=main&returnTo=%2Fsettings%3Ftab%3D1") =>
  Effect.gen(function*() {
    const page = yield* go(browser, `${app.url}/oauth/shop/connect${query}`)
    assert.strictEqual(page.status, 303, page.text)
    return yield* Effect.promise(() => browser.consent(page.location!, `${app.url}/oauth/shop/callback`))
  })

const ref: CredentialStore.Ref = { connectionId: "main", integration: "shop", tenantId: "team-of-ada" }

const stored = (app: Served) =>
  Effect.map(app.store.get(ref), ({ credential }) => {
    assert.strictEqual(credential._tag, "OAuth2")
    return credential as Extract<typeof credential, { _tag: "OAuth2" }>
  })

const nothing = (app: Served) =>
  Effect.map(Effect.flip(app.store.get(ref)), ({ reason }) => assert.strictEqual(reason, "not-found"))

const headersOfAPage = (page: { readonly headers: Headers }) => {
  assert.strictEqual(page.headers.get("cache-control"), "no-store")
  assert.strictEqual(page.headers.get("referrer-policy"), "no-referrer")
  assert.include(page.headers.get("content-security-policy"), "frame-ancestors 'none'")
}

describe("connect, callback, disconnect", () => {
  it.scopedLive("the whole way, with an id_token, and back out again", () =>
    Effect.gen(function*() {
      let subject: unknown
      const accept: OAuth2Routes.Options["accept"] = ({ granted, parameters, subject: { connectionId } }) => {
        subject = granted.claims?.sub
        return parameters.has("code")
          ? Effect.succeed({ connectionId })
          : new OAuth2Routes.Denied({ message: "no code" })
      }
      const app = yield* App.serve({ client: oidc(), more: { accept } })
      const browser = person()
      const first = yield* go(browser, `${app.url}/oauth/shop/connect?connectionId=main&returnTo=/settings`)
      headersOfAPage(first)
      const cookie = first.headers.getSetCookie()[0] ?? ""
      assert.match(cookie, /^__Host-holdfast-oauth-[0-9a-f]{16}=[A-Za-z0-9_-]{43}; Max-Age=600; Path=\/;/)
      for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax"]) assert.include(cookie, attribute)
      yield* nothing(app)

      const callback = yield* begin(app, browser)
      const back = yield* go(browser, callback)
      headersOfAPage(back)
      assert.strictEqual(back.status, 303, back.text)
      assert.strictEqual(back.location, `${app.url}/settings?tab=1`)
      assert.strictEqual(subject, "ada")
      const credential = yield* stored(app)
      assert.deepStrictEqual(credential.scopes, ["openid", "offline_access"])
      assert.isDefined(credential.refreshToken)
      assert.isDefined(credential.expiresAt)
      // the cookie of this flow is gone, that of the one that was left lying is not
      assert.lengthOf(browser.cookies(app.url).filter(([name]) => name.startsWith("__Host-")), 1)

      // neither the code, nor the state, nor a token is in a log
      const { searchParams } = new URL(callback)
      for (
        const text of [
          searchParams.get("code"),
          searchParams.get("state"),
          Redacted.value(credential.accessToken),
          Redacted.value(credential.refreshToken!),
          Provider.secret
        ]
      ) {
        assert.notInclude(app.logs.join(), text ?? "none")
      }

      const out = yield* go(browser, `${app.url}/oauth/shop/disconnect?connectionId=main&returnTo=/settings`, {
        headers: { origin: app.url },
        method: "POST"
      })
      assert.strictEqual(out.status, 303, out.text)
      yield* nothing(app)
    }))

  const sqlite = Effect.map(
    files.file,
    (filename) => Layer.merge(CredentialSqlite.layer({ filename }), TransactionsSqlite.layer({ filename }))
  )
  const postgres = Effect.map(
    servers.database,
    (url) => Layer.provide(Layer.merge(CredentialSql.layer(), TransactionsSql.layer()), servers.client(url))
  )
  for (const [name, made] of [["SQLite", sqlite], ["PostgreSQL", postgres]] as const) {
    it.scopedLive(`begun in one process, it ends in another one: ${name}`, () =>
      Effect.gen(function*() {
        const layer: Layer.Layer<App.Stores, unknown> = Layer.provide(
          (yield* made) as Layer.Layer<App.Stores, unknown, CredentialCipher.CredentialCipher>,
          CredentialCipher.layer({ current: stores.key("k1") })
        )
        let client: OAuth2Client.Client | undefined
        const here = yield* App.serve({
          client: (redirectUri) => Effect.tap(oidc()(redirectUri), (made) => (client = made) && Effect.void),
          stores: layer
        })
        const there = yield* App.serve({
          client: () => Effect.succeed({ ...client! }),
          publicUrl: here.url,
          stores: layer
        })
        const browser = person()
        const callback = new URL(yield* begin(here, browser))
        callback.port = new URL(there.url).port
        const back = yield* go(browser, callback.href)
        assert.strictEqual(back.status, 303, back.text)
        assert.strictEqual(back.location, `${here.url}/settings?tab=1`)
        assert.isDefined((yield* stored(here)).refreshToken)
        // and not once more, in either
        for (const { url } of [here, there]) {
          callback.port = new URL(url).port
          assert.strictEqual((yield* go(browser, callback.href)).status, 400)
        }
      }))
  }

  it.scopedLive("connecting again takes the place of what there was at once", () =>
    Effect.gen(function*() {
      const app = yield* App.serve({ client: oidc() })
      const browser = person()
      yield* go(browser, yield* begin(app, browser))
      const before = yield* stored(app)
      yield* go(browser, yield* begin(app, browser))
      const after = yield* app.store.get(ref)
      assert.isTrue(Option.isNone(after.previous))
      assert.notStrictEqual(
        Redacted.value((yield* stored(app)).accessToken),
        Redacted.value(before.accessToken)
      )
    }))

  it.scopedLive("a person who says no is told so, and nothing is stored", () =>
    Effect.gen(function*() {
      const app = yield* App.serve({ client: oidc() })
      const browser = person()
      const page = yield* go(browser, `${app.url}/oauth/shop/connect?connectionId=main`)
      const callback = yield* Effect.promise(() =>
        browser.consent(page.location!, `${app.url}/oauth/shop/callback`, "abort")
      )
      const back = yield* go(browser, callback)
      assert.strictEqual(back.status, 403)
      assert.include(back.text, "access was not given")
      yield* nothing(app)
    }))

  it.scopedLive("who is not signed in, or may not, or is another one meanwhile, connects nothing", () =>
    Effect.gen(function*() {
      const tokens = yield* Endpoint.make()
      const app = yield* App.serve({ client: oidc({ tokenEndpoint: `${tokens.url}/token` }) })
      // endpoints are given here, so that the code can be seen to go nowhere
      const nobody = yield* go(new Browser(), `${app.url}/oauth/shop/connect`)
      assert.strictEqual(nobody.status, 401)
      assert.include(nobody.text, "Sign in first.")
      assert.strictEqual(
        (yield* go(new Browser(), `${app.url}/oauth/shop/disconnect`, {
          headers: { origin: app.url },
          method: "POST"
        })).status,
        401
      )
      assert.lengthOf(tokens.seen, 0)
    }))

  it.scopedLive("signed in as another one between the way there and the way back: refused, and used up", () =>
    Effect.gen(function*() {
      const app = yield* App.serve({ client: oidc() })
      const browser = person()
      const callback = yield* begin(app, browser)
      browser.set("127.0.0.1", "user", "mallory")
      const page = yield* go(browser, callback)
      assert.strictEqual(page.status, 403)
      browser.set("127.0.0.1", "user", "ada")
      assert.strictEqual((yield* go(browser, callback)).status, 400)
      yield* nothing(app)
    }))
})
