/**
 * OAuth2 credentials that stay alive: access tokens are refreshed ahead of their end, at their end, and when a provider
 * refuses one. Once for all who want the same, in this process and in all others that share the `CredentialStore`.
 *
 * A provider that rotates refresh tokens takes each of them once, and ends the grant where one comes twice. So a refresh
 * is written down before it begins, under a lease that one process has; the answer is stored only over the credential
 * that it was begun with. No failure takes a credential away: what is known of it is its `Status`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import * as Credentials from "./Credentials.js"
import * as CredentialStore from "./CredentialStore.js"
import * as Cache from "./internal/credentialCache.js"
import { titleOf, toStatus } from "./internal/credentialStore.js"
import * as Failure from "./internal/tokenFailure.js"
import * as Keeper from "./internal/tokenKeeper.js"
import type * as Core from "./internal/tokenRefreshCore.js"
import type { ExchangeError, Tokens } from "./OAuth2Tokens.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Status = CredentialStore.Status

/**
 * A status has become another one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change {
  readonly ref: CredentialStore.Ref
  readonly from: Status["state"]
  readonly status: Status
}

/**
 * An OAuth2 credential.
 *
 * @since 0.1.0
 * @category models
 */
export type OAuth2 = Extract<Credentials.Credential, { readonly _tag: "OAuth2" }>

/**
 * There is no fresh access token. The reasons are those of a `Status`, and `no-credential` and `storage` of the store.
 *
 * @since 0.1.0
 * @category errors
 */
export type TokenRefreshError = Failure.TokenRefreshError

/**
 * @since 0.1.0
 * @category errors
 */
export const TokenRefreshError = Failure.TokenRefreshError

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R = never> extends Credentials.StoreOptions {
  /**
   * Asks the provider for other tokens, once: whether and when it is tried again is decided here. An answer that it has
   * seen must come out of it, since it may hold the only refresh token that is still good.
   */
  readonly exchange: (current: OAuth2, ref: CredentialStore.Ref) => Effect.Effect<Tokens, ExchangeError, R>
  /**
   * How long before its end an access token is refreshed, while it still serves; a quarter more or less of it by chance.
   * Default `5 minutes`, or a tenth of its life where that is less. Never more than half of its life.
   */
  readonly ahead?: Duration.DurationInput | undefined
  /** For how long a failed refresh is not tried again, by any process. Default `30 seconds`; the provider may ask for more. */
  readonly failFast?: Duration.DurationInput | undefined
  /** How long an exchange may take. Default `30 seconds`. */
  readonly exchangeTimeout?: Duration.DurationInput | undefined
  /**
   * After which a process that has begun a refresh, and does not renew its lease, is taken for dead. Default `1 minute`;
   * never less than the half more of `exchangeTimeout`.
   */
  readonly lease?: Duration.DurationInput | undefined
  /** For how long the former credential is kept beside the new one. Default `24 hours`. */
  readonly grace?: Duration.DurationInput | undefined
  /**
   * One that is younger is not refreshed because the provider refuses it with a 401: its successor would be refused for
   * the same reason. Default `1 minute`.
   */
  readonly refusalPause?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TokenRefresh extends Context.Tag("holdfast/TokenRefresh")<TokenRefresh, {
  /** The credential with an access token that is good now, for what is not a call of an integration. */
  readonly get: (ref: CredentialStore.Ref) => Effect.Effect<Credentials.Credential, TokenRefreshError>
  /**
   * Refreshes it now: on a provider's own signal, or to try one again that has failed or was revoked. Also the way to
   * keep a connection that is seldom used from lapsing.
   */
  readonly refresh: (ref: CredentialStore.Ref) => Effect.Effect<void, TokenRefreshError>
  /** As all processes know it. */
  readonly status: (ref: CredentialStore.Ref) => Effect.Effect<Status, CredentialStore.CredentialStoreError>
  /**
   * Each change of a status from now on that a refresh of this process has made: of all processes together, each is told
   * once. They are logged, too.
   */
  readonly changes: Stream.Stream<Change>
}>() {}

const log = (ref: CredentialStore.Ref, { from, status: { state, why } }: Core.Change): Effect.Effect<void> => {
  const text = `${titleOf(ref)} is ${state}, and was ${from}` +
    (why === undefined ? "" : `: ${Failure.sentenceOf(why)}`)
  return state === "connected"
    ? Effect.logInfo(text)
    : state === "revoked"
    ? Effect.logError(text)
    : Effect.logWarning(text)
}

/**
 * `Credentials` for the clients of integrations, and `TokenRefresh`, over the `CredentialStore` of the context. Credentials
 * of other kinds in the same store are given as by `Credentials.layerStore`.
 *
 * Where there is no fresh token, a call fails with an `AuthenticationError`, which is not retryable; or, where it is only
 * the token endpoint that is away, with a `NetworkError` in phase `connect`, which is.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { CredentialStore, OAuth2Tokens, TokenRefresh } from "holdfast"
 *
 * const credentials = TokenRefresh.layer({
 *   exchange: (current, ref) =>
 *     current.refreshToken === undefined
 *       ? new OAuth2Tokens.ExchangeError({ message: `nothing to ask ${ref.integration} with`, reason: "terminal" })
 *       : Effect.succeed({ accessToken: Redacted.make("token-fake") })
 * }).pipe(Layer.provideMerge(CredentialStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  options: Options<R>
): Layer.Layer<Credentials.Credentials | TokenRefresh, never, CredentialStore.CredentialStore | R> =>
  Layer.scopedContext(Effect.gen(function*() {
    const store = yield* CredentialStore.CredentialStore
    const context = yield* Effect.context<R>()
    const changes = yield* Effect.acquireRelease(PubSub.unbounded<Change>(), PubSub.shutdown)
    const exchangeTimeout = Duration.toMillis(options.exchangeTimeout ?? "30 seconds")
    const keeper = yield* Keeper.make(store, {
      ahead: options.ahead === undefined ? undefined : Duration.toMillis(options.ahead),
      capacity: options.capacity ?? 10_000,
      exchange: (current, ref) => Effect.provide(options.exchange(current, ref), context),
      exchangeTimeout,
      failFast: Duration.toMillis(options.failFast ?? "30 seconds"),
      grace: Duration.decode(options.grace ?? "24 hours"),
      lease: Math.max(Duration.toMillis(options.lease ?? "1 minute"), exchangeTimeout * 1.5),
      refOf: options.ref ?? Cache.refOf,
      refusalPause: Duration.toMillis(options.refusalPause ?? "1 minute"),
      staleFor: Duration.decode(options.staleFor ?? "1 hour"),
      tell: (ref, change) =>
        Effect.zipRight(
          log(ref, change),
          PubSub.publish(changes, { from: change.from, ref, status: toStatus(change.status) })
        ),
      timeToLive: Duration.toMillis(options.timeToLive ?? "30 seconds")
    })
    return Context.make(Credentials.Credentials, keeper.credentials).pipe(
      Context.add(TokenRefresh, {
        changes: Stream.fromPubSub(changes),
        get: (ref) => Effect.map(keeper.token(ref), ({ credential }) => credential),
        refresh: keeper.refresh,
        status: (ref) => Effect.map(store.get(ref), ({ status }) => status)
      })
    )
  }))

/**
 * What a look at the idle connections has come to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Idle {
  readonly refreshed: number
  /** Those that could not be refreshed: the log says why, and so does the `Status` of each. */
  readonly failed: ReadonlyArray<CredentialStore.Ref>
}

