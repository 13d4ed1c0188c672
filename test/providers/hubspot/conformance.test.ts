import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, HubSpot, lists, searches } from "holdfast/providers/hubspot"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything, everyType } from "./everything.js"
import type * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`pat-na1-fake-${text}`) })

const fill = (hubspot: Kit.Client) =>
  hubspot.contacts.batchCreate({
    payload: {
      inputs: Array.from({ length: 25 }, (_, index) => ({
        properties: { email: `c${index}@example.com`, number: `${index}` }
      }))
    }
  })

const record = { createdAt: "2026-01-01T00:00:00Z", id: "1", properties: {}, updatedAt: "2026-01-01T00:00:00Z" }

const error = (category: string, message: string) => ({ category, correlationId: "c-1", message, status: "error" })

Provider.suite({
  tag: HubSpot,
  definition,
  emulator: Emulator.make,
  layerTest: HubSpot.layerTest,
  credentials: [token("one"), token("two")],
  calls: (hubspot, emulator) =>
    Effect.zipRight(everything(hubspot, emulator), everyType(hubspot, ["companies", "deals"])),
  probe: (hubspot) => hubspot.account.details(),
  errors: [
    {
      name: "400, validation",
      status: 400,
      body: {
        ...error("VALIDATION_ERROR", "Invalid input"),
        errors: [{ message: "is not a number", context: { propertyName: ["amount"] } }]
      },
      expect: {
        _tag: "ValidationError",
        code: "VALIDATION_ERROR",
        issues: [{ path: "amount", message: "is not a number" }],
        retryable: false
      }
    },
    {
      name: "401",
      status: 401,
      body: error("INVALID_AUTHENTICATION", "Authentication credentials not found"),
      expect: { _tag: "AuthenticationError", code: "INVALID_AUTHENTICATION", retryable: false }
    },
    {
      name: "403, a scope is missing",
      status: 403,
      body: {
        ...error("MISSING_SCOPES", "This app hasn't been granted all required scopes"),
        errors: [{ message: "missing", context: { requiredGranularScopes: ["crm.objects.contacts.write"] } }]
      },
      expect: { _tag: "AuthorizationError", code: "MISSING_SCOPES", message: "needs crm.objects.contacts.write" }
    },
    {
      name: "404",
      status: 404,
      body: error("OBJECT_NOT_FOUND", "Object not found"),
      expect: { _tag: "NotFoundError", code: "OBJECT_NOT_FOUND" }
    },
    {
      name: "409",
      status: 409,
      body: error("CONFLICT", "Contact already exists. Existing ID: 1"),
      expect: { _tag: "ConflictError", code: "CONFLICT", retryable: false }
    },
    { name: "423, a lock", status: 423, expect: { _tag: "ConflictError", retryable: true, retryAfter: "2 seconds" } },
    {
      name: "429, ten seconds",
      status: 429,
      body: Emulator.Bodies.rateLimit("TEN_SECONDLY_ROLLING"),
      expect: { _tag: "RateLimitError", code: "RATE_LIMIT", retryable: true, retryAfter: "10 seconds" }
    },
    {
      name: "429, the day's",
      status: 429,
      body: Emulator.Bodies.rateLimit("DAILY"),
      expect: { _tag: "RateLimitError", code: "RATE_LIMIT", retryable: false }
    },
    {
      name: "477, a migration",
      status: 477,
      headers: { "retry-after": "60" },
      expect: { _tag: "ServerError", retryable: true, retryAfter: "1 minute" }
    },
    { name: "502 of the gateway", status: 502, body: "<html>", expect: { _tag: "ServerError", message: "gateway" } }
  ],
  tolerates: [
    {
      name: "a kind of account that is new",
      body: {
        accountType: "OF_THE_FUTURE",
        additionalCurrencies: [],
        companyCurrency: "EUR",
        dataHostingLocation: "moon1",
        portalId: 1,
        timeZone: "UTC",
        uiDomain: "app.hubspot.com",
        utcOffset: "+00:00",
        utcOffsetMilliseconds: 0
      },
      call: (hubspot) => hubspot.account.details()
    },
    {
      name: "a record with no more than it must have",
      body: { results: [record] },
      call: (hubspot) => hubspot.deals.list({ urlParams: {} })
    }
  ],
  maps: ["properties", "associations", "context"],
  lists: [
    {
      operation: "contacts.list",
      fill,
      stream: (hubspot) => Pagination.items(hubspot.contacts.list, lists(), { urlParams: { limit: 10 } }),
      items: 25,
      pages: 3
    },
    {
      operation: "contacts.search",
      fill,
      stream: (hubspot) => Pagination.items(hubspot.contacts.search, searches(), { payload: { limit: 10 } }),
      items: 25,
      pages: 3
    }
  ],
  webhook: {
    secrets: [Redacted.make("fake-client-secret"), Redacted.make("fake-former-secret")],
    url: "https://app.example.com/hooks/hubspot",
    body: JSON.stringify([{ appId: 1, eventId: 100, occurredAt: 1_800_000_000_000, portalId: 4242, subscriptionId: 7 }])
  },
  requests: "requests.http"
})
