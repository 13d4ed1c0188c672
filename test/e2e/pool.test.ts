/**
 * Options of `Transport.layerWith`: connections, TLS, HTTP/2, proxies; and a dispatcher of one's own.
 */
// the environment is what a proxy is read from
// @effect-diagnostics processEnvInEffect:off
import { HttpClient } from "@effect/platform"
import * as Undici from "@effect/platform-node/Undici"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Redacted } from "effect"
import { Auth, IntegrationClient, Transport } from "holdfast"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import * as Https from "node:https"
import * as Net from "node:net"
import { expect } from "vitest"
import { cert, key } from "./certificate.js"
import { eventually, serve, serveRaw, serveWith } from "./server.js"

const text = (url: string) => Effect.flatMap(HttpClient.get(url), (response) => response.text)

/** The same request as a plain client makes it, and as a stack does that stands right on that client. */
const faces: ReadonlyArray<readonly [string, (url: string) => Effect.Effect<string, unknown, HttpClient.HttpClient>]> =
  [
    ["as an HttpClient", text],
    ["under a stack", (url) =>
      Effect.flatMap(HttpClient.HttpClient, (client) =>
        Effect.flatMap(
          IntegrationClient.IntegrationClient,
          (stack) => Effect.flatMap(stack.get("/"), (response) => response.text)
        ).pipe(
          Effect.provide(IntegrationClient.layer({ auth: Auth.none, baseUrl: url, id: "shop", version: "1" })),
          Effect.provideService(HttpClient.HttpClient, client)
        ))]
  ]

