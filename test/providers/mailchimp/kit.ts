import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { apiKey, Emulator, Mailchimp } from "holdfast/providers/mailchimp"
import { Emulated } from "holdfast/testing"
import type * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Mailchimp>

export const listId = "a1b2c3d4e5"

export const key = apiKey(Redacted.make("fake0123456789-us19"))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, own: Credentials.Credential = key) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layerBare(Mailchimp, emulator, { credentials: Credentials.layer(own) }))
    return { emulator, mailchimp: Context.get(context, Mailchimp) }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Emulated.layer(Mailchimp, emulator, { credentials: Credentials.layer(key), policy })
    )
    return { emulator, mailchimp: Context.get(context, Mailchimp) }
  }
)
