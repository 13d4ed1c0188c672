/** A breaker and a limiter on Redis by themselves, as the policies use them, without a client around them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { liveClock, monotonicMillis } from "../../src/internal/time.js"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker.js"
import { toConfig } from "../../src/policy/internal/breaker/options.js"
import { Permit } from "../../src/policy/internal/limit/lineCore.js"
import * as RateLimit from "../../src/policy/RateLimit.js"

const work = Effect.sync(() => 1)
const moment = { clock: liveClock, now: () => monotonicMillis(liveClock) }
const success = { outcome: "success", retryAfter: 0, slow: false } as const

/** Asks the circuit, does nothing, and tells it. */
export const guarded = (state: Context.Context<CircuitBreaker.CircuitBreakers>): Effect.Effect<number> => {
  const config = { ...toConfig({}), idleTimeToLive: Number.POSITIVE_INFINITY, random: Math.random, version: 1 }
  const breaker = Context.get(state, CircuitBreaker.CircuitBreakers).breaker("alone", config, moment)
  return Effect.suspend(() => {
    const admitted = breaker.admit(moment)
    if (typeof admitted !== "number" || admitted <= 0) return Effect.dieMessage("the circuit is not closed")
    return Effect.map(work, (value) => {
      breaker.record(admitted, success, moment)
      return value
    })
  })
}

/** One token: at once, or when its turn has come. */
export const token = (
  state: Context.Context<RateLimit.RateLimiters>,
  limit: { readonly capacity: number; readonly refillRate: number }
): Effect.Effect<void> => {
  const { limiters } = Context.get(state, RateLimit.RateLimiters)
  const config = { bucket: limit, idleTimeToLive: 3_600_000, maxQueue: 1_000, maxWait: 30_000, window: undefined }
  const limiter = limiters.hold("alone", config, liveClock, monotonicMillis(liveClock))
  const refused = () => new Error("the limit is not endless")
  return Effect.suspend(() => {
    const now = monotonicMillis(liveClock)
    const permit = new Permit(1)
    if (limiter.take(permit, liveClock, now)) return Effect.void
    return limiter.join(permit, Number.POSITIVE_INFINITY, liveClock, now) === undefined
      ? Effect.orDie(limiter.turn(permit, liveClock, refused))
      : Effect.die(refused())
  })
}
