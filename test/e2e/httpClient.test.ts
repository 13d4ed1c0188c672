/**
 * What a program that has `NodeHttpClient.layerUndici` relies on, held by that layer and by `Transport.layer` alike.
 */
// what a client makes of any error, also of one that has no tag
// @effect-diagnostics unsafeEffectTypeAssertion:off
// @effect-diagnostics globalErrorInEffectFailure:off
import type { HttpClientResponse } from "@effect/platform"
import { Headers, HttpBody, HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Context, Effect, Either, Exit, Fiber, FiberRef, Layer, Option, Scope, Stream, Tracer } from "effect"
import { Transport } from "holdfast"
import type * as Http from "node:http"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import * as Zlib from "node:zlib"
import { eventually, serve, serveAtOnce, serveRaw } from "./server.js"

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["NodeHttpClient.layerUndici", NodeHttpClient.layerUndici],
  ["Transport.layer", Transport.layer]
]

const kilobyte = "x".repeat(1024)
const bigBody = "x".repeat(200_000)
const json = { "content-type": "application/json" }

V8.setFlagsFromString("--expose-gc")
const collectGarbage: () => void = Vm.runInNewContext("gc")

const codeOf = (cause: unknown): unknown => (cause as { readonly code?: unknown } | undefined)?.code
const nameOf = (cause: unknown): unknown => (cause as { readonly name?: unknown } | undefined)?.name

/** What a program can tell an error by. */
const shapeOf = (error: unknown) =>
  error instanceof HttpClientError.RequestError || error instanceof HttpClientError.ResponseError
    ? `${error._tag} ${error.reason}`
    : `not an HttpClientError: ${String(error)}`

const failureOf = <A, E>(effect: Effect.Effect<A, E, HttpClient.HttpClient>) => Effect.flip(effect)

