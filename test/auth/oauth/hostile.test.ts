/** Token endpoints that are slow, endless, too large, elsewhere, or simply not right. */
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, LogLevel, Redacted } from "effect"
import { OAuth2Client } from "holdfast"
import * as OAuth2 from "holdfast/auth/OAuth2"
import { inspect } from "node:util"
import { until } from "../vault/world.js"
import * as Endpoint from "./endpoint.js"

const secret = "client-secret-fake-planted"
const token = "refresh-token-fake-planted"

const clientAt = (url: string, more: Partial<OAuth2Client.Client> = {}): OAuth2Client.Client => ({
  authentication: OAuth2Client.SecretPost({ secret: Redacted.make(secret) }),
  clientId: "shop",
  tokenEndpoint: `${url}/token`,
  ...more
})

const refresh = (client: OAuth2Client.Client) => OAuth2.refresh(client, Redacted.make(token))

/** What was told by the error and by all logs. */
const told = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make((entry) => lines.push(inspect(entry, { depth: 9 })))
    const error = yield* Effect.flip(effect).pipe(
      Effect.withSpan("test"),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.All)
    )
    return { error, text: lines.join() + inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) }
  })

const clients = [["undici", NodeHttpClient.layerUndici], ["node:http", NodeHttpClient.layer], [
  "fetch",
  FetchHttpClient.layer
]] as const

for (const [name, http] of clients) {
  describe(`over ${name}`, () => {
    it.scopedLive("one that redirects is not followed: the secret stays here", () =>
      Effect.gen(function*() {
        const thief = yield* Endpoint.make()
        for (const status of [301, 302, 303, 307, 308]) {
          const endpoint = yield* Endpoint.make((response) => {
            response.writeHead(status, { location: `${thief.url}/token` }).end()
          })
          const error = yield* Effect.flip(refresh(clientAt(endpoint.url)))
          assert.strictEqual(error.reason, "inconclusive")
          assert.include(error.message, `HTTP ${status}`)
        }
        assert.lengthOf(thief.seen, 0)
      }).pipe(Effect.provide(http)))

    it.scopedLive("an answer that is too large is not read on, whatever it says of its length", () =>
      Effect.gen(function*() {
        let written = 0
        const endless: Endpoint.Act = (response) => {
          response.writeHead(200, { "content-type": "application/json" })
          const more = () => {
            while (!response.destroyed && response.write("[".repeat(16_384))) written += 16_384
          }
          response.on("drain", more)
          more()
        }
        const long = JSON.stringify({ ...Endpoint.tokens, padding: "x".repeat(70_000) })
        const honest: Endpoint.Act = (response) => {
          response.writeHead(200, { "content-length": long.length }).end(long)
        }
        for (const act of [endless, honest]) {
          const endpoint = yield* Endpoint.make(act)
          const error = yield* Effect.flip(refresh(clientAt(endpoint.url)))
          assert.deepInclude(error, { reason: "inconclusive" })
          assert.include(error.message, "more than 65536 bytes")
          if (act === endless) yield* until("its connection is closed", () => endpoint.state.closed === 1)
        }
        assert.isBelow(written, 50_000_000)
      }).pipe(Effect.provide(http)))

    it.scopedLive("one that drips for ever, or says nothing, is given up in time, and its connection closed", () =>
      Effect.gen(function*() {
        const drips: Endpoint.Act = (response) => {
          response.writeHead(200, { "content-type": "application/json" })
          const timer = setInterval(() => response.write(" "), 20)
          response.on("close", () => clearInterval(timer))
        }
        for (const act of [drips, () => undefined]) {
          const endpoint = yield* Endpoint.make(act)
          const error = yield* Effect.flip(refresh(clientAt(endpoint.url, { timeout: "1 second" })))
          assert.deepInclude(error, { reason: "transient" })
          assert.include(error.message, "within 1s")
          // on a machine that is busy it may never have come to be asked
          yield* until("its connection is closed", () => endpoint.state.closed === endpoint.seen.length)
        }
      }).pipe(Effect.provide(http)))

    it.scopedLive("whoever is interrupted leaves no connection behind", () =>
      Effect.gen(function*() {
        const endpoint = yield* Endpoint.make(() => undefined)
        const fiber = yield* Effect.fork(refresh(clientAt(endpoint.url)))
        yield* until("it was asked", () => endpoint.seen.length === 1)
        yield* Fiber.interrupt(fiber)
        yield* until("its connection is closed", () => endpoint.state.closed === 1)
      }).pipe(Effect.provide(http)))
  })
}

