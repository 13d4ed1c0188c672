/** The grants against oidc-provider, over real HTTP. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Redacted } from "effect"
import { OAuth2Client } from "holdfast"
import * as OAuth2 from "holdfast/auth/OAuth2"
import { type JWTPayload, SignJWT } from "jose"
import { generateKeyPairSync } from "node:crypto"
import { Browser } from "./browser.js"
import * as Endpoint from "./endpoint.js"
import * as Provider from "./provider.js"

const redirectUri = "https://app.example/oauth/callback"
const secret = Redacted.make(Provider.secret)

const clients = {
  basic: OAuth2Client.SecretBasic({ secret }),
  post: OAuth2Client.SecretPost({ secret }),
  public: OAuth2Client.Public()
}

const world = Effect.map(Provider.start({ redirectUris: [redirectUri] }), ({ issuer, provider }) => ({
  client: (clientId: keyof typeof clients): OAuth2Client.Client => ({
    authentication: clients[clientId],
    authorizationParameters: { prompt: "consent" },
    clientId,
    issuer,
    scopes: ["openid", "offline_access"]
  }),
  issuer,
  provider
}))

const connect = (client: OAuth2Client.Client) =>
  Effect.gen(function*() {
    const { pending, url } = yield* OAuth2.authorize(client, { redirectUri })
    const callback = yield* Effect.promise(() => new Browser().consent(url, redirectUri))
    return { parameters: new URL(callback).searchParams, pending }
  })

describe("authorization code", () => {
  for (const clientId of ["basic", "post", "public"] as const) {
    it.scopedLive(`with PKCE and an id_token, then refreshed and revoked: client ${clientId}`, () =>
      Effect.gen(function*() {
        const { client: clientOf, issuer } = yield* world
        const client = clientOf(clientId)
        const { parameters, pending } = yield* connect(client)
        assert.strictEqual(parameters.get("iss"), issuer)
        const granted = yield* OAuth2.exchange(client, pending, parameters)
        assert.strictEqual(granted.claims?.sub, "ada")
        assert.strictEqual(granted.claims?.iss, issuer)
        assert.strictEqual(granted.scope, "openid offline_access")
        assert.isTrue(Duration.equals(granted.expiresIn ?? 0, "10 minutes"))
        assert.isDefined(granted.refreshToken)

        const again = yield* OAuth2.refresh(client, granted.refreshToken!)
        assert.notStrictEqual(Redacted.value(again.accessToken), Redacted.value(granted.accessToken))
        assert.notStrictEqual(Redacted.value(again.refreshToken!), Redacted.value(granted.refreshToken!))

        assert.isTrue(yield* OAuth2.revoke(client, again.refreshToken!, { hint: "refresh_token" }))
        const error = yield* Effect.flip(OAuth2.refresh(client, again.refreshToken!))
        assert.deepInclude(error, { code: "invalid_grant", reason: "terminal" })
      }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
  }
})

describe("what is not the answer to what was asked", () => {
  it.scopedLive("a code works once, with its verifier and its redirect URI alone", () =>
    Effect.gen(function*() {
      const { client: clientOf } = yield* world
      const client = clientOf("basic")
      const refused = (change: (pending: OAuth2.Pending) => OAuth2.Pending) =>
        Effect.gen(function*() {
          const { parameters, pending } = yield* connect(client)
          const error = yield* Effect.flip(OAuth2.exchange(client, change(pending), parameters))
          assert.deepInclude(error, { code: "invalid_grant", reason: "terminal" })
          // the code, which was in the address bar, is in no message
          assert.notInclude(JSON.stringify(error), parameters.get("code") ?? "none")
        })
      yield* refused((pending) => ({ ...pending, verifier: Redacted.make("verifier-fake".repeat(5)) }))
      yield* refused((pending) => ({ ...pending, redirectUri: `${redirectUri}/` }))

      const { parameters, pending } = yield* connect(client)
      const granted = yield* OAuth2.exchange(client, pending, parameters)
      const again = yield* Effect.flip(OAuth2.exchange(client, pending, parameters))
      assert.deepInclude(again, { code: "invalid_grant", reason: "terminal" })
      // who has a code twice has lost it: the provider ends what was granted by it
      const ended = yield* Effect.flip(OAuth2.refresh(client, granted.refreshToken!))
      assert.deepInclude(ended, { code: "invalid_grant" })
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.scopedLive("another state, another issuer or none, something twice, an error: no code goes anywhere", () =>
    Effect.gen(function*() {
      const { client: clientOf, issuer } = yield* world
      const tokens = yield* Endpoint.make()
      const client: OAuth2Client.Client = {
        ...clientOf("basic"),
        authorizationEndpoint: `${issuer}/auth`,
        issuerInCallback: true,
        tokenEndpoint: `${tokens.url}/token`
      }
      const { pending } = yield* OAuth2.authorize(client, { redirectUri })
      const state = Redacted.value(pending.state)
      const cases: ReadonlyArray<readonly [Record<string, string> | ReadonlyArray<[string, string]>, string]> = [
        [{ code: "fake", iss: issuer, state: "another" }, "invalid_state"],
        [{ code: "fake", iss: issuer }, "invalid_state"],
        [{ code: "fake", iss: "https://evil.example", state }, "invalid_issuer"],
        [{ code: "fake", iss: `${issuer}/`, state }, "invalid_issuer"],
        [{ code: "fake", state }, "invalid_issuer"],
        [{ iss: issuer, state }, "invalid_callback"],
        [{ code: "", iss: issuer, state }, "invalid_callback"],
        [{ code: "fake", id_token: "fake", iss: issuer, state }, "invalid_callback"],
        [[["code", "fake"], ["code", "other"], ["iss", issuer], ["state", state]], "invalid_callback"],
        [[["code", "fake"], ["iss", issuer], ["iss", "x"], ["state", state]], "invalid_callback"],
        [{ error: "access_denied", error_description: "no, thanks", iss: issuer, state }, "access_denied"]
      ]
      for (const [parameters, code] of cases) {
        const error = yield* Effect.flip(
          OAuth2.exchange(client, pending, new URLSearchParams(parameters as Record<string, string>))
        )
        assert.deepInclude(error, { code, reason: "terminal" })
      }
      assert.lengthOf(tokens.seen, 0)
      // whoever knows no issuer takes no callback that names one
      const { issuer: _issuer, issuerInCallback: _always, ...rest } = client
      const plain = { ...rest, scopes: ["a"] }
      const begun = yield* OAuth2.authorize(plain, { redirectUri })
      const named = new URLSearchParams({ code: "fake", iss: issuer, state: Redacted.value(begun.pending.state) })
      assert.deepInclude(yield* Effect.flip(OAuth2.exchange(plain, begun.pending, named)), { code: "invalid_issuer" })
      assert.lengthOf(tokens.seen, 0)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.scopedLive("an id_token has to be for this client, of this issuer, in time, and for this request", () =>
    Effect.gen(function*() {
      const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
      const issuer = "https://id.example"
      const endpoint = yield* Endpoint.make()
      const client: OAuth2Client.Client = {
        authentication: OAuth2Client.Public(),
        authorizationEndpoint: `${issuer}/auth`,
        clientId: "shop",
        issuer,
        scopes: ["openid"],
        tokenEndpoint: `${endpoint.url}/token`
      }
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const attempt = (change: (claims: JWTPayload) => JWTPayload | undefined) =>
        Effect.gen(function*() {
          const { pending } = yield* OAuth2.authorize(client, { redirectUri })
          const claims = change({
            aud: "shop",
            exp: now + 300,
            iat: now,
            iss: issuer,
            nonce: Redacted.value(pending.nonce!),
            sub: "ada"
          })
          const token = claims === undefined
            ? undefined
            : yield* Effect.promise(() => new SignJWT(claims).setProtectedHeader({ alg: "RS256" }).sign(key))
          endpoint.state.act = Endpoint.json(200, { ...Endpoint.tokens, id_token: token })
          const parameters = new URLSearchParams({ code: "fake", state: Redacted.value(pending.state) })
          return yield* OAuth2.exchange(client, pending, parameters)
        })
      assert.strictEqual((yield* attempt((claims) => claims)).claims?.sub, "ada")
      const wrong: ReadonlyArray<(claims: JWTPayload) => JWTPayload | undefined> = [
        (claims) => ({ ...claims, nonce: "another" }),
        ({ nonce: _nonce, ...claims }) => claims,
        (claims) => ({ ...claims, aud: "another" }),
        (claims) => ({ ...claims, aud: ["shop", "another"] }),
        (claims) => ({ ...claims, iss: "https://evil.example" }),
        (claims) => ({ ...claims, exp: now - 3600 }),
        () => undefined
      ]
      for (const change of wrong) {
        const error = yield* Effect.flip(attempt(change))
        assert.strictEqual(error.reason, "inconclusive")
        assert.include(error.message, "not taken")
        assert.notInclude(JSON.stringify(error), Endpoint.tokens.access_token)
      }
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
})

describe("endpoints that are looked up", () => {
  it.scopedLive("once for a client; a document of another issuer, or with a place that is not safe, is not taken", () =>
    Effect.gen(function*() {
      const server = yield* Endpoint.make()
      const document = {
        authorization_endpoint: "https://id.example/auth",
        issuer: server.url,
        token_endpoint: `${server.url}/token`
      }
      const serve = (metadata: unknown): Endpoint.Act => (response, { method }) =>
        Endpoint.json(200, method === "GET" ? metadata : Endpoint.tokens)(response, undefined as never)
      const client = (more: Partial<OAuth2Client.Client> = {}): OAuth2Client.Client => ({
        authentication: OAuth2Client.Public(),
        clientId: "shop",
        issuer: server.url,
        ...more
      })
      server.state.act = serve(document)
      const one = client()
      yield* Effect.all(Array.from({ length: 10 }, () => OAuth2.clientCredentials(one)), { concurrency: "unbounded" })
      yield* OAuth2.clientCredentials(one)
      assert.strictEqual(server.seen.filter(({ method }) => method === "GET").length, 1)
      assert.strictEqual(server.seen.filter(({ method }) => method === "POST").length, 11)
      yield* OAuth2.clientCredentials(client({ discovery: "oauth2" }))
      assert.deepStrictEqual(
        new Set(server.seen.map(({ path }) => path)),
        new Set([
          "/.well-known/openid-configuration",
          "/.well-known/oauth-authorization-server",
          "/token"
        ])
      )
      server.seen.splice(0)
      const bad: ReadonlyArray<unknown> = [
        { ...document, issuer: "https://evil.example" },
        { ...document, token_endpoint: "http://evil.example/token" },
        { ...document, token_endpoint: 1 },
        { ...document, authorization_endpoint: "javascript:alert(1)" },
        { issuer: server.url },
        [],
        "no document"
      ]
      for (const metadata of bad) {
        server.state.act = serve(metadata)
        const error = yield* Effect.flip(OAuth2.clientCredentials(client()))
        assert.strictEqual(error.reason, "inconclusive")
      }
      server.state.act = Endpoint.json(503, {})
      assert.deepInclude(yield* Effect.flip(OAuth2.clientCredentials(client())), { reason: "transient" })
      assert.strictEqual(server.seen.filter(({ method }) => method === "POST").length, 0)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
})
