/** Every operation of Plausible, its answer checked. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Kit from "./kit.js"

export const everything = Effect.fnUntraced(function*(plausible: Kit.Client) {
  strictEqual((yield* plausible.health.get()).postgres, "ok")
  deepStrictEqual((yield* plausible.teams.list()).teams.map(({ name }) => name), ["Analytical Engines"])
  deepStrictEqual((yield* plausible.sites.list({ urlParams: { limit: 10 } })).sites, [
    { domain: "example.com", timezone: "Etc/UTC" }
  ])

  const record = plausible.events.record
  strictEqual(yield* record({ headers: Kit.visitor(1), payload: Kit.view("/") }), "ok")
  yield* record({ headers: Kit.visitor(1), payload: Kit.view("/pricing?utm_source=letter") })
  yield* record({
    headers: { ...Kit.visitor(2), "x-forwarded-for": "unknown, 203.0.113.2, 198.51.100.1" },
    payload: {
      ...Kit.view("/pricing"),
      interactive: false,
      name: "Purchase",
      props: { coupon: false, plan: "large", seats: 3 },
      referrer: "https://search.example/",
      revenue: { amount: 19.5, currency: "EUR" }
    }
  })
  const [address, response] = yield* record({
    headers: { ...Kit.visitor(3), "x-debug-request": "true" },
    payload: Kit.view("/"),
    withResponse: true
  })
  deepStrictEqual([response.status, address], [200, "203.0.113.3"])

  const totals = yield* plausible.stats.query({
    payload: {
      date_range: "day",
      metrics: ["visitors", "visits", "pageviews", "events", "bounce_rate", "total_revenue", "scroll_depth"],
      site_id: "example.com"
    }
  })
  deepStrictEqual(totals.results, [{
    dimensions: [],
    metrics: [2, 2, 2, 3, 50, { currency: "EUR", long: "EUR 19.50", short: "EUR 19.5", value: 19.5 }, null]
  }])
  const pages = yield* plausible.stats.query({
    payload: {
      date_range: ["1970-01-01", "1970-01-01"],
      dimensions: ["event:page", "time:day"],
      filters: [
        ["and", [["is_not", "visit:source", ["other.example"]], ["not", ["contains", "event:page", ["admin"]]]]],
        ["has_done", ["is", "event:page", ["/PRICING"], { case_sensitive: false }]]
      ],
      include: { imports: false, time_labels: true, total_rows: true },
      metrics: ["visitors", "percentage"],
      order_by: [["visitors", "desc"], ["event:page", "asc"]],
      pagination: { limit: 1, offset: 1 },
      site_id: "example.com"
    }
  })
  deepStrictEqual([pages.results, pages.meta.total_rows, pages.meta.time_labels], [
    [{ dimensions: ["/", "1970-01-01"], metrics: [1, 50] }],
    2,
    ["1970-01-01"]
  ])
})
