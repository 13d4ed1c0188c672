/**
 * Encrypts the bodies of dead letters where they are kept: in their store, in the spill file, and in an export.
 *
 * A dead letter queue encrypts with the cipher that it finds beneath it, and does without where there is none. Everything
 * else of a letter stays readable, so that letters can be listed, grouped and discarded without a key. Reads give bodies
 * as they are stored; `reveal` decrypts one, and a replay does so by itself.
 *
 * AES-256-GCM, with a new nonce for each body. A body belongs to its letter's id: put into another letter, or changed, it
 * cannot be decrypted.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { webcrypto } from "node:crypto"
import { DeadLetter, DeadLetterQueueError, DeadLetterRequest, type EncryptedBody, PlainBody } from "./DeadLetter.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Key {
  /** Stored with each body, so that its key is found again. No secret. */
  readonly id: string
  /** 32 bytes in Base64, as `openssl rand -base64 32` makes them. */
  readonly key: Redacted.Redacted
}

/**
 * To rotate: the new key as `current`, the former one among `older`, for as long as there are letters of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Encrypts. */
  readonly current: Key
  /** Decrypt what was encrypted before. Default none. */
  readonly older?: ReadonlyArray<Key> | undefined
}

/**
 * @since 0.1.0
 * @category tags
 */
export class DeadLetterCipher extends Context.Tag("holdfast/DeadLetterCipher")<DeadLetterCipher, {
  readonly encrypt: (letterId: string, body: PlainBody) => Effect.Effect<EncryptedBody>
  /** Fails with reason `encrypted` where the key is not there, or is another, or the body was changed. */
  readonly decrypt: (letterId: string, body: EncryptedBody) => Effect.Effect<PlainBody, DeadLetterQueueError>
}>() {}

const keyBytes = 32

const bytesOf = ({ id, key }: Key): Either.Either<Uint8Array, string> => {
  const bytes = Either.getOrUndefined(Encoding.decodeBase64(Redacted.value(key)))
  return id !== "" && bytes?.length === keyBytes ? Either.right(bytes) : Either.left(
    `the key "${id}" for dead letters is not ${keyBytes} bytes in Base64, or has no id: make one with "openssl rand -base64 ${keyBytes}"`
  )
}

const encrypted = (message: string, cause?: unknown): DeadLetterQueueError =>
  new DeadLetterQueueError({ reason: "encrypted", message, ...(cause === undefined ? undefined : { cause }) })

const algorithm = "AES-GCM"

const parameters = (letterId: string, iv: Uint8Array) => ({
  name: algorithm,
  iv,
  additionalData: new TextEncoder().encode(`holdfast dead letter ${letterId}`)
})

const Plain = Schema.parseJson(PlainBody)
const encodePlain = Schema.encodeSync(Plain)
const decodePlain = Schema.decodeUnknown(Plain)

const importKey = (bytes: Uint8Array): Effect.Effect<webcrypto.CryptoKey> =>
  Effect.promise(() => crypto.subtle.importKey("raw", bytes, algorithm, false, ["encrypt", "decrypt"]))

