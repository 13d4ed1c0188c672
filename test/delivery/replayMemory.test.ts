/** A replay of many letters holds those that are under way, and not those that it has sent. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { DeadLetterQueue } from "holdfast"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import * as files from "./files.js"
import * as store from "./store.js"

const letters = 400
const bytes = 50_000

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

const heap = () => {
  gc()
  return process.memoryUsage().heapUsed
}

it.scopedLive("memory stays flat over a replay", () =>
  Effect.gen(function*() {
    const queue = yield* DeadLetterQueue.DeadLetterQueue
    yield* Effect.forEach(
      Array.from({ length: letters }, (_, i) => i),
      (i) => {
        const { request, ...rest } = letter({ idempotencyKey: `key-${i}` })
        return queue.capture({
          ...rest,
          request: { ...request, body: { _tag: "Text", value: JSON.stringify({ i, text: "x".repeat(bytes) }) } }
        })
      },
      { concurrency: 50, discard: true }
    )
    yield* queue.register("hubspot", () => Effect.void)
    const seen: Array<number> = []
    const report = yield* queue.replayAll({}, {
      onProgress: ({ selected }) => Effect.sync(() => void (selected % 100 === 0 && seen.push(heap())))
    })
    assert.deepInclude(report, { failed: 0, replayed: letters, skipped: 0 })
    const [first = 0] = seen
    const last = seen.at(-1) ?? 0
    // all that were sent in between are three times that
    assert.isBelow(last - first, (letters / 4) * bytes)
  }).pipe(
    Effect.provide(
      Layer.unwrapScoped(Effect.map(files.file, (file) => Layer.provide(DeadLetterQueue.layer(), store.queue(file))))
    )
  ), 60_000)
