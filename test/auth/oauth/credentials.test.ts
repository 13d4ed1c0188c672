/** Tokens that a program gets by itself: at hand, renewed, refused, failing. */
import { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer, Logger, LogLevel, Option, Redacted, TestClock } from "effect"
import {
  Auth,
  Call,
  Credentials,
  Integration,
  IntegrationClient,
  OAuth2Client,
  OAuth2Tokens,
  Operation
} from "holdfast"
import * as OAuth2 from "holdfast/auth/OAuth2"
import * as OAuth2Credentials from "holdfast/auth/OAuth2Credentials"
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose"
import { generateKeyPairSync } from "node:crypto"
import * as Kit from "../../kit.js"
import * as Endpoint from "./endpoint.js"
import * as Provider from "./provider.js"

const operation = Operation.make({ integration: "shop", method: "GET", name: "get", template: "/" })
const call = (context = {}) => new Call.Call(operation, context, undefined)

const tokenOf = (credential: Credentials.Credential): string =>
  credential._tag === "OAuth2" ? Redacted.value(credential.accessToken) : "none"

const isToken = (token: string) => (credential: Credentials.Credential) => tokenOf(credential) === token

const failure = (reason: OAuth2Tokens.ExchangeError["reason"], more = {}) =>
  new OAuth2Tokens.ExchangeError({ message: "the token endpoint of id.example refuses", reason, ...more })

/** A provider of tokens with a number, and what it does next. */
const world = (options: Partial<OAuth2Credentials.FetchOptions<never>> = {}) =>
  Effect.gen(function*() {
    const state = { fault: Effect.void as Effect.Effect<void, OAuth2Tokens.ExchangeError>, fetched: 0 }
    const logs: Array<string> = []
    const credentials = yield* Layer.build(
      OAuth2Credentials.layer({
        fetch: () =>
          Effect.map(
            Effect.suspend(() => {
              state.fetched++
              return state.fault
            }),
            () => ({
              accessToken: Redacted.make(`token-fake-${state.fetched}`),
              expiresIn: Duration.minutes(10),
              scope: "a b"
            })
          ),
        who: "shop",
        ...options
      })
    ).pipe(
      Effect.map(Context.get(Credentials.Credentials))
    )
    const logger = Logger.make(({ logLevel, message }) => {
      logs.push(`${logLevel.label} ${String(message)}`)
    })
    return {
      credentials,
      get: Effect.suspend(() => Effect.map(credentials.get(call()), tokenOf)).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      ),
      logs,
      refused: (token: string) =>
        Effect.suspend(() => Effect.map(credentials.afterRefusal!(call(), isToken(token)), Option.map(tokenOf))),
      state
    }
  })

