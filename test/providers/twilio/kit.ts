import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials } from "holdfast"
import { Emulator, Twilio } from "holdfast/providers/twilio"
import { Emulated } from "holdfast/testing"

export const { accountSid } = Emulator

export const path = { accountSid }

export const credential = Credentials.Basic({
  password: Redacted.make("fake-secret-of-the-key"),
  username: "SK00000000000000000000000000000001"
})

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    Emulated.layerBare(Twilio, emulator, { credentials: Credentials.layer(credential) })
  )
  return { emulator, twilio: Context.get(context, Twilio) }
})

export type Client = Context.Tag.Service<typeof Twilio>

export const to = "+15558675310"
export const from = "+15005550006"

export const text = (Body: string) => ({ path, payload: { Body, From: from, To: to } })
