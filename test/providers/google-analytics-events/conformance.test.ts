import { Redacted } from "effect"
import { Credentials } from "holdfast"
import { definition, Emulator, GoogleAnalyticsEvents } from "holdfast/providers/google-analytics-events"
import * as Provider from "holdfast/testing/conformance/Provider"
import { type Client, everything, web } from "./everything.js"

const secret = (text: string) => Credentials.ApiKey({ key: Redacted.make(`fake-api-secret-${text}`) })

const probe = (analytics: Client) =>
  analytics.events.validate({ payload: { client_id: "1.1", events: [{ name: "ping" }] }, urlParams: web })

Provider.suite({
  tag: GoogleAnalyticsEvents,
  definition,
  emulator: Emulator.make,
  layerTest: GoogleAnalyticsEvents.layerTest,
  credentials: [secret("one"), secret("two")],
  calls: everything,
  probe,
  // Google documents none
  errors: [
    {
      name: "400",
      status: 400,
      body: "bad",
      expect: { _tag: "ValidationError", message: "look at the base URL", retryable: false }
    },
    { name: "403", status: 403, body: "<html>", expect: { _tag: "AuthorizationError", retryable: false } },
    { name: "404", status: 404, body: "<html>", expect: { _tag: "NotFoundError", retryable: false } },
    { name: "408", status: 408, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    { name: "413", status: 413, body: "<html>", expect: { _tag: "ValidationError", retryable: false } },
    { name: "429", status: 429, body: "<html>", expect: { _tag: "RateLimitError", retryable: true } },
    { name: "500", status: 500, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    {
      name: "503",
      status: 503,
      headers: { "retry-after": "7" },
      body: "<html>",
      expect: { _tag: "ServerError", retryAfter: "7 seconds", retryable: true }
    }
  ],
  tolerates: [
    { name: "nothing to complain of, said by nothing", body: {}, call: probe },
    {
      name: "a code that is new",
      body: { validationMessages: [{ description: "no", fieldPath: "events", validationCode: "OF_THE_FUTURE" }] },
      call: probe
    }
  ],
  lists: [],
  requests: "requests.http"
})
