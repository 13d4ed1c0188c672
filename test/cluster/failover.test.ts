/** A master of a Redis Cluster dies, and its replica takes its place: what the breakers of two processes do meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schedule } from "effect"
import * as Redis from "holdfast/core/Redis"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as CircuitBreakerRedis from "holdfast/policy/CircuitBreaker/Redis"
import { type Client, clientOf, newKey } from "../../src/testing/conformance/internal/circuitBreakerKit.js"
import { isLong } from "../campaign.js"
import { comes } from "../comes.js"
import * as Nodes from "./nodes.js"

const again = Schedule.spaced("20 millis")

const all = (members: ReadonlyArray<Client>, state: string, when: string) =>
  comes(
    `${state} ${when}`,
    Effect.forEach(
      members,
      (member) => Effect.repeat(member.state, { schedule: again, until: (now) => now === state }),
      { discard: true }
    )
  )

/** A process: its breakers over a client of its own. */
const member = (nodes: ReadonlyArray<Nodes.Node>, key: string) =>
  Effect.gen(function*() {
    const redis = yield* RedisNode.fromClient(yield* Nodes.connect(nodes), {
      heartbeat: "500 millis",
      maxBackoff: "200 millis"
    })
    const service = yield* Effect.provideService(
      CircuitBreakerRedis.make({ patience: "1 second", prefix: "test:", timeout: "1 second" }),
      Redis.Redis,
      redis
    )
    const world = { peer: service, service, settle: Effect.void, unit: Duration.seconds(1), wait: () => Effect.void }
    const options = { failureThreshold: 2, resetTimeout: "10 minutes", successThreshold: 1 } as const
    return { ...(yield* clientOf(world, service, key, options)), reset: service.reset(key) }
  })

type Member = Effect.Effect.Success<ReturnType<typeof member>>

describe("a Redis Cluster", () => {
  it.scopedLive.runIf(isLong)(
    "whose master of a circuit dies: no call waits, and the state is there on its replica",
    () =>
      Effect.gen(function*() {
        const nodes = yield* Nodes.make(3, 3)
        const key = yield* newKey
        const members = yield* Effect.replicateEffect(member(nodes, key), 2)
        const [here, there] = members as [Member, Member]
        for (const { call } of members) assert.strictEqual(yield* call("success"), "sent")
        yield* all(members, "closed", "at first")
        yield* here.call("failure")
        yield* here.call("failure")
        yield* all(members, "open", "before the master died")

        const holds = ({ send }: Nodes.Node) => Effect.map(send("EXISTS", `test:{${key}}`), (found) => found === 1)
        const owners = yield* Effect.filter(nodes.slice(0, 3), (node) => Effect.orElseSucceed(holds(node), () => false))
        assert.strictEqual(owners.length, 1)
        const at = nodes.indexOf(owners[0]!)
        const replica = nodes[at + 3]!
        // a replica that is behind takes over what it has
        yield* comes(
          "the replica's link",
          Effect.repeat(replica.send("INFO", "replication"), {
            schedule: again,
            until: (info) => /slave_read_only:1/.test(String(info)) && /master_link_status:up/.test(String(info))
          })
        )
        yield* owners[0]!.kill
        let calls = 0
        const calling = yield* Effect.fork(Effect.forever(Effect.delay(
          Effect.flatMap(here.call("success"), (sent) =>
            Effect.sync(() => {
              calls++
              assert.strictEqual(sent, "refused")
            })),
          "5 millis"
        )))
        yield* comes(
          "the replica's turn",
          Effect.repeat(replica.send("ROLE"), {
            schedule: again,
            until: (role) => Array.isArray(role) && role[0] === "master"
          })
        )
        // one that waits for the store waits for a second
        assert.isAbove(calls, 20)
        yield* Fiber.interrupt(calling)

        // the driver's client waits for ever for a dead master that a node still names
        const survivors = nodes.filter((_, i) => i !== at)
        const names = ({ send }: Nodes.Node) =>
          Effect.map(send("CLUSTER", "SLOTS"), (slots) => JSON.stringify(slots).includes(owners[0]!.id))
        yield* comes(
          "all nodes' knowledge of the replica's turn",
          Effect.forEach(
            survivors,
            (node) => Effect.repeat(names(node), { schedule: again, until: (isNamed) => !isNamed })
          )
        )

        // a third process finds the circuit open, and what is decided from now on is known to all
        const newcomer = yield* comes("a third process", member(nodes, key))
        yield* comes("its first call", newcomer.call("success"))
        yield* all([...members, newcomer], "open", "with the replica")
        yield* comes("the reset", newcomer.reset)
        const everybody = [...members, newcomer]
        yield* all(everybody, "closed", "after the reset")
        yield* there.call("failure")
        yield* there.call("failure")
        yield* all(everybody, "open", "after the master died")
      }),
    180_000
  )
})
