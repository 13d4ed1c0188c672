/**
 * Who we are to a provider. Resolved for each attempt, so that one service serves many tenants and a credential that is
 * rotated takes effect at once.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type { Call } from "../core/Call.js"
import { AuthenticationError, type IntegrationError } from "../core/IntegrationError.js"
import * as CredentialStore from "./CredentialStore.js"
import * as Model from "./internal/credential.js"
import * as Cache from "./internal/credentialCache.js"
import * as Secrets from "./Secrets.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Credential = Model.Credential

/**
 * @since 0.1.0
 * @category constructors
 */
export const { ApiKey, Basic, Bearer, Headers, OAuth2, match } = Model

/**
 * Finds the credential of a call, by its integration and the connection in its context.
 *
 * @since 0.1.0
 * @category tags
 */
export class Credentials extends Context.Tag("holdfast/Credentials")<Credentials, {
  /** One that is at hand is best given as an `Exit`, which costs a call no step. */
  readonly get: (call: Call) => Effect.Effect<Credential, IntegrationError>
  /**
   * Which other one to try, once, after the provider has refused with a 401 what `get` gave (`isRefused` knows it).
   * Left out: none.
   */
  readonly afterRefusal?: (
    call: Call,
    isRefused: (credential: Credential) => boolean
  ) => Effect.Effect<Option.Option<Credential>, IntegrationError>
}>() {}

/**
 * Takes care that a credential is written down nowhere: what providers and programs repeat of it, in an error or in a
 * request, is `REDACTED` before it is stored, logged or put in a span. The methods of `Auth` and the layers of this
 * module do this by themselves; it is for an `auth` or a `Credentials` of one's own. Secrets of less than 6 characters
 * are not looked for.
 *
 * @since 0.1.0
 * @category redaction
 */
export const protect = (credential: Credential): void => Model.protect(credential)

