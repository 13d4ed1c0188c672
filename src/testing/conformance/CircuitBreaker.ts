/**
 * What every backing of the circuit breakers must do. A third party's backing proves itself by calling `suite` in a spec
 * of its own.
 *
 * @since 0.1.0
 */
import { describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { CircuitBreakers } from "../../policy/CircuitBreaker.js"
import { handTests } from "./internal/circuitBreakerHands.js"
import type { Test, World } from "./internal/circuitBreakerKit.js"
import { modelTest } from "./internal/circuitBreakerModel.js"
import { stateTests } from "./internal/circuitBreakerStates.js"
import * as Pace from "./internal/pace.js"

/**
 * The conformance suite of a backing. Layers are built anew for each test; the store behind them need not be empty, since
 * no key is used twice.
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/CircuitBreaker"
 *
 * suite("memory", CircuitBreaker.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<CircuitBreakers, E>,
  options: {
    /** Another process on the same store. Default: the same service once more. */
    readonly peer?: Layer.Layer<CircuitBreakers, E> | undefined
    /**
     * `live` for a store with a clock of its own: the specs then wait for it. Default `test`, where `TestClock` is the
     * only clock.
     */
    readonly clock?: "test" | "live" | undefined
    /** The unit of all waits; the longest is 30 of them, but for one of 1,000. Default 1 second, live 100 milliseconds. */
    readonly unit?: Duration.DurationInput | undefined
    /** How long it takes until what one process has told has arrived in the other. Default nothing. */
    readonly latency?: Duration.DurationInput | undefined
    /** Sequences of calls that the model test tries. Default 100, live 3. */
    readonly numRuns?: number | undefined
  } = {}
): void => {
  const isLive = options.clock === "live"
  const unit = Duration.decode(options.unit ?? (isLive ? "100 millis" : "1 second"))
  const latency = Duration.decode(options.latency ?? 0)
  const pass = (duration: Duration.Duration) => isLive ? Effect.sleep(duration) : TestClock.adjust(duration)
  /** What it is like where all takes so many times as long. */
  const worldAt = (slower: number) =>
    Effect.gen(function*() {
      const service = Context.get(yield* Layer.build(layer), CircuitBreakers)
      const peer = options.peer === undefined ? service : Context.get(yield* Layer.build(options.peer), CircuitBreakers)
      // what was forked runs up to where it waits
      const settle = Effect.zipRight(Effect.yieldNow(), pass(Duration.times(latency, slower)))
      return {
        peer,
        service,
        settle,
        unit: Duration.times(unit, slower),
        // a thousand units are many enough when they have to be waited for
        wait: (units) =>
          Effect.zipRight(pass(Duration.times(unit, (isLive ? Math.min(units, 30) : units) * slower)), settle)
      } satisfies World
    })
  const paced = Pace.atAnyPace(isLive, worldAt)

  const test: Test = (behaviour, run) => (isLive ? it.scopedLive : it.scoped)(behaviour, () => paced(run), Pace.timeout)

  // waiting for a real clock is done side by side
  describe(`CircuitBreakers over ${name}`, { concurrent: isLive }, () => {
    stateTests(test)
    handTests(test)
    modelTest(
      paced,
      (effect) =>
        Effect.runPromise(
          isLive ? Effect.scoped(effect) : Effect.provide(Effect.scoped(effect), TestContext.TestContext)
        ),
      options.numRuns ?? (isLive ? 3 : 100)
    )
  })
}
