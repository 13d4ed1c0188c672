import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, type IntegrationError } from "holdfast"
import { Emulator, GoogleRoutes } from "holdfast/providers/google-routes"
import * as Testing from "holdfast/testing"
import { fetched } from "../../fetched.js"

const credentials = Credentials.layer(Credentials.ApiKey({ key: Redacted.make("fake-maps-key") }))

const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Testing.Emulated.layerBare(GoogleRoutes, emulator, { credentials }))
  return { emulator, google: Context.get(context, GoogleRoutes) }
})

const at = { waypoint: { location: { latLng: { latitude: 0, longitude: 0 } } } }

const named = { waypoint: { address: "Berlin" } }

const ends = (end: typeof at | typeof named, count: number) =>
  [end, ...Array.from({ length: count - 1 }, () => end)] as const

describe("traps of Routes", () => {
  it.scoped("what Google would refuse is not sent: masks, stops, elements", () =>
    Effect.gen(function*() {
      const { emulator, google } = yield* inProcess()
      const headers = { "x-goog-fieldmask": ["status"] } as const
      type Matrix = Parameters<typeof google.routes.computeMatrix>[0]["payload"]
      const matrix = (payload: Matrix) => google.routes.computeMatrix({ headers, payload })
      const wrong: ReadonlyArray<readonly [string, Effect.Effect<unknown, IntegrationError.IntegrationError>]> = [
        ["at most 625 elements", matrix({ destinations: ends(at, 26), origins: ends(at, 25) })],
        ["at most 100 elements", matrix({ destinations: ends(at, 11), origins: ends(at, 10), travelMode: "TRANSIT" })],
        [
          "at most 100 elements",
          matrix({ destinations: ends(at, 11), origins: ends(at, 10), routingPreference: "TRAFFIC_AWARE_OPTIMAL" })
        ],
        ["here are 51", matrix({ destinations: ends(named, 50), origins: [named] })],
        [
          "names status",
          google.routes.computeMatrix({
            headers: { "x-goog-fieldmask": ["duration"] },
            payload: { destinations: [at], origins: [at] }
          })
        ],
        [
          "at most 25",
          google.routes.compute({
            headers,
            payload: {
              destination: named.waypoint,
              intermediates: Array.from({ length: 26 }, () => named.waypoint),
              origin: named.waypoint
            }
          })
        ],
        [
          "payload.origin.placeId: one of location, placeId and address",
          google.routes.compute({
            headers,
            payload: { destination: named.waypoint, origin: { ...at.waypoint, placeId: "p" } as never }
          })
        ],
        [
          "a time such as",
          google.routes.compute({
            headers,
            payload: { departureTime: "tomorrow", destination: named.waypoint, origin: named.waypoint }
          })
        ]
      ]
      for (const [part, call] of wrong) {
        const error = yield* Effect.flip(call)
        strictEqual(error._tag, "ValidationError")
        assertInclude(error.message, "nothing was sent")
        assertInclude(error.message, part)
      }
      deepStrictEqual(yield* emulator.ledger, [])
      strictEqual((yield* matrix({ destinations: ends(at, 25), origins: ends(at, 25) })).length, 625)
    }))

  it.scoped("durations are texts, \"123s\": what is none is a ResponseDecodeError", () =>
    Effect.gen(function*() {
      const { google } = yield* inProcess({
        faults: Testing.Faults.script([Testing.Faults.status(200, { body: { routes: [{ duration: "2 hours" }] } })])
      })
      const error = yield* Effect.flip(google.routes.compute({
        headers: { "x-goog-fieldmask": ["routes.duration"] },
        payload: { destination: named.waypoint, origin: named.waypoint }
      }))
      strictEqual(error._tag, "ResponseDecodeError")
      assertInclude(error.message, "a duration such as")
    }))

  it.scoped("a matrix that broke off is an error, and no element from the first place to the first", () =>
    Effect.gen(function*() {
      const body = [{ condition: "ROUTE_EXISTS", duration: "1s", originIndex: 1, status: {} }, { error: { code: 503 } }]
      const { google } = yield* inProcess({ faults: Testing.Faults.script([Testing.Faults.status(200, { body })]) })
      const error = yield* Effect.flip(google.routes.computeMatrix({
        headers: { "x-goog-fieldmask": ["status", "duration"] },
        payload: { destinations: [at], origins: [at, at] }
      }))
      deepStrictEqual([error._tag, error.retryable], ["ServerError", true])
      // an element that has failed by itself is none
      const failed = [{ condition: "ROUTE_NOT_FOUND", status: { code: 5, message: "no" } }]
      const other = yield* inProcess({ faults: Testing.Faults.script([Testing.Faults.status(200, { body: failed })]) })
      const [one] = yield* other.google.routes.computeMatrix({
        headers: { "x-goog-fieldmask": ["status"] },
        payload: { destinations: [at], origins: [at] }
      })
      deepStrictEqual(one?.status, { code: 5, message: "no" })
    }))

  it.scoped("without a field mask, the emulator refuses as Google does", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Emulator.serve({ rateLimit: Emulator.limits({ minutely: 2 }) })
      const post = (headers: Readonly<Record<string, string>>) =>
        Effect.promise(async () => {
          const answer = await fetched(`${baseUrl}/directions/v2:computeRoutes`, {
            body: JSON.stringify({ destination: named.waypoint, origin: named.waypoint }),
            headers: { "x-goog-api-key": "fake-maps-key", ...headers },
            method: "POST"
          })
          const read = await answer.json() as { readonly error?: { readonly status: string } }
          return [answer.status, read.error?.status]
        })
      deepStrictEqual(yield* post({}), [400, "INVALID_ARGUMENT"])
      deepStrictEqual(yield* post({ "x-goog-fieldmask": "routes" }), [200, undefined])
      deepStrictEqual(yield* post({ "x-goog-fieldmask": "routes" }), [429, "RESOURCE_EXHAUSTED"])
    }))
})