for (const [face, get] of faces) {
  describe(face, () => {
    it.scopedLive("connections: 1 serialises", () =>
      Effect.gen(function*() {
        let active = 0
        let most = 0
        const server = yield* serve((_, response) => {
          most = Math.max(most, ++active)
          setImmediate(() => {
            active--
            response.end("ok")
          })
        })
        yield* Effect.forEach(Array.from({ length: 20 }), () => get(server.url), { concurrency: 20, discard: true })
          .pipe(Effect.provide(Transport.layerWith({ connections: 1 })))
        strictEqual(server.count, 20)
        strictEqual(server.connections, 1)
        strictEqual(most, 1)
      }))

    it.scopedLive("a request that gives up its place in the queue leaves the connection alone", () =>
      Effect.gen(function*() {
        let release = () => {}
        const server = yield* serve((_, response, number) => {
          if (number === 1) release = () => response.end("first")
          else response.end("later")
        })
        yield* Effect.gen(function*() {
          const first = yield* Effect.fork(get(server.url))
          yield* eventually(() => server.count === 1)
          const queued = yield* Effect.fork(get(server.url))
          yield* Effect.sleep("20 millis")
          yield* Fiber.interrupt(queued)
          release()
          strictEqual(yield* Fiber.join(first), "first")
          strictEqual(yield* get(server.url), "later")
          strictEqual(server.count, 2)
          strictEqual(server.connections, 1)
        }).pipe(Effect.provide(Transport.layerWith({ connections: 1 })))
      }))

    // each of them would cost the pool a connection, for ever
    it.scopedLive("requests that cannot be sent take no connection from the pool", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => response.end("ok"))
        yield* Effect.gen(function*() {
          const client = yield* HttpClient.HttpClient
          for (let i = 0; i < 5; i++) {
            yield* Effect.flip(client.get(server.url, { headers: { "x-note": "a\nb" } }))
          }
          strictEqual(yield* get(server.url), "ok")
        }).pipe(Effect.provide(Transport.layerWith({ connections: 2 })))
      }))

    it.scopedLive("maxRequestsPerConnection, pipelining: 0", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => response.end("ok"))
        for (const options of [{ connections: 1, maxRequestsPerConnection: 2 }, { pipelining: 0 }]) {
          const before = server.connections
          yield* Effect.forEach(Array.from({ length: 4 }), () => get(server.url), { discard: true }).pipe(
            Effect.provide(Transport.layerWith(options))
          )
          assertTrue(server.connections - before >= 2)
        }
      }))

    it.scopedLive("maxHeaderBytes", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => response.writeHead(200, { "x-long": "x".repeat(4000) }).end("ok"))
        const small = yield* Effect.flip(Effect.provide(get(server.url), Transport.layerWith({ maxHeaderBytes: 1000 })))
        assertTrue(String((small as { readonly cause?: unknown }).cause).includes("Headers Overflow"))
        strictEqual(yield* Effect.provide(get(server.url), Transport.layer), "ok")
      }))

    it.scopedLive("connectTimeout", () =>
      Effect.gen(function*() {
        // takes connections, and says nothing: TLS never comes about
        const server = yield* serveRaw(() => {})
        const error = yield* Effect.flip(
          Effect.provide(
            get(server.url.replace("http:", "https:")),
            Transport.layerWith({ connectTimeout: "50 millis" })
          )
        )
        strictEqual((error as { readonly cause?: { readonly code?: unknown } }).cause?.code, "UND_ERR_CONNECT_TIMEOUT")
      }))

    describe("TLS", () => {
      const secure = serveWith(Https.createServer({ cert, key }, (_, response) => response.end("secret")), "https")

      it.scopedLive("an authority of one's own", () =>
        Effect.gen(function*() {
          const server = yield* secure
          strictEqual(yield* Effect.provide(get(server.url), Transport.layerWith({ tls: { ca: cert } })), "secret")
          const error = yield* Effect.flip(Effect.provide(get(server.url), Transport.layer))
          strictEqual(
            (error as { readonly cause?: { readonly code?: unknown } }).cause?.code,
            "DEPTH_ZERO_SELF_SIGNED_CERT"
          )
        }))

      it.scopedLive("HTTP/2, where the server offers it", () =>
        Effect.gen(function*() {
          const server = yield* serveWith(
            Http2.createSecureServer({ allowHTTP1: true, cert, key }, (request, response) => {
              response.setHeader("set-cookie", ["a=1", "b=2"])
              response.end(request.httpVersion)
            }),
            "https"
          )
          const tls = { ca: cert }
          strictEqual(yield* Effect.provide(get(server.url), Transport.layerWith({ tls })), "1.1")
          yield* Effect.gen(function*() {
            strictEqual(yield* get(server.url), "2.0")
            const response = yield* HttpClient.get(server.url)
            deepStrictEqual(Object.keys(response.cookies.cookies), ["a", "b"])
          }).pipe(Effect.provide(Transport.layerWith({ allowH2: true, tls })))
        }))
    })

    describe("a proxy", () => {
      /** Makes tunnels, hands requests on, and remembers who came for what. */
      const makeProxy = Effect.gen(function*() {
        const seen: Array<string> = []
        const server = Http.createServer((request, response) => {
          seen.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`)
          const onward = Http.get(request.url ?? "", (answer) => answer.pipe(response))
          onward.on("error", () => response.destroy())
        })
        server.on("connect", (request, socket: Net.Socket) => {
          seen.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`)
          socket.on("error", () => {})
          if (request.headers["x-refuse"] !== undefined) {
            socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
          }
          const target = new URL(`http://${request.url}`)
          const onward = Net.connect(Number(target.port), target.hostname, () => {
            socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
            onward.pipe(socket).pipe(onward)
          })
          onward.on("error", () => socket.destroy())
          socket.on("close", () => onward.destroy())
        })
        return { ...(yield* serveWith(server, "http")), seen }
      })
      const basic = `Basic ${Buffer.from("jobs:se:cret").toString("base64")}`

      it.scopedLive("a tunnel, with a username and a password", () =>
        Effect.gen(function*() {
          const proxy = yield* makeProxy
          const server = yield* serve((request, response) =>
            response.end(String(request.headers["proxy-authorization"]))
          )
          const options = { proxy: { password: Redacted.make("se:cret"), url: proxy.url, username: "jobs" } }
          strictEqual(yield* Effect.provide(get(server.url), Transport.layerWith(options)), "undefined")
          deepStrictEqual(proxy.seen, [`CONNECT 127.0.0.1:${server.port} ${basic}`])
        }))

      it.scopedLive("a tunnel to TLS, with a token", () =>
        Effect.gen(function*() {
          const proxy = yield* makeProxy
          const server = yield* serveWith(
            Https.createServer({ cert, key }, (_, response) => response.end("s")),
            "https"
          )
          const options = { proxy: { token: Redacted.make("Bearer t"), url: proxy.url }, tls: { ca: cert } }
          strictEqual(yield* Effect.provide(get(server.url), Transport.layerWith(options)), "s")
          deepStrictEqual(proxy.seen, [`CONNECT 127.0.0.1:${server.port} Bearer t`])
        }))

      it.scopedLive("requests handed on", () =>
        Effect.gen(function*() {
          const proxy = yield* makeProxy
          const server = yield* serve((request, response) => response.end(request.headers.host))
          const options = { proxy: { token: Redacted.make("Bearer t"), tunnel: false, url: new URL(proxy.url) } }
          strictEqual(yield* Effect.provide(get(server.url), Transport.layerWith(options)), `127.0.0.1:${server.port}`)
          deepStrictEqual(proxy.seen, [`GET ${server.url}/ Bearer t`])
        }))

      it.scopedLive("a proxy that refuses is an error, and holds no socket", () =>
        Effect.gen(function*() {
          const proxy = yield* makeProxy
          const server = yield* serve((_, response) => response.end("ok"))
          const options = { proxy: { headers: { "x-refuse": "1" }, url: proxy.url } }
          const error = yield* Effect.flip(Effect.provide(get(server.url), Transport.layerWith(options)))
          assertTrue(String((error as { readonly cause?: unknown }).cause).includes("407"))
          strictEqual(server.count, 0)
          yield* eventually(() => proxy.sockets.size === 0)
        }))

      it.scopedLive("as the environment says, when the layer is built", () =>
        Effect.gen(function*() {
          const proxy = yield* makeProxy
          const server = yield* serve((_, response) => response.end("ok"))
          const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"]
          const before = { ...process.env }
          yield* Effect.acquireRelease(
            Effect.sync(() => {
              for (const name of names) delete process.env[name]
              process.env.HTTP_PROXY = proxy.url.replace("//", "//jobs:se%3Acret@")
            }),
            () =>
              Effect.sync(() => {
                for (const name of names) {
                  if (before[name] === undefined) delete process.env[name]
                  else process.env[name] = before[name]
                }
              })
          )
          const layer = Transport.layerWith({ proxy: "env" })
          strictEqual(yield* Effect.provide(get(server.url), layer), "ok")
          deepStrictEqual(proxy.seen, [`CONNECT 127.0.0.1:${server.port} ${basic}`])
          process.env.NO_PROXY = "127.0.0.1"
          strictEqual(yield* Effect.provide(get(server.url), layer), "ok")
          strictEqual(proxy.seen.length, 1)
        }))
    })

    describe("a dispatcher of the program's own", () => {
      it.scopedLive("is used, and stays open", () =>
        Effect.gen(function*() {
          const server = yield* serve((_, response) => response.end("ok"))
          const agent = yield* Effect.acquireRelease(
            Effect.sync(() => new Undici.Agent({ connections: 1 })),
            (agent) => Effect.promise(() => agent.destroy())
          )
          for (let i = 0; i < 2; i++) {
            strictEqual(yield* Effect.provide(get(server.url), Transport.layerDispatcher(agent)), "ok")
          }
          strictEqual(server.connections, 1)
        }))

      it.scopedLive("may have interceptors, or be a mock", () =>
        Effect.gen(function*() {
          const server = yield* serve((_, response, number) => response.writeHead(number === 1 ? 503 : 200).end("ok"))
          const agent = yield* Effect.acquireRelease(
            Effect.sync(() => new Undici.Agent()),
            (agent) => Effect.promise(() => agent.destroy())
          )
          const retrying = agent.compose(Undici.interceptors.retry({ maxRetries: 2, minTimeout: 1 }))
          strictEqual(yield* Effect.provide(get(server.url), Transport.layerDispatcher(retrying)), "ok")
          strictEqual(server.count, 2)

          const mock = new Undici.MockAgent()
          mock.disableNetConnect()
          mock.get("http://shop.example").intercept({ path: "/" }).reply(200, "mocked").times(2)
          strictEqual(yield* Effect.provide(get("http://shop.example"), Transport.layerDispatcher(mock)), "mocked")
          yield* Effect.promise(() => mock.close())
        }))

      it.effect("that throws is a failure", () =>
        Effect.gen(function*() {
          const broken = {
            dispatch: (): boolean => {
              throw new Error("no more")
            }
          }
          const error = yield* Effect.flip(
            Effect.provide(get("http://shop.example"), Transport.layerDispatcher(broken))
          )
          strictEqual((error as { readonly cause?: Error }).cause?.message, "no more")
        }))
    })
  })
}

