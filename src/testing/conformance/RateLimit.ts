/**
 * What every backing of the rate limiters must do. A third party's backing proves itself by calling `suite` in a spec of
 * its own.
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
import { RateLimiters } from "../../policy/RateLimit.js"
import * as Pace from "./internal/pace.js"
import { holdTests } from "./internal/rateLimitHolds.js"
import type { Test, World } from "./internal/rateLimitKit.js"
import { modelTest } from "./internal/rateLimitModel.js"
import { shareTests } from "./internal/rateLimitShares.js"
import { tokenTests } from "./internal/rateLimitTokens.js"

/**
 * The conformance suite of a backing. Layers are built anew for each test; the store behind them need not be empty, since
 * no key is used twice.
 *
 * @example
 * ```ts
 * import { RateLimit } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/RateLimit"
 *
 * suite("memory", RateLimit.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<RateLimiters, E>,
  options: {
    /** Another process on the same store. Default: the same service once more. */
    readonly peer?: Layer.Layer<RateLimiters, E> | undefined
    /**
     * `live` for a store with a clock of its own: the specs then wait for it. Default `test`, where `TestClock` is the
     * only clock.
     */
    readonly clock?: "test" | "live" | undefined
    /** The unit of all waits; the longest is 24 of them. Default 1 second, live 100 milliseconds. */
    readonly unit?: Duration.DurationInput | undefined
    /** How long it takes until what one process has told has arrived in the other. Default nothing, live a unit. */
    readonly latency?: Duration.DurationInput | undefined
    /** Sequences of calls that the model test tries. Default 100, live 3. */
    readonly numRuns?: number | undefined
  } = {}
): void => {
  const isLive = options.clock === "live"
  const unit = Duration.decode(options.unit ?? (isLive ? "100 millis" : "1 second"))
  const latency = Duration.decode(options.latency ?? (isLive ? unit : 0))
  const pass = (duration: Duration.Duration) => isLive ? Effect.sleep(duration) : TestClock.adjust(duration)
  /** What it is like where all takes so many times as long. */
  const worldAt = (slower: number) =>
    Effect.gen(function*() {
      const service = Context.get(yield* Layer.build(layer), RateLimiters)
      const peer = options.peer === undefined ? service : Context.get(yield* Layer.build(options.peer), RateLimiters)
      return {
        peer,
        service,
        // what was forked runs up to where it waits
        settle: Effect.zipRight(Effect.yieldNow(), pass(Duration.times(latency, slower))),
        unit: Duration.times(unit, slower),
        wait: (units) => Effect.zipRight(Effect.yieldNow(), pass(Duration.times(unit, units * slower)))
      } satisfies World
    })
  const paced = Pace.atAnyPace(isLive, worldAt)

  const test: Test = (behaviour, run) => (isLive ? it.scopedLive : it.scoped)(behaviour, () => paced(run), Pace.timeout)

  // waiting for a real clock is done side by side
  describe(`RateLimiters over ${name}`, { concurrent: isLive }, () => {
    tokenTests(test)
    holdTests(test)
    shareTests(test)
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
