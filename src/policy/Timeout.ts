/**
 * Deadlines. An attempt's deadline gives every attempt its full time; the total deadline is how long the caller waits
 * for the whole call, pauses between attempts included. Whatever is under way when a deadline passes is interrupted: its
 * socket, slot and timers are freed.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Call, Deadline } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { TimeoutError } from "../core/IntegrationError.js"

const timeout = (name: string, scope: "attempt" | "total", input: Duration.DurationInput): IntegrationClient.Policy => {
  const after = Duration.decode(input)
  const millis = Duration.toMillis(after)
  if (millis <= 0) throw new Error(`${name}: the duration must be positive, as in "10 seconds"`)
  return IntegrationClient.stage(() =>
    Effect.succeed({
      holdsNothing: true,
      enter: (run) => {
        const outer = run.call.innermost
        const at = run.now() + millis
        // an earlier deadline stays in force
        run.state = outer !== undefined && outer.at <= at ? undefined : new Deadline(at, outer)
        if (run.state !== undefined) run.call.innermost = run.state as Deadline
        return undefined
      },
      leave: (run, outcome) => {
        const own = run.state as Deadline | undefined
        if (own === undefined) return undefined
        run.call.innermost = own.outer
        return own.passed && Exit.isInterrupted(outcome) ? Exit.fail(timeoutError(run.call, scope, after)) : undefined
      }
    })
  )
}

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
  }, { disableValidation: true })

/**
 * The deadline of one attempt, from sending to the last byte of the body. Fails with a retryable `TimeoutError`
 * (`scope: "attempt"`). Stands at the bottom of a stack.
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (duration: Duration.DurationInput): IntegrationClient.Policy =>
  timeout("Timeout.layer", "attempt", duration)

/**
 * The caller's deadline for the whole call. Fails with a `TimeoutError` (`scope: "total"`) that is not retryable. Stands
 * above Retry, which gives up at once when the next pause would outlast it.
 *
 * @since 0.1.0
 * @category policies
 */
export const layerTotal = (duration: Duration.DurationInput): IntegrationClient.Policy =>
  timeout("Timeout.layerTotal", "total", duration)
