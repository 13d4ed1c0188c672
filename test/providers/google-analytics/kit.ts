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

export const lastWeek = [{ endDate: "yesterday", startDate: "7daysAgo" }]

/** Sessions by country and device. */
export const pivoted = {
  dateRanges: lastWeek,
  dimensions: [{ name: "country" }, { name: "deviceCategory" }],
  metrics: [{ name: "sessions" }],
  pivots: [
    { fieldNames: ["country"], limit: 1, orderBys: [{ dimension: { dimensionName: "country" } }] },
    { fieldNames: ["deviceCategory"], limit: 5 }
  ] satisfies [object, object]
}
