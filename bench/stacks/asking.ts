/** The breaker that one would write: it asks Redis before each call, and tells it after each. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Redis from "../../src/core/Redis.js"

const key = "bench:asking"

const record = Redis.script({
  encode: (failed: boolean) => ({ args: [failed ? 1 : 0], keys: [key] }),
  lua: `
if ARGV[1] == "1" then
  if redis.call("INCR", KEYS[1]) >= 5 then redis.call("SET", KEYS[1] .. ":open", "1", "PX", 60000) end
else
  redis.call("SET", KEYS[1], "0", "PX", 3600000)
end
return 1`,
  name: "bench asking",
  result: Schema.Int
})

/** Asks, does nothing, and tells. */
export const guarded = (redis: Redis.Redis["Type"]): Effect.Effect<number> =>
  Effect.flatMap(Effect.orDie(redis.send("EXISTS", `${key}:open`)), (open) =>
    open === 1
      ? Effect.dieMessage("the circuit is open")
      : Effect.onExit(Effect.sync(() => 1), (exit) => Effect.orDie(redis.run(record, Exit.isFailure(exit)))))
