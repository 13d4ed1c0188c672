import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient, type Provider } from "holdfast"
import { apiKey, definition, Emulator, Mailchimp } from "holdfast/providers/mailchimp"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof Mailchimp>

export const listId = "a1b2c3d4e5"

export const key = apiKey(Redacted.make("fake0123456789-us19"))

const clientOf = <E, R>(layer: Layer.Layer<Mailchimp, E, R>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Mailchimp))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, credential: Credentials.Credential = key) {
    const emulator = yield* Emulator.make(options)
    const mailchimp = yield* clientOf(
      Layer.effect(Mailchimp, Integration.client(definition)).pipe(
        Layer.provide(IntegrationClient.layer(definition)),
        Layer.provide(Credentials.layer(credential)),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, mailchimp }
  }
)

/** The same over the standard stack. */
export const withPolicies = Effect.fnUntraced(
  function*(options: Testing.Emulator.Options = {}, policy: Exclude<Provider.PolicyOption, Layer.Layer.Any> = {}) {
    const emulator = yield* Emulator.make(options)
    const mailchimp = yield* clientOf(
      Mailchimp.layer({ baseUrl: "https://us19.api.mailchimp.com", credentials: Credentials.layer(key), policy }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
    )
    return { emulator, mailchimp }
  }
)