for (const [name, layer] of clients) {
  const own = layer === Transport.layer

  describe(name, () => {
    const test = (title: string, effect: Effect.Effect<unknown, unknown, HttpClient.HttpClient | Scope.Scope>) =>
      it.scopedLive(title, () => Effect.provide(effect, layer))

    describe("errors", () => {
      test(
        "refused",
        Effect.gen(function*() {
          const server = yield* serve(() => {})
          server.close()
          const error = yield* failureOf(HttpClient.get(server.url))
          strictEqual(shapeOf(error), "RequestError Transport")
          strictEqual(codeOf(error.cause), "ECONNREFUSED")
        })
      )

      test(
        "a name that nobody knows",
        Effect.gen(function*() {
          const error = yield* failureOf(HttpClient.get("http://nobody.invalid/"))
          strictEqual(shapeOf(error), "RequestError Transport")
          assertTrue(["ENOTFOUND", "EAI_AGAIN"].includes(String(codeOf(error.cause))))
        })
      )

      test(
        "reset before the headers",
        Effect.gen(function*() {
          const server = yield* serve((request) => request.socket.destroy())
          const error = yield* failureOf(HttpClient.get(server.url))
          strictEqual(shapeOf(error), "RequestError Transport")
          strictEqual(codeOf(error.cause), "UND_ERR_SOCKET")
        })
      )

      test(
        "broken off in the body",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.writeHead(200, { ...json, "content-length": 100 })
            response.write("{\"id\":", () => response.socket?.destroy())
          })
          for (const read of ["text", "json", "arrayBuffer"] as const) {
            const response = yield* HttpClient.get(server.url)
            strictEqual(response.status, 200)
            const error = yield* Effect.flip(response[read])
            strictEqual(shapeOf(error), "ResponseError Decode")
            strictEqual(codeOf(error.cause), "UND_ERR_SOCKET")
          }
          const response = yield* HttpClient.get(server.url)
          const error = yield* Effect.flip(Stream.runDrain(response.stream))
          strictEqual(shapeOf(error), "ResponseError Decode")
        })
      )

      test(
        "what is not HTTP",
        Effect.gen(function*() {
          const server = yield* serveRaw((socket) => socket.end("220 smtp.example.com ESMTP\r\n"))
          const error = yield* failureOf(HttpClient.get(server.url))
          strictEqual(shapeOf(error), "RequestError Transport")
          strictEqual(nameOf(error.cause), "HTTPParserError")
        })
      )

      test(
        "an invalid URL",
        Effect.gen(function*() {
          strictEqual(shapeOf(yield* failureOf(HttpClient.get("not a url"))), "RequestError InvalidUrl")
        })
      )

      test(
        "an unsupported scheme",
        Effect.gen(function*() {
          const error = yield* failureOf(HttpClient.get("ftp://127.0.0.1/file"))
          strictEqual(shapeOf(error), "RequestError Transport")
          strictEqual(codeOf(error.cause), "UND_ERR_INVALID_ARG")
        })
      )

      test(
        "headers that cannot be sent; the connection is as good as before",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.end("ok"))
          for (const headers of [{ "x-note": "a\r\nb" }, { upgrade: "websocket" }, { "content-length": "many" }]) {
            const error = yield* failureOf(HttpClient.get(server.url, { headers }))
            strictEqual(shapeOf(error), "RequestError Transport")
            strictEqual(codeOf(error.cause), "UND_ERR_INVALID_ARG")
          }
          strictEqual(yield* Effect.flatMap(HttpClient.get(server.url), (response) => response.text), "ok")
        })
      )

      test(
        "an upgrade that nobody has asked for",
        Effect.gen(function*() {
          const server = yield* serveRaw((socket) =>
            socket.once(
              "data",
              () => socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n")
            )
          )
          strictEqual(shapeOf(yield* failureOf(HttpClient.get(server.url))), "RequestError Transport")
          yield* eventually(() => server.sockets.size === 0)
        })
      )

      test(
        "invalid JSON, and none",
        Effect.gen(function*() {
          const server = yield* serve((_, response, number) =>
            response.writeHead(200, json).end(number === 1 ? "{" : "")
          )
          const error = yield* failureOf(Effect.flatMap(HttpClient.get(server.url), (response) => response.json))
          strictEqual(shapeOf(error), "ResponseError Decode")
          strictEqual(nameOf(error.cause), "SyntaxError")
          strictEqual(yield* Effect.flatMap(HttpClient.get(server.url), (response) => response.json), null)
        })
      )

      test(
        "a request body that fails",
        Effect.gen(function*() {
          const server = yield* serveAtOnce((request) => request.resume())
          const error = yield* failureOf(HttpClient.post(server.url, {
            body: HttpBody.stream(Stream.concat(Stream.make(new Uint8Array(10)), Stream.fail(new Error("no more"))))
          }))
          strictEqual(shapeOf(error), "RequestError Transport")
          strictEqual((error.cause as Error).message, "no more")
          yield* eventually(() => server.sockets.size === 0)
        })
      )
    })

    describe("interruption", () => {
      test(
        "before the headers closes the connection",
        Effect.gen(function*() {
          const server = yield* serve(() => {})
          const fiber = yield* Effect.fork(HttpClient.get(server.url))
          yield* eventually(() => server.count === 1)
          assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
          yield* eventually(() => server.sockets.size === 0)
        })
      )

      test(
        "in the body closes the connection",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.writeHead(200, { "content-length": 100 })
            response.write("some")
          })
          const read: ReadonlyArray<
            (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, unknown>
          > = [
            (response) => response.text,
            (response) => response.json,
            (response) => response.arrayBuffer,
            (response) => Stream.runDrain(response.stream)
          ]
          for (const body of read) {
            const response = yield* HttpClient.get(server.url)
            const fiber = yield* Effect.fork(body(response))
            yield* Effect.sleep("20 millis")
            assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
            yield* eventually(() => server.sockets.size === 0)
          }
        })
      )

      test(
        "ends the stream of the request's body",
        Effect.gen(function*() {
          let ended = false
          const server = yield* serveAtOnce((request) => request.resume())
          const body = Stream.concat(Stream.make(new Uint8Array(10)), Stream.never)
          const fiber = yield* Effect.fork(HttpClient.post(server.url, {
            body: HttpBody.stream(Stream.ensuring(body, Effect.sync(() => ended = true)))
          }))
          yield* eventually(() => server.count === 1)
          yield* Fiber.interrupt(fiber)
          yield* eventually(() => ended && server.sockets.size === 0)
        })
      )

      test(
        "with withScope, the scope closes the connection",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.writeHead(200, { "content-length": 100 })
            response.write("some")
          })
          const client = HttpClient.withScope(yield* HttpClient.HttpClient)
          const scope = yield* Scope.make()
          const response = yield* Scope.extend(client.get(server.url), scope)
          strictEqual(response.status, 200)
          const reading = yield* Effect.fork(Effect.flip(response.text))
          strictEqual(server.sockets.size, 1)
          yield* Scope.close(scope, Exit.void)
          const error = yield* Fiber.join(reading)
          strictEqual(shapeOf(error), "ResponseError Decode")
          strictEqual(nameOf(error.cause), "AbortError")
          yield* eventually(() => server.sockets.size === 0)
        })
      )

      test(
        "with withScope, a request without an answer ends with the scope",
        Effect.gen(function*() {
          const server = yield* serve(() => {})
          const client = HttpClient.withScope(yield* HttpClient.HttpClient)
          const scope = yield* Scope.make()
          const waiting = yield* Effect.fork(Effect.flip(Scope.extend(client.get(server.url), scope)))
          yield* eventually(() => server.count === 1)
          yield* Scope.close(scope, Exit.void)
          const error = yield* Fiber.join(waiting)
          strictEqual(shapeOf(error), "RequestError Transport")
          strictEqual(nameOf((error as HttpClientError.RequestError).cause), "AbortError")
          yield* eventually(() => server.sockets.size === 0)
        })
      )
    })

    describe("bodies on their way", () => {
      const megabyte = new Uint8Array(1024 * 1024)
      const total = 64

      test(
        "a server that does not read holds the request's stream back",
        Effect.gen(function*() {
          let made = 0
          let received = 0
          let start = () => {}
          const server = yield* serveAtOnce((request, response) => {
            start = () => request.on("data", (chunk: Buffer) => received += chunk.length)
            request.on("end", () => response.end(String(received)))
          })
          const body = Stream.map(Stream.rechunk(Stream.range(1, total), 1), () => {
            made++
            return megabyte
          })
          const fiber = yield* Effect.fork(HttpClient.post(server.url, { body: HttpBody.stream(body) }))
          yield* eventually(() => made > 0 && server.count === 1)
          yield* Effect.sleep("300 millis")
          assertTrue(made < total)
          start()
          const response = yield* Fiber.join(fiber)
          strictEqual(Number(yield* response.text), total * megabyte.length)
        })
      )

      test(
        "a reader that does not read holds the server back",
        Effect.gen(function*() {
          let written = 0
          const server = yield* serve((_, response) => {
            const write = (): void => {
              while (written < total) {
                written++
                if (!response.write(megabyte)) return void response.once("drain", write)
              }
              response.end()
            }
            write()
          })
          const response = yield* HttpClient.get(server.url)
          yield* Effect.sleep("300 millis")
          assertTrue(written < total)
          const size = yield* Stream.runFold(response.stream, 0, (size, chunk) => size + chunk.length)
          strictEqual(size, total * megabyte.length)
        })
      )

      test(
        "a large body that has waited can be read as a whole",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.end(bigBody))
          for (const read of ["text", "arrayBuffer"] as const) {
            const response = yield* HttpClient.get(server.url)
            yield* Effect.sleep("50 millis")
            const body = yield* response[read]
            strictEqual(typeof body === "string" ? body.length : body.byteLength, bigBody.length)
          }
        })
      )

      test(
        "ending the response's stream early closes the connection",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.writeHead(200)
            const more = () => {
              while (!response.destroyed && response.write(kilobyte)) { /* until the other side is full */ }
            }
            response.on("drain", more)
            more()
          })
          const response = yield* HttpClient.get(server.url)
          const some = yield* Stream.runCollect(Stream.take(response.stream, 1))
          strictEqual(Chunk.size(some), 1)
          yield* eventually(() => server.sockets.size === 0)
        })
      )

      test(
        "pieces arrive as they are sent",
        Effect.gen(function*() {
          let next = () => {}
          const server = yield* serve((_, response) => {
            response.write("one")
            next = () => response.end("two")
          })
          const response = yield* HttpClient.get(server.url)
          const pieces: Array<string> = []
          yield* Stream.runForEach(Stream.decodeText(response.stream), (piece) =>
            Effect.sync(() => {
              pieces.push(piece)
              next()
            }))
          deepStrictEqual(pieces, ["one", "two"])
        })
      )
    })

    describe("connections", () => {
      test(
        "are kept alive",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.end(kilobyte))
          for (let i = 0; i < 20; i++) yield* Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
          strictEqual(server.count, 20)
          assertTrue(server.connections <= 2)
        })
      )

      test(
        "of small bodies that nobody reads are used again",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.writeHead(503).end(kilobyte))
          for (let i = 0; i < 50; i++) strictEqual((yield* HttpClient.get(server.url)).status, 503)
          assertTrue(server.connections <= 3)
        })
      )

      test(
        "of large bodies that nobody can read any more are closed",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.writeHead(503).end(bigBody))
          // each in a fiber of its own: its outcome is the response
          for (let i = 0; i < 200; i++) {
            strictEqual((yield* Fiber.join(yield* Effect.fork(HttpClient.get(server.url)))).status, 503)
          }
          strictEqual(server.count, 200)
          yield* eventually(() => {
            collectGarbage()
            return server.sockets.size <= 5
          })
        })
      )
    })

    describe("requests", () => {
      const echo = serve((request, response) =>
        response.end(JSON.stringify({ headers: request.headers, method: request.method, url: request.url }))
      )
      const echoed = (request: HttpClientRequest.HttpClientRequest) =>
        Effect.map(
          Effect.flatMap(HttpClient.execute(request), (response) => response.json),
          (body) => body as { headers: Record<string, string>; method: string; url: string }
        )

      test(
        "method, path, query and headers",
        Effect.gen(function*() {
          const server = yield* echo
          const { headers, method, url } = yield* echoed(
            HttpClientRequest.patch(`${server.url}/a b/ü?x=1`).pipe(
              HttpClientRequest.appendUrlParams({ q: "a&b", r: ["1", "2"] }),
              HttpClientRequest.setHeader("X-Name", "value")
            )
          )
          strictEqual(method, "PATCH")
          strictEqual(url, "/a%20b/%C3%BC?x=1&q=a%26b&r=1&r=2")
          strictEqual(headers["x-name"], "value")
          strictEqual(headers.host, `127.0.0.1:${server.port}`)
        })
      )

      const bodies: ReadonlyArray<readonly [string, HttpBody.HttpBody, string, string | undefined]> = [
        ["text", HttpBody.text("grüße"), "grüße", "7"],
        ["bytes", HttpBody.uint8Array(new TextEncoder().encode("bytes")), "bytes", "5"],
        ["raw", HttpBody.raw("raw", { contentType: "text/plain" }), "raw", "3"],
        ["a stream", HttpBody.stream(Stream.encodeText(Stream.make("a", "b"))), "ab", undefined],
        [
          "a stream of known length",
          HttpBody.stream(Stream.encodeText(Stream.make("a", "b")), "text/plain", 2),
          "ab",
          "2"
        ],
        ["nothing", HttpBody.empty, "", "0"]
      ]
      for (const [kind, body, text, length] of bodies) {
        test(
          `with a body: ${kind}`,
          Effect.gen(function*() {
            const server = yield* serveAtOnce((request, response) => {
              let received = ""
              request.on("data", (chunk: Buffer) => received += chunk.toString("utf8"))
              request.on("end", () =>
                response.end(JSON.stringify({
                  chunked: request.headers["transfer-encoding"],
                  length: request.headers["content-length"],
                  received
                })))
            })
            const answer = yield* Effect.flatMap(HttpClient.post(server.url, { body }), (response) => response.json)
            deepStrictEqual(answer, {
              ...(length === undefined ? { chunked: "chunked" } : { length }),
              received: text
            })
          })
        )
      }

      test(
        "the stream of a body sees what its fiber sees",
        Effect.gen(function*() {
          class Greeting extends Context.Reference<Greeting>()("test/Greeting", { defaultValue: () => "none" }) {}
          const reference = FiberRef.unsafeMake("none")
          const server = yield* serveAtOnce((request, response) => request.pipe(response))
          const body = Stream.encodeText(
            Stream.fromEffect(
              Effect.map(Effect.all([Greeting, FiberRef.get(reference)]), (seen) => seen.join(" "))
            )
          )
          const text = yield* Effect.flatMap(
            HttpClient.post(server.url, { body: HttpBody.stream(body) }),
            (response) => response.text
          ).pipe(Effect.provideService(Greeting, "hello"), Effect.locally(reference, "there"))
          strictEqual(text, "hello there")
        })
      )

      test(
        "with options of undici's own",
        Effect.gen(function*() {
          const server = yield* echo
          const { headers } = yield* Effect.provideService(
            echoed(HttpClientRequest.get(server.url)),
            NodeHttpClient.UndiciRequestOptions,
            { reset: true } as never
          )
          strictEqual(headers.connection, "close")
        })
      )
    })

    describe("responses", () => {
      test(
        "status and headers, several cookies",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.setHeader("X-Many", ["1", "2"])
            response.setHeader("Set-Cookie", ["a=1; Path=/; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "b=2"])
            response.writeHead(201).end()
          })
          const response = yield* HttpClient.get(server.url)
          strictEqual(response.status, 201)
          strictEqual(response.headers["x-many"], "1, 2")
          deepStrictEqual(Object.keys(response.cookies.cookies), ["a", "b"])
          strictEqual(response.headers["set-cookie"], "a=1; Path=/; Expires=Wed, 21 Oct 2065 07:28:00 GMT, b=2")
          assertTrue(Headers.isHeaders(response.headers))
        })
      )

      test(
        "redirects are not followed",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end())
          const response = yield* HttpClient.get(server.url)
          strictEqual(response.status, 302)
          strictEqual(response.headers.location, "/elsewhere")
          strictEqual(server.count, 1)
        })
      )

      test(
        "encoded content is left as it is",
        Effect.gen(function*() {
          const zipped = Zlib.gzipSync(kilobyte)
          const server = yield* serve((_, response) =>
            response.writeHead(200, { "content-encoding": "gzip" }).end(zipped)
          )
          const response = yield* HttpClient.get(server.url)
          const bytes = yield* response.arrayBuffer
          assertTrue(bytes instanceof ArrayBuffer)
          deepStrictEqual(new Uint8Array(bytes), new Uint8Array(zipped))
        })
      )

      test(
        "without a body: HEAD, 204, 304",
        Effect.gen(function*() {
          const server = yield* serve((request, response) =>
            request.method === "HEAD"
              ? response.writeHead(200, { "content-length": 1000 }).end()
              : response.writeHead(request.url === "/304" ? 304 : 204).end()
          )
          for (const [request, status] of [["HEAD", 200], ["204", 204], ["304", 304]] as const) {
            const response = yield* request === "HEAD"
              ? HttpClient.head(server.url)
              : HttpClient.get(`${server.url}/${request}`)
            strictEqual(response.status, status)
            strictEqual(yield* response.text, "")
          }
        })
      )

      test(
        "chunked, with trailers, after informational answers",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.writeProcessing()
            response.writeEarlyHints({ link: "</style.css>; rel=preload" })
            response.writeHead(200, { trailer: "x-checksum" })
            response.write("a")
            response.addTrailers({ "x-checksum": "1" })
            response.end("b")
          })
          for (let i = 0; i < 2; i++) {
            const response = yield* HttpClient.get(server.url)
            strictEqual(response.status, 200)
            strictEqual(yield* response.text, "ab")
          }
        })
      )

      test(
        "as text, JSON, parameters; text can be asked for again",
        Effect.gen(function*() {
          const server = yield* serve((request, response) =>
            response.end(request.url === "/json" ? "\ufeff{\"a\":1}" : "a=1&b=2")
          )
          const response = yield* HttpClient.get(`${server.url}/json`)
          deepStrictEqual(yield* response.json, { a: 1 })
          strictEqual(yield* response.text, "{\"a\":1}")
          deepStrictEqual(yield* response.json, { a: 1 })
          const both = yield* Effect.flatMap(
            HttpClient.get(server.url),
            (response) => Effect.all([response.text, response.urlParamsBody], { concurrency: 2 })
          )
          deepStrictEqual(both, ["a=1&b=2", [["a", "1"], ["b", "2"]]])
        })
      )

      test(
        "a refused upgrade is an answer like any other",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.writeHead(426, { upgrade: "TLS/1.0" }).end("no"))
          const response = yield* HttpClient.get(server.url)
          strictEqual(response.status, 426)
          strictEqual(yield* response.text, "no")
        })
      )
    })

    describe("tracing", () => {
      const traced = (propagation: boolean) =>
        Effect.gen(function*() {
          const spans: Array<{ readonly name: string; readonly attributes: Map<string, unknown> }> = []
          const tracer = Tracer.make({
            context: (f) => f(),
            span: (name, parent, context, links, startTime, kind) => {
              const attributes = new Map<string, unknown>()
              spans.push({ attributes, name: `${kind} ${name}` })
              return {
                _tag: "Span",
                addLinks: () => {},
                attribute: (key, value) => attributes.set(key, value),
                attributes,
                context,
                end: () => {},
                event: () => {},
                kind,
                links,
                name,
                parent,
                sampled: true,
                spanId: "00f067aa0ba902b7",
                status: { _tag: "Started", startTime },
                traceId: "4bf92f3577b34da6a3ce929d0e0e4736"
              }
            }
          })
          let seen: Http.IncomingHttpHeaders = {}
          const server = yield* serve((request, response) => {
            seen = request.headers
            response.writeHead(200, { "x-answer": "1" }).end()
          })
          const client = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, propagation)
          yield* Effect.withTracer(client.get(`${server.url}/path?q=1`), tracer)
          return { seen, server, spans }
        })

      test(
        "a span with the usual attributes, and its header",
        Effect.gen(function*() {
          const { seen, server, spans } = yield* traced(true)
          strictEqual(seen.traceparent, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
          const span = spans.find(({ name }) => name === "client http.client GET")
          deepStrictEqual(
            ["http.request.method", "http.response.status_code", "url.full", "http.response.header.x-answer"]
              .map((key) => span?.attributes.get(key)),
            ["GET", 200, `${server.url}/path?q=1`, "1"]
          )
        })
      )

      test(
        "no header where propagation is off",
        Effect.gen(function*() {
          const { seen, spans } = yield* traced(false)
          strictEqual(seen.traceparent, undefined)
          strictEqual(spans.length, 1)
        })
      )
    })

    it.live("the layer's end closes its connections", () =>
      Effect.scoped(Effect.gen(function*() {
        const server = yield* serve((_, response) => response.end("ok"))
        yield* Effect.provide(
          Effect.flatMap(HttpClient.get(server.url), (response) => response.text),
          layer
        )
        yield* eventually(() => server.sockets.size === 0)
      })))

    it.live("services of the layer hold for every request", () =>
      Effect.scoped(Effect.gen(function*() {
        const server = yield* serve((request, response) => response.end(request.headers.connection))
        const options = Layer.succeed(NodeHttpClient.UndiciRequestOptions, { reset: true } as never)
        const connection = yield* Effect.provide(
          Effect.flatMap(HttpClient.get(server.url), (response) => response.text),
          Layer.provide(layer, options)
        )
        strictEqual(connection, "close")
      })))

    if (own) {
      test(
        "unlike the other: a fragment stays here",
        Effect.gen(function*() {
          const server = yield* serve((request, response) => response.end(request.url))
          const response = yield* HttpClient.get(`${server.url}/a?b=1#secret`)
          strictEqual(yield* response.text, "/a?b=1")
        })
      )

      test(
        "unlike the other: a global FormData is sent, and can be read",
        Effect.gen(function*() {
          let length: string | undefined
          const server = yield* serveAtOnce((request, response) => {
            length = request.headers["content-length"]
            response.writeHead(200, { "content-type": request.headers["content-type"] })
            request.pipe(response)
          })
          const form = new FormData()
          form.append("name", "Ada\nLovelace")
          form.append("name", "grüße")
          form.append("a \"name\"\n", new File([new Uint8Array([0, 255])], "a\".bin", { type: "image/png" }))
          const response = yield* HttpClient.post(server.url, { body: HttpBody.formData(form) })
          const received = yield* response.formData
          deepStrictEqual(received.getAll("name"), ["Ada\r\nLovelace", "grüße"])
          const file = received.get("a \"name\"\r\n") as unknown as File
          strictEqual(file.name, "a\".bin")
          strictEqual(file.type, "image/png")
          deepStrictEqual(new Uint8Array(yield* Effect.promise(() => file.arrayBuffer())), new Uint8Array([0, 255]))
          strictEqual(Number(length), (yield* response.arrayBuffer).byteLength)
        })
      )

      test(
        "unlike the other: a body that was read can be read again in any form",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.end("name=Ada"))
          const response = yield* HttpClient.get(server.url)
          const text = yield* response.text
          const streamed = yield* Stream.mkString(Stream.decodeText(response.stream))
          strictEqual(streamed, text)
          strictEqual((yield* response.arrayBuffer).byteLength, Buffer.byteLength(text))
        })
      )

      test(
        "unlike the other: a body that went by as a stream cannot be read again, and says so",
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.end("once"))
          const response = yield* HttpClient.get(server.url)
          yield* Stream.runDrain(response.stream)
          const result = yield* Effect.either(response.text)
          assertTrue(Either.isLeft(result) && result.left.reason === "Decode")
          deepStrictEqual(Option.map(Either.getLeft(result), ({ cause }) => nameOf(cause)), Option.some("TypeError"))
        })
      )
    }
  })
}
