import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Exit, Fiber, Logger, LogLevel, Queue, Redacted, Schedule, Schema, Scope } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { createClient, createCluster } from "redis"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"
import { RedisServer, TcpProxy } from "../../src/testing/index.js"
import { bundle } from "../bundle.js"
import * as files from "../delivery/files.js"
import { cert, key } from "../e2e/certificate.js"
import { eventually, serveWith } from "../e2e/server.js"
import * as servers from "../servers/index.js"

/** For faults: what takes longer has failed, on a machine however busy. */
const times = {
  commandTimeout: "2 seconds",
  connectTimeout: "30 seconds",
  heartbeat: "500 millis",
  maxBackoff: "100 millis"
} as const

const connect = (url: string, options: Partial<RedisNode.Options> = {}) =>
  RedisNode.make({ ...times, commandTimeout: "30 seconds", ...options, url })

const raise = Redis.script({
  encode: (key: string, by: number) => ({ args: [by], keys: [key] }),
  lua: `return { redis.call("INCRBY", KEYS[1], ARGV[1]), KEYS[1] }`,
  name: "raise",
  result: Schema.Tuple(Schema.Int, Schema.String)
})

/** A server of its own behind a network of its own. */
const fragile = Effect.gen(function*() {
  const server = yield* RedisServer.make()
  const proxy = yield* TcpProxy.make(server.url)
  return { proxy, redis: yield* connect(proxy.url, times), server }
})

const again = Schedule.spaced("20 millis")

/** Until it is connected again; fails by the test's own time limit. */
const back = (redis: Redis.Redis["Type"]) => Effect.retry(redis.send("PING"), again)

/** Until it has noticed. */
const failing = (redis: Redis.Redis["Type"]) => Effect.retry(Effect.flip(redis.send("PING")), again)

const take = (queue: Queue.Dequeue<Redis.Notice>) => Queue.take(queue)

/** The next notice that is not a message. */
const nextState = (queue: Queue.Dequeue<Redis.Notice>): Effect.Effect<string> =>
  Effect.flatMap(take(queue), (notice) => notice._tag === "Message" ? nextState(queue) : Effect.succeed(notice._tag))

const message = (text: string) => Redis.Notice.Message({ text })

