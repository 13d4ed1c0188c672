import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Kit } from "holdfast/providers/kit"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Kit>

export const token = Credentials.Bearer({ token: Redacted.make("kit-fake-token") })

export const apiKey = Credentials.ApiKey({ key: Redacted.make("kit_fake_key") })

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, own: Credentials.Credential = token) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layerBare(Kit, emulator, { credentials: Credentials.layer(own) }))
    return { emulator, kit: Context.get(context, Kit) }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Kit, emulator, { credentials: Credentials.layer(token), policy }))
    return { emulator, kit: Context.get(context, Kit) }
  }
)
