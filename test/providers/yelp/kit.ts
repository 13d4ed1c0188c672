import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { definition, Emulator, Yelp } from "holdfast/providers/yelp"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Yelp>

const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("yelp-fake-key") }))

/** The typed client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    Layer.effect(Yelp, Integration.client(definition)).pipe(
      Layer.provide(IntegrationClient.layer(definition)),
      Layer.provide(credentials),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { emulator, yelp: Context.get(context, Yelp) }
})

/** The same over its standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const context = yield* Layer.build(
      Yelp.layer({ credentials, policy }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, yelp: Context.get(context, Yelp) }
  }
)
