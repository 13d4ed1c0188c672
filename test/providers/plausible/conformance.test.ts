import { Effect, Redacted } from "effect"
import { Credentials, Pagination } from "holdfast"
import { definition, Emulator, Plausible, rows, sites } from "holdfast/providers/plausible"
import * as Provider from "holdfast/testing/conformance/Provider"
import { everything } from "./everything.js"
import * as Kit from "./kit.js"

const key = (text: string) => Credentials.Bearer({ token: Redacted.make(`plausible-fake-key-${text}`) })

const { invalidKey, of, tooMany } = Emulator.Bodies

const several = Array.from({ length: 25 }, (_, index) => index)

Provider.suite({
  tag: Plausible,
  definition,
  emulator: Emulator.make,
  layerTest: Plausible.layerTest,
  credentials: [key("one"), key("two")],
  calls: everything,
  probe: (plausible) => plausible.sites.list(),
  errors: [
    {
      name: "400",
      status: 400,
      body: of("The required site_id parameter is missing"),
      expect: { _tag: "ValidationError", code: "400", message: "site_id parameter is missing", retryable: false }
    },
    {
      name: "400 of an event, by field",
      status: 400,
      body: { errors: { domain: ["can't be blank"], url: "is invalid" } },
      expect: {
        _tag: "ValidationError",
        code: "400",
        issues: [{ message: "can't be blank", path: "domain" }, { message: "is invalid", path: "url" }],
        message: "domain: can't be blank; url: is invalid",
        retryable: false
      }
    },
    {
      name: "400 without a body that can be read",
      status: 400,
      body: { errors: [null, "no"] },
      expect: { _tag: "ValidationError", code: "400", retryable: false }
    },
    {
      name: "401, the key or the site",
      status: 401,
      body: invalidKey,
      expect: { _tag: "AuthenticationError", message: "or it may not see this site", retryable: false }
    },
    {
      name: "402, the plan",
      status: 402,
      body: of("The account that owns this API key does not have access to Stats API"),
      expect: { _tag: "AuthorizationError", code: "402", message: "does not have access", retryable: false }
    },
    { name: "403", status: 403, body: of("no"), expect: { _tag: "AuthorizationError", retryable: false } },
    { name: "404", status: 404, body: of("no site"), expect: { _tag: "NotFoundError", retryable: false } },
    {
      name: "429, which says not until when",
      status: 429,
      body: tooMany,
      expect: { _tag: "RateLimitError", message: "Too many API requests", retryable: true }
    },
    {
      name: "429 from a proxy, with a Retry-After",
      status: 429,
      headers: { "retry-after": "7" },
      expect: { _tag: "RateLimitError", message: "600 requests in an hour", retryable: true, retryAfter: "7 seconds" }
    },
    { name: "500", status: 500, body: of("Oops"), expect: { _tag: "ServerError", message: "Oops", retryable: true } },
    { name: "502, a page for people", status: 502, body: "<html>", expect: { _tag: "ServerError", retryable: true } }
  ],
  tolerates: [
    {
      name: "rows without dimensions, meta and query that are not there",
      body: { results: [{ dimensions: null, metrics: [1] }] },
      call: (plausible) =>
        plausible.stats.query({ payload: { date_range: "all", metrics: ["visitors"], site_id: "example.com" } })
    },
    {
      name: "a dimension that is a number is its text",
      body: { results: [{ dimensions: [2950159, "Berlin"], metrics: [1] }] },
      call: (plausible) =>
        Effect.filterOrDie(
          plausible.stats.query({
            payload: {
              date_range: "all",
              dimensions: ["visit:city", "visit:city_name"],
              metrics: ["visitors"],
              site_id: "example.com"
            }
          }),
          ({ results }) => results[0]?.dimensions.join() === "2950159,Berlin",
          () => new Error("not what was answered")
        )
    },
    {
      name: "a metric of money without its words, and reasons that are new",
      body: {
        meta: { imports_skip_reason: "of_the_future", metric_warnings: { visitors: { code: "odd" } } },
        query: {},
        results: [{ dimensions: ["/"], metrics: [{ currency: "EUR", value: 1.5 }, null] }]
      },
      call: (plausible) =>
        plausible.stats.query({
          payload: { date_range: "7d", metrics: ["total_revenue", "visitors"], site_id: "example.com" }
        })
    },
    {
      name: "sites without meta and time zones",
      body: { meta: null, sites: [{ domain: "example.com", timezone: null }] },
      call: (plausible) => plausible.sites.list()
    },
    {
      name: "a server that is well in other words",
      body: { clickhouse: "ok", sessions: { status: "warm" } },
      call: (plausible) => plausible.health.get()
    }
  ],
  lists: [
    {
      operation: "stats.query",
      fill: (plausible) =>
        Effect.forEach(
          several,
          (index) => plausible.events.record({ headers: Kit.visitor(index), payload: Kit.view(`/${index}`) })
        ),
      stream: (plausible) =>
        Pagination.items(plausible.stats.query, rows, {
          payload: {
            date_range: "day",
            dimensions: ["event:page"],
            include: { total_rows: true },
            metrics: ["visitors"],
            order_by: [["event:page", "asc"]],
            pagination: { limit: 10 },
            site_id: "example.com"
          }
        }),
      items: 25,
      pages: 3
    },
    {
      operation: "sites.list",
      fill: (_, emulator) =>
        Effect.map(emulator.state, (state) => {
          for (const index of several) state.sites.set(`${index}.example.com`, { domain: `${index}.example.com` })
        }),
      stream: (plausible) => Pagination.items(plausible.sites.list, sites, { urlParams: { limit: 10 } }),
      items: 26,
      pages: 3
    }
  ],
  requests: "requests.http"
})
