import { assert, describe, it } from "@effect/vitest"
import { Config, Context, Effect, Layer } from "effect"
import { CircuitBreaker } from "holdfast"
import * as BreakersSqlite from "holdfast/policy/CircuitBreaker/Sqlite"
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import * as files from "../delivery/files.js"
import * as servers from "../servers/index.js"
import { cli, type Given, json, lettersIn, replaying } from "./kit.js"
import { Shop } from "./layers.js"

const examined = (argv: ReadonlyArray<string>, given?: Given) =>
  Effect.map(cli(["doctor", "--json", ...argv], given), ({ code, err, out }) => {
    assert.strictEqual(err, "")
    const { checks, ok } = json(out)
    const of = (check: string) =>
      checks.filter((finding: any) => finding.check === check).map(({ status }: any) => status)
    return { checks, code, of, ok }
  })

const server = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly seen: Array<http.IncomingMessage>; readonly close: () => void }>(
    (resume) => {
      const seen: Array<http.IncomingMessage> = []
      const server = http.createServer((request, response) => {
        seen.push(request)
        response.writeHead(404).end()
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          close: () => void server.close().closeAllConnections(),
          seen,
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        })))
    }
  ),
  ({ close }) => Effect.sync(close)
)

describe("holdfast doctor", () => {
  it.scopedLive("finds all well where all is well", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const queue = yield* lettersIn(file)
      yield* queue.capture(letter())
      const { code, of, ok } = yield* examined(["--store", `sqlite:${file}`], { layer: replaying(() => Effect.void) })
      assert.deepStrictEqual([code, ok], [0, true])
      for (
        const check of ["store", "tables", "durability", "clock", "dead letters", "circuits", "credentials", "replay"]
      ) {
        assert.deepStrictEqual(of(check), ["ok"], check)
      }
    }))

  it.scopedLive("over PostgreSQL and Redis, too; says what they lack", () =>
    Effect.gen(function*() {
      const url = yield* servers.database
      const before = yield* examined(["--store", url])
      assert.deepStrictEqual([before.code, before.of("tables")], [1, ["fail"]])
      assert.include(before.checks.find(({ check }: any) => check === "tables").mend, "holdfast migrate")
      assert.strictEqual((yield* cli(["migrate", "--store", url])).code, 0)
      const after = yield* examined(["--store", url])
      assert.deepStrictEqual([after.code, after.of("tables"), after.of("clock")], [0, ["ok"], ["ok"]])
      const redis = yield* examined(["--store", (yield* servers.redis).url])
      assert.deepStrictEqual([redis.code, redis.of("store"), redis.of("clock")], [0, ["ok"], ["ok"]])
      // the Redis of the run is a throw-away one
      assert.include(redis.of("durability"), "warn")
    }))

  it.scopedLive("names a store that is away, and how to mend it, and no password", () =>
    Effect.gen(function*() {
      const { url } = yield* server
      const port = new URL(url).port
      for (const scheme of ["postgres", "redis"]) {
        const { checks, code, ok } = yield* examined(["--store", `${scheme}://user:obviously-fake@127.0.0.1:${port}/x`])
        assert.deepStrictEqual([code, ok], [1, false])
        assert.deepInclude(checks[0], { check: "store", status: "fail" })
        assert.include(checks[0].mend, "reach")
        assert.notInclude(JSON.stringify(checks), "obviously-fake")
      }
      assert.strictEqual((yield* cli(["doctor"])).code, 2)
    }))

  it.scopedLive("warns of what waits for somebody: parked and spilled letters, open circuits", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const queue = yield* lettersIn(file)
      yield* queue.park(yield* queue.capture(letter()), "look at it")
      fs.writeFileSync(`${file}.spill`, "one\n")
      const layer = BreakersSqlite.layer({ filename: file })
      const breakers = Context.get(yield* Layer.build(layer), CircuitBreaker.CircuitBreakers)
      yield* breakers.forceOpen("hubspot", "until noon")
      yield* Effect.repeat(breakers.list, { until: (circuits) => circuits.length === 1 })
      const { checks, code, of } = yield* examined(["--store", `sqlite:${file}`])
      assert.strictEqual(code, 0)
      for (const check of ["dead letters", "spill file", "circuits"]) {
        assert.deepStrictEqual(of(check), ["warn"], JSON.stringify(checks))
      }
      const text = yield* cli(["doctor", "--store", `sqlite:${file}`])
      assert.match(text.out, /^warn {2}circuits +hubspot is open: .*until noon$/m)
      assert.match(text.out, /^ +mend: look at them: holdfast dlq list --state parked$/m)
    }))

  it.scopedLive("says which variable a module misses, and whose letters it has no layer for", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const queue = yield* lettersIn(file)
      yield* queue.capture(letter({ integration: "stripe" }))
      const needing = Layer.effectDiscard(Config.redacted("HUBSPOT_ACCESS_TOKEN"))
      const unset = yield* examined(["--store", `sqlite:${file}`], { layer: needing })
      assert.strictEqual(unset.code, 1)
      assert.deepInclude(unset.checks.find(({ check }: any) => check === "credentials"), {
        detail: "the layers of this program cannot be built: HUBSPOT_ACCESS_TOKEN is not set",
        status: "fail"
      })
      const missing = yield* examined(["--store", `sqlite:${file}`], { layer: replaying(() => Effect.void) })
      assert.deepStrictEqual([missing.code, missing.of("replay")], [0, ["warn"]])
    }))

  it.scopedLive("looks for the servers of integrations, and shows them no credential", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      yield* lettersIn(file)
      const { close, seen, url } = yield* server
      const given = {
        env: { SHOP_BASE_URL: `${url}/v1`, SHOP_TOKEN: "obviously-fake-token" },
        integrations: [Shop],
        layer: Layer.empty
      }
      const there = yield* examined(["--store", `sqlite:${file}`], given)
      assert.deepStrictEqual(there.of("reachable"), ["ok"])
      assert.deepStrictEqual(seen.map(({ method, url }) => [method, url]), [["HEAD", "/v1"]])
      assert.notInclude(JSON.stringify(seen[0]!.rawHeaders), "obviously-fake-token")
      assert.deepStrictEqual((yield* examined(["--store", `sqlite:${file}`, "--offline"], given)).of("reachable"), [])
      close()
      const away = yield* examined(["--store", `sqlite:${file}`], given)
      assert.deepStrictEqual([away.code, away.of("reachable")], [1, ["fail"]])
      const { detail, mend } = away.checks.find(({ check }: any) => check === "reachable")
      assert.include(detail, "ECONNREFUSED")
      assert.include(mend, "see that the server runs")
    }))
})
