/**
 * Who we are to a provider. Resolved for each attempt, so that one service serves many tenants and a credential that is
 * rotated takes effect at once.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Call } from "../core/Call.js"
import { AuthenticationError } from "../core/IntegrationError.js"
import * as KnownSecrets from "../internal/knownSecrets.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Credential = Data.TaggedEnum<{
  /** `Authorization: Bearer …` */
  Bearer: { readonly token: Redacted.Redacted }
  /** `Authorization: Basic …` */
  Basic: { readonly username: string; readonly password: Redacted.Redacted }
  /** A key in a header of the provider's own. */
  ApiKey: { readonly key: Redacted.Redacted }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const { $match: match, ApiKey, Basic, Bearer } = Data.taggedEnum<Credential>()

/**
 * Finds the credential of a call, by its integration and the connection in its context.
 *
 * @since 0.1.0
 * @category tags
 */
export class Credentials extends Context.Tag("holdfast/Credentials")<Credentials, {
  readonly get: (call: Call) => Effect.Effect<Credential, AuthenticationError>
}>() {}

const secretsOf = match({
  ApiKey: ({ key }) => [Redacted.value(key)],
  Basic: ({ password, username }) => [
    Redacted.value(password),
    Encoding.encodeBase64(`${username}:${Redacted.value(password)}`)
  ],
  Bearer: ({ token }) => [Redacted.value(token)]
})

/**
 * Takes care that a credential is written down nowhere: what providers and programs repeat of it, in an error or in a
 * request, is `REDACTED` before it is stored, logged or put in a span. The methods of `Auth` and the layers of this module
 * do this by themselves; it is for an `auth` or a `Credentials` of one's own. Secrets of less than 6 characters are not
 * looked for.
 *
 * @since 0.1.0
 * @category redaction
 */
export const protect = (credential: Credential): void => KnownSecrets.remember(credential, () => secretsOf(credential))

const always = (credential: Credential): Credentials["Type"] => {
  protect(credential)
  return { get: () => Effect.succeed(credential) }
}

/**
 * One credential for every call.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Credentials } from "holdfast"
 *
 * const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("pat-fake") }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (credential: Credential): Layer.Layer<Credentials> =>
  Layer.sync(Credentials, () => always(credential))

/**
 * One credential for every call, read from `Config` when the layer is built; a missing variable is named in the error.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (config: Config.Config<Credential>): Layer.Layer<Credentials, ConfigError> =>
  Layer.effect(Credentials, Effect.map(config, always))

/**
 * A bearer token from an environment variable.
 *
 * @since 0.1.0
 * @category config
 */
export const bearerConfig = (variable: string): Config.Config<Credential> =>
  Config.map(Config.redacted(Config.nonEmptyString(variable)), (token) => Bearer({ token }))

/**
 * A credential for each connection, by `IntegrationContext.connectionId`. A call for a connection that is not in the
 * record fails with an AuthenticationError that names it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConnections = (connections: Readonly<Record<string, Credential>>): Layer.Layer<Credentials> =>
  Layer.succeed(Credentials, {
    get: (call) => {
      const connectionId = call.context.connectionId
      const credential = connectionId === undefined ? undefined : connections[connectionId]
      if (credential !== undefined) protect(credential)
      return credential !== undefined ? Effect.succeed(credential) : Effect.fail(
        new AuthenticationError({
          ...call.errorFields,
          message: connectionId === undefined
            ? "no connection is chosen: wrap the call in IntegrationContext.provide({ connectionId })"
            : `there is no credential for the connection "${connectionId}"`
        })
      )
    }
  })
