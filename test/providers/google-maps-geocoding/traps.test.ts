import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { Credentials } from "holdfast"
import { Emulator, GoogleMapsGeocoding, type Schemas } from "holdfast/providers/google-maps-geocoding"
import * as Testing from "holdfast/testing"
import { fetched } from "../../fetched.js"

const key = "fake-maps-key"

const standard = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(
    Testing.Emulated.layer(GoogleMapsGeocoding, emulator, {
      credentials: Credentials.layer(Credentials.ApiKey({ key: Redacted.make(key) })),
      policy: { retry: { jitter: "none" } }
    })
  )
  return { emulator, maps: Context.get(context, GoogleMapsGeocoding) }
})

const berlin = { urlParams: { address: "Berlin" } }

const answers = (...statuses: ReadonlyArray<string>) =>
  Testing.Faults.script(statuses.map((status) => Testing.Faults.status(200, { body: Emulator.body(status) })))

describe("traps of Geocoding", () => {
  it.scoped("HTTP 200 and OVER_QUERY_LIMIT: the call waits, and is sent again", () =>
    Effect.gen(function*() {
      const { emulator, maps } = yield* standard({ faults: answers("OVER_QUERY_LIMIT", "UNKNOWN_ERROR") })
      const calling = yield* Effect.fork(maps.geocoding.find(berlin))
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(calling)).results.length, 2)
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 200, 200])
    }))

  it.scoped("OVER_DAILY_LIMIT and REQUEST_DENIED are for a person to mend: they are not sent again", () =>
    Effect.gen(function*() {
      for (const status of ["OVER_DAILY_LIMIT", "REQUEST_DENIED", "INVALID_REQUEST"]) {
        const { emulator, maps } = yield* standard({ faults: answers(status) })
        const error = yield* Effect.flip(maps.geocoding.find(berlin))
        deepStrictEqual([error.code, error.retryable], [status, false])
        strictEqual((yield* emulator.ledger).length, 1)
      }
    }))

  it.scoped("ZERO_RESULTS is a success", () =>
    Effect.gen(function*() {
      const { maps } = yield* standard()
      deepStrictEqual(yield* maps.geocoding.find({ urlParams: { address: "Atlantis" } }), {
        results: [],
        status: "ZERO_RESULTS"
      })
    }))

  it.scoped("the emulator's limit, its key and its refusals come with HTTP 200 as well", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({ rateLimit: Emulator.limits({ minutely: 2 }) })
      const get = (query: string) =>
        Effect.promise(async () => {
          const answer = await fetched(`${baseUrl}/maps/api/geocode/json?${query}`)
          const read = await answer.json() as { readonly status: string }
          return [answer.status, read.status]
        })
      deepStrictEqual(yield* get("address=Berlin"), [200, "REQUEST_DENIED"])
      deepStrictEqual(yield* get(`key=${key}`), [200, "INVALID_REQUEST"])
      deepStrictEqual(yield* get(`place_id=none&key=${key}`), [200, "NOT_FOUND"])
      deepStrictEqual(yield* get(`address=Berlin&key=${key}`), [200, "OVER_QUERY_LIMIT"])
      strictEqual(JSON.stringify(yield* emulator.ledger).includes(key), false)
    }))

  it.scoped("what Google would refuse is not sent", () =>
    Effect.gen(function*() {
      const { emulator, maps } = yield* standard()
      const wrong: ReadonlyArray<readonly [part: string, query: typeof Schemas.Query.Type]> = [
        ["one of address", {}],
        ["one of address", { address: "a", place_id: "b" }],
        ["one of address", { components: { country: "DE" }, latlng: { lat: 1, lng: 1 } }],
        ["at least one component", { components: {} }],
        ["a text without | and :", { components: { country: "DE|route:x" } }],
        ["latlng", { latlng: { lat: 91, lng: 0 } }],
        ["a region of two letters", { address: "a", region: "deu" }]
      ]
      for (const [part, urlParams] of wrong) {
        const error = yield* Effect.flip(maps.geocoding.find({ urlParams }))
        strictEqual(error._tag, "ValidationError")
        assertInclude(error.message, "nothing was sent")
        assertInclude(error.message, part)
      }
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})
