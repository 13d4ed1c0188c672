/** The input of messages on its way into the store and out of it, encrypted where the program has a cipher. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { EncryptedBody } from "../DeadLetter.js"
import * as DeadLetterCipher from "../DeadLetterCipher.js"
import { type Message, OutboxError } from "../OutboxMessage.js"
import * as codec from "./outboxCodec.js"

/** Of a message, what its encrypted input is bound to. */
export interface Name {
  readonly integration: string
  readonly operation: string
  readonly idempotencyKey: string
}

const subject = ({ idempotencyKey, integration, operation }: Name): string =>
  `outbox message "${idempotencyKey}" of ${integration} ${operation}`

const encrypted = (message: string, cause?: unknown): OutboxError =>
  new OutboxError({ message, reason: "encrypted", ...(cause === undefined ? undefined : { cause }) })

/** The input that was encrypted, as the text that it is. */
export const unseal = (
  cipher: DeadLetterCipher.DeadLetterCipher["Type"],
  name: Name,
  sealed: EncryptedBody
): Effect.Effect<unknown, OutboxError> =>
  Effect.mapBoth(cipher.decrypt(subject(name), sealed), {
    onFailure: (error) => encrypted(error.message, error),
    onSuccess: (body) => JSON.parse(body.value)
  })

/** The cipher of the context, or none. */
export const make = Effect.map(Effect.serviceOption(DeadLetterCipher.DeadLetterCipher), (found) => {
  const cipher = Option.getOrUndefined(found)
  return {
    seal: (message: Message): Effect.Effect<Message, OutboxError> =>
      cipher === undefined
        ? Effect.succeed(message)
        : Effect.gen(function*() {
          const { input, ...stored } = yield* codec.decode({ id: message.idempotencyKey, payload: message.payload })
          const body = { _tag: "Text", value: JSON.stringify(input) } as const
          const sealed = yield* cipher.encrypt(subject(message), body)
          return { ...message, payload: JSON.stringify({ ...stored, sealed } satisfies codec.Stored) }
        }),
    open: (
      { integration, operation }: Pick<Name, "integration" | "operation">,
      stored: codec.Stored
    ): Effect.Effect<unknown, OutboxError> => {
      const name = { idempotencyKey: stored.idempotencyKey, integration, operation }
      if (stored.sealed === undefined) return Effect.succeed(stored.input)
      return cipher === undefined
        ? encrypted(
          `the input of ${
            subject(name)
          } is encrypted, and this program has no key: provide DeadLetterCipher.layerConfig ` +
            "beneath its outbox"
        )
        : unseal(cipher, name, stored.sealed)
    }
  }
})

export type Sealing = Effect.Effect.Success<typeof make>
