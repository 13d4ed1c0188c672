import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { DeadLetterCipher, DeadLetterExport, DeadLetterQueue, LeaseQueue } from "holdfast"
import { captureMany } from "../../src/testing/conformance/internal/deadLetterKit.js"
import { everyError, letter } from "../../src/testing/conformance/internal/deadLetters.js"

const key = (id: string, fill: number): DeadLetterCipher.Key => ({
  id,
  key: Redacted.make(Buffer.alloc(32, fill).toString("base64"))
})

const make = (options: DeadLetterCipher.Options | undefined) =>
  Effect.map(
    Layer.build(
      options === undefined
        ? DeadLetterQueue.layerMemory
        : Layer.provide(DeadLetterQueue.layerMemory, DeadLetterCipher.layer(options))
    ),
    (context) => Context.get(context, DeadLetterQueue.DeadLetterQueue)
  )

const exported = (queue: DeadLetterQueue.DeadLetterQueue["Type"], filter?: DeadLetterQueue.Filter) =>
  Effect.provideService(Stream.mkString(DeadLetterExport.toNdjson(filter)), DeadLetterQueue.DeadLetterQueue, queue)

const imported = (
  queue: DeadLetterQueue.DeadLetterQueue["Type"],
  text: Stream.Stream<string>,
  options?: DeadLetterExport.ImportOptions
) => Effect.provideService(DeadLetterExport.fromNdjson(text, options), DeadLetterQueue.DeadLetterQueue, queue)

const all = (queue: DeadLetterQueue.DeadLetterQueue["Type"]) =>
  Effect.map(queue.list({}, { limit: 500 }), ({ items }) => items)

/** What an import keeps. */
const kept = ({ createdAt: _, updatedAt: __, version: ___, ...rest }: DeadLetterQueue.DeadLetter) => ({
  ...rest,
  error: { ...rest.error },
  request: { ...rest.request }
})

