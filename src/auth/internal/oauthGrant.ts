/** One grant: how the client shows who it is, what is sent, and what is taken of the answer. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { type Client, matchAuthentication } from "../OAuth2Client.js"
import type { Quirks } from "../OAuth2Provider.js"
import type { ExchangeError, Tokens } from "../OAuth2Tokens.js"
import * as Answer from "./oauthAnswer.js"
import * as Http from "./oauthHttp.js"
import * as Keys from "./oauthKeys.js"
import * as Server from "./oauthServer.js"

export interface Granted extends Tokens {
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly details: Redacted.Redacted<Readonly<Record<string, unknown>>>
}

/** As a form has it (RFC 6749 section 2.3.1), which leaves a hyphen as it is. */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)

/** Of the assertion by which a client shows who it is. */
const assertionLifetime = Duration.seconds(60)

/** What of a client is sent with each request. Where it is not authenticated, not even its id. */
export const authenticationOf = (
  client: Client,
  server: oauth.AuthorizationServer
): Effect.Effect<oauth.ClientAuth, ExchangeError> => {
  const { clientId } = client
  const secretOf = (secret: Redacted.Redacted): string => {
    KnownSecrets.remember(secret, () => [
      Redacted.value(secret),
      Buffer.from(`${clientId}:${Redacted.value(secret)}`).toString("base64"),
      Buffer.from(`${formEncoded(clientId)}:${formEncoded(Redacted.value(secret))}`).toString("base64")
    ])
    return Redacted.value(secret)
  }
  return matchAuthentication(client.authentication, {
    PrivateKeyJwt: ({ audience, key }) =>
      Keys.assertion(key, {
        audience: audience ?? client.issuer ?? server.token_endpoint ?? "",
        issuer: clientId,
        lifetime: assertionLifetime,
        more: {},
        subject: clientId
      }).pipe(
        Effect.mapBoth({
          onFailure: ({ message }) => Server.misfit(`client "${clientId}": ${message}`),
          onSuccess: (assertion): oauth.ClientAuth => (_server, _client, body) => {
            body.set("client_id", clientId)
            body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            body.set("client_assertion", assertion)
          }
        })
      ),
    Public: () => Effect.succeed(oauth.None()),
    SecretBasic: ({ plain, secret }) =>
      Effect.sync((): oauth.ClientAuth => {
        const value = secretOf(secret)
        const pair = plain === true ? `${clientId}:${value}` : `${formEncoded(clientId)}:${formEncoded(value)}`
        return (_server, _client, _body, headers) =>
          headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`)
      }),
    SecretPost: ({ secret }) => Effect.sync(() => oauth.ClientSecretPost(secretOf(secret)))
  })
}

/** Whether an id_token is asked for. */
export const isOpenId = ({ issuer, scopes }: Client): boolean =>
  issuer !== undefined && scopes?.includes("openid") === true

/** Seconds by which the program's clock is ahead of the one that the library looks at. */
const ahead = (now: number): number => Math.round((now - Date.now()) / 1000)

export const clientAt = (client: Client, now: number): oauth.Client => ({
  [oauth.clockSkew]: ahead(now),
  client_id: client.clientId
})

const notSecret = new Set([
  "client_assertion_type",
  "client_id",
  "grant_type",
  "redirect_uri",
  "scope",
  "token_type_hint"
])

/** What must not come back in a message. */
const sentOf = ({ parameters }: Server.Made): ReadonlyArray<string> =>
  Array.from(parameters).filter(([name]) => !notSecret.has(name)).map(([, value]) => value)

const bodyOf = ({ parameters }: Server.Made, { tokenRequest }: Quirks): Http.Request["body"] =>
  tokenRequest === "json"
    ? { text: JSON.stringify(Object.fromEntries(parameters)), type: "application/json" }
    : { text: parameters.toString(), type: "application/x-www-form-urlencoded" }

export interface Exchange {
  readonly client: Client
  readonly server: oauth.AuthorizationServer
  /** For messages: `the token endpoint of id.example`. */
  readonly where: string
  readonly request: Server.Made
}

const quirksOf = (client: Client): Quirks => client.quirks ?? {}

/** The answer to a request that asks for tokens, or for their end. */
export const ask = (
  { client, request, where }: Exchange
): Effect.Effect<Http.Answer & { readonly fields: Answer.Fields | undefined }, ExchangeError, HttpClient.HttpClient> =>
  Effect.flatMap(
    Http.send(
      { body: bodyOf(request, quirksOf(client)), headers: request.headers, method: "POST", url: request.url },
      where,
      Server.limitsOf(client)
    ),
    (answer) => {
      const fields = Answer.parse(answer.text)
      if (answer.status < 300) return Effect.succeed({ ...answer, fields })
      const { retryAfter, status } = answer
      return Answer.refusal({
        fields,
        quirks: quirksOf(client),
        retryAfter,
        sent: sentOf(request),
        status,
        where
      })
    }
  )

/** What an id_token has to be like, where one is asked for. */
export type Process = (
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  response: Response
) => Promise<oauth.TokenEndpointResponse>

const secret = (text: string): Redacted.Redacted => {
  const redacted = Redacted.make(text)
  KnownSecrets.remember(redacted, () => [text])
  return redacted
}

/** Asks for tokens. Of the library's own errors the sentence is told: what they carry has the tokens in it. */
export const grant = (
  exchange: Exchange & { readonly isOpenId: boolean },
  process: Process
): Effect.Effect<Granted, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { client, isOpenId, request, server, where } = exchange
    const quirks = quirksOf(client)
    const { fields, retryAfter, status } = yield* ask(exchange)
    const conform = fields === undefined ? undefined : Answer.conform(fields, quirks, isOpenId)
    if (conform === undefined) {
      return yield* fields === undefined
        ? Server.misfit(
          `${where} answers with something that is no JSON (HTTP ${status}): see that it is the right one`
        )
        : Answer.refusal({ fields, quirks, retryAfter, sent: sentOf(request), status, where })
    }
    const now = yield* Clock.currentTimeMillis
    const tokens = yield* Effect.tryPromise({
      catch: (error) =>
        Server.misfit(
          `${where} answers with tokens that are not taken: ${error instanceof Error ? error.message : "they are none"}`
        ),
      try: () => process(server, clientAt(client, now), Response.json(conform))
    })
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    return {
      accessToken: secret(tokens.access_token),
      ...(claims === undefined ? undefined : { claims }),
      details: Redacted.make(Answer.detailsOf(conform, quirks)),
      ...(tokens.expires_in === undefined ? undefined : { expiresIn: Duration.seconds(tokens.expires_in) }),
      ...(tokens.refresh_token === undefined ? undefined : { refreshToken: secret(tokens.refresh_token) }),
      ...(tokens.scope === undefined ? undefined : { scope: tokens.scope })
    }
  })
