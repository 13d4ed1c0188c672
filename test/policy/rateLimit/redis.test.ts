import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Duration, Effect, FastCheck as fc, Layer, Runtime, Schema } from "effect"
import { RateLimit } from "holdfast"
import * as Redis from "holdfast/core/Redis"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as RateLimitRedis from "holdfast/policy/RateLimit/Redis"
import { randomUUID } from "node:crypto"
import * as Lease from "../../../src/policy/internal/limit/leaseCore.js"
import * as Scripts from "../../../src/policy/internal/limit/leaseScripts.js"
import { clientOf, Provider } from "../../../src/testing/conformance/internal/rateLimitKit.js"
import * as Conformance from "../../../src/testing/conformance/RateLimit.js"
import { holds, isLong } from "../../campaign.js"
import * as Servers from "../../servers/index.js"

const prefix = `test:${randomUUID()}`
const redis = Layer.unwrapEffect(
  Effect.map(Servers.redis, ({ url }) => RedisNode.layer({ commandTimeout: "10 seconds", url }))
)
// a machine that is busy with other things is no outage
const layer = Layer.provide(RateLimitRedis.layer({ prefix, timeout: "10 seconds" }), redis)

Conformance.suite("Redis", layer, {
  clock: "live",
  latency: "200 millis",
  numRuns: isLong ? 6 : 2,
  peer: layer,
  unit: "150 millis"
})

/** The record as the script writes it. */
const read = (text: string): Lease.Ledger => {
  const [head, ...lines] = text.split("\n").map((line) => line.split(" "))
  const [tokens, at, seen, cooldownUntil] = head!.slice(0, 4).map(Number) as [number, number, number, number]
  const accounts: Record<string, Lease.Account> = {}
  for (const [node, era, granted, spent, returned, debt, wants, until] of lines) {
    accounts[node!] = {
      debt: Number(debt),
      era: Number(era),
      granted: Number(granted),
      returned: Number(returned),
      spent: Number(spent),
      until: Number(until),
      wants: wants === "1"
    }
  }
  return { accounts, at, cooldownUntil, first: head![4] === "-" ? "" : head![4]!, seen, tokens }
}

const script = Redis.script({
  encode: (key: string, args: ReadonlyArray<Redis.Argument>) => ({ args, keys: [key] }),
  lua: Scripts.settle,
  name: "settle",
  result: Schema.Array(Schema.Int)
})

const request = fc.record({
  age: fc.constantFrom(0, 1, 20, 1_000_000_000),
  capacity: fc.constantFrom(1, 2.5, 10, 10, 10),
  debt: fc.constantFrom(0, 0, 0, 3),
  initial: fc.constantFrom(-2, 5, 10),
  need: fc.constantFrom(0, 1, 1, 4, 10),
  node: fc.constantFrom("a", "b", "c"),
  rate: fc.constantFrom(0.5, 3, 200),
  returned: fc.constantFrom(0, 0, 0.5, 1),
  spent: fc.constantFrom(0, 0.3, 1, 1, 1.4),
  want: fc.constantFrom(0, 1, 5, 40),
  era: fc.constantFrom(0, 0, 0, 0, 0, -1, 1)
})

describe("the script", () => {
  it.scopedLive("does what the core does, to the last digit", () =>
    Effect.gen(function*() {
      const client = yield* Redis.Redis
      const run = Runtime.runPromise(yield* Effect.runtime())
      yield* Effect.promise(() =>
        holds(
          fc.asyncProperty(fc.array(request, { maxLength: 30, size: "max" }), (steps) =>
            run(Effect.gen(function*() {
              const key = `${prefix}:script:${randomUUID()}`
              const ledger = Lease.empty()
              for (const { capacity, era, initial, node, rate, returned, spent, ...rest } of steps) {
                const account = ledger.accounts[node]
                const before = account ?? { era: 1, granted: 0, returned: 0, spent: 0 }
                const granted = before.granted
                const asked: Lease.Request = {
                  ...rest,
                  era: Math.max(1, before.era + era),
                  granted: era > 0 ? 0 : granted,
                  initial,
                  node,
                  // a share of what there is, at times more than that
                  returned: era > 0
                    ? 0
                    : before.returned + Math.floor(returned * (granted - before.spent - before.returned)),
                  spent: era > 0 ? 0 : before.spent + Math.ceil(spent * (granted - before.spent - before.returned) / 2)
                }
                const reply = yield* client.run(script, key, [
                  capacity * 1_000,
                  rate * 1e9,
                  node,
                  asked.era,
                  asked.granted,
                  asked.spent,
                  asked.returned,
                  asked.age,
                  asked.want,
                  asked.need,
                  asked.debt,
                  asked.initial
                ])
                const after = read(String(yield* client.send("GET", key)))
                const answer = Lease.settle(ledger, { capacity, refillRate: rate }, asked, after.seen)
                deepStrictEqual(after, ledger)
                deepStrictEqual(reply, [
                  answer.era,
                  answer.granted,
                  Math.floor(answer.balance * 1_000),
                  Math.floor(answer.lease),
                  Math.ceil(answer.coolDown),
                  answer.processes,
                  answer.contenders,
                  answer.isNext ? 1 : 0
                ])
                strictEqual(Number(yield* client.send("PTTL", key)) > 0, true)
              }
              yield* client.send("DEL", key)
            }))),
          40
        )
      )
    }).pipe(Effect.provide(redis)))

  it.scopedLive("trap 21: where it fails, it leaves the key as it was, and nobody notices", () =>
    Effect.gen(function*() {
      const client = yield* Redis.Redis
      const key = `${prefix}:rate:v1:{broken}`
      yield* client.send("SET", key, "no record\nat all", "PX", 60_000)
      const context = yield* Layer.build(
        Layer.provide(RateLimitRedis.layer({ prefix }), Layer.succeed(Redis.Redis, client))
      )
      const provider = new Provider()
      const service = Context.get(context, RateLimit.RateLimiters)
      const { call } = yield* clientOf(
        { peer: service, service, settle: Effect.void, unit: Duration.millis(1), wait: Effect.sleep },
        service,
        "broken",
        provider,
        { capacity: 5, refillRate: 50 }
      )
      for (let i = 0; i < 8; i++) strictEqual(yield* call(), "sent")
      strictEqual(yield* client.send("GET", key), "no record\nat all")
      yield* client.send("DEL", key)
    }).pipe(Effect.provide(redis)))
})