type Outcome = "refreshed" | "passed over" | CredentialStore.Ref

/**
 * Refreshes the connections that nobody has used for a while, once: a provider forgets a refresh token that is not used
 * (DocuSign after 30 days, others after half a year), and a connection is refreshed by its calls alone. Several processes
 * may do it: each connection is idle for the first that comes to it.
 *
 * Those whose grant has ended are left alone, and those that fail are tried again with the next look.
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { TokenRefresh } from "holdfast"
 *
 * const keepAlive = TokenRefresh.refreshIdle({ idle: "7 days" }).pipe(
 *   Effect.catchAll((error) => Effect.logWarning("connections were not looked at", error)),
 *   Effect.repeat(Schedule.spaced("6 hours")),
 *   Effect.forkScoped
 * )
 * ```
 *
 * @since 0.1.0
 * @category jobs
 */
export const refreshIdle = (options: {
  /** For how long a credential has not been written. */
  readonly idle: Duration.DurationInput
  readonly integration?: string | undefined
  readonly tenantId?: string | undefined
  /** Default 4: a provider may count them against a limit. */
  readonly concurrency?: number | undefined
}): Effect.Effect<Idle, CredentialStore.CredentialStoreError, CredentialStore.CredentialStore | TokenRefresh> =>
  Effect.gen(function*() {
    const store = yield* CredentialStore.CredentialStore
    const { refresh } = yield* TokenRefresh
    const { concurrency = 4, idle, integration, tenantId } = options
    const before = DateTime.subtractDuration(yield* DateTime.now, idle)
    const isIdle = ({ kind, quarantine, status, updatedAt }: CredentialStore.Summary) =>
      kind === "OAuth2" && Option.isNone(quarantine) && status.state !== "revoked" &&
      DateTime.lessThanOrEqualTo(updatedAt, before)
    const pages = Stream.paginateEffect(
      undefined as string | undefined,
      (after) =>
        Effect.map(
          store.list({ after, integration, tenantId }),
          ({ items, next }) => [items.filter(isIdle), Option.map(next, (next): string | undefined => next)] as const
        )
    )
    /** Another process may have come to it since the page was read. */
    const refreshed = (ref: CredentialStore.Ref): Effect.Effect<Outcome> =>
      Effect.gen(function*() {
        if (!isIdle(yield* store.get(ref))) return "passed over" as const
        yield* refresh(ref)
        return "refreshed" as const
      }).pipe(
        Effect.catchAll((error): Effect.Effect<Outcome> =>
          error.reason === "no-refresh-token" || error.reason === "not-found"
            // there is nothing that could lapse
            ? Effect.succeed("passed over")
            : Effect.as(
              Effect.logWarning(`${titleOf(ref)}, unused for a while, was not refreshed: ${error.message}`),
              ref
            )
        )
      )
    return yield* pages.pipe(
      Stream.flatMap(Stream.fromIterable),
      Stream.mapEffect(
        ({ connectionId, integration, tenantId }) => refreshed({ connectionId, integration, tenantId }),
        { concurrency, unordered: true }
      ),
      Stream.runFold(
        { failed: [], refreshed: 0 } as Idle,
        ({ failed, refreshed }, outcome): Idle =>
          outcome === "refreshed"
            ? { failed, refreshed: refreshed + 1 }
            : outcome === "passed over"
            ? { failed, refreshed }
            : { failed: [...failed, outcome], refreshed }
      )
    )
  })
