import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, Integration, IntegrationClient } from "holdfast"
import { definition, Emulator, Twilio } from "holdfast/providers/twilio"
import * as Testing from "holdfast/testing"

export const { accountSid } = Emulator

export const path = { accountSid }

export const credential = Credentials.Basic({
  password: Redacted.make("fake-secret-of-the-key"),
  username: "SK00000000000000000000000000000001"
})

/** The typed client without any policy, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const layer = Layer.effect(Twilio, Integration.client(definition)).pipe(
    Layer.provide(IntegrationClient.layer(definition)),
    Layer.provide(Credentials.layer(credential)),
    Layer.provide(Testing.Emulator.layerHttpClient(emulator))
  )
  return { emulator, layer, twilio: Context.get(yield* Layer.build(layer), Twilio) }
})

export type Client = Context.Tag.Service<typeof Twilio>

export const to = "+15558675310"
export const from = "+15005550006"

export const text = (Body: string) => ({ path, payload: { Body, From: from, To: to } })
