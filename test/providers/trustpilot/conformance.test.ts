import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, reviews, Trustpilot } from "holdfast/providers/trustpilot"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`trustpilot-fake-${text}`) })

const { Bodies } = Emulator

Provider.suite({
  tag: Trustpilot,
  definition,
  // one credential for everything, which Trustpilot itself does not take: the specs of traps have one for each
  emulator: (options) => Emulator.make({ authorize: (headers) => headers.authorization !== undefined, ...options }),
  layerTest: Trustpilot.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (trustpilot) => trustpilot.businessUnits.find({ urlParams: { name: "example.com" } }),
  errors: [
    {
      name: "400",
      status: 400,
      body: Bodies.body("perPage: too many"),
      expect: { _tag: "ValidationError", message: "perPage: too many", retryable: false }
    },
    {
      name: "401, of a key",
      status: 401,
      body: Bodies.fault("Invalid ApiKey", "oauth.v2.InvalidApiKey"),
      expect: {
        _tag: "AuthenticationError",
        code: "oauth.v2.InvalidApiKey",
        message: "Invalid ApiKey",
        retryable: false
      }
    },
    {
      name: "401, of a token that has ended",
      status: 401,
      body: Bodies.fault("Access Token expired", "keymanagement.service.access_token_expired"),
      expect: { _tag: "AuthenticationError", code: "keymanagement.service.access_token_expired", retryable: false }
    },
    {
      name: "401 in a form that has not been seen",
      status: 401,
      body: { error: "invalid_token", error_description: "ended" },
      expect: { _tag: "AuthenticationError", code: "invalid_token", message: "ended", retryable: false }
    },
    {
      name: "403",
      status: 403,
      body: Bodies.body("not on this plan"),
      expect: { _tag: "AuthorizationError", message: "not on this plan", retryable: false }
    },
    {
      name: "401 of a key that is not for this",
      status: 401,
      body: Bodies.fault("Invalid ApiKey for given resource", "oauth.v2.InvalidApiKeyForGivenResource"),
      expect: { _tag: "AuthorizationError", code: "oauth.v2.InvalidApiKeyForGivenResource", retryable: false }
    },
    {
      name: "404",
      status: 404,
      body: Bodies.body("there is none"),
      expect: { _tag: "NotFoundError", message: "there is none", retryable: false }
    },
    { name: "404 without a body", status: 404, body: "", expect: { _tag: "NotFoundError", retryable: false } },
    {
      name: "415",
      status: 415,
      body: Bodies.body("send JSON"),
      expect: { _tag: "ValidationError", message: "send JSON", retryable: false }
    },
    {
      name: "429",
      status: 429,
      body: Bodies.tooMany,
      expect: { _tag: "RateLimitError", code: "policies.ratelimit.QuotaViolation", retryable: true }
    },
    {
      name: "429 with a header",
      status: 429,
      headers: { "retry-after": "17" },
      body: Bodies.tooMany,
      expect: { _tag: "RateLimitError", retryAfter: "17 seconds", retryable: true }
    },
    {
      name: "500 of the gateway, which is a rate limit",
      status: 500,
      body: Bodies.tooMany,
      expect: { _tag: "RateLimitError", code: "policies.ratelimit.QuotaViolation", retryable: true }
    },
    {
      name: "500",
      status: 500,
      body: Bodies.body("try again in 5 to 15 minutes"),
      expect: { _tag: "ServerError", message: "try again", retryable: true }
    },
    {
      name: "501",
      status: 501,
      body: Bodies.body("not implemented"),
      expect: { _tag: "ValidationError", message: "not implemented", retryable: false }
    },
    { name: "502", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    {
      name: "503",
      status: 503,
      body: Bodies.fault("The Service is temporarily unavailable", "messaging.adaptors.http.flow.ServiceUnavailable"),
      expect: {
        _tag: "ServerError",
        code: "messaging.adaptors.http.flow.ServiceUnavailable",
        retryable: true
      }
    },
    { name: "504", status: 504, body: "", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "a business unit with no more than its id",
      body: { id: "a" },
      call: (trustpilot) => trustpilot.businessUnits.find({ urlParams: { name: "example.com" } })
    },
    {
      name: "a number of reviews that is a number",
      body: { id: "a", name: null, numberOfReviews: 7, score: null },
      call: (trustpilot) => trustpilot.businessUnits.find({ urlParams: { name: "example.com" } })
    },
    {
      name: "no reviews",
      body: {},
      call: (trustpilot) => trustpilot.reviews.list({ path: Kit.unit })
    },
    {
      name: "a review with null for all that is not there",
      body: {
        reviews: [
          { id: "a" },
          {
            companyReply: null,
            consumer: null,
            id: "b",
            referenceId: null,
            referralEmail: null,
            tags: null,
            text: null
          }
        ]
      },
      call: (trustpilot) => trustpilot.reviews.list({ path: Kit.unit })
    },
    {
      name: "a link without a word of it",
      body: {},
      call: (trustpilot) => trustpilot.invitations.link({ path: Kit.unit, payload: {} })
    }
  ],
  lists: [
    {
      operation: "reviews.list",
      fill: () => Effect.void,
      stream: (trustpilot) =>
        Pagination.items(trustpilot.reviews.list, reviews, { path: Kit.unit, urlParams: { perPage: 25 } }),
      items: 60,
      // the last of them is empty
      pages: 4
    }
  ],
  requests: "requests.http"
})
