/**
 * Secrets by name, from wherever they are kept: the environment (`layerConfig`), a record (`layerRecord`), or HashiCorp
 * Vault (`auth/Secrets/Vault`).
 *
 * A secret is `Redacted`, and what a provider or a program repeats of it is `REDACTED` before it is stored, logged or
 * put in a span. Secrets of less than 6 characters are not looked for.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as KnownSecrets from "../internal/knownSecrets.js"

/**
 * Why there is no secret. The message says what, where, and how to mend it; a secret is in none.
 *
 * | reason | |
 * |---|---|
 * | `not-found` | there is none of this name |
 * | `denied` | this program may not have it, or may not log in |
 * | `sealed` | the vault is locked, and nobody gets anything until its operators open it |
 * | `unavailable` | the place cannot be asked at the moment |
 * | `conflict` | a write named a version, and the secret is in another one |
 * | `malformed` | a name, an option or an answer is not what it has to be |
 *
 * @since 0.1.0
 * @category errors
 */
export class SecretsError extends Schema.TaggedError<SecretsError>("holdfast/SecretsError")("SecretsError", {
  message: Schema.String,
  reason: Schema.Literal("not-found", "denied", "sealed", "unavailable", "conflict", "malformed"),
  /** How long the place asks to wait. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** Of the answer, where there was one. */
  status: Schema.optional(Schema.Number)
}) {
  /** Whether the same may succeed a little later, with nobody doing anything about it here. */
  get retryable(): boolean {
    return this.reason === "sealed" || this.reason === "unavailable"
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface GetOptions {
  /**
   * Not one that was read a while ago: for who has been refused with that. One that was read within the last second is
   * taken for fresh. Default `false`.
   */
  readonly fresh?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Ask each time that it is used: one that changes is then taken up without a restart. */
  readonly get: (name: string, options?: GetOptions) => Effect.Effect<Redacted.Redacted, SecretsError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Secrets extends Context.Tag("holdfast/Secrets")<Secrets, Service>() {}

/**
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Secrets } from "holdfast"
 *
 * const program = Effect.gen(function*() {
 *   const token = yield* Secrets.get("hubspot.token")
 *   return `Bearer ${Redacted.value(token)}`
 * })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const get = (name: string): Effect.Effect<Redacted.Redacted, SecretsError, Secrets> =>
  Effect.flatMap(Secrets, (secrets) => secrets.get(name))

const protect = (secret: Redacted.Redacted): Redacted.Redacted => {
  KnownSecrets.remember(secret, () => [Redacted.value(secret)])
  return secret
}

/** `hubspot.api-key` is `HUBSPOT_API_KEY`: what else is in a name, no shell can set. */
const variableOf = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")

const configOf = (name: string): Config.Config<string> =>
  name.split(".").reduceRight<Config.Config<string> | undefined>(
    (inner, part) => inner === undefined ? Config.string(part) : Config.nested(inner, part),
    undefined
  ) ?? Config.string(name)

const isAway = (error: ConfigError.ConfigError): boolean =>
  error._op === "SourceUnavailable" ||
  ((error._op === "Or" || error._op === "And") && (isAway(error.left) || isAway(error.right)))

/** The value that could not be read may be the secret: of Config's own error, its kind alone goes along. */
const unread = (name: string) => (error: ConfigError.ConfigError): SecretsError => {
  const where = `in Config, as the path "${name}" or as the variable ${variableOf(name)}`
  if (ConfigError.isMissingDataOnly(error)) {
    return new SecretsError({ message: `there is no secret "${name}" ${where}: set one of them`, reason: "not-found" })
  }
  const away = isAway(error)
  return new SecretsError({
    message: away
      ? `the secret "${name}" cannot be read ${where}: the source of Config is not available`
      : `the secret "${name}" cannot be read ${where}: what is there is no text`,
    reason: away ? "unavailable" : "malformed"
  })
}

/**
 * From `Config`, each time that it is asked. The name is a path with dots, `hubspot.token`; where there is nothing at
 * that path, it is a variable in upper case, `HUBSPOT_TOKEN`. One that is empty is `malformed`.
 *
 * The provider of `Config` is the one that the layer is built with.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<Secrets> = Layer.effect(
  Secrets,
  Effect.configProviderWith((provider) => {
    const known = new Map<string, Redacted.Redacted>()
    /** The same object as long as it is the same secret, so that it is remembered once. */
    const keep = (name: string, text: string): Redacted.Redacted => {
      const before = known.get(name)
      if (before !== undefined && Redacted.value(before) === text) return before
      const secret = protect(Redacted.make(text))
      known.set(name, secret)
      return secret
    }
    return Effect.succeed({
      get: (name) =>
        Effect.flatMap(
          Effect.mapError(
            provider.load(Config.orElse(configOf(name), () => Config.string(variableOf(name)))),
            unread(name)
          ),
          (text) =>
            text === ""
              ? new SecretsError({
                message: `the secret "${name}" is empty in Config (${variableOf(name)}): set it`,
                reason: "malformed"
              })
              : Effect.succeed(keep(name, text))
        )
    })
  })
)

/**
 * From a record in the memory of the process: for specs, and for a program that has its secrets from elsewhere.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Secrets } from "holdfast"
 *
 * const secrets = Secrets.layerRecord({ "hubspot.token": Redacted.make("pat-fake") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRecord = (secrets: Readonly<Record<string, Redacted.Redacted>>): Layer.Layer<Secrets> =>
  Layer.sync(Secrets, () => {
    const all = new Map(Object.entries(secrets).map(([name, secret]) => [name, protect(secret)]))
    return {
      get: (name) => {
        const secret = all.get(name)
        return secret === undefined
          ? new SecretsError({
            message: `there is no secret "${name}" in the record of Secrets.layerRecord: add it there`,
            reason: "not-found"
          })
          : Effect.succeed(secret)
      }
    }
  })
