/** Access tokens at hand: each refreshed once for all who want it, ahead of its end, and when it is refused. */
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type { Call } from "../../core/Call.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import * as Meters from "../../internal/meters.js"
import * as Outage from "../../internal/outage.js"
import { monotonicMillis } from "../../internal/time.js"
import type { CredentialStoreError, Ref, Service, Stored } from "../StoredCredential.js"
import type { Credential } from "./credential.js"
import * as Cache from "./credentialCache.js"
import { Reads } from "./reads.js"
import * as Entries from "./tokenEntry.js"
import * as Exchange from "./tokenExchange.js"
import * as Failure from "./tokenFailure.js"
import type * as Core from "./tokenRefreshCore.js"

type TokenRefreshError = Failure.TokenRefreshError
type Entry = Entries.Entry<Core.Why>

export interface Settings
  extends Omit<Exchange.Settings, "leave">, Omit<Cache.Settings, "timeToLive">, Entries.Settings
{
  /** Milliseconds in which one that was got is not given up for a refusal. */
  readonly refusalPause: number
}

/** Milliseconds. */
const lookPause = 1000
/** Beside the exchange that is under way, for what a closing program waits for. */
const closingPause = 5000
/** In which a credential that is written over and over is looked at again. */
const mostRounds = 20

/** Whoever reads first tells that somebody has connected it again. */
const isUnseen = ({ refresh, version }: Stored): boolean =>
  Option.exists(refresh, ({ status }) => status.version !== version && status.state !== "connected")

