/**
 * Tries again, when that can help and can do no harm.
 *
 * - Only errors that are `retryable`, and for a call that is not idempotent only when the provider surely did not act on
 *   it: nothing was sent, 429, a lock, 503 with `Retry-After`.
 * - The wait that a server asks for goes before the computed one; asked to wait longer than `maxRetryAfter`, the call
 *   ends at once with that error, unless `onRetryAfter` says otherwise. A pause that would outlast the caller's deadline
 *   ends it always.
 * - A budget bounds the retries of all calls to one integration together, so that an outage is not amplified. Another
 *   integration's calls have a budget of their own, and are not starved by it.
 * - Why a call was not tried again is in `error.gaveUp`, the log line, the span, and the metrics.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import * as Pipeline from "../core/Pipeline.js"
import { monotonicMillis } from "../internal/time.js"
import { isReplayable } from "./internal/body.js"
import * as Core from "./internal/retryCore.js"
import * as RetryBudget from "./RetryBudget.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Requests in all, the first included. Default 3. */
  readonly maxAttempts?: number | undefined
  /** Default 500 milliseconds. */
  readonly initialDelay?: Duration.DurationInput | undefined
  /** Default 2. */
  readonly multiplier?: number | undefined
  /** No computed pause is longer. Default 30 seconds. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /**
   * How pauses are spread, so that callers do not come back together: `full` (anywhere from nothing to the delay),
   * `equal` (the upper half), `decorrelated` (from `initialDelay` to three times the pause before), `none`, or a share of
   * the delay to either side, as in `0.1`. Default `full`.
   */
  readonly jitter?: Core.Jitter | undefined
  /** The longest wait that a server may ask for. Default 1 minute. */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
  /**
   * Asked to wait longer than `maxRetryAfter`: `giveUp` ends the call with the error that asked, `cap` waits
   * `maxRetryAfter` and tries, `wait` waits as long as it was asked to. The caller's deadline bounds each of them.
   * Default `giveUp`.
   */
  readonly onRetryAfter?: Core.OnRetryAfter | undefined
  /** Bounds the retries of all calls of the integration together; `false` does not. */
  readonly budget?: RetryBudget.Options | false | undefined
  /** Which errors are worth another attempt. Default: those that are `retryable`. All other rules hold as well. */
  readonly when?: ((error: IntegrationError.IntegrationError, call: Call) => boolean) | undefined
  /** Decides pauses and their number instead of the options above. `maxAttempts` still holds when given. */
  readonly schedule?: Schedule.Schedule<unknown, IntegrationError.IntegrationError> | undefined
}

const checkOptions = (options: Options): void => {
  const { budget, jitter, maxAttempts, multiplier } = options
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
    throw new Error(
      `Retry.layer: maxAttempts is ${maxAttempts}; it counts all requests, so it must be a whole number from 1 up`
    )
  }
  if (multiplier !== undefined && !(multiplier >= 1 && Number.isFinite(multiplier))) {
    throw new Error(`Retry.layer: multiplier is ${multiplier}; it must be 1 or more`)
  }
  if (typeof jitter === "number" && !(jitter >= 0 && jitter <= 1)) {
    throw new Error(`Retry.layer: jitter is ${jitter}; a share of the delay must be from 0 to 1`)
  }
  for (const name of ["initialDelay", "maxDelay"] as const) {
    const value = options[name]
    if (value !== undefined && !Number.isFinite(Duration.toMillis(value))) {
      throw new Error(`Retry.layer: ${name} has no end; give it one, as in "30 seconds"`)
    }
  }
  RetryBudget.check("Retry.layer", budget)
}

const toConfig = (options: Options): Core.Config => ({
  maxAttempts: options.maxAttempts ?? (options.schedule === undefined ? 3 : Number.POSITIVE_INFINITY),
  initialDelay: Duration.toMillis(options.initialDelay ?? 500),
  multiplier: options.multiplier ?? 2,
  maxDelay: Duration.toMillis(options.maxDelay ?? "30 seconds"),
  jitter: options.jitter ?? "full",
  maxRetryAfter: Duration.toMillis(options.maxRetryAfter ?? "1 minute"),
  onRetryAfter: options.onRetryAfter ?? "giveUp"
})

