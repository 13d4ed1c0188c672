/** One probe at a time in a whole fleet, however often it recovers and whoever dies. */
import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { ServerResponse } from "node:http"
import { isLong, size } from "../../campaign.js"
import * as servers from "../../servers/index.js"
import { fleet, provider } from "./fleet.js"
import type { Store } from "./orders.js"

const stores = {
  PostgreSQL: Effect.map(servers.database, (url): Store => ({ _tag: "postgres", url })),
  Redis: Effect.map(servers.redis, (redis): Store => ({ _tag: "redis", ...redis }))
}

const end = (response: ServerResponse, status: number) => void response.writeHead(status).end()

describe("a fleet", () => {
  for (const name of ["Redis", "PostgreSQL"] as const) {
    it.scopedLive(`has exactly one probe at a time in each recovery, over ${name}`, () =>
      Effect.gen(function*() {
        const shop = yield* provider
        const members = yield* fleet(isLong ? 8 : 4, {
          breaker: { failureThreshold: 2, probeLease: "1 minute", resetTimeout: "60 millis", successThreshold: 1 },
          // of a store that takes its time on a busy machine none thinks that it is away, and probes alone
          sharing: { lease: "1 minute", timeout: "30 seconds" },
          store: yield* stores[name]
        })
        const recoveries = size({
          bounded: name === "Redis" ? 300 : 60,
          everyDay: 10,
          full: name === "Redis" ? 1_000 : 200
        })
        let mode: "fails" | "holds" | "works" = "works"
        let underWay = 0
        const inEach: Array<number> = []
        let worked = () => {}
        shop.handle = (response) => {
          if (mode === "fails") return end(response, 503)
          if (mode === "works") {
            worked()
            return end(response, 200)
          }
          underWay++
          inEach[inEach.length - 1] = Math.max(inEach.at(-1) ?? 0, underWay)
          // long enough for the others to come, if they did
          setTimeout(() => {
            underWay--
            mode = "works"
            end(response, 200)
          }, 20)
        }
        yield* Effect.forEach(members, (member) => member.order({ _tag: "loop", pause: 3, url: shop.url }))
        const untilAll = (state: string) =>
          Effect.forEach(members, (member) => member.isIn(state), { concurrency: "unbounded", discard: true })
        for (let i = 0; i < recoveries; i++) {
          mode = "fails"
          // what was sent before it opened has come back
          yield* Effect.forEach(members, ({ isRefused }) => isRefused, { concurrency: "unbounded", discard: true })
          yield* untilAll("open")
          inEach.push(0)
          mode = "holds"
          yield* Effect.async<void>((resume) => {
            worked = () => resume(Effect.void)
          })
          yield* untilAll("closed")
        }
        const others = inEach.filter((probes) => probes !== 1)
        // whoever has lost the store probes alone, and says so
        strictEqual(
          others.length,
          0,
          `${others.join()} at once; warned: ${members.flatMap(({ warned }) => warned).join("; ")}`
        )
      }))

    it.scopedLive(`goes on probing when the process that holds the probe is killed, over ${name}`, () =>
      Effect.gen(function*() {
        const shop = yield* provider
        const members = yield* fleet(4, {
          breaker: { failureThreshold: 2, probeLease: "1 minute", resetTimeout: "100 millis", successThreshold: 1 },
          sharing: { lease: "1500 millis", timeout: "30 seconds" },
          store: yield* stores[name]
        })
        const [first, ...others] = members
        strictEqual((yield* first!.call("fails", 2)).became.join(), "failure,failure")
        yield* Effect.forEach(others, (member) => member.isIn("open"))
        yield* Effect.sleep("150 millis")
        let requests = 0
        // the probe hangs
        const came = new Promise<void>((resolve) => {
          shop.handle = () => {
            requests++
            resolve()
          }
        })
        yield* Effect.fork(
          // on a busy machine it may hear late that the circuit may be probed
          Effect.repeat(Effect.delay(first!.call(shop.url), "20 millis"), {
            while: ({ became }) => became.join() === "refused"
          })
        )
        yield* Effect.promise(() => came)
        // for as long as its process lives, its lease is renewed
        yield* Effect.sleep("2 seconds")
        for (const other of others) strictEqual((yield* other.call(shop.url)).became.join(), "refused")
        strictEqual(requests, 1)
        yield* first!.kill
        shop.handle = (response) => end(response, 200)
        yield* Effect.forEach(others, (member) => member.order({ _tag: "loop", pause: 5, url: shop.url }))
        yield* Effect.forEach(others, (member) => member.isIn("closed"))
      }))
  }
})
