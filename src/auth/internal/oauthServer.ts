/** A provider's endpoints: those that are given, or what is looked up at its issuer. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as oauth from "oauth4webapi"
import { monotonicMillis } from "../../internal/time.js"
import type { Client } from "../OAuth2Client.js"
import { ExchangeError } from "../OAuth2Tokens.js"
import { parse } from "./oauthAnswer.js"
import * as Http from "./oauthHttp.js"
import { Reads } from "./reads.js"

export const limitsOf = ({ maxResponseBytes = 65_536, timeout = "20 seconds" }: Client): Http.Limits => ({
  maxResponseBytes,
  timeout: Duration.decode(timeout)
})

export const misfit = (message: string): ExchangeError => new ExchangeError({ message, reason: "inconclusive" })

export const hostOf = (url: string): string => URL.canParse(url) ? new URL(url).host : "none"

/** What the library would give to a `fetch`. */
export interface Made {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: URLSearchParams
}

/** What the body says how it is written, and the library's own name, are not taken over. */
const left = new Set(["content-type", "user-agent"])

export type Fetch = (
  url: string,
  options: { readonly body?: unknown; readonly headers: Readonly<Record<string, string>> }
) => Promise<Response>

/** The request that the library makes: it is sent by the program's own client. */
export const made = (make: (fetch: Fetch) => Promise<unknown>): Effect.Effect<Made> =>
  Effect.promise(async () => {
    let request: Made | undefined
    await make((url, { body, headers }) => {
      request = {
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name))),
        parameters: body instanceof URLSearchParams ? body : new URLSearchParams(),
        url
      }
      return Promise.resolve(new Response())
    })
    if (request === undefined) throw new Error("oauth4webapi has made no request")
    return request
  })

/** In how far a URL may be `http` is looked at here. */
export const options = (fetch: Fetch) => ({
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: fetch
})

interface Found {
  readonly server: oauth.AuthorizationServer
  readonly until: number
}

/** Milliseconds. */
const keepFor = 3_600_000

/** By the object that the client is: whoever keeps it looks its endpoints up once. */
const found = new WeakMap<Client, Reads<Found, ExchangeError>>()

const endpoints = ["authorization_endpoint", "token_endpoint", "revocation_endpoint"] as const

const mend = "give an https URL (http at this machine alone), without a fragment and a password"

/** In none of them is a secret lost on its way. */
export const checked = (server: oauth.AuthorizationServer): Effect.Effect<oauth.AuthorizationServer, ExchangeError> => {
  const bad = endpoints.find((name) => server[name] !== undefined && !Http.isSafe(server[name]))
  return bad === undefined
    ? Effect.succeed(server)
    : misfit(`the ${bad} is not taken (its host is ${hostOf(server[bad] ?? "")}): ${mend}`)
}

const lookUp = (
  issuer: string,
  client: Client
): Effect.Effect<oauth.AuthorizationServer, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    if (!Http.isSafe(issuer)) return yield* misfit(`the issuer of client "${client.clientId}" is not taken: ${mend}`)
    const url = new URL(issuer)
    const where = `the OAuth2 metadata of ${url.host}`
    const algorithm = client.discovery === "oauth2" ? "oauth2" : "oidc"
    const request = yield* made((fetch) => oauth.discoveryRequest(url, { algorithm, ...options(fetch) }))
    const { retryAfter, status, text } = yield* Http.send(
      { body: undefined, headers: request.headers, method: "GET", url: request.url },
      where,
      limitsOf(client)
    )
    if (status !== 200) {
      return yield* new ExchangeError({
        message: `${where} cannot be read (HTTP ${status}): see the issuer, or give the endpoints`,
        reason: status === 429 || status >= 500 ? "transient" : "inconclusive",
        ...(retryAfter === undefined ? undefined : { retryAfter })
      })
    }
    const server = yield* Effect.tryPromise({
      catch: () => misfit(`${where} is that of another issuer, or none: see the issuer, or give the endpoints`),
      try: () => oauth.processDiscoveryResponse(url, Response.json(parse(text)))
    })
    if (endpoints.some((name) => server[name] !== undefined && typeof server[name] !== "string")) {
      return yield* misfit(`${where} has an endpoint that is no URL: give the endpoints`)
    }
    return yield* checked(server)
  })

const discovered = (
  issuer: string,
  client: Client
): Effect.Effect<oauth.AuthorizationServer, ExchangeError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const http = yield* Effect.context<HttpClient.HttpClient>()
    const reads = found.get(client) ?? new Reads<Found, ExchangeError>(1)
    found.set(client, reads)
    const kept = reads.kept(issuer)
    if (kept !== undefined && monotonicMillis(clock) < kept.until) return kept.server
    const read = Effect.map(lookUp(issuer, client), (server) => ({ server, until: monotonicMillis(clock) + keepFor }))
    return (yield* reads.read(issuer, Effect.provide(read, http))).server
  })

/**
 * Where no issuer is given, none is known, and an answer that names one is another's: what stands in its place is no
 * name of an issuer.
 */
const given = (
  tokenEndpoint: string | undefined,
  client: Client
): Effect.Effect<oauth.AuthorizationServer, ExchangeError> => {
  const { authorizationEndpoint, issuer, issuerInCallback, revocationEndpoint } = client
  return checked({
    issuer: issuer ?? "no issuer",
    ...(authorizationEndpoint === undefined ? undefined : { authorization_endpoint: authorizationEndpoint }),
    ...(issuerInCallback === true ? { authorization_response_iss_parameter_supported: true } : undefined),
    ...(revocationEndpoint === undefined ? undefined : { revocation_endpoint: revocationEndpoint }),
    ...(tokenEndpoint === undefined ? undefined : { token_endpoint: tokenEndpoint })
  })
}

export const serverOf = (
  client: Client
): Effect.Effect<oauth.AuthorizationServer, ExchangeError, HttpClient.HttpClient> =>
  Effect.suspend(() => {
    const { issuer, tokenEndpoint } = client
    return tokenEndpoint === undefined && issuer !== undefined
      ? discovered(issuer, client)
      : given(tokenEndpoint, client)
  })