/**
 * @example
 * ```ts
 * import { Retry } from "holdfast"
 *
 * const patient = Retry.layer({ maxAttempts: 5, initialDelay: "1 second", maxDelay: "20 seconds" })
 *
 * // a nightly job: whatever the provider asks for, within the total timeout
 * const nightly = Retry.layer({ maxAttempts: 10, onRetryAfter: "wait" })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  checkOptions(options)
  const config = toConfig(options)
  const makePauses = options.schedule === undefined ? backoff(config) : follow(options.schedule)
  const when = options.when ?? ((error) => error.retryable)

  /** Why this attempt must be the last, as far as that is known before the pause is. */
  const refuses = ({ call, request }: Pipeline.Run, error: IntegrationError.IntegrationError, attempt: number) =>
    Core.refuses({
      attempt,
      bodyIsReplayable: call.attempts === 0 || isReplayable(request.body),
      idempotent: call.idempotent,
      retryable: when(error, call),
      untouched: IntegrationError.surelyNotProcessed(error)
    }, config.maxAttempts)

  return IntegrationClient.stage((next) =>
    Effect.map(RetryBudget.make(options.budget, { ...budgetDefaults, key: next.integration.id }), (budget) => {
      const pause = (
        { call, clock }: Pipeline.Run,
        error: IntegrationError.IntegrationError,
        retries: Retries
      ): Effect.Effect<void, IntegrationError.IntegrationError> =>
        Effect.flatMap(retries.pauses.next(error, retries.attempt), (computed) => {
          const now = monotonicMillis(clock)
          const asked = error.retryAfter === undefined ? undefined : Duration.toMillis(error.retryAfter)
          const millis = Core.pauseOf(config, asked, computed)
          const refused = typeof millis !== "number"
            ? millis
            : now + millis >= call.deadline
            ? "deadline"
            : budget?.withdraw(now) === false
            ? "budget"
            : undefined
          if (refused !== undefined) {
            retries.over = true
            return giveUp(error, refused)
          }
          call.waited({
            at: clock.unsafeCurrentTimeMillis(),
            attempt: retries.attempt++,
            error: error._tag,
            millis: millis as number,
            reason: reasonOf(error)
          })
          return sleep(millis as number)
        })

      return {
        holdsNothing: true,
        enter: (run) => {
          run.state = undefined
          // not once more for each attempt of a layer further out
          if (run.call.attempts === 0) budget?.deposit()
          return undefined
        },
        leave: (run, outcome) => {
          const error = Pipeline.errorOf(outcome)
          if (error === undefined) return undefined
          let retries = run.state as Retries | undefined
          if (retries?.over === true) return undefined
          const refused = refuses(run, error, retries?.attempt ?? 1)
          if (refused === "not-retryable") return undefined
          if (refused !== undefined) return giveUp(error, refused)
          if (retries === undefined) run.state = retries = new Retries(makePauses())
          return Pipeline.again(pause(run, error, retries))
        }
      }
    })
  )
}

const budgetDefaults = { minPerSecond: 10, ratio: 0.2 }

/** What one call keeps, made when its first attempt has failed. */
class Retries {
  /** The attempt that was made last, counted from 1. */
  attempt = 1
  /** It was decided, while a pause was sought, that there is no other. */
  over = false
  constructor(readonly pauses: Pauses) {}
}

/** Ends a call with the error of its last attempt, which says why there was no other. */
const giveUp = (
  error: IntegrationError.IntegrationError,
  why: IntegrationError.GaveUp
): Exit.Exit<never, IntegrationError.IntegrationError> => Exit.fail(IntegrationError.amend(error, { gaveUp: why }))

/** `RateLimitError 429, Retry-After`: for the record of waits. */
const reasonOf = (error: IntegrationError.IntegrationError): string =>
  error._tag + (error.status === undefined ? "" : ` ${error.status}`) +
  (error.retryAfter === undefined ? "" : ", Retry-After")

// a timer of more than 2^31 milliseconds would never fire
const longestTimer = 2 ** 31 - 1

const sleep = (millis: number): Effect.Effect<void> =>
  millis <= 0
    ? Effect.void
    : millis <= longestTimer
    ? Effect.sleep(millis)
    : Effect.zipRight(Effect.sleep(longestTimer), Effect.suspend(() => sleep(millis - longestTimer)))

/**
 * The pauses of one call, in milliseconds, made when its first attempt has failed; `undefined`: there is no other
 * attempt.
 */
interface Pauses {
  readonly next: (error: IntegrationError.IntegrationError, attempt: number) => Effect.Effect<number | undefined>
}

const backoff = (config: Core.Config) => (): Pauses => {
  let previous = config.initialDelay
  return {
    next: (_, attempt) =>
      Effect.map(Random.next, (random) => {
        previous = Core.backoff(config, attempt, previous, random)
        return previous
      })
  }
}

const follow = (schedule: Schedule.Schedule<unknown, IntegrationError.IntegrationError>) => (): Pauses => {
  let state: unknown = schedule.initial
  return {
    next: (error) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (now) =>
          Effect.map(schedule.step(now, error, state), ([nextState, , decision]) => {
            state = nextState
            return ScheduleDecision.isContinue(decision)
              ? Math.max(0, ScheduleIntervals.start(decision.intervals) - now)
              : undefined
          })
      )
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export type Jitter = Core.Jitter

/**
 * @since 0.1.0
 * @category models
 */
export type OnRetryAfter = Core.OnRetryAfter
