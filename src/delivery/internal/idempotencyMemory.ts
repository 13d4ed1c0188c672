/** Records in the memory of this process. What has expired goes with the steps of others, a few at a time. */
import * as Effect from "effect/Effect"
import { monotonicMillis } from "../../internal/time.js"
import * as Core from "./idempotencyCore.js"
import type { Store } from "./idempotencyStore.js"

export const make = (): Store => {
  const records = new Map<string, Core.Record>()
  let sweep = records.entries()

  /** A pass over all of them takes as many steps as half of them are. */
  const forget = (now: number) => {
    for (let i = 0; i < 2; i++) {
      const next = sweep.next()
      if (next.done === true) {
        sweep = records.entries()
        return
      }
      const [key, record] = next.value
      if (now >= record.expiresAt) records.delete(key)
    }
  }

  return {
    name: "memory",
    take: (key, step) =>
      Effect.map(Effect.clock, (clock) => {
        const now = monotonicMillis(clock)
        forget(now)
        const [answer, record] = Core.take(records.get(key), step, now)
        if (record === undefined) records.delete(key)
        else records.set(key, record)
        return answer
      })
  }
}
