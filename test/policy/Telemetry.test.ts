import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, HashMap, Layer, Logger, LogLevel, Metric, MetricState, Option, Tracer } from "effect"
import { CircuitBreaker, Holdfast, IntegrationContext, Resilience, Telemetry } from "holdfast"
import * as Kit from "../kit.js"

const item = { path: { id: "secret-path-42" } }

/** The value of a counter or gauge by name and labels, or the count of a histogram. */
const metric = (name: string, labels: Record<string, string>): number => {
  let sum = 0
  for (const pair of Metric.unsafeSnapshot()) {
    const key = pair.metricKey as { name: string; tags: ReadonlyArray<{ key: string; value: string }> }
    if (key.name !== name) continue
    const tags = Object.fromEntries(key.tags.map((tag) => [tag.key, tag.value]))
    if (!Object.entries(labels).every(([label, value]) => tags[label] === value)) continue
    const state = pair.metricState as unknown
    if (MetricState.isCounterState(state)) sum += Number(state.count)
    if (MetricState.isHistogramState(state)) sum += state.count
    if (MetricState.isGaugeState(state)) sum += Number(state.value)
  }
  return sum
}

const labels = { integration: "shop" }

describe("Telemetry", () => {
  it.scoped("counts calls, failures and retries, and measures time, with labels of low cardinality", () =>
    Effect.gen(function*() {
      const before = {
        errors: metric("integration_errors_total", { ...labels, error_type: "NotFoundError" }),
        failed: metric("integration_requests_total", { ...labels, operation: "items.get", status: "NotFoundError" }),
        ok: metric("integration_requests_total", { ...labels, operation: "items.get", status: "success" }),
        retries: metric("integration_retries_total", labels),
        timed: metric("integration_request_duration_seconds", { ...labels, operation: "items.get" })
      }
      const provider = new Kit.Provider(Kit.status(500), Kit.ok, Kit.status(404))
      const shop = yield* Effect.provide(
        Kit.shop(provider, Resilience.layer({ retry: { initialDelay: 0 } })),
        Holdfast.layerMemory
      )
      yield* shop.items.get(item)
      yield* Effect.either(shop.items.get(item))
      const after = (name: string, more: Record<string, string> = {}) => metric(name, { ...labels, ...more })
      strictEqual(after("integration_requests_total", { operation: "items.get", status: "success" }) - before.ok, 1)
      strictEqual(
        after("integration_requests_total", { operation: "items.get", status: "NotFoundError" }) - before.failed,
        1
      )
      strictEqual(after("integration_errors_total", { error_type: "NotFoundError" }) - before.errors, 1)
      strictEqual(after("integration_retries_total") - before.retries, 1)
      strictEqual(after("integration_request_duration_seconds", { operation: "items.get" }) - before.timed, 2)
    }))

  it.scoped("the gauge of the breaker follows its state: 0 closed, 1 half-open, 2 open", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(CircuitBreaker.layerMemory)
      const breakers = yield* Effect.provide(CircuitBreaker.CircuitBreakers, context)
      yield* Effect.provide(Kit.shop(new Kit.Provider(Kit.ok), CircuitBreaker.layer()), context)
      const gauge = () => metric("integration_circuit_breaker_state", labels)
      strictEqual(gauge(), 0)
      yield* breakers.forceOpen("shop", "test")
      strictEqual(gauge(), 2)
      yield* breakers.reset("shop")
      strictEqual(gauge(), 0)
    }))

  it.scoped("one line per outcome, structured, without URL, header or body", () =>
    Effect.gen(function*() {
      const lines: Array<{ level: string; message: string; annotations: Record<string, unknown> }> = []
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        lines.push({
          annotations: Object.fromEntries(HashMap.toEntries(annotations)),
          level: logLevel.label,
          message: String(message)
        })
      })
      const provider = new Kit.Provider(Kit.ok, Kit.status(404, {}, { message: "no such item" }))
      const shop = yield* Kit.shop(provider, Telemetry.layer())
      yield* Effect.all([Effect.either(shop.items.get(item)), Effect.either(shop.items.get(item))]).pipe(
        IntegrationContext.provide({ correlationId: "corr-1", tenantId: "acme" }),
        Logger.withMinimumLogLevel(LogLevel.Debug),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      deepStrictEqual(lines.map((line) => line.level), ["DEBUG", "WARN"])
      strictEqual(lines[1]?.message.startsWith("shop items.get failed: NotFoundError: HTTP 404: no such item"), true)
      deepStrictEqual(
        [lines[1]?.annotations.correlationId, lines[1]?.annotations.attempts, lines[1]?.annotations.tenantId],
        ["corr-1", 1, "acme"]
      )
      strictEqual(JSON.stringify(lines).includes("secret-path-42"), false)
    }))

  const collect = <A, E>(self: Effect.Effect<A, E>) => {
    const spans: Array<{ name: string; parent: string | undefined; attributes: ReadonlyMap<string, unknown> }> = []
    let ids = 0
    const tracer = Tracer.make({
      context: (f) => f(),
      span: (name, parent, context, links, startTime, kind) => {
        const attributes = new Map<string, unknown>()
        spans.push({
          attributes,
          name,
          parent: Option.getOrUndefined(Option.map(parent, (p) => p._tag === "Span" ? p.name : p.spanId))
        })
        return {
          _tag: "Span",
          addLinks: () => {},
          attribute: (key, value) => attributes.set(key, value),
          attributes,
          context,
          end: () => {},
          event: () => {},
          kind,
          links,
          name,
          parent,
          sampled: true,
          spanId: String(++ids),
          status: { _tag: "Started", startTime },
          traceId: "t"
        }
      }
    })
    return Effect.as(Effect.withTracer(self, tracer), spans)
  }

  it.scoped("with a tracer: a span for the call and one for each attempt, nothing that could hold a secret", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503, { "retry-after": "0" }), Kit.ok)
      const shop = yield* Effect.provide(
        Kit.shop(provider, Resilience.layer({ retry: { initialDelay: 0 } })),
        Holdfast.layerMemory
      )
      const spans = yield* collect(Effect.provide(shop.items.get(item), Layer.empty))
      deepStrictEqual(spans.map((span) => [span.name, span.parent]), [
        ["integration.execute", undefined],
        ["GET /items/:id", "integration.execute"],
        ["GET /items/:id", "integration.execute"]
      ])
      const [call, first, second] = spans
      deepStrictEqual(
        [call?.attributes.get("integration.id"), call?.attributes.get("integration.operation")],
        ["shop", "items.get"]
      )
      strictEqual(call?.attributes.get("integration.attempts"), 2)
      deepStrictEqual(
        [first?.attributes.get("http.response.status_code"), second?.attributes.get("http.response.status_code")],
        [503, 200]
      )
      strictEqual(
        JSON.stringify(spans.map((span) => [...span.attributes])).includes("secret-path-42"),
        false
      )
    }))

  it.scoped("without a tracer no span is made, unless one is open already", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const seen: Array<boolean> = []
      const shop = yield* Kit.shop(provider, Telemetry.layer())
      provider.answer = () =>
        Effect.map(Effect.option(Effect.currentSpan), (span) => {
          seen.push(Option.isSome(span))
          return Response.json({ id: "1" })
        })
      yield* shop.items.get(item)
      yield* shop.items.get(item).pipe(Effect.withSpan("outer"))
      deepStrictEqual(seen, [false, true])
    }))
})
