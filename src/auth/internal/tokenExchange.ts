/** One refresh of one credential, from its claim to what came of it, by the steps of the core. */
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { monotonicMillis } from "../../internal/time.js"
import { ExchangeError, type Tokens } from "../OAuth2Tokens.js"
import { CredentialStoreError, type Ref, type Service, type Stored } from "../StoredCredential.js"
import * as Credential from "./credential.js"
import type * as Core from "./tokenRefreshCore.js"

export type OAuth2 = Extract<Credential.Credential, { readonly _tag: "OAuth2" }>

/** Milliseconds. */
export interface Settings {
  readonly exchange: (current: OAuth2, ref: Ref) => Effect.Effect<Tokens, ExchangeError>
  readonly exchangeTimeout: number
  readonly failFast: number
  readonly grace: Duration.Duration
  readonly lease: number
  readonly tell: (ref: Ref, change: Core.Change) => Effect.Effect<void>
  /** What goes on when this refresh has its answer, and whoever closes waits for. */
  readonly leave: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

export interface Wanted {
  readonly version: number
  /** Also where it has failed just now, and where the grant has ended. */
  readonly force: boolean
  /** The access token is used no more: it has ended, or the provider refuses it. */
  readonly useless: boolean
}

export type Outcome =
  | { readonly _tag: "refreshed" }
  /** It is good, and the store that should have it is away. */
  | { readonly _tag: "unsaved"; readonly credential: OAuth2; readonly error: CredentialStoreError }
  /** There is another version: look at that one. */
  | { readonly _tag: "moved" }
  | { readonly _tag: "failing"; readonly left: number; readonly why: Core.Why }
  | { readonly _tag: "over"; readonly why: Core.Why }

/** Milliseconds between two looks at a refresh of another process. */
const firstPause = 10
const longestPause = 250
/** However long the provider asks for. */
const longestAsked = 600_000
/** A token that has ended as soon as it is there would be refreshed without end. */
const shortestLife = 1000
const longestMessage = 500
/** For which whoever closes waits for the store: a lease ends by itself. */
const longestRelease = 5000
/** For which a caller waits for the store, with a good token in hand. */
const longestFirstWrite = 2000

/** What a token endpoint says of the client that asks, and not of the grant. */
const ofClient = new Set([
  "invalid_client",
  "invalid_request",
  "invalid_scope",
  "unauthorized_client",
  "unsupported_grant_type"
])

const isGrantRefused = ({ code, reason }: ExchangeError): boolean =>
  reason === "terminal" && (code === undefined || !ofClient.has(code))

const reasonOf = ({ reason }: ExchangeError): Core.Reason =>
  reason === "terminal" ? "refused" : reason === "transient" ? "unreachable" : "inconclusive"

/** It is stored in the clear. */
const textOf = (text: string): string => KnownSecrets.scrub(text).slice(0, longestMessage)

const whyOf = (error: ExchangeError): Core.Why => ({
  ...(error.code === undefined ? undefined : { code: textOf(error.code) }),
  message: textOf(error.message),
  reason: reasonOf(error)
})

/** An answer with a code, or with a time to wait, is the provider's own; anything else may have been lost on its way. */
const isAnswered = ({ code, retryAfter }: ExchangeError): boolean => code !== undefined || retryAfter !== undefined

const isOwn = (stored: Stored, credential: OAuth2): boolean =>
  stored.credential._tag === "OAuth2" &&
  Redacted.value(stored.credential.accessToken) === Redacted.value(credential.accessToken)

const isAway = ({ reason }: CredentialStoreError): boolean => reason === "storage" || reason === "quarantined"

/** Until the store is back. */
const patiently = Schedule.union(Schedule.exponential("50 millis"), Schedule.spaced("5 seconds"))

export const make = (store: Service, settings: Settings) => {
  const told = (ref: Ref) => (answer: Core.Answer) =>
    answer.change === undefined ? Effect.void : settings.tell(ref, answer.change)

  /** The connection that it waits for may be that of a caller who waits for it. */
  const inTime = <A>(effect: Effect.Effect<A, CredentialStoreError>, millis = settings.lease) =>
    Effect.timeoutFail(Effect.interruptible(effect), {
      duration: millis,
      onTimeout: () =>
        new CredentialStoreError({ message: "the store of credentials does not answer", reason: "storage" })
    })

  const take = (ref: Ref, action: Core.Action): Effect.Effect<Core.Answer, CredentialStoreError> =>
    Effect.suspend(() => Effect.tap(inTime(store.refreshStep(ref, { ...action, id: crypto.randomUUID() })), told(ref)))

  /** What came of an exchange is worth some patience: nobody else knows it. */
  const settle = (ref: Ref, action: Core.Action): Effect.Effect<Core.Answer, CredentialStoreError> =>
    Effect.suspend(() =>
      store.refreshStep(ref, { ...action, id: crypto.randomUUID() }).pipe(
        Effect.retry({ schedule: patiently, while: isAway }),
        (answered) => inTime(answered),
        Effect.tap(told(ref))
      )
    )

  /** While this process waits: for the provider, or for the store. */
  const renewals = (ref: Ref, owner: string): Effect.Effect<never> =>
    Effect.forever(
      Effect.zipRight(
        Effect.sleep(settings.lease / 3),
        // whether it was too late shows when the credential is written
        Effect.ignore(take(ref, { _tag: "renew", lease: settings.lease, owner }))
      )
    )

  const release = (ref: Ref, owner: string) =>
    Effect.ignore(
      inTime(
        Effect.suspend(() =>
          Effect.tap(store.refreshStep(ref, { _tag: "release", id: crypto.randomUUID(), owner }), told(ref))
        ),
        Math.min(settings.lease, longestRelease)
      )
    )

  const exchanged = (current: OAuth2, ref: Ref): Effect.Effect<Tokens, ExchangeError> =>
    Effect.suspend(() => settings.exchange(current, ref)).pipe(
      Effect.timeoutFail({
        duration: settings.exchangeTimeout,
        onTimeout: () =>
          new ExchangeError({
            message: `no answer within ${Duration.format(Duration.millis(settings.exchangeTimeout))}`,
            reason: "transient"
          })
      }),
      Effect.catchAllDefect((defect) =>
        Effect.zipRight(
          Effect.logError("the exchange of a refresh token has died", KnownSecrets.scrub(Cause.die(defect))),
          new ExchangeError({ message: "the exchange has died: see the log", reason: "inconclusive" })
        )
      )
    )

  /** `startedAt`: when it was begun, by the store's clock. */
  const next = (current: OAuth2, tokens: Tokens, startedAt: number): OAuth2 => {
    const credential: OAuth2 = Credential.OAuth2({
      accessToken: tokens.accessToken,
      ...(tokens.expiresIn === undefined || !Duration.isFinite(tokens.expiresIn) ? undefined : {
        expiresAt: DateTime.unsafeMake(startedAt + Math.max(shortestLife, Duration.toMillis(tokens.expiresIn)))
      }),
      // what the provider does not send again is still good
      refreshToken: tokens.refreshToken ?? current.refreshToken,
      scopes: tokens.scope === undefined ? current.scopes : tokens.scope.split(" ").filter((scope) => scope !== "")
    })
    Credential.protect(credential)
    return credential
  }

  /** `false`: somebody else has written another credential, or taken it away. */
  const written = (
    ref: Ref,
    credential: OAuth2,
    version: number
  ): Effect.Effect<boolean, CredentialStoreError> =>
    store.rotate(ref, credential, { grace: settings.grace, version }).pipe(
      Effect.as(true),
      Effect.catchIf(({ reason }) => reason === "conflict" || reason === "not-found", () =>
        store.get(ref).pipe(
          // written after all, and the answer was lost
          Effect.map((stored) => isOwn(stored, credential)),
          Effect.catchIf(({ reason }) => reason === "not-found", () => Effect.succeed(false))
        ))
    )

  const save = (ref: Ref, owner: string, credential: OAuth2, version: number): Effect.Effect<Outcome> => {
    const end = (isWritten: boolean): Effect.Effect<Outcome> =>
      isWritten
        ? Effect.as(Effect.ignore(settle(ref, { _tag: "release", owner })), { _tag: "refreshed" })
        : Effect.logInfo("a refreshed token is dropped: its credential was written, or removed, meanwhile").pipe(
          Effect.zipRight(release(ref, owner)),
          Effect.as({ _tag: "moved" })
        )
    const write = written(ref, credential, version)
    return Effect.matchEffect(
      inTime(write, longestFirstWrite),
      {
        onFailure: (error) =>
          Effect.as(
            settings.leave(
              Effect.logError(
                `a refreshed token cannot be stored, and is tried again until it can be: ${
                  KnownSecrets.scrub(error.message)
                }`
              ).pipe(
                Effect.zipRight(Effect.retry(write, { schedule: patiently })),
                Effect.flatMap(end),
                Effect.raceFirst(renewals(ref, owner)),
                Effect.ignore,
                Effect.onInterrupt(() =>
                  Effect.logError("a refreshed token was never stored: its refresh token is lost")
                )
              )
            ),
            { _tag: "unsaved", credential, error } as const
          ),
        onSuccess: end
      }
    )
  }

  const lost = (
    ref: Ref,
    owner: string,
    { useless, version }: Wanted,
    error: ExchangeError
  ): Effect.Effect<Outcome | undefined, CredentialStoreError> => {
    const asked = error.retryAfter === undefined ? 0 : Math.min(Duration.toMillis(error.retryAfter), longestAsked)
    const why = whyOf(error)
    return Effect.map(
      settle(
        ref,
        isGrantRefused(error) ? { _tag: "refused", code: why.code, message: why.message, owner, version } : {
          _tag: "failed",
          answered: isAnswered(error),
          owner,
          pause: Math.max(settings.failFast, asked),
          useless,
          version,
          why
        }
      ),
      outcomeOf
    )
  }

  const outcomeOf = (answer: Core.Answer): Outcome | undefined =>
    answer._tag === "moved" || answer._tag === "failing" || answer._tag === "over" ? answer : undefined

  /** From the lease on. `undefined`: it went to another one. */
  const held = (
    ref: Ref,
    owner: string,
    wanted: Wanted,
    claimedAt: number
  ): Effect.Effect<Outcome | undefined, CredentialStoreError> =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      const readAt = monotonicMillis(clock)
      const stored = yield* inTime(store.get(ref))
      const { credential, version } = stored
      if (version !== wanted.version || credential._tag !== "OAuth2") {
        yield* release(ref, owner)
        return { _tag: "moved" } as const
      }
      const started = yield* take(ref, { _tag: "start", owner, version })
      if (started._tag !== "settled") return outcomeOf(started)
      // one that has slept since may find another one at it
      if (monotonicMillis(clock) >= claimedAt + settings.lease) return undefined
      const startedAt = DateTime.toEpochMillis(stored.readAt) + monotonicMillis(clock) - readAt
      const exit = yield* Effect.raceFirst(Effect.exit(exchanged(credential, ref)), renewals(ref, owner))
      if (Exit.isSuccess(exit)) return yield* save(ref, owner, next(credential, exit.value, startedAt), version)
      const failure = Cause.failureOption(exit.cause)
      return Option.isSome(failure)
        ? yield* lost(ref, owner, wanted, failure.value)
        : yield* Effect.failCause(Cause.stripFailures(exit.cause))
    })

  return {
    observe: (ref: Ref, stuck: boolean) => take(ref, { _tag: "observe", stuck }),
    refresh: (ref: Ref, wanted: Wanted): Effect.Effect<Outcome, CredentialStoreError> => {
      const attempt = (round: number): Effect.Effect<Outcome, CredentialStoreError> =>
        Effect.flatMap(Effect.clock, (clock) => {
          const owner = crypto.randomUUID()
          const claimedAt = monotonicMillis(clock)
          const { force, useless, version } = wanted
          return Effect.flatMap(
            Effect.onInterrupt(
              take(ref, { _tag: "claim", force, lease: settings.lease, owner, useless, version }),
              () => release(ref, owner)
            ),
            (answer): Effect.Effect<Outcome, CredentialStoreError> => {
              if (answer._tag === "held") {
                const pause = Math.max(1, Math.min(answer.left, firstPause * 2 ** Math.min(round, 10), longestPause))
                return Effect.zipRight(Effect.sleep(pause), attempt(round + 1))
              }
              if (answer._tag !== "granted") return Effect.succeed(outcomeOf(answer) ?? { _tag: "moved" })
              return held(ref, owner, wanted, claimedAt).pipe(
                // also the store's failures: what was not begun should not hold up the others
                Effect.onError(() => release(ref, owner)),
                Effect.flatMap((outcome) => outcome === undefined ? attempt(round + 1) : Effect.succeed(outcome))
              )
            }
          )
        })
      return attempt(0)
    }
  }
}
