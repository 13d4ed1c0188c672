/**
 * Puts a credential on each attempt. It stands below every policy, so that a retry uses a token that was refreshed
 * meanwhile, and a dead letter never holds one.
 *
 * @since 0.1.0
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type { Call } from "../core/Call.js"
import { AuthenticationError } from "../core/IntegrationError.js"
import * as Transport from "../core/Transport.js"
import * as Credentials from "./Credentials.js"

/**
 * How a provider wants to be told who calls; `Integration.define({ auth })` takes one.
 *
 * @since 0.1.0
 * @category models
 */
export type Auth<R = Credentials.Credentials> = Effect.Effect<Transport.Authenticate, never, R>

/**
 * Where a request has its credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface Place {
  readonly in: "header" | "query"
  readonly name: string
}

// an Auth is an effect, and its type is for those that run it
const places = new WeakMap<object, Place>()

const at = (place: Place, auth: Auth): Auth => {
  places.set(auth, place)
  return auth
}

/**
 * Where an `apiKey`, or a `query`, puts the key; for who describes a provider. Nothing of an `Auth` of one's own.
 *
 * @since 0.1.0
 * @category accessors
 */
export const placeOf = (auth: Auth<any>): Place | undefined => places.get(auth)

const wrongKind = (call: Call, expected: string, credential: Credentials.Credential) =>
  Effect.fail(
    new AuthenticationError({
      ...call.errorFields,
      message: `${call.operation.integration} wants a ${expected} credential, and Credentials gave a ${credential._tag}`
    })
  )

const fromCredential = (
  expected: string,
  apply: (
    request: HttpClientRequest.HttpClientRequest,
    credential: Credentials.Credential
  ) => HttpClientRequest.HttpClientRequest | undefined
): Auth =>
  Effect.map(Credentials.Credentials, ({ afterRefusal, get }): Transport.Authenticate => {
    const authenticate = (request: HttpClientRequest.HttpClientRequest, call: Call) => {
      const withIt = (credential: Credentials.Credential) => {
        Credentials.protect(credential)
        const authenticated = apply(request, credential)
        return authenticated === undefined
          ? wrongKind(call, expected, credential)
          : Effect.succeed(authenticated)
      }
      const credential = get(call)
      // a credential that is at hand costs no step
      return isExit(credential) && Exit.isSuccess(credential)
        ? withIt(credential.value)
        : Effect.flatMap(credential, withIt)
    }
    if (afterRefusal === undefined) return authenticate
    const again: Transport.Authenticate["again"] = (request, refused, call) => {
      const isRefused = (credential: Credentials.Credential) => {
        const same = apply(request, credential)
        return same !== undefined && isSame(same, refused)
      }
      return Effect.map(
        afterRefusal(call, isRefused),
        Option.flatMap((credential) => {
          Credentials.protect(credential)
          return Option.fromNullable(apply(request, credential))
        })
      )
    }
    return Object.assign(authenticate, { again })
  })

/** A credential is in the one or the other. */
const isSame = (a: HttpClientRequest.HttpClientRequest, b: HttpClientRequest.HttpClientRequest): boolean =>
  JSON.stringify([a.headers, a.urlParams]) === JSON.stringify([b.headers, b.urlParams])

const isExit = <A, E>(self: Effect.Effect<A, E>): self is Exit.Exit<A, E> => Exit.isExit(self)

const withToken = (request: HttpClientRequest.HttpClientRequest, credential: Credentials.Credential) =>
  credential._tag === "Bearer"
    ? HttpClientRequest.bearerToken(request, credential.token)
    : credential._tag === "OAuth2"
    ? HttpClientRequest.bearerToken(request, credential.accessToken)
    : undefined

const withPassword = (request: HttpClientRequest.HttpClientRequest, credential: Credentials.Credential) =>
  credential._tag === "Basic"
    ? HttpClientRequest.basicAuth(request, credential.username, credential.password)
    : undefined

const withKey = (
  request: HttpClientRequest.HttpClientRequest,
  header: string,
  credential: Credentials.Credential
) =>
  credential._tag === "ApiKey"
    ? HttpClientRequest.setHeader(request, header, Redacted.value(credential.key))
    : undefined

