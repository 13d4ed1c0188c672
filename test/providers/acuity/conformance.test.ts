import { Redacted } from "effect"
import { Pagination } from "holdfast"
import { Acuity, definition, Emulator, windows } from "holdfast/providers/acuity"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const { body } = Emulator.Bodies

Provider.suite({
  tag: Acuity,
  definition,
  emulator: Emulator.make,
  layerTest: Acuity.layerTest,
  credentials: [Kit.keys(1), Kit.keys(2)],
  calls: (acuity) => everything(acuity),
  probe: (acuity) => acuity.account.me(),
  errors: [
    {
      name: "400",
      status: 400,
      body: body(400, { message: "Expected a JSON object." }),
      expect: {
        _tag: "ValidationError",
        code: "bad_request",
        message: "Expected a JSON object.",
        retryable: false
      }
    },
    {
      name: "400, the time is taken",
      status: 400,
      body: body(400, { error: "not_available", message: "That time is not available." }),
      expect: { _tag: "ConflictError", code: "not_available", message: "not available", retryable: false }
    },
    {
      name: "400, no calendar is free",
      status: 400,
      body: body(400, { error: "no_available_calendar" }),
      expect: { _tag: "ConflictError", code: "no_available_calendar", retryable: false }
    },
    ...[
      "not_available_min_hours_in_advance",
      "not_available_max_days_in_advance",
      "reschedule_too_close",
      "reschedule_not_allowed",
      "required_first_name",
      "invalid_appointment_type",
      "a_rule_of_the_future"
    ].map((error) => ({
      name: `400, ${error}`,
      status: 400,
      body: body(400, { error }),
      expect: { _tag: "ValidationError" as const, code: error, retryable: false }
    })),
    {
      name: "401",
      status: 401,
      body: body(401),
      expect: { _tag: "AuthenticationError", code: "unauthorized", retryable: false }
    },
    {
      name: "401 in the words of OAuth",
      status: 401,
      body: { error: "invalid_token", error_description: "The access token is invalid" },
      expect: { _tag: "AuthenticationError", code: "invalid_token", retryable: false }
    },
    { name: "403", status: 403, body: body(403), expect: { _tag: "AuthorizationError", code: "forbidden" } },
    { name: "404", status: 404, body: body(404), expect: { _tag: "NotFoundError", code: "not_found" } },
    {
      name: "405",
      status: 405,
      body: body(405),
      expect: { _tag: "ValidationError", code: "method_not_allowed", retryable: false }
    },
    {
      name: "429, which does not say for how long",
      status: 429,
      body: body(429),
      expect: { _tag: "RateLimitError", code: "too_many_requests", message: "Limit 10req/s", retryable: true }
    },
    {
      name: "429, of one who says for how long",
      status: 429,
      body: "",
      headers: { "retry-after": "9" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "9 seconds" }
    },
    {
      name: "too_many_requests, whatever the status",
      status: 400,
      body: body(429),
      expect: { _tag: "RateLimitError", code: "too_many_requests", retryable: true }
    },
    { name: "500", status: 500, body: body(500), expect: { _tag: "ServerError", retryable: true } },
    {
      name: "500 with a code that would not be retried",
      status: 500,
      body: body(500, { error: "not_found" }),
      expect: { _tag: "ServerError", retryable: true }
    },
    { name: "502", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "an appointment with no more than it must have, money as a number, and null for what is not there",
      body: [{
        amountPaid: 10.5,
        certificate: null,
        classID: null,
        datetime: "2016-02-03T14:00:00-0800",
        forms: null,
        id: 1,
        labels: null,
        newField: {},
        paid: "perhaps",
        price: 10
      }],
      call: (acuity) => acuity.appointments.list({ urlParams: {} })
    },
    {
      name: "an offset with a colon",
      body: { datetime: "2016-02-03T14:00:00+05:30", id: 1 },
      call: (acuity) => acuity.appointments.get({ path: { id: 1 }, urlParams: {} })
    },
    { name: "an account of which nothing is said", body: {}, call: (acuity) => acuity.account.me() },
    {
      name: "a check that comes alone",
      body: { error: "not today", valid: false },
      call: (acuity) => acuity.availability.check({ payload: { appointmentTypeID: 11, datetime: Kit.at("05T09:00") } })
    },
    {
      name: "a check that comes in a list",
      body: [{ valid: true }],
      call: (acuity) => acuity.availability.check({ payload: { appointmentTypeID: 11, datetime: Kit.at("05T09:00") } })
    }
  ],
  lists: [
    {
      operation: "appointments.list",
      fill: (_, emulator) => Kit.fill(emulator, 45),
      stream: (acuity) =>
        Pagination.items(acuity.appointments.list, windows({ until: "1970-01-12" }), {
          urlParams: { direction: "ASC", maxDate: "1970-01-06", minDate: "1970-01-05" }
        }),
      items: 45,
      pages: 4
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-acuity-key"), Redacted.make("fake-former-acuity-key")],
    url: "https://app.example.com/hooks/acuity",
    body: "action=changed&id=1001&calendarID=1&appointmentTypeID=11",
    contentType: "application/x-www-form-urlencoded"
  },
  requests: "requests.http"
})
