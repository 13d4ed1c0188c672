import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type Provider } from "holdfast"
import { Emulator, Stripe } from "holdfast/providers/stripe"
import { Emulated } from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Stripe>

export const token = "sk_test_fake_key"

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make(token) }))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(Stripe, emulator, { credentials }))
  return { emulator, stripe: Context.get(context, Stripe) }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(Emulated.layer(Stripe, emulator, { credentials, policy }))
    return { emulator, stripe: Context.get(context, Stripe) }
  }
)

/** A payment that is made at once. */
export const paid = (order: string, more: { readonly payment_method?: string } = {}) => ({
  payload: {
    amount: 1999,
    confirm: true,
    currency: "eur",
    metadata: { order },
    payment_method: "pm_card_visa",
    ...more
  }
})
