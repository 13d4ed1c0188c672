import { Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { Calendly, definition, Emulator, lists } from "holdfast/providers/calendly"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`fake-calendly-${text}`) })

const { body } = Emulator.Bodies

const user = "https://api.calendly.com/users/USER000000000001"

const times = { created_at: "2026-01-01T00:00:00.123456Z", updated_at: "2026-01-01T00:00:00.123456Z" }

Provider.suite({
  tag: Calendly,
  definition,
  emulator: Emulator.make,
  layerTest: Calendly.layerTest,
  credentials: [token("one"), token("two")],
  calls: (calendly) => everything(calendly),
  probe: (calendly) => calendly.users.me(),
  errors: [
    {
      name: "400",
      status: 400,
      body: body(400, undefined, [{ message: "must be in the future", parameter: "start_time" }]),
      expect: {
        _tag: "ValidationError",
        code: "Invalid Argument",
        issues: [{ message: "must be in the future", path: "start_time" }],
        message: "start_time: must be in the future",
        retryable: false
      }
    },
    {
      name: "400, the time is taken",
      status: 400,
      body: Emulator.Bodies.alreadyFilled,
      expect: { _tag: "ConflictError", code: "already_filled", message: "no longer available", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: body(401),
      expect: { _tag: "AuthenticationError", code: "Unauthenticated", retryable: false }
    },
    {
      name: "401 in the words of OAuth",
      status: 401,
      body: { error: "invalid_token", error_description: "The access token expired" },
      expect: { _tag: "AuthenticationError", code: "invalid_token", message: "expired", retryable: false }
    },
    {
      name: "403",
      status: 403,
      body: body(403),
      expect: { _tag: "AuthorizationError", code: "Permission Denied", retryable: false }
    },
    { name: "404", status: 404, body: body(404), expect: { _tag: "NotFoundError", code: "Resource Not Found" } },
    {
      name: "409",
      status: 409,
      body: body(409, "Hook with this url already exists"),
      expect: { _tag: "ConflictError", code: "Already Exists", message: "Hook with this url", retryable: false }
    },
    {
      name: "424, a calendar",
      status: 424,
      body: body(424),
      expect: { _tag: "ServerError", code: "External Calendar Error", retryable: true }
    },
    {
      name: "429, with the seconds until there are more",
      status: 429,
      body: body(429),
      headers: { "x-ratelimit-limit": "500", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "37" },
      expect: { _tag: "RateLimitError", code: "Too Many Requests", retryable: true, retryAfter: "37 seconds" }
    },
    {
      name: "429, without",
      status: 429,
      body: "",
      expect: { _tag: "RateLimitError", retryable: true }
    },
    { name: "500", status: 500, body: body(500), expect: { _tag: "ServerError", retryable: true } },
    { name: "502", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "an event with no more than it must have, of a status that is new, and null for what is not there",
      body: {
        collection: [{
          cancellation: null,
          end_time: "2026-01-01T01:00:00Z",
          name: null,
          start_time: "2026-01-01T00:00:00Z",
          status: "of_the_future",
          uri: "https://api.calendly.com/scheduled_events/A",
          ...times
        }],
        pagination: { count: 1, next_page: null, next_page_token: null, previous_page: null }
      },
      call: (calendly) => calendly.events.list({ urlParams: { user } })
    },
    {
      name: "an event type of a kind that is new",
      body: {
        collection: [{
          active: true,
          duration: 30,
          kind: "crowd",
          scheduling_url: "https://calendly.com/a",
          uri: "https://api.calendly.com/event_types/A",
          ...times
        }],
        pagination: {}
      },
      call: (calendly) => calendly.eventTypes.list({ urlParams: { user } })
    }
  ],
  lists: [
    {
      operation: "events.list",
      fill: (_, emulator) => Kit.fill(emulator, 25),
      stream: (calendly) => Pagination.items(calendly.events.list, lists(), { urlParams: { count: 10, user } }),
      items: 25,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-signing-key"), Redacted.make("fake-former-key")],
    url: "https://app.example.com/hooks/calendly",
    body: JSON.stringify({
      created_at: "2026-01-01T00:00:00.000000Z",
      created_by: user,
      event: "invitee.created",
      payload: { uri: "https://api.calendly.com/scheduled_events/A/invitees/B" }
    })
  },
  requests: "requests.http"
})