describe("DeadLetterExport", () => {
  it.scoped("every letter comes to the other store as it was, in its order", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      for (const error of everyError) yield* from.capture(letter({ error, partitionKey: "p", tenantId: "t" }))
      yield* from.capture(letter({
        request: new DeadLetterQueue.DeadLetterRequest({
          body: { _tag: "Base64", value: "AAEC/w==" },
          headers: {},
          mayHaveBeenProcessed: true,
          method: "PUT",
          url: "/a\u2028b"
        })
      }))
      const text = yield* exported(from)
      const to = yield* make(undefined)
      // in pieces that have nothing to do with lines
      const report = yield* imported(to, Stream.fromIterable(text.match(/[^]{1,777}/g) ?? []))
      const letters = yield* all(from)
      assert.strictEqual(letters.length, everyError.length + 1)
      assert.deepStrictEqual(report, {
        errors: [],
        failed: 0,
        final: 0,
        imported: letters.length,
        lines: letters.length,
        present: 0
      })
      assert.deepStrictEqual((yield* all(to)).map(kept), letters.map(kept))
    }))

  it.scoped("an import that is repeated, or cut short before, doubles nothing", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      yield* captureMany(from, 250)
      const text = yield* exported(from)
      const to = yield* make(undefined)
      const lines = text.split("\n")
      const cut = `${lines.slice(0, 120).join("\n")}\n${lines[120]?.slice(0, 50)}`
      assert.deepInclude(yield* imported(to, Stream.make(cut)), { failed: 1, imported: 120 })
      assert.deepInclude(yield* imported(to, Stream.make(text)), { imported: 130, lines: 250, present: 120 })
      assert.deepInclude(yield* imported(to, Stream.make(text)), { imported: 0, present: 250 })
      assert.deepStrictEqual((yield* all(to)).map(({ id }) => id), (yield* all(from)).map(({ id }) => id))
    }))

  it.scoped("the letter of a call that has one there already is not imported", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      const to = yield* make(undefined)
      const call = letter()
      yield* from.capture(call)
      const id = yield* to.capture(call)
      assert.deepInclude(yield* imported(to, Stream.make(yield* exported(from))), { imported: 0, present: 1 })
      assert.deepStrictEqual((yield* all(to)).map((letter) => letter.id), [id])
    }))

  it.scoped("what was parked is parked as it is stored: a process that dies after that has nothing left to do", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      const [id = ""] = yield* captureMany(from, 1)
      const parked = yield* from.park(id, "let it be")
      const context = yield* Layer.build(LeaseQueue.layerMemory)
      const store = Context.get(context, LeaseQueue.LeaseQueue)
      const dying = LeaseQueue.LeaseQueue.of({ ...store, park: () => Effect.interrupt })
      const to = yield* Effect.provideService(DeadLetterQueue.make(), LeaseQueue.LeaseQueue, dying)
      yield* Effect.exit(to.restore([parked]))
      assert.strictEqual((yield* to.get(id)).state, "parked")
    }))

  it.scoped("what is final is not imported, and what was parked is parked", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      yield* from.register("hubspot", () => Effect.void)
      const [replayed = "", discarded = "", parked = "", pending = ""] = yield* captureMany(from, 4)
      yield* from.replay(replayed)
      yield* from.discard(discarded, "spec")
      const text = (yield* exported(from)).split("\n").map((line) =>
        line.includes(parked) ? line.replace(`"state":"pending"`, `"state":"parked"`) : line
      ).join("\n")
      const to = yield* make(undefined)
      assert.deepInclude(yield* imported(to, Stream.make(text)), { final: 2, imported: 2, lines: 4 })
      assert.deepStrictEqual((yield* all(to)).map(({ id, state }) => [id, state]), [
        [parked, "parked"],
        [pending, "pending"]
      ])
      yield* to.register("hubspot", () => Effect.void)
      assert.deepInclude(yield* to.replayAll(), { replayed: 1 })
    }))

  it.scoped("a line that cannot be read is named by its number, repeats nothing of the letter, and costs no other", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      yield* captureMany(from, 3)
      const [first = "", second = "", third = ""] = (yield* exported(from)).split("\n")
      const text = [
        first,
        "",
        "{\"not\":\"a letter\"}",
        second.replace(/"version":1/, `"version":2`),
        second.replace(/"attempts":3/, `"attempts":"a secret"`),
        third.replace(/"id":"[^"]*"/, `"id":"../../etc"`),
        "garbage",
        third
      ].join("\r\n")
      const told: Array<number> = []
      const to = yield* make(undefined)
      const report = yield* imported(to, Stream.make(text), {
        onError: (error) => Effect.sync(() => void told.push(error.line))
      })
      assert.deepInclude(report, { failed: 5, imported: 2, lines: 7 })
      assert.deepStrictEqual(report.errors.map(({ line }) => line), [3, 4, 5, 6, 7])
      assert.deepStrictEqual(told, [3, 4, 5, 6, 7])
      const messages = report.errors.map(({ message }) => message)
      assert.include(messages[1], "later version")
      assert.include(messages[2], "letter.attempts")
      assert.notInclude(messages.join(), "a secret")
      assert.include(messages[3], "letter")
    }))

  it.scoped("a dry run counts and stores nothing", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      yield* captureMany(from, 3)
      const to = yield* make(undefined)
      const text = Stream.make(yield* exported(from))
      assert.deepInclude(yield* imported(to, text, { dryRun: true }), { imported: 3 })
      assert.deepStrictEqual(yield* all(to), [])
    }))

  it.scoped("a store that fails ends the import, which is simply run again", () =>
    Effect.gen(function*() {
      const from = yield* make(undefined)
      yield* captureMany(from, 250)
      const text = Stream.make(yield* exported(from))
      const to = yield* make(undefined)
      let left = 2
      const failing = {
        ...to,
        restore: (letters: ReadonlyArray<DeadLetterQueue.DeadLetter>) =>
          left-- > 0 ? to.restore(letters) : Effect.fail(
            new DeadLetterQueue.DeadLetterQueueError({ message: "the disk is full", reason: "storage" })
          )
      }
      assert.strictEqual((yield* Effect.flip(imported(failing, text))).reason, "storage")
      assert.strictEqual((yield* all(to)).length, 200)
      assert.deepInclude(yield* imported(to, text), { imported: 50, present: 200 })
    }))

  it.scoped("encrypted bodies stay so, and are decrypted where that is asked for", () =>
    Effect.gen(function*() {
      const options = { current: key("k1", 1) }
      const from = yield* make(options)
      const id = yield* from.capture(letter())
      const text = yield* exported(from)
      assert.notInclude(text, "Zoë")
      const opened = DeadLetterExport.toNdjson({}, { open: DeadLetterCipher.reveal }).pipe(
        Stream.mkString,
        Effect.provideService(DeadLetterQueue.DeadLetterQueue, from),
        Effect.provide(DeadLetterCipher.layer(options))
      )
      assert.include(yield* opened, "Zoë")
      // it was encrypted for its id, which goes with it
      const to = yield* make(options)
      yield* imported(to, Stream.make(text))
      const sent: Array<unknown> = []
      yield* to.register("hubspot", ({ request }) => Effect.sync(() => sent.push(request.body)))
      yield* to.replay(id)
      assert.deepStrictEqual(sent, [letter().request.body])
      // decrypted on the way, it is encrypted by the other store's own key
      const other = yield* make({ current: key("k2", 2) })
      yield* imported(other, Stream.make(yield* opened))
      const stored = yield* other.get(id)
      assert.deepInclude(stored.request.body, { _tag: "Encrypted", keyId: "k2" })
    }))
})