describe("the tokens of a program", () => {
  it.scoped("are fetched once for all, are at hand as an Exit, and anew ahead of their end", () =>
    Effect.gen(function*() {
      const { credentials, get, state } = yield* world()
      state.fault = Effect.sleep("1 second")
      const all = yield* Effect.fork(Effect.all(Array.from({ length: 50 }, () => get), { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([...new Set(yield* all)], ["token-fake-1"])
      assert.isTrue(Exit.isExit(credentials.get(call())))
      yield* TestClock.adjust("8 minutes")
      assert.strictEqual(yield* get, "token-fake-1")
      assert.strictEqual(state.fetched, 1)
      // within its last minute the former one serves while the next is on its way, and is fetched once
      yield* TestClock.adjust("50 seconds")
      yield* TestClock.adjust("10 seconds")
      for (let n = 0; n < 20; n++) assert.strictEqual(yield* get, "token-fake-1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get, "token-fake-2")
      assert.strictEqual(state.fetched, 2)
      // nobody has asked until it has ended
      yield* TestClock.adjust("1 hour")
      const late = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* late, "token-fake-3")
    }))

  it.scoped("while the provider is away, the former one serves until it ends; one warning, and then an error", () =>
    Effect.gen(function*() {
      const { credentials, get, logs, state } = yield* world()
      yield* get
      state.fault = failure("transient", { retryAfter: Duration.seconds(20) })
      yield* TestClock.adjust("9 minutes")
      for (let n = 0; n < 10; n++) {
        assert.strictEqual(yield* get, "token-fake-1")
        yield* Effect.yieldNow()
      }
      assert.strictEqual(state.fetched, 2)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* get, "token-fake-1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.fetched, 3)
      yield* TestClock.adjust("40 seconds")
      const error = yield* Effect.flip(credentials.get(call()))
      assert.deepInclude(error, { _tag: "AuthenticationError", integration: "shop", retryable: true })
      yield* Effect.flip(credentials.get(call()))
      assert.strictEqual(state.fetched, 4)
      assert.lengthOf(logs.filter((line) => line.startsWith("WARN")), 1)
      state.fault = Effect.void
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* get, "token-fake-5")
      assert.include(logs.at(-1), "has its tokens again")
    }))

  it.scoped("a client that is refused is told so at once, and the provider is not asked for every call", () =>
    Effect.gen(function*() {
      const { credentials, get, state } = yield* world()
      state.fault = failure("terminal", { code: "invalid_client" })
      for (let n = 0; n < 10; n++) {
        const error = yield* Effect.flip(credentials.get(call()))
        assert.deepInclude(error, { code: "invalid_client", retryable: false })
        yield* TestClock.adjust("2 seconds")
      }
      assert.strictEqual(state.fetched, 1)
      state.fault = Effect.void
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* get, "token-fake-2")
    }))

  it.scoped("one that is refused with a 401 is fetched anew once, for all who were refused with it", () =>
    Effect.gen(function*() {
      const { get, refused, state } = yield* world()
      assert.strictEqual(yield* get, "token-fake-1")
      // it has just come: another one would be refused as well
      assert.deepStrictEqual(yield* refused("token-fake-1"), Option.none())
      yield* TestClock.adjust("1 minute")
      state.fault = Effect.sleep("1 second")
      const all = yield* Effect.fork(
        Effect.all(Array.from({ length: 50 }, () => refused("token-fake-1")), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(new Set((yield* all).map(Option.getOrNull)), new Set(["token-fake-2"]))
      // one that comes late with the former one
      assert.deepStrictEqual(yield* refused("token-fake-1"), Option.some("token-fake-2"))
      assert.strictEqual(state.fetched, 2)
      assert.strictEqual(yield* get, "token-fake-2")
    }))

  it.scoped("who fetches and is interrupted leaves the others none the worse", () =>
    Effect.gen(function*() {
      const { get, state } = yield* world()
      state.fault = Effect.sleep("1 second")
      const first = yield* Effect.fork(get)
      yield* TestClock.adjust("500 millis")
      const second = yield* Effect.fork(get)
      yield* Effect.yieldNow()
      yield* first.interruptAsFork(first.id())
      yield* TestClock.adjust("3 seconds")
      assert.match(yield* second, /token-fake/)
    }))

  it.scoped("each name has its own", () =>
    Effect.gen(function*() {
      const { credentials, state } = yield* world({ nameOf: ({ context }) => context.tenantId ?? "" })
      const tokens: Array<string> = []
      for (const tenantId of ["a", "b", "a"]) {
        tokens.push(tokenOf(yield* credentials.get(call({ tenantId }))))
      }
      assert.deepStrictEqual(tokens, ["token-fake-1", "token-fake-2", "token-fake-1"])
      assert.strictEqual(state.fetched, 2)
    }))
})

it.scoped("in a call: a token that is refused with a 401 is replaced, and the call is sent once more", () =>
  Effect.gen(function*() {
    const definition = Integration.define({ ...Kit.definition, auth: Auth.bearer })
    let fetched = 0
    const accepted = new Set(["Bearer token-fake-1"])
    const sent: Array<string> = []
    const provider = new Kit.Provider(({ headers }) =>
      Effect.sync(() => {
        const authorization = headers.authorization ?? ""
        sent.push(authorization)
        return accepted.has(authorization) ? Response.json({ id: "1" }) : Response.json({}, { status: 401 })
      })
    )
    const stack = IntegrationClient.layer(definition).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)),
      Layer.provide(OAuth2Credentials.layer({
        fetch: () => Effect.sync(() => ({ accessToken: Redacted.make(`token-fake-${++fetched}`) })),
        who: "shop"
      }))
    )
    const client = yield* Effect.provide(Integration.client(definition), yield* Layer.build(stack))
    const get = client.items.get({ path: { id: "1" } })
    yield* get
    yield* TestClock.adjust("1 hour")
    accepted.clear()
    accepted.add("Bearer token-fake-2")
    yield* get
    yield* get
    assert.deepStrictEqual(sent.map((it) => it.slice(-1)), ["1", "1", "2", "2"])
    accepted.clear()
    assert.deepInclude(yield* Effect.flip(get), { _tag: "AuthenticationError", status: 401 })
    assert.strictEqual(fetched, 2)
  }))

