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

/** The meters of one operation. */
class OperationMeters {
  readonly duration: Meters.Meter
  readonly success: Meters.Meter
  readonly #failures = new Map<string, Meters.Meter>()

  constructor(readonly integration: string, readonly operation: string) {
    this.success = this.#requests("success")
    this.duration = Meters.histogram(
      "integration_request_duration_seconds",
      boundaries,
      "From the call to its outcome, retries and waits included",
      { integration, operation }
    )
  }

  failure(tag: string): Meters.Meter {
    return getOrMake(this.#failures, tag, () => this.#requests(tag))
  }

  #requests(status: string): Meters.Meter {
    const { integration, operation } = this
    return Meters.counter("integration_requests_total", "Calls that ended, by outcome", {
      integration,
      operation,
      status
    })
  }
}

/** The meters of one integration, each made when it is first needed. */
class IntegrationMeters {
  readonly #retries: Meters.Meter
  readonly #operations = new Map<string, OperationMeters>()
  readonly #errors = new Map<string, Meters.Meter>()

  constructor(readonly integration: string) {
    this.#retries = Meters.counter("integration_retries_total", "Requests sent beyond the first of a call", {
      integration
    })
  }

  record(operation: string, error: IntegrationError | undefined, seconds: number, attempts: number): void {
    const meters = getOrMake(this.#operations, operation, () => new OperationMeters(this.integration, operation))
    meters.duration.update(seconds)
    if (attempts > 1) this.#retries.update(attempts - 1)
    if (error === undefined) return meters.success.update(1)
    meters.failure(error._tag).update(1)
    getOrMake(this.#errors, error._tag, () =>
      Meters.counter("integration_errors_total", "Failed calls", {
        error_type: error._tag,
        integration: this.integration
      })).update(1)
  }
}

const getOrMake = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const existing = map.get(key)
  if (existing !== undefined) return existing
  const made = make()
  map.set(key, made)
  return made
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
            meters.record(call.operation.name, error, millis / 1000, call.attempts)
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
  for (const wait of call.waits) {
    span.event("retry", BigInt(Math.round(call.lastAttemptAt)) * 1_000_000n, {
      ...wait,
      millis: Math.round(wait.millis)
    })
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
