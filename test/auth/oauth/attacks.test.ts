/** Who tries to misuse the routes: each attack is tried, over real HTTP, and what it must not reach is looked at. */
import { HttpServerResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Option, Redacted, Tracer } from "effect"
import { Credentials, type CredentialStore, OAuth2Client } from "holdfast"
import * as OAuth2Routes from "holdfast/auth/OAuth2Routes"
import * as Pages from "../../../src/auth/internal/oauthPages.js"
import { runs } from "../../campaign.js"
import * as App from "./app.js"
import { Browser, type Page } from "./browser.js"
import * as Endpoint from "./endpoint.js"
import * as Provider from "./provider.js"

const ref: CredentialStore.Ref = { connectionId: "main", integration: "shop", tenantId: "team-of-ada" }

const tokens = {
  access_token: "access-token-fake-planted",
  expires_in: 3600,
  refresh_token: "refresh-token-fake-planted",
  token_type: "Bearer"
}

const person = (user = "ada"): Browser => {
  const browser = new Browser()
  browser.set("127.0.0.1", "user", user)
  return browser
}

const go = (browser: Browser, url: string, init?: Parameters<Browser["go"]>[1]) =>
  Effect.promise(() => browser.go(url, init))

/** A provider that is played here: its token endpoint keeps what it is sent. */
const world = (
  options: {
    readonly more?: Partial<OAuth2Routes.Options>
    readonly client?: Partial<OAuth2Client.Client>
    readonly stores?: Layer.Layer<App.Stores>
  } = {}
) =>
  Effect.gen(function*() {
    const endpoint = yield* Endpoint.make(Endpoint.json(200, tokens))
    const client: OAuth2Client.Client = {
      authentication: OAuth2Client.SecretPost({ secret: Redacted.make("client-secret-fake-planted") }),
      authorizationEndpoint: "https://id.example/authorize",
      clientId: "app",
      issuer: "https://id.example",
      issuerInCallback: true,
      revocationEndpoint: `${endpoint.url}/revoke`,
      tokenEndpoint: `${endpoint.url}/token`,
      ...options.client
    }
    const app = yield* App.serve({
      client: () => Effect.succeed(client),
      ...(options.more === undefined ? {} : { more: options.more }),
      ...(options.stores === undefined ? {} : { stores: options.stores })
    })
    const begin = (browser: Browser, query = "?connectionId=main") =>
      Effect.map(go(browser, `${app.url}/oauth/shop/connect${query}`), (page) => {
        assert.strictEqual(page.status, 303, page.text)
        return new URL(page.location!).searchParams.get("state")!
      })
    const back = (
      browser: Browser,
      parameters: Record<string, string> | Array<[string, string]>
    ): Effect.Effect<Page> =>
      go(browser, `${app.url}/oauth/shop/callback?${new URLSearchParams(parameters as Record<string, string>)}`)
    const callback = (browser: Browser, state: string, more: Record<string, string> = {}) =>
      back(browser, { code: "code-fake-planted", iss: "https://id.example", state, ...more })
    const isStored = Effect.map(Effect.either(app.store.get(ref)), (it) => it._tag === "Right")
    const sent = (path: string) => endpoint.seen.filter((it) => it.path === path)
    return { app, back, begin, callback, endpoint, isStored, sent }
  })

