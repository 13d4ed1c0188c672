import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, Kit, lists } from "holdfast/providers/kit"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`kit-fake-token-${text}`) })

const { of } = Emulator.Bodies

Provider.suite({
  tag: Kit,
  definition,
  emulator: Emulator.make,
  layerTest: Kit.layerTest,
  // what takes no API key is called as well
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (kit) => kit.account.get(),
  errors: [
    {
      name: "401",
      status: 401,
      body: of("The access token is invalid"),
      expect: { _tag: "AuthenticationError", message: "or this operation wants an OAuth token", retryable: false }
    },
    { name: "403", status: 403, body: of("Forbidden"), expect: { _tag: "AuthorizationError", retryable: false } },
    { name: "404", status: 404, body: of("Not Found"), expect: { _tag: "NotFoundError", retryable: false } },
    {
      name: "413, the queue of bulk requests",
      status: 413,
      expect: { _tag: "RateLimitError", message: "queue of bulk requests is full", retryable: true }
    },
    {
      name: "422",
      status: 422,
      body: of("Email address is invalid", "Name is too long"),
      expect: {
        _tag: "ValidationError",
        issues: [{ message: "Email address is invalid", path: "" }, { message: "Name is too long", path: "" }],
        message: "Email address is invalid; Name is too long",
        retryable: false
      }
    },
    {
      name: "429 without a body",
      status: 429,
      expect: { _tag: "RateLimitError", message: "too many requests in a minute", retryable: true }
    },
    {
      name: "429 with a Retry-After, which Kit does not document",
      status: 429,
      headers: { "retry-after": "7" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "7 seconds" }
    },
    { name: "500", status: 500, body: of("Oops"), expect: { _tag: "ServerError", message: "Oops", retryable: true } },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "a subscriber in a state that is new, with no more than it must have",
      body: { subscriber: { email_address: "ada@example.com", id: 1, state: "of_the_future" } },
      call: (kit) => kit.subscribers.get({ path: { id: 1 } })
    },
    {
      name: "an empty list, whose cursors are null",
      body: {
        pagination: {
          end_cursor: null,
          has_next_page: false,
          has_previous_page: false,
          per_page: 500,
          start_cursor: null
        },
        subscribers: []
      },
      call: (kit) => kit.subscribers.list()
    },
    {
      name: "an account without its user and its time zone",
      body: { account: { id: 1, timezone: null } },
      call: (kit) => kit.account.get()
    }
  ],
  maps: ["fields"],
  lists: [
    {
      operation: "subscribers.list",
      fill: (kit) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => index),
          (index) => kit.subscribers.upsert({ payload: { email_address: `c${index}@example.com` } })
        ),
      stream: (kit) => Pagination.items(kit.subscribers.list, lists.subscribers, { urlParams: { per_page: 10 } }),
      items: 25,
      pages: 3
    }
  ],
  requests: "requests.http"
})
