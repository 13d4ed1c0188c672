import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { Crisp, definition, Emulator, history, lists } from "holdfast/providers/crisp"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) =>
  Credentials.Basic({ password: Redacted.make(`fake-key-${text}`), username: `fake-identifier-${text}` })

const { body, quota } = Emulator.Bodies

const session_id = "session_00000000-0000-4000-8000-000000000001"

const { path, website_id } = Kit

Provider.suite({
  tag: Crisp,
  definition,
  emulator: Emulator.make,
  layerTest: Crisp.layerTest,
  credentials: [token("one"), token("two")],
  calls: (crisp) => everything(crisp),
  probe: (crisp) => crisp.plugin.account(),
  errors: [
    {
      name: "400",
      status: 400,
      body: body(400, "email is not one"),
      expect: { _tag: "ValidationError", code: "invalid_data", message: "email is not one", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: body(401),
      expect: { _tag: "AuthenticationError", code: "invalid_session", retryable: false }
    },
    {
      name: "402, the plan",
      status: 402,
      body: body(402),
      expect: { _tag: "AuthorizationError", code: "subscription_upgrade_required", retryable: false }
    },
    {
      name: "403",
      status: 403,
      body: body(403),
      expect: { _tag: "AuthorizationError", code: "not_allowed", message: "not_allowed", retryable: false }
    },
    { name: "404", status: 404, body: body(404), expect: { _tag: "NotFoundError", code: "not_found" } },
    {
      name: "405, of a route that the token does not have",
      status: 405,
      body: body(405),
      expect: { _tag: "ValidationError", retryable: false }
    },
    {
      name: "404, a reason that is also the name of something else",
      status: 404,
      body: body(404, "no", "constructor"),
      expect: { _tag: "NotFoundError", code: "constructor", retryable: false }
    },
    { name: "409", status: 409, body: body(409), expect: { _tag: "ConflictError", retryable: false } },
    {
      name: "420",
      status: 420,
      body: body(420),
      expect: { _tag: "RateLimitError", code: "rate_limited", retryable: true }
    },
    { name: "420 without a body", status: 420, body: "", expect: { _tag: "RateLimitError", retryable: true } },
    { name: "429", status: 429, body: body(429), expect: { _tag: "RateLimitError", retryable: true } },
    {
      name: "429 with a Retry-After, which Crisp does not document",
      status: 429,
      body: body(429),
      headers: { "retry-after": "7" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "7 seconds" }
    },
    {
      name: "429, the quota of the day",
      status: 429,
      body: quota,
      expect: { _tag: "RateLimitError", code: "quota_limit_exceeded", retryable: false }
    },
    {
      name: "an error in a 200",
      status: 200,
      body: body(404, "Nothing here", "website_not_found"),
      expect: { _tag: "NotFoundError", code: "website_not_found", message: "Nothing here", retryable: false }
    },
    {
      name: "a limit in a 206",
      status: 206,
      body: body(429),
      expect: { _tag: "RateLimitError", code: "rate_limited", retryable: true }
    },
    {
      name: "an error in a 200, of a reason that is new",
      status: 200,
      body: body(200, undefined, "of_the_future"),
      expect: { _tag: "ServerError", code: "of_the_future", retryable: false }
    },
    {
      name: "500",
      status: 500,
      body: body(500),
      expect: { _tag: "ServerError", code: "server_error", retryable: true }
    },
    {
      name: "500, whatever it is called",
      status: 500,
      body: body(404),
      expect: { _tag: "ServerError", code: "not_found", retryable: true }
    },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "a conversation with no more than it must have, a 200 in the place of a 206, of a state that is new",
      body: {
        data: [{ active: null, meta: null, participants: null, session_id, state: "of_the_future", website_id }]
      },
      call: (crisp) => crisp.conversations.list({ path: { ...path, page: 1 } })
    },
    {
      name: "messages of which hardly anything is known, and of a type that is new",
      body: {
        data: [
          {},
          { content: { anything: 1 }, delivered: "chat", fingerprint: 1, read: false, type: "of_the_future" }
        ],
        reason: "listed"
      },
      call: (crisp) => crisp.messages.list({ path: { session_id, website_id } })
    },
    {
      name: "a message that is on its way, without its number",
      body: { error: false, reason: "dispatched" },
      call: (crisp) => crisp.messages.send({ path: { session_id, website_id }, payload: Kit.text("Hello") })
    },
    {
      name: "a person of whom nothing is known",
      body: { data: { email: null, people_id: "p1", person: {}, segments: null } },
      call: (crisp) => crisp.people.get({ path: { people_id: "p1", website_id } })
    },
    {
      name: "a website of a plugin that has no more than its id",
      body: { data: [{ plan: null, settings: null, token: null, website_id }] },
      call: (crisp) => crisp.plugin.websites({ path: { page: 1 } })
    }
  ],
  lists: [
    {
      operation: "conversations.list",
      fill: (_, emulator) => Kit.fill(emulator, 45),
      stream: (crisp) => Pagination.items(crisp.conversations.list, lists(), { path: { ...path, page: 1 } }),
      items: 45,
      // the empty one is the last
      pages: 4
    },
    {
      operation: "people.list",
      fill: (crisp) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => index),
          (index) => crisp.people.create({ path, payload: { email: `p${index}@example.com` } })
        ),
      stream: (crisp) => Pagination.items(crisp.people.list, lists(), { path: { ...path, page: 1 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "plugin.websites",
      fill: (_, emulator) =>
        Effect.map(emulator.state, ({ plugged }) => {
          for (let index = 1; index < 21; index++) plugged.push({ since: index, website: { website_id: `w${index}` } })
        }),
      stream: (crisp) => Pagination.items(crisp.plugin.websites, lists(), { path: { page: 1 } }),
      items: 21,
      pages: 3
    },
    {
      operation: "messages.list",
      fill: (_, emulator) => Kit.talk(emulator, 45),
      stream: (crisp) => Pagination.items(crisp.messages.list, history, { path: { session_id, website_id } }),
      items: 45,
      pages: 4
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-hook-secret"), Redacted.make("fake-former-secret")],
    url: "https://app.example.com/hooks/crisp",
    body: JSON.stringify({
      data: { fingerprint: 163408807, session_id },
      event: "message:send",
      timestamp: 1_800_000_000_000,
      website_id
    })
  },
  requests: "requests.http"
})
