import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Salesforce } from "holdfast/providers/salesforce"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Salesforce>

const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("00Dfake!token") }))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Salesforce, emulator, { credentials }))
  return { emulator, salesforce: Context.get(context, Salesforce) }
})

/** The same over the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Salesforce, emulator, { credentials, policy }))
    return { emulator, salesforce: Context.get(context, Salesforce) }
  }
)