describe("what it answers", () => {
  const cases: ReadonlyArray<readonly [string, Endpoint.Act, Record<string, unknown>]> = [
    ["a code of the standard", Endpoint.json(400, { error: "invalid_grant" }), {
      code: "invalid_grant",
      reason: "terminal"
    }],
    ["a client that is refused", Endpoint.json(401, { error: "invalid_client" }, { "www-authenticate": "Basic" }), {
      code: "invalid_client",
      reason: "terminal"
    }],
    ["an error with status 200", Endpoint.json(200, { error: "invalid_grant", ok: false }), {
      code: "invalid_grant",
      reason: "terminal"
    }],
    ["an error of its own with status 200", Endpoint.json(200, { error: "team_is_moving", ok: false }), {
      code: "team_is_moving",
      reason: "inconclusive"
    }],
    ["an outage that calls itself a refusal", Endpoint.json(503, { error: "invalid_grant" }), {
      code: "invalid_grant",
      reason: "transient"
    }],
    ["too many requests", Endpoint.json(429, {}, { "retry-after": "7" }), {
      reason: "transient",
      retryAfter: Duration.seconds(7)
    }],
    ["a page", (response) => void response.writeHead(200).end("<html>welcome</html>"), { reason: "inconclusive" }],
    ["a page of a firewall", (response) => void response.writeHead(403).end("<html>no</html>"), {
      reason: "inconclusive"
    }],
    ["a list", Endpoint.json(200, [Endpoint.tokens]), { reason: "inconclusive" }],
    ["nothing", (response) => void response.writeHead(204).end(), { reason: "inconclusive" }],
    ["a token that is no text", Endpoint.json(200, { ...Endpoint.tokens, access_token: 1 }), {
      reason: "inconclusive"
    }],
    ["a token for another use", Endpoint.json(200, { ...Endpoint.tokens, token_type: "mac" }), {
      reason: "inconclusive"
    }],
    ["a connection that is broken off", (response) => void response.socket?.destroy(), { reason: "transient" }]
  ]
  for (const [name, act, expected] of cases) {
    it.scopedLive(`${name}: ${String(expected.reason)}`, () =>
      Effect.gen(function*() {
        const endpoint = yield* Endpoint.make(act)
        const error = yield* Effect.flip(refresh(clientAt(endpoint.url)))
        assert.deepInclude(error, expected)
      }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
  }

  it.scopedLive("what was sent and comes back in an error is in no message, no log and no field", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make((response, { body }) =>
        Endpoint.json(400, {
          error: token,
          error_description: `the token ${token} of ${secret} in ${body}`,
          message: token
        })(response, { body } as Endpoint.Seen)
      )
      const { text } = yield* told(refresh(clientAt(endpoint.url)))
      assert.include(text, "REDACTED")
      assert.notInclude(text, "planted")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.scopedLive("nobody listens: transient, and says why", () =>
    Effect.gen(function*() {
      const endpoint = yield* Effect.scoped(Endpoint.make())
      const error = yield* Effect.flip(refresh(clientAt(endpoint.url)))
      assert.deepInclude(error, { reason: "transient" })
      assert.include(error.message, "ECONNREFUSED")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.scopedLive("a secret goes to https alone, or stays on the machine", () =>
    Effect.gen(function*() {
      for (
        const endpoint of [
          "http://id.example/token",
          "http://127.0.0.1.evil.example/token",
          "https://ada:fake@id.example/token",
          "ftp://id.example/token",
          "/token"
        ]
      ) {
        const client = clientAt("", { tokenEndpoint: endpoint })
        for (const effect of [refresh(client), OAuth2.clientCredentials(client)]) {
          const error = yield* Effect.flip(effect)
          assert.strictEqual(error.reason, "inconclusive")
          assert.include(error.message, "token_endpoint is not taken")
        }
        const other = clientAt("https://id.example", { quirks: { refreshEndpoint: endpoint } })
        assert.include((yield* Effect.flip(refresh(other))).message, "token_endpoint is not taken")
      }
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
})
