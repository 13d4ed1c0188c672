import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Crisp, define, definition, Emulator, type Schemas, type Tier } from "holdfast/providers/crisp"
import { Emulated } from "holdfast/testing"
import type * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Crisp>

export const website_id = Emulator.websiteId

export const path = { website_id }

export const credentials = Credentials.layer(
  Credentials.Basic({ password: Redacted.make("fake-key"), username: "fake-identifier" })
)

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Testing.Emulator.Options = {}, tier?: Tier) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Crisp, emulator, { credentials, definition: define({ tier }) }))
  return { crisp: Context.get(context, Crisp), emulator }
})

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Crisp, emulator, { credentials, policy }))
    return { crisp: Context.get(context, Crisp), emulator }
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
