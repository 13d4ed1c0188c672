/**
 * A worker process on a store that it shares: says `ready` when the tables are there, starts at a word on its input, and
 * then says the payload of each item that it has completed, until nothing is left.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as stores from "./store.js"

const [store = "", owner = ""] = process.argv.slice(2)

const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

const word = Effect.async<void>((resume) => void process.stdin.once("data", () => resume(Effect.void)))

const work = Effect.gen(function*() {
  const queue = yield* LeaseQueue.LeaseQueue
  yield* say("ready")
  yield* word
  const step = Effect.gen(function*() {
    const [item] = yield* queue.claim({ lease: "1 second", owner, queue: "q" })
    if (item === undefined) return (yield* queue.stats("q")).byState.done === 200
    yield* Effect.sleep("5 millis")
    yield* queue.complete(item.id, item.token)
    yield* say(item.payload)
    return false
  })
  // A store that is away is waited for, and who was too slow has lost the item to another one
  while (!(yield* Effect.orElseSucceed(step, () => false))) yield* Effect.sleep("10 millis")
})

const run = Effect.provide(
  work,
  // what is said is for the test alone
  Layer.provideMerge(stores.queue(store), Logger.remove(Logger.defaultLogger))
)

void Effect.runPromise(run).then(() => process.exit())
