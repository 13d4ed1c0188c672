/** Bodies on their way into the store and out of it, encrypted where the program has a cipher. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type DeadLetter, DeadLetterQueueError, DeadLetterRequest, type NewDeadLetter } from "../DeadLetter.js"
import * as DeadLetterCipher from "../DeadLetterCipher.js"
import * as orderedId from "./orderedId.js"

export const isSealed = (request: DeadLetterRequest): boolean => request.body?._tag === "Encrypted"

const missing = (letter: DeadLetter): DeadLetterQueueError =>
  new DeadLetterQueueError({
    reason: "encrypted",
    message: `the body of dead letter ${letter.id} is encrypted, and this program has no key: ` +
      "provide DeadLetterCipher.layerConfig beneath its dead letter queue"
  })

/** The cipher of the context, or none. */
export const make = Effect.map(Effect.serviceOption(DeadLetterCipher.DeadLetterCipher), (found) => {
  const cipher = Option.getOrUndefined(found)
  return {
    /** What is encrypted already, or has nothing to encrypt, stays as it is. */
    seal: (letter: NewDeadLetter): Effect.Effect<NewDeadLetter> => {
      const { body } = letter.request
      if (cipher === undefined || body === undefined || body._tag === "Encrypted") return Effect.succeed(letter)
      return Effect.gen(function*() {
        const id = letter.id ?? orderedId.next(yield* Clock.currentTimeMillis)
        const encrypted = yield* cipher.encrypt(DeadLetterCipher.subjectOf(id), body)
        return { ...letter, id, request: new DeadLetterRequest({ ...letter.request, body: encrypted }) }
      })
    },
    open: (letter: DeadLetter): Effect.Effect<DeadLetter, DeadLetterQueueError> => {
      if (!isSealed(letter.request)) return Effect.succeed(letter)
      return cipher === undefined
        ? Effect.fail(missing(letter))
        : Effect.provideService(DeadLetterCipher.reveal(letter), DeadLetterCipher.DeadLetterCipher, cipher)
    }
  }
})
