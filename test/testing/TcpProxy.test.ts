import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as net from "node:net"
import { TcpProxy } from "../../src/testing/index.js"
import { eventually, serveWith } from "../e2e/server.js"

/** Says everything back. */
const echo = Effect.suspend(() =>
  serveWith(net.createServer((socket) => socket.on("error", () => {}).pipe(socket)), "tcp")
)

const proxied = Effect.gen(function*() {
  const server = yield* echo
  return { proxy: yield* TcpProxy.make(server.url), server }
})

/** A connection that remembers what it heard and how it ended. */
const connect = (port: number) =>
  Effect.acquireRelease(
    Effect.async<{ socket: net.Socket; heard: () => string; error: () => string | undefined }>((resume) => {
      const socket = net.connect({ host: "127.0.0.1", port })
      let heard = ""
      let error: string | undefined
      socket.on("data", (data) => heard += data.toString())
      socket.on("error", (cause: NodeJS.ErrnoException) => {
        error = cause.code
        resume(Effect.succeed(client))
      })
      const client = { error: () => error, heard: () => heard, socket }
      socket.once("connect", () => resume(Effect.succeed(client)))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

describe("TcpProxy", () => {
  it.scopedLive("passes both ways, and counts", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      const { heard, socket } = yield* connect(proxy.port)
      socket.write("hello")
      yield* eventually(() => heard() === "hello")
      assert.deepStrictEqual(yield* proxy.counters, { accepted: 1, bytesToClient: 5, bytesToServer: 5, open: 1 })
      socket.end()
      while ((yield* proxy.counters).open > 0) yield* Effect.sleep("10 millis")
    }))

  it.scopedLive("cut: connections are reset, also those to come", () =>
    Effect.gen(function*() {
      const { proxy, server } = yield* proxied
      const first = yield* connect(proxy.port)
      first.socket.write("a")
      yield* eventually(() => first.heard() === "a")
      yield* proxy.set(TcpProxy.cut)
      yield* eventually(() => first.error() === "ECONNRESET")
      const second = yield* connect(proxy.port)
      yield* eventually(() => second.error() === "ECONNRESET")
      assert.strictEqual(server.connections, 1)
      yield* proxy.set(TcpProxy.pass)
      const third = yield* connect(proxy.port)
      third.socket.write("c")
      yield* eventually(() => third.heard() === "c")
    }))

  it.scopedLive("refuse: nobody listens, until it passes again on the same port", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      const first = yield* connect(proxy.port)
      yield* proxy.set(TcpProxy.refuse)
      yield* eventually(() => first.error() === "ECONNRESET")
      assert.strictEqual((yield* connect(proxy.port)).error(), "ECONNREFUSED")
      yield* proxy.set(TcpProxy.pass)
      const second = yield* connect(proxy.port)
      second.socket.write("b")
      yield* eventually(() => second.heard() === "b")
    }))

  it.scopedLive("delay: later, and in order", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      yield* proxy.set(TcpProxy.delay("100 millis"))
      const { heard, socket } = yield* connect(proxy.port)
      const start = performance.now()
      socket.write("a")
      yield* Effect.sleep("20 millis")
      socket.write("b")
      yield* proxy.set(TcpProxy.delay("50 millis"))
      socket.write("c")
      yield* eventually(() => heard() === "abc")
      // twice on the way: there by the old latency, back by the new one
      assert.isAtLeast(performance.now() - start, 140)
    }))

  it.scopedLive("stall: nothing arrives, and nothing is lost", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      const first = yield* connect(proxy.port)
      yield* proxy.set(TcpProxy.stall)
      const second = yield* connect(proxy.port)
      first.socket.write("a")
      second.socket.write("b")
      yield* Effect.sleep("100 millis")
      assert.strictEqual(first.heard() + second.heard(), "")
      yield* proxy.set(TcpProxy.pass)
      yield* eventually(() => first.heard() === "a" && second.heard() === "b")
    }))

  it.scopedLive("black hole: accepted and swallowed, and reset when it is over", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      const idle = yield* connect(proxy.port)
      const busy = yield* connect(proxy.port)
      yield* proxy.set(TcpProxy.blackHole)
      const late = yield* connect(proxy.port)
      busy.socket.write("a")
      late.socket.write("b")
      yield* Effect.sleep("100 millis")
      assert.strictEqual(busy.heard() + late.heard(), "")
      assert.strictEqual((yield* proxy.counters).bytesToServer, 0)
      yield* proxy.set(TcpProxy.pass)
      yield* eventually(() => busy.error() === "ECONNRESET" && late.error() === "ECONNRESET")
      idle.socket.write("c")
      yield* eventually(() => idle.heard() === "c")
    }))

  it.scopedLive("half open: the server hears the client, and not the other way round", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      const { heard, socket } = yield* connect(proxy.port)
      yield* proxy.set(TcpProxy.halfOpen("at the server"))
      socket.write("a")
      while ((yield* proxy.counters).bytesToServer === 0) yield* Effect.sleep("10 millis")
      yield* Effect.sleep("50 millis")
      assert.strictEqual(heard(), "")
      yield* proxy.set(TcpProxy.halfOpen("at the client"))
      socket.write("b")
      yield* Effect.sleep("50 millis")
      assert.strictEqual((yield* proxy.counters).bytesToServer, 1)
    }))

  it.scopedLive("garbage: in place of an answer", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      yield* proxy.set(TcpProxy.garbage("%%%"))
      const { heard, socket } = yield* connect(proxy.port)
      socket.write("a")
      yield* eventually(() => heard() === "%%%")
      assert.strictEqual((yield* proxy.counters).bytesToServer, 0)
    }))

  it.scopedLive("resets what is open, and passes on what comes after", () =>
    Effect.gen(function*() {
      const { proxy } = yield* proxied
      const first = yield* connect(proxy.port)
      first.socket.write("a")
      yield* eventually(() => first.heard() === "a")
      yield* proxy.reset
      yield* eventually(() => first.error() === "ECONNRESET")
      const second = yield* connect(proxy.port)
      second.socket.write("b")
      yield* eventually(() => second.heard() === "b")
    }))

  it.scopedLive("retargeted: what comes after goes to another server, and what is open stays where it is", () =>
    Effect.gen(function*() {
      const { proxy, server } = yield* proxied
      const other = yield* echo
      const first = yield* connect(proxy.port)
      first.socket.write("a")
      yield* eventually(() => first.heard() === "a")
      yield* proxy.retarget(other.url)
      const second = yield* connect(proxy.port)
      second.socket.write("b")
      first.socket.write("c")
      yield* eventually(() => second.heard() === "b" && first.heard() === "ac")
      assert.deepStrictEqual([server.connections, other.connections], [1, 1])
    }))
})
