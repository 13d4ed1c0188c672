/**
 * Signatures over bytes: HMAC (SHA-1, SHA-256, SHA-512), ECDSA over P-256, and Ed25519, written in hex, Base64 or
 * Base64 for URLs.
 *
 * Everything here is pure. A key is made once, and says what is wrong with it then; to sign and to verify cannot fail.
 * Comparisons take the same time however much of a guess is right, and several keys are all tried, so that neither the
 * key that fits nor its place shows. Bytes are signed as they are: a text that was decoded and encoded again, or JSON that
 * was parsed and written again, is another message.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHmac, type KeyObject, sign as signWith, verify as verifyWith } from "node:crypto"
import * as KnownSecrets from "../internal/knownSecrets.js"
import * as Asymmetric from "./internal/asymmetric.js"
import { equal } from "./internal/equal.js"

/**
 * `ecdsa-p256` is with SHA-256, its signatures in DER.
 *
 * @since 0.1.0
 * @category models
 */
export type Algorithm = "hmac-sha1" | "hmac-sha256" | "hmac-sha512" | "ecdsa-p256" | "ed25519"

/**
 * How a signature is written. `hex` is written in small letters and read in both; Base64 is read with its padding, and
 * `base64url` with and without.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = "hex" | "base64" | "base64url"

/**
 * How a secret for HMAC is written: the bytes of the text itself, or bytes in Base64 or in hex.
 *
 * @since 0.1.0
 * @category models
 */
export type SecretForm = "text" | "base64" | "hex"

/**
 * Verifies. Made by `hmac` or by `publicKey`.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyingKey {
  readonly algorithm: Algorithm
  /** Whether the signature is this key's. Takes the same time however much of it is right, and never throws. */
  readonly check: (message: Uint8Array, signature: string, encoding: Encoding) => boolean
}

/**
 * Signs. Made by `hmac` or by `privateKey`.
 *
 * @since 0.1.0
 * @category models
 */
export interface SigningKey {
  readonly algorithm: Algorithm
  /** The bytes of the signature. */
  readonly seal: (message: Uint8Array) => Uint8Array
}

/**
 * A key that is none. The message says what was expected, and nothing of what was there.
 *
 * @since 0.1.0
 * @category errors
 */
export class SignatureKeyError extends Data.TaggedError("SignatureKeyError")<{ readonly message: string }> {}

const refuse = (message: string): Either.Either<never, SignatureKeyError> =>
  Either.left(new SignatureKeyError({ message }))

const forms: { readonly [F in SecretForm]: { readonly is: RegExp; readonly name: string } } = {
  base64: { is: /^[A-Za-z0-9+/]+={0,2}$/, name: "Base64" },
  hex: { is: /^(?:[0-9A-Fa-f]{2})+$/, name: "hex" },
  text: { is: /./s, name: "a text" }
}

const toText = (bytes: Uint8Array, encoding: Encoding): string => Buffer.from(bytes).toString(encoding)

/** As it is written here: what may be written in several ways is brought to one. */
const canonical = (signature: string, encoding: Encoding): string =>
  encoding === "hex"
    ? signature.toLowerCase()
    : encoding === "base64url"
    ? signature.replace(/={1,2}$/, "")
    : signature

/**
 * A shared secret, which signs and verifies. An empty one is refused: anybody could sign with it.
 *
 * @example
 * ```ts
 * import { Either, Redacted } from "effect"
 * import { Signature } from "holdfast"
 *
 * const key = Either.getOrThrow(Signature.hmac(Redacted.make("fake-secret"), { algorithm: "hmac-sha256" }))
 * const body = new TextEncoder().encode("Hello, World!")
 * const signature = Signature.sign(body, { encoding: "hex", key })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const hmac = (
  secret: Redacted.Redacted,
  options: {
    readonly algorithm: Extract<Algorithm, `hmac-${string}`>
    /** Default `text`. */
    readonly form?: SecretForm | undefined
  }
): Either.Either<SigningKey & VerifyingKey, SignatureKeyError> => {
  const { algorithm, form = "text" } = options
  const text = Redacted.value(secret)
  if (text === "") return refuse("the secret is empty")
  if (!forms[form].is.test(text)) return refuse(`the secret is not ${forms[form].name}`)
  KnownSecrets.remember(secret, () => [text])
  const key = Buffer.from(text, form === "text" ? "utf8" : form)
  if (key.length === 0) return refuse("the secret is empty")
  const seal = (message: Uint8Array) => createHmac(algorithm.slice("hmac-".length), key).update(message).digest()
  return Either.right({
    algorithm,
    // compared as text: Base64 that ends in other unused bits means the same bytes, and is another signature
    check: (message, signature, encoding) => equal(toText(seal(message), encoding), canonical(signature, encoding)),
    seal
  })
}

