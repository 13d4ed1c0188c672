import { Effect } from "effect"
import type * as Redis from "../../../src/core/Redis.js"
import * as RedisNode from "../../../src/core/Redis/Node.js"
import * as RedisStore from "../../../src/policy/internal/breaker/redisStore.js"
import type * as Shared from "../../../src/policy/internal/breaker/sharedCore.js"
import * as servers from "../../servers/index.js"
import { type Backing, suite } from "./stepsOfBacking.js"

const lists = (joined: string) => joined === "" ? [] : joined.split(",").map((item) => item.split(":"))

/** The hash of a circuit as the core would keep it. */
const keptOf = (reply: unknown): Shared.Kept | undefined => {
  const raw = reply as Readonly<Record<string, string>>
  if (Object.keys(raw).length === 0) return undefined
  const text = (name: string) => raw[name]!
  const number = (name: string) => Number(text(name))
  return {
    layout: text("layout"),
    live: lists(text("live")).map(([node, at]) => ({ at: Number(at), node: node! })),
    record: {
      closedSince: number("closedSince"),
      counts: {
        at: number("at"),
        failed: number("failed"),
        failures: number("failures"),
        ring: lists(text("ring")).map(([value]) => Number(value)),
        slow: number("slow"),
        total: number("total")
      },
      gatherUntil: number("gatherUntil"),
      generation: number("generation"),
      mode: text("mode") as Shared.Kept["record"]["mode"],
      modeReason: text("modeReason"),
      nodes: lists(text("nodes")).map(([node, sequence, mark]) => ({
        mark: Number(mark),
        node: node!,
        sequence: Number(sequence)
      })),
      openFor: number("openFor"),
      openUntil: number("openUntil"),
      openings: number("openings"),
      probeSuccesses: number("probeSuccesses"),
      probes: lists(text("probes")).map(([id, until, deadline]) => ({
        deadline: Number(deadline),
        id: id!,
        until: Number(until)
      })),
      reason: text("reason"),
      revision: number("revision"),
      state: text("state") as Shared.Kept["record"]["state"]
    }
  }
}

const backing = Effect.gen(function*() {
  const { prefix, url } = yield* servers.redis
  const redis: Redis.Redis["Type"] = yield* Effect.orDie(RedisNode.make({ commandTimeout: "30 seconds", url }))
  const send = (command: string, ...args: ReadonlyArray<Redis.Argument>) => Effect.orDie(redis.send(command, ...args))
  const { recordOf } = RedisStore.placeOf(prefix)
  const clock = `redis.call("MGET", "${prefix}seconds", "${prefix}micros")`
  return {
    forget: (key) => Effect.asVoid(send("DEL", recordOf(key))),
    kept: (key) => Effect.map(send("HGETALL", recordOf(key)), keptOf),
    setClock: (now) =>
      Effect.asVoid(
        send("MSET", `${prefix}seconds`, Math.floor(now / 1_000), `${prefix}micros`, now % 1_000 * 1_000)
      ),
    store: RedisStore.make(redis, prefix, clock)
  } satisfies Backing
})

suite("Redis", backing, 60)
