/** The same policies from the parts that Effect ships, put together as its documentation does. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as RateLimiter from "effect/RateLimiter"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

export class TimedOut extends Data.TaggedError("TimedOut")<{}> {}
export class CircuitOpen extends Data.TaggedError("CircuitOpen")<{}> {}

type Wrap = <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E | CircuitOpen>

/** Five failures in a row open it for a minute. */
export const makeBreaker: Effect.Effect<Wrap> = Effect.gen(function*() {
  const state = yield* Ref.make({ failures: 0, openUntil: 0 })

  const isOpen = Effect.zipWith(Clock.currentTimeMillis, Ref.get(state), (now, { openUntil }) => now < openUntil)
  const succeeded = Ref.set(state, { failures: 0, openUntil: 0 })
  const failed = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Ref.update(state, ({ failures, openUntil }) => ({
      failures: failures + 1,
      openUntil: failures + 1 >= 5 ? now + 60_000 : openUntil
    })))

  return <A, E>(self: Effect.Effect<A, E>) =>
    Effect.flatMap(
      isOpen,
      (open): Effect.Effect<A, E | CircuitOpen> =>
        open ? new CircuitOpen() : Effect.onExit(self, (exit) => exit._tag === "Success" ? succeeded : failed)
    )
})

const requests = Metric.counter("bench_requests_total", { incremental: true })
const durations = Metric.timerWithBoundaries(
  "bench_request_duration",
  Array.from(MetricBoundaries.exponential({ count: 12, factor: 2, start: 1 }).values)
)

const retries = Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(2)))

/** Timeout, semaphore, rate limiter, breaker, retry, metrics; no span. */
export const make: Effect.Effect<
  <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E | CircuitOpen | TimedOut>,
  never,
  Scope.Scope
> = Effect.gen(function*() {
  const breaker = yield* makeBreaker
  const semaphore = yield* Effect.makeSemaphore(50)
  const limiter = yield* RateLimiter.make({ interval: "1 second", limit: 1_000_000_000 })
  return (self) =>
    self.pipe(
      Effect.timeoutFail({ duration: "10 seconds", onTimeout: () => new TimedOut() }),
      semaphore.withPermits(1),
      limiter,
      breaker,
      Effect.retry(retries),
      Effect.tap(() => Metric.increment(requests)),
      Metric.trackDuration(durations)
    )
})
