import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, GooglePlaces, searches } from "holdfast/providers/google-places"
import { RpcErrors } from "holdfast/testing"
import * as Provider from "holdfast/testing/conformance/Provider"
import { type Client, everything } from "./everything.js"

const key = (text: string) => Credentials.ApiKey({ key: Redacted.make(`fake-maps-key-${text}`) })

const mask = { "x-goog-fieldmask": ["places.id", "nextPageToken"] } as const

const probe = (google: Client) => google.places.searchText({ headers: mask, payload: { textQuery: "Cafe" } })

Provider.suite({
  tag: GooglePlaces,
  definition,
  emulator: Emulator.make,
  layerTest: GooglePlaces.layerTest,
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
      expect: { _tag: "AuthenticationError", code: "INVALID_ARGUMENT", message: "API_KEY_INVALID", retryable: false }
    },
    {
      name: "403, the key may not be used for this",
      status: 403,
      body: RpcErrors.status(403, "blocked", [RpcErrors.errorInfo("API_KEY_SERVICE_BLOCKED")]),
      expect: { _tag: "AuthorizationError", code: "PERMISSION_DENIED", message: "API_KEY_SERVICE_BLOCKED" }
    },
    {
      name: "404",
      status: 404,
      body: RpcErrors.status(404, "no such place"),
      expect: { _tag: "NotFoundError", code: "NOT_FOUND", retryable: false }
    },
    {
      name: "429",
      status: 429,
      body: RpcErrors.status(429, "too many"),
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", retryable: true }
    },
    {
      name: "429 with a header",
      status: 429,
      headers: { "retry-after": "9" },
      body: RpcErrors.status(429, "too many"),
      expect: { _tag: "RateLimitError", retryAfter: "9 seconds", retryable: true }
    },
    {
      name: "503",
      status: 503,
      body: RpcErrors.status(503, "away"),
      expect: { _tag: "ServerError", code: "UNAVAILABLE", retryable: true }
    }
  ],
  tolerates: [
    { name: "nothing found", body: {}, call: probe },
    {
      name: "a place with nothing in it, and members of enumerations that are new",
      body: { places: [{}, { businessStatus: "OF_THE_FUTURE", id: "p", priceLevel: "OF_THE_FUTURE", rating: null }] },
      call: probe
    },
    {
      name: "reviews, with all that is said of one, and with nothing",
      body: {
        rating: 4.3,
        reviewSummary: { reviewsUri: "https://maps.example/reviews", text: { languageCode: "en", text: "Good" } },
        reviews: [
          {
            authorAttribution: { displayName: "Ada", photoUri: "https://photos.example/ada" },
            flagContentUri: "https://maps.example/flag",
            googleMapsUri: "https://maps.example/review",
            name: "places/p/reviews/r",
            originalText: { languageCode: "de", text: "Gut" },
            rating: 5,
            text: { languageCode: "en", text: "Good" },
            visitDate: { month: 1, year: 2026 }
          },
          { authorAttribution: null, visitDate: null }
        ]
      },
      call: (google) =>
        Effect.filterOrDie(
          google.places.get({
            headers: { "x-goog-fieldmask": ["rating", "reviews", "reviewSummary"] },
            path: { placeId: "p" }
          }),
          ({ rating, reviewSummary, reviews: [one] }) =>
            rating === 4.3 && reviewSummary?.text?.text === "Good" && one?.rating === 5 &&
            one.originalText?.text === "Gut" && one.visitDate?.month === 1 && one.flagContentUri !== undefined &&
            one.googleMapsUri !== undefined && one.authorAttribution?.photoUri !== undefined,
          () => new Error("not all that was said")
        )
    }
  ],
  lists: [
    {
      operation: "places.searchText",
      fill: () => Effect.void,
      stream: (google) =>
        Pagination.items(google.places.searchText, searches, {
          headers: mask,
          payload: { pageSize: 20, textQuery: "Cafe" }
        }),
      items: 60,
      pages: 3
    }
  ],
  requests: "requests.http"
})
