import { Effect, Redacted } from "effect"
import { Pagination } from "holdfast"
import { booked, CalCom, definition, Emulator, subscribed } from "holdfast/providers/cal-com"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const { body, taken } = Emulator.Bodies

Provider.suite({
  tag: CalCom,
  definition,
  emulator: Emulator.make,
  layerTest: CalCom.layerTest,
  credentials: [Kit.key("one"), Kit.key("two")],
  calls: everything,
  probe: (calCom) => calCom.me.get(),
  maps: ["data", "bookingFieldsResponses", "metadata"],
  errors: [
    {
      name: "400, with the fields",
      status: 400,
      body: body(400, "Validation failed", {
        errors: [{ constraints: { isDateString: "start must be a date" }, property: "start" }]
      }),
      expect: {
        _tag: "ValidationError",
        code: "BadRequestException",
        issues: [{ message: "start must be a date", path: "start" }],
        message: "Validation failed",
        retryable: false
      }
    },
    {
      name: "400, with texts",
      status: 400,
      body: body(400, "Bad Request", { message: ["take must not be greater than 250"] }),
      expect: { _tag: "ValidationError", issues: [{ message: "take must not be greater than 250", path: "" }] }
    },
    {
      name: "400, the time is taken",
      status: 400,
      body: taken,
      expect: { _tag: "ConflictError", message: "already has booking at this time", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: body(401),
      expect: { _tag: "AuthenticationError", code: "UnauthorizedException", retryable: false }
    },
    {
      name: "401 in the words of OAuth",
      status: 401,
      body: { error: "invalid_client", error_description: "The client is not known" },
      expect: { _tag: "AuthenticationError", code: "invalid_client", message: "not known", retryable: false }
    },
    {
      name: "403",
      status: 403,
      body: body(403),
      expect: { _tag: "AuthorizationError", code: "ForbiddenException", retryable: false }
    },
    { name: "404", status: 404, body: body(404), expect: { _tag: "NotFoundError", code: "NotFoundException" } },
    {
      name: "409",
      status: 409,
      body: body(409, "Webhook exists already"),
      expect: { _tag: "ConflictError", code: "ConflictException", message: "exists already", retryable: false }
    },
    {
      name: "429, with the reset of a limit of one's own",
      status: 429,
      body: body(429),
      headers: { "x-ratelimit-limit-burst": "30", "x-ratelimit-remaining-burst": "0", "x-ratelimit-reset-burst": "37" },
      expect: { _tag: "RateLimitError", code: "ThrottlerException", retryable: true, retryAfter: "37 seconds" }
    },
    {
      name: "429, with Retry-After and the name of a limit behind it",
      status: 429,
      body: body(429),
      headers: { "retry-after-default": "12", "x-ratelimit-remaining-default": "0", "x-ratelimit-reset-default": "60" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "12 seconds" }
    },
    { name: "429, without", status: 429, body: "", expect: { _tag: "RateLimitError", retryable: true } },
    {
      name: "500",
      status: 500,
      body: body(500),
      expect: { _tag: "ServerError", code: "InternalServerErrorException", retryable: true }
    },
    { name: "502", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    { name: "503", status: 503, body: body(503), expect: { _tag: "ServerError", retryable: true } },
    {
      name: "200 that is an error",
      status: 200,
      body: body(404, "User not found"),
      expect: { _tag: "NotFoundError", code: "NotFoundException", message: "User not found", retryable: false }
    },
    {
      name: "200 that is an error of which nobody knows the code",
      status: 200,
      body: { error: { code: "OfTheFuture", message: "it went wrong" }, status: "error" },
      expect: { _tag: "ServerError", code: "OfTheFuture", message: "it went wrong", retryable: false }
    }
  ],
  tolerates: [
    {
      name: "a booking with no more than it must have, of a status that is new, and null for what is not there",
      body: {
        status: "success",
        data: [{
          attendees: null,
          end: "2026-01-01T01:00:00Z",
          id: 1,
          location: null,
          start: "2026-01-01T00:00:00Z",
          status: "of_the_future",
          uid: "a",
          updatedAt: null
        }],
        pagination: { hasNextPage: false }
      },
      call: (calCom) => calCom.bookings.list()
    },
    {
      name: "a series of bookings",
      body: {
        status: "success",
        data: [1, 2].map((id) => ({
          end: "2026-01-01T01:00:00Z",
          id,
          recurringBookingUid: "r",
          start: "2026-01-01T00:00:00Z",
          status: "accepted",
          uid: `u${id}`
        }))
      },
      call: (calCom) => calCom.bookings.get({ path: { bookingUid: "r" } })
    },
    {
      name: "a webhook with a trigger that is new, and a number for an id",
      body: { status: "success", data: [{ id: 7, subscriberUrl: "https://a.example", triggers: ["OF_THE_FUTURE"] }] },
      call: (calCom) => calCom.webhooks.list()
    }
  ],
  lists: [
    {
      operation: "bookings.list",
      fill: (calCom) => Kit.fill(calCom, 25),
      stream: (calCom) => Pagination.items(calCom.bookings.list, booked, { urlParams: { take: 10 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "webhooks.list",
      fill: (calCom) =>
        Effect.forEach(["a", "b", "c"], (name) =>
          calCom.webhooks.create({
            payload: { active: true, subscriberUrl: `https://${name}.example.com`, triggers: ["BOOKING_CREATED"] }
          })),
      stream: (calCom) => Pagination.items(calCom.webhooks.list, subscribed, { urlParams: { take: 2 } }),
      items: 3,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-webhook-secret"), Redacted.make("fake-former-secret")],
    url: "https://app.example.com/hooks/cal-com",
    body: JSON.stringify({
      createdAt: "2026-01-01T00:00:00.000Z",
      payload: { bookingId: 1, title: "Introduction", uid: "booking401" },
      triggerEvent: "BOOKING_CREATED"
    })
  },
  requests: "requests.http"
})
