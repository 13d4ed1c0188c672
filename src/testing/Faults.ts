/**
 * What goes wrong, and when: a plan of faults for an emulator, pure and repeatable.
 *
 * The fault of a request is a function of the seed, the operation, the request itself, and how many times the same
 * request has come before. It does not depend on the order in which requests arrive, so that the same seed gives the
 * same faults to the same requests whatever the concurrency and the timing.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import { draw } from "./internal/hash.js"

/**
 * One thing that goes wrong with one request. "Processed" says whether the emulator did what the request asks.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault = Data.TaggedEnum<{
  /** Nothing goes wrong. */
  None: {}
  /** An answer in place of the emulator's own; not processed. Without a body it is the provider's own error body. */
  Status: {
    readonly status: number
    readonly retryAfter: { readonly form: "seconds" | "http-date"; readonly seconds: number } | undefined
    readonly headers: Readonly<Record<string, string>>
    readonly body: unknown
  }
  /** The connection is reset once the request has been read; not processed. */
  ResetBefore: {}
  /** The connection is reset after the request was processed; its response is lost. */
  ResetAfter: {}
  /** Processed; the response breaks off in the middle of its body. */
  HalfBody: {}
  /** Processed; the body of the response is broken JSON. */
  MalformedJson: {}
  /** Processed; the body of the response arrives in pieces, spread over the duration. */
  SlowBody: { readonly duration: Duration.Duration }
  /** Never answered, the connection stays open; not processed. */
  HangBefore: {}
  /** Processed, and never answered. */
  HangAfter: {}
}>

const { $match, HalfBody, HangAfter, HangBefore, MalformedJson, None, ResetAfter, ResetBefore, SlowBody, Status } = Data
  .taggedEnum<Fault>()

export {
  /**
   * @since 0.1.0
   * @category pattern matching
   */
  $match as match
}

/**
 * @since 0.1.0
 * @category faults
 */
export const ok: Fault = None()

/**
 * @since 0.1.0
 * @category faults
 */
export const resetBefore: Fault = ResetBefore()

/**
 * @since 0.1.0
 * @category faults
 */
export const resetAfter: Fault = ResetAfter()

/**
 * @since 0.1.0
 * @category faults
 */
export const halfBody: Fault = HalfBody()

/**
 * @since 0.1.0
 * @category faults
 */
export const malformedJson: Fault = MalformedJson()

/**
 * @since 0.1.0
 * @category faults
 */
export const hangBefore: Fault = HangBefore()

/**
 * @since 0.1.0
 * @category faults
 */
export const hangAfter: Fault = HangAfter()

/**
 * @since 0.1.0
 * @category faults
 */
export const slowBody = (duration: Duration.DurationInput): Fault => SlowBody({ duration: Duration.decode(duration) })

/**
 * Any status. The body is the provider's own error body unless one is given (a string is sent as text, all else as
 * JSON).
 *
 * @since 0.1.0
 * @category faults
 */
export const status = (
  status: number,
  options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
): Fault => Status({ status, retryAfter: undefined, headers: options?.headers ?? {}, body: options?.body })

/**
 * 429 (or another status) with `Retry-After` in seconds.
 *
 * @since 0.1.0
 * @category faults
 */
export const retryAfterSeconds = (seconds: number, status = 429): Fault =>
  Status({ status, retryAfter: { form: "seconds", seconds }, headers: {}, body: undefined })

/**
 * 429 (or another status) with `Retry-After` as an HTTP-date that many seconds ahead of the emulator's clock. HTTP-dates
 * are whole seconds: the date is rounded up.
 *
 * @since 0.1.0
 * @category faults
 */
export const retryAfterDate = (seconds: number, status = 429): Fault =>
  Status({ status, retryAfter: { form: "http-date", seconds }, headers: {}, body: undefined })

/**
 * A request as a plan sees it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  /** `contacts.create`; the method and path where no operation fits. */
  readonly operation: string
  /** What makes it the same request: method, path, query and body. */
  readonly key: string
  /** How many times the same request has come before. */
  readonly seen: number
  /** Its number among all requests since the plan was put in place, from 1. */
  readonly arrival: number
  /** Its number among the requests of its operation, from 1. */
  readonly operationArrival: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Injection {
  readonly fault: Fault
  /** Waited before the request is looked at. */
  readonly latency: Duration.Duration
}

/**
 * A time in which the provider is down. Times and numbers count from the moment in which the plan was put in place: the
 * start of the emulator, its last reset.
 *
 * @since 0.1.0
 * @category models
 */
