import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope } from "effect"
import { spawn } from "node:child_process"
import * as net from "node:net"
import { PostgresServer, RedisServer, type TestServer } from "../../src/testing/index.js"
import * as servers from "../servers/index.js"

/** Whether somebody takes connections there. */
const listens = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = net.connect({ host: "127.0.0.1", port })
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  })

const say = (server: TestServer.TestServer, words: string) =>
  Effect.async<string>((resume) => {
    const socket = net.connect({ host: server.host, port: server.port })
    socket.once("data", (data) =>
      resume(Effect.sync(() => {
        socket.destroy()
        return data.toString()
      })))
    socket.once("error", (error) => resume(Effect.succeed(error.message)))
    socket.write(`${words}\r\n`)
    return Effect.sync(() => socket.destroy())
  })

describe("the run's servers", () => {
  it.live("there is a Redis", () =>
    Effect.gen(function*() {
      const { url } = yield* servers.redis
      assert.match(url, /^rediss?:\/\//)
    }))

  it.scopedLive("there is a PostgreSQL, with a database for each test", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
      yield* sql`CREATE TABLE only_here (a int)`
      const others = yield* Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (other) => other`SELECT to_regclass('only_here') AS found`),
        servers.postgres
      )
      assert.deepStrictEqual(others, [{ found: null }])
    }).pipe(Effect.provide(servers.postgres)))
})

describe("RedisServer", () => {
  it.scopedLive("is killed and started again on its port, empty; stalls; is gone with its scope", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const redis = yield* Scope.extend(RedisServer.make(), scope)
      assert.strictEqual(yield* say(redis, "SET a 1"), "+OK\r\n")
      yield* redis.kill
      assert.isFalse(yield* listens(redis.port))
      yield* redis.start
      assert.strictEqual(yield* say(redis, "GET a"), "$-1\r\n")
      yield* redis.pause
      const answer = yield* Effect.fork(say(redis, "PING"))
      yield* Effect.sleep("200 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(answer)))
      yield* redis.resume
      assert.strictEqual(yield* Fiber.join(answer), "+PONG\r\n")
      yield* redis.stop
      yield* redis.start
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(yield* listens(redis.port))
    }))

  it.scopedLive("ends with the process of its test, however that ends", () =>
    Effect.gen(function*() {
      const child = spawn(
        process.execPath,
        [
          ...["--conditions=@holdfast/source", "--import", "tsx", "--input-type=module", "-e"],
          `import { Effect } from "effect"
import { RedisServer } from "holdfast/testing"
await Effect.runPromise(Effect.scoped(Effect.flatMap(RedisServer.make(), (server) => {
  console.log(server.port)
  return Effect.never
})))`
        ],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      const port = yield* Effect.async<number>((resume) => {
        child.stdout.once("data", (data: Buffer) => resume(Effect.succeed(Number(data.toString()))))
      })
      assert.isTrue(yield* listens(port))
      child.kill("SIGKILL")
      while (yield* listens(port)) yield* Effect.sleep("50 millis")
    }))
})

describe("PostgresServer", () => {
  it.scopedLive("keeps what it committed when it is killed", () =>
    Effect.gen(function*() {
      const postgres = yield* PostgresServer.make()
      const run = (statement: string) =>
        Effect.provide(
          Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<{ a: number }>(statement)),
          servers.client(postgres.url)
        )
      yield* run("CREATE TABLE kept AS SELECT 1 AS a")
      yield* postgres.kill
      assert.isFalse(yield* listens(postgres.port))
      yield* postgres.start
      assert.deepStrictEqual(yield* run("SELECT a FROM kept"), [{ a: 1 }])
      yield* postgres.stop
      yield* postgres.start
      assert.deepStrictEqual(yield* run("SELECT a FROM kept"), [{ a: 1 }])
    }))
})
