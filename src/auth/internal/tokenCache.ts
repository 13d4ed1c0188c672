/** Access tokens that a program gets by itself: at hand, fetched once for all who want them, and again ahead of their end. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Call } from "../../core/Call.js"
import { AuthenticationError } from "../../core/IntegrationError.js"
import * as Outage from "../../internal/outage.js"
import { monotonicMillis } from "../../internal/time.js"
import type { ExchangeError, Tokens } from "../OAuth2Tokens.js"
import { type Credential, OAuth2, protect } from "./credential.js"
import { Reads } from "./reads.js"

export interface Settings {
  readonly fetch: (call: Call) => Effect.Effect<Tokens, ExchangeError>
  readonly nameOf: (call: Call) => string
  /** How long before the end of a token the next one is fetched. */
  readonly ahead: (lifetime: Duration.Duration) => Duration.Duration
  readonly capacity: number
  /** Whose tokens they are, for messages. */
  readonly who: string
}

/** Milliseconds. A token that was refused at once is not fetched again for every call. */
const lookPause = 1000

/** Milliseconds in which the provider is not asked again after it has failed, if it asks for no longer. */
const pauses: { readonly [R in ExchangeError["reason"]]: number } = {
  inconclusive: 5000,
  terminal: 30_000,
  transient: 5000
}

/** No provider stops a program for longer, whatever it asks for. */
const mostPause = 300_000

const pauseOf = ({ reason, retryAfter }: ExchangeError): number =>
  Math.min(Math.max(pauses[reason], retryAfter === undefined ? 0 : Duration.toMillis(retryAfter)), mostPause)

/** Times are monotonic. */
interface Held {
  readonly _tag: "Held"
  readonly exit: Exit.Exit<Credential>
  readonly credential: Credential
  readonly heldSince: number
  readonly endsAt: number
  /** From then on the next one is fetched, while this one serves. */
  renewAt: number
  isRefused: boolean
}

interface Failed {
  readonly _tag: "Failed"
  readonly error: ExchangeError
  readonly until: number
}

type Entry = Held | Failed

const unresolved = (call: Call, { code, message, reason, retryAfter }: ExchangeError) =>
  new AuthenticationError({
    ...call.errorFields,
    ...(code === undefined ? undefined : { code }),
    message,
    ...(retryAfter === undefined ? undefined : { retryAfter }),
    retryable: reason === "transient"
  })

export const make = (settings: Settings) =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const scope = yield* Effect.scope
    const reads = new Reads<Entry, never>(settings.capacity)
    const outage = yield* Outage.join(reads, "tokens")
    let isAway = false

    const hold = ({ accessToken, expiresIn, scope }: Tokens, askedAt: number): Held => {
      const credential = OAuth2({ accessToken, scopes: scope?.split(" ") ?? [] })
      protect(credential)
      const lifetime = expiresIn === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(expiresIn)
      // what is said of its life counts from when it was made, which was after it was asked for
      const endsAt = askedAt + lifetime
      const ahead = Number.isFinite(lifetime) ? Duration.toMillis(settings.ahead(Duration.millis(lifetime))) : 0
      return {
        _tag: "Held",
        credential,
        endsAt,
        exit: Exit.succeed(credential),
        heldSince: monotonicMillis(clock),
        isRefused: false,
        // a token that lives for less than that would be fetched again and again
        renewAt: endsAt - Math.min(ahead, lifetime / 2)
      }
    }

    const failed = (name: string, error: ExchangeError): Effect.Effect<Entry> => {
      const now = monotonicMillis(clock)
      const before = reads.kept(name)
      if (before?._tag !== "Held" || before.isRefused || now >= before.endsAt) {
        return Effect.succeed({ _tag: "Failed", error, until: now + pauseOf(error) })
      }
      isAway = true
      return Effect.as(
        outage.away(`${error.message}; the token of ${settings.who} that is at hand is used until it ends`),
        { ...before, renewAt: Math.min(now + pauseOf(error), before.endsAt) }
      )
    }

    const load = (name: string, call: Call): Effect.Effect<Entry> =>
      reads.read(
        name,
        Effect.suspend(() => {
          const askedAt = monotonicMillis(clock)
          return Effect.matchEffect(settings.fetch(call), {
            onFailure: (error) => failed(name, error),
            onSuccess: (tokens) => {
              const entry: Entry = hold(tokens, askedAt)
              if (!isAway) return Effect.succeed(entry)
              isAway = false
              return Effect.as(outage.back(`${settings.who} has its tokens again`), entry)
            }
          })
        })
      )

    const resultOf = (call: Call, entry: Entry): Effect.Effect<Credential, AuthenticationError> =>
      entry._tag === "Held" ? entry.exit : Effect.fail(unresolved(call, entry.error))

    const fresh = (name: string, call: Call) => Effect.flatMap(load(name, call), (entry) => resultOf(call, entry))

    return {
      afterRefusal: (
        call: Call,
        isRefused: (credential: Credential) => boolean
      ): Effect.Effect<Option.Option<Credential>, AuthenticationError> =>
        Effect.suspend(() => {
          const name = settings.nameOf(call)
          const entry = reads.kept(name)
          if (entry?._tag === "Held") {
            // somebody else was refused before, and has fetched another one
            if (!isRefused(entry.credential)) return Effect.succeed(Option.some(entry.credential))
            if (monotonicMillis(clock) < entry.heldSince + lookPause) return Effect.succeed(Option.none())
            entry.isRefused = true
          }
          return Effect.map(
            fresh(name, call),
            (credential) => isRefused(credential) ? Option.none() : Option.some(credential)
          )
        }),
      get: (call: Call): Effect.Effect<Credential, AuthenticationError> => {
        const name = settings.nameOf(call)
        const entry = reads.kept(name)
        const now = monotonicMillis(clock)
        if (entry === undefined) return fresh(name, call)
        if (entry._tag === "Failed") return now < entry.until ? resultOf(call, entry) : fresh(name, call)
        if (entry.isRefused || now >= entry.endsAt) return fresh(name, call)
        if (now < entry.renewAt) return entry.exit
        // one fiber, and not one a call
        entry.renewAt = entry.endsAt
        return Effect.zipRight(Effect.forkIn(load(name, call), scope), entry.exit)
      }
    }
  })
