/**
 * OAuth2's grants, over `oauth4webapi` and the `HttpClient` of the context: authorization code with PKCE, client
 * credentials, JWT bearer, refresh; and revocation. What is sent where is said by an `OAuth2Client`.
 *
 * `auth/OAuth2Routes` has the routes by which people connect their accounts. Here is what they stand on.
 *
 * Secrets go to `https` alone, or stay on the machine. No redirect is followed; an answer is read for so long and so
 * far as the client says; of what is answered, an error code and a short description without secrets are told.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import * as Credentials from "./Credentials.js"
import type * as CredentialStore from "./CredentialStore.js"
import * as Callback from "./internal/oauthCallback.js"
import * as Grant from "./internal/oauthGrant.js"
import * as Keys from "./internal/oauthKeys.js"
import * as Server from "./internal/oauthServer.js"
import type { Client, SigningKey } from "./OAuth2Client.js"
import { ExchangeError, type Tokens } from "./OAuth2Tokens.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Granted extends Tokens {
  /** Of the id_token, where `openid` was asked for: its issuer, audience, time and nonce are right. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** What else the provider says with its tokens, `instance_url` or `hub_id`. Some say further tokens there. */
  readonly details: Redacted.Redacted<Readonly<Record<string, unknown>>>
}

/**
 * What has to be kept from `authorize` to `exchange`, by whoever sends a person to a provider: it is what shows that the
 * answer belongs to the question.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pending {
  readonly state: Redacted.Redacted
  readonly redirectUri: string
  /** Absent: the provider refuses PKCE. */
  readonly verifier?: Redacted.Redacted | undefined
  /** Where an id_token is asked for. */
  readonly nonce?: Redacted.Redacted | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface AuthorizeOptions {
  /** One of those that the provider knows, letter by letter. */
  readonly redirectUri: string
  /** Default: those of the client. */
  readonly scopes?: ReadonlyArray<string> | undefined
  /** More parameters of the authorization endpoint: `login_hint`. What the flow itself sets stays. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

const joined = (client: Client, scopes: ReadonlyArray<string> | undefined): string | undefined => {
  const asked = scopes ?? client.scopes ?? []
  return asked.length === 0 ? undefined : asked.join(client.quirks?.scopeSeparator ?? " ")
}

/**
 * Where to send a person's browser, and what to keep until it comes back. Each has a `state`, a PKCE verifier (S256)
 * and, with `openid`, a `nonce` of its own, of 256 random bits.
 *
 * @since 0.1.0
 * @category grants
 */
export const authorize = (
  client: Client,
  options: AuthorizeOptions
): Effect.Effect<{ readonly url: string; readonly pending: Pending }, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const server = yield* Server.serverOf(client)
    if (server.authorization_endpoint === undefined) {
      return yield* Server.misfit(`client "${client.clientId}" has no authorization endpoint: give it`)
    }
    const asked = { ...client, scopes: options.scopes ?? client.scopes }
    const state = oauth.generateRandomState()
    const verifier = client.quirks?.pkce === false ? undefined : oauth.generateRandomCodeVerifier()
    const nonce = Grant.isOpenId(asked) ? oauth.generateRandomNonce() : undefined
    const scope = joined(client, options.scopes)
    const url = new URL(server.authorization_endpoint)
    const parameters = {
      ...client.authorizationParameters,
      ...options.parameters,
      ...(scope === undefined ? undefined : { scope }),
      ...(nonce === undefined ? undefined : { nonce }),
      ...(verifier === undefined ? undefined : {
        code_challenge: yield* Effect.promise(() => oauth.calculatePKCECodeChallenge(verifier)),
        code_challenge_method: "S256"
      }),
      client_id: client.clientId,
      redirect_uri: options.redirectUri,
      response_type: "code",
      state
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return {
      pending: {
        ...(nonce === undefined ? undefined : { nonce: Redacted.make(nonce) }),
        redirectUri: options.redirectUri,
        state: Redacted.make(state),
        ...(verifier === undefined ? undefined : { verifier: Redacted.make(verifier) })
      },
      url: url.href
    }
  })

