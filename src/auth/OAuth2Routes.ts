/**
 * Routes by which people connect their accounts: `connect`, `callback` and `disconnect`, for an Effect HTTP server.
 *
 * | route | |
 * |---|---|
 * | `GET <path>/connect?connectionId=…&returnTo=…` | sends the browser to the provider |
 * | `GET <path>/callback` | comes back from there: the code is exchanged, and the tokens are in the `CredentialStore` |
 * | `POST <path>/disconnect?connectionId=…&returnTo=…` | ends the tokens at the provider, and removes them from the store |
 *
 * The redirect URI, which the provider has to know letter by letter, is `<publicUrl><path>/callback`. Who may do it, and for
 * whom, is for `authorize` to say, in each of the three.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as CredentialStore from "./CredentialStore.js"
import * as Http from "./internal/oauthHttp.js"
import * as Pages from "./internal/oauthPages.js"
import * as Routes from "./internal/oauthRoutes.js"
import type * as OAuth2 from "./OAuth2.js"
import type { Client } from "./OAuth2Client.js"
import type { OAuth2Transactions } from "./OAuth2Transactions.js"

/**
 * `authorize` or `accept` say no: with this status (default 403) and this sentence, which the person reads, or with an
 * answer of their own, a redirect to where one signs in.
 *
 * @since 0.1.0
 * @category errors
 */
export class Denied extends Data.TaggedError("Denied")<{
  readonly message: string
  readonly status?: number
  readonly response?: HttpServerResponse.HttpServerResponse
}> {}

/**
 * What somebody wants to do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Intent {
  readonly action: "connect" | "callback" | "disconnect"
  readonly integration: string
  /** As it is in the request, which anybody may have written; in a callback, the one that was connected for. */
  readonly connectionId: string | undefined
}

/**
 * Whose connection it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Subject {
  readonly tenantId?: string | undefined
  readonly connectionId?: string | undefined
  /** Who does it. */
  readonly userId?: string | undefined
}

/**
 * What a provider has granted, before it is stored.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly granted: OAuth2.Granted
  /** Of the callback: some providers say there which account it is, as QuickBooks with `realmId`. */
  readonly parameters: URLSearchParams
  readonly subject: Subject
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R = never> {
  /** Id of the integration, `hubspot`. */
  readonly integration: string
  /** One that is kept: its endpoints may be looked up for it. */
  readonly client: Client
  /** Under which people reach the server, without a slash at its end: `https://app.example`. No header is asked for it. */
  readonly publicUrl: string
  /** Default `/oauth/<integration>`. */
  readonly path?: `/${string}` | undefined
  /** Who the request is from, and for whose connection; fails where it is nobody, or may not. The same in a callback. */
  readonly authorize: (
    intent: Intent
  ) => Effect.Effect<Subject, Denied, HttpServerRequest.HttpServerRequest | R>
  /**
   * Looks at what was granted before it is stored: may keep what the provider says of the account, may refuse it, and
   * may name the connection after it. Default: the connection that was asked for.
   */
  readonly accept?: (answer: Answer) => Effect.Effect<{ readonly connectionId?: string | undefined }, Denied, R>
  /** Where a person goes in the end. Paths of `publicUrl`'s origin may be asked for, and those of `origins`. */
  readonly returnTo?: {
    /** Default `/`. */
    readonly default?: string | undefined
    /** Other origins, `https://www.app.example`. Default none. */
    readonly origins?: ReadonlyArray<string> | undefined
  } | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Services = CredentialStore.CredentialStore | HttpClient.HttpClient | OAuth2Transactions

const misfit = (message: string): never => {
  throw new Error(`OAuth2Routes.make: ${message}`)
}

/**
 * Throws where the options are none: that is a mistake of the program, and nobody's to handle.
 *
 * @example
 * ```ts
 * import * as HttpRouter from "@effect/platform/HttpRouter"
 * import { Effect } from "effect"
 * import type { OAuth2Client } from "holdfast"
 * import * as OAuth2Routes from "holdfast/auth/OAuth2Routes"
 *
 * declare const client: OAuth2Client.Client
 * declare const signedIn: Effect.Effect<{ readonly id: string; readonly team: string }, OAuth2Routes.Denied>
 *
 * const routes = OAuth2Routes.make({
 *   authorize: () => Effect.map(signedIn, ({ id, team }) => ({ tenantId: team, userId: id })),
 *   client,
 *   integration: "hubspot",
 *   publicUrl: "https://app.example"
 * })
 *
 * const app = HttpRouter.empty.pipe(HttpRouter.concat(routes))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R = never>(
  options: Options<R>
): HttpRouter.HttpRouter<never, R | Services> => {
  const { integration, publicUrl, returnTo } = options
  const path = options.path ?? `/oauth/${integration}`
  if (!Http.isSafe(publicUrl) || /[/?]$/.test(publicUrl) || new URL(publicUrl).search !== "") {
    misfit("publicUrl is the https URL under which people reach the server, without a slash at its end")
  }
  if (!/^(?:\/[\w.~-]+)+$/.test(path)) misfit(`path is "${path}": it begins with a slash, and does not end with one`)
  const origins = returnTo?.origins ?? []
  if (origins.some((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin)) {
    misfit("returnTo.origins are origins, as in https://www.app.example, without a path")
  }
  const home = Pages.placeOf(returnTo?.default ?? "/", { origins, publicUrl }) ??
    misfit("returnTo.default is a path, or a URL of one of the origins")
  const settings: Routes.Settings<R> = {
    accept: options.accept,
    authorize: options.authorize,
    client: options.client,
    home,
    integration,
    placeOf: (text) => Pages.placeOf(text, { origins, publicUrl }),
    publicUrl,
    redirectUri: `${publicUrl}${path}/callback`
  }
  return HttpRouter.empty.pipe(
    HttpRouter.get(`${path}/connect` as `/${string}`, Routes.connect(settings)),
    // the log of requests would have the code
    HttpRouter.get(`${path}/callback` as `/${string}`, HttpMiddleware.withLoggerDisabled(Routes.callback(settings))),
    HttpRouter.post(`${path}/disconnect` as `/${string}`, Routes.disconnect(settings))
  )
}
