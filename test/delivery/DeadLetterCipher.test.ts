import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { DeadLetterCipher, DeadLetterQueue, LeaseQueue } from "holdfast"
import * as Spill from "holdfast/delivery/DeadLetterQueue/Spill"
import * as fs from "node:fs"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import * as files from "./files.js"

const key = (id: string, fill: number): DeadLetterCipher.Key => ({
  id,
  key: Redacted.make(Buffer.alloc(32, fill).toString("base64"))
})

describe("DeadLetterCipher", () => {
  /** Two queues over one store, as of two versions of a program. */
  const over = (store: LeaseQueue.LeaseQueue["Type"], options: DeadLetterCipher.Options | undefined) => {
    const queue = Layer.provide(DeadLetterQueue.layer(), Layer.succeed(LeaseQueue.LeaseQueue, store))
    return Effect.map(
      Layer.build(options === undefined ? queue : Layer.provide(queue, DeadLetterCipher.layer(options))),
      (context) => Context.get(context, DeadLetterQueue.DeadLetterQueue)
    )
  }

  it.scoped("keys are rotated: what the former one encrypted is replayed as long as it is among the older", () =>
    Effect.gen(function*() {
      const store = yield* LeaseQueue.makeMemory()
      const before = yield* over(store, { current: key("k1", 1) })
      const id = yield* before.capture(letter())
      const after = yield* over(store, { current: key("k2", 2), older: [key("k1", 1)] })
      yield* after.register(
        "hubspot",
        ({ request }) => Effect.sync(() => assert.deepStrictEqual(request.body, letter().request.body))
      )
      assert.strictEqual((yield* after.replay(id)).state, "replayed")
    }))

  it.scoped("without the key, with another of its name, or put into another letter, a body is refused and not lost", () =>
    Effect.gen(function*() {
      const store = yield* LeaseQueue.makeMemory()
      const owner = yield* over(store, { current: key("k1", 1) })
      const id = yield* owner.capture(letter())
      const cases: ReadonlyArray<readonly [DeadLetterCipher.Options | undefined, string]> = [
        [undefined, "this program has no key"],
        [{ current: key("k2", 2) }, "does not have"],
        [{ current: key("k1", 2) }, "is another than it was"]
      ]
      for (const [options, message] of cases) {
        const stranger = yield* over(store, options)
        yield* stranger.register("hubspot", () => Effect.die("it must not be sent"))
        const error = yield* Effect.flip(stranger.replay(id))
        assert.strictEqual(error._tag, "DeadLetterQueueError")
        assert.include(error.message, message)
        assert.deepInclude(yield* stranger.replayAll(), { skipped: 1 })
        const [listed] = (yield* stranger.list()).items
        assert.deepInclude(listed, { id, replays: 0, state: "pending" })
        assert.strictEqual((yield* stranger.stats()).total, 1)
      }
      // somebody with access to the store, and no key
      const [item] = (yield* store.list({ queue: "dead-letters" })).items
      const other = yield* owner.capture(letter())
      const [, target] = (yield* store.list({ queue: "dead-letters" })).items
      yield* store.edit(other, target!.version, { payload: item!.payload })
      yield* owner.register("hubspot", () => Effect.void)
      assert.include((yield* Effect.flip(owner.replay(other))).message, "put it elsewhere")
      assert.strictEqual((yield* owner.replay(id)).state, "replayed")
    }))

  it.scoped("an edit is encrypted as well, and so is what it replaces; a replay sends it in the clear", () =>
    Effect.gen(function*() {
      const store = yield* LeaseQueue.makeMemory()
      const queue = yield* over(store, { current: key("k1", 1) })
      const id = yield* queue.capture(letter())
      const edited = yield* queue.edit(id, { body: { _tag: "Text", value: "mended-body" } }, { version: 1 })
      assert.strictEqual(edited.request.body?._tag, "Encrypted")
      assert.strictEqual(edited.original.body?._tag, "Encrypted")
      const [item] = (yield* store.list({ queue: "dead-letters" })).items
      assert.notInclude(item?.payload, "mended-body")
      assert.notInclude(item?.payload, "Zoë")
      yield* queue.register(
        "hubspot",
        ({ request }) => Effect.sync(() => assert.deepStrictEqual(request.body, { _tag: "Text", value: "mended-body" }))
      )
      assert.strictEqual((yield* queue.replay(id)).state, "replayed")
    }))

  it.scoped("a call that is captured again stays one letter, which can be read", () =>
    Effect.gen(function*() {
      const queue = yield* over(yield* LeaseQueue.makeMemory(), { current: key("k1", 1) })
      const call = letter()
      const id = yield* queue.capture(call)
      assert.strictEqual(yield* queue.capture(call), id)
      assert.strictEqual(yield* queue.capture({ ...call, lastAttemptAt: DateTime.unsafeMake(9000) }), id)
      yield* queue.register("hubspot", ({ request }) =>
        Effect.sync(() => assert.deepStrictEqual(request.body, letter().request.body)))
      assert.strictEqual((yield* queue.replay(id)).state, "replayed")
    }))

  it.scoped("the spill file holds no body that can be read, and the store takes the letters from it", () =>
    Effect.gen(function*() {
      const filename = `${yield* files.file}.spill`
      const store = yield* LeaseQueue.makeMemory()
      const options = { current: key("k1", 1) }
      const queue = yield* over(store, options)
      const spilling = (isDown: boolean) =>
        Effect.map(
          Layer.build(
            Spill.layer({ filename }).pipe(
              Layer.provide(Layer.succeed(DeadLetterQueue.DeadLetterQueue, {
                ...queue,
                capture: (letter) =>
                  isDown
                    ? Effect.fail(new DeadLetterQueue.DeadLetterQueueError({ message: "away", reason: "storage" }))
                    : queue.capture(letter)
              })),
              Layer.provide(DeadLetterCipher.layer(options))
            )
          ),
          (context) => Context.get(context, DeadLetterQueue.DeadLetterQueue)
        )
      const call = letter()
      // a process that ends: two that live do not share a file
      const error = yield* Effect.flip(Effect.scoped(Effect.flatMap(spilling(true), (queue) => queue.capture(call))))
      assert.strictEqual(error.reason, "spilled")
      const text = fs.readFileSync(filename, "utf8")
      assert.include(text, call.idempotencyKey)
      assert.notInclude(text, "Zoë")
      yield* spilling(false)
      yield* Effect.repeat(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))), {
        until: () => !fs.existsSync(filename) && !fs.existsSync(`${filename}.draining`)
      })
      yield* queue.register(
        "hubspot",
        ({ request }) => Effect.sync(() => assert.deepStrictEqual(request.body, call.request.body))
      )
      assert.deepInclude(yield* queue.replayAll(), { replayed: 1 })
    }))

  it.effect("a key that is none is refused, without repeating it", () =>
    Effect.gen(function*() {
      for (const text of ["", "c2hvcnQ=", "not base64!"]) {
        const error = yield* Effect.flip(DeadLetterCipher.make({ current: { id: "k", key: Redacted.make(text) } }))
        assert.strictEqual(error.reason, "encrypted")
        assert.include(error.message, "openssl rand -base64 32")
        if (text !== "") assert.notInclude(error.message, text)
      }
    }))
})
