import { Headers } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { HubSpotRateLimit } from "holdfast/providers/hubspot"

const read = (headers: Record<string, string>) => HubSpotRateLimit.read(Headers.fromInput(headers), 0)

describe("HubSpot's rate-limit headers", () => {
  it("tell what is left of the ten seconds", () => {
    deepStrictEqual(
      read({
        "X-HubSpot-RateLimit-Daily": "250000",
        "X-HubSpot-RateLimit-Daily-Remaining": "0",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Max": "100",
        "X-HubSpot-RateLimit-Remaining": "7"
      }),
      { limit: 100, remaining: 7 }
    )
  })

  it("are not there for a search, and may be nonsense", () => {
    strictEqual(read({}), undefined)
    strictEqual(read({ "x-hubspot-ratelimit-remaining": "many" }), undefined)
    strictEqual(read({ "x-hubspot-ratelimit-remaining": "-1" }), undefined)
  })
})
