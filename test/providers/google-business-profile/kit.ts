import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, GoogleBusinessProfile } from "holdfast/providers/google-business-profile"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof GoogleBusinessProfile>

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("ya29.fake") }))

/** The first location of the account that the emulator starts with. */
export const path = { accountId: "100001", locationId: "200001" }

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(GoogleBusinessProfile, emulator, { credentials }))
  return { emulator, google: Context.get(context, GoogleBusinessProfile) }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(GoogleBusinessProfile, emulator, { credentials, policy }))
    return { emulator, google: Context.get(context, GoogleBusinessProfile) }
  }
)
