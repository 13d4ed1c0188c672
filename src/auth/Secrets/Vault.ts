/**
 * Secrets from HashiCorp Vault, of its key/value engine in version 2, over the `HttpClient` of the context.
 *
 * A name is a path and a field, `shop/hubspot#token`; without a field it is the field `value`. What was read of a path
 * is at hand for a while, and longer while Vault is away. Many who want the same are one request.
 *
 * The program logs in when the first secret is asked for. Its token is renewed in the background when two thirds of its
 * time are over; where that is refused, or Vault gives no more time, it logs in anew. All of it ends with the scope.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Cache from "../internal/secretCache.js"
import * as Http from "../internal/vaultHttp.js"
import * as Kv from "../internal/vaultKv.js"
import * as Tokens from "../internal/vaultToken.js"
import * as Secrets from "../Secrets.js"

/**
 * How the program says who it is.
 *
 * @since 0.1.0
 * @category models
 */
export type Login = Data.TaggedEnum<{
  AppRole: {
    readonly roleId: string
    readonly secretId: Redacted.Redacted
    /** Where the method is mounted, below `auth/`. Default `approle`. */
    readonly mount?: string | undefined
  }
  /** One that somebody else has made. It is renewed while Vault lets it, and then it ends. */
  Token: { readonly token: Redacted.Redacted }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const { AppRole, Token } = Data.taggedEnum<Login>()

/**
 * @since 0.1.0
 * @category models
 */
export interface ReadOptions {
  /** Where the engine is mounted. Default `secret`. */
  readonly mount?: string | undefined
  /** How long one request may take, with its answer. Default `5 seconds`. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * When a request is sent again that failed for a reason which passes: no answer, a 5xx, 412, 429, a sealed vault. A
   * write is sent again only where Vault said that it did nothing. Where Vault asks for a longer wait, it is kept, up to
   * 10 seconds; one that is longer still ends the tries. Default: three times, after about 100, 200 and 400 milliseconds.
   */
  readonly retry?: Schedule.Schedule<unknown, Secrets.SecretsError> | undefined
  /** For how long a secret that was read is used without a look at Vault. Default `1 minute`. */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** For how much longer it is used while Vault is away or sealed. Default `1 hour`. */
  readonly staleFor?: Duration.DurationInput | undefined
  /** How many paths are at hand. Default 1,000. */
  readonly capacity?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends ReadOptions {
  /** `https://vault.example:8200`. Plain `http` is taken for this machine alone: the token would be in the clear. */
  readonly address: string
  readonly login: Login
  /** `ns1/ns2`. Default none. */
  readonly namespace?: string | undefined
}

/**
 * What Vault has at a path.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly data: Readonly<Record<string, Redacted.Redacted>>
  readonly version: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WriteOptions {
  /** Written only where the path is in this version; 0: where it has never been written. Default: whatever there is. */
  readonly version?: number | undefined
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Vault extends Context.Tag("holdfast/Secrets/Vault")<
  Vault,
  Secrets.Service & {
    /** All fields of a path in its latest version, as Vault has it now. Each must be text. */
    readonly read: (path: string) => Effect.Effect<Stored, Secrets.SecretsError>
    /**
     * Writes a new version with these fields and no others, and gives its number. Fails with `conflict` where the path is
     * in another version than was expected. This process uses it at once, others when their `timeToLive` is over.
     */
    readonly write: (
      path: string,
      data: Readonly<Record<string, Redacted.Redacted>>,
      options?: WriteOptions
    ) => Effect.Effect<number, Secrets.SecretsError>
  }
>() {}

const invalid = (message: string) => new Secrets.SecretsError({ message, reason: "malformed" })

const isLoopback = (host: string) => host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host)

const addressOf = (address: string): Either.Either<string, Secrets.SecretsError> => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  // what is wrong may have a password in it
  if (
    url === undefined || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}${url.search}${url.hash}`
  ) {
    return Either.left(invalid(
      "the address of Vault is no URL of a scheme, a host and a port alone: give it as in https://vault.example:8200"
    ))
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return Either.left(invalid(
      `the address of Vault, ${url.origin}, is plain http, by which the token would go in the clear: give it as https`
    ))
  }
  return Either.right(url.href.replace(/\/+$/, ""))
}

const mountOf = (what: string, mount: string): Either.Either<string, Secrets.SecretsError> =>
  Kv.isPath(mount)
    ? Either.right(mount)
    : Either.left(
      invalid(`the mount of ${what}, "${mount}", is no path: give it as in "secret", without slashes around it`)
    )

const loginOf = (login: Login): Either.Either<Tokens.Login, Secrets.SecretsError> => {
  const secret = login._tag === "AppRole" ? login.secretId : login.token
  // what is copied from somewhere brings a line break along, which no header can have
  if (!/^[\x21-\x7e]+$/.test(Redacted.value(secret))) {
    return Either.left(invalid(
      `the ${
        login._tag === "AppRole" ? "secret id of the AppRole" : "token for Vault"
      } is empty, or has a space or a line break in it: give it as Vault has made it`
    ))
  }
  return login._tag === "Token" ? Either.right(login) : Either.map(
    mountOf("the AppRole", login.mount ?? "approle"),
    (mount) => ({ ...login, mount })
  )
}

const namespaceOf = (namespace: string | undefined): Either.Either<string | undefined, Secrets.SecretsError> => {
  const path = namespace?.replace(/\/$/, "")
  return path === undefined || /^[\x21-\x7e]+$/.test(path) && Kv.isPath(path) ?
    Either.right(path) :
    Either.left(invalid(
      `the namespace "${namespace}" of Vault is no path: give it as in "ns1/ns2"`
    ))
}

const defaultRetry = Schedule.exponential("100 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(3))
)

/**
 * Fails where an option is no good. Vault itself is asked when the first secret is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Vault["Type"], Secrets.SecretsError, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const init = Option.getOrElse(yield* Effect.serviceOption(FetchHttpClient.RequestInit), () => ({}))
    const address = yield* addressOf(options.address)
    const mount = yield* mountOf("the secrets", options.mount ?? "secret")
    const login = yield* loginOf(options.login)
    const namespace = yield* namespaceOf(options.namespace)
    const vault = new Http.Vault(
      HttpClient.withTracerPropagation(client, false),
      { address, namespace, timeout: Duration.decode(options.timeout ?? "5 seconds") },
      { ...init, redirect: "manual" }
    )
    const tokens = yield* Tokens.make(vault, login)
    const kv = Kv.make(vault, tokens, mount, options.retry ?? defaultRetry)
    const cache = yield* Cache.make(
      { back: `${vault.where} is back`, outageOf: vault },
      kv.read,
      {
        capacity: options.capacity ?? 1000,
        staleFor: Duration.decode(options.staleFor ?? "1 hour"),
        timeToLive: Duration.decode(options.timeToLive ?? "1 minute")
      }
    )
    return {
      get: (name, { fresh = false } = {}) =>
        Effect.flatMap(Kv.parseName(name), ({ field, path }) =>
          Effect.flatMap(cache.get(path, fresh), (found) => kv.pick(found, path, field))),
      read: (path) =>
        Effect.flatMap(Kv.checkPath(path), () =>
          Effect.flatMap(kv.read(path, undefined), (found) =>
            kv.all(found, path))),
      write: (path, data, { version } = {}) =>
        Effect.flatMap(Kv.checkPath(path), () =>
          Effect.ensuring(
            kv.write(path, data, version),
            Effect.sync(() =>
              cache.forget(path)
            )
          ))
    }
  })

const both = <E, R>(
  service: Effect.Effect<Vault["Type"], E, R>
): Layer.Layer<Secrets.Secrets | Vault, E, Exclude<R, Scope.Scope>> =>
  Layer.scopedContext(
    Effect.map(service, (vault) => Context.add(Context.make(Vault, vault), Secrets.Secrets, { get: vault.get }))
  )

/**
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Layer, type Redacted } from "effect"
 * import * as Vault from "holdfast/auth/Secrets/Vault"
 *
 * const secrets = (secretId: Redacted.Redacted) =>
 *   Vault.layer({
 *     address: "https://vault.example:8200",
 *     login: Vault.AppRole({ roleId: "59d6d1ca-fake", secretId })
 *   }).pipe(Layer.provide(NodeHttpClient.layerUndici))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Secrets.Secrets | Vault, Secrets.SecretsError, HttpClient.HttpClient> => both(make(options))

/** Half of an AppRole is a mistake, and no reason to take a token. */
const loginConfig = (mount: string | undefined): Effect.Effect<Login, ConfigError> =>
  Effect.gen(function*() {
    const roleId = yield* Config.option(Config.nonEmptyString("VAULT_ROLE_ID"))
    return Option.isSome(roleId)
      ? AppRole({ mount, roleId: roleId.value, secretId: yield* Config.redacted("VAULT_SECRET_ID") })
      : Token({ token: yield* Config.redacted("VAULT_TOKEN") })
  })

/**
 * Where Vault is, and who the program is, from the environment, by the names that Vault's own tools use.
 *
 * | variable | |
 * |---|---|
 * | `VAULT_ADDR` | `https://vault.example:8200` |
 * | `VAULT_NAMESPACE` | default none |
 * | `VAULT_ROLE_ID`, `VAULT_SECRET_ID` | an AppRole |
 * | `VAULT_TOKEN` | a token, where there is no `VAULT_ROLE_ID` |
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: ReadOptions & {
    /** Where the AppRole method is mounted, below `auth/`. Default `approle`. */
    readonly appRoleMount?: string | undefined
  } = {}
): Layer.Layer<Secrets.Secrets | Vault, ConfigError | Secrets.SecretsError, HttpClient.HttpClient> =>
  both(Effect.gen(function*() {
    const address = yield* Config.nonEmptyString("VAULT_ADDR")
    const namespace = yield* Config.option(Config.nonEmptyString("VAULT_NAMESPACE"))
    return yield* make({
      ...options,
      address,
      login: yield* loginConfig(options.appRoleMount),
      namespace: Option.getOrUndefined(namespace)
    })
  }))