/**
 * `Authorization: Bearer <token>`, of a bearer or an OAuth2 credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bearer: Auth = fromCredential("Bearer", withToken)

/**
 * `Authorization: Basic <username:password>`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const basic: Auth = fromCredential("Basic", withPassword)

/**
 * `Authorization: Basic …` or `Authorization: Bearer …`, for a provider that takes either: whichever the credential is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const basicOrBearer: Auth = fromCredential(
  "Basic, Bearer or OAuth2",
  (request, credential) => withPassword(request, credential) ?? withToken(request, credential)
)

/**
 * An API key in a header of the provider's own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const apiKey = (header: string): Auth =>
  at(
    { in: "header", name: header },
    fromCredential("ApiKey", (request, credential) => withKey(request, header, credential))
  )

/**
 * An API key in a header of the provider's own, or a token as `bearer` has it, for a provider that takes either: whichever
 * the credential is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const apiKeyOrBearer = (header: string): Auth =>
  at(
    { in: "header", name: header },
    fromCredential(
      "ApiKey, Bearer or OAuth2",
      (request, credential) => withKey(request, header, credential) ?? withToken(request, credential)
    )
  )

/**
 * An API key in a parameter of the query. A dead letter is stored without it, and its replay is given it anew.
 *
 * @since 0.1.0
 * @category constructors
 */
export const query = (name: string): Auth =>
  at(
    { in: "query", name },
    fromCredential("ApiKey", (request, credential) =>
      credential._tag === "ApiKey"
        ? HttpClientRequest.setUrlParam(request, name, Redacted.value(credential.key))
        : undefined)
  )

/**
 * The headers of a `Headers` credential, for a provider that wants several.
 *
 * @since 0.1.0
 * @category constructors
 */
export const headers: Auth = fromCredential(
  "Headers",
  (request, credential) =>
    credential._tag === "Headers"
      ? HttpClientRequest.setHeaders(request, Record.map(credential.headers, Redacted.value))
      : undefined
)

/**
 * For an API that needs no credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Auth<never> = Effect.succeed(Transport.noAuthentication)

/**
 * Sends the call's correlation id in a header, for a system of one's own that writes it into its log: whoever looks for a
 * call finds it on both sides. It is that of the `IntegrationContext`, or one that is made for the call, and the same on
 * every attempt and on every replay.
 *
 * @example
 * ```ts
 * import { Auth } from "holdfast"
 *
 * const auth = Auth.apiKey("x-api-key").pipe(Auth.withCorrelationId("x-correlation-id"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withCorrelationId: {
  (header: string): <R>(self: Auth<R>) => Auth<R>
  <R>(self: Auth<R>, header: string): Auth<R>
} = dual(2, <R>(self: Auth<R>, header: string): Auth<R> => {
  const auth = Effect.map(self, (authenticate): Transport.Authenticate => {
    const named = (request: HttpClientRequest.HttpClientRequest, call: Call) =>
      HttpClientRequest.setHeader(request, header, call.correlationId)
    const correlated = (request: HttpClientRequest.HttpClientRequest, call: Call) =>
      authenticate(named(request, call), call)
    const { again } = authenticate
    return again === undefined ? correlated : Object.assign(correlated, {
      again: ((request, refused, call) => again(named(request, call), refused, call)) satisfies typeof again
    })
  })
  const place = places.get(self)
  if (place !== undefined) places.set(auth, place)
  return auth
})

/**
 * Leaves the credential off calls of these operations, for a provider some of whose operations want none. They are not told
 * of a credential, and none is asked for.
 *
 * @example
 * ```ts
 * import { Auth } from "holdfast"
 *
 * const auth = Auth.bearer.pipe(Auth.except("events.record", "health.get"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const except = (...operations: ReadonlyArray<string>) => <R>(self: Auth<R>): Auth<R> => {
  const bare = new Set(operations)
  const auth = Effect.map(self, (authenticate): Transport.Authenticate => {
    const some = (request: HttpClientRequest.HttpClientRequest, call: Call) =>
      bare.has(call.operation.name) ? Effect.succeed(request) : authenticate(request, call)
    const { again } = authenticate
    return again === undefined ? some : Object.assign(some, {
      again: ((request, refused, call) =>
        bare.has(call.operation.name) ? Effect.succeedNone : again(request, refused, call)) satisfies typeof again
    })
  })
  const place = places.get(self)
  if (place !== undefined) places.set(auth, place)
  return auth
}
