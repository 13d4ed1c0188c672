/**
 * What can be seen of every call: metrics, one log line per outcome, and a span where tracing is on. Labels are of low
 * cardinality; no URL, header or body is recorded.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_requests_total` | integration, operation, status (`success`, or the tag of the error) |
 * | `integration_request_duration_seconds` | integration, operation |
 * | `integration_errors_total` | integration, error_type |
 * | `integration_retries_total` | integration, reason (the tag of the error that led to the retry) |
 * | `integration_retries_refused_total` | integration, reason (`attempts`, `budget`, … of `error.gaveUp`) |
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as LogLevel from "effect/LogLevel"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Tracer from "effect/Tracer"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import type { IntegrationError } from "../core/IntegrationError.js"
import * as Pipeline from "../core/Pipeline.js"
import * as Meters from "../internal/meters.js"

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

const boundaries = MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30])

const makeOperationMeters = (integration: string, operation: string) => ({
  duration: Meters.histogram(
    "integration_request_duration_seconds",
    boundaries,
    "From the call to its outcome, retries and waits included",
    { integration, operation }
  ),
  requests: Meters.counters(
    "integration_requests_total",
    "Calls that ended, by outcome",
    { integration, operation },
    "status"
  )
})

/** The meters of one integration. */
class IntegrationMeters {
  readonly #integration: string
  readonly #operations = new Map<string, ReturnType<typeof makeOperationMeters>>()
  readonly #errors: (tag: string) => Meters.Meter
  readonly #retries: (reason: string) => Meters.Meter
  readonly #retriesRefused: (reason: string) => Meters.Meter

  constructor(integration: string) {
    this.#integration = integration
    this.#errors = Meters.counters("integration_errors_total", "Failed calls", { integration }, "error_type")
    this.#retries = Meters.counters(
      "integration_retries_total",
      "Further attempts of a call, by the error that led to each",
      { integration },
      "reason"
    )
    this.#retriesRefused = Meters.counters(
      "integration_retries_refused_total",
      "Calls that failed with a retryable error and were not tried again, by the reason",
      { integration },
      "reason"
    )
  }

  record(call: Call, error: IntegrationError | undefined, seconds: number): void {
    const operation = call.operation.name
    let meters = this.#operations.get(operation)
    if (meters === undefined) {
      this.#operations.set(operation, meters = makeOperationMeters(this.#integration, operation))
    }
    meters.duration.update(seconds)
    meters.requests(error === undefined ? "success" : error._tag).update(1)
    for (const wait of call.waits) this.#retries(wait.error).update(1)
    if (error === undefined) return
    this.#errors(error._tag).update(1)
    if (error.gaveUp !== undefined) this.#retriesRefused(error.gaveUp).update(1)
  }
}

const nativeTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  (fiber.currentSpan !== undefined || fiber.currentTracer !== nativeTracer) &&
  fiber.getFiberRef(FiberRef.currentTracerEnabled)

/**
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  const spans = options.spans ?? "auto"
  const logs = options.logs ?? true
  return IntegrationClient.stage((next) =>
    Effect.sync((): Pipeline.Stage => {
      const meters = new IntegrationMeters(next.integration.id)
      return {
        holdsNothing: true,
        enter: (run) => {
          run.state = run.now()
          return spans === "always" || (spans === "auto" && isTraced(run.fiber)) ? startSpan(run.call) : undefined
        },
        leave: (run, outcome) => {
          const { call } = run
          const error = Pipeline.errorOf(outcome)
          let line: Effect.Effect<void> | undefined
          // a defect or an interruption is no outcome of the provider's
          if (error !== undefined || Exit.isSuccess(outcome)) {
            const millis = run.now() - (run.state as number)
            meters.record(call, error, millis / 1000)
            if (logs) line = lineOf(run, outcome, error, millis)
          }
          if (line === undefined) {
            endSpan(run, outcome)
            return undefined
          }
          return Pipeline.first(Effect.zipRight(
            line,
            Effect.suspend(() => {
              endSpan(run, outcome)
              return outcome
            })
          ))
        }
      }
    })
  )
}

const lineOf = (
  { call, fiber }: Pipeline.Run,
  outcome: Pipeline.Outcome,
  error: IntegrationError | undefined,
  millis: number
): Effect.Effect<void> | undefined => {
  if (error !== undefined) return logFailure(call, error, millis)
  if (call.fellBack !== undefined) return logFallback(call, call.fellBack, millis)
  return Exit.isSuccess(outcome) && isDebugging(fiber) ? logSuccess(call, outcome.value.status, millis) : undefined
}

/** A line that no logger would see is not made. */
const isDebugging = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  LogLevel.lessThanEqual(fiber.getFiberRef(FiberRef.currentMinimumLogLevel), LogLevel.Debug)

