import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Yelp } from "holdfast/providers/yelp"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Yelp>

const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("yelp-fake-key") }))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Yelp, emulator, { credentials }))
  return { emulator, yelp: Context.get(context, Yelp) }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Yelp, emulator, { credentials, policy }))
    return { emulator, yelp: Context.get(context, Yelp) }
  }
)
