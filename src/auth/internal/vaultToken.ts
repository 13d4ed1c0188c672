/** The token by which Vault is asked: got by a login, renewed ahead of its end, and got anew where it is refused. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Background from "../../internal/background.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { monotonicMillis } from "../../internal/time.js"
import type { SecretsError } from "../Secrets.js"
import type { Answer, Request, Vault } from "./vaultHttp.js"

/** By which a token is got. */
export type Login =
  | { readonly _tag: "AppRole"; readonly mount: string; readonly roleId: string; readonly secretId: Redacted.Redacted }
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted }

/** A token with its end; times are monotonic milliseconds. */
interface Lease {
  readonly token: Redacted.Redacted
  readonly renewable: boolean
  /** As it was granted. Vault gives less and less as the token comes to the most that it may live. */
  readonly granted: number
  readonly endsAt: number
  /** When something is to be done about its end. */
  readonly dueAt: number
}

const Granted = Schema.Struct({
  client_token: Schema.NonEmptyString,
  lease_duration: Schema.NonNegative,
  renewable: Schema.Boolean
})
const decodeGranted = Schema.decodeUnknownOption(Granted)
const decodeLookup = Schema.decodeUnknownOption(Schema.Struct({ renewable: Schema.Boolean, ttl: Schema.NonNegative }))

/** Of a lease. What is left is for the tries that fail. */
const dueAfter = 2 / 3

/** Milliseconds between two tries to renew, at least. */
const shortestPause = 1000

/** Milliseconds for which nobody logs in again for a path that was denied to a token of that moment. */
const deniedPause = 60_000
const mostDenied = 1000

const protect = (token: Redacted.Redacted): Redacted.Redacted => {
  KnownSecrets.remember(token, () => [Redacted.value(token)])
  return token
}

export interface Tokens {
  /** Asks with a token; where it is denied with a 403, with a new one once more. */
  readonly ask: (request: Request) => Effect.Effect<Answer, SecretsError>
}

