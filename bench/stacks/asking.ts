/** The breaker that one would write: it asks Redis before each call, and tells it after each. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as IntegrationClient from "../../src/core/IntegrationClient.js"
import * as IntegrationError from "../../src/core/IntegrationError.js"
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

export const layer: IntegrationClient.Policy<Redis.Redis> = IntegrationClient.policy((next) =>
  Effect.map(
    Redis.Redis,
    (redis) => (request, call) =>
      Effect.flatMap(Effect.orDie(redis.send("GET", `${key}:open`)), (open) =>
        open !== null
          ? Effect.fail(
            IntegrationError.refusal(IntegrationError.CircuitBreakerOpenError, call, "nothing was sent: open")
          )
          : Effect.onExit(next.send(request, call), (exit) => Effect.orDie(redis.run(record, Exit.isFailure(exit)))))
  )
)
