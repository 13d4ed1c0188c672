/**
 * A program with a connection to Redis that it never closes: `idle` says when it is connected, `waiting` waits for one
 * last answer, `away` has lost it. It ends by itself, or not at all.
 */
import { Effect, ManagedRuntime } from "effect"
import * as Redis from "../../src/core/Redis.js"
import * as RedisNode from "../../src/core/Redis/Node.js"

const [mode, url = ""] = process.argv.slice(2)

const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))

const program = Effect.gen(function*() {
  yield* Redis.send("PING")
  yield* say("connected")
  if (mode === "waiting") yield* say(String(yield* Redis.send("BLPOP", "test:nothing", 1)))
  if (mode === "away") {
    yield* Effect.async<void>((resume) => void process.stdin.once("data", () => resume(Effect.void)))
    process.stdin.destroy()
    yield* Effect.flip(Redis.send("PING"))
    yield* say("away")
  }
})

void ManagedRuntime.make(RedisNode.layer({ commandTimeout: "10 seconds", url })).runPromise(program)
