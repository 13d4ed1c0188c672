/**
 * The stack over real sockets, with Holdfast's own client and with each of the platform's.
 */
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import * as Undici from "@effect/platform-node/Undici"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Fiber, Layer } from "effect"
import { Integration, IntegrationClient, type IntegrationError, Retry, Timeout, Transport } from "holdfast"
import * as Kit from "../kit.js"
import { eventually, serve } from "./server.js"

const oneConnection = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
  Layer.provide(Layer.scoped(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(
      Effect.sync(() => new Undici.Agent({ connections: 1, pipelining: 1 })),
      (agent) => Effect.promise(() => agent.destroy())
    )
  ))
)

const oneSocket = NodeHttpClient.layerWithoutAgent.pipe(
  Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: true, maxSockets: 1 }))
)

const ownTransport = Transport.layerWith({ connections: 1 })

/** A client that was derived from it is one like any other. */
const throughCombinator = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, HttpClient.mapRequest((request) => request))
).pipe(Layer.provide(ownTransport))

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["Transport.layer, one connection", ownTransport],
  ["a client derived from Transport.layer", throughCombinator],
  ["undici, one connection", oneConnection],
  ["node:http, one socket", oneSocket],
  ["fetch", FetchHttpClient.layer]
]

const shop = (url: string, client: Layer.Layer<HttpClient.HttpClient>) =>
  Effect.map(
    Layer.build(
      Retry.layer({ initialDelay: 0, maxAttempts: 4 }).pipe(
        Layer.provide(Timeout.layer("20 seconds")),
        Layer.provide(IntegrationClient.layer(Kit.definition, { baseUrl: url })),
        Layer.provide(client)
      )
    ),
    (context) => Effect.provide(Integration.client(Kit.definition), context)
  ).pipe(Effect.flatten)

const item = { path: { id: "1" } }
const json = { "content-type": "application/json" }
const megabyte = "x".repeat(1024 * 1024)

const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

for (const [name, client] of clients) {
  describe(`over ${name}`, () => {
    it.scopedLive("1 MiB error bodies do not hang the retry", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response, number) =>
          number < 4
            ? response.writeHead(503, { "content-length": megabyte.length, "retry-after": "0" }).end(megabyte)
            : response.writeHead(200, json).end("{\"id\":\"1\"}")
        )
        const api = yield* shop(server.url, client)
        deepStrictEqual(yield* api.items.get(item), { id: "1" })
        strictEqual(server.count, 4)
      }))

    it.scopedLive("nor do 1 MiB error bodies of unknown length", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response, number) => {
          if (number === 4) return response.writeHead(200, json).end("{\"id\":\"1\"}")
          response.writeHead(503, { "retry-after": "0" })
          response.write(megabyte)
          return response.end()
        })
        const api = yield* shop(server.url, client)
        deepStrictEqual(yield* api.items.get(item), { id: "1" })
      }))

    it.scopedLive("an error body without end is cut, and its connection closed", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response, number) => {
          if (number === 4) {
            response.writeHead(200, json).end("{\"id\":\"1\"}")
            return
          }
          response.writeHead(503, { "retry-after": "0" })
          const more = () => {
            while (!response.destroyed && response.write(megabyte)) { /* until the other side is full */ }
          }
          response.on("drain", more)
          more()
        })
        const api = yield* shop(server.url, client)
        deepStrictEqual(yield* api.items.get(item), { id: "1" })
        yield* eventually(() => server.sockets.size <= 1)
      }))

    it.scopedLive("a body that breaks off is a NetworkError after the request was sent; a read is retried", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response, number) => {
          if (number === 2) {
            response.writeHead(200, json).end("{\"id\":\"1\"}")
            return
          }
          response.writeHead(200, { ...json, "content-length": 100 })
          response.write("{\"id\":")
          setImmediate(() => response.socket?.resetAndDestroy())
        })
        const api = yield* shop(server.url, client)
        deepStrictEqual(yield* api.items.get(item), { id: "1" })
        strictEqual(server.count, 2)
      }))

    it.scopedLive("a POST whose response was lost is not sent twice", () =>
      Effect.gen(function*() {
        const server = yield* serve((request) => request.socket.resetAndDestroy())
        const api = yield* shop(server.url, client)
        const result = yield* Effect.either(api.items.create({ payload: { name: "a" } }))
        strictEqual(tagOf(result), "NetworkError")
        strictEqual(Either.isLeft(result) && result.left._tag === "NetworkError" && result.left.phase, "response")
        strictEqual(server.count, 1)
      }))

    it.scopedLive("a refused connection is phase connect, so that even a POST is retried", () =>
      Effect.gen(function*() {
        const server = yield* serve(() => {})
        server.close()
        const api = yield* shop(server.url, client)
        const result = yield* Effect.either(api.items.create({ payload: { name: "a" } }))
        strictEqual(Either.isLeft(result) && result.left._tag === "NetworkError" && result.left.phase, "connect")
        strictEqual(Either.isLeft(result) && result.left.attempts, 4)
      }))

    it.scopedLive("interruption closes the socket, before and after the headers have come", () =>
      Effect.gen(function*() {
        let arrived = 0
        const server = yield* serve((_, response, number) => {
          if (number === 2) {
            response.writeHead(200, { ...json, "content-length": 100 })
            response.write("{\"id\":")
          }
          arrived = number
        })
        const api = yield* shop(server.url, client)
        for (const number of [1, 2]) {
          const fiber = yield* Effect.fork(api.items.get(item))
          yield* eventually(() => arrived === number)
          // the headers travel on after they were written
          yield* Effect.sleep("50 millis")
          yield* Fiber.interrupt(fiber)
          yield* eventually(() => server.sockets.size === 0)
        }
        strictEqual(server.count, 2)
      }))

    it.scopedLive("many large error bodies leave no socket behind", () =>
      Effect.gen(function*() {
        const body = "x".repeat(200_000)
        const server = yield* serve((_, response) => response.writeHead(404).end(body))
        const api = yield* shop(server.url, client)
        yield* Effect.forEach(Array.from({ length: 200 }), () => Effect.flip(api.items.get(item)), { discard: true })
        strictEqual(server.count, 200)
        strictEqual(server.sockets.size <= 2, true)
      }))

    it.scopedLive("many calls, a third of them refused, leave no socket behind", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response, number) =>
          number % 3 === 0
            ? response.writeHead(404, json).end("{\"message\":\"no\"}")
            : response.writeHead(200, json).end("{\"id\":\"1\"}")
        )
        yield* Effect.scoped(Effect.gen(function*() {
          const api = yield* shop(server.url, client)
          yield* Effect.forEach(
            Array.from({ length: 300 }),
            () => Effect.either(api.items.get(item)),
            { concurrency: 16, discard: true }
          )
        }))
        strictEqual(server.count, 300)
        // a leak would be a hundred
        strictEqual(server.sockets.size <= 48, true)
      }))
  })
}
