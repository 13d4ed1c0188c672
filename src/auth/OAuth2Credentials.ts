/**
 * `Credentials` of a program that gets its tokens by itself, without a person: by client credentials, or by an assertion
 * that it signs (JWT bearer).
 *
 * A token is in the memory of the process: fetched when the first call wants it, once for all who want it at the same
 * time; again ahead of its end, while the former one serves; and after a 401. Where that fails, the former token serves
 * until it ends, and the provider is left in peace for a few seconds.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Call } from "../core/Call.js"
import { Credentials } from "./Credentials.js"
import * as TokenCache from "./internal/tokenCache.js"
import * as OAuth2 from "./OAuth2.js"
import type { Client } from "./OAuth2Client.js"
import type { ExchangeError, Tokens } from "./OAuth2Tokens.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long before its end the next token is fetched. Default a tenth of its life, at most `5 minutes`; never more than half of it. */
  readonly ahead?: Duration.DurationInput | undefined
  /** How many are at hand. Default 10,000. */
  readonly capacity?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FetchOptions<R> extends Options {
  readonly fetch: (call: Call) => Effect.Effect<Tokens, ExchangeError, R>
  /** Calls of the same name have the same token. Default: all calls. */
  readonly nameOf?: ((call: Call) => string) | undefined
  /** Whose tokens they are, for messages. */
  readonly who: string
}

const defaultAhead = (lifetime: Duration.Duration): Duration.Duration =>
  Duration.min(Duration.times(lifetime, 0.1), Duration.minutes(5))

/**
 * Tokens from wherever `fetch` gets them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R>(options: FetchOptions<R>): Effect.Effect<Credentials["Type"], never, R | Scope.Scope> =>
  Effect.flatMap(Effect.context<R>(), (context) => {
    const ahead = options.ahead === undefined ? undefined : Duration.decode(options.ahead)
    return TokenCache.make({
      ahead: ahead === undefined ? defaultAhead : () => ahead,
      capacity: options.capacity ?? 10_000,
      fetch: (call) => Effect.provide(options.fetch(call), context),
      nameOf: options.nameOf ?? (() => ""),
      who: options.who
    })
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = <R>(options: FetchOptions<R>): Layer.Layer<Credentials, never, R> =>
  Layer.scoped(Credentials, make(options))

/**
 * By client credentials: one token for all calls.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { OAuth2Client } from "holdfast"
 * import * as OAuth2Credentials from "holdfast/auth/OAuth2Credentials"
 *
 * const credentials = OAuth2Credentials.layerClientCredentials({
 *   authentication: OAuth2Client.SecretBasic({ secret: Redacted.make("fake-secret") }),
 *   clientId: "fake-client",
 *   scopes: ["orders:read"],
 *   tokenEndpoint: "https://id.example/token"
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClientCredentials = (
  client: Client,
  options: Options = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> =>
  layer({ ...options, fetch: () => OAuth2.clientCredentials(client), who: `client "${client.clientId}"` })

/**
 * By an assertion that the program signs. Where it depends on the call in whose name it is, `subject` says so; each
 * subject has a token of its own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerJwtBearer = (
  client: Client,
  assertion: Omit<OAuth2.JwtBearer, "subject"> & {
    readonly subject?: string | ((call: Call) => string) | undefined
  },
  options: Options = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => {
  const { subject } = assertion
  const subjectOf = typeof subject === "function" ? subject : () => subject
  return layer({
    ...options,
    fetch: (call) => OAuth2.jwtBearer(client, { ...assertion, subject: subjectOf(call) }),
    nameOf: (call) => subjectOf(call) ?? "",
    who: `"${assertion.issuer}"`
  })
}
