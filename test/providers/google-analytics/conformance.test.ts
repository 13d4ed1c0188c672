import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { audienceExports, definition, Emulator, GoogleAnalytics, rows } from "holdfast/providers/google-analytics"
import { RpcErrors } from "holdfast/testing"
import * as Provider from "holdfast/testing/conformance/Provider"
import { type Client, everything } from "./everything.js"

const token = (text: string) => Credentials.Bearer({ token: Redacted.make(`ya29.fake-${text}`) })

const path = { propertyId: "123456789" }

const { Bodies } = Emulator

const createExport = (analytics: Client) =>
  analytics.audienceExports.create({
    path,
    payload: { audience: "properties/123456789/audiences/7", dimensions: [{ dimensionName: "deviceId" }] }
  })

Provider.suite({
  tag: GoogleAnalytics,
  definition,
  emulator: Emulator.make,
  layerTest: GoogleAnalytics.layerTest,
  credentials: [token("one"), token("two")],
  calls: everything,
  probe: (analytics) => analytics.metadata.get({ path }),
  errors: [
    {
      name: "400, a field that is not valid",
      status: 400,
      body: RpcErrors.status(400, "Field foo is no dimension", [
        RpcErrors.badRequest([{ message: "is no dimension", path: "dimensions[0].name" }])
      ]),
      expect: {
        _tag: "ValidationError",
        code: "INVALID_ARGUMENT",
        issues: [{ message: "is no dimension", path: "dimensions[0].name" }],
        retryable: false
      }
    },
    {
      name: "400, an export that is not there yet",
      status: 400,
      body: RpcErrors.status(400, "it is CREATING", [], "FAILED_PRECONDITION"),
      expect: { _tag: "ValidationError", code: "FAILED_PRECONDITION", retryable: false }
    },
    {
      name: "401",
      status: 401,
      body: RpcErrors.status(401, "the token has ended"),
      expect: { _tag: "AuthenticationError", code: "UNAUTHENTICATED", retryable: false }
    },
    {
      name: "403, the account may not see the property",
      status: 403,
      body: RpcErrors.status(403, "no permission for this property"),
      expect: { _tag: "AuthorizationError", code: "PERMISSION_DENIED", retryable: false }
    },
    {
      name: "403, the API is not enabled in the project",
      status: 403,
      body: RpcErrors.status(403, "the API is off", [
        RpcErrors.errorInfo("SERVICE_DISABLED", { service: "analyticsdata.googleapis.com" })
      ]),
      expect: { _tag: "AuthorizationError", code: "PERMISSION_DENIED", message: "SERVICE_DISABLED" }
    },
    {
      name: "403 of an older kind, which is a rate limit",
      status: 403,
      body: { error: { code: 403, errors: [{ reason: "userRateLimitExceeded" }], message: "too fast" } },
      expect: { _tag: "RateLimitError", code: "userRateLimitExceeded", retryable: true }
    },
    {
      name: "404",
      status: 404,
      body: RpcErrors.status(404, "no such audience export"),
      expect: { _tag: "NotFoundError", code: "NOT_FOUND" }
    },
    {
      name: "409",
      status: 409,
      body: RpcErrors.status(409, "aborted"),
      expect: { _tag: "ConflictError", code: "ABORTED", retryable: false }
    },
    {
      name: "429, the day's tokens",
      status: 429,
      body: Bodies.exhausted("tokensPerDay"),
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", retryable: false }
    },
    {
      name: "429, the project's tokens of the hour",
      status: 429,
      body: Bodies.exhausted("tokensPerProjectPerHour"),
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", retryable: false }
    },
    {
      name: "429, requests at the same time",
      status: 429,
      body: Bodies.exhausted("concurrentRequests"),
      expect: { _tag: "RateLimitError", code: "RESOURCE_EXHAUSTED", retryAfter: "5 seconds", retryable: true }
    },
    {
      name: "429 with RetryInfo, which goes before the sentence",
      status: 429,
      body: RpcErrors.status(429, "tokens per hour", [RpcErrors.retryInfo(30)]),
      expect: { _tag: "RateLimitError", retryAfter: "30 seconds", retryable: true }
    },
    {
      name: "429 with a header",
      status: 429,
      headers: { "retry-after": "20" },
      body: Bodies.exhausted("concurrentRequests"),
      expect: { _tag: "RateLimitError", retryAfter: "20 seconds", retryable: true }
    },
    {
      name: "500",
      status: 500,
      body: RpcErrors.status(500, "an internal error"),
      expect: { _tag: "ServerError", code: "INTERNAL", retryable: true }
    },
    {
      name: "501",
      status: 501,
      body: RpcErrors.status(501, "not there"),
      expect: { _tag: "ServerError", code: "UNIMPLEMENTED", retryable: false }
    },
    {
      name: "503",
      status: 503,
      body: RpcErrors.status(503, "away"),
      expect: { _tag: "ServerError", code: "UNAVAILABLE", retryable: true }
    },
    { name: "502 of the front end", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    { name: "an empty property", body: {}, call: (analytics) => analytics.metadata.get({ path }) },
    {
      name: "comparisons of a property, of which proto3 leaves out what is empty",
      body: { comparisons: [{ apiName: "comparisons/1", uiName: "All" }, {}], name: "properties/1/metadata" },
      call: (analytics) =>
        Effect.filterOrDie(
          analytics.metadata.get({ path }),
          ({ comparisons }) => comparisons[0]?.apiName === "comparisons/1" && comparisons[1]?.description === "",
          () => new Error("not what was answered")
        )
    },
    {
      name: "a report without rows, of which proto3 leaves out everything that is empty",
      body: { kind: "analyticsData#runReport", metadata: { emptyReason: "OF_THE_FUTURE" } },
      call: (analytics) =>
        Effect.filterOrDie(
          analytics.reports.run({ path, payload: {} }),
          ({ rowCount, rows }) => rowCount === 0 && rows.length === 0,
          () => new Error("rows out of nowhere")
        )
    },
    {
      name: "a metric of a type that is new, and an empty value",
      body: {
        metricHeaders: [{ name: "m", type: "TYPE_OF_THE_FUTURE" }],
        rowCount: 1,
        rows: [{ dimensionValues: [{}], metricValues: [{ value: "1" }] }],
        totals: null
      },
      call: (analytics) => analytics.reports.run({ path, payload: {} })
    },
    {
      name: "an export in a state that is new",
      body: { audience: "properties/1/audiences/1", name: "properties/1/audienceExports/1", state: "OF_THE_FUTURE" },
      call: (analytics) => analytics.audienceExports.get({ path: { ...path, audienceExportId: "1" } })
    }
  ],
  lists: [
    {
      operation: "reports.run",
      fill: () => Effect.void,
      stream: (analytics) =>
        Pagination.items(analytics.reports.run, rows, {
          path,
          payload: {
            dateRanges: [{ endDate: "today", startDate: "13daysAgo" }],
            dimensions: [{ name: "date" }, { name: "country" }],
            limit: 20,
            metrics: [{ name: "sessions" }]
          }
        }),
      items: 42,
      pages: 3
    },
    {
      operation: "audienceExports.list",
      fill: (analytics) => Effect.replicateEffect(createExport(analytics), 5, { discard: true }),
      stream: (analytics) =>
        Pagination.items(analytics.audienceExports.list, audienceExports, { path, urlParams: { pageSize: 2 } }),
      items: 5,
      pages: 3
    }
  ],
  requests: "requests.http"
})
