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
import * as Schedule from "effect/Schedule"
import type { Call } from "../core/Call.js"
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

      return (request, call) => {
        budget?.deposit()
        const attempt = (number: number, previous: number, driver: Driver | undefined): Attempted =>
          Effect.catchAll(next.send(request, call), (error) =>
            Effect.withFiberRuntime((fiber): Attempted => {
              const refused = Core.refuses({
                error,
                attempt: number,
                bodyIsReplayable: isReplayable(request),
                idempotent: call.idempotent,
                maxAttempts: config.maxAttempts
              })
              if (refused !== undefined) return Effect.fail(error)
              const now = monotonicMillis(clockOf(fiber))
              const again = (delay: number): Attempted => {
                if (now + delay >= call.deadline) return Effect.fail(error)
                if (budget !== undefined && !budget.withdraw(now)) return Effect.fail(error)
                call.waits.push({ attempt: number, millis: delay, reason: Core.reasonOf(error) })
                const rest = Effect.suspend(() => attempt(number + 1, delay, driver))
                return delay > 0 ? Effect.zipRight(Effect.sleep(delay), rest) : rest
              }
              if (options.schedule !== undefined) {
                return driver === undefined
                  ? Effect.flatMap(
                    makeDriver(options.schedule, call, config.maxRetryAfter),
                    (driver) => followSchedule(driver, error, number)
                  )
                  : followSchedule(driver, error, number)
              }
              const asked = Core.delayOf(error, config.maxRetryAfter, -1)
              if (asked === "retry-after") return Effect.fail(error)
              return asked >= 0
                ? again(asked)
                : Effect.flatMap(Random.next, (random) => again(Core.backoff(config, number, previous, random)))
            }))

        const followSchedule = (driver: Driver, error: IntegrationError, number: number): Attempted =>
          Effect.withFiberRuntime((fiber) => {
            const now = monotonicMillis(clockOf(fiber))
            if (Core.delayOf(error, config.maxRetryAfter, 0) === "retry-after") return Effect.fail(error)
            if (budget !== undefined && !budget.withdraw(now)) return Effect.fail(error)
            return Effect.matchEffect(driver.next(error), {
              onFailure: () => Effect.fail(error),
              onSuccess: () => {
                if (driver.pause === "too long") return Effect.fail(error)
                call.waits.push({ attempt: number, millis: driver.pause, reason: Core.reasonOf(error) })
                return attempt(number + 1, driver.pause, driver)
              }
            })
          })

        return attempt(1, config.initialDelay, undefined)
      }
    })
  )
}

/** A user's schedule on its way through one call, with the pause that it decided on last. */
interface Driver {
  readonly next: (error: IntegrationError) => Effect.Effect<unknown, unknown>
  pause: number | "too long"
}

/** The schedule decides whether and when, except where the server has asked for a wait or the caller's time is up. */
const makeDriver = (
  schedule: Schedule.Schedule<unknown, IntegrationError>,
  call: Call,
  maxRetryAfter: number
): Effect.Effect<Driver> => {
  const bounded = schedule.pipe(
    Schedule.intersect(Schedule.identity<IntegrationError>()),
    Schedule.modifyDelayEffect(([, error], delay) =>
      Effect.map(Effect.clock, (clock) => {
        const asked = Core.delayOf(error, maxRetryAfter, -1)
        const millis = typeof asked === "number" && asked >= 0 ? asked : Duration.toMillis(delay)
        driver.pause = monotonicMillis(clock) + millis >= call.deadline ? "too long" : millis
        return Duration.millis(driver.pause === "too long" ? 0 : millis)
      })
    )
  )
  const driver: Driver = { next: () => Effect.void, pause: 0 }
  return Effect.map(
    Schedule.driver(bounded),
    (inner) => Object.assign(driver, { next: (error: IntegrationError) => inner.next(error) })
  )
}

/** A stream is gone once it has been read. */
const isReplayable = (request: HttpClientRequest.HttpClientRequest): boolean => request.body._tag !== "Stream"

/**
 * @since 0.1.0
 * @category models
 */
export type Jitter = Core.Jitter
