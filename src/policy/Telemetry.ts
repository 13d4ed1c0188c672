/**
 * What can be seen of every call: metrics, one log line per outcome, and a span where tracing is on. Labels are of low
 * cardinality; no URL, header or body is recorded.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_requests_total` | integration, operation, status (`success`, or the tag of the error) |
 * | `integration_request_duration_seconds` | integration, operation |
 * | `integration_errors_total` | integration, error_type |
 * | `integration_retries_total` | integration |
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Tracer from "effect/Tracer"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import type { IntegrationError } from "../core/IntegrationError.js"
import type * as Transport from "../core/Transport.js"
import { clockOf, monotonicMillis } from "../internal/time.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * `auto`: a span per call where a tracer is installed or a span is open already, which costs nothing elsewhere.
   * Default `auto`.
   */
  readonly spans?: "auto" | "always" | "never" | undefined
  /** One line per outcome: successes at Debug, failures at Warning. Default true. */
  readonly logs?: boolean | undefined
}

const requests = Metric.counter("integration_requests_total", {
  description: "Calls that ended, by outcome",
  incremental: true
})
const errors = Metric.counter("integration_errors_total", { description: "Failed calls", incremental: true })
const retries = Metric.counter("integration_retries_total", {
  description: "Requests sent beyond the first of a call",
  incremental: true
})
const durations = Metric.histogram(
  "integration_request_duration_seconds",
  MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30]),
  "From the call to its outcome, retries and waits included"
)

/** Counters of one integration, each made once: looking a tagged metric up costs more than counting. */
class Meters {
  readonly #integration: string
  readonly #retries: Metric.Metric.Counter<number>
  readonly #requests = new Map<string, Metric.Metric.Counter<number>>()
  readonly #durations = new Map<string, Metric.Metric.Histogram<number>>()
  readonly #errors = new Map<string, Metric.Metric.Counter<number>>()

  constructor(integration: string) {
    this.#integration = integration
    this.#retries = Metric.tagged(retries, "integration", integration)
  }

  record(operation: string, error: IntegrationError | undefined, seconds: number, attempts: number): void {
    const status = error === undefined ? "success" : error._tag
    const key = `${operation} ${status}`
    let counter = this.#requests.get(key)
    if (counter === undefined) {
      counter = requests.pipe(
        Metric.tagged("integration", this.#integration),
        Metric.tagged("operation", operation),
        Metric.tagged("status", status)
      )
      this.#requests.set(key, counter)
    }
    counter.unsafeUpdate(1, [])
    let histogram = this.#durations.get(operation)
    if (histogram === undefined) {
      histogram = durations.pipe(
        Metric.tagged("integration", this.#integration),
        Metric.tagged("operation", operation)
      )
      this.#durations.set(operation, histogram)
    }
    histogram.unsafeUpdate(seconds, [])
    if (attempts > 1) this.#retries.unsafeUpdate(attempts - 1, [])
    if (error === undefined) return
    let errorCounter = this.#errors.get(error._tag)
    if (errorCounter === undefined) {
      errorCounter = errors.pipe(
        Metric.tagged("integration", this.#integration),
        Metric.tagged("error_type", error._tag)
      )
      this.#errors.set(error._tag, errorCounter)
    }
    errorCounter.unsafeUpdate(1, [])
  }
}

const nativeTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  fiber.currentSpan !== undefined || fiber.currentTracer !== nativeTracer

/**
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  const spans = options.spans ?? "auto"
  const logs = options.logs ?? true
  return IntegrationClient.policy((next) =>
    Effect.sync((): Transport.Send => {
      const meters = new Meters(next.integration.id)
      return (request, call) =>
        Effect.withFiberRuntime((fiber) => {
          const clock = clockOf(fiber)
          const start = monotonicMillis(clock)
          const settle = (error: IntegrationError | undefined) => {
            const millis = monotonicMillis(clock) - start
            meters.record(call.operation.name, error, millis / 1000, call.attempts)
            return millis
          }
          call.traced = spans === "always" || (spans === "auto" && isTraced(fiber))
          const measured = Effect.matchCauseEffect(next.send(request, call), {
            onFailure: (cause) => {
              const failure = Cause.failureOption(cause)
              if (failure._tag === "None") return Effect.failCause(cause)
              const millis = settle(failure.value)
              return logs
                ? Effect.zipRight(logFailure(call, failure.value, millis), Effect.failCause(cause))
                : Effect.failCause(cause)
            },
            onSuccess: (response) => {
              const millis = settle(undefined)
              return logs ? Effect.as(logSuccess(call, response.status, millis), response) : Effect.succeed(response)
            }
          })
          return call.traced ? withSpan(measured, call) : measured
        })
    })
  )
}

const withSpan = <A, E, R>(self: Effect.Effect<A, E, R>, call: Call): Effect.Effect<A, E, R> =>
  Effect.useSpan(
    "integration.execute",
    {
      attributes: {
        "integration.id": call.operation.integration,
        "integration.version": call.operation.version,
        "integration.operation": call.operation.name,
        "correlation.id": call.correlationId,
        ...(call.context.tenantId === undefined ? undefined : { "tenant.id": call.context.tenantId })
      },
      captureStackTrace: false
    },
    (span) =>
      Effect.onExit(Effect.withParentSpan(self, span), () =>
        Effect.sync(() => {
          span.attribute("integration.attempts", call.attempts)
          for (const wait of call.waits) {
            span.event("retry", BigInt(Math.round(call.lastAttemptAt)) * 1_000_000n, {
              ...wait,
              millis: Math.round(wait.millis)
            })
          }
        }))
  ) as Effect.Effect<A, E, R>

const plural = (attempts: number): string => attempts === 1 ? "1 attempt" : `${attempts} attempts`

const annotations = (call: Call, millis: number): Record<string, unknown> => ({
  integration: call.operation.integration,
  operation: call.operation.name,
  correlationId: call.correlationId,
  attempts: call.attempts,
  durationMs: Math.round(millis),
  ...(call.context.tenantId === undefined ? undefined : { tenantId: call.context.tenantId }),
  ...(call.waits.length === 0
    ? undefined
    : { waits: call.waits.map((wait) => `${Math.round(wait.millis)} ms: ${wait.reason}`).join("; ") })
})

const logSuccess = (call: Call, status: number, millis: number): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.annotateLogs(
      Effect.logDebug(`${call.operation.integration} ${call.operation.name}: HTTP ${status}`),
      { ...annotations(call, millis), status }
    )
  )

const logFailure = (call: Call, error: IntegrationError, millis: number): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logWarning(
      `${call.operation.integration} ${call.operation.name} failed: ${error._tag}: ${error.message} (${
        plural(call.attempts)
      } in ${Duration.format(Duration.millis(Math.round(millis)))}${storedAs(error)})`
    ),
    {
      ...annotations(call, millis),
      error: error._tag,
      ...(error.status === undefined ? undefined : { status: error.status }),
      ...(error.code === undefined ? undefined : { code: error.code }),
      ...(error.deadLetterId === undefined ? undefined : { deadLetterId: error.deadLetterId })
    }
  )

const storedAs = (error: IntegrationError): string =>
  error.deadLettered === undefined
    ? ""
    : error.deadLettered
    ? "; stored as a dead letter"
    : "; NOT stored as a dead letter"
