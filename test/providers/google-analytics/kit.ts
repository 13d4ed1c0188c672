import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials } from "holdfast"
import { Emulator, GoogleAnalytics } from "holdfast/providers/google-analytics"
import { Emulated } from "holdfast/testing"

const credentials = Credentials.layer(Credentials.Bearer({ token: Redacted.make("ya29.fake") }))

/** A client without policies, and the emulator behind it, in process. */
export const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Emulated.layerBare(GoogleAnalytics, emulator, { credentials }))
  return { analytics: Context.get(context, GoogleAnalytics), emulator }
})
