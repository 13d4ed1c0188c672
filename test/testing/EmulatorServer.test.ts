import { HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { Emulator, EmulatorServer, Faults } from "holdfast/testing"
import * as Net from "node:net"
import * as Kit from "./counter.js"

/** The undici client of a fixed number of connections. */
const clientOf = (baseUrl: string, connections: number) =>
  Effect.gen(function*() {
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent({ connections })),
      (agent) => Effect.promise(() => agent.destroy())
    )
    const transport = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
      Layer.provide(Layer.succeed(NodeHttpClient.Dispatcher, agent))
    )
    return Context.get(yield* Layer.build(Layer.provide(Kit.client(baseUrl), transport)), Kit.Counter)
  })

const connect = (port: number) =>
  Effect.acquireRelease(
    Effect.async<Net.Socket, Error>((resume) => {
      const socket = Net.connect(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
      socket.once("error", (error) => resume(Effect.fail(error)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("EmulatorServer", () => {
  it.scopedLive("error bodies of 1 MiB on one connection do not hold up the next request", () =>
    Effect.gen(function*() {
      const body = "x".repeat(1024 * 1024)
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.script(
          Array.from({ length: 20 }, (_, index) => Faults.status(index % 2 === 0 ? 500 : 404, { body }))
        )
      })
      const { baseUrl } = yield* EmulatorServer.serve(emulator)
      const counter = yield* clientOf(baseUrl, 1)
      for (let index = 0; index < 20; index++) {
        const error = yield* Effect.flip(counter.counters.list())
        strictEqual(error._tag, index % 2 === 0 ? "ServerError" : "NotFoundError")
      }
      deepStrictEqual(yield* counter.counters.list(), [])
    }))

  it.scopedLive("keeps connections alive: one is enough for many requests", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const { port } = yield* EmulatorServer.serve(emulator)
      const socket = yield* connect(port)
      const statuses = yield* Effect.async<ReadonlyArray<string>>((resume) => {
        let text = ""
        const ask = () => socket.write("GET /counters HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n")
        socket.on("data", (chunk) => {
          text += String(chunk)
          const answers = text.match(/HTTP\/1\.1 (\d+)/g) ?? []
          if (!text.endsWith("[]")) return
          if (answers.length === 3) resume(Effect.succeed(answers))
          else ask()
        })
        ask()
      })
      deepStrictEqual(statuses, ["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 200"])
    }))

  it.live("closing the scope cuts idle, hanging and slow connections at once, and frees the port", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.script([Faults.hangBefore, Faults.slowBody("1 hour")])
      })
      const { port } = yield* Scope.extend(EmulatorServer.serve(emulator), scope)
      const cut = yield* Effect.scoped(Effect.gen(function*() {
        const sockets = [yield* connect(port), yield* connect(port), yield* connect(port)]
        for (const socket of sockets) socket.on("error", () => undefined).resume()
        const ended = sockets.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())))
        const request = "GET /counters HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n"
        for (const socket of sockets.slice(0, 2)) {
          const before = (yield* emulator.ledger).length
          socket.write(request)
          yield* Kit.seen(emulator, (entries) => entries.length > before)
        }
        yield* Scope.close(scope, Exit.void)
        yield* Effect.promise(() => Promise.all(ended))
        return true
      }))
      assertTrue(cut)
      const again = yield* Effect.scoped(EmulatorServer.serve(emulator, { port }))
      strictEqual(again.port, port)
    }))

  it.scopedLive("a port that is taken is a ServeError", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const { port } = yield* EmulatorServer.serve(emulator)
      const error = yield* Effect.flip(EmulatorServer.serve(emulator, { port }))
      strictEqual(error._tag, "ServeError")
    }))

  it.scopedLive("a request is served to its end when its client has gone away", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.make({ latency: { min: "50 millis", max: "50 millis" } })
      })
      const { port } = yield* EmulatorServer.serve(emulator)
      const socket = yield* connect(port)
      const body = JSON.stringify({ by: 1 })
      socket.write(
        "POST /counters/a/add HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n" +
          `Content-Length: ${body.length}\r\n\r\n${body}`
      )
      yield* Kit.seen(emulator, (entries) => entries.length === 1)
      socket.destroy()
      yield* Kit.seen(emulator, (entries) => entries[0]?.processed === true)
    }))

  it.scopedLive("a request that never arrives whole is nobody's request", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const { baseUrl, port } = yield* EmulatorServer.serve(emulator)
      const socket = yield* connect(port)
      socket.write("POST /counters/a/add HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
      socket.destroy()
      const counter = yield* clientOf(baseUrl, 1)
      deepStrictEqual(yield* counter.counters.list(), [])
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scopedLive("another process reads ledger and state, and steers", () =>
    Effect.gen(function*() {
      const { baseUrl, counter, emulator } = yield* Kit.overSocket()
      yield* counter.counters.add({ path: { name: "a" }, urlParams: {}, payload: { by: 5 } })
      const ask = (method: "GET" | "POST", path: string) =>
        Effect.flatMap(
          HttpClient.execute(HttpClientRequest.make(method)(`${baseUrl}/__emulator/${path}`)),
          (response) => response.json
        )
          .pipe(Effect.provide(NodeHttpClient.layerUndici))
      deepStrictEqual(yield* ask("GET", "state"), {
        requests: 1,
        tally: { counters: { a: { created: 1 } } },
        state: { a: 5 }
      })
      const ledger = yield* ask("GET", "ledger")
      assertTrue(!JSON.stringify(ledger).includes("secret-token"))
      deepStrictEqual(ledger, { total: 1, entries: JSON.parse(JSON.stringify(yield* emulator.ledger)) })
      yield* ask("POST", "reset")
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})