const keys = {
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  Ed25519: generateKeyPairSync("ed25519"),
  PS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 })
}

const pem = (algorithm: keyof typeof keys, type: "pkcs1" | "pkcs8" = "pkcs8") =>
  Redacted.make(
    type === "pkcs1"
      ? keys.RS256.privateKey.export({ format: "pem", type }).toString()
      : keys[algorithm].privateKey.export({ format: "pem", type }).toString()
  )

const tokenFrom = (layer: Layer.Layer<Credentials.Credentials>) =>
  Effect.gen(function*() {
    const credentials = Context.get(yield* Layer.build(layer), Credentials.Credentials)
    return tokenOf(yield* credentials.get(call({ tenantId: "ada@example.com" })))
  })

describe("against oidc-provider", () => {
  it.scopedLive("client credentials, by a secret with letters that have to be escaped", () =>
    Effect.gen(function*() {
      const { issuer, provider } = yield* Provider.start()
      const client: OAuth2Client.Client = {
        authentication: OAuth2Client.SecretBasic({ secret: Redacted.make(Provider.secret) }),
        clientId: "machine",
        issuer,
        scopes: ["orders:read"]
      }
      const layer = OAuth2Credentials.layerClientCredentials(client)
      const token = yield* tokenFrom(Layer.provide(layer, NodeHttpClient.layerUndici))
      const known = yield* Effect.promise(() => provider.ClientCredentials.find(token))
      assert.strictEqual(known?.scope, "orders:read")

      const wrong = { ...client, authentication: OAuth2Client.SecretBasic({ secret: Redacted.make("wrong-fake") }) }
      const error = yield* Effect.flip(
        Effect.provide(OAuth2.clientCredentials(wrong), NodeHttpClient.layerUndici)
      )
      assert.deepInclude(error, { code: "invalid_client", reason: "terminal" })
    }))

  for (const algorithm of ["RS256", "PS256", "ES256", "Ed25519"] as const) {
    it.scopedLive(`client credentials, by private_key_jwt with ${algorithm}`, () =>
      Effect.gen(function*() {
        const { issuer, provider } = yield* Provider.start({
          clients: [{
            client_id: "signer",
            grant_types: ["client_credentials"],
            jwks: { keys: [{ ...keys[algorithm].publicKey.export({ format: "jwk" }), kid: "k1" }] },
            redirect_uris: [],
            response_types: [],
            scope: "orders:read",
            token_endpoint_auth_method: "private_key_jwt"
          }],
          configuration: {
            enabledJWA: { clientAuthSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] }
          }
        })
        const client: OAuth2Client.Client = {
          authentication: OAuth2Client.PrivateKeyJwt({ key: { algorithm, keyId: "k1", pem: pem(algorithm) } }),
          clientId: "signer",
          issuer,
          scopes: ["orders:read"]
        }
        const layer = OAuth2Credentials.layerClientCredentials(client)
        const token = yield* tokenFrom(Layer.provide(layer, NodeHttpClient.layerUndici))
        const known = yield* Effect.promise(() => provider.ClientCredentials.find(token))
        assert.strictEqual(known?.clientId, "signer")
      }))
  }
})

