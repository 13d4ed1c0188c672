import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, HashMap, Layer, Logger, LogLevel, Metric, MetricState, Tracer } from "effect"
import { Retry, Telemetry, Timeout } from "holdfast"
import * as Kit from "../kit.js"
import { elapsed, gaveUpOf } from "./elapsed.js"

const item = { path: { id: "1" } }

/** The counts of a metric of the shop by the label `reason`. */
const counts = (name: string): Record<string, number> => {
  const byReason: Record<string, number> = {}
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    const key = metricKey as { readonly name: string; readonly tags: ReadonlyArray<{ key: string; value: string }> }
    const tags = Object.fromEntries(key.tags.map((tag) => [tag.key, tag.value]))
    if (key.name !== name || tags.integration !== "shop") continue
    deepStrictEqual(Object.keys(tags).sort(), ["integration", "reason"])
    const state = metricState as unknown
    if (MetricState.isCounterState(state)) byReason[tags.reason!] = Number(state.count)
  }
  return byReason
}

const since = (before: Record<string, number>, after: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after)
      .map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const)
      .filter(([, count]) => count > 0)
  )

/** What a call leaves behind: its log line, the attributes and events of its span, and what was counted. */
const observe = <A, E>(self: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const lines: Array<{ readonly message: string; readonly annotations: Record<string, unknown> }> = []
    const logger = Logger.make(({ annotations, message }) => {
      lines.push({ annotations: Object.fromEntries(HashMap.toEntries(annotations)), message: String(message) })
    })
    const events: Array<readonly [string, number, Record<string, unknown>]> = []
    const attributes = new Map<string, unknown>()
    const tracer = Tracer.make({
      context: (f) => f(),
      span: (name, parent, context, links, startTime, kind) => ({
        _tag: "Span",
        addLinks: () => {},
        attribute: (key, value) => name === "integration.execute" ? attributes.set(key, value) : undefined,
        attributes,
        context,
        end: () => {},
        event: (name, startTime, attributes) => events.push([name, Number(startTime / 1_000_000n), attributes ?? {}]),
        kind,
        links,
        name,
        parent,
        sampled: true,
        spanId: "s",
        status: { _tag: "Started", startTime },
        traceId: "t"
      })
    })
    const before = [counts("integration_retries_total"), counts("integration_retries_refused_total")] as const
    const [result, took] = yield* elapsed(self).pipe(
      Effect.withTracer(tracer),
      Logger.withMinimumLogLevel(LogLevel.Debug),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
    return {
      attributes,
      events,
      lines,
      refused: since(before[1], counts("integration_retries_refused_total")),
      result,
      retries: since(before[0], counts("integration_retries_total")),
      took
    }
  })

const exact = { initialDelay: "1 second", jitter: "none", maxAttempts: 3 } as const

const shop = (provider: Kit.Provider, options: Retry.Options) =>
  Kit.shop(
    provider,
    Telemetry.layer().pipe(
      Layer.provide(Timeout.layerTotal("5 minutes")),
      Layer.provide(Retry.layer({ ...exact, ...options }))
    )
  )

describe("what is seen of retries", () => {
  it.scoped("each wait with its attempt, its length, its reason and its time", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503), Kit.status(429, { "retry-after": "7" }), Kit.ok)
      const seen = yield* observe((yield* shop(provider, {})).items.get(item))
      strictEqual(seen.took, 8_000)
      deepStrictEqual(seen.events.filter(([name]) => name === "retry"), [
        ["retry", 0, { attempt: 1, error: "ServerError", millis: 1_000, reason: "ServerError 503" }],
        ["retry", 1_000, {
          attempt: 2,
          error: "RateLimitError",
          millis: 7_000,
          reason: "RateLimitError 429, Retry-After"
        }]
      ])
      deepStrictEqual(
        [seen.attributes.get("integration.attempts"), seen.attributes.get("integration.gave_up")],
        [3, undefined]
      )
      strictEqual(
        seen.lines[0]?.annotations.waits,
        "1000 ms after attempt 1: ServerError 503; 7000 ms after attempt 2: RateLimitError 429, Retry-After"
      )
      deepStrictEqual([seen.retries, seen.refused], [{ RateLimitError: 1, ServerError: 1 }, {}])
    }))

  const reasons: ReadonlyArray<readonly [string, Kit.Answer, Retry.Options, "get" | "create", number]> = [
    ["attempts", Kit.status(500), {}, "get", 2],
    ["budget", Kit.status(500), { budget: { minPerSecond: 0, ratio: 0 }, initialDelay: 0 }, "get", 1],
    ["deadline", Kit.status(500), { initialDelay: "4 minutes", maxDelay: "1 hour" }, "get", 1],
    ["retry-after", Kit.status(429, { "retry-after": "600" }), {}, "get", 0],
    ["may-have-been-processed", Kit.status(500), {}, "create", 0]
  ]
  for (const [reason, answer, options, operation, waits] of reasons) {
    it.scoped(`no further attempt: ${reason}, in the error, the log line, the span and the count`, () =>
      Effect.gen(function*() {
        const client = yield* shop(new Kit.Provider(answer), options)
        const seen = yield* observe(
          operation === "get" ? client.items.get(item) : client.items.create({ payload: { name: "a" } })
        )
        strictEqual(gaveUpOf(seen.result), reason)
        const [line] = seen.lines
        strictEqual(line?.annotations.gaveUp, reason)
        strictEqual(line?.message.includes(`; not again: ${reason})`), true)
        strictEqual(seen.attributes.get("integration.gave_up"), reason)
        deepStrictEqual(seen.refused, { [reason]: 1 })
        strictEqual(Object.values(seen.retries).reduce((sum, count) => sum + count, 0), waits)
      }))
  }

  it.scoped("an error that is not retryable was not given up on: nothing is said of it", () =>
    Effect.gen(function*() {
      const seen = yield* observe((yield* shop(new Kit.Provider(Kit.status(404)), {})).items.get(item))
      deepStrictEqual([gaveUpOf(seen.result), seen.refused, seen.attributes.get("integration.gave_up")], [
        undefined,
        {},
        undefined
      ])
      strictEqual(seen.lines[0]?.message.includes("not again"), false)
    }))

  it.scoped("an inner layer's reason is forgotten when an outer one tries again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const client = yield* Kit.shop(
        provider,
        Telemetry.layer().pipe(
          Layer.provide(Retry.layer({ ...exact, initialDelay: 0 })),
          Layer.provide(Retry.layer({ maxAttempts: 1 }))
        )
      )
      const seen = yield* observe(client.items.get(item))
      deepStrictEqual([seen.refused, seen.attributes.get("integration.gave_up")], [{}, undefined])
    }))
})