export type Outage =
  | { readonly from: Duration.DurationInput; readonly to: Duration.DurationInput }
  /** Begins with the request after the first n, and lasts. */
  | { readonly afterRequests: number; readonly for: Duration.DurationInput }
  /** The requests with these numbers, counted from 1, the last one included. */
  | { readonly fromRequest: number; readonly toRequest: number }

/**
 * How a provider that is down behaves, in parts of 1.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutageMix {
  /** Answers 503. */
  readonly status503: number
  /** Accepts the connection and destroys it; not processed. */
  readonly reset: number
  /** Accepts the request and never answers; not processed. */
  readonly hang: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Plan {
  readonly decide: (request: Request) => Injection
  readonly outages: ReadonlyArray<Outage>
  /** The fault of a request that arrives while the provider is down. */
  readonly duringOutage: (request: Request) => Fault
}

/**
 * How often each thing goes wrong, in parts of 1. What is left out does not happen; together they are at most 1.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rates {
  readonly rateLimit429Seconds?: number
  readonly rateLimit429HttpDate?: number
  readonly serverError500?: number
  readonly badGateway502?: number
  readonly unavailable503?: number
  readonly unavailable503RetryAfter?: number
  readonly clientError4xx?: number
  readonly resetBefore?: number
  readonly resetAfter?: number
  readonly halfBody?: number
  readonly malformedJson?: number
  readonly slowBody?: number
  readonly hangBefore?: number
  readonly hangAfter?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Any integer. Default 1. */
  readonly seed?: number
  readonly rates?: Rates
  /** A wait before every request is looked at, evenly spread over the range. Default none. */
  readonly latency?: { readonly min: Duration.DurationInput; readonly max: Duration.DurationInput }
  readonly outages?: ReadonlyArray<Outage>
  /** Default: half 503, half resets. */
  readonly outageMix?: Partial<OutageMix>
  /** What `Retry-After` asks for, in whole seconds, evenly spread over the range. Default 1 to 2. */
  readonly retryAfterSeconds?: { readonly min: number; readonly max: number }
  /** Default 400. */
  readonly clientErrorStatus?: number
  /** Over how long a slow body is spread. Default 1 second. */
  readonly slowBodyDuration?: Duration.DurationInput
}

const noLatency: Injection = { fault: ok, latency: Duration.zero }

const defaultMix: OutageMix = { status503: 0.5, reset: 0.5, hang: 0 }

const pick = <A>(choices: ReadonlyArray<readonly [part: number, value: A]>, at: number): A | undefined => {
  let sum = 0
  for (const [part, value] of choices) {
    sum += part
    if (at < sum) return value
  }
  return undefined
}

const checked = (name: string, parts: Readonly<Record<string, number | undefined>>): void => {
  let sum = 0
  for (const [key, part = 0] of Object.entries(parts)) {
    if (!(part >= 0 && part <= 1)) throw new RangeError(`Faults.make: ${name}.${key} is ${part}, not a part of 1`)
    sum += part
  }
  // a few parts like 0.1 do not add up exactly
  if (sum > 1 + 1e-9) throw new RangeError(`Faults.make: ${name} add up to ${sum}, which is more than 1`)
}

const outageOf = (seed: number, mix: OutageMix) => (request: Request): Fault => {
  const total = mix.status503 + mix.reset + mix.hang
  const at = draw(seed, "outage", request.operation, request.key, request.seen) * total
  return pick([[mix.status503, status(503)], [mix.reset, resetBefore], [mix.hang, hangBefore]], at) ?? status(503)
}

