import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, searched, Yelp } from "holdfast/providers/yelp"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import type * as Kit from "./kit.js"

const key = (text: string) => Credentials.Bearer({ token: Redacted.make(`yelp-fake-${text}`) })

const { Bodies } = Emulator

const search = (yelp: Kit.Client) => yelp.businesses.search({ urlParams: { location: "San Francisco" } })

Provider.suite({
  tag: Yelp,
  definition,
  emulator: Emulator.make,
  layerTest: Yelp.layerTest,
  credentials: [key("one"), key("two")],
  calls: everything,
  probe: (yelp) => yelp.categories.list(),
  errors: [
    {
      name: "400",
      status: 400,
      body: Bodies.body("VALIDATION_ERROR", "is greater than the maximum of 240", { field: "limit", instance: 50 }),
      expect: {
        _tag: "ValidationError",
        code: "VALIDATION_ERROR",
        issues: [{ message: "is greater than the maximum of 240", path: "limit" }],
        retryable: false
      }
    },
    {
      name: "400, a place that is nowhere",
      status: 400,
      body: Bodies.body("LOCATION_NOT_FOUND", "no such location"),
      expect: { _tag: "ValidationError", code: "LOCATION_NOT_FOUND", message: "no such location", retryable: false }
    },
    {
      name: "400, a key that is none",
      status: 400,
      body: Bodies.body("TOKEN_INVALID", "invalid"),
      expect: { _tag: "AuthenticationError", code: "TOKEN_INVALID", retryable: false }
    },
    ...["TOKEN_MISSING", "TOKEN_INVALID"].map((code) => ({
      name: `401, ${code}`,
      status: 401,
      body: Bodies.body(code, "no"),
      expect: { _tag: "AuthenticationError" as const, code, retryable: false }
    })),
    {
      name: "404, a code that is also the name of something else",
      status: 404,
      body: Bodies.body("constructor", "no"),
      expect: { _tag: "NotFoundError", code: "constructor", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: Bodies.body("UNAUTHORIZED_ACCESS_TOKEN", "expired"),
      expect: { _tag: "AuthenticationError", code: "UNAUTHORIZED_ACCESS_TOKEN", retryable: false }
    },
    {
      name: "401 in the words of the partners' API",
      status: 401,
      body: { error: { description: "invalid", http_code: "401", id: "INVALID_TOKEN" } },
      expect: { _tag: "AuthenticationError", code: "INVALID_TOKEN", message: "invalid", retryable: false }
    },
    {
      name: "403",
      status: 403,
      body: Bodies.body("UNAUTHORIZED_API_ACCESS", "not on this plan"),
      expect: { _tag: "AuthorizationError", code: "UNAUTHORIZED_API_ACCESS", retryable: false }
    },
    {
      name: "403, a business that is not shown",
      status: 403,
      body: Bodies.body("BUSINESS_UNAVAILABLE", "not available"),
      expect: { _tag: "NotFoundError", code: "BUSINESS_UNAVAILABLE", retryable: false }
    },
    {
      name: "404",
      status: 404,
      body: Bodies.body("BUSINESS_NOT_FOUND", "no such business"),
      expect: { _tag: "NotFoundError", code: "BUSINESS_NOT_FOUND", retryable: false }
    },
    {
      name: "429, of a second",
      status: 429,
      body: Bodies.tooManyPerSecond,
      expect: {
        _tag: "RateLimitError",
        code: "TOO_MANY_REQUESTS_PER_SECOND",
        retryAfter: "1 second",
        retryable: true
      }
    },
    {
      name: "429, of a second, with a header",
      status: 429,
      headers: { "retry-after": "3" },
      body: Bodies.tooManyPerSecond,
      expect: { _tag: "RateLimitError", retryAfter: "3 seconds", retryable: true }
    },
    {
      name: "429, of the day",
      status: 429,
      headers: { "ratelimit-remaining": "0", "ratelimit-resettime": "1970-01-01T06:00:00Z" },
      body: Bodies.dayIsOver,
      expect: { _tag: "RateLimitError", code: "ACCESS_LIMIT_REACHED", retryAfter: "6 hours", retryable: false }
    },
    {
      name: "429, of the day, without a word when it ends",
      status: 429,
      body: Bodies.dayIsOver,
      expect: { _tag: "RateLimitError", code: "ACCESS_LIMIT_REACHED", retryAfter: "1 day", retryable: false }
    },
    {
      name: "429 without a code, with nothing left",
      status: 429,
      headers: { "ratelimit-remaining": "0", "ratelimit-resettime": "1970-01-01T06:00:00Z" },
      body: "",
      expect: { _tag: "RateLimitError", retryAfter: "6 hours", retryable: false }
    },
    {
      name: "429 without a code, with nothing left of what was asked for",
      status: 429,
      headers: {
        "ratelimit-remaining": "200",
        "ratelimit-resettime": "1970-01-01T06:00:00Z",
        "ratelimit-resourceremaining": "0"
      },
      body: "<html>",
      expect: { _tag: "RateLimitError", retryAfter: "6 hours", retryable: false }
    },
    {
      name: "500",
      status: 500,
      body: Bodies.body("INTERNAL_ERROR", "something went wrong"),
      expect: { _tag: "ServerError", code: "INTERNAL_ERROR", retryable: true }
    },
    { name: "502", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    {
      name: "503",
      status: 503,
      body: Bodies.body("SERVICE_UNAVAILABLE", "away"),
      expect: { _tag: "ServerError", code: "SERVICE_UNAVAILABLE", retryable: true }
    }
  ],
  tolerates: [
    { name: "nothing found", body: { businesses: [], region: null, total: 0 }, call: search },
    {
      name: "a business with no more than its id, and one with null for what is not there",
      body: {
        businesses: [
          { id: "a" },
          {
            coordinates: { latitude: null, longitude: null },
            id: "b",
            location: { address1: null, address2: null, address3: "" },
            price: null,
            rating: 4.3,
            transactions: ["of_the_future"]
          }
        ],
        total: 2
      },
      call: search
    },
    {
      name: "a category as the only one of several",
      body: { categories: [{ alias: "coffee" }] },
      call: (yelp) =>
        Effect.filterOrDie(
          yelp.categories.get({ path: { alias: "coffee" } }),
          ({ categories, category }) => category === undefined && categories[0]?.alias === "coffee",
          () => new Error("another category")
        )
    },
    {
      name: "reviews of nobody",
      body: { reviews: [{ id: "r", user: null }] },
      call: (yelp) => yelp.reviews.list({ path: { business: "a" } })
    }
  ],
  lists: [
    {
      operation: "businesses.search",
      fill: () => Effect.void,
      stream: (yelp) =>
        Pagination.items(yelp.businesses.search, searched(), { urlParams: { limit: 50, location: "San Francisco" } }),
      items: 240,
      pages: 5
    }
  ],
  requests: "requests.http"
})
