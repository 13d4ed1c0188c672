/** Asymmetric keys, in the forms in which vendors give them. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"

export type Curve = "ecdsa-p256" | "ed25519"

/** Of a key without its wrapping, which says what it is. */
const rawBytes = 32

const prefixes = {
  // RFC 8410: what stands before the 32 bytes of an Ed25519 key in SPKI and in PKCS #8
  spki: Buffer.from("302a300506032b6570032100", "hex"),
  pkcs8: Buffer.from("302e020100300506032b657004220420", "hex")
}

const strictBase64 = (text: string): Buffer | undefined => {
  const compact = text.replaceAll(/\s/g, "")
  return compact !== "" && /^[A-Za-z0-9+/]*={0,2}$/.test(compact) ? Buffer.from(compact, "base64") : undefined
}

const isOf = (curve: Curve, key: KeyObject): boolean =>
  curve === "ed25519"
    ? key.asymmetricKeyType === "ed25519"
    : key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1"

/** What the runtime throws may repeat the key: nothing of it is kept. */
const attempt = (curve: Curve, run: () => KeyObject): KeyObject | undefined => {
  try {
    const key = run()
    return isOf(curve, key) ? key : undefined
  } catch {
    return undefined
  }
}

const isPem = (text: string): boolean => text.trimStart().startsWith("-----BEGIN")

/** PEM, SPKI in Base64, or for Ed25519 the 32 bytes in Base64. */
export const publicKey = (curve: Curve, text: string): KeyObject | undefined => {
  // a private key in the place of a public one would verify, and lie about in many places
  if (isPem(text)) return /PRIVATE KEY/.test(text) ? undefined : attempt(curve, () => createPublicKey(text))
  const bytes = strictBase64(text)
  if (bytes === undefined) return undefined
  const key = curve === "ed25519" && bytes.length === rawBytes ? Buffer.concat([prefixes.spki, bytes]) : bytes
  return attempt(curve, () => createPublicKey({ format: "der", key, type: "spki" }))
}

/** PEM, PKCS #8 in Base64, or for Ed25519 the seed in Base64, also with the public key behind it. */
export const privateKey = (curve: Curve, text: string): KeyObject | undefined => {
  if (isPem(text)) return attempt(curve, () => createPrivateKey(text))
  const bytes = strictBase64(text)
  if (bytes === undefined) return undefined
  const isSeed = curve === "ed25519" && (bytes.length === rawBytes || bytes.length === 2 * rawBytes)
  const key = isSeed ? Buffer.concat([prefixes.pkcs8, bytes.subarray(0, rawBytes)]) : bytes
  return attempt(curve, () => createPrivateKey({ format: "der", key, type: "pkcs8" }))
}