export const make = (store: Service, settings: Settings) =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const now = () => monotonicMillis(clock)
    const runtime = yield* Effect.runtime()
    const outage = yield* Outage.join(store, "access tokens")
    const staleFor = Duration.toMillis(settings.staleFor)
    const reads = new Reads<Entry, CredentialStoreError>(settings.capacity)
    const flights = new Map<string, Deferred.Deferred<Entry, TokenRefreshError>>()
    const fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
    const meters = new Map<string, (outcome: string) => Meters.Meter>()
    let isClosed = false
    let isAway = false

    /** In the name of nobody who is waiting: neither his interruption nor his transaction is its own. */
    const launch = (effect: Effect.Effect<void>): void => {
      const fiber = Runtime.runFork(runtime)(Effect.interruptible(effect))
      fibers.add(fiber)
      fiber.addObserver(() => fibers.delete(fiber))
    }

    // an exchange that is begun may be the end of a refresh token: its answer is waited for
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isClosed = true
        return Effect.forEach(fibers, (fiber) => fiber.await, { concurrency: "unbounded", discard: true })
      }).pipe(
        Effect.interruptible,
        Effect.timeout(settings.exchangeTimeout + closingPause),
        Effect.ignore,
        Effect.zipRight(Effect.suspend(() => Fiber.interruptAll(fibers)))
      )
    )

    const exchange = Exchange.make(store, {
      ...settings,
      leave: (effect) => Effect.sync(() => launch(effect))
    })

    yield* store.subscribe((ref) => {
      const key = Cache.keyOf(ref)
      reads.kept(key)?.outdate()
      reads.outdate(key)
    })

    const count = (ref: Ref, outcome: string): void => {
      let meter = meters.get(ref.integration)
      if (meter === undefined) {
        meter = Meters.counters(
          "integration_token_refreshes_total",
          "Refreshes of access tokens, by what came of them",
          { integration: ref.integration },
          "outcome"
        )
        meters.set(ref.integration, meter)
      }
      meter(outcome).update(1)
    }

    /** What was read before is used while the store is away. */
    const away = (key: string, error: CredentialStoreError): Effect.Effect<Entry, CredentialStoreError> => {
      const entry = reads.kept(key)
      if (entry === undefined || now() >= entry.readAt + settings.timeToLive + staleFor) return Effect.fail(error)
      entry.keepFor(now() + lookPause)
      isAway = true
      return Effect.as(
        outage.away(
          `${KnownSecrets.scrub(error.message)}; access tokens that were read before are used until they end`
        ),
        entry
      )
    }

    const look = (key: string, ref: Ref): Effect.Effect<Entry, CredentialStoreError> =>
      Effect.suspend(() => {
        const readAt = now()
        return Effect.matchEffect(store.get(ref), {
          onFailure: (error) => {
            if (error.reason === "storage") return away(key, error)
            reads.drop(key)
            return Effect.fail(error)
          },
          onSuccess: (stored) => {
            const kept = reads.kept(key)
            if (kept?.successorOf === stored.version && readAt < kept.servesUntil) {
              kept.keepFor(readAt + settings.timeToLive)
              return Effect.succeed(kept)
            }
            const entry: Entry = new Entries.Entry<Core.Why>(stored, readAt, settings).learnFrom(kept)
            const seen = isUnseen(stored) ? Effect.ignore(exchange.observe(ref, false)) : Effect.void
            if (!isAway) return Effect.as(seen, entry)
            isAway = false
            return Effect.as(Effect.zipRight(seen, outage.back("the store of credentials is back")), entry)
          }
        })
      })

    const load = (key: string, ref: Ref): Effect.Effect<Entry, TokenRefreshError> =>
      Effect.mapError(reads.read(key, look(key, ref)), Failure.ofStore)

    /** What was read before now is of no use. */
    const loadAnew = (key: string, ref: Ref): Effect.Effect<Entry, TokenRefreshError> =>
      Effect.suspend(() => {
        reads.outdate(key)
        return load(key, ref)
      })

    const fails = (key: string, ref: Ref, version: number, why: Core.Why, left: number) =>
      Effect.suspend(() => {
        const entry = reads.kept(key)
        if (entry?.version === version) entry.failed(why, now() + left, now())
        return Effect.fail(
          Failure.ofWhy(ref, why, why.reason === "revoked" || why.reason === "rotation-lost" ? undefined : left)
        )
      })

    const stuck = (ref: Ref): Effect.Effect<never, TokenRefreshError> =>
      Effect.zipRight(
        Effect.ignore(exchange.observe(ref, true)),
        Effect.fail(Failure.ofWhy(ref, noRefreshToken, undefined))
      )

    const refreshing = (
      key: string,
      ref: Ref,
      before: Entry,
      wanted: Pick<Exchange.Wanted, "force" | "useless">,
      round = 0
    ): Effect.Effect<Entry, TokenRefreshError> =>
      exchange.refresh(ref, { ...wanted, version: before.version }).pipe(
        Effect.mapError(Failure.ofStore),
        Effect.tapBoth({
          onFailure: () => Effect.sync(() => count(ref, "storage")),
          onSuccess: (outcome) => Effect.sync(() => count(ref, labelOf(outcome)))
        }),
        Effect.flatMap((outcome): Effect.Effect<Entry, TokenRefreshError> => {
          switch (outcome._tag) {
            case "failing":
              return fails(key, ref, before.version, outcome.why, outcome.left)
            case "over":
              return fails(key, ref, before.version, outcome.why, settings.failFast)
            case "unsaved":
              return Effect.sync(() => {
                const entry: Entry = new Entries.Entry<Core.Why>(
                  unsaved(before, outcome.credential, now()),
                  now(),
                  settings,
                  before.version
                )
                reads.keep(key, entry)
                return entry
              })
            case "refreshed":
            case "moved":
              return Effect.flatMap(loadAnew(key, ref), (entry) => {
                if (entry.oauth === undefined || entry.version !== before.version && now() < entry.servesUntil) {
                  return Effect.succeed(entry)
                }
                if (!entry.canRefresh) return stuck(ref)
                return round < mostRounds
                  ? Effect.delay(
                    refreshing(key, ref, entry, { force: false, useless: false }, round + 1),
                    entry.version === before.version ? lookPause : 0
                  )
                  : Effect.fail(Failure.ofWhy(ref, written, undefined))
              })
          }
        })
      )

    const flight = (
      key: string,
      ref: Ref,
      entry: Entry,
      wanted: Pick<Exchange.Wanted, "force" | "useless">
    ): Deferred.Deferred<Entry, TokenRefreshError> => {
      const running = flights.get(key)
      if (running !== undefined) return running
      const own = Deferred.unsafeMake<Entry, TokenRefreshError>(FiberId.none)
      flights.set(key, own)
      launch(
        (isClosed ? Effect.interrupt : refreshing(key, ref, entry, wanted)).pipe(
          Effect.onExit((exit) => {
            flights.delete(key)
            return Deferred.done(
              own,
              Exit.isFailure(exit) && Cause.isInterrupted(exit.cause)
                ? Exit.fail(Failure.ofWhy(ref, closing, undefined))
                : exit
            )
          }),
          // it is told to those who wait for it
          Effect.catchAllCause(() => Effect.void)
        )
      )
      return own
    }

    const refreshed = (key: string, ref: Ref, entry: Entry, wanted: Pick<Exchange.Wanted, "force" | "useless">) =>
      Effect.suspend(() => Deferred.await(flight(key, ref, entry, wanted)))

    const serve = (key: string, ref: Ref) => (entry: Entry): Effect.Effect<Entry, TokenRefreshError> => {
      const time = now()
      if (entry.oauth === undefined) return Effect.succeed(entry)
      if (time < entry.servesUntil) {
        if (!entry.isDue(time) || flights.has(key) || isClosed) return Effect.succeed(entry)
        return Effect.sync(() => {
          // nobody waits for it
          void flight(key, ref, entry, { force: false, useless: false })
          return entry
        })
      }
      if (!entry.canRefresh) return stuck(ref)
      const failure = entry.failure(time)
      return failure?.hasEnded === true
        ? Effect.fail(Failure.ofWhy(ref, failure.error, failure.until - time))
        : refreshed(key, ref, entry, { force: false, useless: true })
    }

    const entryOf = (key: string, ref: Ref): Effect.Effect<Entry, TokenRefreshError> =>
      Effect.suspend(() => {
        const entry = reads.kept(key)
        return entry !== undefined && now() < entry.readUntil
          ? serve(key, ref)(entry)
          : Effect.flatMap(load(key, ref), serve(key, ref))
      })

    /** Another one than that which the provider has refused. */
    const another = (
      key: string,
      ref: Ref,
      isRefused: (credential: Credential) => boolean
    ): Effect.Effect<Option.Option<Entry>, TokenRefreshError> =>
      Effect.gen(function*() {
        const kept = reads.kept(key)
        const entry = kept !== undefined && now() < kept.readAt + lookPause && now() < kept.readUntil
          ? kept
          : yield* load(key, ref)
        if (entry.oauth === undefined || !isRefused(entry.credential)) return Option.some(entry)
        if (!entry.canRefresh || entry.failure(now()) !== undefined) return Option.none()
        // one that is refused as soon as it is there is not refused for its age
        if (entry.age + now() - entry.readAt < settings.refusalPause) return Option.none()
        return Option.some(yield* refreshed(key, ref, entry, { force: false, useless: true }))
      })

    const others = yield* Cache.make(store, { ...settings, timeToLive: Duration.millis(settings.timeToLive) })

    return {
      credentials: {
        afterRefusal: (call: Call, isRefused: (credential: Credential) => boolean) => {
          const ref = settings.refOf(call)
          return another(Cache.keyOf(ref), ref, isRefused).pipe(
            Effect.mapError((error) => Failure.toIntegrationError(call, error)),
            Effect.flatMap(Option.match({
              onNone: () => Effect.succeed(Option.none<Credential>()),
              onSome: ({ credential, oauth }) =>
                oauth === undefined ? others.afterRefusal(call, isRefused) : Effect.succeed(Option.some(credential))
            }))
          )
        },
        get: (call: Call) => {
          const ref = settings.refOf(call)
          const key = Cache.keyOf(ref)
          const kept = reads.kept(key)
          if (kept !== undefined && now() < kept.freshUntil) {
            return kept.oauth === undefined ? others.get(call) : kept.exit
          }
          return Effect.matchEffect(entryOf(key, ref), {
            onFailure: (error) => Effect.fail(Failure.toIntegrationError(call, error)),
            onSuccess: ({ exit, oauth }) => oauth === undefined ? others.get(call) : exit
          })
        }
      },
      /** Whatever is known of it. */
      refresh: (ref: Ref): Effect.Effect<void, TokenRefreshError> => {
        const key = Cache.keyOf(ref)
        return Effect.flatMap(loadAnew(key, ref), (entry) =>
          entry.oauth === undefined || entry.successorOf !== undefined
            ? Effect.void
            : entry.canRefresh
            ? Effect.asVoid(refreshed(key, ref, entry, { force: true, useless: false }))
            : Effect.fail(Failure.ofWhy(ref, noRefreshToken, undefined)))
      },
      token: (ref: Ref) => Effect.suspend(() => entryOf(Cache.keyOf(ref), ref))
    }
  })

const noRefreshToken: Core.Why = { message: "there is no refresh token", reason: "no-refresh-token" }
const closing: Core.Why = { message: "the program is closing", reason: "unreachable" }
const written: Core.Why = { message: "the credential is written over and over", reason: "inconclusive" }

const labelOf = (outcome: Exchange.Outcome): string =>
  outcome._tag === "failing" || outcome._tag === "over" ? outcome.why.reason : outcome._tag

/** As it would be in the store; of no version that is there, so that it is looked for when it is to be refreshed. */
const unsaved = ({ readAt, stored }: Entry, credential: Exchange.OAuth2, now: number): Stored => {
  const time = DateTime.unsafeMake(DateTime.toEpochMillis(stored.readAt) + now - readAt)
  return {
    ...stored,
    credential,
    expiresAt: Option.fromNullable(credential.expiresAt),
    readAt: time,
    updatedAt: time,
    version: -1
  }
}
