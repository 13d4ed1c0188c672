import type { HttpClient } from "@effect/platform"
import { Context, Effect, Layer, Redacted } from "effect"
import type { Provider } from "holdfast"
import { Credentials, Holdfast, Integration, IntegrationClient } from "holdfast"
import { definition, Emulator, Stripe } from "holdfast/providers/stripe"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Stripe>

export const token = "sk_test_fake_key"

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make(token) }))

const clientOf = <E, R>(layer: Layer.Layer<Stripe, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Stripe))

/** The typed client without any policy. */
const bare: Layer.Layer<Stripe, never, HttpClient.HttpClient> = Layer.effect(Stripe, Integration.client(definition))
  .pipe(
    Layer.provide(IntegrationClient.layer(definition)),
    Layer.provide(credentials)
  )

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const stripe = yield* clientOf(Layer.provide(bare, Testing.Emulator.layerHttpClient(emulator)))
  return { emulator, stripe }
})

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const stripe = yield* clientOf(
      Stripe.layer({ credentials, policy }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, stripe }
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
