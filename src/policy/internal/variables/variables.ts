/**
 * The variables, all of them: the parser, its errors, and the table in docs/configuration.md are made from this.
 */
import type * as IntegrationError from "../../../core/IntegrationError.js"
import * as Kind from "./kind.js"

export interface Variable {
  /** Where in the options it goes: `retry.maxAttempts`. */
  readonly option: string
  /** What it is named after, where that is not `option`. */
  readonly alias?: string
  readonly kind: Kind.Kind<unknown>
  readonly means: string
  /** What holds where nobody says otherwise, in the words of the option's own doc. */
  readonly default?: string
  /** Leaves a stage, or a part of one, in or out; the variables below it are its options. */
  readonly group?: true
  /** What its stage cannot do without. */
  readonly required?: true
}

/** `RETRY`, `MAX_ATTEMPTS` of `retry.maxAttempts`. */
export const sectionsOf = ({ alias, option }: Variable): ReadonlyArray<string> =>
  (alias ?? option).split(".").map((part) => part.replace(/[A-Z]/g, "_$&").toUpperCase())

export const nameOf = (variable: Variable): string => sectionsOf(variable).join("_")

/** The stage that it belongs to: `retry`. */
export const stageOf = (variable: Variable): string => variable.option.slice(0, `${variable.option}.`.indexOf("."))

const group = (option: string, means: string, example: "off" | "on" = "off"): Variable => ({
  group: true,
  kind: Kind.switched(example),
  means,
  option
})

const required = true

const budget = (stage: string, what: string, ratio: string, minPerSecond: string): ReadonlyArray<Variable> => [
  group(`${stage}.budget`, `\`off\`: ${what} are not bounded`),
  {
    default: ratio,
    kind: Kind.atLeast(0, ratio),
    means: `${what} for each call`,
    option: `${stage}.budget.ratio`
  },
  {
    default: minPerSecond,
    kind: Kind.atLeast(0, minPerSecond),
    means: `${what} for each second, whatever the number of calls`,
    option: `${stage}.budget.minPerSecond`
  }
]

/** Of `CircuitBreaker.failureRate`, whose options make up a strategy. */
const rate = (
  ...options: ReadonlyArray<Omit<Variable, "alias" | "option"> & { readonly name: string }>
): ReadonlyArray<Variable> =>
  options.map(({ name, ...variable }) => ({
    ...variable,
    alias: `circuitBreaker.failureRate.${name}`,
    option: `circuitBreaker.strategy.${name}`
  }))

const tags: { readonly [T in IntegrationError.Tag]: T } = {
  AuthenticationError: "AuthenticationError",
  AuthorizationError: "AuthorizationError",
  BulkheadFullError: "BulkheadFullError",
  CircuitBreakerOpenError: "CircuitBreakerOpenError",
  ConflictError: "ConflictError",
  NetworkError: "NetworkError",
  NotFoundError: "NotFoundError",
  RateLimitError: "RateLimitError",
  ResponseDecodeError: "ResponseDecodeError",
  ServerError: "ServerError",
  TimeoutError: "TimeoutError",
  UnavailableError: "UnavailableError",
  ValidationError: "ValidationError"
}