describe("options that cannot be", () => {
  it.each<[Transport.ClientOptions, RegExp]>([
    [{ connections: 0 }, /connections is 0; it must be a whole number, 1 or more/],
    [{ connections: 1.5 }, /connections is 1.5/],
    [{ pipelining: -1 }, /pipelining is -1; it must be a whole number, 0 or more/],
    [{ maxRequestsPerConnection: 0 }, /maxRequestsPerConnection is 0/],
    [{ maxHeaderBytes: NaN }, /maxHeaderBytes is NaN/],
    [{ connectTimeout: 0 }, /connectTimeout is 0; it must be positive and finite, as in "10 seconds"/],
    [{ keepAliveTimeout: -1 }, /keepAliveTimeout is 0/],
    [{ keepAliveMaxTimeout: Infinity }, /keepAliveMaxTimeout is Infinity/],
    [{ proxy: "proxy.internal:3128" }, /proxy is not the URL of a proxy, as in http:\/\/proxy.internal:3128/],
    [{ proxy: "ftp://user:secret@proxy.internal" }, /^(?!.*secret).*proxy is not the URL of a proxy/],
    [{ proxy: { url: "http://p", username: "a" } }, /username and password of a proxy go together/],
    [
      { proxy: { password: Redacted.make("b"), token: Redacted.make("t"), url: "http://p", username: "a" } },
      /a token, or a username and a password/
    ]
  ])("%o", (options, message) => {
    expect(() => Transport.layerWith(options)).toThrow(message)
    expect(() => Transport.makeClient(options)).toThrow(message)
  })

  it("what can be", () => {
    Transport.layerWith({
      connectTimeout: "1 second",
      connections: 1,
      keepAliveMaxTimeout: "1 minute",
      keepAliveTimeout: 100,
      localAddress: "127.0.0.1",
      maxHeaderBytes: 1,
      maxRequestsPerConnection: 1,
      pipelining: 0,
      proxy: { password: Redacted.make("b"), url: "socks5://proxy.internal", username: "a" }
    })
  })
})
