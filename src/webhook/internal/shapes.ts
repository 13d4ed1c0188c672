/** The two ways in which nearly all providers put a signature into a header. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Signature from "../../auth/Signature.js"
import type { Fault, Scheme, WebhookRequest } from "./model.js"
import * as Read from "./read.js"

export type Part = string | Uint8Array

type HmacAlgorithm = Extract<Signature.Algorithm, `hmac-${string}`>

export const hmacKeys = (
  algorithm: HmacAlgorithm,
  form?: Signature.SecretForm
): Pick<Scheme, "signingKey" | "verifyingKeys"> => ({
  signingKey: (secret) => Signature.hmac(secret, { algorithm, form }),
  verifyingKeys: (secret) => Either.map(Signature.hmac(secret, { algorithm, form }), (key) => [key])
})

const algorithmNames: { readonly [A in Signature.Algorithm]: string } = {
  "ecdsa-p256": "ECDSA P-256, SHA-256, DER",
  ed25519: "Ed25519",
  "hmac-sha1": "HMAC-SHA1",
  "hmac-sha256": "HMAC-SHA256",
  "hmac-sha512": "HMAC-SHA512"
}

export const describe = (algorithm: Signature.Algorithm, encoding: Signature.Encoding): string =>
  `${algorithmNames[algorithm]}, ${encoding === "hex" ? "hex" : encoding === "base64" ? "Base64" : "Base64 for URLs"}`

/** What there is to say of every scheme. */
export interface Common {
  readonly id: string
  readonly title: string
  readonly secret: string
  readonly signs: string
  readonly algorithm: Signature.Algorithm
  readonly encoding: Signature.Encoding
  readonly tolerance?: Duration.DurationInput
  readonly usesUrl?: true
  readonly events: Scheme["events"]
  readonly challenge?: Scheme["challenge"]
  readonly keys?: Pick<Scheme, "signingKey" | "verifyingKeys">
}

export const common = (shape: Common) => ({
  algorithm: describe(shape.algorithm, shape.encoding),
  challenge: shape.challenge ?? Option.none,
  events: shape.events,
  id: shape.id,
  protectsBody: true,
  secret: shape.secret,
  signs: shape.signs,
  title: shape.title,
  tolerance: Option.map(Option.fromNullable(shape.tolerance), Duration.decode),
  usesUrl: shape.usesUrl === true
})

const keysOf = ({ algorithm, keys }: Common): Pick<Scheme, "signingKey" | "verifyingKeys"> =>
  keys ?? hmacKeys(algorithm === "ecdsa-p256" || algorithm === "ed25519" ? "hmac-sha256" : algorithm)

export interface HeaderShape extends Common {
  readonly header: string
  /** The same by another name, where the first is not there. */
  readonly otherHeader?: string
  /** Before the signature: `sha256=`. */
  readonly prefix?: string
  readonly timestamp?: { readonly header: string; readonly unit: Read.Unit }
  /** What is signed, from the timestamp as it is written; each of several readings. */
  readonly contents: (request: WebhookRequest, timestamp: string) => ReadonlyArray<ReadonlyArray<Part>>
  /** What a header that is there may still be: no signature at all. */
  readonly check?: (signature: string, headers: Parameters<Scheme["claim"]>[1]) => Either.Either<void, Fault>
}

/** One header with one signature, and perhaps another with a timestamp. */
export const inHeader = (shape: HeaderShape): Scheme => {
  const { algorithm, contents, encoding, header, prefix = "", timestamp } = shape
  return {
    ...common(shape),
    ...keysOf(shape),
    claim: (request, headers) =>
      Either.gen(function*() {
        const other = shape.otherHeader === undefined ? undefined : yield* headers.optional(shape.otherHeader)
        const name = other !== undefined && (yield* headers.optional(header)) === undefined
          ? shape.otherHeader ?? header
          : header
        const value = yield* headers.required(name)
        yield* shape.check?.(value, headers) ?? Either.void
        const stamp = timestamp === undefined ? "" : yield* headers.required(timestamp.header)
        const at = timestamp === undefined
          ? undefined
          : yield* Read.timestampIn(timestamp.header, stamp, timestamp.unit)
        const texts = value.startsWith(prefix) ? [value.slice(prefix.length)].filter((text) => text !== "") : []
        const signatures = yield* Read.signaturesIn(
          name,
          texts.map((text) => ({ algorithm, encoding, text })),
          `${prefix}…`
        )
        return Read.claimOf(signatures, contents(request, stamp).map((parts) => Read.join(...parts)), at)
      }),
    headers: timestamp === undefined ? [header] : [header, timestamp.header],
    seal: (request, { key, now }) => {
      const stamp = timestamp === undefined ? "" : Read.writeTimestamp(now, timestamp.unit)
      const signature = Signature.sign(Read.join(...contents(request, stamp)[0] ?? []), { encoding, key })
      return Read.withHeaders(request, {
        ...(timestamp === undefined ? undefined : { [timestamp.header]: stamp }),
        [header]: `${prefix}${signature}`
      })
    }
  }
}

export interface ListShape extends Common {
  readonly header: string
  /** Of a signature: `v1`. Those of other labels are of another version, and passed over. */
  readonly label: string
  readonly content: (request: WebhookRequest, timestamp: string) => ReadonlyArray<Part>
}

/** `t=1492774577,v1=…,v1=…`: one header with a timestamp, and a signature for each secret that is in use. */
export const inList = (shape: ListShape): Scheme => {
  const { algorithm, content, encoding, header, label } = shape
  return {
    ...common(shape),
    ...keysOf(shape),
    claim: (request, headers) =>
      Either.gen(function*() {
        const pairs = Read.pairsIn(yield* headers.required(header))
        const [stamp, second] = pairs.filter(([name]) => name === "t")
        if (stamp === undefined || second !== undefined) {
          return yield* Read.fault(
            "header-malformed",
            `the header ${header} has ${stamp === undefined ? "no timestamp" : "more than one timestamp"} (t=)`
          )
        }
        const at = yield* Read.timestampIn(header, stamp[1], "seconds")
        const signatures = yield* Read.signaturesIn(
          header,
          pairs.filter(([name, text]) => name === label && text !== "")
            .map(([, text]) => ({ algorithm, encoding, text })),
          `t=…,${label}=…`
        )
        return Read.claimOf(signatures, [Read.join(...content(request, stamp[1]))], at)
      }),
    headers: [header],
    seal: (request, { key, now }) => {
      const stamp = Read.writeTimestamp(now, "seconds")
      const signature = Signature.sign(Read.join(...content(request, stamp)), { encoding, key })
      return Read.withHeaders(request, { [header]: `t=${stamp},${label}=${signature}` })
    }
  }
}
