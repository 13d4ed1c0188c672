/** Whether a Redis keeps what a queue gives it. */
import * as Effect from "effect/Effect"
import type * as Redis from "../../core/Redis.js"

const fieldOf = (info: unknown, name: string): string | undefined =>
  typeof info === "string" ? new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] : undefined

/** In words, for the log. A server that does not tell is taken at its operator's word. */
export const shortcomings = (redis: Redis.Redis["Type"], base: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const info = (section: string) => Effect.option(redis.send("INFO", section))
    const [memory, persistence] = yield* Effect.all([info("memory"), info("persistence")])
    const found: Array<string> = []
    const policy = memory._tag === "Some" ? fieldOf(memory.value, "maxmemory_policy") : undefined
    if (policy?.startsWith("allkeys-") === true) {
      found.push(
        `the queue ${base} is on a Redis that may throw its items away when memory is short (maxmemory-policy ${policy}): ` +
          "set noeviction"
      )
    }
    if (persistence._tag === "Some" && fieldOf(persistence.value, "aof_enabled") === "0") {
      found.push(
        `the queue ${base} is on a Redis that forgets what it acknowledged when it ends without a save: set appendonly yes`
      )
    }
    return found
  })
