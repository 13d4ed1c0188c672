import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Trustpilot, withApiKey } from "holdfast/providers/trustpilot"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Trustpilot>

export const token = Credentials.Bearer({ token: Redacted.make("trustpilot-fake-token") })

export const apiKey = Redacted.make("trustpilot-fake-key")

export const withKey = withApiKey(apiKey)

/** Both: the key for what everybody may read, the token for all else. */
export const both = withKey(Credentials.layer(token))

/** The business unit that the emulator starts with. */
export const unit = { businessUnitId: Emulator.sample.id }

/** The manager of it. */
export const manager = "5e0000000000000000000001"

/** The number of a review of it, from 1 to 60. */
export const review = (number: number) => ({ reviewId: `6a${String(number).padStart(22, "0")}` })

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, credentials: Layer.Layer<Credentials.Credentials> = both) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layerBare(Trustpilot, emulator, { credentials }))
    return { emulator, trustpilot: Context.get(context, Trustpilot) }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Trustpilot, emulator, { credentials: both, policy }))
    return { emulator, trustpilot: Context.get(context, Trustpilot) }
  }
)
