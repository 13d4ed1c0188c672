import { assert, describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { captureMany, refusedWith, type Test } from "./deadLetterKit.js"
import { letter, serverError } from "./deadLetters.js"

/** What people decide about letters. */
export const decisionTests = (test: Test): void => {
  describe("decisions", () => {
    test("discard ends a letter, with its reason in the history", (service) =>
      Effect.gen(function*() {
        const id = yield* service.capture(letter())
        assert.strictEqual((yield* service.discard(id, "sent by hand")).state, "discarded")
        assert.deepInclude((yield* service.history(id))[0], { outcome: "discarded", detail: "sent by hand" })
        yield* service.register("hubspot", () => Effect.void)
        yield* refusedWith(service.replay(id), "ReplayRefusedError", "not-pending")
        yield* refusedWith(service.discard("nobody", "x"), "DeadLetterNotFoundError")
        yield* refusedWith(service.history("nobody"), "DeadLetterNotFoundError")
      }))

    test(
      "a letter that is being replayed or was replayed cannot be discarded",
      (service, pass) =>
        Effect.gen(function*() {
          const id = yield* service.capture(letter())
          yield* service.register("hubspot", () => Effect.sleep("1 second"))
          const fiber = yield* Effect.fork(service.replay(id))
          yield* pass(1)
          yield* refusedWith(service.discard(id, "x"), "DeadLetterStateError")
          yield* pass("1 second")
          yield* Fiber.join(fiber)
          yield* refusedWith(service.discard(id, "x"), "DeadLetterStateError")
        })
    )

    test("park sets a letter aside, with its reason in the history, and unpark brings it back", (service) =>
      Effect.gen(function*() {
        const [id = ""] = yield* captureMany(service, 1)
        yield* service.register("hubspot", () => Effect.void)
        assert.deepInclude(yield* service.park(id, "the customer is asked"), { state: "parked", replays: 0 })
        assert.deepInclude((yield* service.history(id))[0], { detail: "the customer is asked", outcome: "parked" })
        yield* refusedWith(service.replay(id), "ReplayRefusedError", "parked")
        assert.strictEqual((yield* service.replayAll()).selected, 0)
        assert.strictEqual((yield* service.unpark(id)).state, "pending")
        assert.strictEqual((yield* service.replay(id)).state, "replayed")
        yield* refusedWith(service.park(id, "too late"), "DeadLetterStateError")
        yield* refusedWith(service.park("nobody", "x"), "DeadLetterNotFoundError")
      }))

    test("unpark makes a parked letter pending, its replays counted anew", (service) =>
      Effect.gen(function*() {
        const id = yield* service.capture(letter())
        yield* service.register("hubspot", () => serverError())
        for (let i = 0; i < 10; i++) yield* Effect.ignore(service.replay(id))
        assert.deepInclude(yield* service.unpark(id), { state: "pending", replays: 0 })
      }))

    test("purge removes what is final and old, and nothing else", (service, pass) =>
      Effect.gen(function*() {
        const [one, two] = yield* captureMany(service, 2)
        yield* service.discard(one ?? "", "no")
        yield* pass("1 day")
        assert.strictEqual((yield* service.purge({ olderThan: "2 days" })).purged, 0)
        assert.deepStrictEqual(
          yield* service.purge({ olderThan: "1 day", dryRun: true }),
          { discarded: 1, purged: 1, replayed: 0 }
        )
        assert.strictEqual((yield* service.get(one ?? "")).state, "discarded")
        assert.strictEqual(
          (yield* service.purge({ olderThan: 0, filter: { integration: "stripe", state: "discarded" } })).purged,
          0
        )
        for (const state of ["pending", "parked", "replaying"] as const) {
          yield* refusedWith(
            service.purge({ olderThan: 0, filter: { state: ["discarded", state] } }),
            "PurgeRefusedError"
          )
        }
        assert.strictEqual((yield* service.purge({ olderThan: "1 day" })).purged, 1)
        yield* refusedWith(service.get(one ?? ""), "DeadLetterNotFoundError")
        assert.strictEqual((yield* service.get(two ?? "")).state, "pending")
      }))

    test(
      "changes tells what happens, and a reader that does not read holds up nobody",
      (service, pass) =>
        Effect.gen(function*() {
          const seen = yield* Effect.fork(Stream.runCollect(Stream.take(service.changes, 7)))
          yield* Effect.fork(Stream.runForEach(service.changes, () => Effect.never))
          yield* pass(1)
          let fails = true
          yield* service.register("hubspot", () => Effect.suspend(() => fails ? serverError() : Effect.void))
          const id = yield* service.capture(letter())
          yield* Effect.ignore(service.replay(id))
          fails = false
          yield* service.replay(id)
          yield* service.discard(yield* service.capture(letter()), "no")
          const changes = Chunk.toReadonlyArray(yield* Fiber.join(seen))
          assert.deepStrictEqual(
            changes.map((change) => change._tag),
            ["Captured", "Replaying", "ReplayFailed", "Replaying", "Replayed", "Captured", "Discarded"]
          )
          assert.deepInclude(changes[0], { id, integration: "hubspot", operation: "contacts.create" })
          yield* Effect.forEach(Array.from({ length: 1500 }), () => service.capture(letter()), { concurrency: 100 })
        })
    )
  })
}