/**
 * Fails where a key is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<DeadLetterCipher["Type"], DeadLetterQueueError> =>
  Effect.gen(function*() {
    const keys = new Map<string, webcrypto.CryptoKey>()
    // the current one last: it goes before an older one of its name
    for (const key of [...(options.older ?? []), options.current]) {
      keys.set(key.id, yield* importKey(yield* Either.mapLeft(bytesOf(key), (message) => encrypted(message))))
    }
    const keyId = options.current.id
    const current = keys.get(keyId)!

    return DeadLetterCipher.of({
      encrypt: (letterId, body) =>
        Effect.promise(async () => {
          const iv = crypto.getRandomValues(new Uint8Array(12))
          const plain = new TextEncoder().encode(encodePlain(body))
          const value = new Uint8Array(await crypto.subtle.encrypt(parameters(letterId, iv), current, plain))
          return { _tag: "Encrypted", keyId, iv: Encoding.encodeBase64(iv), value: Encoding.encodeBase64(value) }
        }),
      decrypt: (letterId, body) =>
        Effect.gen(function*() {
          const key = keys.get(body.keyId)
          if (key === undefined) {
            return yield* encrypted(
              `the body of dead letter ${letterId} is encrypted with the key "${body.keyId}", which this program does not ` +
                "have: give it among the older keys"
            )
          }
          const refused = (cause: unknown) =>
            encrypted(
              `the body of dead letter ${letterId} cannot be decrypted: the key "${body.keyId}" is another than it was, ` +
                "or somebody has changed the body, or put it into another letter",
              cause
            )
          const { iv, value } = yield* Effect.mapError(
            Either.all({ iv: Encoding.decodeBase64(body.iv), value: Encoding.decodeBase64(body.value) }),
            refused
          )
          const plain = yield* Effect.tryPromise({
            try: () => crypto.subtle.decrypt(parameters(letterId, iv), key, value),
            catch: refused
          })
          return yield* Effect.mapError(decodePlain(new TextDecoder().decode(plain)), refused)
        })
    })
  })

/**
 * The letter with its body decrypted, where it was encrypted.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DeadLetterCipher, DeadLetterQueue } from "holdfast"
 *
 * const bodyOf = (id: string) =>
 *   Effect.gen(function*() {
 *     const queue = yield* DeadLetterQueue.DeadLetterQueue
 *     const letter = yield* DeadLetterCipher.reveal(yield* queue.get(id))
 *     return letter.request.body
 *   })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const reveal = (letter: DeadLetter): Effect.Effect<DeadLetter, DeadLetterQueueError, DeadLetterCipher> =>
  Effect.gen(function*() {
    const { body } = letter.request
    if (body?._tag !== "Encrypted") return letter
    const cipher = yield* DeadLetterCipher
    const plain = yield* cipher.decrypt(letter.id, body)
    return new DeadLetter({ ...letter, request: new DeadLetterRequest({ ...letter.request, body: plain }) })
  })

/**
 * Provided beneath a dead letter queue, or beneath one of the layers of `Holdfast`.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { DeadLetterCipher, Holdfast } from "holdfast"
 *
 * const state = (key: Redacted.Redacted) =>
 *   Holdfast.layerSqlite({ filename: "holdfast.db" }).pipe(
 *     Layer.provide(DeadLetterCipher.layer({ current: { id: "2026-11", key } }))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<DeadLetterCipher, DeadLetterQueueError> =>
  Layer.effect(DeadLetterCipher, make(options))

const parseKey = (variable: string) => (text: string): Either.Either<Key, ConfigError.ConfigError> => {
  const colon = text.indexOf(":")
  const key = { id: text.slice(0, Math.max(colon, 0)), key: Redacted.make(text.slice(colon + 1).trim()) }
  return Either.mapBoth(bytesOf(key), {
    onLeft: () =>
      ConfigError.InvalidData(
        [variable],
        `a key is an id of its own, a colon, and ${keyBytes} bytes in Base64 (openssl rand -base64 ${keyBytes}), as in "2026-11:…"`
      ),
    onRight: () => key
  })
}

const keysConfig = (variable: string): Config.Config<ReadonlyArray<Key>> =>
  Config.mapOrFail(
    Config.redacted(variable),
    (text) => Either.all(Redacted.value(text).split(",").map((part) => part.trim()).map(parseKey(variable)))
  )

/**
 * The keys from the environment.
 *
 * | variable | |
 * |---|---|
 * | `HOLDFAST_DEAD_LETTER_KEY` | encrypts: an id, a colon, and 32 bytes in Base64, as in `2026-11:…` |
 * | `HOLDFAST_DEAD_LETTER_OLD_KEYS` | decrypt what was encrypted before: the same, several with commas between. Default none |
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<DeadLetterCipher, ConfigError.ConfigError | DeadLetterQueueError> = Layer.effect(
  DeadLetterCipher,
  Effect.gen(function*() {
    const current = yield* Config.mapOrFail(
      Config.redacted("HOLDFAST_DEAD_LETTER_KEY"),
      (text) => parseKey("HOLDFAST_DEAD_LETTER_KEY")(Redacted.value(text))
    )
    const older = yield* Config.withDefault(keysConfig("HOLDFAST_DEAD_LETTER_OLD_KEYS"), [])
    return yield* make({ current, older })
  })
)