describe("Redis", () => {
  describe("commands", () => {
    it.scopedLive("are sent, and answered", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        assert.strictEqual(yield* redis.send("SET", `${prefix}a`, "é", "PX", 60_000), "OK")
        assert.strictEqual(yield* redis.send("GET", `${prefix}a`), "é")
        assert.strictEqual(yield* redis.send("GET", `${prefix}b`), null)
        assert.deepStrictEqual(yield* redis.send("MGET", `${prefix}a`, `${prefix}b`), ["é", null])
      }))

    it.scopedLive("side by side, each gets its own answer", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        const answers = yield* Effect.forEach(
          Array.from({ length: 1000 }, (_, i) => i),
          (i) => redis.send("ECHO", `${prefix}${i}`),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(answers, Array.from({ length: 1000 }, (_, i) => `${prefix}${i}`))
      }))

    it.scopedLive("the server's no is an error with its code", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        yield* redis.send("SET", `${prefix}a`, "1", "PX", 60_000)
        const error = yield* Effect.flip(redis.send("LPUSH", `${prefix}a`, "1"))
        assert.deepInclude(error, { _tag: "RedisError", code: "WRONGTYPE", reason: "refused" })
        assert.isFalse(error.mayHaveHappened)
      }))

    it.scopedLive("a number that Redis would read in its own way is not sent", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        for (const number of [0.5, NaN, Infinity, 2 ** 53]) {
          const error = yield* Effect.flip(redis.send("SET", `${prefix}n`, number))
          assert.deepInclude(error, { reason: "argument" })
        }
        assert.strictEqual(yield* redis.send("EXISTS", `${prefix}n`), 0)
      }))

    it.scopedLive("a scan finds all keys of a pattern, however many there are, and no others", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        const keys = Array.from({ length: 1_500 }, (_, n) => `${prefix}scanned:${n}`)
        yield* redis.send("MSET", ...keys.flatMap((key) => [key, "1"]))
        yield* redis.send("SET", `${prefix}other`, "1")
        assert.sameMembers(Array.from(yield* redis.scan(`${prefix}scanned:*`)), keys)
        assert.deepStrictEqual(yield* redis.scan(`${prefix}nothing*`), [])
        yield* redis.send("DEL", ...keys, `${prefix}other`)
      }))

    it.scoped("take real time, whatever the clock of the test", () =>
      Effect.gen(function*() {
        const { url } = yield* servers.redis
        const redis = yield* connect(url, { commandTimeout: "200 millis" })
        const error = yield* Effect.flip(redis.send("BLPOP", "test:nothing", 0))
        assert.strictEqual(error.reason, "timeout")
        assert.isTrue(error.mayHaveHappened)
      }))
  })

  describe("scripts", () => {
    it.scopedLive("run with typed parameters and a typed result, also after the server forgot them", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make()
        const redis = yield* connect(server.url)
        assert.deepStrictEqual(yield* redis.run(raise, "n", 2), [2, "n"])
        assert.deepStrictEqual(yield* redis.run(raise, "n", 3), [5, "n"])
        yield* redis.send("SCRIPT", "FLUSH")
        assert.deepStrictEqual(yield* redis.run(raise, "n", -1), [4, "n"])
        yield* server.kill
        yield* server.start
        yield* back(redis)
        assert.deepStrictEqual(yield* redis.run(raise, "n", 1), [1, "n"])
      }))

    it.scopedLive("the text is sent once", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make()
        const redis = yield* connect(server.url)
        yield* Effect.forEach([1, 2, 3], () => redis.run(raise, "n", 1))
        const stats = String(yield* redis.send("INFO", "commandstats"))
        assert.match(stats, /cmdstat_eval:calls=1,/)
        assert.match(stats, /cmdstat_evalsha:calls=3,/)
      }))

    it.scopedLive("an answer of another shape is an error that names the script", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        const odd = Redis.script({
          encode: (key: string) => ({ keys: [key] }),
          lua: `return "seven"`,
          name: "odd",
          result: Schema.Int
        })
        const error = yield* Effect.flip(redis.run(odd, `${prefix}a`))
        assert.strictEqual(error.reason, "reply")
        assert.include(error.message, "the script odd")
      }))
  })

  describe("channels", () => {
    it.scopedLive("subscribers hear that they are attached, and every message after that", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        const one = yield* redis.subscribe(`${prefix}c`)
        assert.deepStrictEqual(yield* take(one), Redis.Notice.Attached())
        const two = yield* redis.subscribe(`${prefix}c`)
        assert.deepStrictEqual(yield* take(two), Redis.Notice.Attached())
        assert.strictEqual(yield* redis.send("PUBLISH", `${prefix}c`, "hello"), 1)
        assert.deepStrictEqual(yield* take(one), message("hello"))
        assert.deepStrictEqual(yield* take(two), message("hello"))
      }))

    it.scopedLive("the last one to leave takes the subscription with it", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        const scopes = [yield* Scope.make(), yield* Scope.make()] as const
        for (const scope of scopes) yield* Effect.flatMap(Scope.extend(redis.subscribe(`${prefix}c`), scope), take)
        yield* Scope.close(scopes[0], Exit.void)
        assert.strictEqual(yield* redis.send("PUBLISH", `${prefix}c`, "a"), 1)
        yield* Scope.close(scopes[1], Exit.void)
        assert.strictEqual(yield* redis.send("PUBLISH", `${prefix}c`, "b"), 0)
        const again = yield* redis.subscribe(`${prefix}c`)
        assert.deepStrictEqual(yield* take(again), Redis.Notice.Attached())
      }))

    it.scopedLive("a subscriber that falls too far behind is told to read the state anew", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const redis = yield* connect(url)
        const queue = yield* redis.subscribe(`${prefix}c`)
        assert.strictEqual(yield* nextState(queue), "Attached")
        yield* Effect.forEach(
          Array.from({ length: 3000 }, (_, i) => i),
          (i) => redis.send("PUBLISH", `${prefix}c`, String(i)),
          { concurrency: "unbounded" }
        )
        yield* Effect.repeat(Queue.size(queue), { until: (size) => size > 0 })
        const heard = Chunk.toReadonlyArray(yield* Queue.takeAll(queue))
        const texts = heard.map((notice) => notice._tag === "Message" ? notice.text : notice._tag)
        // nothing is missing after the last gap
        const tail = texts.slice(texts.lastIndexOf("Attached") + 1)
        assert.isAbove(texts.lastIndexOf("Attached"), -1)
        assert.deepStrictEqual(tail, Array.from({ length: tail.length }, (_, i) => String(3000 - tail.length + i)))
      }))

    it.scopedLive("a gap is announced: lost, then attached again", () =>
      Effect.gen(function*() {
        const { proxy, redis, server } = yield* fragile
        const other = yield* connect(server.url)
        const queue = yield* redis.subscribe("c")
        assert.strictEqual(yield* nextState(queue), "Attached")
        yield* proxy.reset
        assert.strictEqual(yield* nextState(queue), "Lost")
        assert.strictEqual(yield* nextState(queue), "Attached")
        yield* other.send("PUBLISH", "c", "after")
        assert.deepStrictEqual(yield* take(queue), message("after"))
      }))

    it.scopedLive("an idle subscriber notices a connection that is dead without a word", () =>
      Effect.gen(function*() {
        const { proxy, redis } = yield* fragile
        const queue = yield* redis.subscribe("c")
        assert.strictEqual(yield* nextState(queue), "Attached")
        yield* proxy.set(TcpProxy.blackHole)
        assert.strictEqual(yield* nextState(queue), "Lost")
        yield* proxy.set(TcpProxy.pass)
        assert.strictEqual(yield* nextState(queue), "Attached")
      }))

    it.scopedLive("one that comes while Redis is away is attached when it is back", () =>
      Effect.gen(function*() {
        const { proxy, redis } = yield* fragile
        yield* proxy.set(TcpProxy.refuse)
        yield* failing(redis)
        const queue = yield* redis.subscribe("c")
        yield* proxy.set(TcpProxy.pass)
        assert.deepStrictEqual(yield* take(queue), Redis.Notice.Attached())
      }))
  })

  describe("faults", () => {
    it.scopedLive("cut: what is under way is lost, what comes fails at once, and it comes back", () =>
      Effect.gen(function*() {
        const { proxy, redis } = yield* fragile
        yield* proxy.set(TcpProxy.delay("100 millis"))
        const waiting = yield* Effect.fork(Effect.flip(redis.send("PING")))
        yield* Effect.sleep("20 millis")
        yield* proxy.set(TcpProxy.cut)
        const lost = yield* waiting
        assert.strictEqual(lost.reason, "lost")
        assert.isTrue(lost.mayHaveHappened)
        assert.strictEqual((yield* Effect.flip(redis.send("PING"))).reason, "disconnected")
        yield* proxy.set(TcpProxy.pass)
        assert.strictEqual(yield* back(redis), "PONG")
      }))

    it.scopedLive("black hole: commands time out, and the connection is given up", () =>
      Effect.gen(function*() {
        const { proxy, redis } = yield* fragile
        yield* proxy.set(TcpProxy.blackHole)
        const errors = yield* Effect.forEach([1, 2, 3], () => Effect.flip(redis.send("PING")), {
          concurrency: "unbounded"
        })
        // the first one takes the others with it
        assert.isTrue(errors.every((error) => error.reason === "timeout" || error.reason === "lost"))
        assert.strictEqual((yield* failing(redis)).reason, "disconnected")
        yield* proxy.set(TcpProxy.pass)
        assert.strictEqual(yield* back(redis), "PONG")
      }))

    it.scopedLive("garbage: an error, and the answers after it are right again", () =>
      Effect.gen(function*() {
        const { proxy, redis } = yield* fragile
        yield* proxy.set(TcpProxy.garbage())
        const error = yield* Effect.flip(redis.send("ECHO", "a"))
        assert.include(["lost", "timeout"], error.reason)
        yield* proxy.set(TcpProxy.pass)
        yield* back(redis)
        const echoes = yield* Effect.forEach(["a", "b", "c"], (word) => redis.send("ECHO", word), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(echoes, ["a", "b", "c"])
      }))

    it.scopedLive("an answer that nobody asked for ends the connection: the next ones would go to the wrong commands", () =>
      Effect.gen(function*() {
        const { proxy, redis } = yield* fragile
        yield* proxy.set(TcpProxy.garbage("+OK\r\n+OK\r\n"))
        yield* Effect.exit(redis.send("ECHO", "a"))
        yield* proxy.set(TcpProxy.pass)
        yield* back(redis)
        assert.strictEqual(yield* redis.send("ECHO", "b"), "b")
      }))

    it.scopedLive("half open: the answer never comes", () =>
      Effect.gen(function*() {
        const { proxy, redis, server } = yield* fragile
        const other = yield* connect(server.url)
        yield* proxy.set(TcpProxy.halfOpen("at the server"))
        const error = yield* Effect.flip(redis.send("SET", "a", "1"))
        // a heartbeat that was sent just before it finds out first
        assert.include(["timeout", "lost"], error.reason)
        // it may have happened, and it did
        assert.strictEqual(yield* other.send("GET", "a"), "1")
        yield* proxy.set(TcpProxy.pass)
        assert.strictEqual(yield* back(redis), "PONG")
      }))

    it.scopedLive("a server that stalls, dies, and comes back", () =>
      Effect.gen(function*() {
        const { redis, server } = yield* fragile
        yield* server.pause
        assert.strictEqual((yield* Effect.flip(redis.send("PING"))).reason, "timeout")
        yield* server.resume
        yield* back(redis)
        yield* server.kill
        yield* failing(redis)
        yield* server.start
        assert.strictEqual(yield* back(redis), "PONG")
      }))

    it.scopedLive("a master that has become a replica is left", () =>
      Effect.gen(function*() {
        const { proxy, redis, server } = yield* fragile
        const other = yield* connect(server.url)
        yield* other.send("REPLICAOF", "127.0.0.1", "1")
        const before = (yield* proxy.counters).accepted
        assert.deepInclude(yield* Effect.flip(redis.send("SET", "a", "1")), { code: "READONLY", reason: "refused" })
        yield* other.send("REPLICAOF", "NO", "ONE")
        yield* back(redis)
        assert.isAbove((yield* proxy.counters).accepted, before)
        assert.strictEqual(yield* redis.send("SET", "a", "1"), "OK")
      }))

    it.scopedLive("an outage is logged once, at debug level, and so is its end", () =>
      Effect.gen(function*() {
        const logged: Array<string> = []
        const logger = Logger.make(({ logLevel, message }) => void logged.push(`${logLevel.label}: ${String(message)}`))
        yield* Effect.gen(function*() {
          const { proxy, redis } = yield* fragile
          yield* proxy.set(TcpProxy.refuse)
          yield* failing(redis)
          yield* Effect.sleep("500 millis")
          yield* proxy.set(TcpProxy.pass)
          yield* back(redis)
        }).pipe(
          Logger.withMinimumLogLevel(LogLevel.Debug),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.strictEqual(logged.length, 2)
        assert.match(logged[0] ?? "", /^DEBUG: Redis at 127.0.0.1:\d+ /)
        assert.match(logged[1] ?? "", /^DEBUG: Redis at 127.0.0.1:\d+ is back$/)
      }))
  })

  it.scopedLive("a process that is too busy to read the answer does not take Redis for dead", () =>
    Effect.gen(function*() {
      const { url } = yield* servers.redis
      const proxy = yield* TcpProxy.make(url)
      const redis = yield* connect(proxy.url, { commandTimeout: "100 millis" })
      const work = Effect.sync(() => {
        const end = performance.now() + 500
        while (performance.now() < end);
      })
      for (const before of ["sending", "reading"]) {
        const answer = yield* Effect.fork(redis.send("PING"))
        yield* before === "sending" ? Effect.yieldNow() : Effect.sleep("1 millis")
        yield* work
        assert.strictEqual(yield* Fiber.join(answer), "PONG")
      }
      assert.strictEqual((yield* proxy.counters).accepted, 1)
    }))

  describe("start and end", () => {
    it.scopedLive("a Redis that is away at the start is used once it is there", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make()
        yield* server.stop
        const redis = yield* connect(server.url)
        assert.strictEqual((yield* Effect.flip(redis.send("PING"))).reason, "disconnected")
        yield* server.start
        assert.strictEqual(yield* back(redis), "PONG")
      }))

    it.scopedLive("a black hole at the start is given up after the connect timeout", () =>
      Effect.gen(function*() {
        const { proxy } = yield* fragile
        yield* proxy.set(TcpProxy.blackHole)
        const redis = yield* connect(proxy.url, { connectTimeout: "500 millis" })
        assert.strictEqual((yield* Effect.flip(redis.send("PING"))).reason, "disconnected")
      }))

    it.scopedLive("a wrong password fails at once, and is not told", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make({ args: ["--requirepass", "fake-right"] })
        const withPassword = (password: string) => server.url.replace("redis://", `redis://:${password}@`)
        for (const url of [server.url, withPassword("fake-wrong")]) {
          const error = yield* Effect.flip(Effect.scoped(connect(url)))
          assert.strictEqual(error.reason, "setup")
          assert.match(error.message, /^Redis at 127.0.0.1:\d+ refuses: (NOAUTH|WRONGPASS) /)
          assert.notInclude(error.message, "fake-wrong")
        }
        assert.strictEqual(yield* (yield* connect(withPassword("fake-right"))).send("PING"), "PONG")
      }))

    it.scopedLive("TLS, a user, and a database by its number", () =>
      Effect.gen(function*() {
        const folder = yield* files.folder
        // the server is another user
        fs.chmodSync(folder, 0o755)
        for (const [name, text] of Object.entries({ cert, key })) fs.writeFileSync(path.join(folder, name), text)
        // a port that was free a moment ago
        const { port } = yield* Effect.scoped(serveWith(net.createServer(), "tcp"))
        const file = (name: string) => path.join(folder, name)
        yield* RedisServer.make({
          args: [
            ...["--tls-port", String(port), "--tls-cert-file", file("cert"), "--tls-key-file", file("key")],
            ...["--tls-ca-cert-file", file("cert"), "--tls-auth-clients", "no"],
            ...["--user", "ada", "on", ">fake-p@ss:word", "~*", "+@all"]
          ]
        })
        const url = `rediss://ada:fake-p%40ss%3Aword@127.0.0.1:${port}/3`
        const untrusting = yield* connect(url, { client: { socket: { tls: true } } })
        assert.strictEqual((yield* Effect.flip(untrusting.send("PING"))).reason, "disconnected")
        const redis = yield* connect(url, { client: { socket: { ca: cert, tls: true } } })
        assert.strictEqual(yield* redis.send("ACL", "WHOAMI"), "ada")
        assert.include(String(yield* redis.send("CLIENT", "INFO")), " db=3 ")
      }))

    it.live("another URL is refused without being repeated", () =>
      Effect.gen(function*() {
        for (const url of ["http://user:fake-secret@127.0.0.1", "fake-secret", ""]) {
          const error = yield* Effect.flip(Effect.scoped(RedisNode.make({ url: Redacted.make(url) })))
          assert.strictEqual(error.reason, "setup")
          assert.notInclude(error.message, "fake-secret")
        }
      }))

    it.scopedLive("when its scope is closed the connection is gone, and what comes then fails", () =>
      Effect.gen(function*() {
        const { proxy } = yield* fragile
        const open = (yield* proxy.counters).open
        const scope = yield* Scope.make()
        const redis = yield* Scope.extend(connect(proxy.url), scope)
        yield* redis.send("PING")
        assert.strictEqual((yield* proxy.counters).open, open + 1)
        yield* Scope.close(scope, Exit.void)
        while ((yield* proxy.counters).open > open) yield* Effect.sleep("10 millis")
        assert.strictEqual((yield* Effect.flip(redis.send("PING"))).reason, "disconnected")
      }))
  })

  describe("a process with a connection that is never closed", () => {
    const run = (mode: "idle" | "waiting" | "away", url: string) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const child = spawn(
            process.execPath,
            [bundle("test/core/redisChild.ts"), mode, url],
            { stdio: ["pipe", "pipe", "inherit"] }
          )
          const said: Array<string> = []
          child.stdout.on("data", (data: Buffer) => said.push(data.toString()))
          return { child, said: () => said.join("") }
        }),
        ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
      )

    it.scopedLive("ends when it is done, and not before its last answer", () =>
      Effect.gen(function*() {
        const { url } = yield* servers.redis
        const idle = yield* run("idle", url)
        const waiting = yield* run("waiting", url)
        yield* eventually(() => idle.child.exitCode === 0 && waiting.child.exitCode === 0)
        assert.strictEqual(idle.said(), "connected\n")
        assert.strictEqual(waiting.said(), "connected\nnull\n")
      }))

    it.scopedLive("ends also while it tries to connect again", () =>
      Effect.gen(function*() {
        const { url } = yield* servers.redis
        const proxy = yield* TcpProxy.make(url)
        const { child, said } = yield* run("away", proxy.url)
        yield* eventually(() => said() === "connected\n")
        yield* proxy.set(TcpProxy.refuse)
        child.stdin.write("go\n")
        yield* eventually(() => child.exitCode === 0)
        assert.include(said(), "away\n")
      }))
  })

  describe("over a client of the program's", () => {
    it.scopedLive("commands, scripts and channels", () =>
      Effect.gen(function*() {
        const { prefix, url } = yield* servers.redis
        const client = yield* Effect.acquireRelease(
          Effect.promise(() => createClient({ url }).on("error", () => {}).connect()),
          (client) => Effect.sync(() => client.destroy())
        )
        const redis = yield* RedisNode.fromClient(client, times)
        assert.deepStrictEqual(yield* redis.run(raise, `${prefix}n`, 2), [2, `${prefix}n`])
        const queue = yield* redis.subscribe(`${prefix}c`)
        assert.deepStrictEqual(yield* take(queue), Redis.Notice.Attached())
        yield* redis.send("PUBLISH", `${prefix}c`, "hello")
        assert.deepStrictEqual(yield* take(queue), message("hello"))
        assert.deepInclude(yield* Effect.flip(redis.send("LPUSH", `${prefix}n`, "1")), { code: "WRONGTYPE" })
        client.destroy()
        assert.strictEqual((yield* Effect.flip(redis.send("PING"))).reason, "disconnected")
      }))

    it.scopedLive("a cluster: each step goes to the node of its keys", () =>
      Effect.gen(function*() {
        const nodes = yield* Effect.forEach([1, 2], () => RedisServer.make({ args: ["--cluster-enabled", "yes"] }))
        const direct = yield* Effect.forEach(nodes, (node) => connect(node.url))
        const [a, b] = direct
        const [, other] = nodes
        if (a === undefined || b === undefined || other === undefined) return assert.fail("two nodes")
        yield* a.send("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        yield* b.send("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
        yield* b.send("CLUSTER", "SET-CONFIG-EPOCH", 2)
        yield* a.send("CLUSTER", "MEET", other.host, other.port)
        for (const node of direct) {
          yield* Effect.repeat(node.send("CLUSTER", "INFO"), {
            until: (info) => String(info).includes("cluster_state:ok"),
            schedule: again
          })
        }
        const cluster = yield* Effect.acquireRelease(
          Effect.promise(() =>
            createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) }).on("error", () => {}).connect()
          ),
          (cluster) => Effect.sync(() => cluster.destroy())
        )
        const redis = yield* RedisNode.fromClient(cluster, { ...times, commandTimeout: "30 seconds" })
        for (let i = 0; i < 20; i++) assert.deepStrictEqual(yield* redis.run(raise, `n:${i}`, 1), [1, `n:${i}`])
        const sizes = yield* Effect.forEach(direct, (node) => node.send("DBSIZE"))
        assert.strictEqual(Number(sizes[0]) + Number(sizes[1]), 20)
        assert.isTrue(sizes.every((size) => Number(size) > 0))
        const queue = yield* redis.subscribe("c")
        assert.strictEqual(yield* nextState(queue), "Attached")
        for (const node of direct) {
          yield* node.send("PUBLISH", "c", "hello")
          assert.deepStrictEqual(yield* take(queue), message("hello"))
        }
      }))
  })
})
