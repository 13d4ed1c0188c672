/**
 * Sends an integration's dead letters again when its circuit closes: what failed while it was down is made good as soon as
 * it is back. To be asked for, since it sends what nobody has looked at; what may have been acted on is left out.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as DeadLetterQueue from "../delivery/DeadLetterQueue.js"
import * as Replay from "../delivery/Replay.js"
import * as CircuitBreaker from "./CircuitBreaker.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Replay.AutomaticOptions {
  /**
   * The integration of a circuit's key, or none where its letters are not to be replayed. Default: the key up to its first
   * slash, as all the keys of `CircuitBreaker` have it.
   */
  readonly integrationOf?: ((key: string) => Option.Option<string>) | undefined
}

const ofKey = (key: string): Option.Option<string> => Option.fromNullable(key.split("/")[0])

/**
 * Where several processes share a breaker, all hear of it, and one replays. It goes at a pace of its own (`rate`), so that
 * a provider that has just come back is not knocked over, stops when half of the last twenty fail, and waits when the
 * circuit opens again.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { CircuitBreaker, DeadLetterQueue, ReplayOnClose } from "holdfast"
 *
 * const state = Layer.merge(CircuitBreaker.layerMemory, DeadLetterQueue.layerMemory)
 * const replays = ReplayOnClose.layer({ rate: 2 }).pipe(Layer.provide(state))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  never,
  Replay.ReplayOptionsError,
  CircuitBreaker.CircuitBreakers | DeadLetterQueue.DeadLetterQueue
> => {
  const { integrationOf = ofKey, ...rest } = options
  const closings = Stream.unwrap(
    Effect.map(CircuitBreaker.CircuitBreakers, ({ changes }) =>
      Stream.filterMap(changes, ({ from, key, mode, to }) =>
        // in shadow mode it has kept nobody away
        from !== "closed" && to === "closed" && mode !== "shadow"
          ? Option.map(integrationOf(key), (integration): Replay.Trigger => ({
            filter: { integration },
            name: `on close: ${integration}`
          }))
          : Option.none()))
  )
  return Replay.layerTriggered(closings, rest)
}
