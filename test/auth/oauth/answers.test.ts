/** What an answer means: its invariants, and the ways in which providers differ. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, Redacted } from "effect"
import { OAuth2Client, OAuth2Provider } from "holdfast"
import * as OAuth2 from "holdfast/auth/OAuth2"
import * as Answer from "../../../src/auth/internal/oauthAnswer.js"
import { runs } from "../../campaign.js"
import * as Endpoint from "./endpoint.js"

const code = fc.constantFrom(
  "invalid_grant",
  "invalid_client",
  "unauthorized_client",
  "access_denied",
  "temporarily_unavailable",
  "invalid_request",
  "BAD_REFRESH_TOKEN",
  "whatever"
)
const fields = fc.dictionary(
  fc.constantFrom(
    "access_token",
    "code",
    "error",
    "error_description",
    "expires_in",
    "id_token",
    "message",
    "refresh_token",
    "scope",
    "scopes",
    "status",
    "token_type"
  ),
  fc.oneof(code, fc.jsonValue(), fc.string(), fc.integer())
)
const status = fc.integer({ max: 599, min: 200 })
const secret = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/)
const terminal = ["access_denied", "invalid_client", "invalid_grant", "unauthorized_client", "BAD_REFRESH_TOKEN"]

describe("invariants", () => {
  it("an outage never ends a connection; only what is known does; what is not known says nothing", () => {
    fc.assert(
      fc.property(fields, status, (fields, status) => {
        const quirks = { codes: { BAD_REFRESH_TOKEN: "terminal" } } as const
        const { code, reason } = Answer.refusal({
          fields,
          quirks,
          retryAfter: undefined,
          sent: [],
          status,
          where: "x"
        })
        if (status >= 500 || status === 429) assert.strictEqual(reason, "transient")
        if (reason === "terminal") assert.include(terminal, code)
        if (code === undefined && status < 500 && ![408, 425, 429].includes(status)) {
          assert.strictEqual(reason, "inconclusive")
        }
      }),
      { numRuns: runs(500) }
    )
  })

  it("nothing that was sent is in an error, wherever the provider puts it", () => {
    fc.assert(
      fc.property(fields, secret, fc.constantFrom("error", "error_description", "message", "status", "code"), (
        fields,
        secret,
        place
      ) => {
        const error = Answer.refusal({
          fields: { ...fields, [place]: `${secret}` },
          quirks: {},
          retryAfter: undefined,
          sent: [secret],
          status: 400,
          where: "x"
        })
        assert.notInclude(JSON.stringify(error), secret)
        assert.isBelow(error.message.length, 400)
      }),
      { numRuns: runs(500) }
    )
  })

  it("tokens are taken from an answer or they are not, and what goes along with them has none", () => {
    fc.assert(
      fc.property(fields, fc.boolean(), (fields, isOpenId) => {
        const conform = Answer.conform(fields, {}, isOpenId)
        const isThere = typeof fields.access_token === "string" && fields.access_token !== ""
        assert.strictEqual(conform !== undefined, isThere)
        if (conform === undefined) return
        if (!isOpenId) assert.notProperty(conform, "id_token")
        const details = Answer.detailsOf(conform, {})
        for (const name of ["access_token", "refresh_token", "id_token", "code"]) assert.notProperty(details, name)
        if (conform.expires_in !== undefined) assert.isAbove(Number(conform.expires_in), 0)
      }),
      { numRuns: runs(500) }
    )
  })
})

describe("providers", () => {
  const secret = Redacted.make("client-secret-fake")
  const at = (provider: OAuth2Provider.OAuth2Provider, url: string): OAuth2Client.Client =>
    OAuth2Client.make({ ...provider, tokenEndpoint: `${url}/token` }, {
      authentication: OAuth2Client.SecretPost({ secret }),
      clientId: "shop",
      scopes: ["a", "b"]
    })
  const exchange = (client: OAuth2Client.Client) =>
    Effect.gen(function*() {
      const { pending, url } = yield* OAuth2.authorize(client, { redirectUri: "https://app.example/callback" })
      const parameters = new URLSearchParams({ code: "code-fake", state: Redacted.value(pending.state) })
      return { granted: yield* OAuth2.exchange(client, pending, parameters), url: new URL(url) }
    })

  it("each has its endpoints where secrets may go", () => {
    const { salesforce, ...others } = OAuth2Provider
    for (const provider of [salesforce(), salesforce("test.salesforce.com"), ...Object.values(others)]) {
      for (
        const url of [
          provider.authorizationEndpoint,
          provider.tokenEndpoint,
          provider.revocationEndpoint,
          provider.issuer,
          provider.quirks?.refreshEndpoint
        ]
      ) {
        if (url !== undefined) assert.strictEqual(new URL(url).protocol, "https:")
      }
      assert.isDefined(provider.authorizationEndpoint)
      assert.isDefined(provider.tokenEndpoint)
    }
  })

  const cases: ReadonlyArray<
    readonly [string, OAuth2Provider.OAuth2Provider, unknown, (granted: OAuth2.Granted) => void]
  > = [
    [
      "Slack: scopes with commas, a token type of its own",
      OAuth2Provider.slack,
      { access_token: "xoxb-fake", ok: true, scope: "a,b", team: { id: "T1" }, token_type: "bot" },
      ({ details, scope }) => {
        assert.strictEqual(scope, "a b")
        assert.deepStrictEqual(Redacted.value(details), { ok: true, team: { id: "T1" } })
      }
    ],
    [
      "Intercom: the token in a field of its own",
      OAuth2Provider.intercom,
      { token: "access-fake" },
      ({ accessToken, details }) => {
        assert.strictEqual(Redacted.value(accessToken), "access-fake")
        assert.deepStrictEqual(Redacted.value(details), {})
      }
    ],
    [
      "Trustpilot: seconds as a text",
      OAuth2Provider.trustpilot,
      { access_token: "access-fake", expires_in: "359999", refresh_token: "refresh-fake" },
      ({ expiresIn }) => assert.strictEqual(Duration.toSeconds(expiresIn ?? 0), 359_999)
    ],
    [
      "Mailchimp: a token that does not end",
      OAuth2Provider.mailchimp,
      { access_token: "access-fake", expires_in: 0, scope: null },
      ({ expiresIn, scope }) => assert.deepStrictEqual([expiresIn, scope], [undefined, undefined])
    ],
    [
      "HubSpot: scopes as a list, and an id_token that nobody has asked for",
      OAuth2Provider.hubSpot,
      {
        access_token: "access-fake",
        expires_in: 1800,
        hub_id: 7,
        id_token: "none",
        refresh_token: "refresh-fake",
        scopes: ["a", "b"],
        token_type: "bearer"
      },
      ({ claims, details, scope }) => {
        assert.deepStrictEqual([claims, scope], [undefined, "a b"])
        assert.deepInclude(Redacted.value(details), { hub_id: 7 })
      }
    ],
    [
      "Salesforce: no end, and where its API is",
      OAuth2Provider.salesforce(),
      { access_token: "access-fake", instance_url: "https://x.my.salesforce.com", token_type: "Bearer" },
      ({ details }) => assert.deepInclude(Redacted.value(details), { instance_url: "https://x.my.salesforce.com" })
    ],
    [
      "tokens in an envelope, a refresh token that is null",
      { ...OAuth2Provider.calCom, quirks: { tokensIn: "data" } },
      { data: { ...Endpoint.tokens, refresh_token: null }, status: "success" },
      ({ accessToken, refreshToken }) => {
        assert.strictEqual(Redacted.value(accessToken), "access-fake-1")
        assert.isUndefined(refreshToken)
      }
    ]
  ]
  for (const [name, provider, answer, check] of cases) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const endpoint = yield* Endpoint.make(Endpoint.json(200, answer))
        const { granted, url } = yield* exchange(at(provider, endpoint.url))
        check(granted)
        const separator = provider === OAuth2Provider.slack ? "," : " "
        assert.strictEqual(url.searchParams.get("scope"), `a${separator}b`)
        assert.strictEqual(url.searchParams.get("code_challenge_method"), "S256")
        assert.deepInclude(Object.fromEntries(endpoint.seen[0]!.form), {
          client_id: "shop",
          client_secret: "client-secret-fake",
          code: "code-fake",
          grant_type: "authorization_code",
          redirect_uri: "https://app.example/callback"
        })
      }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
  }

  it.scopedLive("Kit takes JSON; a provider that refuses PKCE is sent none", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      yield* exchange(at(OAuth2Provider.kit, endpoint.url))
      assert.strictEqual(endpoint.seen[0]?.headers["content-type"], "application/json")
      assert.deepInclude(JSON.parse(endpoint.seen[0]?.body ?? ""), {
        code: "code-fake",
        grant_type: "authorization_code"
      })
      const { url } = yield* exchange(at({ ...OAuth2Provider.acuity, quirks: { pkce: false } }, endpoint.url))
      assert.isFalse(url.searchParams.has("code_challenge"))
      assert.isFalse(endpoint.seen[1]?.form.has("code_verifier"))
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.scopedLive("a secret in a header is escaped as a form has it, or not at all", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make()
      const sent = (authentication: OAuth2Client.Authentication) =>
        Effect.map(
          OAuth2.clientCredentials({ authentication, clientId: "a-b", tokenEndpoint: `${endpoint.url}/token` }),
          () => {
            const { form, headers } = endpoint.seen.pop()!
            // it is in one place alone
            assert.deepStrictEqual(Array.from(form.keys()), ["grant_type"])
            return Buffer.from((headers.authorization ?? "").replace("Basic ", ""), "base64").toString()
          }
        )
      const odd = Redacted.make("c/d+e f-g_fake:")
      assert.strictEqual(yield* sent(OAuth2Client.SecretBasic({ secret: odd })), "a-b:c%2Fd%2Be+f-g_fake%3A")
      assert.strictEqual(yield* sent(OAuth2Client.SecretBasic({ plain: true, secret: odd })), "a-b:c/d+e f-g_fake:")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.scopedLive("tokens are refreshed where the provider refreshes them; its own codes are known", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make(
        Endpoint.json(400, { message: "missing or unknown", status: "BAD_REFRESH_TOKEN" })
      )
      const client = at({ ...OAuth2Provider.hubSpot }, "https://id.example")
      const elsewhere = {
        ...client,
        quirks: { ...client.quirks, refreshEndpoint: `${endpoint.url}/refresh` }
      }
      const error = yield* Effect.flip(OAuth2.refresh(elsewhere, Redacted.make("refresh-fake")))
      assert.deepInclude(error, { code: "BAD_REFRESH_TOKEN", reason: "terminal" })
      assert.strictEqual(endpoint.seen[0]?.path, "/refresh")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
})
