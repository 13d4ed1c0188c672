/**
 * Four processes, one Redis, and a provider that fails for a while. What one process finds out, all know; one request at a
 * time asks whether the provider is back; and while all is well Redis is asked nothing.
 *
 * The Redis is that of REDIS_URL, or one that is started here and thrown away.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Command from "@effect/platform/Command"
import { Clock, Config, Console, Effect, Stream } from "effect"
import { RedisServer } from "holdfast/testing"
import * as http from "node:http"
import { fileURLToPath } from "node:url"

/** The provider: it counts what it is sent, and fails when it is told to. */
const makeProvider = Effect.acquireRelease(
  Effect.async<{ url: string; isDown: boolean; requests: number; readonly server: http.Server }>((resume) => {
    const provider = {
      isDown: false,
      requests: 0,
      server: http.createServer((_, response) => {
        provider.requests++
        response.writeHead(provider.isDown ? 500 : 200, { "content-type": "application/json" })
        response.end(provider.isDown ? "{}" : "{\"pieces\":42}")
      }),
      url: ""
    }
    provider.server.listen(0, "127.0.0.1", () => {
      const address = provider.server.address()
      if (address !== null && typeof address === "object") provider.url = `http://127.0.0.1:${address.port}`
      resume(Effect.succeed(provider))
    })
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

const program = Effect.gen(function*() {
  const redis = yield* Effect.orElse(Config.string("REDIS_URL"), () => Effect.map(RedisServer.make(), ({ url }) => url))
  const provider = yield* makeProvider
  let began = 0
  const say = (who: string, what: string) =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => Console.log(`${((now - began) / 1000).toFixed(2).padStart(6)} s  ${who.padEnd(9)} ${what}`)
    )

  /** Ends when all workers have said it. */
  const heard = new Map<string, Set<number>>()
  const all = (what: string) => Effect.repeat(Effect.sleep("10 millis"), { until: () => heard.get(what)?.size === 4 })

  yield* Effect.forEach(
    [1, 2, 3, 4],
    (number) =>
      Command.make(process.execPath, ...process.execArgv, fileURLToPath(new URL("./worker.ts", import.meta.url))).pipe(
        Command.env({ REDIS_URL: redis, WAREHOUSE_BASE_URL: provider.url }),
        Command.stderr("inherit"),
        Command.streamLines,
        Stream.runForEach((line) => {
          const what = line.split(":")[0]!
          heard.set(what, (heard.get(what) ?? new Set()).add(number))
          return began === 0 ? Effect.void : say(`worker ${number}`, line)
        }),
        Effect.forkScoped
      )
  )
  yield* all("42 pieces")

  began = yield* Clock.currentTimeMillis
  yield* say("provider", "goes down")
  heard.clear()
  provider.isDown = true
  yield* all("closed → open")
  yield* all("CircuitBreakerOpenError")

  // until it is probed, in vain
  const before = provider.requests
  yield* Effect.sleep("1500 millis")
  yield* say("provider", `was sent ${provider.requests - before} probe(s) in a second and a half, by four processes`)
  yield* say("provider", "is back")
  heard.clear()
  provider.isDown = false
  yield* all("42 pieces")
  yield* say("provider", "serves all four again")
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
