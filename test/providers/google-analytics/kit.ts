import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Integration, IntegrationClient } from "holdfast"
import { definition, Emulator, GoogleAnalytics } from "holdfast/providers/google-analytics"
import * as Testing from "holdfast/testing"

/** The typed client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    Layer.effect(GoogleAnalytics, Integration.client(definition)).pipe(
      Layer.provide(IntegrationClient.layer(definition)),
      Layer.provide(Credentials.layer(Credentials.Bearer({ token: Redacted.make("ya29.fake") }))),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { analytics: Context.get(context, GoogleAnalytics), emulator }
})
