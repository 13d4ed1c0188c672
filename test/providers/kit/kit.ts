import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { definition, Emulator, Kit } from "holdfast/providers/kit"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Kit>

export const token = Credentials.Bearer({ token: Redacted.make("kit-fake-token") })

export const apiKey = Credentials.ApiKey({ key: Redacted.make("kit_fake_key") })

const clientOf = <E, R>(layer: Layer.Layer<Kit, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Kit))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, credential: Credentials.Credential = token) {
    const emulator = yield* Emulator.make(options)
    const kit = yield* clientOf(
      Layer.effect(Kit, Integration.client(definition)).pipe(
        Layer.provide(IntegrationClient.layer(definition)),
        Layer.provide(Credentials.layer(credential)),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, kit }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const kit = yield* clientOf(
      Kit.layer({ credentials: Credentials.layer(token), policy }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, kit }
  }
)
