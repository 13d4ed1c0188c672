import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Integration, IntegrationClient } from "holdfast"
import { definition, Emulator, GoogleBusinessProfile } from "holdfast/providers/google-business-profile"
import * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof GoogleBusinessProfile>

export const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("ya29.fake") }))

/** The first location of the account that the emulator starts with. */
export const path = { accountId: "100001", locationId: "200001" }

/** The typed client without any policy, and the emulator behind it. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    Layer.effect(GoogleBusinessProfile, Integration.client(definition)).pipe(
      Layer.provide(IntegrationClient.layer(definition)),
      Layer.provide(credentials),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { emulator, google: Context.get(context, GoogleBusinessProfile) }
})

/** The same over its standard stack. */
export const withPolicies = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    GoogleBusinessProfile.layer({ credentials }).pipe(
      Layer.provide(Holdfast.layerMemory),
      Layer.provide(Testing.Emulator.layerHttpClient(emulator))
    )
  )
  return { emulator, google: Context.get(context, GoogleBusinessProfile) }
})