/** A grant at the token endpoint: `make` says what is sent there, `process` what has to come back. */
const grant = (
  client: Client,
  make: (
    server: oauth.AuthorizationServer,
    authentication: oauth.ClientAuth,
    fetch: Server.Fetch
  ) => Promise<unknown>,
  process: Grant.Process,
  how: {
    readonly endpoint?: string | undefined
    readonly isAnonymous?: boolean
    readonly isOpenId?: boolean
  } = {}
): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const found = yield* Server.serverOf(client)
    const endpoint = how.endpoint ?? found.token_endpoint
    if (endpoint === undefined) {
      return yield* Server.misfit(`client "${client.clientId}" has no token endpoint: give it, or an issuer`)
    }
    const server = yield* Server.checked({ ...found, token_endpoint: endpoint })
    const authentication = how.isAnonymous === true ? anonymous : yield* Grant.authenticationOf(client, server)
    const request = yield* Server.made((fetch) => make(server, authentication, fetch))
    const where = `the token endpoint of ${Server.hostOf(endpoint)}`
    return yield* Grant.grant({ client, isOpenId: how.isOpenId === true, request, server, where }, process)
  })

const anonymous: oauth.ClientAuth = () => undefined

const clientOf = ({ clientId }: Client): oauth.Client => ({ client_id: clientId })

/**
 * Exchanges the code of a callback for tokens, once: `state`, `iss` (RFC 9207) and the error of the callback are looked
 * at before anything is sent, and the claims of an id_token after.
 *
 * What is wrong with a callback fails as `terminal`, with the code `invalid_state`, `invalid_issuer` or
 * `invalid_callback`; what the provider says there has the provider's code, `access_denied`.
 *
 * @since 0.1.0
 * @category grants
 */
export const exchange = (
  client: Client,
  pending: Pending,
  callback: URLSearchParams
): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const server = yield* Server.serverOf(client)
    const parameters = yield* Callback.validate(client, server, pending.state, callback)
    const nonce = pending.nonce === undefined ? oauth.expectNoNonce : Redacted.value(pending.nonce)
    return yield* grant(
      client,
      (server, authentication, fetch) =>
        oauth.authorizationCodeGrantRequest(
          server,
          clientOf(client),
          authentication,
          parameters,
          pending.redirectUri,
          pending.verifier === undefined ? oauth.nopkce : Redacted.value(pending.verifier),
          { ...Server.options(fetch), additionalParameters: { ...client.tokenParameters } }
        ),
      (server, client, response) =>
        oauth.processAuthorizationCodeResponse(server, client, response, {
          expectedNonce: nonce,
          requireIdToken: pending.nonce !== undefined
        }),
      { isOpenId: pending.nonce !== undefined }
    )
  })

/**
 * Tokens for the program itself.
 *
 * @since 0.1.0
 * @category grants
 */
export const clientCredentials = (client: Client): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> =>
  grant(
    client,
    (server, authentication, fetch) => {
      const scope = joined(client, undefined)
      return oauth.clientCredentialsGrantRequest(
        server,
        clientOf(client),
        authentication,
        { ...client.tokenParameters, ...(scope === undefined ? undefined : { scope }) },
        Server.options(fetch)
      )
    },
    oauth.processClientCredentialsResponse
  )

/**
 * In whose name a program asks, and what shows that it may.
 *
 * @since 0.1.0
 * @category models
 */
export interface JwtBearer {
  readonly key: SigningKey
  /** `client_email` of a Google service account; the integration key of DocuSign; the consumer key of Salesforce. */
  readonly issuer: string
  /** The user. */
  readonly subject?: string | undefined
  /** Default: the token endpoint. `account.docusign.com` for DocuSign, `https://login.salesforce.com` for Salesforce. */
  readonly audience?: string | undefined
  /** How the client's scopes are asked for: in the assertion, or beside it. Default `claim`. */
  readonly scopesAs?: "claim" | "parameter" | undefined
  /** More claims. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Of the assertion, not of the token. Default `5 minutes`, which all take. */
  readonly lifetime?: Duration.DurationInput | undefined
}

/**
 * Tokens for an assertion that the program signs (RFC 7523). A `Public` client says nothing of itself beside it.
 *
 * @since 0.1.0
 * @category grants
 */
export const jwtBearer = (
  client: Client,
  options: JwtBearer
): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const server = yield* Server.serverOf(client)
    const scope = joined(client, undefined)
    const isClaim = (options.scopesAs ?? "claim") === "claim"
    const assertion = yield* Keys.assertion(options.key, {
      audience: options.audience ?? server.token_endpoint ?? "",
      issuer: options.issuer,
      lifetime: Duration.decode(options.lifetime ?? "5 minutes"),
      more: { ...options.claims, ...(isClaim && scope !== undefined ? { scope } : undefined) },
      subject: options.subject
    }).pipe(Effect.mapError(({ message }) => Server.misfit(`the assertion of "${options.issuer}": ${message}`)))
    return yield* grant(
      client,
      (server, authentication, fetch) =>
        oauth.genericTokenEndpointRequest(
          server,
          clientOf(client),
          authentication,
          "urn:ietf:params:oauth:grant-type:jwt-bearer",
          { ...client.tokenParameters, assertion, ...(!isClaim && scope !== undefined ? { scope } : undefined) },
          Server.options(fetch)
        ),
      oauth.processGenericTokenEndpointResponse,
      { isAnonymous: client.authentication._tag === "Public" }
    )
  })