export const variables: ReadonlyArray<Variable> = [
  {
    alias: "availability",
    default: "available",
    kind: Kind.words({ available: "available", maintenance: "maintenance", off: "off" }, "off"),
    means: "`off` and `maintenance`: calls fail at once with `UnavailableError`, and nothing is sent",
    option: "availability.status"
  },
  {
    kind: Kind.text("the contract is being renewed"),
    means: "what callers are told, where it is off or in maintenance",
    option: "availability.reason"
  },
  {
    kind: Kind.durationOrNone("10 minutes"),
    means: "when callers are told to come back, in maintenance",
    option: "availability.retryAfter"
  },
  {
    default: "1 minute",
    kind: Kind.either(Kind.duration("20 seconds"), Kind.off),
    means: "how long a caller waits for the whole call",
    option: "totalTimeout"
  },
  {
    default: "10 seconds",
    kind: Kind.either(Kind.duration("5 seconds"), Kind.off),
    means: "how long one request may take",
    option: "attemptTimeout"
  },

  group("retry", "`off`: no call is tried again"),
  { default: "3", kind: Kind.whole(1, "5"), means: "requests in all, the first included", option: "retry.maxAttempts" },
  {
    default: "500 milliseconds",
    kind: Kind.durationOrNone("2 seconds"),
    means: "the pause before the second attempt",
    option: "retry.initialDelay"
  },
  {
    default: "2",
    kind: Kind.atLeast(1, "1.5"),
    means: "factor by which each pause is longer than the one before",
    option: "retry.multiplier"
  },
  {
    default: "30 seconds",
    kind: Kind.durationOrNone("1 minute"),
    means: "no computed pause is longer",
    option: "retry.maxDelay"
  },
  {
    default: "full",
    kind: Kind.either(
      Kind.words({ decorrelated: "decorrelated", equal: "equal", full: "full", none: "none" }, "equal"),
      Kind.share("0.1")
    ),
    means: "how pauses are spread; a share: so much to either side",
    option: "retry.jitter"
  },
  {
    default: "1 minute",
    kind: Kind.durationOrNone("5 minutes"),
    means: "the longest wait that a server may ask for",
    option: "retry.maxRetryAfter"
  },
  {
    default: "giveUp",
    kind: Kind.words({ cap: "cap", giveUp: "giveUp", wait: "wait" }),
    means: "what happens where it asks for longer",
    option: "retry.onRetryAfter"
  },
  ...budget("retry", "retries", "0.2", "10"),

  group("hedge", "`off`: no request is sent twice", "off"),
  {
    kind: Kind.duration("300 millis"),
    means: "how long a request is waited for before the next one is sent",
    option: "hedge.delay",
    required
  },
  { default: "1", kind: Kind.whole(1, "2"), means: "requests beyond the first", option: "hedge.maxHedges" },
  ...budget("hedge", "hedges", "0.1", "1"),

  group("circuitBreaker", "`off`: no circuit breaker"),
  {
    default: "5",
    kind: Kind.whole(1, "10"),
    means: "failures in a row that open the circuit",
    option: "circuitBreaker.failureThreshold"
  },
  {
    kind: Kind.words({ consecutive: "Consecutive", failureRate: "FailureRate" }, "failureRate"),
    means: "what opens it: failures in a row, or their share; needed only where variables of both are set",
    option: "circuitBreaker.strategy._tag",
    alias: "circuitBreaker.strategy"
  },
  ...rate(
    { default: "0.5", kind: Kind.part("0.3"), means: "share of failures from which on it opens", name: "threshold" },
    {
      default: "100 calls",
      kind: Kind.either(Kind.whole(1, "50"), Kind.duration("30 seconds")),
      means: "what is looked back at: the latest so many calls, or those of that time",
      name: "window"
    },
    {
      default: "10",
      kind: Kind.whole(1, "20"),
      means: "calls in the window below which nothing is judged",
      name: "minimumThroughput"
    },
    { default: "10", kind: Kind.whole(1, "30"), means: "steps of a window of time", name: "buckets" },
    {
      kind: Kind.duration("4 seconds"),
      means: "a call is slow that took at least this long",
      name: "slowCallDuration"
    },
    {
      default: "0.5",
      kind: Kind.part("0.8"),
      means: "share of slow calls from which on it opens",
      name: "slowCallRateThreshold"
    }
  ),
  {
    default: "enforcing",
    kind: Kind.words({ disabled: "disabled", enforcing: "enforcing", shadow: "shadow" }, "shadow"),
    means: "`shadow`: tells what it would do, and refuses nobody; `disabled`: counts nothing",
    option: "circuitBreaker.mode"
  },
  {
    default: "1 minute",
    kind: Kind.durationOrNone("30 seconds"),
    means: "how long it stays open before it is probed",
    option: "circuitBreaker.resetTimeout"
  },
  {
    default: "2",
    kind: Kind.whole(1, "3"),
    means: "successful probes that close it",
    option: "circuitBreaker.successThreshold"
  },
  {
    default: "1",
    kind: Kind.whole(1, "2"),
    means: "probes under way at once",
    option: "circuitBreaker.halfOpenMaxConcurrent"
  },
  {
    default: "1",
    kind: Kind.atLeast(1, "2"),
    means: "factor by which each opening in a row lasts longer than the one before",
    option: "circuitBreaker.resetBackoff"
  },
  {
    default: "1 hour",
    kind: Kind.durationOrNone("30 minutes"),
    means: "no opening is longer",
    option: "circuitBreaker.maxResetTimeout"
  },
  {
    default: "0",
    kind: Kind.share("0.1"),
    means: "share by which an opening lasts longer at random",
    option: "circuitBreaker.resetJitter"
  },
  {
    default: "1 minute",
    kind: Kind.duration("2 minutes"),
    means: "a probe that has not come back by then no longer holds its place",
    option: "circuitBreaker.probeLease"
  },
  {
    default: "1 hour",
    kind: Kind.duration("10 minutes"),
    means: "a key that nobody has used for so long is forgotten",
    option: "circuitBreaker.idleTimeToLive"
  },

  group("rateLimit", "`off`: no rate limit, and no cool-down after a 429"),
  {
    kind: Kind.atLeast(1, "100"),
    means: "tokens at most, and at the start; together with the refill rate",
    option: "rateLimit.capacity"
  },
  { kind: Kind.positive("10"), means: "tokens that come back per second", option: "rateLimit.refillRate" },
  {
    kind: Kind.atLeast(1, "100"),
    means: "tokens in any stretch of time of the length of the window; together with it",
    option: "rateLimit.limit"
  },
  {
    kind: Kind.duration("10 seconds"),
    means: "the stretch of time in which the limit holds",
    option: "rateLimit.window"
  },
  {
    default: "1000",
    kind: Kind.whole(0, "200"),
    means: "callers that may wait; the next is refused",
    option: "rateLimit.maxQueue"
  },
  {
    default: "30 seconds",
    kind: Kind.durationOrNone("5 seconds"),
    means: "a caller that would wait longer is refused at once",
    option: "rateLimit.maxWait"
  },
  {
    default: "1 second",
    kind: Kind.durationOrNone("10 seconds"),
    means: "the cool-down after a 429 that does not say how long",
    option: "rateLimit.coolDown"
  },
  {
    default: "1 hour",
    kind: Kind.durationOrNone("15 minutes"),
    means: "no answer holds the callers for longer",
    option: "rateLimit.maxCoolDown"
  },
  {
    kind: Kind.off,
    means: "`off`: what answers say is left of the provider's quota is not looked at",
    option: "rateLimit.read"
  },
  {
    default: "1 hour",
    kind: Kind.duration("10 minutes"),
    means: "a key that nobody has used for so long is forgotten",
    option: "rateLimit.idleTimeToLive"
  },

  group("bulkhead", "`off`: any number of requests at once"),
  { default: "50", kind: Kind.whole(1, "10"), means: "requests under way at once", option: "bulkhead.maxConcurrent" },
  {
    default: "1000",
    kind: Kind.whole(0, "100"),
    means: "callers that may wait for a slot; the next is refused",
    option: "bulkhead.maxQueue"
  },
  {
    kind: Kind.durationOrNone("5 seconds"),
    means: "a caller that has waited for so long is refused",
    option: "bulkhead.maxWait"
  },
  group("bulkhead.adaptive", "`on`: the number of slots finds itself, within bounds", "on"),
  { default: "1", kind: Kind.whole(1, "5"), means: "never fewer slots", option: "bulkhead.adaptive.min" },
  { kind: Kind.whole(1, "100"), means: "never more slots", option: "bulkhead.adaptive.max" },
  { default: "20", kind: Kind.whole(1, "10"), means: "slots at the start", option: "bulkhead.adaptive.initial" },
  {
    default: "0.9",
    kind: Kind.remainder("0.8"),
    means: "what is left of the slots after a loss",
    option: "bulkhead.adaptive.backoffRatio"
  },
  {
    default: "1 hour",
    kind: Kind.duration("10 minutes"),
    means: "a key that nobody has used for so long is forgotten",
    option: "bulkhead.idleTimeToLive"
  },

  { kind: Kind.off, means: "`off`: no answer stands in for the provider's", option: "fallback" },

  group("deadLettering", "`off`: what fails for good is not stored"),
  {
    default: "off",
    kind: Kind.switched("on"),
    means: "whether a write whose caller was interrupted is stored as well",
    option: "deadLettering.captureInterrupted"
  },

  group("telemetry", "`off`: no metrics, lines and spans of calls"),
  {
    default: "auto",
    kind: Kind.words({ always: "always", auto: "auto", never: "never" }),
    means: "a span for each call; `auto`: where somebody looks at it",
    option: "telemetry.spans"
  },
  {
    default: "on",
    kind: Kind.switched("off"),
    means: "one line for each outcome",
    option: "telemetry.logs"
  },

  group("faults", "`off`: nothing goes wrong on purpose", "off"),
  { kind: Kind.share("0.1"), means: "the share of the requests that are struck", option: "faults.rate", required },
  {
    kind: Kind.durationRange("1 second .. 5 seconds"),
    means: "a pause before the request",
    option: "faults.latency"
  },
  {
    kind: Kind.words(tags, "ServerError"),
    means: "the error in place of an answer",
    option: "faults.failure"
  },
  {
    kind: Kind.whole(100, "503", 599),
    means: "the status of an answer in place of the provider's",
    option: "faults.outcome.status"
  }
]
