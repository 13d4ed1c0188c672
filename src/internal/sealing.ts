/**
 * Texts under lock and key: AES-256-GCM, a new nonce for each, several keys at once, and each text bound to what it is
 * of, so that it is no use anywhere else.
 *
 * @internal
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto"
import * as KnownSecrets from "./knownSecrets.js"

export interface Key {
  /** Stored with what it encrypts, so that its key is found again. No secret. */
  readonly id: string
  /** 32 bytes in Base64, as `openssl rand -base64 32` makes them. */
  readonly key: Redacted.Redacted
}

export interface Options {
  /** Encrypts. */
  readonly current: Key
  /** Decrypt what was encrypted before, or what other processes encrypt already. Default none. */
  readonly older?: ReadonlyArray<Key> | undefined
}

/** As it is stored: Base64, but for the name of its key. */
export interface Sealed {
  readonly keyId: string
  readonly iv: string
  readonly value: string
}

/** Why a text stays closed: its key is not there, or that key does not fit it as it stands, where it stands. */
export class Refused extends Data.TaggedError("Refused")<{
  readonly reason: "no-key" | "unfit"
  readonly cause?: unknown
}> {}

/** Named by the types of a public module, which are not stripped of it. */
export interface Keyring {
  /** That of the key which seals. */
  readonly currentId: string
  /** Tells a key from another one of its id, and nothing about it. `undefined`: there is none of this id. */
  readonly checkOf: (keyId: string) => string | undefined
  readonly seal: (subject: string, plain: string) => Effect.Effect<Sealed>
  readonly open: (subject: string, sealed: Sealed) => Effect.Effect<string, Refused>
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const algorithm = "aes-256-gcm"

// in the thread of the program: the texts are small, and a pool of threads takes longer to hand one over than to seal it
const options = { authTagLength: tagBytes }

const bytesOf = ({ id, key }: Key, use: string): Either.Either<Uint8Array, string> => {
  const bytes = Either.getOrUndefined(Encoding.decodeBase64(Redacted.value(key)))
  return id !== "" && bytes?.length === keyBytes ? Either.right(bytes) : Either.left(
    `the key "${id}" for ${use} is not ${keyBytes} bytes in Base64, or has no id: make one with "openssl rand -base64 ${keyBytes}"`
  )
}

const boundTo = (subject: string): Buffer => Buffer.from(`holdfast ${subject}`)

interface Loaded {
  readonly bytes: Uint8Array
  readonly check: string
}

/** Half of a hash of a random key of 256 bits: whoever has it cannot do better than to guess the key. */
const checkOf = (bytes: Uint8Array): string =>
  createHash("sha256").update("holdfast key check ").update(bytes).digest("hex").slice(0, 32)

const seal = ({ bytes }: Loaded, keyId: string, subject: string, plain: string): Sealed => {
  const iv = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, bytes, iv, options).setAAD(boundTo(subject))
  const value = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()])
  return { iv: iv.toString("base64"), keyId, value: value.toString("base64") }
}

/** Throws where the key, the subject or the text is another one. */
const open = ({ bytes }: Loaded, subject: string, iv: Uint8Array, value: Uint8Array): string => {
  const end = value.length - tagBytes
  if (iv.length !== nonceBytes || end < 0) throw new Error("it is cut short")
  const decipher = createDecipheriv(algorithm, bytes, iv, options)
    .setAAD(boundTo(subject))
    .setAuthTag(value.subarray(end))
  return Buffer.concat([decipher.update(value.subarray(0, end)), decipher.final()]).toString("utf8")
}

/**
 * Fails, with what is wrong, where a key is none. `use`: what the keys are for, as in `dead letters`.
 *
 * @internal
 */
export const make = ({ current, older }: Options, use: string): Effect.Effect<Keyring, string> =>
  Effect.gen(function*() {
    const keys = new Map<string, Loaded>()
    // the current one last: it goes before an older one of its name
    for (const key of [...(older ?? []), current]) {
      KnownSecrets.remember(key.key, () => [Redacted.value(key.key)])
      const bytes = yield* bytesOf(key, use)
      keys.set(key.id, { bytes, check: checkOf(bytes) })
    }
    const sealing = keys.get(current.id)!

    return {
      checkOf: (keyId) => keys.get(keyId)?.check,
      currentId: current.id,
      open: (subject, { iv, keyId, value }) =>
        Effect.gen(function*() {
          const loaded = keys.get(keyId)
          if (loaded === undefined) return yield* new Refused({ reason: "no-key" })
          const unfit = (cause: unknown) => new Refused({ cause, reason: "unfit" })
          const bytes = yield* Effect.mapError(
            Either.all({ iv: Encoding.decodeBase64(iv), value: Encoding.decodeBase64(value) }),
            unfit
          )
          return yield* Effect.try({ catch: unfit, try: () => open(loaded, subject, bytes.iv, bytes.value) })
        }),
      seal: (subject, plain) => Effect.sync(() => seal(sealing, current.id, subject, plain))
    }
  })

const parseKey = (variable: string, use: string) => (text: string): Either.Either<Key, ConfigError.ConfigError> => {
  const colon = text.indexOf(":")
  const key = { id: text.slice(0, Math.max(colon, 0)), key: Redacted.make(text.slice(colon + 1).trim()) }
  return Either.mapBoth(bytesOf(key, use), {
    onLeft: () =>
      ConfigError.InvalidData(
        [variable],
        `a key is an id of its own, a colon, and ${keyBytes} bytes in Base64 (openssl rand -base64 ${keyBytes}), as in "2026-11:…"`
      ),
    onRight: () => key
  })
}

/**
 * The keys from two variables: the current one, `id:base64`, and the older ones, the same with commas between.
 *
 * @internal
 */
export const config = (
  variables: { readonly current: string; readonly older: string },
  use: string
): Config.Config<Options> =>
  Config.all({
    current: Config.mapOrFail(
      Config.redacted(variables.current),
      (text) => parseKey(variables.current, use)(Redacted.value(text))
    ),
    older: Config.withDefault(
      Config.mapOrFail(
        Config.redacted(variables.older),
        (text) =>
          Either.all(
            Redacted.value(text).split(",").map((part) => part.trim()).map(parseKey(variables.older, use))
          )
      ),
      []
    )
  })
