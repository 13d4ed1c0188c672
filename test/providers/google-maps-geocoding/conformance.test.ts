import { Redacted } from "effect"
import { Credentials } from "holdfast"
import { definition, Emulator, GoogleMapsGeocoding } from "holdfast/providers/google-maps-geocoding"
import * as Provider from "holdfast/testing/conformance/Provider"
import { type Client, everything } from "./everything.js"

const key = (text: string) => Credentials.ApiKey({ key: Redacted.make(`fake-maps-key-${text}`) })

const probe = (maps: Client) => maps.geocoding.find({ urlParams: { address: "Berlin" } })

const { body } = Emulator

Provider.suite({
  tag: GoogleMapsGeocoding,
  definition,
  emulator: Emulator.make,
  layerTest: GoogleMapsGeocoding.layerTest,
  credentials: [key("one"), key("two")],
  calls: everything,
  probe,
  errors: [
    {
      name: "200, OVER_QUERY_LIMIT",
      status: 200,
      body: body("OVER_QUERY_LIMIT", "too many"),
      expect: { _tag: "RateLimitError", code: "OVER_QUERY_LIMIT", message: "too many", retryable: true }
    },
    {
      name: "200, OVER_DAILY_LIMIT",
      status: 200,
      body: body("OVER_DAILY_LIMIT", "billing is off"),
      expect: { _tag: "AuthorizationError", code: "OVER_DAILY_LIMIT", message: "billing is off", retryable: false }
    },
    {
      name: "200, REQUEST_DENIED",
      status: 200,
      body: body("REQUEST_DENIED", "This project may not use this API."),
      expect: { _tag: "AuthorizationError", code: "REQUEST_DENIED", retryable: false }
    },
    {
      name: "200, REQUEST_DENIED for a key that is none",
      status: 200,
      body: body("REQUEST_DENIED", "The API key is expired."),
      expect: { _tag: "AuthenticationError", code: "REQUEST_DENIED", retryable: false }
    },
    {
      name: "200, REQUEST_DENIED without a word",
      status: 200,
      body: body("REQUEST_DENIED"),
      expect: { _tag: "AuthorizationError", code: "REQUEST_DENIED", retryable: false }
    },
    {
      name: "200, INVALID_REQUEST",
      status: 200,
      body: body("INVALID_REQUEST"),
      expect: { _tag: "ValidationError", code: "INVALID_REQUEST", retryable: false }
    },
    {
      name: "400, INVALID_REQUEST",
      status: 400,
      body: body("INVALID_REQUEST"),
      expect: { _tag: "ValidationError", code: "INVALID_REQUEST", retryable: false }
    },
    {
      name: "200, NOT_FOUND",
      status: 200,
      body: body("NOT_FOUND"),
      expect: { _tag: "NotFoundError", code: "NOT_FOUND", retryable: false }
    },
    {
      name: "200, UNKNOWN_ERROR",
      status: 200,
      body: body("UNKNOWN_ERROR"),
      expect: { _tag: "ServerError", code: "UNKNOWN_ERROR", retryable: true }
    },
    {
      name: "200, a status that nobody knows yet",
      status: 200,
      body: body("OF_THE_FUTURE"),
      expect: { _tag: "ServerError", code: "OF_THE_FUTURE", retryable: false }
    },
    ...["MAX_DIMENSIONS_EXCEEDED", "MAX_ELEMENTS_EXCEEDED", "MAX_ROUTE_LENGTH_EXCEEDED", "MAX_WAYPOINTS_EXCEEDED"].map(
      (code) => ({
        name: `200, ${code}`,
        status: 200,
        body: body(code),
        expect: { _tag: "ValidationError" as const, code, retryable: false }
      })
    ),
    {
      name: "503, a status that nobody knows yet",
      status: 503,
      body: body("OF_THE_FUTURE"),
      expect: { _tag: "ServerError", code: "OF_THE_FUTURE", retryable: true }
    },
    {
      name: "429, a status that nobody knows yet",
      status: 429,
      body: body("OF_THE_FUTURE"),
      expect: { _tag: "RateLimitError", code: "OF_THE_FUTURE", retryable: true }
    },
    { name: "404", status: 404, body: "<html>", expect: { _tag: "NotFoundError" } },
    { name: "500 of the front end", status: 500, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    {
      name: "503 with a header",
      status: 503,
      headers: { "retry-after": "3" },
      body: "<html>",
      expect: { _tag: "ServerError", retryAfter: "3 seconds", retryable: true }
    }
  ],
  tolerates: [
    { name: "no results at all", body: { status: "ZERO_RESULTS" }, call: probe },
    {
      name: "a result with no more than it must have, of a kind that is new",
      body: {
        results: [{
          formatted_address: "",
          geometry: { location: { lat: 1, lng: 2 }, location_type: "OF_THE_FUTURE" },
          partial_match: true,
          place_id: "p"
        }],
        status: "OK"
      },
      call: probe
    }
  ],
  lists: [],
  requests: "requests.http"
})