/**
 * New tokens for a refresh token. Where the answer has no refresh token, the one that was used goes on.
 *
 * One request, and nothing else: it is not for two processes to do at once.
 *
 * @since 0.1.0
 * @category grants
 */
export const refresh = (
  client: Client,
  refreshToken: Redacted.Redacted
): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> =>
  grant(
    client,
    (server, authentication, fetch) =>
      oauth.refreshTokenGrantRequest(server, clientOf(client), authentication, Redacted.value(refreshToken), {
        ...Server.options(fetch),
        additionalParameters: { ...client.tokenParameters }
      }),
    oauth.processRefreshTokenResponse,
    { endpoint: client.quirks?.refreshEndpoint }
  )

/**
 * With what `TokenRefresh.layer` asks the providers: the client of each integration, by its id.
 *
 * @example
 * ```ts
 * import type { OAuth2Client } from "holdfast"
 * import { TokenRefresh } from "holdfast"
 * import * as OAuth2 from "holdfast/auth/OAuth2"
 *
 * declare const hubSpot: OAuth2Client.Client
 *
 * // over a CredentialStore and an HttpClient
 * const credentials = TokenRefresh.layer({ exchange: OAuth2.refreshing({ hubspot: hubSpot }) })
 * ```
 *
 * @since 0.1.0
 * @category grants
 */
export const refreshing = (clients: Readonly<Record<string, Client>>) =>
(
  current: Extract<Credentials.Credential, { readonly _tag: "OAuth2" }>,
  { integration }: CredentialStore.Ref
): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> => {
  const client = Object.hasOwn(clients, integration) ? clients[integration] : undefined
  // with a code, by which it is known that the provider has not been asked
  if (client === undefined) {
    return new ExchangeError({
      code: "no_client",
      message: `there is no OAuth2 client for ${integration}: give OAuth2.refreshing one of that name`,
      reason: "inconclusive"
    })
  }
  return current.refreshToken === undefined
    ? new ExchangeError({
      code: "no_refresh_token",
      message: `the credential of ${integration} has no refresh token: connect it again`,
      reason: "inconclusive"
    })
    : refresh(client, current.refreshToken)
}

/**
 * Ends a token at the provider (RFC 7009). `false`: the provider has no endpoint for it, and nothing was done.
 *
 * @since 0.1.0
 * @category grants
 */
export const revoke = (
  client: Client,
  token: Redacted.Redacted,
  options: { readonly hint?: "access_token" | "refresh_token" | undefined } = {}
): Effect.Effect<boolean, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const server = yield* Server.serverOf(client)
    if (server.revocation_endpoint === undefined) return false
    const authentication = yield* Grant.authenticationOf(client, server)
    const request = yield* Server.made((fetch) =>
      oauth.revocationRequest(server, clientOf(client), authentication, Redacted.value(token), {
        ...Server.options(fetch),
        additionalParameters: options.hint === undefined ? {} : { token_type_hint: options.hint }
      })
    )
    const where = `the revocation endpoint of ${Server.hostOf(server.revocation_endpoint)}`
    yield* Grant.ask({ client, request, server, where })
    return true
  })

/**
 * The tokens as a credential that is stored: with the time at which they end, by the program's clock. `asked`: those that
 * a provider has granted which does not say which.
 *
 * @since 0.1.0
 * @category credentials
 */
export const toCredential = (
  tokens: Tokens,
  asked: ReadonlyArray<string> = []
): Effect.Effect<Extract<Credentials.Credential, { readonly _tag: "OAuth2" }>> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { accessToken, expiresIn, refreshToken, scope } = tokens
    const credential = Credentials.OAuth2({
      accessToken,
      ...(expiresIn === undefined ? undefined : { expiresAt: DateTime.unsafeMake(now + Duration.toMillis(expiresIn)) }),
      ...(refreshToken === undefined ? undefined : { refreshToken }),
      scopes: scope === undefined ? asked : scope.split(" ").filter((name) => name !== "")
    })
    Credentials.protect(credential)
    return credential
  })