export const make = (vault: Vault, login: Login) =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const now = () => monotonicMillis(clock)
    let current: Lease | undefined
    let acquiring: Deferred.Deferred<Option.Option<Lease>, SecretsError> | undefined
    let changed = Deferred.unsafeMake<void>(FiberId.none)
    const denied = new Map<string, number>()
    /** Of a login that is refused in the background, which is tried again and again. */
    let isTold = false

    const adopt = (lease: Lease | undefined): void => {
      current = lease
      const told = changed
      changed = Deferred.unsafeMake<void>(FiberId.none)
      Deferred.unsafeDone(told, Exit.void)
    }

    /** `seconds` of zero: it has no end. */
    const leaseOf = (token: Redacted.Redacted, seconds: number, renewable: boolean, granted = 0): Lease => {
      const millis = seconds === 0 ? Infinity : seconds * 1000
      const at = now()
      return {
        dueAt: at + millis * dueAfter,
        endsAt: at + millis,
        granted: Math.max(granted, millis),
        renewable,
        token
      }
    }

    const logIn: Effect.Effect<Lease, SecretsError> = Effect.gen(function*() {
      if (login._tag === "Token") {
        const request: Request = {
          failing: "the token cannot be looked up",
          method: "GET",
          path: ["auth", "token", "lookup-self"],
          token: login.token
        }
        const answer = yield* vault.send(request)
        const found = answer.status === 200 ? decodeLookup(answer.body.data) : Option.none()
        if (Option.isSome(found)) return leaseOf(login.token, found.value.ttl, found.value.renewable)
        if (answer.status === 200) return yield* vault.malformed(request, answer)
        const refusal = vault.refusal(request, answer)
        // it may be that it must not look at itself: then it is used as it is, and nobody knows its end
        return refusal.reason === "denied" ? leaseOf(login.token, 0, false) : yield* refusal
      }
      const mount = `auth/${login.mount}`
      const request: Request = {
        body: { role_id: login.roleId, secret_id: Redacted.value(login.secretId) },
        failing: `the AppRole cannot log in at the mount "${mount}"`,
        method: "POST",
        path: [...mount.split("/"), "login"]
      }
      const answer = yield* vault.send(request)
      const { status } = answer
      if (status === 200) {
        const granted = decodeGranted(answer.body.auth)
        if (Option.isNone(granted)) return yield* vault.malformed(request, answer)
        const { client_token, lease_duration, renewable } = granted.value
        return leaseOf(protect(Redacted.make(client_token)), lease_duration, renewable)
      }
      const refusal = vault.refusal(request, answer)
      if (refusal.retryable || (status !== 400 && refusal.reason !== "denied")) return yield* refusal
      return yield* vault.error(
        "denied",
        `${request.failing}: ${vault.where} refuses it (HTTP ${status}). See that the role id is that of the role, ` +
          "that the role is of this mount, and that the secret id has not ended, been revoked or been used up; " +
          `\`vault write -f ${mount}/role/NAME/secret-id\` makes a new one`,
        answer
      )
    })

    /** One login for all who want a token. Where the one who logs in is interrupted, another one does it. */
    const logInOnce: Effect.Effect<Lease, SecretsError> = Effect.suspend(() => {
      if (acquiring !== undefined) {
        return Effect.flatMap(
          Deferred.await(acquiring),
          Option.match({ onNone: () => acquire, onSome: Effect.succeed })
        )
      }
      const own = Deferred.unsafeMake<Option.Option<Lease>, SecretsError>(FiberId.none)
      acquiring = own
      return Effect.onExit(logIn, (exit) => {
        acquiring = undefined
        if (Exit.isSuccess(exit)) {
          isTold = false
          adopt(exit.value)
        }
        return Deferred.done(
          own,
          Exit.isFailure(exit) && exit.cause._tag !== "Fail" ? Exit.succeed(Option.none()) : Exit.map(exit, Option.some)
        )
      })
    })

    const acquire: Effect.Effect<Lease, SecretsError> = Effect.suspend(() =>
      current !== undefined && now() < current.endsAt ? Effect.succeed(current) : logInOnce
    )

    /** Another one may have put a new one in its place already. */
    const giveUp = (lease: Lease): void => {
      if (current === lease) adopt(undefined)
    }

    const deny = (path: string): void => {
      denied.delete(path)
      denied.set(path, now() + deniedPause)
      for (const oldest of denied.keys()) {
        if (denied.size <= mostDenied) break
        denied.delete(oldest)
      }
    }

    const ask: Tokens["ask"] = (request) =>
      Effect.gen(function*() {
        const path = request.path.join("/")
        const lease = yield* acquire
        const first = yield* vault.send({ ...request, token: lease.token })
        // a token that has ended, and a path that it may not have, are the same to Vault
        if (first.status !== 403 || login._tag === "Token" || now() < (denied.get(path) ?? 0)) return first
        giveUp(lease)
        const next = yield* acquire
        const second = yield* vault.send({ ...request, token: next.token })
        if (second.status === 403) deny(path)
        else denied.delete(path)
        return second
      })

    /** `isLast`: there is no more to be had of this token. */
    const renew = (lease: Lease): Effect.Effect<{ readonly lease: Lease; readonly isLast: boolean }, SecretsError> =>
      Effect.gen(function*() {
        if (!lease.renewable) return { isLast: true, lease }
        const request: Request = {
          body: {},
          failing: "the token cannot be renewed",
          method: "POST",
          path: ["auth", "token", "renew-self"],
          token: lease.token
        }
        const answer = yield* vault.send(request)
        if (answer.status !== 200) {
          const refusal = vault.refusal(request, answer)
          return refusal.retryable ? yield* refusal : { isLast: true, lease }
        }
        const granted = decodeGranted(answer.body.auth)
        if (Option.isNone(granted)) return yield* vault.malformed(request, answer)
        const { lease_duration, renewable } = granted.value
        const renewed = leaseOf(lease.token, lease_duration, renewable, lease.granted)
        // of what Vault cuts short, each renewal gives less than the one before
        return { isLast: renewed.endsAt - now() < renewed.granted / 2, lease: renewed }
      })

    /** A fixed token that ends says so once; by an AppRole there is a new one while the old one serves. */
    const replace = (lease: Lease): Effect.Effect<void, SecretsError> => {
      if (login._tag === "AppRole") return Effect.asVoid(logInOnce)
      adopt({ ...lease, dueAt: Infinity })
      const left = Duration.format(Duration.seconds(Math.max(0, Math.round((lease.endsAt - now()) / 1000))))
      return Effect.logWarning(
        `the token for ${vault.where} ends in ${left} and cannot be renewed: give a new one, or let the program log in ` +
          "by an AppRole"
      )
    }

    /** It is tried again while the token lasts; after that, by whoever needs one. */
    const postpone = (lease: Lease, error: SecretsError): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (current === lease) {
          const pause = Math.max(shortestPause, (lease.endsAt - now()) / 4)
          adopt({ ...lease, dueAt: Math.min(now() + pause, lease.endsAt) })
        }
        const isNews = !error.retryable && !isTold
        isTold ||= isNews
        return isNews ? Effect.logWarning(error.message) : Effect.logDebug(error.message)
      })

    const keepUp = Effect.gen(function*() {
      for (;;) {
        const lease = current
        const wake = Deferred.await(changed)
        if (lease === undefined || lease.dueAt === Infinity) {
          yield* wake
          continue
        }
        yield* Effect.raceFirst(Background.sleep(lease.dueAt - now()), wake)
        if (current !== lease) continue
        if (now() >= lease.endsAt) {
          giveUp(lease)
          continue
        }
        yield* Effect.catchAll(
          Effect.flatMap(renew(lease), (renewed) => {
            if (current !== lease) return Effect.void
            return renewed.isLast ? replace(renewed.lease) : Effect.sync(() => adopt(renewed.lease))
          }),
          (error) => postpone(lease, error)
        )
      }
    })

    if (login._tag === "Token") protect(login.token)
    else KnownSecrets.remember(login.secretId, () => [Redacted.value(login.secretId)])
    yield* Effect.forkScoped(Effect.interruptible(keepUp))
    const tokens: Tokens = { ask }
    return tokens
  })
