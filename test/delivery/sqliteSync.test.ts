import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as fs from "node:fs"
import { createRequire, syncBuiltinESMExports } from "node:module"
import * as sqliteQueue from "../../src/delivery/internal/sqliteQueue.js"
import type * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import { turn } from "../turn.js"
import * as files from "./files.js"

const item: LeaseQueue.NewItem = { payload: "{}", queue: "letters" }

const builtin = createRequire(import.meta.url)("node:fs") as { fdatasync: typeof fs.fdatasync }

/** The disk, which is done with a sync when it is let. */
const disk = Effect.acquireRelease(
  Effect.sync(() => {
    const real = builtin.fdatasync
    const waiting: Array<() => void> = []
    let failure: Error | undefined
    const disk = {
      begun: 0,
      fails: (error: Error) => void (failure = error),
      next: Effect.gen(function*() {
        while (waiting.length === 0) yield* turn
        waiting.shift()!()
        yield* files.settled
      }),
      restore: () => {
        builtin.fdatasync = real
        syncBuiltinESMExports()
      }
    }
    builtin.fdatasync = Object.assign((descriptor: number, done: fs.NoParamCallback) => {
      disk.begun++
      waiting.push(() => failure === undefined ? real(descriptor, done) : done(failure))
    }, real)
    syncBuiltinESMExports()
    return disk
  }),
  (disk) => Effect.sync(disk.restore)
)

const queueIn = (filename: string) => sqliteQueue.make({ filename })

describe("a SQLite queue whose log is synced apart", () => {
  it.scoped("tells nobody of a commit before it is on the disk, and syncs once for all that wait", () =>
    Effect.gen(function*() {
      const queue = yield* Effect.flatMap(files.file, queueIn)
      const slow = yield* disk
      const first = yield* Effect.fork(queue.offer([item]))
      yield* files.settled
      assert.strictEqual(slow.begun, 1)
      // committed while the first is on its way to the disk: its sync does not count for them
      const others = yield* Effect.forEach(Array.from({ length: 300 }), () => Effect.fork(queue.offer([item])))
      yield* files.settled
      assert.strictEqual(first.unsafePoll(), null)
      yield* slow.next
      assert.isNotNull(first.unsafePoll())
      assert.isTrue(others.every((fiber) => fiber.unsafePoll() === null))
      while (others.some((fiber) => fiber.unsafePoll() === null)) yield* slow.next
      assert.isAtMost(slow.begun, 6)
      assert.strictEqual((yield* queue.stats("letters")).byState.ready, 301)
    }))

  it.scoped("is there for another process before it is on the disk, and for nobody's acknowledgement", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      const one = yield* queueIn(filename)
      const two = yield* queueIn(filename)
      const slow = yield* disk
      const offer = yield* Effect.fork(one.offer([item]))
      yield* files.settled
      assert.strictEqual((yield* two.stats("letters")).byState.ready, 1)
      assert.isNull(offer.unsafePoll())
      yield* slow.next
      assert.lengthOf(yield* Fiber.join(offer), 1)
    }))

  it.scoped("says so when the disk fails, and the caller's second try of the same item finds it", () =>
    Effect.gen(function*() {
      const queue = yield* Effect.flatMap(files.file, queueIn)
      const broken = yield* disk
      broken.fails(new Error("EIO: i/o error, fdatasync"))
      const offer = yield* Effect.fork(Effect.flip(queue.offer([{ ...item, id: "a" }])))
      yield* broken.next
      const error = yield* Fiber.join(offer)
      assert.deepInclude(error, { _tag: "LeaseQueueError", reason: "storage" })
      assert.include(error.message, "i/o error")
      broken.restore()
      assert.deepStrictEqual(yield* queue.offer([{ ...item, id: "a" }]), [{ created: false, id: "a" }])
    }))

  it.scoped("has no log in memory, and waits for none", () =>
    Effect.gen(function*() {
      const slow = yield* disk
      const queue = yield* queueIn(":memory:")
      yield* queue.offer([item])
      assert.strictEqual(slow.begun, 0)
    }))

  it.scoped.skipIf(!fs.existsSync("/proc/self/fd"))(
    "leaves no descriptor of the file behind",
    () =>
      Effect.gen(function*() {
        const filename = yield* files.file
        const open = Effect.sync(() =>
          fs.readdirSync("/proc/self/fd").filter((name) => {
            try {
              return fs.readlinkSync(`/proc/self/fd/${name}`).startsWith(filename)
            } catch {
              // the descriptor of the listing itself
              return false
            }
          })
        )
        yield* Effect.scoped(Effect.flatMap(queueIn(filename), (queue) =>
          Effect.gen(function*() {
            yield* queue.offer([item])
            assert.isAbove((yield* open).length, 2)
          })))
        assert.deepStrictEqual(yield* open, [])
      })
  )
})
