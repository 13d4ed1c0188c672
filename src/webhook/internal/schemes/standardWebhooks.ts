/** Standard Webhooks, which Svix, Supabase Auth and many others speak. */
import * as Either from "effect/Either"
import { pipe } from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as Signature from "../../../auth/Signature.js"
import * as Events from "../events.js"
import type { ClaimedSignature, Scheme } from "../model.js"
import * as Read from "../read.js"
import { common } from "../shapes.js"

const algorithms = { v1: "hmac-sha256", v1a: "ed25519" } as const

const isKnown = (version: string): version is keyof typeof algorithms => Object.hasOwn(algorithms, version)

/** Between them stands a blank; one sender writes a comma before it. Other versions are of later times. */
const signaturesOf = (text: string): ReadonlyArray<ClaimedSignature> =>
  text.split(" ").flatMap((token) => {
    const [, version = "", signature = ""] = /^(\w+),(.+?),?$/.exec(token) ?? []
    return isKnown(version) ? [{ algorithm: algorithms[version], encoding: "base64", text: signature }] : []
  })

const without = (prefix: string, text: string): string => text.startsWith(prefix) ? text.slice(prefix.length) : text

/** One may be `v1,whsec_…`, and hold several with a bar between, as Supabase has them. */
const keyOf = (text: string): Either.Either<Signature.VerifyingKey, Signature.SignatureKeyError> =>
  text.startsWith("whpk_")
    ? Signature.publicKey("ed25519", without("whpk_", text))
    : text.startsWith("whsk_")
    ? Either.left(
      new Signature.SignatureKeyError({ message: "it is the private key of the sender: give its public key, whpk_…" })
    )
    : Signature.hmac(Redacted.make(without("whsec_", text)), { algorithm: "hmac-sha256", form: "base64" })

const partsOf = (secret: Redacted.Redacted): ReadonlyArray<string> =>
  Redacted.value(secret).split("|").map((part) => without("v1a,", without("v1,", part.trim())))

const content = (id: string, timestamp: string, body: Uint8Array): Uint8Array =>
  Read.join(id, ".", timestamp, ".", body)

export const standardWebhooks: Scheme = {
  ...common({
    algorithm: "hmac-sha256",
    encoding: "base64",
    events: Events.byHeader("webhook-id", "svix-id"),
    id: "standard-webhooks",
    secret: "whsec_… (v1: Base64 behind the prefix, which is decoded), or the sender's public key whpk_… (v1a)",
    signs: "id.timestamp.body",
    title: "Standard Webhooks",
    tolerance: "5 minutes"
  }),
  algorithm: "v1: HMAC-SHA256, Base64; v1a: Ed25519, Base64",
  claim: (request, headers) =>
    Either.gen(function*() {
      const prefix = headers.names.includes("webhook-signature") || !headers.names.includes("svix-signature")
        ? "webhook"
        : "svix"
      const id = yield* headers.required(`${prefix}-id`)
      const stamp = yield* headers.required(`${prefix}-timestamp`)
      // with a dot in it, it would end elsewhere than the sender has ended it
      if (id.includes(".")) {
        return yield* Read.fault("header-malformed", `the id in the header ${prefix}-id has a dot in it`)
      }
      const at = yield* Read.timestampIn(`${prefix}-timestamp`, stamp, "seconds")
      const name = `${prefix}-signature`
      const signatures = yield* pipe(
        headers.required(name),
        Either.flatMap((text) => Read.signaturesIn(name, signaturesOf(text), "v1,… or v1a,…"))
      )
      return Read.claimOf(signatures, [content(id, stamp, request.body)], at)
    }),
  headers: ["webhook-id", "webhook-timestamp", "webhook-signature"],
  seal: (request, { id, key, now }) => {
    const stamp = Read.writeTimestamp(now, "seconds")
    const signature = Signature.sign(content(id, stamp, request.body), { encoding: "base64", key })
    return Read.withHeaders(request, {
      "webhook-id": id,
      "webhook-timestamp": stamp,
      "webhook-signature": `${key.algorithm === "ed25519" ? "v1a" : "v1"},${signature}`
    })
  },
  signingKey: (secret) => {
    const [text = ""] = partsOf(secret)
    return text.startsWith("whsk_")
      ? Signature.privateKey("ed25519", Redacted.make(without("whsk_", text)))
      : Signature.hmac(Redacted.make(without("whsec_", text)), { algorithm: "hmac-sha256", form: "base64" })
  },
  verifyingKeys: (secret) => Either.all(partsOf(secret).map(keyOf))
}
