/** Private keys that sign what a client says of itself. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { createPrivateKey, type webcrypto } from "node:crypto"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import type { Algorithm, SigningKey } from "../OAuth2Client.js"

export class KeyError extends Data.TaggedError("KeyError")<{ readonly message: string }> {}

interface Form {
  readonly importing: webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | webcrypto.Algorithm
  readonly signing: webcrypto.RsaPssParams | webcrypto.EcdsaParams | webcrypto.Algorithm
}

const rsa = (name: string, bits: number): Form => ({
  importing: { hash: `SHA-${bits}`, name },
  // RFC 7518: the salt is as long as the hash
  signing: name === "RSA-PSS" ? { name, saltLength: bits / 8 } : { name }
})

const ecdsa = (namedCurve: string, bits: number): Form => ({
  importing: { name: "ECDSA", namedCurve },
  signing: { hash: `SHA-${bits}`, name: "ECDSA" }
})

const forms: { readonly [A in Algorithm]: Form } = {
  ES256: ecdsa("P-256", 256),
  ES384: ecdsa("P-384", 384),
  Ed25519: { importing: { name: "Ed25519" }, signing: { name: "Ed25519" } },
  PS256: rsa("RSA-PSS", 256),
  PS384: rsa("RSA-PSS", 384),
  PS512: rsa("RSA-PSS", 512),
  RS256: rsa("RSASSA-PKCS1-v1_5", 256),
  RS384: rsa("RSASSA-PKCS1-v1_5", 384),
  RS512: rsa("RSASSA-PKCS1-v1_5", 512)
}

export interface Loaded {
  readonly algorithm: Algorithm
  readonly key: webcrypto.CryptoKey
  readonly keyId: string | undefined
}

/** By the object in which the key came: it is read once. */
const loaded = new WeakMap<Redacted.Redacted, Map<Algorithm, webcrypto.CryptoKey>>()

/** An environment variable has its line breaks as two letters. */
const unescaped = (pem: string): string => pem.includes("\n") ? pem : pem.replaceAll("\\n", "\n")

/** What the runtime throws may repeat the key: nothing of it goes along. */
export const load = ({ algorithm = "RS256", keyId, pem }: SigningKey): Effect.Effect<Loaded, KeyError> =>
  Effect.suspend(() => {
    const known = loaded.get(pem)?.get(algorithm)
    if (known !== undefined) return Effect.succeed({ algorithm, key: known, keyId })
    const text = unescaped(Redacted.value(pem))
    KnownSecrets.remember(pem, () => [text])
    return Effect.tryPromise({
      catch: () =>
        new KeyError({
          message: `the private key is none for ${algorithm}: it is a PEM, PKCS #8 or PKCS #1, without a password`
        }),
      try: () => {
        // WebCrypto reads PKCS #8 alone
        const der = createPrivateKey(text).export({ format: "der", type: "pkcs8" })
        return crypto.subtle.importKey("pkcs8", der, forms[algorithm].importing, false, ["sign"])
      }
    }).pipe(Effect.map((key) => {
      const keys = loaded.get(pem) ?? new Map<Algorithm, webcrypto.CryptoKey>()
      loaded.set(pem, keys.set(algorithm, key))
      return { algorithm, key, keyId }
    }))
  })

const utf8 = new TextEncoder()
const part = (value: unknown): string => Encoding.encodeBase64Url(utf8.encode(JSON.stringify(value)))

export interface Claims {
  readonly issuer: string
  readonly subject?: string | undefined
  readonly audience: string
  readonly lifetime: Duration.Duration
  readonly more: Readonly<Record<string, unknown>>
}

/** A JWT (RFC 7519) that is good from now on, by the program's clock. */
export const assertion = (
  key: SigningKey,
  { audience, issuer, lifetime, more, subject }: Claims
): Effect.Effect<string, KeyError> =>
  Effect.gen(function*() {
    const { algorithm, key: signing, keyId } = yield* load(key)
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const header = part({ alg: algorithm === "Ed25519" ? "EdDSA" : algorithm, kid: keyId, typ: "JWT" })
    const payload = part({
      ...more,
      aud: audience,
      exp: now + Math.ceil(Duration.toSeconds(lifetime)),
      iat: now,
      iss: issuer,
      jti: crypto.randomUUID(),
      sub: subject
    })
    const signature = yield* Effect.promise(() =>
      crypto.subtle.sign(forms[algorithm].signing, signing, utf8.encode(`${header}.${payload}`))
    )
    return `${header}.${payload}.${Encoding.encodeBase64Url(new Uint8Array(signature))}`
  })
