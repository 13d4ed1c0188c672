import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, lists, Twilio } from "holdfast/providers/twilio"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const { path } = Kit

const key = (number: number) =>
  Credentials.Basic({
    password: Redacted.make(`fake-secret-of-key-${number}`),
    username: `SK${String(number).padStart(32, "0")}`
  })

const { error } = Emulator.Bodies

Provider.suite({
  tag: Twilio,
  definition,
  emulator: Emulator.make,
  layerTest: Twilio.layerTest,
  credentials: [key(1), key(2)],
  calls: everything,
  probe: (twilio) => twilio.messages.list({ path }),
  errors: [
    {
      name: "21211, the number is none",
      status: 400,
      body: error(400, 21_211, "The 'To' number 1 is not a valid phone number."),
      expect: {
        _tag: "ValidationError",
        code: "21211",
        issues: [{ path: "To", message: "The 'To' number 1 is not a valid phone number." }],
        message: "https://www.twilio.com/docs/errors/21211",
        retryable: false
      }
    },
    ...([
      [21_212, "From"],
      [21_606, "From"],
      [21_614, "To"],
      [21_617, "Body"],
      [21_659, "From"]
    ] as const).map(([code, path]) => ({
      name: `${code}, of ${path}`,
      status: 400,
      body: error(400, code, "no"),
      expect: {
        _tag: "ValidationError" as const,
        code: String(code),
        issues: [{ message: "no", path }],
        retryable: false
      }
    })),
    {
      name: "21610, the recipient said STOP",
      status: 400,
      body: error(400, 21_610, "Attempt to send to unsubscribed recipient"),
      expect: { _tag: "ValidationError", code: "21610", retryable: false }
    },
    {
      name: "21408, a region that is not enabled",
      status: 400,
      body: error(400, 21_408, "Permission to send an SMS has not been enabled for the region"),
      expect: { _tag: "AuthorizationError", code: "21408", retryable: false }
    },
    {
      name: "21608, a trial account",
      status: 400,
      body: error(400, 21_608, "The number is unverified."),
      expect: { _tag: "AuthorizationError", code: "21608", retryable: false }
    },
    {
      name: "20003",
      status: 401,
      body: error(401, 20_003, "Authenticate"),
      expect: { _tag: "AuthenticationError", code: "20003", retryable: false }
    },
    {
      name: "403 without a code",
      status: 403,
      body: { message: "Forbidden" },
      expect: { _tag: "AuthorizationError", message: "Forbidden" }
    },
    {
      name: "20404",
      status: 404,
      body: error(404, 20_404, "The requested resource was not found"),
      expect: { _tag: "NotFoundError", code: "20404" }
    },
    {
      name: "409, still under way",
      status: 409,
      body: error(409, 20_009, "delivery has not been completed"),
      expect: { _tag: "ConflictError", code: "20009", retryable: false }
    },
    {
      name: "20429, too many at once",
      status: 429,
      body: Emulator.Bodies.tooManyRequests,
      expect: { _tag: "RateLimitError", code: "20429", retryable: true }
    },
    {
      name: "20429 with a Retry-After, should it have one",
      status: 429,
      headers: { "retry-after": "2" },
      body: Emulator.Bodies.tooManyRequests,
      expect: { _tag: "RateLimitError", code: "20429", retryable: true, retryAfter: "2 seconds" }
    },
    {
      name: "20500",
      status: 500,
      body: error(500, 20_500, "Internal Server Error"),
      expect: { _tag: "ServerError", code: "20500", retryable: true }
    },
    {
      name: "20503",
      status: 503,
      body: error(503, 20_503, "Service unavailable"),
      expect: { _tag: "ServerError", code: "20503", retryable: true }
    },
    { name: "502 of the gateway", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    {
      name: "a body of RFC 9457",
      status: 400,
      body: {
        type: "https://www.twilio.com/docs/errors/20001",
        title: "Invalid parameter",
        status: 400,
        code: 20_001,
        detail: "PageSize is too large",
        errors: [{ detail: "at most 1000", pointer: "#/PageSize" }]
      },
      expect: {
        _tag: "ValidationError",
        code: "20001",
        issues: [{ path: "#/PageSize", message: "at most 1000" }],
        message: "PageSize is too large"
      }
    }
  ],
  tolerates: [
    {
      name: "a message with a status and a direction that are new",
      body: { sid: "SM1", status: "teleported", direction: "sideways", num_segments: 1 },
      call: (twilio) => twilio.messages.get({ path: { ...path, sid: `SM${"0".repeat(32)}` } })
    },
    {
      name: "a balance that is a number",
      body: { balance: 1.5, currency: "EUR" },
      call: (twilio) => twilio.balance.get({ path })
    },
    {
      name: "a kind of account that is new",
      body: { sid: "AC1", status: "dormant", type: "Gold", friendly_name: null },
      call: (twilio) => twilio.account.get({ path })
    }
  ],
  maps: ["subresource_uris"],
  lists: [
    {
      operation: "messages.list",
      fill: (twilio) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => `message ${index}`),
          (body) => twilio.messages.send(Kit.text(body))
        ),
      stream: (twilio) =>
        Pagination.items(twilio.messages.list, lists(), { path, urlParams: { PageSize: 10, To: Kit.to } }),
      items: 25,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-auth-token"), Redacted.make("fake-former-auth-token")],
    url: "https://app.example.com/sms?tenant=a%2Fb",
    body:
      "MessageSid=SM1&SmsSid=SM1&MessageStatus=delivered&To=%2B15558675310&From=%2B15005550006&ApiVersion=2010-04-01",
    contentType: "application/x-www-form-urlencoded"
  },
  requests: "requests.http"
})