const startSpan = (call: Call): Effect.Effect<void> =>
  Effect.map(
    Effect.makeSpan("integration.execute", {
      attributes: {
        "integration.id": call.operation.integration,
        "integration.version": call.operation.version,
        "integration.operation": call.operation.name,
        "correlation.id": call.correlationId,
        ...(call.context.tenantId === undefined ? undefined : { "tenant.id": call.context.tenantId })
      },
      captureStackTrace: false
    }),
    (span) => {
      call.span = span
    }
  )

const endSpan = ({ call, clock }: Pipeline.Run, outcome: Pipeline.Outcome): void => {
  const { span } = call
  if (span === undefined) return
  call.span = undefined
  span.attribute("integration.attempts", call.attempts)
  const gaveUp = Pipeline.errorOf(outcome)?.gaveUp
  if (gaveUp !== undefined) span.attribute("integration.gave_up", gaveUp)
  if (call.hedges > 0) span.attribute("integration.hedges", call.hedges)
  if (call.fellBack !== undefined) span.attribute("integration.fallback_for", call.fellBack._tag)
  for (const { at, attempt, error, millis, reason } of call.waits) {
    span.event("retry", BigInt(Math.round(at)) * 1_000_000n, { attempt, error, millis: Math.round(millis), reason })
  }
  span.end(clock.unsafeCurrentTimeNanos(), outcome)
}

const plural = (attempts: number): string => attempts === 1 ? "1 attempt" : `${attempts} attempts`

const annotations = (call: Call, millis: number): Record<string, unknown> => ({
  integration: call.operation.integration,
  operation: call.operation.name,
  correlationId: call.correlationId,
  attempts: call.attempts,
  durationMs: Math.round(millis),
  ...(call.context.tenantId === undefined ? undefined : { tenantId: call.context.tenantId }),
  ...(call.hedges === 0 ? undefined : { hedges: call.hedges }),
  ...(call.waits.length === 0
    ? undefined
    : {
      waits: call.waits
        .map(({ attempt, millis, reason }) => `${Math.round(millis)} ms after attempt ${attempt}: ${reason}`)
        .join("; ")
    })
})

const logSuccess = (call: Call, status: number, millis: number): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.annotateLogs(
      Effect.logDebug(`${call.operation.integration} ${call.operation.name}: HTTP ${status}`),
      { ...annotations(call, millis), status }
    )
  )

const logFallback = (call: Call, error: IntegrationError, millis: number): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logWarning(
      `${call.operation.integration} ${call.operation.name}: answered by the fallback, after ${error._tag}: ${error.message}`
    ),
    { ...annotations(call, millis), error: error._tag, fallback: true }
  )

const logFailure = (call: Call, error: IntegrationError, millis: number): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logWarning(
      `${call.operation.integration} ${call.operation.name} failed: ${error._tag}: ${error.message} (${
        plural(call.attempts)
      } in ${Duration.format(Duration.millis(Math.round(millis)))}${gaveUp(error)}${storedAs(error)})`
    ),
    {
      ...annotations(call, millis),
      error: error._tag,
      ...(error.status === undefined ? undefined : { status: error.status }),
      ...(error.code === undefined ? undefined : { code: error.code }),
      ...(error.gaveUp === undefined ? undefined : { gaveUp: error.gaveUp }),
      ...(error.deadLetterId === undefined ? undefined : { deadLetterId: error.deadLetterId })
    }
  )

const gaveUp = (error: IntegrationError): string => error.gaveUp === undefined ? "" : `; not again: ${error.gaveUp}`

const storedAs = (error: IntegrationError): string =>
  error.deadLettered === undefined
    ? ""
    : error.deadLettered
    ? "; stored as a dead letter"
    : "; NOT stored as a dead letter"
