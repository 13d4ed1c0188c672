import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Intercom } from "holdfast/providers/intercom"
import { Emulated } from "holdfast/testing"
import type * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Intercom>

export const token = Credentials.Bearer({ token: Redacted.make("intercom-fake-token") })

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Testing.Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Intercom, emulator, { credentials: Credentials.layer(token) }))
  return { emulator, intercom: Context.get(context, Intercom) }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Emulated.layer(Intercom, emulator, { credentials: Credentials.layer(token), policy })
    )
    return { emulator, intercom: Context.get(context, Intercom) }
  }
)

/** So many users. */
export const users = (intercom: Client, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (index) => intercom.contacts.create({ payload: { email: `c${index}@example.com`, role: "user" } })
  )

/** A user, and so many conversations of theirs. */
export const conversations = (intercom: Client, count: number) =>
  Effect.flatMap(
    intercom.contacts.create({ payload: { email: "ada@example.com" } }),
    ({ id }) =>
      Effect.replicateEffect(
        intercom.conversations.create({ payload: { body: "Hello?", from: { id, type: "user" } } }),
        count
      )
  )
