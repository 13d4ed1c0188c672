/** Both operations of the Routes API, their answers checked. */
import { deepStrictEqual } from "@effect/vitest/utils"
import { type Context, Duration, Effect } from "effect"
import type { GoogleRoutes } from "holdfast/providers/google-routes"

export type Client = Context.Tag.Service<typeof GoogleRoutes>

export const everything = Effect.fnUntraced(function*(google: Client) {
  const { routes } = yield* google.routes.compute({
    headers: { "x-goog-fieldmask": ["routes.distanceMeters", "routes.duration"] },
    payload: {
      computeAlternativeRoutes: false,
      departureTime: "2026-01-31T09:00:00Z",
      destination: { location: { latLng: { latitude: 1, longitude: 0 } } },
      intermediates: [{ location: { latLng: { latitude: 2, longitude: 0 } }, via: true }],
      languageCode: "en",
      origin: { location: { latLng: { latitude: 0, longitude: 0 } } },
      regionCode: "de",
      routeModifiers: { avoidFerries: true, avoidHighways: true, avoidTolls: true },
      routingPreference: "TRAFFIC_AWARE",
      travelMode: "TWO_WHEELER",
      units: "METRIC"
    }
  })
  // of what the mask names, and nothing else
  deepStrictEqual(routes, [{
    distanceMeters: 333_000,
    duration: Duration.seconds(16_650),
    legs: [],
    routeLabels: [],
    warnings: []
  }])
  const none = yield* google.routes.compute({
    headers: { "x-goog-fieldmask": ["*"] },
    payload: {
      arrivalTime: "2026-01-31T18:00:00Z",
      destination: { placeId: "Tokyo" },
      origin: { address: "Berlin" },
      travelMode: "TRANSIT"
    }
  })
  deepStrictEqual(none, { routes: [] })
  const matrix = yield* google.routes.computeMatrix({
    headers: { "x-goog-fieldmask": ["originIndex", "destinationIndex", "status", "condition", "duration"] },
    payload: {
      destinations: [{ waypoint: { address: "Berlin" } }, { waypoint: { placeId: "Tokyo" } }],
      origins: [{ waypoint: { address: "Berlin" } }, {
        waypoint: { location: { latLng: { latitude: 52.5, longitude: 13.4 } } }
      }],
      travelMode: "WALK"
    }
  })
  deepStrictEqual(
    matrix.map((one) => [one.originIndex, one.destinationIndex, one.condition, one.duration, one.distanceMeters]),
    [
      [0, 0, "ROUTE_EXISTS", Duration.zero, undefined],
      [0, 1, "ROUTE_NOT_FOUND", undefined, undefined],
      [1, 0, "ROUTE_EXISTS", Duration.zero, undefined],
      [1, 1, "ROUTE_NOT_FOUND", undefined, undefined]
    ]
  )
})
