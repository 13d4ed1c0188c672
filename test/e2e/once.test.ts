/** Several real processes that run the same keys, some of which are killed. */
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { bundle } from "../bundle.js"
import { isLong } from "../campaign.js"
import * as servers from "../servers/index.js"
import type { Options } from "./onceChild.js"

class Child {
  readonly lines: Array<string> = []
  failure = ""
  readonly #process: ChildProcess
  #rest = ""

  constructor(options: Options) {
    this.#process = spawn(
      process.execPath,
      [bundle("test/e2e/onceChild.ts"), JSON.stringify(options)],
      { stdio: "pipe" }
    )
    this.#process.stdout!.on("data", (data: Buffer) => {
      const lines = (this.#rest + data.toString()).split("\n")
      this.#rest = lines.pop()!
      for (const line of lines) this.lines.push(line)
    })
    this.#process.stderr!.on("data", (data: Buffer) => {
      this.failure += data.toString()
    })
  }

  said(line: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.failure !== "") return Effect.dieMessage(this.failure)
      return this.lines.includes(line) ? Effect.void : Effect.delay(this.said(line), 20)
    })
  }

  all(what: string): ReadonlyArray<string> {
    return this.lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1))
  }

  get go() {
    return Effect.sync(() => void this.#process.stdin!.write("go\n"))
  }

  get kill() {
    return Effect.async<void>((resume) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) return resume(Effect.void)
      this.#process.once("exit", () => resume(Effect.void))
      this.#process.kill("SIGKILL")
    })
  }
}

const start = (options: Options) => Effect.acquireRelease(Effect.sync(() => new Child(options)), ({ kill }) => kill)

const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "holdfast-once-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { force: true, recursive: true }))
  ),
  (folder) => path.join(folder, "once.db")
)

const stores = {
  PostgreSQL: servers.database,
  Redis: Effect.map(servers.redis, ({ url }) => url),
  SQLite: file
}

describe("processes that run the same keys", () => {
  for (const name of ["Redis", "PostgreSQL", "SQLite"] as const) {
    it.scopedLive.runIf(isLong || name === "Redis")(
      `run each of them once between them, also when one is killed, over ${name}`,
      () =>
        Effect.gen(function*() {
          const url = yield* stores[name]
          const space = `test-${crypto.randomUUID()}`
          const keys = Array.from({ length: isLong ? 200 : 40 }, (_, i) => `key-${i}`)
          const names = isLong ? ["a", "b", "c", "d"] : ["a", "b", "c"]
          const children = yield* Effect.forEach(
            names,
            (name) => start({ keys, lasts: 30, lease: 2_000, name, space, url }),
            { concurrency: "unbounded" }
          )
          yield* Effect.forEach(children, (child) => child.said("ready"), { concurrency: "unbounded" })
          const [victim, ...others] = children
          yield* victim!.go
          // in the middle of its work
          yield* Effect.repeat(Effect.sleep(1), { until: () => victim!.all("began").length > 2 })
          yield* Effect.forEach(others, ({ go }) => go)
          yield* victim!.kill
          yield* Effect.forEach(others, (child) => child.said("done"), { concurrency: "unbounded" })

          const outcomes = new Map<string, Set<string>>()
          for (const child of children) {
            for (const line of child.all("outcome")) {
              const [key, by] = line.split(" ")
              outcomes.set(key!, (outcomes.get(key!) ?? new Set()).add(by!))
            }
          }
          strictEqual(outcomes.size, keys.length)
          // all get the same
          deepStrictEqual([...outcomes].filter(([, by]) => by.size !== 1), [])
          const began = children.flatMap((child) => child.all("began"))
          // what the dead one had begun, and nothing else, was begun again
          const twice = [...new Set(began.filter((key, i) => began.indexOf(key) !== i))]
          const open = new Set(victim!.all("began"))
          for (const key of twice) assertTrue(open.has(key))
          strictEqual(began.length, keys.length + twice.length)
        })
    )
  }
})
