import { Redacted } from "effect"
import { Pagination } from "holdfast"
import { definition, Emulator, lists, Tidio } from "holdfast/providers/tidio"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const { body } = Emulator.Bodies

Provider.suite({
  tag: Tidio,
  definition,
  emulator: Emulator.make,
  layerTest: Tidio.layerTest,
  credentials: [Kit.keys("one"), Kit.keys("two")],
  calls: everything,
  probe: (tidio) => tidio.project.get(),
  errors: [
    {
      name: "400, a cursor",
      status: 400,
      body: body(400, "The cursor is not valid"),
      expect: { _tag: "ValidationError", message: "The cursor is not valid", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: body(401),
      expect: { _tag: "AuthenticationError", message: "the client id or the client secret", retryable: false }
    },
    {
      name: "401 without a body",
      status: 401,
      body: "",
      expect: { _tag: "AuthenticationError", message: "the client id or the client secret is not good" }
    },
    {
      name: "403, the plan or the credential",
      status: 403,
      body: body(403),
      expect: { _tag: "AuthorizationError", message: "does not have this operation", retryable: false }
    },
    { name: "404", status: 404, body: body(404), expect: { _tag: "NotFoundError", retryable: false } },
    {
      name: "409, products of a shop that Tidio imports by itself",
      status: 409,
      body: body(409, "Products are imported already"),
      expect: { _tag: "ConflictError", message: "imported already", retryable: false }
    },
    {
      name: "422, with more than one error",
      status: 422,
      body: body(422, "The property hat_size does not exist", "The e-mail address is not valid"),
      expect: {
        _tag: "ValidationError",
        issues: [
          { message: "The property hat_size does not exist", path: "" },
          { message: "The e-mail address is not valid", path: "" }
        ],
        message: "does not exist; The e-mail address",
        retryable: false
      }
    },
    {
      name: "429, which does not say for how long",
      status: 429,
      body: { errors: [{ code: "too_many_requests", message: "You have reached the limit of allowed attempts" }] },
      headers: { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0" },
      expect: {
        _tag: "RateLimitError",
        code: "too_many_requests",
        message: "You have reached the limit of allowed attempts",
        retryable: true
      }
    },
    {
      name: "429, of something in front of Tidio that says for how long",
      status: 429,
      body: "slow down",
      headers: { "retry-after": "9" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "9 seconds" }
    },
    {
      name: "too_many_requests, whatever the status",
      status: 403,
      body: body(429),
      expect: { _tag: "RateLimitError", code: "too_many_requests", retryable: true }
    },
    { name: "500", status: 500, body: body(500), expect: { _tag: "ServerError", retryable: true } },
    { name: "502", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } },
    {
      name: "errors that are none",
      status: 400,
      body: { errors: [null, "no", { code: 1 }] },
      expect: { _tag: "ValidationError", issues: [] }
    }
  ],
  tolerates: [
    {
      name: "a contact with no more than it must have, null for what is not there, and the two ids that are to go",
      body: {
        contacts: [{
          distinct_id: null,
          email: null,
          email_consent: "of_the_future",
          id: "aaaaaaaa-0000-4000-8000-000000000001",
          instagram_id: null,
          messenger_id: null,
          properties: null
        }],
        meta: { cursor: null, limit: 1 }
      },
      call: (tidio) => tidio.contacts.list({})
    },
    {
      name: "a ticket of a status that is new, its text in message_content, without attachments",
      body: {
        assigned_operator_id: null,
        id: 10000,
        messages: [{
          author_type: "assistant",
          created_at: "2026-01-01T00:00:00Z",
          message_content: "hello",
          message_id: "01HAVMVKF90KH3EC0HK2T6QYP6"
        }],
        priority: "someday",
        status: "snoozed"
      },
      call: (tidio) => tidio.tickets.get({ path: { ticketId: 10_000 } })
    },
    {
      name: "an operator who has no name and was never seen",
      body: {
        meta: { limit: 1 },
        operators: [{ id: "bbbbbbbb-0000-4000-8000-000000000001", last_seen: null, name: null, role: "robot" }]
      },
      call: (tidio) => tidio.operators.list({})
    },
    {
      name: "a message of which no more is said than which it is",
      body: { messages: [{ message_id: "m" }] },
      call: (tidio) => tidio.contacts.messages({ path: { contactId: Kit.ids.nobody } })
    },
    {
      name: "a property without a type",
      body: { properties: [{ name: "n" }] },
      call: (tidio) => tidio.contactProperties.list()
    },
    {
      name: "a ticket without a status",
      body: { meta: {}, tickets: [{ id: 10_000, status: null }] },
      call: (tidio) => tidio.tickets.list({})
    },
    ...[["an empty body", ""], ["another body", { message_id: "m" }], ["a number", { id: 7 }]].map(([name, body]) => ({
      name: `a reply that is answered with ${String(name)}`,
      body,
      call: (tidio: Kit.Client) =>
        tidio.tickets.reply({
          path: { ticketId: 10_000 },
          payload: { author_type: "contact", content: "Thank you." }
        })
    })),
    { name: "a project of which nothing is said", body: {}, call: (tidio) => tidio.project.get() }
  ],
  lists: [
    {
      operation: "contacts.list",
      fill: (tidio) => Kit.fill(tidio, 45),
      stream: (tidio) => Pagination.items(tidio.contacts.list, lists.contacts, {}),
      items: 45,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-webhook-secret"), Redacted.make("fake-former-webhook-secret")],
    url: "https://app.example.com/hooks/tidio",
    body: JSON.stringify({
      content: { email: "ada@example.com", id: "aaaaaaaa-0000-4000-8000-000000000001" },
      created_at: 1_800_000_000,
      project_public_key: "fakepublickey",
      topic: "contact.created",
      version: 1,
      webhook_id: "7307ac4d-2c74-4d32-b7f9-f7d037ed2ebb"
    })
  },
  requests: "requests.http"
})
