/** The program as a process: what a shell sees of it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DeadLetterQueue } from "holdfast"
import { catalog } from "holdfast/providers/catalog"
import { spawn } from "node:child_process"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import { bundle } from "../bundle.js"
import * as files from "../delivery/files.js"
import { json, lettersIn } from "./kit.js"

const program = bundle("src/ops/internal/bin.ts")

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const start = (argv: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, [program, ...argv], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const seen = { err: "", out: "" }
  child.stdout.on("data", (data) => seen.out += String(data))
  child.stderr.on("data", (data) => seen.err += String(data))
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...seen })))
  return { child, ended, seen }
}

const run = (argv: ReadonlyArray<string>, env?: Record<string, string>) => Effect.promise(() => start(argv, env).ended)

const until = (holds: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(holds), "10 millis"), { until: (isSo) => isSo })

/** A server that answers when it is told to. */
const shop = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly requests: Array<http.IncomingMessage>; readonly answer: () => void }>(
    (resume) => {
      const requests: Array<http.IncomingMessage> = []
      const waiting: Array<http.ServerResponse> = []
      let isOpen = false
      const say = (response: http.ServerResponse) =>
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      const server = http.createServer((request, response) => {
        requests.push(request.resume())
        if (isOpen) say(response)
        else waiting.push(response)
      })
      const answer = () => {
        isOpen = true
        for (const response of waiting.splice(0)) say(response)
      }
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed(Object.assign(server, {
          answer,
          requests,
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        }))))
    }
  ),
  (server) => Effect.sync(() => (server as unknown as http.Server).closeAllConnections())
)

const order = () =>
  letter({
    integration: "shop",
    operation: "items.create",
    request: new DeadLetterQueue.DeadLetterRequest({
      body: { _tag: "Text", value: "{\"name\":\"tea\"}" },
      contentType: "application/json",
      headers: {},
      method: "POST",
      url: "/items"
    })
  })

describe("the program holdfast", () => {
  it.scopedLive("ends with the code of what happened; stdout is for results alone", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      yield* (yield* lettersIn(file)).capture(letter())
      const env = { HOLDFAST_STORE_URL: `sqlite:${file}` }
      const help = yield* run(["--help"])
      assert.deepStrictEqual([help.code, help.err], [0, ""])
      assert.include(help.out, "EXIT CODES")
      // eslint-disable-next-line no-control-regex -- nobody looks at it on a terminal
      assert.notMatch(help.out, /\u001b/)
      const listed = yield* run(["dlq", "list", "--json"], env)
      assert.deepStrictEqual([listed.code, listed.err], [0, ""])
      assert.strictEqual(json(listed.out).integration, "hubspot")
      for (
        const [argv, code] of [
          [["dlq", "list", "--no-such-flag"], 2],
          [["dlq", "no-such-command"], 2],
          [["dlq", "list", "--store", "mysql://user:obviously-fake@127.0.0.1/db"], 2],
          [["dlq", "show", "01HZZZZZZZZZZZZZZZZZZZZZZZ"], 3],
          [["dlq", "discard", "--all", "--reason", "no"], 4]
        ] as const
      ) {
        const { code: ended, err, out } = yield* run(argv, env)
        assert.deepStrictEqual([ended, out], [code, ""], `${argv.join(" ")}: ${err}`)
        assert.notStrictEqual(err, "")
        assert.notInclude(err, "obviously-fake")
        assert.notInclude(err, "    at ")
      }
    }))

  it.scopedLive("knows the providers of the package", () =>
    Effect.gen(function*() {
      const listed = yield* run(["providers", "list", "--json"])
      assert.deepStrictEqual([listed.code, listed.err], [0, ""])
      assert.deepStrictEqual(json(listed.out).providers, JSON.parse(JSON.stringify(catalog.entries)))
      const document = yield* run(["providers", "openapi", "hubspot"])
      assert.deepStrictEqual([document.code, document.err], [0, ""])
      assert.property(json(document.out).paths, "/crm/v3/objects/contacts/{id}")
      assert.strictEqual((yield* run(["providers", "show", "nobody"])).code, 3)
    }))

  it.scopedLive("does not mind that nobody reads on", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const queue = yield* lettersIn(file)
      const body = { _tag: "Text", value: "x".repeat(2_000) } as const
      const request = new DeadLetterQueue.DeadLetterRequest({ body, headers: {}, method: "POST", url: "/" })
      yield* Effect.forEach(Array.from({ length: 300 }), () => queue.capture(letter({ request })), {
        concurrency: "unbounded"
      })
      const { child, ended } = start(["dlq", "list", "--all", "--json", "--store", `sqlite:${file}`])
      child.stdout.once("data", () => child.stdout.destroy())
      const { code, err } = yield* Effect.promise(() => ended)
      assert.deepStrictEqual([code, err], [0, ""])
    }))

  it.scopedLive("replays through the layers of a module", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const queue = yield* lettersIn(file)
      const id = yield* queue.capture(order())
      const server = yield* shop
      server.answer()
      const argv = ["dlq", "replay", id, "--yes", "--json", "--store", `sqlite:${file}`]
      const env = { HOLDFAST_MODULE: bundle("test/ops/layers.ts"), SHOP_BASE_URL: server.url }
      const unset = yield* run(argv, env)
      assert.strictEqual(unset.code, 1)
      assert.include(unset.err, "SHOP_TOKEN is not set")
      const done = yield* run(argv, { ...env, SHOP_TOKEN: "obviously-fake-token" })
      assert.strictEqual(done.code, 0, done.err)
      assert.deepInclude(json(done.out).report, { failed: 0, replayed: 1 })
      assert.deepStrictEqual(server.requests.map(({ headers }) => headers.authorization), [
        "Bearer obviously-fake-token"
      ])
      assert.strictEqual((yield* queue.get(id)).state, "replayed")
      const missing = yield* run(argv, { HOLDFAST_MODULE: "./no-such-module.js" })
      assert.strictEqual(missing.code, 3)
    }))

  it.scopedLive("on Ctrl-C lets the letters in flight end, and says how far it came", () =>
    Effect.gen(function*() {
      const file = yield* files.file
      const queue = yield* lettersIn(file)
      for (let n = 0; n < 5; n++) yield* queue.capture(order())
      const server = yield* shop
      const { child, ended, seen } = start(
        ["dlq", "replay", "--all", "--yes", "--concurrency", "2", "--store", `sqlite:${file}`],
        { HOLDFAST_MODULE: bundle("test/ops/layers.ts"), SHOP_BASE_URL: server.url, SHOP_TOKEN: "obviously-fake-token" }
      )
      yield* until(() => server.requests.length === 2)
      child.kill("SIGINT")
      yield* until(() => seen.err.includes("stopping"))
      server.answer()
      const { code, err } = yield* Effect.promise(() => ended)
      assert.strictEqual(code, 130, err)
      assert.include(err, "cancelled: interrupted by hand; 2 of 5 letters sent, 0 failed, 0 skipped")
      assert.deepInclude((yield* queue.stats()).byState, { pending: 3, replayed: 2, replaying: 0 })
    }))

  it.scopedLive("completes the words of a shell", () =>
    Effect.gen(function*() {
      for (const shell of ["bash", "zsh", "fish", "sh"]) {
        const { code, out } = yield* run(["--completions", shell])
        assert.strictEqual(code, 0)
        assert.include(out, "dlq")
        assert.include(out, "older-than")
        assert.include(out, "openapi")
      }
    }))
})
