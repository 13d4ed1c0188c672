import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { definition, Emulator, Salesforce } from "holdfast/providers/salesforce"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Salesforce>

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("00Dfake!token") }))

const clientOf = <E, R>(layer: Layer.Layer<Salesforce, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Salesforce))

/** A client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const salesforce = yield* clientOf(
    Layer.effect(Salesforce, Integration.client(definition)).pipe(
      Layer.provide(IntegrationClient.layer(definition)),
      Layer.provide(credentials),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { emulator, salesforce }
})

/** The same with the standard stack. */
export const withPolicy = Effect.fnUntraced(
  function*(options: Emulator.Options, policy: Exclude<Provider.Options["policy"], undefined>) {
    const emulator = yield* Emulator.make(options)
    // the policy's needs are met whatever it is
    const layer = Salesforce.layer({ baseUrl: "https://example.my.salesforce.com", credentials, policy }).pipe(
      Layer.provide(Holdfast.layerMemory),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    ) as Layer.Layer<Salesforce>
    return { emulator, salesforce: yield* clientOf(layer) }
  }
)
