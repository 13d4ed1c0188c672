import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import { captureMany, type Test } from "./deadLetterKit.js"
import { breakerOpen, letter, serverError } from "./deadLetters.js"

/** The replay of many letters. */
export const replayAllTests = (test: Test): void => {
  describe("replayAll", () => {
    test("sends what is pending, oldest first, and counts", (service) =>
      Effect.gen(function*() {
        const ids = yield* captureMany(service, 250)
        yield* service.discard(ids[3] ?? "", "no")
        const sent: Array<string> = []
        const bad = new Set([ids[0], ids[200]])
        yield* service.register("hubspot", (letter) =>
          Effect.suspend(() => {
            sent.push(letter.id)
            return bad.has(letter.id) ? serverError() : Effect.void
          }))
        const seen: Array<DeadLetterQueue.ReplayProgress> = []
        const report = yield* service.replayAll({}, {
          concurrency: 1,
          onProgress: (progress) => Effect.sync(() => void seen.push(progress))
        })
        assert.deepStrictEqual(report, { selected: 249, replayed: 247, failed: 2, skipped: 0 })
        assert.deepStrictEqual(sent, ids.filter((id) => id !== ids[3]))
        assert.strictEqual(seen.length, 249)
        assert.deepStrictEqual(seen[0], {
          id: ids[0] ?? "",
          outcome: "failed",
          selected: 1,
          replayed: 0,
          failed: 1,
          skipped: 0
        })
        assert.deepStrictEqual((yield* service.stats()).byState, {
          pending: 2,
          replaying: 0,
          replayed: 247,
          parked: 0,
          discarded: 1
        })
      }))

    test("sends no more than `concurrency` at once", (service, pass) =>
      Effect.gen(function*() {
        yield* captureMany(service, 12)
        let now = 0
        let most = 0
        yield* service.register("hubspot", () =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              now++
              most = Math.max(most, now)
            }),
            () => Effect.sleep("1 second"),
            () => Effect.sync(() => void now--)
          ))
        const fiber = yield* Effect.fork(service.replayAll({}, { concurrency: 3 }))
        yield* pass("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).replayed, 12)
        assert.strictEqual(most, 3)
      }))

    test("leaves out what is captured while it runs, and what fails is tried once", (service) =>
      Effect.gen(function*() {
        yield* captureMany(service, 3)
        let sent = 0
        yield* service.register("hubspot", () =>
          Effect.suspend(() => {
            sent++
            return Effect.zipRight(Effect.orDie(service.capture(letter())), serverError())
          }))
        assert.deepStrictEqual(yield* service.replayAll(), { selected: 3, replayed: 0, failed: 3, skipped: 0 })
        assert.strictEqual(sent, 3)
        assert.strictEqual((yield* service.stats()).byState.pending, 6)
      }))

    test("keeps the order within a partition key, and a failure holds the rest of it", (service) =>
      Effect.gen(function*() {
        const p = yield* captureMany(service, 3, { partitionKey: "p" })
        const q = yield* captureMany(service, 3, { partitionKey: "q" })
        const sent: Array<string> = []
        let healthy = false
        yield* service.register("hubspot", (letter) =>
          Effect.suspend(() => {
            sent.push(letter.id)
            return letter.id === p[1] && !healthy ? serverError() : Effect.void
          }))
        assert.deepStrictEqual(yield* service.replayAll(), { selected: 6, replayed: 4, failed: 1, skipped: 1 })
        assert.deepStrictEqual(sent.filter((id) => p.includes(id)), p.slice(0, 2))
        assert.deepStrictEqual(sent.filter((id) => q.includes(id)), q)
        assert.deepInclude(yield* service.get(p[2] ?? ""), { state: "pending", replays: 0 })
        healthy = true
        assert.deepStrictEqual(yield* service.replayAll(), { selected: 2, replayed: 2, failed: 0, skipped: 0 })
        assert.deepStrictEqual(sent.slice(-2), p.slice(1))
      }))

    test("skips what has no replayer and what is parked, and takes parked letters when asked to", (service) =>
      Effect.gen(function*() {
        yield* service.capture(letter({ integration: "stripe" }))
        const id = yield* service.capture(letter())
        yield* Effect.scoped(Effect.gen(function*() {
          yield* service.register("hubspot", () => serverError())
          for (let i = 0; i < 10; i++) yield* Effect.ignore(service.replay(id))
        }))
        yield* service.register("hubspot", () => Effect.void)
        assert.deepStrictEqual(yield* service.replayAll(), { selected: 1, replayed: 0, failed: 0, skipped: 1 })
        assert.deepStrictEqual(
          yield* service.replayAll({ state: "parked" }),
          { selected: 1, replayed: 1, failed: 0, skipped: 0 }
        )
        assert.deepInclude(yield* service.get(id), { state: "replayed" })
      }))

    test(
      "waits while the breaker is open, and goes on when it lets calls through",
      (service, pass) =>
        Effect.gen(function*() {
          yield* captureMany(service, 20)
          let open = true
          let sent = 0
          yield* service.register(
            "hubspot",
            () => Effect.suspend(() => open ? breakerOpen("5 seconds") : Effect.sync(() => void sent++))
          )
          const fiber = yield* Effect.fork(service.replayAll())
          yield* pass("9 seconds")
          assert.strictEqual(sent, 0)
          assert.strictEqual((yield* service.stats()).byState.pending, 20)
          open = false
          yield* pass("10 seconds")
          assert.deepStrictEqual(yield* Fiber.join(fiber), { selected: 20, replayed: 20, failed: 0, skipped: 0 })
          for (const stored of (yield* service.list()).items) assert.strictEqual(stored.replays, 1)
        })
    )

    test(
      "gives an integration up whose breaker stays open, and goes on with the others",
      (service, pass) =>
        Effect.gen(function*() {
          yield* captureMany(service, 30)
          const others = yield* captureMany(service, 3, { integration: "stripe" })
          let tried = 0
          yield* service.register("hubspot", () =>
            Effect.suspend(() => {
              tried++
              return breakerOpen("1 hour")
            }))
          yield* service.register("stripe", () => Effect.void)
          const fiber = yield* Effect.fork(service.replayAll({}, { maxPause: "1 minute", maxPauses: 3 }))
          yield* pass("5 minutes")
          assert.deepStrictEqual(yield* Fiber.join(fiber), { selected: 33, replayed: 3, failed: 0, skipped: 30 })
          assert.isAtMost(tried, 16)
          assert.strictEqual((yield* service.get(others[0] ?? "")).state, "replayed")
          assert.strictEqual((yield* service.stats()).byState.pending, 30)
        })
    )

    test("interrupted, it gives back all that it holds", (service, pass) =>
      Effect.gen(function*() {
        yield* captureMany(service, 20)
        yield* service.register("hubspot", () => Effect.sleep("1 minute"))
        const fiber = yield* Effect.fork(service.replayAll())
        yield* pass("90 seconds")
        yield* Fiber.interrupt(fiber)
        const { byState } = yield* service.stats()
        assert.deepInclude(byState, { replaying: 0, replayed: 4, pending: 16 })
      }))
  })
}
