/**
 * Deadlines. An attempt's deadline gives every attempt its full time; the total deadline is how long the caller waits
 * for the whole call, pauses between attempts included. Whatever is under way when a deadline passes is interrupted: its
 * socket, slot and timers are freed.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { TimeoutError } from "../core/IntegrationError.js"
import { clockOf, monotonicMillis } from "../internal/time.js"

const timeoutError = (call: Call, scope: "attempt" | "total", after: Duration.Duration) =>
  new TimeoutError({
    ...call.errorFields,
    scope,
    after,
    attempts: call.attempts,
    retryable: scope === "attempt",
    message: scope === "attempt"
      ? `no answer within ${Duration.format(after)}`
      : `the call took longer than ${Duration.format(after)} in all, with ${
        call.attempts === 1 ? "1 attempt" : `${call.attempts} attempts`
      }`
  })

const positive = (name: string, input: Duration.DurationInput): Duration.Duration => {
  const duration = Duration.decode(input)
  if (Duration.toMillis(duration) <= 0) throw new Error(`${name}: the duration must be positive, as in "10 seconds"`)
  return duration
}

/**
 * The deadline of one attempt, from sending to the last byte of the body. Fails with a retryable `TimeoutError`
 * (`scope: "attempt"`). Stands at the bottom of a stack.
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (duration: Duration.DurationInput): IntegrationClient.Policy => {
  const after = positive("Timeout.layer", duration)
  return IntegrationClient.policy((next) =>
    Effect.succeed((request, call) =>
      Effect.timeoutFail(next.send(request, call), {
        duration: after,
        onTimeout: () => timeoutError(call, "attempt", after)
      })
    )
  )
}

/**
 * The caller's deadline for the whole call. Fails with a `TimeoutError` (`scope: "total"`) that is not retryable. Stands
 * above Retry, which gives up at once when the next pause would outlast it.
 *
 * @since 0.1.0
 * @category policies
 */
export const layerTotal = (duration: Duration.DurationInput): IntegrationClient.Policy => {
  const after = positive("Timeout.layerTotal", duration)
  const millis = Duration.toMillis(after)
  return IntegrationClient.policy((next) =>
    Effect.succeed((request, call) =>
      Effect.withFiberRuntime((fiber) => {
        call.deadline = Math.min(call.deadline, monotonicMillis(clockOf(fiber)) + millis)
        return Effect.timeoutFail(next.send(request, call), {
          duration: after,
          onTimeout: () => timeoutError(call, "total", after)
        })
      })
    )
  )
}
