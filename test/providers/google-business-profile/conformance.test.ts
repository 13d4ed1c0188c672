import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import {
  definition,
  Emulator,
  GoogleBusinessProfile,
  locationReviews,
  reviews
} from "holdfast/providers/google-business-profile"
import { RpcErrors } from "holdfast/testing"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`ya29.fake-${text}`) })

const { Bodies } = Emulator

const { path } = Kit

Provider.suite({
  tag: GoogleBusinessProfile,
  definition,
  emulator: Emulator.make,
  layerTest: GoogleBusinessProfile.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (google) => google.accounts.list({ urlParams: { pageSize: 1 } }),
  errors: [
    {
      name: "400, a field that is not valid",
      status: 400,
      body: RpcErrors.status(400, "Request contains an invalid argument.", [
        RpcErrors.badRequest([{ message: "is no field", path: "read_mask" }])
      ]),
      expect: {
        _tag: "ValidationError",
        code: "INVALID_ARGUMENT",
        issues: [{ message: "is no field", path: "read_mask" }],
        retryable: false
      }
    },
    {
      name: "400, a location that is not verified",
      status: 400,
      body: Bodies.unverified,
      expect: { _tag: "ValidationError", code: "FAILED_PRECONDITION", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: RpcErrors.status(401, "the token has ended"),
      expect: { _tag: "AuthenticationError", code: "UNAUTHENTICATED", retryable: false }
    },
    {
      name: "403, not a manager",
      status: 403,
      body: RpcErrors.status(403, "the caller does not have permission"),
      expect: { _tag: "AuthorizationError", code: "PERMISSION_DENIED", retryable: false }
    },
    {
      name: "403, an API that is not enabled",
      status: 403,
      body: Bodies.disabled,
      expect: { _tag: "AuthorizationError", code: "PERMISSION_DENIED", message: "SERVICE_DISABLED" }
    },
    {
      name: "403 of an older kind, which is a rate limit",
      status: 403,
      body: { error: { code: 403, errors: [{ reason: "userRateLimitExceeded" }], message: "too fast" } },
      expect: { _tag: "RateLimitError", code: "userRateLimitExceeded", retryable: true }
    },
    {
      name: "404",
      status: 404,
      body: RpcErrors.status(404, "Requested entity was not found."),
      expect: { _tag: "NotFoundError", code: "NOT_FOUND", retryable: false }
    },
    {
      name: "409",
      status: 409,
      body: RpcErrors.status(409, "aborted"),
      expect: { _tag: "ConflictError", code: "ABORTED", retryable: false }
    },
    {
      name: "429",
      status: 429,
      body: Bodies.tooMany,
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", message: "RATE_LIMIT_EXCEEDED", retryable: true }
    },
    {
      name: "429 with RetryInfo",
      status: 429,
      body: RpcErrors.status(429, "too many", [RpcErrors.retryInfo(17)]),
      expect: { _tag: "RateLimitError", retryAfter: "17 seconds", retryable: true }
    },
    {
      name: "429 with a header",
      status: 429,
      headers: { "retry-after": "20" },
      body: Bodies.tooMany,
      expect: { _tag: "RateLimitError", retryAfter: "20 seconds", retryable: true }
    },
    {
      name: "429 of a project that is not approved",
      status: 429,
      body: Bodies.notApproved,
      expect: { _tag: "AuthorizationError", code: "RESOURCE_EXHAUSTED", retryable: false }
    },
    {
      name: "500",
      status: 500,
      body: RpcErrors.status(500, "Internal error encountered."),
      expect: { _tag: "ServerError", code: "INTERNAL", retryable: true }
    },
    {
      name: "503",
      status: 503,
      body: RpcErrors.status(503, "The service is currently unavailable."),
      expect: { _tag: "ServerError", code: "UNAVAILABLE", retryable: true }
    },
    { name: "502 of the front end", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    { name: "no accounts", body: {}, call: (google) => google.accounts.list() },
    {
      name: "no reviews, of which proto3 leaves out the list and the zeros",
      body: {},
      call: (google) =>
        Effect.filterOrDie(
          google.reviews.list({ path }),
          (page) => page.reviews.length === 0,
          () => new Error("reviews out of nowhere")
        )
    },
    {
      name: "a review with nothing but a name, and one with a rating and a state of a reply that are new",
      body: {
        reviews: [
          { name: "accounts/1/locations/2/reviews/3" },
          {
            comment: null,
            name: "accounts/1/locations/2/reviews/4",
            reviewMediaItems: [{ thumbnailUrl: "https://photos.example/1" }],
            reviewReply: { comment: "no", policyViolation: { of: "the future" }, reviewReplyState: "OF_THE_FUTURE" },
            starRating: "STAR_RATING_UNSPECIFIED"
          }
        ]
      },
      call: (google) => google.reviews.list({ path })
    },
    {
      name: "a setting with a type that is new",
      body: { name: "accounts/1/notificationSetting", notificationTypes: ["OF_THE_FUTURE"] },
      call: (google) => google.notifications.get({ path })
    }
  ],
  lists: [
    {
      operation: "reviews.list",
      fill: () => Effect.void,
      stream: (google) => Pagination.items(google.reviews.list, reviews, { path, urlParams: { pageSize: 25 } }),
      items: 60,
      pages: 3
    },
    {
      operation: "reviews.batchGet",
      fill: () => Effect.void,
      stream: (google) =>
        Pagination.items(google.reviews.batchGet, locationReviews, {
          path,
          payload: { locationNames: ["accounts/100001/locations/200002", "accounts/100001/locations/200001"] }
        }),
      items: 61,
      pages: 2
    }
  ],
  requests: "requests.http"
})
