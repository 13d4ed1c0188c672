import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, lists, searches, Stripe } from "holdfast/providers/stripe"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`sk_test_fake_${text}`) })

const fill = (stripe: Kit.Client) =>
  Effect.forEach(
    Array.from({ length: 25 }, (_, index) => `${index}`),
    (order) => stripe.paymentIntents.create(Kit.paid(order))
  )

const { Bodies } = Emulator

const api = (message: string) => Bodies.of({ message, type: "api_error" })

const invalid = (message: string, more: { readonly code?: string; readonly param?: string } = {}) =>
  Bodies.of({ message, type: "invalid_request_error", ...more })

Provider.suite({
  tag: Stripe,
  definition,
  emulator: Emulator.make,
  layerTest: Stripe.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (stripe) => stripe.balance.get(),
  errors: [
    {
      name: "400, a parameter",
      status: 400,
      body: invalid("Missing required param: currency.", { code: "parameter_missing", param: "currency" }),
      expect: {
        _tag: "ValidationError",
        code: "parameter_missing",
        issues: [{ message: "Missing required param: currency.", path: "currency" }],
        retryable: false
      }
    },
    {
      name: "400, an idempotency key with other parameters",
      status: 400,
      body: Bodies.of({ message: "Used before.", type: "idempotency_error" }),
      expect: {
        _tag: "ValidationError",
        code: "idempotency_error",
        message: "needs an idempotency key of its own",
        retryable: false
      }
    },
    {
      name: "401",
      status: 401,
      body: Bodies.of({ message: "Invalid API Key provided: sk_test_****", type: "invalid_request_error" }),
      expect: { _tag: "AuthenticationError", retryable: false }
    },
    {
      name: "402, a card that is declined",
      status: 402,
      headers: { "request-id": "req_123" },
      body: Bodies.declined("insufficient_funds", { charge: "ch_1", message: "Your card has insufficient funds." }),
      expect: {
        _tag: "ValidationError",
        code: "card_declined",
        message: "Your card has insufficient funds. (decline code insufficient_funds, request req_123)",
        retryable: false
      }
    },
    {
      name: "403",
      status: 403,
      body: invalid("The provided key does not have access to account acct_1."),
      expect: { _tag: "AuthorizationError", message: "does not have access", retryable: false }
    },
    {
      name: "404",
      status: 404,
      body: invalid("No such payment_intent: 'pi_1'", { code: "resource_missing", param: "intent" }),
      expect: { _tag: "NotFoundError", code: "resource_missing", retryable: false }
    },
    {
      name: "409, a key that is in use",
      status: 409,
      body: Bodies.keyInUse,
      expect: { _tag: "ConflictError", code: "idempotency_key_in_use", retryable: true }
    },
    {
      name: "424, somebody else's failure",
      status: 424,
      body: api("An external dependency failed."),
      expect: { _tag: "ServerError", retryable: true }
    },
    {
      name: "429, of the whole account",
      status: 429,
      headers: { "stripe-rate-limited-reason": "global-rate" },
      body: Bodies.rateLimit,
      expect: { _tag: "RateLimitError", code: "rate_limit", message: "the limit is global-rate", retryable: true }
    },
    {
      name: "429 with a Retry-After, which Stripe does not document",
      status: 429,
      headers: { "retry-after": "2", "stripe-rate-limited-reason": "endpoint-concurrency" },
      body: Bodies.rateLimit,
      expect: { _tag: "RateLimitError", code: "rate_limit", retryable: true, retryAfter: "2 seconds" }
    },
    {
      name: "429, a lock",
      status: 429,
      body: Bodies.lockTimeout,
      expect: { _tag: "ConflictError", code: "lock_timeout", retryable: true }
    },
    {
      name: "500, of which Stripe says that it stays",
      status: 500,
      headers: { "stripe-should-retry": "false" },
      body: api("Something went wrong."),
      expect: { _tag: "ServerError", code: "api_error", retryable: false }
    },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "a payment in a state that is new, with no more than it must have",
      body: {
        id: "pi_1",
        object: "payment_intent",
        amount: 1,
        created: 1,
        currency: "eur",
        livemode: true,
        status: "requires_patience"
      },
      call: (stripe) => stripe.paymentIntents.get({ path: { id: "pi_1" } })
    },
    {
      name: "objects in the place of ids, and null everywhere",
      body: {
        id: "pi_1",
        object: "payment_intent",
        amount: 1,
        created: 1,
        currency: "eur",
        customer: { id: "cus_1", object: "customer" },
        last_payment_error: null,
        latest_charge: { id: "ch_1", object: "charge" },
        livemode: true,
        metadata: null,
        next_action: { type: "display_something", display_something: {} },
        payment_method: null,
        status: "succeeded"
      },
      call: (stripe) => stripe.paymentIntents.get({ path: { id: "pi_1" } })
    },
    {
      name: "an event of a type, and of an object, that are new",
      body: {
        data: [{
          api_version: null,
          created: 1,
          data: { object: { object: "thing.of_the_future" } },
          id: "evt_1",
          livemode: true,
          object: "event",
          request: null,
          type: "thing.of_the_future.came"
        }],
        has_more: false,
        object: "list"
      },
      call: (stripe) => stripe.events.list()
    }
  ],
  maps: ["metadata", "object"],
  lists: [
    {
      operation: "paymentIntents.list",
      fill,
      stream: (stripe) => Pagination.items(stripe.paymentIntents.list, lists(), { urlParams: { limit: 10 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "paymentIntents.search",
      fill,
      stream: (stripe) =>
        Pagination.items(stripe.paymentIntents.search, searches(), {
          urlParams: { limit: 10, query: "status:\"succeeded\"" }
        }),
      items: 25,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("whsec_fake_secret"), Redacted.make("whsec_fake_former_secret")],
    url: "https://app.example.com/hooks/stripe",
    body: JSON.stringify({
      id: "evt_1",
      object: "event",
      api_version: "2026-10-28.endive",
      created: 1_800_000_000,
      data: { object: { id: "pi_1", object: "payment_intent" } },
      livemode: false,
      pending_webhooks: 1,
      request: { id: "req_1", idempotency_key: null },
      type: "payment_intent.succeeded"
    })
  },
  requests: "requests.http"
})
