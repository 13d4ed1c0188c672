/** `npm run emulators`, as a process. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { OpenApi } from "holdfast"
import { catalog } from "holdfast/providers/catalog"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import { fetched } from "../fetched.js"

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** What `npm run emulators` runs, so that its signals are its own and not those of npm. */
const command: string = JSON.parse(fs.readFileSync("package.json", "utf8")).scripts.emulators

/** Ends with the test, whatever becomes of it. */
const start = (...argv: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const [, ...args] = command.split(" ")
      const child = spawn(process.execPath, [...args, ...argv], { stdio: ["ignore", "pipe", "pipe"] })
      const seen = { err: "", out: "" }
      child.stdout.on("data", (data) => seen.out += String(data))
      child.stderr.on("data", (data) => seen.err += String(data))
      const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...seen })))
      return { child, ended, seen }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const run = (...argv: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(start(...argv), ({ ended }) => Effect.promise(() => ended)))

interface Served {
  readonly id: string
  readonly url: string
  readonly variable: string
}

const serving = (...argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const running = yield* start("--json", ...argv)
    const early = Effect.promise(() => running.ended).pipe(
      Effect.flatMap(({ err }) => Effect.dieMessage(`it has ended: ${err}`))
    )
    yield* Effect.sync(() => running.seen.err.includes("Ctrl-C")).pipe(
      Effect.delay("20 millis"),
      Effect.repeat({ until: (is) => is }),
      Effect.race(early)
    )
    const served: ReadonlyArray<Served> = running.seen.out.trim().split("\n").map((line) => JSON.parse(line))
    return { ...running, served }
  })

const get = (url: string) =>
  Effect.promise(() =>
    fetched(url).then(async (response) => ({ body: await response.text(), status: response.status }))
  )

const isOpen = (url: string) =>
  Effect.async<boolean>((resume) => {
    const socket = net.connect(Number(new URL(url).port), "127.0.0.1")
    socket.once("connect", () => resume(Effect.sync(() => void socket.destroy()).pipe(Effect.as(true))))
    socket.once("error", () => resume(Effect.succeed(false)))
  })

describe("npm run emulators", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scopedLive(`starts all of them, each of which answers, and ends them on ${signal}`, () =>
      Effect.gen(function*() {
        const { child, ended, served } = yield* serving("--port-from", "0", "--seed", "7")
        assert.deepStrictEqual(served.map(({ id }) => id), catalog.entries.map(({ id }) => id).sort())
        for (const { id, url, variable } of served) {
          assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
          const entry = Option.getOrThrow(catalog.get(id))
          assert.strictEqual(variable, entry.baseUrlVariable)
          const document = yield* get(`${url}/openapi.json`)
          assert.strictEqual(document.status, 200)
          const expected = OpenApi.make(Option.getOrThrow(catalog.definition(id)), { servers: ["/"] })
          assert.deepStrictEqual(JSON.parse(document.body).paths, JSON.parse(JSON.stringify(expected.paths)))
          // without a credential it may refuse, but it knows what was asked
          const operation = entry.operations.find(({ name }) => name === entry.health) ?? entry.operations[0]!
          const asked = yield* Effect.promise(() =>
            fetched(url + operation.path.replaceAll(/::|:\w+/g, (part) => part === "::" ? ":" : "1"), {
              method: operation.method
            })
          )
          assert.isBelow(asked.status, 500)
          const ledger = JSON.parse((yield* get(`${url}/__emulator/ledger`)).body)
          assert.deepStrictEqual(
            ledger.entries.map((entry: { readonly operation: string }) => entry.operation),
            [operation.name]
          )
        }
        child.kill(signal)
        const { code, err } = yield* Effect.promise(() => ended)
        assert.deepStrictEqual([code, err], [0, "any credential of the right kind will do; Ctrl-C ends them\n"])
        for (const { url } of served) assert.isFalse(yield* isOpen(url))
      }))
  }

  it.scopedLive("prints what to set, on the ports that were asked for", () =>
    Effect.gen(function*() {
      // free a moment ago
      const { child, ended, served } = yield* serving("--only", "hubspot", "--port-from", "0")
      child.kill("SIGTERM")
      yield* Effect.promise(() => ended)
      const { port } = new URL(served[0]!.url)
      const shown = yield* start("--only", "hubspot", "--port", `hubspot=${port}`)
      yield* Effect.repeat(Effect.delay(Effect.sync(() => shown.seen.err !== ""), "20 millis"), { until: (is) => is })
      assert.strictEqual(
        shown.seen.out,
        [
          "PROVIDER  URL                     SET",
          `hubspot   http://127.0.0.1:${port}  HUBSPOT_BASE_URL=http://127.0.0.1:${port}`,
          ""
        ].join("\n")
      )
      const taken = yield* run("--only", "hubspot", "--port-from", port)
      assert.deepStrictEqual([taken.code, taken.out], [1, ""])
      assert.include(taken.err, `emulators: hubspot cannot be served on port ${port}: `)
      assert.isTrue(yield* isOpen(`http://127.0.0.1:${port}`))
    }))

  it.scopedLive("the same seed gives the same faults, and another seed others", () =>
    Effect.gen(function*() {
      const answers = (seed: string) =>
        Effect.scoped(Effect.gen(function*() {
          const { served } = yield* serving(
            "--only",
            "hubspot",
            "--port-from",
            "0",
            "--faults",
            "heavy",
            "--seed",
            seed
          )
          return yield* Effect.forEach(
            Array.from({ length: 30 }),
            () =>
              Effect.promise(() =>
                fetched(`${served[0]!.url}/crm/v3/owners`, { headers: { authorization: "Bearer x" } })
                  .then(async (response) => `${response.status} ${(await response.text()).length > 0}`, () => "broken")
                  .catch(() => "half")
              )
          )
        }))
      const [first, again, other] = yield* Effect.all([answers("7"), answers("7"), answers("8")])
      assert.deepStrictEqual(first, again)
      assert.notDeepEqual(first, other)
      assert.isAbove(new Set(first).size, 1)
    }))

  it.live("says what is wrong with its flags, and starts nothing", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<readonly [says: string, ...argv: ReadonlyArray<string>]> = [
        ["there is no provider \"nobody\", but ", "--only", "hubspot,nobody"],
        ["there is no provider \"nobody\"", "--port", "nobody=4200"],
        ["--port hubspot is \"x\", and must be a whole number from 0 to 65535", "--port", "hubspot=x"],
        ["--port-from is \"70000\"", "--port-from", "70000"],
        ["--seed is \"1.5\"", "--seed", "1.5"],
        ["--faults is \"constructor\", and not none, light, heavy, outage", "--faults", "constructor"],
        ["--colour", "--colour", "red"]
      ]
      yield* Effect.forEach(wrong, ([says, ...argv]) =>
        Effect.map(run(...argv), ({ code, err, out }) => {
          assert.deepStrictEqual([code, out], [2, ""], argv.join(" "))
          assert.include(err, says)
          assert.include(err, "(--help shows what there is)")
        }), { concurrency: 2, discard: true })
      const help = yield* run("--help")
      assert.deepStrictEqual([help.code, help.err], [0, ""])
      for (const flag of ["--only", "--port-from", "--port", "--seed", "--faults"]) assert.include(help.out, flag)
    }))
})
