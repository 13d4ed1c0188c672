import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, links, offsets, SendGrid } from "holdfast/providers/sendgrid"
import * as Provider from "holdfast/testing/conformance/Provider"
import { generateKeyPairSync } from "node:crypto"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const key = (text: string) => Credentials.Bearer({ token: Redacted.make(`SG.fake-key.${text}`) })

const { error } = Emulator.Bodies

const pair = () =>
  generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { format: "pem", type: "pkcs8" },
    // as the settings of a webhook show it
    publicKeyEncoding: { format: "der", type: "spki" }
  })

const [current, former] = [pair(), pair()]

const verifying = ({ publicKey }: typeof current) => Redacted.make(publicKey.toString("base64"))

Provider.suite({
  tag: SendGrid,
  definition,
  emulator: Emulator.make,
  layerTest: SendGrid.layerTest,
  credentials: [key("number-one"), key("number-two")],
  calls: everything,
  probe: (sendgrid) => sendgrid.scopes.list(),
  errors: [
    {
      name: "400, validation",
      status: 400,
      body: {
        errors: [
          {
            field: "personalizations.0.to",
            help: "https://sendgrid.com/docs/errors.html#to",
            message: "The to array is required."
          },
          { field: "subject", help: null, message: "The subject is required." }
        ],
        id: "e-1"
      },
      expect: {
        _tag: "ValidationError",
        issues: [
          { message: "The to array is required.", path: "personalizations.0.to" },
          { message: "The subject is required.", path: "subject" }
        ],
        message:
          "personalizations.0.to: The to array is required. (https://sendgrid.com/docs/errors.html#to), and 1 more",
        retryable: false
      }
    },
    {
      name: "401, a bad key",
      status: 401,
      body: error("The provided authorization grant is invalid, expired, or revoked"),
      expect: { _tag: "AuthenticationError", message: "authorization grant", retryable: false }
    },
    {
      name: "401, the credits are used up",
      status: 401,
      body: error("Maximum credits exceeded"),
      expect: { _tag: "RateLimitError", message: "Maximum credits exceeded", retryable: false }
    },
    {
      name: "403, a scope is missing",
      status: 403,
      body: error("access forbidden"),
      expect: { _tag: "AuthorizationError", message: "access forbidden", retryable: false }
    },
    {
      name: "403, the sender is not verified",
      status: 403,
      body: error("The from address does not match a verified Sender Identity", "from"),
      expect: { _tag: "AuthorizationError", message: "from: The from address" }
    },
    {
      name: "404",
      status: 404,
      body: error("resource not found"),
      expect: { _tag: "NotFoundError", message: "resource not found" }
    },
    { name: "405", status: 405, body: error("method not allowed"), expect: { _tag: "ValidationError" } },
    {
      name: "408, a search that takes too long",
      status: 408,
      body: error("timeout"),
      expect: { _tag: "ServerError", retryable: true }
    },
    { name: "413", status: 413, body: error("too large"), expect: { _tag: "ValidationError", retryable: false } },
    {
      name: "429, without a reset",
      status: 429,
      body: { errors: [{ field: null, message: "too many requests" }] },
      expect: { _tag: "RateLimitError", message: "too many requests", retryable: true }
    },
    {
      name: "429, with a reset in epoch seconds",
      status: 429,
      headers: {
        date: "Fri, 15 Jan 2027 08:00:00 GMT",
        "x-ratelimit-limit": "600",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1800000007"
      },
      body: { errors: [{ field: null, message: "too many requests" }] },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "7 seconds" }
    },
    {
      name: "500",
      status: 500,
      body: error("internal server error"),
      expect: { _tag: "ServerError", retryable: true }
    },
    { name: "503 of the gateway", status: 503, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "a job with a status that is new, without results",
      body: { id: "j", status: "pondering", results: null },
      call: (sendgrid) => sendgrid.contacts.job({ path: { id: "j" } })
    },
    {
      name: "a contact with no more than it must have",
      body: { contact_count: "1", result: [{ email: null, id: "c" }] },
      call: (sendgrid) => sendgrid.contacts.sample()
    },
    {
      name: "lists without metadata",
      body: { result: [{ id: "l", name: "L" }] },
      call: (sendgrid) => sendgrid.lists.list()
    }
  ],
  maps: ["result", "custom_fields"],
  lists: [
    {
      operation: "lists.list",
      fill: (sendgrid) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => `list ${index}`),
          (name) => sendgrid.lists.create({ payload: { name } })
        ),
      stream: (sendgrid) => Pagination.items(sendgrid.lists.list, links(), { urlParams: { page_size: 10 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "suppressions.list",
      fill: (_, emulator) => Kit.suppress(emulator, 25),
      stream: (sendgrid) =>
        Pagination.items(sendgrid.suppressions.list, offsets(), {
          path: { kind: "bounces" },
          urlParams: { limit: 10 }
        }),
      items: 25,
      // the last one is empty
      pages: 4
    }
  ],
  webhook: {
    secrets: [verifying(current), verifying(former)],
    signsWith: Redacted.make(current.privateKey),
    url: "https://app.example.com/hooks/sendgrid",
    body: `${JSON.stringify([{ email: "ada@example.com", event: "delivered", sg_event_id: "e1", timestamp: 1 }])}\r\n`
  },
  requests: "requests.http"
})
