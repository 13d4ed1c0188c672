/** A process of its own, for being killed: `child.ts capture|replay <file>`. Says each thing that is certain. */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as Sqlite from "../../src/delivery/DeadLetterQueue/Sqlite.js"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"

const [mode, filename = ""] = process.argv.slice(2)

const say = (line: string) => Effect.sync(() => void fs.writeSync(1, `${line}\n`))

const capture = Effect.gen(function*() {
  const queue = yield* DeadLetterQueue.DeadLetterQueue
  const one = (caller: number, call: number) =>
    Effect.flatMap(queue.capture(letter({ idempotencyKey: `${process.pid}-${caller}-${call}` })), say)
  yield* Effect.forEach(
    Array.from({ length: 16 }, (_, caller) => caller),
    (caller) => Effect.iterate(0, { while: () => true, body: (call) => Effect.as(one(caller, call), call + 1) }),
    { concurrency: "unbounded" }
  )
})

const replay = Effect.gen(function*() {
  const queue = yield* DeadLetterQueue.DeadLetterQueue
  const id = yield* queue.capture(letter())
  yield* queue.register("hubspot", () => Effect.zipRight(say(id), Effect.never))
  // nothing else would keep the process alive until it is killed
  // @effect-diagnostics-next-line globalTimersInEffect:off
  const alive = setInterval(() => {}, 1000)
  yield* queue.replay(id)
  clearInterval(alive)
})

Effect.runFork(
  (mode === "replay" ? replay : capture).pipe(Effect.scoped, Effect.provide(Sqlite.layer({ filename })))
)
