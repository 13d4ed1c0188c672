/**
 * Tries again, when that can help and can do no harm.
 *
 * - Only errors that are `retryable`, and for a call that is not idempotent only when the provider surely did not act on
 *   it: nothing was sent, 429, a lock, 503 with `Retry-After`.
 * - The wait that a server asks for goes before the computed one; asked to wait longer than `maxRetryAfter`, or past the
 *   caller's deadline, the call ends at once with that error.
 * - A budget bounds the retries of all calls together, so that an outage is not amplified.
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import * as IntegrationClient from "../core/IntegrationClient.js"
import type { IntegrationError } from "../core/IntegrationError.js"
import { clockOf, monotonicMillis } from "../internal/time.js"
import * as Core from "./internal/retryCore.js"

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
   * `equal` (the upper half), `decorrelated`, `none`, or a share of the delay to either side, as in `0.1`.
   * Default `full`.
   */
  readonly jitter?: Core.Jitter | undefined
  /** Asked to wait longer than this, the call ends with the error that asked. Default 1 minute. */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
  /** Retries allowed for all calls of the integration: this share of the calls, and at least so many a second. */
  readonly budget?:
    | { readonly ratio?: number | undefined; readonly minPerSecond?: number | undefined }
    | false
    | undefined
  /** Decides pauses and their number instead of the options above. `maxAttempts` still holds when given. */
  readonly schedule?: Schedule.Schedule<unknown, IntegrationError> | undefined
}

const checkOptions = (options: Options): void => {
  const { jitter, maxAttempts, multiplier } = options
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
    throw new Error(
      `Retry.layer: maxAttempts is ${maxAttempts}; it counts all requests, so it must be a whole number from 1 up`
    )
  }
  if (multiplier !== undefined && !(multiplier >= 1)) {
    throw new Error(`Retry.layer: multiplier is ${multiplier}; it must be 1 or more`)
  }
  if (typeof jitter === "number" && !(jitter >= 0 && jitter <= 1)) {
    throw new Error(`Retry.layer: jitter is ${jitter}; a share of the delay must be from 0 to 1`)
  }
}

const toConfig = (options: Options): Core.Config => ({
  maxAttempts: options.maxAttempts ?? (options.schedule === undefined ? 3 : Number.POSITIVE_INFINITY),
  initialDelay: Duration.toMillis(options.initialDelay ?? 500),
  multiplier: options.multiplier ?? 2,
  maxDelay: Duration.toMillis(options.maxDelay ?? "30 seconds"),
  jitter: options.jitter ?? "full",
  maxRetryAfter: Duration.toMillis(options.maxRetryAfter ?? "1 minute")
})

type Attempted = Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>

/**
 * @example
 * ```ts
 * import { Retry } from "holdfast"
 *
 * const patient = Retry.layer({ maxAttempts: 5, initialDelay: "1 second", maxDelay: "20 seconds" })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  checkOptions(options)
  const config = toConfig(options)
  return IntegrationClient.policy((next) =>
    Effect.map(Clock.currentTimeNanos, (nanos) => {
      const budget = options.budget === false
        ? undefined
        : new Core.Budget(options.budget?.ratio ?? 0.2, options.budget?.minPerSecond ?? 10, Number(nanos / 1_000_000n))
      const makePauses = options.schedule === undefined ? backoff(config) : follow(options.schedule)

      return (request, call) => {
        budget?.deposit()

        const attempt = (number: number, pauses: Pauses | undefined): Attempted =>
          Effect.catchAll(next.send(request, call), (error) => {
            const refused = Core.refuses({
              error,
              attempt: number,
              bodyIsReplayable: isReplayable(request),
              idempotent: call.idempotent,
              maxAttempts: config.maxAttempts
            })
            return refused === undefined ? again(error, number, pauses ?? makePauses()) : Effect.fail(error)
          })

        const again = (error: IntegrationError, number: number, pauses: Pauses): Attempted =>
          Effect.flatMap(pauses.next(error, number), (computed) =>
            Effect.withFiberRuntime((fiber): Attempted => {
              const pause = Core.delayOf(error, config.maxRetryAfter, computed)
              const now = monotonicMillis(clockOf(fiber))
              if (typeof pause !== "number" || now + pause >= call.deadline) return Effect.fail(error)
              if (budget !== undefined && !budget.withdraw(now)) return Effect.fail(error)
              call.waits.push({ attempt: number, millis: pause, reason: Core.reasonOf(error) })
              const rest = Effect.suspend(() => attempt(number + 1, pauses))
              return pause > 0 ? Effect.zipRight(Effect.sleep(pause), rest) : rest
            }))

        return attempt(1, undefined)
      }
    })
  )
}

/** The pauses of one call, in milliseconds, made when its first attempt has failed; `end`: there is no other attempt. */
interface Pauses {
  readonly next: (error: IntegrationError, attempt: number) => Effect.Effect<number | "end">
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

const follow = (schedule: Schedule.Schedule<unknown, IntegrationError>) => (): Pauses => {
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
              : "end"
          })
      )
  }
}

/** A stream is gone once it has been read. */
const isReplayable = (request: HttpClientRequest.HttpClientRequest): boolean => request.body._tag !== "Stream"

/**
 * @since 0.1.0
 * @category models
 */
export type Jitter = Core.Jitter
