import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { Crisp, define, definition, Emulator, type Schemas, type Tier } from "holdfast/providers/crisp"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Crisp>

export const website_id = Emulator.websiteId

export const path = { website_id }

export const credentials = Credentials.layer(
  Credentials.Basic({ password: Redacted.make("fake-key"), username: "fake-identifier" })
)

const clientOf = <E, R>(layer: Layer.Layer<Crisp, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Crisp))

/** A client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(function*(options: Testing.Emulator.Options = {}, tier?: Tier) {
  const emulator = yield* Emulator.make(options)
  const own = define({ tier })
  const crisp = yield* clientOf(
    Layer.effect(Crisp, Integration.client(own)).pipe(
      Layer.provide(IntegrationClient.layer(own)),
      Layer.provide(credentials),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { crisp, emulator }
})

/** The same with the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options, policy: Exclude<Provider.Options["policy"], undefined> = {}) {
    const emulator = yield* Emulator.make(options)
    // the policy's needs are met whatever it is
    const layer = Crisp.layer({ credentials, policy }).pipe(
      Layer.provide(Holdfast.layerMemory),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    ) as Layer.Layer<Crisp>
    return { crisp: yield* clientOf(layer), emulator }
  }
)

export const text = (content: string, fields: { readonly fingerprint?: number; readonly timestamp?: number } = {}) =>
  ({ content, from: "user", origin: "chat", type: "text", ...fields }) as const satisfies Schemas.MessageInput

const write = (now: number) => ({ changed: () => undefined, now })

/** So many conversations, with a message each, of which each has changed a second after the one before. */
export const fill = (emulator: Testing.Emulator.Emulator<Emulator.State>, count: number) =>
  Effect.map(emulator.state, (workspace) =>
    Array.from({ length: count }, (_, index) => {
      const at = write(1_800_000_000_000 + index * 1000)
      const session_id = workspace.create(path, at)
      workspace.send(workspace.conversationOf({ session_id, website_id }), text(`message ${index}`), at)
      return session_id
    }))

/** One conversation with so many messages, one each second. */
export const talk = (emulator: Testing.Emulator.Emulator<Emulator.State>, count: number) =>
  Effect.map(emulator.state, (workspace) => {
    const session_id = workspace.create(path, write(0))
    for (let index = 0; index < count; index++) {
      const at = write(1_800_000_000_000 + index * 1000)
      workspace.send(workspace.conversationOf({ session_id, website_id }), text(`message ${index}`), at)
    }
    return session_id
  })

export { definition }
