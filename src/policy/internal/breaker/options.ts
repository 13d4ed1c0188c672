/** From what a program writes to what the core reads, with every number looked at on the way. */
import * as Duration from "effect/Duration"
import type * as Breaker from "./breaker.js"
import * as Core from "./circuitCore.js"
import type * as Window from "./windowCore.js"

export interface Consecutive {
  readonly _tag: "Consecutive"
  /** Absent: as many as `failureThreshold` says. */
  readonly failures?: number | undefined
}

/** What was given, so that one may be laid over another; what was not is filled in where the strategy is used. */
export interface FailureRate extends RateOptions {
  readonly _tag: "FailureRate"
}

export interface RateOptions {
  readonly threshold?: number | undefined
  readonly window?: number | Duration.DurationInput | undefined
  readonly minimumThroughput?: number | undefined
  readonly buckets?: number | undefined
  readonly slowCallDuration?: Duration.DurationInput | undefined
  readonly slowCallRateThreshold?: number | undefined
}

export type Strategy = Consecutive | FailureRate

const fail = (where: string, what: string, must: string): never => {
  throw new Error(`${where}: ${what}; it must be ${must}`)
}

const wholeNumber = (where: string, name: string, value: number): number =>
  Number.isInteger(value) && value >= 1 ? value : fail(where, `${name} is ${value}`, "a whole number from 1 up")

const share = (where: string, name: string, value: number): number =>
  value > 0 && value <= 1 ? value : fail(where, `${name} is ${value}`, "a share above 0 and up to 1, as in 0.5")

const positive = (where: string, name: string, input: Duration.DurationInput): Duration.Duration => {
  const duration = Duration.decode(input)
  return Duration.toMillis(duration) > 0
    ? duration
    : fail(where, `${name} is ${Duration.format(duration)}`, "longer than nothing, as in \"30 seconds\"")
}

export const consecutive = (failures: number): Consecutive => ({
  _tag: "Consecutive",
  failures: wholeNumber("CircuitBreaker.consecutive", "failures", failures)
})

export const failureRate = (options: RateOptions): FailureRate => {
  filled(options)
  return { ...options, _tag: "FailureRate" }
}

const filled = (options: RateOptions) => {
  const where = "CircuitBreaker.failureRate"
  const { slowCallDuration, slowCallRateThreshold, window = 100 } = options
  const least = options.minimumThroughput ?? (typeof window === "number" ? Math.min(10, window) : 10)
  if (typeof window === "number") {
    wholeNumber(where, "window", window)
    if (least > window) fail(where, `minimumThroughput is ${least}`, `at most the window, ${window} calls`)
  } else if (!Number.isFinite(Duration.toMillis(positive(where, "window", window)))) {
    fail(where, "window is infinite", "a time that ends, as in \"30 seconds\"")
  }
  if (slowCallRateThreshold !== undefined && slowCallDuration === undefined) {
    fail(where, "slowCallDuration is missing", "given together with slowCallRateThreshold")
  }
  return {
    buckets: wholeNumber(where, "buckets", options.buckets ?? 10),
    minimumThroughput: wholeNumber(where, "minimumThroughput", least),
    slowCallDuration: slowCallDuration === undefined
      ? undefined
      : positive(where, "slowCallDuration", slowCallDuration),
    slowCallRateThreshold: share(where, "slowCallRateThreshold", slowCallRateThreshold ?? 0.5),
    threshold: share(where, "threshold", options.threshold ?? 0.5),
    window
  }
}

/** `failures`: where the strategy counts them, and does not say how many. */
const toCore = (strategy: Strategy, failures: number): Window.Strategy => {
  if (strategy._tag === "Consecutive") return { failures: strategy.failures ?? failures, kind: "consecutive" }
  const { buckets, minimumThroughput: minimum, slowCallDuration, slowCallRateThreshold, threshold, window } = filled(
    strategy
  )
  const rates = {
    failureRate: threshold,
    minimum,
    slowRate: slowCallDuration === undefined ? Number.POSITIVE_INFINITY : slowCallRateThreshold
  }
  return typeof window === "number"
    ? { kind: "count", size: window, ...rates }
    : { buckets, kind: "time", width: Duration.toMillis(window) / buckets, ...rates }
}

export interface Options {
  readonly strategy?: Strategy | undefined
  readonly failureThreshold?: number | undefined
  readonly mode?: Core.ConfiguredMode | undefined
  readonly resetTimeout?: Duration.DurationInput | undefined
  readonly successThreshold?: number | undefined
  readonly halfOpenMaxConcurrent?: number | undefined
  readonly resetBackoff?: number | undefined
  readonly maxResetTimeout?: Duration.DurationInput | undefined
  readonly resetJitter?: number | undefined
  readonly probeLease?: Duration.DurationInput | undefined
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/** Milliseconds after which a success is slow; 0: none is. */
export const slowAfter = (options: Options): number =>
  options.strategy?._tag === "FailureRate" && options.strategy.slowCallDuration !== undefined
    ? Duration.toMillis(options.strategy.slowCallDuration)
    : 0

export const toConfig = (options: Options): Omit<Breaker.Config, "random" | "version"> => {
  const where = "CircuitBreaker.layer"
  const failures = wholeNumber(where, "failureThreshold", options.failureThreshold ?? 5)
  const resetBackoff = options.resetBackoff ?? 1
  if (!(resetBackoff >= 1 && Number.isFinite(resetBackoff))) {
    fail(where, `resetBackoff is ${resetBackoff}`, "a number from 1 up, as in 2")
  }
  const resetJitter = options.resetJitter ?? 0
  if (!(resetJitter >= 0 && resetJitter <= 1)) {
    fail(where, `resetJitter is ${resetJitter}`, "a share from 0 to 1, as in 0.1")
  }
  const millis = (input: Duration.DurationInput) => Math.min(Duration.toMillis(input), Core.longest)
  const resetTimeout = millis(options.resetTimeout ?? "1 minute")
  return {
    gather: 0,
    halfOpenMaxConcurrent: wholeNumber(where, "halfOpenMaxConcurrent", options.halfOpenMaxConcurrent ?? 1),
    idleTimeToLive: Duration.toMillis(positive(where, "idleTimeToLive", options.idleTimeToLive ?? "1 hour")),
    maxResetTimeout: millis(options.maxResetTimeout ?? Math.max(resetTimeout, Duration.toMillis("1 hour"))),
    mode: options.mode ?? "enforcing",
    probeLease: millis(positive(where, "probeLease", options.probeLease ?? "1 minute")),
    quorum: 1,
    resetBackoff,
    resetJitter,
    resetTimeout,
    strategy: toCore(options.strategy ?? { _tag: "Consecutive" }, failures),
    successThreshold: wholeNumber(where, "successThreshold", options.successThreshold ?? 2)
  }
}

/** For a circuit that a hand sets ahead of its first call. */
export const unconfigured: Breaker.Config = { ...toConfig({}), random: () => 0, version: 0 }