describe("open redirect", () => {
  const publicUrl = "https://app.example/base"
  const origins = ["https://www.app.example"]

  it("a browser is sent to a path of this origin, or to an origin that is named", () => {
    const good: ReadonlyArray<readonly [string, string]> = [
      ["/", "https://app.example/"],
      ["/settings?tab=1#x", "https://app.example/settings?tab=1#x"],
      ["/a%2F%2Fevil.example", "https://app.example/a%2F%2Fevil.example"],
      ["/?next=https://evil.example", "https://app.example/?next=https://evil.example"],
      ["/@evil.example", "https://app.example/@evil.example"],
      ["/.//evil.example", "https://app.example//evil.example"],
      ["https://app.example/x", "https://app.example/x"],
      ["https://www.app.example/x", "https://www.app.example/x"]
    ]
    for (const [text, url] of good) assert.strictEqual(Pages.placeOf(text, { origins, publicUrl }), url)
  })

  const bad = [
    "",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://app.example.evil.example",
    "https://app.example@evil.example",
    "https://app.example:443@evil.example/",
    "https://ada:fake@app.example/",
    "https://app.example:8443/",
    "http://app.example/",
    "https://evil.example\\@app.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "settings",
    "null",
    "https://www.app.example.:443/"
  ]
  it("to no other, however it is written", () => {
    for (const text of bad) assert.isUndefined(Pages.placeOf(text, { origins, publicUrl }), JSON.stringify(text))
  })

  it("whatever is asked for, what comes of it is an allowed origin for a browser too", () => {
    const piece = fc.constantFrom(
      "/",
      "\\",
      "//",
      "evil.example",
      "@",
      ":",
      "https:",
      ".",
      "..",
      "%2f",
      "?",
      "#",
      "a",
      "\t"
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const place = Pages.placeOf(pieces.join(""), { origins, publicUrl })
        if (place === undefined) return
        // a browser resolves what it is sent against the page that it is on
        const { origin } = new URL(place, "https://app.example/base/oauth/shop/callback")
        assert.include(["https://app.example", ...origins], origin)
      }),
      { numRuns: runs(2000) }
    )
  })

  it.scopedLive("is refused before anybody is sent to the provider, and by disconnect as well", () =>
    Effect.gen(function*() {
      const { app, sent } = yield* world()
      for (const text of bad) {
        const query = new URLSearchParams({ returnTo: text }).toString()
        const page = yield* go(person(), `${app.url}/oauth/shop/connect?${query}`)
        assert.strictEqual(page.status, 400, text)
        assert.isUndefined(page.location)
        const out = yield* go(person(), `${app.url}/oauth/shop/disconnect?${query}`, {
          headers: { origin: app.url },
          method: "POST"
        })
        assert.strictEqual(out.status, 400, text)
      }
      assert.lengthOf(sent("/revoke"), 0)
    }))
})