describe("JWT bearer, at a server that verifies with jose", () => {
  const verifying = (algorithm: keyof typeof keys, audience: () => string) =>
    Endpoint.make((response, { form, headers }) => {
      const verify = async () => {
        const assertion = form.get("assertion") ?? ""
        const spki = keys[algorithm].publicKey.export({ format: "pem", type: "spki" }).toString()
        const { payload } = await jwtVerify(assertion, await importSPKI(spki, decodeProtectedHeader(assertion).alg!), {
          audience: audience(),
          issuer: "robot@example.com",
          maxTokenAge: "1 minute"
        })
        return {
          ...Endpoint.tokens,
          access_token: JSON.stringify({
            ...payload,
            authorization: headers.authorization,
            client: form.get("client_id"),
            grant: form.get("grant_type"),
            kid: decodeProtectedHeader(assertion).kid
          })
        }
      }
      void verify().then(
        (body) => Endpoint.json(200, body)(response, undefined as never),
        (error: Error) =>
          Endpoint.json(400, { error: "invalid_grant", error_description: error.message })(response, undefined as never)
      )
    })

  const client = (url: string): OAuth2Client.Client => ({
    authentication: OAuth2Client.Public(),
    clientId: "robot",
    scopes: ["calendar", "mail"],
    tokenEndpoint: `${url}/token`
  })

  for (const algorithm of ["RS256", "PS256", "ES256", "Ed25519"] as const) {
    it.scopedLive(`signed with ${algorithm}, in the name of the tenant's user`, () =>
      Effect.gen(function*() {
        const endpoint: { readonly url: string } = yield* verifying(algorithm, () => `${endpoint.url}/token`)
        const layer = OAuth2Credentials.layerJwtBearer(client(endpoint.url), {
          issuer: "robot@example.com",
          key: { algorithm, keyId: "k1", pem: pem(algorithm) },
          subject: ({ context }) => context.tenantId ?? ""
        })
        const answer = JSON.parse(yield* tokenFrom(Layer.provide(layer, NodeHttpClient.layerUndici)))
        assert.deepInclude(answer, {
          client: null,
          grant: "urn:ietf:params:oauth:grant-type:jwt-bearer",
          kid: "k1",
          scope: "calendar mail",
          sub: "ada@example.com"
        })
        assert.strictEqual(answer.exp - answer.iat, 300)
        assert.isUndefined(answer.authorization)
      }))
  }

  it.scopedLive("an audience of the provider's own, PKCS #1, a key in one line; a key that is none says so", () =>
    Effect.gen(function*() {
      const endpoint = yield* verifying("RS256", () => "account.example")
      const options = { audience: "account.example", issuer: "robot@example.com", subject: "user-1" }
      const oneLine = Redacted.make(Redacted.value(pem("RS256")).replaceAll("\n", "\\n"))
      for (const key of [pem("RS256", "pkcs1"), oneLine]) {
        const { accessToken } = yield* OAuth2.jwtBearer(client(endpoint.url), { ...options, key: { pem: key } })
        assert.deepInclude(JSON.parse(Redacted.value(accessToken)), { sub: "user-1" })
      }
      const misfit = { ...options, audience: "elsewhere.example", key: { pem: pem("RS256") } }
      assert.deepInclude(yield* Effect.flip(OAuth2.jwtBearer(client(endpoint.url), misfit)), {
        code: "invalid_grant",
        reason: "terminal"
      })
      const sent = endpoint.seen.length
      for (
        const key of [
          { pem: Redacted.make("no-key-fake-planted") },
          { algorithm: "ES256" as const, pem: pem("RS256") },
          { pem: pem("Ed25519") }
        ]
      ) {
        const error = yield* Effect.flip(OAuth2.jwtBearer(client(endpoint.url), { ...options, key }))
        assert.strictEqual(error.reason, "inconclusive")
        assert.include(error.message, "the private key is none for")
        assert.notInclude(JSON.stringify(error), "planted")
      }
      assert.strictEqual(endpoint.seen.length, sent)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici), Logger.withMinimumLogLevel(LogLevel.None)))
})
