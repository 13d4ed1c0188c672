/**
 * Deadlines. An attempt's deadline gives every attempt its full time; the total deadline is how long the caller waits
 * for the whole call, pauses between attempts included. Whatever is under way when a deadline passes is interrupted: its
 * socket, slot and timers are freed.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Deadline } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"

const deadline = (
  name: string,
  scope: Deadline["scope"],
  input: Duration.DurationInput
): IntegrationClient.Policy => {
  const after = Duration.decode(input)
  const millis = Duration.toMillis(after)
  if (millis <= 0) throw new Error(`${name}: the duration must be positive, as in "10 seconds"`)
  return IntegrationClient.stage(() =>
    Effect.succeed({
      enter: (run) => {
        const outer = run.call.innermost
        const at = run.now() + millis
        // whoever ends the wait earlier gives it its name
        run.call.innermost = outer !== undefined && outer.at <= at ? { ...outer, outer } : { after, at, outer, scope }
        return undefined
      },
      leave: (run) => {
        run.call.innermost = run.call.innermost?.outer
        return undefined
      }
    })
  )
}

/**
 * The deadline of one attempt, from sending to the last byte of the body. Fails with a retryable `TimeoutError`
 * (`scope: "attempt"`). Stands at the bottom of a stack.
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (duration: Duration.DurationInput): IntegrationClient.Policy =>
  deadline("Timeout.layer", "attempt", duration)

/**
 * The caller's deadline for the whole call. Fails with a `TimeoutError` (`scope: "total"`) that is not retryable. Stands
 * above Retry, which gives up at once when the next pause would outlast it.
 *
 * @since 0.1.0
 * @category policies
 */
export const layerTotal = (duration: Duration.DurationInput): IntegrationClient.Policy =>
  deadline("Timeout.layerTotal", "total", duration)
