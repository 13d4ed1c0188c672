/** The bodies of events on their way into the store and out of it, encrypted where the program has a cipher. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Body, PlainBody } from "../../delivery/DeadLetter.js"
import * as DeadLetterCipher from "../../delivery/DeadLetterCipher.js"
import { InboxError } from "../InboxEvent.js"

/** What an encrypted body belongs to. */
export const subjectOf = (source: string, delivery: string): string => `inbox delivery ${delivery} of ${source}`

/** The cipher of the context, or none. */
export const make = Effect.map(Effect.serviceOption(DeadLetterCipher.DeadLetterCipher), (found) => {
  const cipher = Option.getOrUndefined(found)
  return {
    seal: (subject: string, body: PlainBody): Effect.Effect<Body> =>
      cipher === undefined ? Effect.succeed(body) : cipher.encrypt(subject, body),
    open: (subject: string, body: Body): Effect.Effect<PlainBody, InboxError> => {
      if (body._tag !== "Encrypted") return Effect.succeed(body)
      return cipher === undefined
        ? new InboxError({
          message: `the body of ${subject} is encrypted, and this program has no key: provide ` +
            "DeadLetterCipher.layerConfig beneath its inbox",
          reason: "encrypted"
        })
        : Effect.mapError(
          cipher.decrypt(subject, body),
          (cause) => new InboxError({ cause, message: cause.message, reason: "encrypted" })
        )
    }
  }
})

export type Sealing = Effect.Effect.Success<typeof make>
