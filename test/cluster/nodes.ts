/** A Redis Cluster of real nodes. */
import { Effect, Schedule } from "effect"
import * as net from "node:net"
import { createCluster } from "redis"
import * as RedisNode from "../../src/core/Redis/Node.js"
import { RedisServer } from "../../src/testing/index.js"

/** The nodes talk to each other on a port that is by default 10,000 above their own, where there may be none. */
const busPort = Effect.async<number>((resume) => {
  const server = net.createServer().listen({ host: "127.0.0.1", port: 0 }, () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(address !== null && typeof address === "object" ? address.port : 0)))
  })
})

const node = Effect.gen(function*() {
  const bus = yield* busPort
  const server = yield* RedisServer.make({
    args: ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout", "2000"]
  })
  const { send } = yield* RedisNode.make({ commandTimeout: "30 seconds", url: server.url })
  return { ...server, bus, id: String(yield* send("CLUSTER", "MYID")), send }
})

export type Node = Effect.Effect.Success<typeof node>

const again = Schedule.spaced("50 millis")

const slots = 16_384

/** So many masters with an equal share of the slots; and `replicas` further nodes, each a copy of one of the first ones. */
export const make = (masters: number, replicas = 0) =>
  Effect.gen(function*() {
    const nodes = yield* Effect.replicateEffect(node, masters + replicas, { concurrency: 3 })
    for (let i = 0; i < masters; i++) {
      const [from, to] = [i, i + 1].map((share) => Math.floor(share * slots / masters))
      yield* nodes[i]!.send("CLUSTER", "ADDSLOTSRANGE", from!, to! - 1)
      yield* nodes[i]!.send("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
    }
    for (const { bus, host, port } of nodes.slice(1)) yield* nodes[0]!.send("CLUSTER", "MEET", host, port, bus)
    const each = (ready: (node: Node) => Effect.Effect<boolean, unknown>) =>
      Effect.forEach(nodes, (node) => Effect.repeat(ready(node), { schedule: again, until: (isReady) => isReady }), {
        discard: true
      })
    const says = (text: string) => ({ send }: Node) =>
      Effect.map(send("CLUSTER", "INFO"), (info) => String(info).includes(text))
    yield* each(says(`cluster_known_nodes:${nodes.length}`))
    yield* each(says("cluster_state:ok"))
    const copies = nodes.slice(masters)
    // a node is told of the master before it hears of it from others
    yield* Effect.forEach(copies, ({ send }, i) => Effect.retry(send("CLUSTER", "REPLICATE", nodes[i]!.id), again))
    yield* Effect.forEach(copies, ({ send }) =>
      Effect.repeat(send("INFO", "replication"), {
        schedule: again,
        until: (info) => String(info).includes("master_link_status:up")
      }))
    return nodes
  })

/** The driver's client of the whole cluster; one of the nodes may be dead. */
export const connect = (nodes: ReadonlyArray<Node>) =>
  Effect.gen(function*() {
    const cluster = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createCluster({
          defaults: { disableOfflineQueue: true },
          rootNodes: nodes.map(({ url }) => ({ url }))
        }).on("error", () => {})
      ),
      (cluster) => Effect.sync(() => cluster.destroy())
    )
    yield* Effect.promise(() => cluster.connect())
    return cluster
  })
