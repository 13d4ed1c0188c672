import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { definition, Emulator, Intercom } from "holdfast/providers/intercom"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Intercom>

export const token = Credentials.Bearer({ token: Redacted.make("intercom-fake-token") })

const clientOf = <E, R>(layer: Layer.Layer<Intercom, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Intercom))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Testing.Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const intercom = yield* clientOf(
    Layer.effect(Intercom, Integration.client(definition)).pipe(
      Layer.provide(IntegrationClient.layer(definition)),
      Layer.provide(Credentials.layer(token)),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { emulator, intercom }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const intercom = yield* clientOf(
      Intercom.layer({ credentials: Credentials.layer(token), policy }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, intercom }
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
