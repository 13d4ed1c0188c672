import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import {
  contacts,
  conversations,
  definition,
  Emulator,
  Intercom,
  searchedContacts,
  searchedConversations
} from "holdfast/providers/intercom"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`intercom-fake-token-${text}`) })

const of = (code: string, message: string, field?: string) =>
  Emulator.Bodies.of("b68959ea-6328-4f70-83cb-e7913dba1542", {
    code,
    message,
    ...(field === undefined ? undefined : { field })
  })

Provider.suite({
  tag: Intercom,
  definition,
  emulator: Emulator.make,
  layerTest: Intercom.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (intercom) => intercom.admins.me(),
  errors: [
    {
      name: "400, by field",
      status: 400,
      body: of("parameter_invalid", "is not an e-mail address", "email"),
      expect: {
        _tag: "ValidationError",
        code: "parameter_invalid",
        issues: [{ message: "is not an e-mail address", path: "email" }],
        message: "email: is not an e-mail address (request_id b68959ea-6328-4f70-83cb-e7913dba1542)",
        retryable: false
      }
    },
    {
      name: "401",
      status: 401,
      body: of("unauthorized", "Access Token Invalid"),
      expect: { _tag: "AuthenticationError", code: "unauthorized", message: "Access Token Invalid", retryable: false }
    },
    {
      name: "403 of a token: the body counts first",
      status: 403,
      body: of("token_revoked", "Token revoked"),
      expect: { _tag: "AuthenticationError", code: "token_revoked", retryable: false }
    },
    {
      name: "403, the plan",
      status: 403,
      body: of("api_plan_restricted", "Active subscription needed."),
      expect: { _tag: "AuthorizationError", code: "api_plan_restricted", retryable: false }
    },
    {
      name: "404",
      status: 404,
      body: of("not_found", "User Not Found"),
      expect: { _tag: "NotFoundError", code: "not_found", message: "User Not Found", retryable: false }
    },
    {
      name: "404, a code that is also the name of something else",
      status: 404,
      body: of("constructor", "no"),
      expect: { _tag: "NotFoundError", code: "constructor", message: "no", retryable: false }
    },
    {
      name: "409",
      status: 409,
      body: of("conflict", "A contact matching those details already exists with id=6601e0"),
      expect: { _tag: "ConflictError", code: "conflict", message: "id=6601e0", retryable: false }
    },
    {
      name: "400, a constraint: the body counts first",
      status: 400,
      body: of("unique_user_constraint", "A user exists"),
      expect: { _tag: "ConflictError", code: "unique_user_constraint" }
    },
    {
      name: "422",
      status: 422,
      body: of("parameter_invalid", "no"),
      expect: { _tag: "ValidationError", retryable: false }
    },
    {
      name: "429, until when a header says",
      status: 429,
      headers: {
        "date": "Thu, 26 Nov 2026 08:00:00 GMT",
        "x-ratelimit-limit": "167",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Date.UTC(2026, 10, 26, 8, 0, 7) / 1000)
      },
      body: of("rate_limit_exceeded", "Exceeded rate limit of 167 in 10_seconds"),
      expect: { _tag: "RateLimitError", code: "rate_limit_exceeded", retryable: true, retryAfter: "7 seconds" }
    },
    {
      name: "429 of jobs, with no header",
      status: 429,
      body: of("rate_limit_exceeded", "5 pending reporting dataset export jobs"),
      expect: { _tag: "RateLimitError", message: "5 pending", retryable: true }
    },
    {
      name: "500",
      status: 500,
      body: of("server_error", "Server Error"),
      expect: { _tag: "ServerError", code: "server_error", retryable: true }
    },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "a contact of a role that is new, whose owner is a number, with nulls all over",
      body: { custom_attributes: null, email: null, external_id: null, id: "1", owner_id: 7, role: "of_the_future" },
      call: (intercom) => intercom.contacts.get({ path: { id: "1" } })
    },
    {
      name: "the last page of a list, in both ways that it is said",
      body: { data: [], pages: { next: null }, total_count: 0 },
      call: (intercom) => intercom.contacts.list()
    },
    {
      name: "a conversation in a state that is new, without parts, whose ids are numbers",
      body: { admin_assignee_id: 7, id: 5, source: null, state: "of_the_future", title: null },
      call: (intercom) => intercom.conversations.get({ path: { id: "5" } })
    },
    {
      name: "a contact with its tags, companies and place",
      body: {
        companies: { data: [{ id: "c", type: "company", url: "/companies/c" }], has_more: false, total_count: 1 },
        id: "1",
        location: { city: "Berlin", country: "Germany", region: null },
        tags: { data: null, total_count: 0 }
      },
      call: (intercom) =>
        Effect.filterOrDie(
          intercom.contacts.get({ path: { id: "1" } }),
          ({ companies, location, tags }) =>
            companies?.data[0]?.id === "c" && location?.city === "Berlin" && tags?.data.length === 0,
          () => new Error("not what was answered")
        )
    },
    {
      name: "a conversation with its tags, its figures and the agent that is a machine",
      body: {
        ai_agent: { resolution_state: "of_the_future" },
        ai_agent_participated: true,
        id: "5",
        statistics: { time_to_admin_reply: 60 },
        tags: { tags: [{ id: 7, name: "vip" }] }
      },
      call: (intercom) =>
        Effect.filterOrDie(
          intercom.conversations.get({ path: { id: "5" } }),
          ({ ai_agent, statistics, tags }) =>
            tags?.tags[0]?.name === "vip" && statistics?.time_to_admin_reply === 60 && ai_agent !== undefined,
          () => new Error("not what was answered")
        )
    },
    {
      name: "a message without a conversation",
      body: { id: 5, message_type: "of_the_future" },
      call: (intercom) => intercom.conversations.create({ payload: { body: "x", from: { id: "1", type: "contact" } } })
    },
    { name: "an admin without an app", body: { app: null, id: 5 }, call: (intercom) => intercom.admins.me() }
  ],
  maps: ["ai_agent", "custom_attributes", "statistics"],
  lists: [
    {
      operation: "contacts.list",
      fill: (intercom) => Kit.users(intercom, 25),
      stream: (intercom) => Pagination.items(intercom.contacts.list, contacts, { urlParams: { per_page: 10 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "contacts.search",
      fill: (intercom) => Kit.users(intercom, 25),
      stream: (intercom) =>
        Pagination.items(intercom.contacts.search, searchedContacts, {
          payload: { pagination: { per_page: 10 }, query: { field: "role", operator: "=", value: "user" } }
        }),
      items: 25,
      pages: 3
    },
    {
      operation: "conversations.list",
      fill: (intercom) => Kit.conversations(intercom, 25),
      stream: (intercom) => Pagination.items(intercom.conversations.list, conversations, {}),
      items: 25,
      pages: 2
    },
    {
      operation: "conversations.search",
      fill: (intercom) => Kit.conversations(intercom, 25),
      stream: (intercom) =>
        Pagination.items(intercom.conversations.search, searchedConversations, {
          payload: { query: { field: "open", operator: "=", value: true } }
        }),
      items: 25,
      pages: 2
    }
  ],
  webhook: {
    secrets: [Redacted.make("intercom-fake-client-secret")],
    url: "https://app.example.com/webhooks/intercom",
    body: JSON.stringify({
      type: "notification_event",
      app_id: "abcd1234",
      id: "notif_53c9e2d0",
      topic: "contact.created",
      data: { type: "notification_event_data", item: { type: "contact", id: "6601e0" } },
      created_at: 1_800_000_000
    })
  },
  requests: "requests.http"
})
