import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, queries, Salesforce } from "holdfast/providers/salesforce"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import type * as Kit from "./kit.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`00Dfake!${text}`) })

/** 450 records: three pages of the smallest size. */
const fill = ({ collections }: Kit.Client) =>
  Effect.forEach([0, 150, 300], (from) =>
    collections.create({
      payload: {
        records: Array.from({ length: 150 }, (_, index) => ({
          attributes: { type: "Account" },
          Name: `N${from + index}`
        }))
      }
    }))

const error = (errorCode: string, message: string, fields?: ReadonlyArray<string>) => [
  { errorCode, message, ...(fields === undefined ? undefined : { fields }) }
]

const request = { headers: { "sforce-query-options": 200 }, urlParams: { q: "SELECT Id, Name FROM Account" } }

Provider.suite({
  tag: Salesforce,
  definition,
  emulator: Emulator.make,
  layerTest: Salesforce.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (salesforce) => salesforce.org.resources(),
  errors: [
    {
      name: "300, several records have the external id",
      status: 300,
      body: ["/services/data/v67.0/sobjects/Account/001A", "/services/data/v67.0/sobjects/Account/001B"],
      expect: { _tag: "ConflictError", code: "MULTIPLE_CHOICES", message: "2 records", retryable: false }
    },
    {
      name: "400, fields",
      status: 400,
      body: error("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name, Type]", ["Name", "Type"]),
      expect: {
        _tag: "ValidationError",
        code: "REQUIRED_FIELD_MISSING",
        issues: [
          { path: "Name", message: "Required fields are missing: [Name, Type]" },
          { path: "Type", message: "Required fields are missing: [Name, Type]" }
        ],
        message: "Required fields are missing",
        retryable: false
      }
    },
    ...[
      "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      "INVALID_CROSS_REFERENCE_KEY",
      "INVALID_FIELD",
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      "INVALID_TYPE",
      "MALFORMED_ID",
      "OF_THE_FUTURE",
      "STRING_TOO_LONG"
    ].map((code) => ({
      name: `400, ${code}`,
      status: 400,
      body: error(code, "no"),
      expect: { _tag: "ValidationError" as const, code, retryable: false }
    })),
    {
      name: "400, a right that is missing",
      status: 400,
      body: error("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "no"),
      expect: { _tag: "AuthorizationError", retryable: false }
    },
    {
      name: "400, what runs too long",
      status: 400,
      body: error("REQUEST_RUNNING_TOO_LONG", "no"),
      expect: { _tag: "ServerError", retryable: true }
    },
    {
      name: "400, a query",
      status: 400,
      body: error("MALFORMED_QUERY", "unexpected token: FORM"),
      expect: {
        _tag: "ValidationError",
        code: "MALFORMED_QUERY",
        issues: [{ path: "", message: "unexpected token: FORM" }]
      }
    },
    {
      name: "400, a duplicate",
      status: 400,
      body: error("DUPLICATE_VALUE", "duplicate value found: External_Id__c duplicates value on record with id: 001A"),
      expect: { _tag: "ConflictError", code: "DUPLICATE_VALUE", retryable: false }
    },
    {
      name: "400, a duplicate by rule",
      status: 400,
      body: error("DUPLICATES_DETECTED", "Use one of these records?"),
      expect: { _tag: "ConflictError", code: "DUPLICATES_DETECTED", retryable: false }
    },
    {
      name: "400, a lock",
      status: 400,
      body: error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
      expect: { _tag: "ConflictError", code: "UNABLE_TO_LOCK_ROW", retryable: true }
    },
    {
      name: "400, a query that took too long",
      status: 400,
      body: error("QUERY_TIMEOUT", "Your query request was running for too long."),
      expect: { _tag: "ServerError", code: "QUERY_TIMEOUT", retryable: true }
    },
    {
      name: "401",
      status: 401,
      body: error("INVALID_SESSION_ID", "Session expired or invalid"),
      expect: { _tag: "AuthenticationError", code: "INVALID_SESSION_ID", retryable: false }
    },
    {
      name: "403",
      status: 403,
      body: error("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
      expect: { _tag: "AuthorizationError", code: "INSUFFICIENT_ACCESS_OR_READONLY", retryable: false }
    },
    {
      name: "403, the API is off",
      status: 403,
      body: error("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
      expect: { _tag: "AuthorizationError", code: "API_DISABLED_FOR_ORG", retryable: false }
    },
    {
      name: "403, requests of the day",
      status: 403,
      body: Emulator.Bodies.daily,
      headers: { "sforce-limit-info": "api-usage=15000/15000" },
      expect: {
        _tag: "RateLimitError",
        code: "REQUEST_LIMIT_EXCEEDED",
        message: "All 15000 requests of the last 24 hours are used",
        retryable: false
      }
    },
    {
      name: "403, long requests at once",
      status: 403,
      body: Emulator.Bodies.concurrent,
      headers: { "sforce-limit-info": "api-usage=10/15000" },
      expect: {
        _tag: "RateLimitError",
        code: "REQUEST_LIMIT_EXCEEDED",
        message: "longer than 20 seconds",
        retryable: true,
        retryAfter: "5 seconds"
      }
    },
    {
      name: "404",
      status: 404,
      body: error("NOT_FOUND", "The requested resource does not exist"),
      expect: { _tag: "NotFoundError", code: "NOT_FOUND" }
    },
    {
      name: "404, deleted",
      status: 404,
      body: error("ENTITY_IS_DELETED", "entity is deleted"),
      expect: { _tag: "NotFoundError", code: "ENTITY_IS_DELETED" }
    },
    {
      name: "412",
      status: 412,
      body: error("PRECONDITION_FAILED", "the record has changed"),
      expect: { _tag: "ConflictError", code: "PRECONDITION_FAILED", retryable: false }
    },
    {
      name: "420 of the edge",
      status: 420,
      body: "<html>",
      expect: { _tag: "ServerError", message: "edge", retryable: true }
    },
    {
      name: "500",
      status: 500,
      body: error("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1"),
      expect: { _tag: "ServerError", code: "UNKNOWN_EXCEPTION", retryable: true }
    },
    {
      name: "502 of the edge",
      status: 502,
      body: "<html>",
      expect: { _tag: "ServerError", message: "a page for people", retryable: true }
    },
    {
      name: "503",
      status: 503,
      body: error("SERVER_UNAVAILABLE", "The server is too busy"),
      expect: { _tag: "ServerError", code: "SERVER_UNAVAILABLE", retryable: true }
    },
    {
      name: "400 of the login, which is not a list",
      status: 400,
      body: { error: "invalid_grant", error_description: "expired access/refresh token" },
      expect: { _tag: "ValidationError", code: "invalid_grant", message: "expired access/refresh token", issues: [] }
    }
  ],
  tolerates: [
    {
      name: "aggregates, whose records have no URL",
      body: { done: true, records: [{ attributes: { type: "AggregateResult" }, expr0: 3 }], totalSize: 1 },
      call: ({ soql }) => soql.query({ urlParams: { q: "SELECT COUNT(Id) FROM Account" } })
    },
    {
      name: "a limit with limits of its own",
      body: { DailyApiRequests: { Max: 5, Remaining: 4, "An App": { Max: 0, Remaining: 0 } }, OfTheFuture: [] },
      call: ({ org }) => org.limits()
    }
  ],
  maps: ["httpHeaders"],
  lists: [
    {
      operation: "soql.query",
      fill,
      stream: ({ soql }) => Pagination.items(soql.query, queries(), request, { more: soql.more }),
      items: 450,
      pages: 3
    },
    {
      operation: "soql.queryAll",
      fill,
      stream: ({ soql }) => Pagination.items(soql.queryAll, queries(), request, { more: soql.more }),
      items: 450,
      pages: 3
    }
  ],
  requests: "requests.http"
})
