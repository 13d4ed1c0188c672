/** Every operation of the Measurement Protocol, and what comes of it. */
import { deepStrictEqual } from "@effect/vitest/utils"
import { type Context, Effect } from "effect"
import type { Emulator, GoogleAnalyticsEvents } from "holdfast/providers/google-analytics-events"
import type * as Testing from "holdfast/testing"

export type Client = Context.Tag.Service<typeof GoogleAnalyticsEvents>

export const web = { measurement_id: "G-AB12CD34EF" }

export const app = { firebase_app_id: "1:1234567890:android:abcdef" }

export const everything = Effect.fnUntraced(
  function*(analytics: Client, emulator: Testing.Emulator.Emulator<Emulator.State>) {
    const payload = {
      client_id: "1234567890.1700000000",
      consent: { ad_personalization: "DENIED", ad_user_data: "GRANTED" },
      events: [
        {
          name: "purchase",
          params: {
            currency: "EUR",
            engagement_time_msec: 100,
            items: [{ item_id: "SKU-1", item_name: "Engine", price: 12.5, quantity: 1 }],
            session_id: "1700000000",
            transaction_id: "T-1",
            value: 12.5
          }
        },
        { name: "tutorial_complete" }
      ],
      timestamp_micros: 1_000_000,
      user_data: { sha256_email_address: ["fake-hash"] },
      user_id: "u-1",
      user_properties: { plan: { value: "gold" }, seats: { value: 3 } }
    } as const
    deepStrictEqual(yield* analytics.events.collect({ payload, urlParams: web }), undefined)
    deepStrictEqual(
      yield* analytics.events.collect({
        payload: { app_instance_id: "0123456789abcdef0123456789abcdef", events: [{ name: "level_up" }] },
        urlParams: app
      }),
      undefined
    )
    deepStrictEqual(
      yield* analytics.events.validate({
        payload: { ...payload, validation_behavior: "ENFORCE_RECOMMENDATIONS" },
        urlParams: web
      }),
      { validationMessages: [] }
    )
    const { dropped, events } = yield* emulator.state
    deepStrictEqual(dropped, [])
    deepStrictEqual(events.map(({ event, stream }) => [stream, event.name]), [
      [web.measurement_id, "purchase"],
      [web.measurement_id, "tutorial_complete"],
      [app.firebase_app_id, "level_up"]
    ])
    deepStrictEqual(events[0]?.at, 1000)
  }
)