/**
 * A plan from rates, by seed.
 *
 * @example
 * ```ts
 * import { Faults } from "holdfast/testing"
 *
 * const faults = Faults.make({
 *   seed: 42,
 *   rates: { serverError500: 0.05, resetAfter: 0.02, rateLimit429Seconds: 0.02 },
 *   latency: { min: "1 milli", max: "20 millis" },
 *   outages: [{ afterRequests: 500, for: "5 seconds" }]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Plan => {
  const seed = options.seed ?? 1
  const rates = options.rates ?? {}
  const mix = {
    ...(options.outageMix === undefined ? defaultMix : { status503: 0, reset: 0, hang: 0 }),
    ...options.outageMix
  }
  checked("rates", { ...rates })
  checked("outageMix", { ...mix })
  const wait = options.retryAfterSeconds ?? { min: 1, max: 2 }
  const min = Duration.toMillis(options.latency?.min ?? 0)
  const max = Duration.toMillis(options.latency?.max ?? 0)
  const slow = slowBody(options.slowBodyDuration ?? "1 second")
  const clientError = status(options.clientErrorStatus ?? 400)

  return {
    outages: options.outages ?? [],
    duringOutage: outageOf(seed, mix),
    decide: (request) => {
      const at = (what: string) => draw(seed, what, request.operation, request.key, request.seen)
      const seconds = Math.floor(wait.min + at("retryAfter") * (wait.max - wait.min + 1))
      const fault = pick<Fault>([
        [rates.rateLimit429Seconds ?? 0, retryAfterSeconds(seconds)],
        [rates.rateLimit429HttpDate ?? 0, retryAfterDate(seconds)],
        [rates.serverError500 ?? 0, status(500)],
        [rates.badGateway502 ?? 0, status(502)],
        [rates.unavailable503 ?? 0, status(503)],
        [rates.unavailable503RetryAfter ?? 0, retryAfterSeconds(seconds, 503)],
        [rates.clientError4xx ?? 0, clientError],
        [rates.resetBefore ?? 0, resetBefore],
        [rates.resetAfter ?? 0, resetAfter],
        [rates.halfBody ?? 0, halfBody],
        [rates.malformedJson ?? 0, malformedJson],
        [rates.slowBody ?? 0, slow],
        [rates.hangBefore ?? 0, hangBefore],
        [rates.hangAfter ?? 0, hangAfter]
      ], at("fault")) ?? ok
      return { fault, latency: Duration.millis(min + at("latency") * (max - min)) }
    }
  }
}

/**
 * These faults, one after the other, for the requests in the order of their arrival; then none. With `operation` for the
 * requests of that operation only.
 *
 * @example
 * ```ts
 * import { Faults } from "holdfast/testing"
 *
 * const faults = Faults.script(
 *   [Faults.status(503), Faults.retryAfterSeconds(2), Faults.resetAfter, Faults.ok],
 *   { operation: "contacts.create" }
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const script = (faults: ReadonlyArray<Fault>, options?: { readonly operation?: string }): Plan => ({
  outages: [],
  duringOutage: outageOf(1, defaultMix),
  decide: (request) => {
    const operation = options?.operation
    if (operation !== undefined && operation !== request.operation) return noLatency
    const index = (operation === undefined ? request.arrival : request.operationArrival) - 1
    return { fault: faults[index] ?? ok, latency: Duration.zero }
  }
})

/**
 * The same fault for every request, or for every request of one operation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const always = (fault: Fault, options?: { readonly operation?: string }): Plan => ({
  outages: [],
  duringOutage: outageOf(1, defaultMix),
  decide: (request) =>
    options?.operation === undefined || options.operation === request.operation
      ? { fault, latency: Duration.zero }
      : noLatency
})

/**
 * Two plans at once: the second has its say where the first lets a request pass. Latencies add up, and the first
 * plan's mix of an outage counts.
 *
 * @since 0.1.0
 * @category combinators
 */
export const combine = (first: Plan, second: Plan): Plan => ({
  outages: [...first.outages, ...second.outages],
  duringOutage: first.duringOutage,
  decide: (request) => {
    const one = first.decide(request)
    const other = second.decide(request)
    return {
      fault: one.fault._tag === "None" ? other.fault : one.fault,
      latency: Duration.sum(one.latency, other.latency)
    }
  }
})

/**
 * A provider that works.
 *
 * @since 0.1.0
 * @category profiles
 */
export const none: Plan = make()

/**
 * An ordinary bad day: about one request in twenty fails, a few are limited, none is lost for good.
 *
 * @since 0.1.0
 * @category profiles
 */
export const light = (seed = 1, options?: Omit<Options, "seed" | "rates">): Plan =>
  make({
    latency: { min: 0, max: "10 millis" },
    ...options,
    seed,
    rates: {
      rateLimit429Seconds: 0.01,
      serverError500: 0.01,
      badGateway502: 0.01,
      unavailable503: 0.01,
      resetBefore: 0.005,
      resetAfter: 0.005
    }
  })

/**
 * Everything at once: about one request in three meets something, and one in five of those is processed all the same.
 *
 * @since 0.1.0
 * @category profiles
 */
export const heavy = (seed = 1, options?: Omit<Options, "seed" | "rates">): Plan =>
  make({
    latency: { min: 0, max: "50 millis" },
    ...options,
    seed,
    rates: {
      rateLimit429Seconds: 0.03,
      rateLimit429HttpDate: 0.02,
      serverError500: 0.05,
      badGateway502: 0.04,
      unavailable503: 0.04,
      unavailable503RetryAfter: 0.02,
      resetBefore: 0.04,
      resetAfter: 0.03,
      halfBody: 0.02,
      slowBody: 0.02
    }
  })

/**
 * A provider that works, but for one outage: after so many requests, for so long.
 *
 * @since 0.1.0
 * @category profiles
 */
export const outage = (
  outage: Outage,
  options?: Omit<Options, "outages">
): Plan => make({ ...options, outages: [outage] })
