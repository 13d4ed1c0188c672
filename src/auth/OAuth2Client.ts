/**
 * Who a program is at an OAuth2 provider, and how that provider wants to be spoken to: data, without a step in it.
 *
 * `OAuth2Provider` has that of known ones; `auth/OAuth2` does what it says.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type * as OAuth2Provider from "./OAuth2Provider.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Algorithm = "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "Ed25519"

/**
 * Signs what the program says of itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface SigningKey {
  /** A private key as PEM: PKCS #8, or PKCS #1 (`BEGIN RSA PRIVATE KEY`). */
  readonly pem: Redacted.Redacted
  /** Default `RS256`. */
  readonly algorithm?: Algorithm | undefined
  /** By which the provider finds the public one. */
  readonly keyId?: string | undefined
}

/**
 * How a client shows who it is.
 *
 * | kind | |
 * |---|---|
 * | `SecretBasic` | `client_secret_basic`: the secret in an `authorization` header. `plain`: not escaped first, for a provider that does not unescape it |
 * | `SecretPost` | `client_secret_post`: the secret in the body |
 * | `PrivateKeyJwt` | `private_key_jwt`: a signed assertion, for `audience`; default the issuer, and without one the token endpoint |
 * | `Public` | `none`: its id alone |
 *
 * @since 0.1.0
 * @category models
 */
export type Authentication = Data.TaggedEnum<{
  SecretBasic: { readonly secret: Redacted.Redacted; readonly plain?: boolean | undefined }
  SecretPost: { readonly secret: Redacted.Redacted }
  PrivateKeyJwt: { readonly key: SigningKey; readonly audience?: string | undefined }
  Public: {}
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const { $match: matchAuthentication, PrivateKeyJwt, Public, SecretBasic, SecretPost } = Data.taggedEnum<
  Authentication
>()

/**
 * @since 0.1.0
 * @category models
 */
export interface Client extends OAuth2Provider.OAuth2Provider {
  readonly clientId: string
  readonly authentication: Authentication
  /** Those that are asked for. With `openid` among them, the answer has to have an id_token. Default none. */
  readonly scopes?: ReadonlyArray<string> | undefined
  /** For the whole of a request, its answer included. Default `20 seconds`. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Of an answer. One that is longer is not read on. Default 65,536. */
  readonly maxResponseBytes?: number | undefined
}

/**
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { OAuth2Client, OAuth2Provider } from "holdfast"
 *
 * const client = OAuth2Client.make(OAuth2Provider.hubSpot, {
 *   authentication: OAuth2Client.SecretPost({ secret: Redacted.make("fake-secret") }),
 *   clientId: "fake-client",
 *   scopes: ["oauth", "crm.objects.contacts.read"]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  provider: OAuth2Provider.OAuth2Provider,
  options: Omit<Client, keyof OAuth2Provider.OAuth2Provider>
): Client => ({ ...provider, ...options })
