/**
 * Puts a credential on each attempt. It stands below every policy, so that a retry uses a token that was refreshed
 * meanwhile, and a dead letter never holds one.
 *
 * @since 0.1.0
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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
  Effect.map(
    Credentials.Credentials,
    (credentials) => (request, call) => {
      const authenticate = (credential: Credentials.Credential) => {
        Credentials.protect(credential)
        const authenticated = apply(request, credential)
        return authenticated === undefined
          ? wrongKind(call, expected, credential)
          : Effect.succeed(authenticated)
      }
      const credential = credentials.get(call)
      // a credential that is at hand costs no step
      return isExit(credential) && Exit.isSuccess(credential)
        ? authenticate(credential.value)
        : Effect.flatMap(credential, authenticate)
    }
  )

const isExit = <A, E>(self: Effect.Effect<A, E>): self is Exit.Exit<A, E> => Exit.isExit(self)

/**
 * `Authorization: Bearer <token>`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bearer: Auth = fromCredential(
  "Bearer",
  (request, credential) =>
    credential._tag === "Bearer" ? HttpClientRequest.bearerToken(request, credential.token) : undefined
)

/**
 * `Authorization: Basic <username:password>`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const basic: Auth = fromCredential(
  "Basic",
  (request, credential) =>
    credential._tag === "Basic"
      ? HttpClientRequest.basicAuth(request, credential.username, credential.password)
      : undefined
)

/**
 * An API key in a header of the provider's own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const apiKey = (header: string): Auth =>
  fromCredential("ApiKey", (request, credential) =>
    credential._tag === "ApiKey"
      ? HttpClientRequest.setHeader(request, header, Redacted.value(credential.key))
      : undefined)

/**
 * An API key in a parameter of the query. A dead letter is stored without it, and its replay is given it anew.
 *
 * @since 0.1.0
 * @category constructors
 */
export const query = (name: string): Auth =>
  fromCredential("ApiKey", (request, credential) =>
    credential._tag === "ApiKey"
      ? HttpClientRequest.setUrlParam(request, name, Redacted.value(credential.key))
      : undefined)

/**
 * For an API that needs no credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Auth<never> = Effect.succeed(Transport.noAuthentication)