const always = (credential: Credential): Credentials["Type"] => {
  protect(credential)
  return { get: () => Exit.succeed(credential) }
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

/** What is copied from somewhere brings a line break along, and is then refused far from here. */
const trimmedConfig = (variable: string): Config.Config<Redacted.Redacted> =>
  Config.validate(Config.redacted(Config.nonEmptyString(variable)), {
    message: "it has a space or a line break at its beginning or its end",
    validation: (secret) => Redacted.value(secret).trim() === Redacted.value(secret)
  })

const secretConfig = (variable: string): Config.Config<Redacted.Redacted> =>
  Config.validate(trimmedConfig(variable), {
    message: "it has a letter in it that no header can have: a line break, a control character, or none of Latin-1",
    validation: (secret) => /^[\t\x20-\x7e\x80-\xff]+$/.test(Redacted.value(secret))
  })

/**
 * One credential for every call, read from `Config` when the layer is built; a missing variable is named in the error.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (config: Effect.Effect<Credential, ConfigError>): Layer.Layer<Credentials, ConfigError> =>
  Layer.effect(Credentials, Effect.map(config, always))

/**
 * A bearer token from an environment variable.
 *
 * @since 0.1.0
 * @category config
 */
export const bearerConfig = (variable: string): Config.Config<Credential> =>
  Config.map(
    Config.validate(secretConfig(variable), {
      message: "it begins with the word Bearer: give the token alone",
      validation: (token) => !/^bearer /i.test(Redacted.value(token))
    }),
    (token) => Bearer({ token })
  )

/**
 * An API key from an environment variable.
 *
 * @since 0.1.0
 * @category config
 */
export const apiKeyConfig = (variable: string): Config.Config<Credential> =>
  Config.map(secretConfig(variable), (key) => ApiKey({ key }))

/**
 * User name and password from two environment variables.
 *
 * @since 0.1.0
 * @category config
 */
export const basicConfig = (variables: {
  readonly username: string
  readonly password: string
}): Config.Config<Credential> =>
  Config.map(
    Config.all({
      password: trimmedConfig(variables.password),
      username: Config.validate(Config.nonEmptyString(variables.username), {
        message: "it has a colon in it, which Basic cannot send",
        validation: (name) => !name.includes(":")
      })
    }),
    (fields) => Basic(fields)
  )

/**
 * Several headers, each from an environment variable: `{ "x-app-id": "SHOP_APP_ID", "x-app-key": "SHOP_APP_KEY" }`.
 *
 * @since 0.1.0
 * @category config
 */
export const headersConfig = (variables: Readonly<Record<string, string>>): Config.Config<Credential> =>
  Config.map(Config.all(Record.map(variables, secretConfig)), (headers) => Headers({ headers }))

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

/**
 * @since 0.1.0
 * @category models
 */
export interface StoreOptions {
  /**
   * For how long one that was read is used without a look at the store: what another process writes takes effect within
   * it. What this process writes does so at once. Default `30 seconds`.
   */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** For how much longer it is used while the store cannot be read. Default `1 hour`. */
  readonly staleFor?: Duration.DurationInput | undefined
  /** How many are at hand. Default 10,000. */
  readonly capacity?: number | undefined
  /** Whose credential a call takes. Default: its integration, and the `tenantId` and `connectionId` of its context. */
  readonly ref?: ((call: Call) => CredentialStore.Ref) | undefined
}

/**
 * From a `CredentialStore`, so that one that is written there takes effect without a restart.
 *
 * One that the provider refuses with a 401 is looked for again, and the call is sent once more with what was written
 * meanwhile, or with the former one while its grace lasts (`CredentialStore.rotate`). That one then serves for a
 * minute, before the new one is tried again. Nothing of this happens where the body of a request is a stream.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStore = (
  options: StoreOptions = {}
): Layer.Layer<Credentials, never, CredentialStore.CredentialStore> =>
  Layer.scoped(
    Credentials,
    Effect.flatMap(CredentialStore.CredentialStore, (store) =>
      Cache.make(store, {
        capacity: options.capacity ?? 10_000,
        refOf: options.ref ?? Cache.refOf,
        staleFor: Duration.decode(options.staleFor ?? "1 hour"),
        timeToLive: Duration.decode(options.timeToLive ?? "30 seconds")
      }))
  )

/**
 * Made of `Secrets` (the environment, Vault) for each call, whose tenant and connection say which ones.
 *
 * One that the provider refuses with a 401 is made anew of secrets that are read past what is at hand, and the call is sent
 * once more where it is another one then. A secret that cannot be had is an AuthenticationError, which is retryable where
 * the place of secrets is only away.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Credentials } from "holdfast"
 *
 * const credentials = Credentials.layerSecrets((secret, { integration, tenantId }) =>
 *   Effect.map(secret(`${tenantId}/${integration}#token`), (token) => Credentials.Bearer({ token }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSecrets = (
  make: (
    secret: (name: string) => Effect.Effect<Redacted.Redacted, Secrets.SecretsError>,
    ref: CredentialStore.Ref
  ) => Effect.Effect<Credential, Secrets.SecretsError>
): Layer.Layer<Credentials, never, Secrets.Secrets> =>
  Layer.effect(
    Credentials,
    Effect.map(Secrets.Secrets, (secrets): Credentials["Type"] => {
      const made = (call: Call, options: Secrets.GetOptions | undefined) =>
        Effect.mapBoth(make((name) => secrets.get(name, options), Cache.refOf(call)), {
          onFailure: ({ message, retryable }) => new AuthenticationError({ ...call.errorFields, message, retryable }),
          onSuccess: (credential) => {
            protect(credential)
            return credential
          }
        })
      return {
        afterRefusal: (call, isRefused) =>
          Effect.map(
            made(call, { fresh: true }),
            Option.liftPredicate((credential) => !isRefused(credential))
          ),
        get: (call) => made(call, undefined)
      }
    })
  )