const names: { readonly [C in Asymmetric.Curve]: string } = { "ecdsa-p256": "an ECDSA P-256", ed25519: "an Ed25519" }

const decoded = (signature: string, encoding: Encoding): Buffer | undefined => {
  const bytes = Buffer.from(signature, encoding)
  return toText(bytes, encoding) === canonical(signature, encoding) ? bytes : undefined
}

const digestOf = (curve: Asymmetric.Curve): string | undefined => curve === "ed25519" ? undefined : "sha256"

/** What the runtime cannot read as a signature is none. */
const verifies = (curve: Asymmetric.Curve, key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return verifyWith(digestOf(curve), message, key, signature)
  } catch {
    return false
  }
}

/**
 * A vendor's public key: PEM, SPKI in Base64 (what a PEM has between its lines), or for Ed25519 its 32 bytes in Base64.
 *
 * @since 0.1.0
 * @category constructors
 */
export const publicKey = (
  curve: Extract<Algorithm, "ecdsa-p256" | "ed25519">,
  text: string
): Either.Either<VerifyingKey, SignatureKeyError> => {
  const key = Asymmetric.publicKey(curve, text)
  if (key === undefined) return refuse(`that is not ${names[curve]} public key, as PEM or as Base64`)
  return Either.right({
    algorithm: curve,
    check: (message, signature, encoding) => {
      const bytes = decoded(signature, encoding)
      return bytes !== undefined && bytes.length > 0 && verifies(curve, key, message, bytes)
    }
  })
}

/**
 * A private key: PEM, PKCS #8 in Base64, or for Ed25519 the seed in Base64, with or without the public key behind it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const privateKey = (
  curve: Extract<Algorithm, "ecdsa-p256" | "ed25519">,
  secret: Redacted.Redacted
): Either.Either<SigningKey, SignatureKeyError> => {
  const key = Asymmetric.privateKey(curve, Redacted.value(secret))
  if (key === undefined) return refuse(`that is not ${names[curve]} private key, as PEM or as Base64`)
  KnownSecrets.remember(secret, () => [Redacted.value(secret)])
  return Either.right({ algorithm: curve, seal: (message) => signWith(digestOf(curve), message, key) })
}

/**
 * The signature of a message.
 *
 * @since 0.1.0
 * @category combinators
 */
export const sign: {
  (options: { readonly encoding: Encoding; readonly key: SigningKey }): (message: Uint8Array) => string
  (message: Uint8Array, options: { readonly encoding: Encoding; readonly key: SigningKey }): string
} = dual(
  2,
  (message: Uint8Array, options: { readonly encoding: Encoding; readonly key: SigningKey }): string =>
    toText(options.key.seal(message), options.encoding)
)

/**
 * @since 0.1.0
 * @category models
 */
export interface VerifyOptions {
  readonly encoding: Encoding
  /** Any of them may have signed: the new secret and the old one, while they are exchanged. */
  readonly keys: ReadonlyArray<VerifyingKey>
  /** Any of them may be it: a sender that exchanges secrets sends one of each. */
  readonly signatures: ReadonlyArray<string>
}

/**
 * The place in `keys` of the key that signed, from 0; none where no signature is right, and where there is no key. Every
 * signature is tried with every key, so that it takes the same time whichever fits: bound how many you take from a caller.
 *
 * @since 0.1.0
 * @category combinators
 */
export const verify: {
  (options: VerifyOptions): (message: Uint8Array) => Option.Option<number>
  (message: Uint8Array, options: VerifyOptions): Option.Option<number>
} = dual(2, (message: Uint8Array, { encoding, keys, signatures }: VerifyOptions): Option.Option<number> => {
  let found: number | undefined
  keys.forEach((key, index) => {
    for (const signature of signatures) {
      if (key.check(message, signature, encoding)) found ??= index
    }
  })
  return Option.fromNullable(found)
})

/**
 * Whether two secrets are the same text, in constant time whatever their lengths.
 *
 * @since 0.1.0
 * @category combinators
 */
export const isSame: {
  (that: Redacted.Redacted): (self: Redacted.Redacted) => boolean
  (self: Redacted.Redacted, that: Redacted.Redacted): boolean
} = dual(
  2,
  (self: Redacted.Redacted, that: Redacted.Redacted): boolean => equal(Redacted.value(self), Redacted.value(that))
)
