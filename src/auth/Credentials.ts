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
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Call } from "../core/Call.js"
import { AuthenticationError } from "../core/IntegrationError.js"

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
  Layer.succeed(Credentials, { get: () => Effect.succeed(credential) })

/**
 * One credential for every call, read from `Config` when the layer is built; a missing variable is named in the error.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (config: Config.Config<Credential>): Layer.Layer<Credentials, ConfigError> =>
  Layer.effect(Credentials, Effect.map(config, (credential) => ({ get: () => Effect.succeed(credential) })))

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
