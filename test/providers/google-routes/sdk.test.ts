/** Google's own client of Routes against the emulator, over a socket: what it expects of Google, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { protos, RoutesClient } from "@googlemaps/routing"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials } from "holdfast"
import { Emulator, GoogleRoutes } from "holdfast/providers/google-routes"
import { Emulated, Faults, RpcErrors } from "holdfast/testing"
import { alt, named, ofKey, refused, rest } from "../google.js"
import { asked } from "../promised.js"
import { sent } from "../sent.js"

const { RouteTravelMode, RoutingPreference, Units } = protos.google.maps.routing.v2

type Matrix = protos.google.maps.routing.v2.IComputeRouteMatrixRequest
type Element = protos.google.maps.routing.v2.IRouteMatrixElement

const apiKey = "fake-maps-key"

const started = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const { emulator, port } = yield* Emulator.serve(options)
  return { client: new RoutesClient(rest(port, ofKey(apiKey))), emulator }
})

/** The mask is a header, for which the client has no parameter. */
const mask = (...fields: ReadonlyArray<string>) => ({
  otherArgs: { headers: { "X-Goog-FieldMask": fields.join(",") } }
})

/** A matrix comes as a stream of its elements. */
const matrix = async (client: RoutesClient, request: Matrix, fields: ReturnType<typeof mask>) => {
  const elements: Array<Element> = []
  for await (const element of client.computeRouteMatrix(request, fields)) elements.push(element as Element)
  return elements
}

const Berlin = { address: "Berlin" }
const Paris = { address: "Paris" }

describe("@googlemaps/routing", () => {
  it.scopedLive("computes a route, and none where there is none", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const [found] = yield* asked(() =>
        client.computeRoutes(
          {
            destination: { location: { latLng: { latitude: 1, longitude: 0 } } },
            intermediates: [{ location: { latLng: { latitude: 2, longitude: 0 } }, via: true }],
            origin: { location: { latLng: { latitude: 0, longitude: 0 } } },
            travelMode: "TWO_WHEELER"
          },
          mask("routes.distanceMeters", "routes.duration", "routes.legs")
        )
      )
      const [route] = found.routes ?? []
      assert.deepStrictEqual([route?.distanceMeters, route?.duration?.seconds, route?.description], [
        333_000,
        "16650",
        ""
      ])
      assert.deepStrictEqual(route?.legs?.map((leg) => leg.distanceMeters), [222_000, 111_000])
      const [none] = yield* asked(() =>
        client.computeRoutes({ destination: { placeId: "Tokyo" }, origin: Berlin, travelMode: "WALK" }, mask("*"))
      )
      assert.deepStrictEqual(none.routes, [])
    }))

  it.scopedLive("streams a matrix, whose elements have conditions and indexes", () =>
    Effect.gen(function*() {
      const { client } = yield* started()
      const elements = yield* asked(() =>
        matrix(
          client,
          {
            destinations: [{ waypoint: Berlin }, { waypoint: { placeId: "Tokyo" } }],
            origins: [{ waypoint: Berlin }, { waypoint: Paris }],
            travelMode: "DRIVE"
          },
          mask("originIndex", "destinationIndex", "status", "condition", "distanceMeters", "duration")
        )
      )
      assert.deepStrictEqual(
        elements.map((one) => [
          one.originIndex,
          one.destinationIndex,
          one.condition,
          one.status?.code,
          one.distanceMeters,
          one.duration?.seconds
        ]),
        [
          [0, 0, "ROUTE_EXISTS", 0, 0, "0"],
          [0, 1, "ROUTE_NOT_FOUND", 0, 0, undefined],
          [1, 0, "ROUTE_EXISTS", 0, 903_091, "36124"],
          [1, 1, "ROUTE_NOT_FOUND", 0, 0, undefined]
        ]
      )
    }))

  it.scopedLive("reads the errors of google.rpc, with their details, also those of a stream", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      const route = { destination: Paris, origin: Berlin }
      // without a mask
      yield* refused(() => client.computeRoutes(route), "INVALID_ARGUMENT")
      const ends = { destinations: [{ waypoint: Paris }], origins: [{ waypoint: Berlin }] }
      yield* refused(() => matrix(client, ends, mask("duration")), "INVALID_ARGUMENT")
      yield* emulator.setFaults(Faults.always(Faults.status(429, {
        body: RpcErrors.status(429, "too many", [RpcErrors.errorInfo("RATE_LIMIT_EXCEEDED"), RpcErrors.retryInfo(2)])
      })))
      const limited = yield* refused(() => client.computeRoutes(route, mask("*")), "RESOURCE_EXHAUSTED")
      assert.deepStrictEqual([limited.reason, limited.message], ["RATE_LIMIT_EXCEEDED", "too many"])
      assert.nestedPropertyVal(limited, "statusDetails[1].retryDelay.seconds.low", 2)
      const closed = yield* started({ authorize: () => false })
      const refusal = yield* refused(() => closed.client.computeRoutes(route, mask("*")), "INVALID_ARGUMENT")
      assert.strictEqual(refusal.reason, "API_KEY_INVALID")
    }))

  it.scopedLive("sends what our client sends, but for numbers in the place of names", () =>
    Effect.gen(function*() {
      const { client, emulator } = yield* started()
      const waypoints = {
        destination: { location: { latLng: { latitude: 1, longitude: 2 } } },
        intermediates: [{ placeId: "Paris", via: true }],
        origin: Berlin
      }
      const asks = {
        languageCode: "en",
        regionCode: "de",
        routingPreference: "TRAFFIC_AWARE",
        travelMode: "DRIVE",
        units: "METRIC"
      } as const
      const ends = { destinations: [{ waypoint: Paris }], origins: [{ waypoint: { placeId: "Berlin" } }] } as const
      const routeModifiers = { avoidFerries: true, avoidHighways: true, avoidTolls: true }
      const fields = ["routes.duration", "routes.distanceMeters"]
      yield* asked(async () => {
        await client.computeRoutes({
          ...asks,
          ...waypoints,
          computeAlternativeRoutes: true,
          departureTime: { seconds: Date.parse("2026-01-31T09:00:00Z") / 1000 },
          routeModifiers
        }, mask(...fields))
        await matrix(client, { ...asks, destinations: [...ends.destinations], origins: [...ends.origins] }, mask("*"))
      })

      const ours = yield* Emulator.make()
      const context = yield* Layer.build(Emulated.layerBare(GoogleRoutes, ours, {
        credentials: Credentials.layer(Credentials.ApiKey({ key: Redacted.make(apiKey) }))
      }))
      const { routes } = Context.get(context, GoogleRoutes)
      yield* routes.compute({
        headers: { "x-goog-fieldmask": fields },
        payload: {
          ...asks,
          ...waypoints,
          computeAlternativeRoutes: true,
          departureTime: "2026-01-31T09:00:00.000Z",
          routeModifiers
        }
      })
      yield* routes.computeMatrix({ headers: { "x-goog-fieldmask": ["*"] }, payload: { ...asks, ...ends } })

      const enums = { routingPreference: RoutingPreference, travelMode: RouteTravelMode, units: Units }
      assert.deepStrictEqual(
        (yield* sent(emulator)).map(({ body, ...request }) => ({ ...request, body: named(body, enums) })),
        (yield* sent(ours)).map(({ query, ...request }) => ({ ...request, query: { ...query, ...alt } }))
      )
    }))
})
