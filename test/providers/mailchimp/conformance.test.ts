import { Effect, Redacted } from "effect"
import { Pagination } from "holdfast"
import { apiKey, definition, Emulator, lists, Mailchimp } from "holdfast/providers/mailchimp"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import { listId } from "./kit.js"

const { of } = Emulator.Bodies

const key = (text: string) => apiKey(Redacted.make(`mailchimp-fake-key-${text}-us19`))

Provider.suite({
  tag: Mailchimp,
  definition,
  emulator: Emulator.make,
  layerTest: Mailchimp.layerTest,
  credentials: [key("one"), key("two")],
  calls: everything,
  probe: (mailchimp) => mailchimp.ping.get(),
  errors: [
    {
      name: "400, fields",
      status: 400,
      body: of(400, "Invalid Resource", "See errors.", [{ field: "email_address", message: "looks fake" }]),
      expect: {
        _tag: "ValidationError",
        code: "Invalid Resource",
        issues: [{ message: "looks fake", path: "email_address" }],
        message: "email_address: looks fake",
        retryable: false
      }
    },
    {
      name: "400, who is there",
      status: 400,
      body: of(400, "Member Exists", "ada@example.com is already a list member."),
      expect: { _tag: "ConflictError", code: "Member Exists", message: "members.upsert", retryable: false }
    },
    {
      name: "400, who was deleted for good",
      status: 400,
      body: of(400, "Forgotten Email Not Subscribed", "ada@example.com was permanently deleted."),
      expect: { _tag: "ValidationError", message: "only the person, by a form", retryable: false }
    },
    {
      name: "400, who has unsubscribed",
      status: 400,
      body: of(400, "Member In Compliance State", "ada@example.com is in a compliance state."),
      expect: { _tag: "ValidationError", message: "ask with the status pending", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: of(401, "API Key Invalid", "Your API key may be invalid."),
      expect: { _tag: "AuthenticationError", message: "another data centre", retryable: false }
    },
    {
      name: "403, a document",
      status: 403,
      body: of(403, "Forbidden", "You don't have permission."),
      expect: { _tag: "AuthorizationError", message: "You don't have permission.", retryable: false }
    },
    {
      name: "403, the wrong data centre",
      status: 403,
      body: of(403, "Wrong Datacenter", "The requested account is elsewhere."),
      expect: { _tag: "AuthorizationError", message: "see DataCentre", retryable: false }
    },
    { name: "403 without a body", status: 403, body: "", expect: { _tag: "RateLimitError", retryable: true } },
    {
      name: "403, a page for people",
      status: 403,
      body: "<html><title>Access Denied</title></html>",
      expect: { _tag: "RateLimitError", message: "too many requests", retryable: true }
    },
    {
      name: "403, a user who is switched off",
      status: 403,
      body: of(403, "User Disabled", "This account has been disabled."),
      expect: { _tag: "AuthorizationError", code: "User Disabled", retryable: false }
    },
    ...([
      [414, "Resource Nesting Too Deep"],
      [422, "Invalid Method Override"],
      [426, "Upgrade Required"],
      [451, "Compliance Related"]
    ] as const).map(([status, title]) => ({
      name: `${status}, ${title}`,
      status,
      body: of(status, title, "no"),
      expect: { _tag: "ValidationError" as const, code: title, retryable: false }
    })),
    {
      name: "404",
      status: 404,
      body: of(404, "Resource Not Found", "The requested resource could not be found."),
      expect: { _tag: "NotFoundError", retryable: false }
    },
    {
      name: "405",
      status: 405,
      body: of(405, "Method Not Allowed", "The requested method is not compatible with this resource."),
      expect: { _tag: "ValidationError", retryable: false }
    },
    {
      name: "429",
      status: 429,
      body: of(429, "Too Many Requests", "You have exceeded the limit of 10 simultaneous connections."),
      expect: { _tag: "RateLimitError", message: "all programs together", retryable: true }
    },
    { name: "429 without a body", status: 429, body: "", expect: { _tag: "RateLimitError", retryable: true } },
    {
      name: "429 with a Retry-After, which Mailchimp does not document",
      status: 429,
      headers: { "retry-after": "7" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "7 seconds" }
    },
    {
      name: "500",
      status: 500,
      body: of(500, "Internal Server Error", "An unexpected internal error has occurred."),
      expect: { _tag: "ServerError", message: "unexpected internal error", retryable: true }
    },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "members with no more than was asked for, of a status that is new, and no total",
      body: { members: [{ email_address: "ada@example.com", status: "of_the_future" }] },
      call: (mailchimp) => mailchimp.members.list({ path: { listId } })
    },
    {
      name: "a member with empty texts for times, null for what is not there",
      body: {
        email_address: "ada@example.com",
        id: "a",
        last_note: null,
        location: { country_code: "", latitude: 0, longitude: 0, timezone: "" },
        marketing_permissions: null,
        merge_fields: { ADDRESS: "", BIRTHDAY: "", FNAME: null },
        timestamp_opt: "",
        timestamp_signup: ""
      },
      call: (mailchimp) => mailchimp.members.get({ path: { hash: "0".repeat(32), listId } })
    },
    {
      name: "a webhook of before 2026, which has no secret",
      body: { id: "w1" },
      call: (mailchimp) =>
        mailchimp.webhooks.create({
          path: { listId },
          payload: { events: { subscribe: true }, sources: { user: true }, url: "https://app.example.com" }
        })
    }
  ],
  maps: ["events", "interests", "merge_fields", "sources"],
  lists: [
    {
      operation: "members.list",
      fill: (mailchimp) =>
        Effect.forEach(
          Array.from({ length: 25 }, (_, index) => index),
          (index) =>
            mailchimp.members.add({
              path: { listId },
              payload: { email_address: `c${index}@example.com`, status: "subscribed" }
            })
        ),
      stream: (mailchimp) =>
        Pagination.items(mailchimp.members.list, lists.members, { path: { listId }, urlParams: { count: 10 } }),
      items: 25,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-signing-secret"), Redacted.make("fake-former-secret")],
    url: "https://app.example.com/hooks/mailchimp",
    contentType: "application/x-www-form-urlencoded",
    body: "type=subscribe&fired_at=2026-11-26+08%3A00%3A00&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a1b2c3d4e5"
  },
  requests: "requests.http"
})
