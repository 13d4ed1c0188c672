/**
 * Killed at a write, whichever it is: of a capture, a discard, an edit, a claim, a replay, a purge. What was acknowledged is
 * there afterwards, nothing is there twice, and nothing stays behind.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { DeadLetterQueue } from "holdfast"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { bundle } from "../../bundle.js"
import { isLong, size } from "../../campaign.js"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import { serveAtOnce } from "../server.js"
import { type Options, program } from "./child.js"

/** What the provider has done: the body, by idempotency key. The first request for each item fails. */
class Provider {
  readonly done = new Map<string, string>()
  readonly #seen = new Set<string>()

  readonly serve = serveAtOnce((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString()
      const item = itemOf(body)
      const isFirst = !this.#seen.has(item)
      this.#seen.add(item)
      const key = String(request.headers["idempotency-key"])
      if (!isFirst && !this.done.has(key)) this.done.set(key, body)
      response.writeHead(isFirst ? 503 : 200, { "content-type": "application/json" })
      response.end(isFirst ? "{}" : this.done.get(key))
    })
  })
}

/** Edited or not. */
const itemOf = (body: string): string => String(JSON.parse(body).name).split("-")[0]!

const child = (options: Options) =>
  Effect.async<string>((resume) => {
    const child = spawn(process.execPath, [bundle("test/e2e/points/child.ts"), JSON.stringify(options)], {
      stdio: ["ignore", "ignore", "pipe"]
    })
    let failure = ""
    child.stderr.on("data", (data: Buffer) => {
      failure += data.toString()
    })
    child.once("close", () =>
      resume(
        failure === ""
          ? Effect.sync(() => fs.readFileSync(options.ledger, "utf8"))
          : Effect.dieMessage(`${failure}\n${fs.readFileSync(options.ledger, "utf8")}`)
      ))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Another process comes, and works off what there is. */
const afterwards = Effect.gen(function*() {
  const queue = yield* DeadLetterQueue.DeadLetterQueue
  let stats = yield* queue.stats()
  // the leases of the dead one end
  while (stats.byState.pending + stats.byState.replaying + stats.byState.parked > 0) {
    for (const { id } of (yield* queue.list({ state: "parked" })).items) yield* queue.unpark(id)
    yield* queue.replayAll()
    stats = yield* queue.stats()
    if (stats.byState.replaying > 0) yield* Effect.sleep("100 millis")
  }
  const { items } = yield* queue.list()
  assert.strictEqual(stats.total, items.length)
  return items
})

const bodyOf = ({ request: { body } }: DeadLetterQueue.DeadLetter): string =>
  body?._tag === "Text" ? body.value : "no body"

/** Runs the process until it is killed, and looks at what it left. Gives how many writes there are, where it was not. */
const killed = (store: string, at: number, when: "before" | "after") =>
  Effect.gen(function*() {
    const provider = new Provider()
    const { url } = yield* provider.serve
    const ledger = path.join(yield* files.folder, "ledger")
    fs.writeFileSync(ledger, "")
    const said = yield* child({ at, ledger, provider: url, store, when })
    const began = (step: string) => said.includes(`${step} begins\n`)
    const ended = (step: string) => said.includes(`${step} ends\n`)
    const letters = yield* Effect.provide(afterwards, program(store, url))

    const about = `killed ${when} write ${at} of\n${said}`
    for (const item of ["a", "b", "c", "d", "e"]) {
      const own = letters.filter((letter) => itemOf(bodyOf(letter)) === item)
      const done = Array.from(provider.done.values()).filter((body) => itemOf(body) === item)
      if (item === "a" && own.length === 0 && ended("capture a")) {
        // removed, after it was discarded
        assert.isTrue(began("purge"), about)
        assert.deepStrictEqual(done, [], about)
        continue
      }
      assert.strictEqual(own.length, ended(`capture ${item}`) ? 1 : own.length === 0 ? 0 : 1, `${item}, ${about}`)
      if (own[0] === undefined) {
        assert.deepStrictEqual(done, [], `${item}, ${about}`)
        continue
      }
      const isDiscarded = own[0].state === "discarded"
      assert.isTrue(isDiscarded || own[0].state === "replayed", about)
      if (isDiscarded) assert.isTrue(item === "a" && began("discard a"), about)
      if (item === "a" && ended("discard a")) assert.isTrue(isDiscarded, about)
      // once, by its key
      assert.deepStrictEqual(done, isDiscarded ? [] : [bodyOf(own[0])], `${item}, ${about}`)
      if (item === "b" && ended("edit b")) assert.include(bodyOf(own[0]), "b-edited", about)
      if (bodyOf(own[0]).includes("edited")) {
        assert.isTrue(began("edit b"), about)
        assert.include(JSON.stringify(own[0].original), String.raw`{\"name\":\"b\"}`, about)
      }
    }
    const [, all] = /^all (\d+)$/m.exec(said) ?? []
    // how many writes there are is a matter of timing, a little: what is settled together is one. A process that
    // came to its end had none with that number.
    if (at === 0) assert.isDefined(all, said)
    else assert.isTrue(all === undefined || Number(all) < at, about)
    return Number(all)
  }).pipe(Effect.scoped)

const stores = {
  PostgreSQL: servers.database,
  Redis: Effect.map(servers.redis, ({ url }) => `${url}#${crypto.randomUUID()}`),
  SQLite: files.file
}

describe("a process that is killed at a write of its dead letters loses none and doubles none", () => {
  for (const name of ["SQLite", "PostgreSQL", "Redis"] as const) {
    it.live(
      name,
      () =>
        Effect.gen(function*() {
          const once = (at: number, when: "before" | "after") =>
            Effect.scoped(Effect.flatMap(stores[name], (store) => killed(store, at, when)))
          const all = yield* once(0, "before")
          assert.isAbove(all, 20)
          // each of them in a campaign, or so many where there are more; every day four, others each time
          const points = Math.min(all, size({ bounded: 24, everyDay: 4, full: 80 }))
          const shift = yield* Random.next
          for (let i = 0; i < points; i++) {
            const at = Math.floor(1 + (i + shift) * all / points)
            yield* once(Math.min(all, at), i % 2 === 0 ? "before" : "after")
          }
        }),
      isLong ? 900_000 : 120_000
    )
  }
})
