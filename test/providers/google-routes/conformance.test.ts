import { Duration, Effect, Redacted } from "effect"
import { Credentials } from "holdfast"
import { definition, Emulator, GoogleRoutes } from "holdfast/providers/google-routes"
import { RpcErrors } from "holdfast/testing"
import * as Provider from "holdfast/testing/conformance/Provider"
import { type Client, everything } from "./everything.js"

const key = (text: string) => Credentials.ApiKey({ key: Redacted.make(`fake-maps-key-${text}`) })

const berlin = { address: "Berlin" }

const probe = (google: Client) =>
  google.routes.compute({
    headers: { "x-goog-fieldmask": ["routes.duration"] },
    payload: { destination: berlin, origin: berlin }
  })

const matrix = (google: Client) =>
  google.routes.computeMatrix({
    headers: { "x-goog-fieldmask": ["status", "duration"] },
    payload: { destinations: [{ waypoint: berlin }], origins: [{ waypoint: berlin }] }
  })

Provider.suite({
  tag: GoogleRoutes,
  definition,
  emulator: Emulator.make,
  layerTest: GoogleRoutes.layerTest,
  credentials: [key("one"), key("two")],
  calls: everything,
  probe,
  errors: [
    {
      name: "400",
      status: 400,
      body: RpcErrors.status(400, "the field mask is missing"),
      expect: { _tag: "ValidationError", code: "INVALID_ARGUMENT", retryable: false }
    },
    {
      name: "400, a key that is none",
      status: 400,
      body: RpcErrors.status(400, "not valid", [RpcErrors.errorInfo("API_KEY_INVALID")]),
      expect: { _tag: "AuthenticationError", code: "INVALID_ARGUMENT", retryable: false }
    },
    {
      name: "403, the API is not enabled",
      status: 403,
      body: RpcErrors.status(403, "off", [RpcErrors.errorInfo("SERVICE_DISABLED")]),
      expect: { _tag: "AuthorizationError", code: "PERMISSION_DENIED", message: "SERVICE_DISABLED" }
    },
    {
      name: "404",
      status: 404,
      body: RpcErrors.status(404, "no"),
      expect: { _tag: "NotFoundError", code: "NOT_FOUND" }
    },
    {
      name: "429, in the array of a method that streams",
      status: 429,
      body: [RpcErrors.status(429, "too many")],
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", retryable: true }
    },
    {
      name: "200, and an error in the place of an element: the stream broke off",
      status: 200,
      body: [
        { condition: "ROUTE_EXISTS", destinationIndex: 1, duration: "1s", status: {} },
        RpcErrors.status(429, "too many")
      ],
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", message: "too many", retryable: true }
    },
    {
      name: "200, and an error of a kind that nobody knows yet",
      status: 200,
      body: [{ error: { code: 200, message: "odd" } }],
      expect: { _tag: "ServerError", message: "odd", retryable: true }
    },
    {
      name: "503",
      status: 503,
      headers: { "retry-after": "2" },
      body: RpcErrors.status(503, "away"),
      expect: { _tag: "ServerError", code: "UNAVAILABLE", retryAfter: "2 seconds", retryable: true }
    }
  ],
  tolerates: [
    { name: "no route", body: {}, call: probe },
    {
      name: "another route than was asked for, of an address that was found in part",
      body: {
        fallbackInfo: { reason: "OF_THE_FUTURE", routingMode: "FALLBACK_TRAFFIC_UNAWARE" },
        geocodingResults: {
          destination: { geocoderStatus: {}, partialMatch: true, placeId: "p", type: ["locality"] },
          intermediates: null
        },
        routes: [{ distanceMeters: 1, duration: "1s" }]
      },
      call: (google) =>
        Effect.filterOrDie(
          probe(google),
          ({ fallbackInfo, geocodingResults }) =>
            fallbackInfo?.reason === "OF_THE_FUTURE" && geocodingResults?.destination?.partialMatch === true,
          () => new Error("not what was answered")
        )
    },
    {
      name: "an element whose zeros are left out, of a condition that is new",
      body: [{ condition: "OF_THE_FUTURE", duration: "160.5s", status: {} }],
      call: (google) =>
        Effect.filterOrDie(
          matrix(google),
          ([one]) =>
            one?.originIndex === 0 && one.destinationIndex === 0 && Duration.toMillis(one.duration ?? 0) === 160_500,
          () => new Error("not what was answered")
        )
    }
  ],
  lists: [],
  requests: "requests.http"
})
