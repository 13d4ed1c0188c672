import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as Sqlite from "../../src/delivery/DeadLetterQueue/Sqlite.js"
import * as sqliteFile from "../../src/internal/sqliteFile.js"
import { passing } from "../../src/testing/conformance/internal/deadLetterKit.js"
import { letter, serverError } from "../../src/testing/conformance/internal/deadLetters.js"
import { bundle } from "../bundle.js"
import * as files from "./files.js"

const onFile = (filename: string, options: Omit<Sqlite.Options, "filename"> = {}) =>
  Effect.map(
    Layer.build(Sqlite.layer({ filename, ...options })),
    (context) => Context.get(context, DeadLetterQueue.DeadLetterQueue)
  )

const pass = passing(files.settled)

const clientOn = (filename: string) =>
  Effect.map(Layer.build(SqliteClient.layer({ filename })), (context) => Context.get(context, SqlClient.SqlClient))

/** Runs the child, and kills it without warning once it has said so many lines. */
const killedAfter = (lines: number, mode: "capture" | "replay", filename: string) =>
  Effect.async<ReadonlyArray<string>>((resume) => {
    const child = spawn(
      process.execPath,
      [bundle("test/delivery/child.ts"), mode, filename],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    let said = ""
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString()
      if (said.split("\n").length > lines) child.kill("SIGKILL")
    })
    // What comes after the last line break was not said to its end
    child.on("close", () => resume(Effect.succeed(said.split("\n").slice(0, -1))))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

describe("DeadLetterQueue.Sqlite", () => {
  describe("a process that is killed", () => {
    it.scopedLive("in the middle of capturing has lost nothing that was acknowledged (Q6)", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const acknowledged = yield* killedAfter(300, "capture", filename)
        assert.isAtLeast(acknowledged.length, 300)
        const queue = yield* onFile(filename)
        const stored = Chunk.toReadonlyArray(yield* Stream.runCollect(queue.stream()))
        const ids = new Set(stored.map((letter) => letter.id))
        assert.deepStrictEqual(acknowledged.filter((id) => !ids.has(id)), [])
        // What was not acknowledged is there wholly or not at all: each one decodes, and there is one a call
        assert.strictEqual((yield* queue.list()).undecodable, 0)
        assert.strictEqual(new Set(stored.map((letter) => letter.idempotencyKey)).size, stored.length)
      }))

    it.scoped("while it replays keeps its letter until the lease ends; then it is pending again (Q5)", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const [id = ""] = yield* killedAfter(1, "replay", filename)
        const queue = yield* onFile(filename)
        // the child wrote by the real clock
        // @effect-diagnostics-next-line globalDateInEffect:off
        yield* TestClock.setTime(Date.now())
        assert.strictEqual((yield* queue.get(id)).state, "replaying")
        yield* TestClock.adjust("31 seconds")
        assert.deepInclude(yield* queue.get(id), { state: "pending", replays: 0 })
        assert.deepStrictEqual((yield* queue.history(id)).map((entry) => entry.outcome), ["stalled"])
        yield* queue.register("hubspot", () => Effect.void)
        assert.strictEqual((yield* queue.replay(id)).state, "replayed")
      }))
  })

  describe("two processes on one file", () => {
    it.scoped("replay everything side by side: each letter once, each key in order", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const one = yield* onFile(filename)
        const two = yield* onFile(filename)
        const ids = yield* Effect.forEach(
          Array.from({ length: 60 }, (_, i) => i),
          (i) => (i % 2 === 0 ? one : two).capture(letter({ partitionKey: `p${i % 5}` }))
        )
        const sent: Array<DeadLetterQueue.DeadLetter> = []
        for (const queue of [one, two]) {
          yield* queue.register(
            "hubspot",
            (letter) => Effect.delay(Effect.sync(() => void sent.push(letter)), "1 second")
          )
        }
        for (let run = 0; run < 20 && sent.length < ids.length; run++) {
          const fibers = yield* Effect.forEach([one, two], (queue) => Effect.fork(queue.replayAll()))
          yield* pass("2 minutes")
          yield* Fiber.joinAll(fibers)
        }
        assert.strictEqual(sent.length, 60)
        assert.deepStrictEqual(new Set(sent.map((letter) => letter.id)), new Set(ids))
        for (let key = 0; key < 5; key++) {
          const ofKey = sent.filter((letter) => letter.partitionKey === `p${key}`).map((letter) => letter.id)
          assert.deepStrictEqual(ofKey, ids.filter((_, i) => i % 5 === key))
        }
      }))

    it.scoped("a worker that lost its lease is told so, and the other one's result counts", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const one = yield* onFile(filename)
        const id = yield* one.capture(letter())
        const sql = yield* clientOn(filename)
        yield* one.register("hubspot", () => Effect.sleep("20 seconds"))
        const fiber = yield* Effect.fork(Effect.flip(one.replay(id)))
        yield* pass("1 second")
        // As if this worker had been suspended past its lease, and another one had taken over
        yield* sql`UPDATE holdfast_lease_items SET token = token + 1, lease_owner = 'other', lease_until = 60000
WHERE id = ${id}`
        yield* pass("30 seconds")
        const error = yield* Fiber.join(fiber)
        assert.deepInclude(error, { _tag: "ReplayRefusedError", reason: "lease-lost" })
        assert.strictEqual((yield* one.get(id)).state, "replaying")
      }))
  })

  it.scoped("commits go to the disk before they are acknowledged, and other processes may read meanwhile", () =>
    Effect.gen(function*() {
      const sql = yield* sqliteFile.open(yield* files.file, 5000)
      assert.deepStrictEqual(yield* sql`PRAGMA synchronous`, [{ synchronous: 2 }])
      assert.deepStrictEqual(yield* sql`PRAGMA journal_mode`, [{ journal_mode: "wal" }])
      assert.deepStrictEqual(yield* sql`PRAGMA busy_timeout`, [{ timeout: 50 }])
    }))

  it.scoped("works in memory too, where no file is given", () =>
    Effect.gen(function*() {
      const queue = yield* onFile(":memory:")
      assert.strictEqual((yield* queue.get(yield* queue.capture(letter()))).state, "pending")
    }))

  it.scoped("a capture stays when the transaction of another database is rolled back", () =>
    Effect.gen(function*() {
      const queue = yield* onFile(yield* files.file)
      const other = yield* clientOn(":memory:")
      const id = yield* other.withTransaction(Effect.flatMap(queue.capture(letter()), Effect.fail)).pipe(Effect.flip)
      assert.strictEqual((yield* queue.get(String(id))).state, "pending")
    }))

  it.scoped("stays in order when the store fails: the capture fails with a typed error", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      const queue = yield* onFile(filename)
      yield* queue.capture(letter())
      const sql = yield* clientOn(filename)
      yield* sql`ALTER TABLE holdfast_lease_items RENAME TO away`
      const error = yield* Effect.flip(queue.capture(letter()))
      assert.deepInclude(error, { _tag: "DeadLetterQueueError", reason: "storage" })
      yield* sql`ALTER TABLE away RENAME TO holdfast_lease_items`
      yield* queue.capture(letter())
      assert.strictEqual((yield* queue.stats()).total, 2)
    }))

  it.scoped("a row that cannot be read is reported, logged once, skipped and can be discarded", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      const queue = yield* onFile(filename)
      const [one, bad, three] = yield* Effect.forEach([1, 2, 3], () => queue.capture(letter()))
      const sql = yield* clientOn(filename)
      yield* sql`UPDATE holdfast_lease_items SET payload = '{"of":"another version"}' WHERE id = ${bad}`
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => void logged.push(message))
      yield* Effect.gen(function*() {
        for (let i = 0; i < 3; i++) {
          const page = yield* queue.list()
          assert.deepStrictEqual(page.items.map((item) => item.id), [one, three])
          assert.strictEqual(page.undecodable, 1)
        }
        assert.strictEqual((yield* queue.stats()).undecodable, 1)
        assert.strictEqual((yield* queue.stats()).total, 3)
        assert.deepInclude(yield* Effect.flip(queue.get(bad ?? "")), { reason: "undecodable" })
        yield* queue.register("hubspot", () => Effect.void)
        assert.deepInclude(yield* Effect.flip(queue.replay(bad ?? "")), { reason: "undecodable" })
        assert.deepStrictEqual(yield* queue.replayAll(), { selected: 3, replayed: 2, failed: 0, skipped: 1 })
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.strictEqual(logged.length, 1)
      yield* Effect.ignore(queue.discard(bad ?? "", "of another version"))
      assert.strictEqual((yield* queue.stats()).byState.discarded, 1)
    }))

  it.scoped("options: fewer replays before a letter is parked, and a shorter lease", () =>
    Effect.gen(function*() {
      const queue = yield* onFile(yield* files.file, { maxReplays: 2, lease: "1 second" })
      const id = yield* queue.capture(letter())
      yield* queue.register("hubspot", () => Effect.delay(serverError(), "10 seconds"))
      for (const state of ["pending", "parked"]) {
        const fiber = yield* Effect.fork(Effect.flip(queue.replay(id)))
        yield* pass("10 seconds")
        yield* Fiber.join(fiber)
        assert.strictEqual((yield* queue.get(id)).state, state)
      }
    }))

  describe("a file that cannot be opened fails the layer with an error that names it and the mend", () => {
    const openFails = (filename: string, ...says: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(onFile(filename))
        assert.deepInclude(error, { _tag: "DeadLetterQueueError", reason: "open" })
        assert.include(error.message, filename)
        for (const text of says) assert.include(error.message, text)
      })

    it.scoped("in a folder that is not there", () =>
      Effect.flatMap(
        files.folder,
        (folder) => openFails(path.join(folder, "none", "a.db"), `create the folder ${path.join(folder, "none")}`)
      ))

    it.scoped("that is a folder", () => Effect.flatMap(files.folder, (folder) => openFails(folder, "not a folder")))

    it.scoped("that is something else", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        fs.writeFileSync(filename, "these are no dead letters ".repeat(100))
        yield* openFails(filename, "not a SQLite database")
      }))

    it.scoped("whose tables are of somebody else", () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const sql = yield* clientOn(filename)
        yield* sql`CREATE TABLE holdfast_lease_items (a)`
        yield* openFails(filename, "already exists")
      }))
  })
})
