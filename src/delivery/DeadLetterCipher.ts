/**
 * Encrypts the bodies of dead letters where they are kept (in their store, in the spill file, and in an export) and the
 * input of outbox messages.
 *
 * A dead letter queue and an outbox encrypt with the cipher that they find beneath them, and do without where there is none.
 * Everything else of a letter stays readable, so that letters can be listed, grouped and discarded without a key. Reads give
 * bodies as they are stored; `reveal` decrypts one, and a replay or a delivery does so by itself.
 *
 * AES-256-GCM, with a new nonce for each body. A body belongs to its letter's id, or to its message's operation and
 * idempotency key: put elsewhere, or changed, it cannot be decrypted.
 *
 * @since 0.1.0
 */
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Sealing from "../internal/sealing.js"
import { DeadLetter, DeadLetterQueueError, DeadLetterRequest, type EncryptedBody, PlainBody } from "./DeadLetter.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Key = Sealing.Key

/**
 * To rotate: the new key as `current`, the former one among `older`, for as long as there are letters of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Options = Sealing.Options

/**
 * @since 0.1.0
 * @category tags
 */
export class DeadLetterCipher extends Context.Tag("holdfast/DeadLetterCipher")<DeadLetterCipher, {
  /** For what it belongs to, as in `dead letter 0198…`: bound to that, so that it is no use anywhere else. */
  readonly encrypt: (subject: string, body: PlainBody) => Effect.Effect<EncryptedBody>
  /** Fails with reason `encrypted` where the key is not there, or is another, or the body was changed. */
  readonly decrypt: (subject: string, body: EncryptedBody) => Effect.Effect<PlainBody, DeadLetterQueueError>
}>() {}

const encrypted = (message: string, cause?: unknown): DeadLetterQueueError =>
  new DeadLetterQueueError({ reason: "encrypted", message, ...(cause === undefined ? undefined : { cause }) })

/** @internal */
export const subjectOf = (letterId: string): string => `dead letter ${letterId}`

const Plain = Schema.parseJson(PlainBody)
const encodePlain = Schema.encodeSync(Plain)
const decodePlain = Schema.decodeUnknown(Plain)

/**
 * Fails where a key is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<DeadLetterCipher["Type"], DeadLetterQueueError> =>
  Effect.map(
    Effect.mapError(Sealing.make(options, "dead letters"), (message) => encrypted(message)),
    (keys) =>
      DeadLetterCipher.of({
        encrypt: (subject, body) =>
          Effect.map(keys.seal(subject, encodePlain(body)), (sealed) => ({ _tag: "Encrypted", ...sealed })),
        decrypt: (subject, body) => {
          const unfit = (cause: unknown) =>
            encrypted(
              `the body of ${subject} cannot be decrypted: the key "${body.keyId}" is another than it was, ` +
                "or somebody has changed the body, or put it elsewhere",
              cause
            )
          const plain = Effect.mapError(keys.open(subject, body), ({ cause, reason }) =>
            reason === "unfit" ? unfit(cause) : encrypted(
              `the body of ${subject} is encrypted with the key "${body.keyId}", which this program does not ` +
                "have: give it among the older keys"
            ))
          return Effect.flatMap(plain, (text) => Effect.mapError(decodePlain(text), unfit))
        }
      })
  )

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
    const plain = yield* cipher.decrypt(subjectOf(letter.id), body)
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
  Effect.flatMap(
    Sealing.config({ current: "HOLDFAST_DEAD_LETTER_KEY", older: "HOLDFAST_DEAD_LETTER_OLD_KEYS" }, "dead letters"),
    make
  )
)
