import { Headers } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, FastCheck as fc } from "effect"
import { RateLimitHeaders } from "holdfast"
import { holds } from "../campaign.js"

// 2026-01-01T00:00:00Z
const now = 1_767_225_600_000

const read = (headers: Record<string, string>) => {
  const reading = RateLimitHeaders.read(Headers.fromInput(headers), now)
  return reading === undefined ? undefined : [
    reading.limit,
    reading.remaining,
    reading.resetAfter === undefined ? undefined : Duration.toMillis(reading.resetAfter)
  ]
}

const cases: ReadonlyArray<
  readonly [
    what: string,
    headers: Record<string, string>,
    reading: [limit: number | undefined, remaining: number | undefined, reset: number | undefined] | undefined
  ]
> = [
  ["nothing at all", {}, undefined],
  ["other headers", { "content-type": "application/json", "retry-after": "7" }, undefined],
  [
    "seconds to go, as Calendly says it",
    { "x-ratelimit-limit": "500", "x-ratelimit-remaining": "12", "x-ratelimit-reset": "60" },
    [500, 12, 60_000]
  ],
  [
    "epoch seconds, as SendGrid, DocuSign and Intercom say it",
    { "x-ratelimit-limit": "600", "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 + 30) },
    [600, 0, 30_000]
  ],
  [
    "epoch milliseconds",
    { "x-ratelimit-remaining": "3", "x-ratelimit-reset": String(now + 1_500) },
    [undefined, 3, 1_500]
  ],
  [
    "a date and time, as older servers say it",
    { "x-ratelimit-remaining": "3", "x-ratelimit-reset": "Thu, 01 Jan 2026 00:00:05 GMT" },
    [undefined, 3, 5_000]
  ],
  [
    "an instant",
    { "x-ratelimit-remaining": "3", "x-ratelimit-reset": "2026-01-01T00:00:05Z" },
    [undefined, 3, 5_000]
  ],
  [
    "a reset that is past",
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 - 30) },
    [undefined, 0, 0]
  ],
  [
    "fractions of a second to go",
    { "x-ratelimit-remaining": "4", "x-ratelimit-reset-after": "0.25" },
    [undefined, 4, 250]
  ],
  ["no reset, as Tidio says it", { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "59" }, [60, 59, undefined]],
  [
    "with a dash more",
    { "x-rate-limit-limit": "15", "x-rate-limit-remaining": "14", "x-rate-limit-reset": "900" },
    [15, 14, 900_000]
  ],
  [
    "the IETF's older three, the limit with its windows behind it",
    { "ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "50", "ratelimit-reset": "30" },
    [100, 50, 30_000]
  ],
  ["the IETF's field", { ratelimit: "\"default\";r=50;t=30" }, [undefined, 50, 30_000]],
  [
    "the IETF's field and its policy",
    { ratelimit: "\"default\";r=50;t=30", "ratelimit-policy": "\"default\";q=100;w=60" },
    [100, 50, 30_000]
  ],
  ["without a time", { ratelimit: "\"default\";r=7" }, [undefined, 7, undefined]],
  [
    "several quotas: the one with the least left",
    {
      ratelimit: "\"daily\";r=700;t=3600, \"burst\";r=2;t=10",
      "ratelimit-policy": "\"burst\";q=100;w=60,\"daily\";q=1000;w=86400"
    },
    [100, 2, 10_000]
  ],
  [
    "a quota that is not of requests is another matter",
    {
      ratelimit: "\"size\";r=0;t=10, \"calls\";r=5;t=20",
      "ratelimit-policy": "\"size\";q=65535;qu=\"content-bytes\";w=10, \"calls\";q=10;qu=\"requests\";w=60"
    },
    [10, 5, 20_000]
  ],
  [
    "names may hold any separator",
    { ratelimit: "\"a, \\\"b\\\";r=0\";r=9;t=1" },
    [undefined, 9, 1_000]
  ],
  ["the IETF's field as it was for a while", { ratelimit: "limit=100, remaining=50, reset=5" }, [100, 50, 5_000]],
  [
    "what cannot be read is passed over for what can",
    { ratelimit: "nonsense", "x-ratelimit-remaining": "8" },
    [undefined, 8, undefined]
  ],
  ["nonsense", { "x-ratelimit-limit": "many", "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "soon" }, undefined]
]

describe("RateLimitHeaders.read", () => {
  for (const [what, headers, reading] of cases) {
    it(what, () => deepStrictEqual(read(headers), reading))
  }

  it("trap 16: a point in time is compared with the server's own clock, whatever this one says", () => {
    deepStrictEqual(
      read({
        date: "Thu, 01 Jan 2026 00:10:00 GMT",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(now / 1_000 + 600 + 20)
      }),
      [undefined, 0, 20_000]
    )
    deepStrictEqual(read({ date: "nonsense", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "20" }), [
      undefined,
      0,
      20_000
    ])
  })

  it("makes nothing of whatever comes that is not a number, and never throws", async () => {
    const value = fc.oneof(fc.string(), fc.stringMatching(/^["a-z;=,0-9. -]{0,30}$/))
    await holds(
      fc.property(
        fc.dictionary(
          fc.constantFrom(
            "ratelimit",
            "ratelimit-policy",
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "ratelimit-reset"
          ),
          value
        ),
        (headers) => {
          const reading = RateLimitHeaders.read(Headers.fromInput(headers), now)
          if (reading === undefined) return
          for (const number of [reading.limit, reading.remaining]) {
            strictEqual(number === undefined || number >= 0 && Number.isFinite(number), true)
          }
          strictEqual(reading.resetAfter === undefined || Duration.toMillis(reading.resetAfter) >= 0, true)
        }
      ),
      1_000
    )
  })
})
