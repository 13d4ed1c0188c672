/** Credentials of a store, at hand: what was read is used for a while, and what is refused is looked at again. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Call } from "../../core/Call.js"
import { AuthenticationError } from "../../core/IntegrationError.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import * as Outage from "../../internal/outage.js"
import { monotonicMillis } from "../../internal/time.js"
import type { CredentialStoreError, Ref, Service, Stored } from "../StoredCredential.js"
import type { Credential } from "./credential.js"
import { Reads } from "./reads.js"

export interface Settings {
  readonly timeToLive: Duration.Duration
  readonly staleFor: Duration.Duration
  readonly capacity: number
  readonly refOf: (call: Call) => Ref
}

/** Milliseconds. A provider that refuses everybody does not make every call a read of the store. */
const lookPause = 1000

/** Milliseconds for which the former credential is used without trying the new one, which was refused. */
const trust = 60_000

/** One credential that was read; times are monotonic. */
class Entry {
  exit: Exit.Exit<Credential>
  freshUntil: number
  #currentRefusedUntil = 0
  #previousRefused = false
  readonly current: Credential
  readonly version: number
  readonly #previous: Credential | undefined
  readonly #graceUntil: number

  constructor(stored: Stored, readonly readAt: number, readonly timeToLive: number) {
    this.current = stored.credential
    this.version = stored.version
    const previous = Option.getOrUndefined(stored.previous)
    this.#previous = previous?.credential
    this.#graceUntil = previous === undefined ? 0 : readAt + Duration.toMillis(previous.left)
    this.exit = Exit.succeed(this.current)
    this.freshUntil = readAt + timeToLive
  }

  /** What was learned of the same version stays known. */
  learnFrom(before: Entry | undefined): this {
    if (before === undefined || before.version !== this.version) return this
    this.#currentRefusedUntil = before.#currentRefusedUntil
    this.#previousRefused = before.#previousRefused
    this.#choose(this.readAt)
    return this
  }

  #choose(now: number): void {
    const usesPrevious = this.#previous !== undefined && !this.#previousRefused && now < this.#graceUntil &&
      now < this.#currentRefusedUntil
    if (usesPrevious) {
      this.exit = Exit.succeed(this.#previous)
      this.freshUntil = Math.min(this.readAt + this.timeToLive, this.#graceUntil, this.#currentRefusedUntil)
    } else {
      this.exit = Exit.succeed(this.current)
    }
  }

  /** What to try in the place of one that was refused. */
  another(isRefused: (credential: Credential) => boolean, now: number): Option.Option<Credential> {
    const wasRefused = now < this.#currentRefusedUntil
    const isPrevious = this.#previous !== undefined && isRefused(this.#previous)
    if (isRefused(this.current)) {
      this.#currentRefusedUntil = now + trust
    } else {
      if (isPrevious) this.#previousRefused = true
      this.#choose(now)
      return wasRefused ? Option.none() : Option.some(this.current)
    }
    this.#choose(now)
    return this.#previous === undefined || this.#previousRefused || now >= this.#graceUntil
      ? Option.none()
      : Option.some(this.#previous)
  }
}

export const unresolved = (call: Call, { message, reason }: CredentialStoreError) =>
  new AuthenticationError({
    ...call.errorFields,
    message: KnownSecrets.scrub(message),
    retryable: reason === "storage"
  })

/** Whose credential a call takes where nobody says otherwise. */
export const refOf = ({ context, operation }: Call): Ref => ({
  connectionId: context.connectionId,
  integration: operation.integration,
  tenantId: context.tenantId
})

/** A name may have any letter in it. */
export const keyOf = ({ connectionId = "", integration, tenantId = "" }: Ref): string =>
  `${tenantId.length}:${tenantId}${connectionId.length}:${connectionId}${integration}`

export const make = (store: Service, settings: Settings) =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const outage = yield* Outage.join(store, "credentials")
    const timeToLive = Duration.toMillis(settings.timeToLive)
    const staleFor = Duration.toMillis(settings.staleFor)
    const reads = new Reads<Entry, CredentialStoreError>(settings.capacity)
    let isAway = false

    yield* store.subscribe((ref) => {
      const key = keyOf(ref)
      const entry = reads.kept(key)
      if (entry !== undefined) entry.freshUntil = 0
      reads.outdate(key)
    })

    const away = (
      key: string,
      error: CredentialStoreError,
      now: number
    ): Effect.Effect<Entry, CredentialStoreError> => {
      const entry = reads.kept(key)
      if (entry === undefined || now >= entry.readAt + timeToLive + staleFor) return Effect.fail(error)
      entry.freshUntil = now + lookPause
      isAway = true
      return Effect.as(
        outage.away(
          `${KnownSecrets.scrub(error.message)}; those that were read before are used for up to ${
            Duration.format(settings.staleFor)
          }`
        ),
        entry
      )
    }

    const look = (key: string, ref: Ref): Effect.Effect<Entry, CredentialStoreError> =>
      Effect.matchEffect(store.get(ref), {
        onFailure: (error) => {
          if (error.reason === "storage") return away(key, error, monotonicMillis(clock))
          reads.drop(key)
          return Effect.fail(error)
        },
        onSuccess: (stored) =>
          Effect.suspend(() => {
            const entry = new Entry(stored, monotonicMillis(clock), timeToLive).learnFrom(reads.kept(key))
            if (!isAway) return Effect.succeed(entry)
            isAway = false
            return Effect.as(outage.back("the store of credentials is back"), entry)
          })
      })

    const load = (key: string, ref: Ref) => reads.read(key, look(key, ref))

    return {
      afterRefusal: (call: Call, isRefused: (credential: Credential) => boolean) => {
        const ref = settings.refOf(call)
        const key = keyOf(ref)
        const entry = reads.kept(key)
        const now = monotonicMillis(clock)
        const looked = entry !== undefined && now < entry.readAt + lookPause && now < entry.freshUntil
          ? Effect.succeed(entry)
          : Effect.mapError(load(key, ref), (error) => unresolved(call, error))
        return Effect.map(looked, (entry) => entry.another(isRefused, monotonicMillis(clock)))
      },
      get: (call: Call): Effect.Effect<Credential, AuthenticationError> => {
        const ref = settings.refOf(call)
        const key = keyOf(ref)
        const entry = reads.kept(key)
        if (entry !== undefined && monotonicMillis(clock) < entry.freshUntil) return entry.exit
        return Effect.matchEffect(load(key, ref), {
          onFailure: (error) => Effect.fail(unresolved(call, error)),
          onSuccess: ({ exit }) => exit
        })
      }
    }
  })