describe("CSRF on the callback", () => {
  it.scopedLive("another browser cannot end what this one has begun, nor use it up", () =>
    Effect.gen(function*() {
      const { begin, callback, isStored, sent } = yield* world()
      // mallory has begun with an account of his own, and has ada open the address of the callback
      const [mallory, ada] = [person("mallory"), person()]
      const state = yield* begin(mallory)
      for (const victim of [ada, new Browser()]) {
        const page = yield* callback(victim, state)
        assert.strictEqual(page.status, 400)
      }
      // nor with a flow of her own under way, nor with a cookie that is made up
      yield* begin(ada)
      assert.strictEqual((yield* callback(ada, state)).status, 400)
      ada.set("127.0.0.1", Pages.cookieOf(state), "x".repeat(43))
      assert.strictEqual((yield* callback(ada, state)).status, 400)
      assert.lengthOf(sent("/token"), 0)
      assert.isFalse(yield* isStored)
      assert.strictEqual((yield* callback(mallory, state)).status, 303)
    }))

  it.scopedLive("a state works once, also when many come with it at the same time", () =>
    Effect.gen(function*() {
      const { begin, callback, sent } = yield* world()
      const ada = person()
      const state = yield* begin(ada)
      const twin = person()
      const name = Pages.cookieOf(state)
      for (const [cookie, value] of ada.cookies("http://127.0.0.1/")) twin.set("127.0.0.1", cookie, value)
      assert.isTrue(twin.cookies("http://127.0.0.1/").some(([cookie]) => cookie === name))
      const pages = yield* Effect.all(Array.from({ length: 20 }, () => callback(twin, state)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(pages.map(({ status }) => status).sort(), [303, ...Array(19).fill(400)])
      assert.strictEqual((yield* callback(ada, state)).status, 400)
      assert.lengthOf(sent("/token"), 1)
    }))

  it.scopedLive("no state, an empty one, several: nothing is exchanged", () =>
    Effect.gen(function*() {
      const { back, begin, sent } = yield* world()
      const ada = person()
      const state = yield* begin(ada)
      const cases: ReadonlyArray<Array<[string, string]>> = [
        [["code", "fake"]],
        [["code", "fake"], ["state", ""]],
        [["code", "fake"], ["state", "another"]],
        [["code", "fake"], ["state", state], ["state", "another"]],
        [["code", "fake"], ["state", "another"], ["state", state]]
      ]
      for (const parameters of cases) assert.strictEqual((yield* back(ada, parameters)).status, 400)
      assert.lengthOf(sent("/token"), 0)
    }))
})

describe("mixed-up issuer", () => {
  it.scopedLive("a callback of another provider, or of none: its code is not sent to this one", () =>
    Effect.gen(function*() {
      const { back, begin, callback, isStored, sent } = yield* world()
      const ada = person()
      for (const iss of ["https://evil.example", "https://id.example/", "https://id.example.evil.example", ""]) {
        assert.strictEqual((yield* callback(ada, yield* begin(ada), { iss })).status, 400)
      }
      const state = yield* begin(ada)
      assert.strictEqual((yield* back(ada, { code: "fake", state })).status, 400)
      assert.lengthOf(sent("/token"), 0)
      assert.isFalse(yield* isStored)
    }))

  it.scopedLive("what was begun at one integration does not end at another one", () =>
    Effect.gen(function*() {
      // both in one program: the browser has the cookies of both, and the store their transactions
      const context = yield* Layer.build(App.memory)
      const stores = Layer.succeedContext(context)
      const here = yield* world({ stores })
      const there = yield* world({ more: { integration: "evil", path: "/oauth/shop" }, stores })
      const ada = person()
      const state = yield* there.begin(ada)
      assert.strictEqual((yield* here.callback(ada, state)).status, 400)
      assert.lengthOf([...here.sent("/token"), ...there.sent("/token")], 0)
      assert.isFalse(yield* here.isStored)
    }))

  it.scopedLive("at oidc-provider, with the issuer of another one", () =>
    Effect.gen(function*() {
      const other = yield* Provider.start()
      const app = yield* App.serve({
        client: (redirectUri) =>
          Effect.map(Provider.start({ redirectUris: [redirectUri] }), ({ issuer }) => ({
            authentication: OAuth2Client.Public(),
            clientId: "public",
            issuer,
            scopes: ["openid"]
          }))
      })
      const browser = person()
      const page = yield* go(browser, `${app.url}/oauth/shop/connect?connectionId=main`)
      const callback = new URL(
        yield* Effect.promise(() => browser.consent(page.location!, `${app.url}/oauth/shop/callback`))
      )
      assert.isTrue(callback.searchParams.has("iss"))
      callback.searchParams.set("iss", other.issuer)
      assert.strictEqual((yield* go(browser, callback.href)).status, 400)
    }))
})

describe("another redirect URI", () => {
  it.scopedLive("is not taken from the request: neither from its host nor from its query", () =>
    Effect.gen(function*() {
      const { app } = yield* world()
      const page = yield* go(person(), `${app.url}/oauth/shop/connect?redirect_uri=https://evil.example/`, {
        headers: { forwarded: "host=evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" }
      })
      const url = new URL(page.location!)
      assert.deepStrictEqual(url.searchParams.getAll("redirect_uri"), [`${app.url}/oauth/shop/callback`])
    }))

  it.scopedLive("oidc-provider, which knows another one, sends nobody back", () =>
    Effect.gen(function*() {
      const app = yield* App.serve({
        client: (redirectUri) =>
          Effect.map(Provider.start({ redirectUris: [`${redirectUri}/`] }), ({ issuer }) => ({
            authentication: OAuth2Client.Public(),
            clientId: "public",
            issuer
          }))
      })
      const browser = person()
      const page = yield* go(browser, `${app.url}/oauth/shop/connect`)
      const answer = yield* go(browser, page.location!)
      assert.strictEqual(answer.status, 400)
      assert.include(answer.text, "redirect_uri")
      assert.isUndefined(answer.location)
    }))
})

describe("CSRF on disconnect", () => {
  it.scopedLive("only a page of this origin ends a connection, and only by POST", () =>
    Effect.gen(function*() {
      const { app, isStored, sent } = yield* world()
      yield* app.store.put(
        ref,
        Credentials.OAuth2({
          accessToken: Redacted.make("access-fake"),
          refreshToken: Redacted.make("refresh-fake"),
          scopes: []
        })
      )
      const url = `${app.url}/oauth/shop/disconnect?connectionId=main`
      const foreign: ReadonlyArray<Record<string, string>> = [
        {},
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: `${app.url}.evil.example` },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "none" },
        { origin: app.url, "sec-fetch-site": "cross-site" },
        { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
        { referer: `${app.url}/settings` }
      ]
      for (const headers of foreign) {
        const page = yield* go(person(), url, { headers, method: "POST" })
        assert.strictEqual(page.status, 403, JSON.stringify(headers))
      }
      const got = yield* go(person(), url, { headers: { origin: app.url } })
      assert.strictEqual(got.status, 404)
      // of another team, it is another connection
      const other = yield* go(person("mallory"), url, { headers: { origin: app.url }, method: "POST" })
      assert.strictEqual(other.status, 303)
      assert.isTrue(yield* isStored)
      assert.lengthOf(sent("/revoke"), 0)

      const page = yield* go(person(), url, { headers: { "sec-fetch-site": "same-origin" }, method: "POST" })
      assert.strictEqual(page.status, 303)
      assert.isFalse(yield* isStored)
      assert.deepInclude(Object.fromEntries(sent("/revoke")[0]!.form), {
        token: "refresh-fake",
        token_type_hint: "refresh_token"
      })
    }))

  it.scopedLive("where the provider cannot be told, the tokens are removed all the same, and the person is told", () =>
    Effect.gen(function*() {
      const { app, endpoint, isStored } = yield* world()
      endpoint.state.act = Endpoint.json(503, {})
      const credential = Credentials.OAuth2({ accessToken: Redacted.make("access-fake-planted"), scopes: [] })
      yield* app.store.put(ref, credential)
      const url = `${app.url}/oauth/shop/disconnect?connectionId=main&returnTo=/settings`
      const page = yield* go(person(), url, { headers: { origin: app.url }, method: "POST" })
      assert.strictEqual(page.status, 200)
      assert.include(page.text, "could not be told")
      assert.include(page.text, `href="${app.url}/settings"`)
      assert.isFalse(yield* isStored)
      assert.isTrue(app.logs.some((line) => line.includes("was not ended at its provider")))
      assert.notInclude(app.logs.join(), "planted")
    }))
})

describe("a token endpoint that is not right", () => {
  const drip: Endpoint.Act = (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    const timer = setInterval(() => response.write(" "), 50)
    response.on("close", () => clearInterval(timer))
  }
  const silent: Endpoint.Act = () => undefined
  const endless: Endpoint.Act = (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    const more = () => {
      while (!response.destroyed && response.write("[".repeat(16_384)));
    }
    response.on("drain", more)
    more()
  }
  const cases: ReadonlyArray<readonly [string, Endpoint.Act, number]> = [
    ["redirects", (response) => void response.writeHead(307, { location: "/elsewhere" }).end(), 502],
    ["answers with too much", Endpoint.json(200, { ...tokens, padding: "x".repeat(100_000) }), 502],
    ["answers without end", endless, 502],
    ["answers drop by drop", drip, 503],
    ["does not answer", silent, 503],
    ["is down", Endpoint.json(503, { error: "invalid_grant" }), 503],
    ["says that the code was used", Endpoint.json(400, { error: "invalid_grant" }), 502],
    [
      "repeats what it was sent",
      (response, { body }) =>
        Endpoint.json(400, { error: "invalid_request", error_description: body })(response, {
          body
        } as Endpoint.Seen),
      502
    ]
  ]
  for (const [name, act, status] of cases) {
    it.scopedLive(`${name}: ${status}, nothing stored, nothing secret told`, () =>
      Effect.gen(function*() {
        const isSilent = act === drip || act === silent
        const { app, begin, callback, endpoint, isStored, sent } = yield* world({
          client: isSilent ? { timeout: "1 second" } : {}
        })
        endpoint.state.act = act
        const ada = person()
        const state = yield* begin(ada)
        const page = yield* callback(ada, state)
        assert.strictEqual(page.status, status, page.text)
        assert.isFalse(yield* isStored)
        assert.lengthOf(sent("/elsewhere"), 0)
        for (const text of [page.text, app.logs.join()]) {
          assert.notInclude(text, "planted")
          assert.notInclude(text, state)
        }
      }))
  }
})

describe("what a person is told", () => {
  it.scopedLive("is escaped, whoever has written it", () =>
    Effect.gen(function*() {
      const script = "<script>alert(\"1\")</script>"
      const { back, begin } = yield* world({
        more: {
          accept: () => new OAuth2Routes.Denied({ message: `${script}'` })
        }
      })
      const ada = person()
      const state = yield* begin(ada)
      const denied = yield* back(ada, { code: "fake", iss: "https://id.example", state })
      assert.strictEqual(denied.status, 403)
      assert.include(denied.text, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;")
      const error = { error: script, error_description: script, iss: "https://id.example", state: yield* begin(ada) }
      for (const page of [denied, yield* back(ada, error)]) {
        assert.notInclude(page.text, "<script")
        assert.match(page.headers.get("content-type") ?? "", /^text\/html; charset=utf-8/)
        assert.strictEqual(page.headers.get("x-content-type-options"), "nosniff")
      }
    }))

  it.scopedLive("what was granted and is not accepted, or cannot be stored, is ended at the provider", () =>
    Effect.gen(function*() {
      const { begin, callback, isStored, sent } = yield* world({
        more: {
          accept: () =>
            new OAuth2Routes.Denied({
              message: "another account",
              response: HttpServerResponse.empty({ headers: { location: "/pick" }, status: 303 })
            })
        }
      })
      const ada = person()
      const page = yield* callback(ada, yield* begin(ada))
      assert.strictEqual(new URL(page.location!).pathname, "/pick")
      assert.isFalse(yield* isStored)
      assert.strictEqual(sent("/revoke")[0]?.form.get("token"), tokens.refresh_token)
    }))

  it("options that are none are told when the program starts", () => {
    const options: OAuth2Routes.Options = {
      authorize: () => Effect.succeed({}),
      client: { authentication: OAuth2Client.Public(), clientId: "app" },
      integration: "shop",
      publicUrl: "https://app.example"
    }
    for (
      const wrong of [
        { publicUrl: "http://app.example" },
        { publicUrl: "https://app.example/" },
        { publicUrl: "https://app.example?x=1" },
        { path: "/oauth/" },
        { path: "/oauth/:id" },
        { returnTo: { default: "//evil.example" } },
        { returnTo: { origins: ["https://www.app.example/"] } },
        { returnTo: { origins: ["null"] } }
      ] as ReadonlyArray<Partial<OAuth2Routes.Options>>
    ) {
      assert.throws(() => OAuth2Routes.make({ ...options, ...wrong }), /OAuth2Routes\.make/)
    }
    assert.doesNotThrow(() => OAuth2Routes.make(options))
  })
})

describe("the address of the callback", () => {
  it.scopedLive("has the code in it, and is in no span", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.Span> = []
      const live = yield* Effect.tracer
      const tracer = Tracer.make({
        context: (run, fiber) => live.context(run, fiber),
        span: (...parameters) => {
          const span = live.span(...parameters)
          spans.push(span)
          return span
        }
      })
      yield* Effect.gen(function*() {
        const { begin, callback } = yield* world()
        const ada = person()
        assert.strictEqual((yield* callback(ada, yield* begin(ada))).status, 303)
      }).pipe(Effect.withTracer(tracer))
      const told = spans.flatMap(({ attributes, name, parent }) => [
        name,
        Option.isSome(parent),
        ...Array.from(attributes).flat()
      ]).join(" ")
      assert.include(told, "/oauth/shop/callback")
      assert.notInclude(told, "planted")
    }))
})
