/** What must be reached. `floor` is what the gate asks for: far enough off that noise does not trip it. */
import type { Result } from "./harness/result.js"

export interface Target {
  readonly name: string
  /** What a group of measurements calls it; its first word is the group. */
  readonly measure: string
  readonly target: number
  /** Whether the target is the most that may be measured, or the least. */
  readonly direction: "max" | "min"
  /** null: no gate. */
  readonly floor: number | null
  /** A count, which another try would not change. */
  readonly exact: boolean
}

export interface Row extends Target {
  /** null: there was nothing to measure. */
  readonly measured: number | null
  readonly met: boolean
  readonly floorMet: boolean
}

const target = (
  name: string,
  measure: string,
  direction: Target["direction"],
  target: number,
  floor: number | null,
  exact = false
): Target => ({ direction, exact, floor, measure, name, target })

const atBoth = (
  name: string,
  measure: string,
  direction: Target["direction"],
  aim: number,
  floor: number
): ReadonlyArray<Target> =>
  [16, 128].map((concurrency) =>
    target(`GET, concurrency ${concurrency}: ${name}`, `${measure}.${concurrency}`, direction, aim, floor)
  )

export const targets: ReadonlyArray<Target> = [
  target("standard stack in one fiber: run-loop steps added", "counts.steps", "max", 14, 18, true),
  target("standard stack in one fiber: fibers forked", "counts.forks", "max", 0, 0, true),
  target(
    "standard stack in one fiber: times faster than cockatiel wrap(bulkhead, retry, sampling breaker, timeout)",
    "overhead.cockatiel",
    "min",
    5,
    3.5
  ),
  target(
    "standard stack in one fiber: times faster than the idiomatic Effect stack",
    "overhead.idiomatic",
    "min",
    15,
    9
  ),
  target("rejection by an open breaker, handled: times cheaper than cockatiel", "overhead.rejection", "min", 5, 3),
  ...atBoth("requests per second against undici.request", "http.undici", "min", 0.95, 0.75),
  ...atBoth("requests per second against cockatiel + undici.request", "http.cockatielUndici", "min", 2, 1.5),
  ...atBoth("requests per second against cockatiel + fetch", "http.cockatielFetch", "min", 5, 3.5),
  ...atBoth("requests per second against axios + axios-retry + opossum", "http.axios", "min", 5, 3.5),
  ...atBoth("requests per second against the idiomatic Effect stack", "http.idiomatic", "min", 6, 4),
  ...atBoth("CPU per request against undici.request", "http.cpu", "max", 1.1, 1.3),
  ...atBoth("CPU per request of a typed method with Schema against undici.request", "http.cpuTyped", "max", 1.35, 1.6),
  ...atBoth("requests kept by the stack around layerUndici", "over.kept", "min", 0.9, 0.8),
  ...atBoth("requests per second of ResilientFetch against global fetch", "http.fetch", "min", 2, 1.5),
  target("2,000 waiters on 10 permits: time against ten plain loops", "waiters.ideal", "max", 1.5, 2),
  ...[1000, 20_000].flatMap((perSecond) => [
    target(
      `limiter of ${perSecond}/s with 5,000 waiters: share of its rate`,
      `limiter.share.${perSecond}`,
      "min",
      0.99,
      0.97
    ),
    // a grant that is noted a millisecond late is a fiftieth of this bucket
    target(
      `limiter of ${perSecond}/s with 5,000 waiters: most beyond its rate in any window, against its capacity`,
      `limiter.most.${perSecond}`,
      "max",
      1.02,
      1.2
    )
  ]),
  ...[16, 128].flatMap((concurrency) => {
    const row = (
      name: string,
      measure: string,
      direction: Target["direction"],
      aim: number,
      floor: number
    ) =>
      target(
        `state in Redis, concurrency ${concurrency}: ${name}`,
        `shared.${measure}.${concurrency}`,
        direction,
        aim,
        floor
      )
    return [
      row("CPU per call of the standard stack against the one in memory", "cpu", "max", 1.2, 1.5),
      row("commands per call of the standard stack", "commands", "max", 0.01, 0.02),
      row("calls per second against a breaker that asks on every call", "asking", "min", 40, 20),
      row("grants per second against rate-limiter-flexible", "limiter", "min", 20, 10),
      row("commands per grant of an endless limit", "leases", "max", 0.05, 0.1)
    ]
  }),
  target("64 callers, SQLite: messages per second against a transaction a message", "queue.sqlite", "min", 12, 6),
  target("64 callers, PostgreSQL: messages per second against a transaction a message", "queue.postgres", "min", 6, 3),
  target("64 callers, SQLite: longest block of the event loop, ms", "queue.blocked", "max", 5, null),
  target("64 callers, Redis: messages per second against BullMQ", "queue.bullmq", "min", 1, 0.7),
  target("64 callers, PostgreSQL: messages per second against pg-boss", "queue.pgBoss", "min", 1, 0.7),
  ...["SQLite", "PostgreSQL", "Redis"].map((store) =>
    target(
      `a million dead letters, ${store}: dearest of list, filter, group, count, claim against ten thousand`,
      `letters.${store}`,
      "max",
      2,
      null
    )
  ),
  target("heap gained by a replay of 50,000 dead letters, MiB", "letters.replay", "max", 5, null),
  target("heap growth over the calls of the standard stack, MiB", "heap.growth", "max", 5, null)
]

export const groupOf = ({ measure }: Target): string => measure.slice(0, measure.indexOf("."))

const reaches = (measured: number | null, direction: Target["direction"], limit: number): boolean =>
  measured !== null && (direction === "max" ? measured <= limit : measured >= limit)

/** The rows of the groups that have been measured. */
export const judge = (results: ReadonlyMap<string, Result>): ReadonlyArray<Row> =>
  targets.flatMap((target) => {
    const result = results.get(groupOf(target))
    if (result === undefined) return []
    const value = result.measures[target.measure]
    const measured = value === undefined || value === null || Number.isNaN(value) ? null : value
    return [{
      ...target,
      floorMet: target.floor === null || reaches(measured, target.direction, target.floor),
      measured,
      met: reaches(measured, target.direction, target.target)
    }]
  })

/** Of two tries at a group: what the first kept stands, and for the rest the second counts, which saw more windows. */
export const retried = (first: Result, second: Result): Result => {
  const measures: Record<string, number | null> = { ...second.measures }
  for (const { direction, floor, measure } of targets) {
    const before = first.measures[measure]
    if (before !== undefined && floor !== null && reaches(before, direction, floor)) measures[measure] = before
  }
  return { ...second, measures }
}

/** The groups that another try might help, each with more windows. */
export const worthAnotherTry = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [
  ...new Set(rows.filter((row) => !row.floorMet && !row.exact && row.measured !== null).map(groupOf))
]
