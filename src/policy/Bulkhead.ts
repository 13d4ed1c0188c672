/**
 * Limits how many requests of an integration are under way at once, so that a slow provider cannot take every socket and
 * all memory; and, by `key`, keeps to a provider's own limit of concurrent requests per account. Callers past the limit wait
 * in order in a bounded queue. Stands below Retry: a pause holds no slot.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import * as Pipeline from "../core/Pipeline.js"
import { monotonicMillis } from "../internal/time.js"
import type * as Adaptive from "./internal/bulkhead/adaptiveCore.js"
import { CallClaim, Compartments, type Config } from "./internal/bulkhead/compartment.js"
import type { Refusal } from "./internal/bulkhead/slotsCore.js"
import * as Kept from "./internal/kept.js"

/**
 * Bounds of a limit that finds itself: it grows by one for each round of successes while at least half of it is in use, and
 * is cut when the provider says that there were too many requests at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdaptiveOptions {
  /** Never fewer slots. Default 1. */
  readonly min?: number | undefined
  /** Never more slots. Default: `maxConcurrent`. */
  readonly max?: number | undefined
  /** Slots at the start. Default 20, within `min` and `max`. */
  readonly initial?: number | undefined
  /** What is left of the slots after a loss, above 0 and below 1. Default 0.9. */
  readonly backoffRatio?: number | undefined
  /** Whether an error says that there were too many requests at once. Default: `isOverload`. */
  readonly isLoss?: ((error: IntegrationError.IntegrationError) => boolean) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Requests under way at once. Default 50. */
  readonly maxConcurrent?: number | undefined
  /** Callers that may wait for a slot; the next is refused. Default 1000. */
  readonly maxQueue?: number | undefined
  /** A caller that has waited for so long is refused. Default: as long as its own deadline allows. */
  readonly maxWait?: Duration.DurationInput | undefined
  /** Lets the number of slots find itself, within bounds. Default, and `false`: it is always `maxConcurrent`. */
  readonly adaptive?: AdaptiveOptions | false | undefined
  /** Who shares the slots: each key has `maxConcurrent` of its own. Default: all calls through this layer do. */
  readonly key?: ((call: Call) => string) | undefined
  /** A key that nobody has used for so long is forgotten. Default 1 hour. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/**
 * What is going on in one compartment.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly integration: string
  /** The integration's id, where there is no `key`. */
  readonly key: string
  /** Requests that hold a slot. */
  readonly active: number
  /** Calls that wait for one. */
  readonly waiting: number
  /** Slots that there are. */
  readonly limit: number
}

/**
 * The bulkheads of this program, to look at. A policy that is built where this service is there shows itself in it; it does
 * not need it.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Bulkhead } from "holdfast"
 *
 * const show = Effect.gen(function*() {
 *   const bulkheads = yield* Bulkhead.Bulkheads
 *   for (const { active, key, limit, waiting } of yield* bulkheads.state) {
 *     yield* Console.log(`${key}: ${active} of ${limit} slots in use, ${waiting} callers wait`)
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Bulkheads extends Context.Tag("holdfast/Bulkheads")<Bulkheads, {
  /** Every compartment in use. */
  readonly state: Effect.Effect<ReadonlyArray<State>>
  /** Adaptive limits of an integration go back to where they began. */
  readonly reset: (integration: string) => Effect.Effect<void>
  /** @internal */
  readonly show: (compartments: Compartments) => Effect.Effect<void, never, Scope.Scope>
}>() {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Context.Tag.Service<Bulkheads>> = Effect.sync(() => {
  const shown = new Set<Compartments>()
  return Bulkheads.of({
    reset: (integration) =>
      Effect.map(Effect.clock, (clock) => {
        const now = monotonicMillis(clock)
        for (const compartments of shown) {
          if (compartments.integration !== integration) continue
          for (const [, compartment] of compartments.all(now)) compartment.reset()
        }
      }),
    show: (compartments) =>
      Effect.acquireRelease(
        Effect.sync(() => void shown.add(compartments)),
        () => Effect.sync(() => shown.delete(compartments))
      ),
    state: Effect.map(Effect.clock, (clock) => {
      const now = monotonicMillis(clock)
      return Array.from(shown).flatMap((compartments) =>
        compartments.all(now).map(([key, { slots }]) => ({
          integration: compartments.integration,
          key,
          active: slots.held,
          waiting: slots.waiting,
          limit: slots.limit
        }))
      )
    })
  })
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Bulkheads> = Layer.effect(Bulkheads, makeMemory)

const refusedConnections: ReadonlySet<string> = new Set(["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT"])

const overloadStatuses: ReadonlySet<number> = new Set([408, 503, 504, 529])

/**
 * Whether an error says that the provider had too much to do: no answer in time, a connection that was not taken, 429 (but
 * for a quota of the day), 408, 503, 504, 529. Other 4xx and 5xx are faults of a request or of a program, and say nothing
 * of how many there were.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isOverload = (error: IntegrationError.IntegrationError): boolean => {
  switch (error._tag) {
    case "TimeoutError":
      return error.scope === "attempt"
    case "RateLimitError":
      return error.origin === "provider" && error.retryable
    case "NetworkError":
      return error.phase === "connect" && error.code !== undefined && refusedConnections.has(error.code)
    case "ServerError":
      return error.status !== undefined && overloadStatuses.has(error.status)
    default:
      return false
  }
}

/** What an outcome says of the number of requests at once. */
const outcomeOf = (
  outcome: Pipeline.Outcome,
  sent: boolean,
  isLoss: (error: IntegrationError.IntegrationError) => boolean
): Adaptive.Outcome => {
  if (!sent) return "ignored"
  if (Exit.isSuccess(outcome)) return "success"
  const error = Pipeline.errorOf(outcome)
  if (error === undefined) return "ignored"
  if (isLoss(error)) return "loss"
  return error.status !== undefined && error.status < 500 ? "success" : "ignored"
}

const adaptiveOf = ({ adaptive }: Options): AdaptiveOptions | undefined => adaptive === false ? undefined : adaptive

const toConfig = (options: Options): Config => {
  const maxConcurrent = options.maxConcurrent ?? 50
  const adaptive = adaptiveOf(options)
  const min = adaptive?.min ?? 1
  const max = adaptive?.max ?? maxConcurrent
  return {
    adaptive: adaptive === undefined ? undefined : {
      backoffRatio: adaptive.backoffRatio ?? 0.9,
      initial: adaptive.initial ?? Math.min(max, Math.max(min, 20)),
      max,
      min
    },
    idleTimeToLive: Duration.toMillis(options.idleTimeToLive ?? "1 hour"),
    maxConcurrent,
    maxQueue: options.maxQueue ?? 1000,
    maxWait: options.maxWait === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(options.maxWait)
  }
}

const checkWhole = (name: string, value: number): void => {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new Error(`Bulkhead.layer: ${name} is ${value}; it must be a whole number from 1 up`)
  }
}

const check = ({ adaptive, maxConcurrent, maxQueue }: Config): void => {
  checkWhole("maxConcurrent", maxConcurrent)
  if (!(maxQueue >= 0)) throw new Error(`Bulkhead.layer: maxQueue is ${maxQueue}; it must be zero or more`)
  if (adaptive === undefined) return
  const { backoffRatio, initial, max, min } = adaptive
  checkWhole("adaptive.min", min)
  checkWhole("adaptive.max", max)
  checkWhole("adaptive.initial", initial)
  if (!(min <= initial && initial <= max)) {
    throw new Error(
      `Bulkhead.layer: adaptive.initial is ${initial}; it must be from adaptive.min, ${min}, to adaptive.max, ${max}`
    )
  }
  if (!(backoffRatio > 0 && backoffRatio < 1)) {
    throw new Error(
      `Bulkhead.layer: adaptive.backoffRatio is ${backoffRatio}; it must be above 0 and below 1, as in 0.9`
    )
  }
}

/**
 * @example
 * ```ts
 * import { Bulkhead } from "holdfast"
 *
 * const narrow = Bulkhead.layer({ maxConcurrent: 10, maxQueue: 100, maxWait: "5 seconds" })
 *
 * // a provider that takes ten requests at once from each account
 * const perAccount = Bulkhead.layer({ maxConcurrent: 10, key: (call) => call.context.connectionId ?? "" })
 *
 * // as many as it bears, up to 100
 * const adaptive = Bulkhead.layer({ adaptive: { max: 100 } })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy => {
  const config = toConfig(options)
  check(config)
  const isLoss = adaptiveOf(options)?.isLoss ?? isOverload
  const { key } = options

  return IntegrationClient.stage((next) =>
    Effect.gen(function*() {
      const { id } = next.integration
      const compartments = yield* Kept.keep("Bulkhead", make(id, config), (kept) =>
        Effect.map(Effect.clock, (clock) =>
          kept.reconfigure(config, monotonicMillis(clock))))
      const own = key === undefined ? compartments.hold(id, monotonicMillis(yield* Effect.clock)) : undefined

      const start = (claim: CallClaim): void => {
        claim.compartment.begin(claim)
        compartments.count(claim, "active")
      }

      /**
       * Until it has a slot, and what was given back meanwhile further out is taken again. Who has to wait for that gives
       * the slot up, to keep nobody from it. Once: the next time it has the slot it holds on to it, or else those who have
       * what they wait for there and those who have a slot here could go on giving way to each other for ever.
       */
      const turn = (
        claim: CallClaim,
        run: Pipeline.Run,
        gaveWay: boolean
      ): Effect.Effect<void, IntegrationError.IntegrationError> =>
        Effect.flatMap(claim.compartment.slots.turn(claim), (held) => {
          if (!held) {
            return Effect.fail(fullError(run.call, claim, "wait"))
          }
          const wait = run.call.reservation?.resume(run.clock)
          if (wait === undefined) {
            start(claim)
            return Effect.void
          }
          if (gaveWay) {
            return Effect.map(wait, () =>
              start(claim))
          }
          claim.compartment.slots.leave(claim)
          compartments.count(claim, undefined)
          return Effect.zipRight(wait, Effect.suspend(() => lineUpAgain(claim, run)))
        })

      const lineUpAgain = (
        claim: CallClaim,
        run: Pipeline.Run
      ): Effect.Effect<void, IntegrationError.IntegrationError> => {
        if (claim.compartment.slots.take(claim)) {
          start(claim)
          return Effect.void
        }
        run.call.reservation?.suspend(run.clock)
        claim.compartment.slots.rejoin(claim, run.clock)
        compartments.count(claim, "waiting")
        return turn(claim, run, true)
      }

      const stage: Pipeline.Stage = {
        enter: (run) => {
          const { call, clock } = run
          const compartment = own ?? compartments.get(key?.(call) ?? id, run.now())
          const claim = new CallClaim(compartment, call.attempts)
          run.state = claim
          if (compartment.slots.take(claim)) {
            start(claim)
            return undefined
          }
          const refusal = compartment.slots.join(claim, clock, run.now())
          if (refusal !== undefined) return Exit.fail(fullError(call, claim, refusal))
          compartments.count(claim, "waiting")
          call.reservation?.suspend(clock)
          return turn(claim, run, false)
        },
        abandon: (run) => {
          const claim = run.state as CallClaim
          compartments.count(claim, undefined)
          claim.compartment.slots.leave(claim)
        },
        leave: (run, outcome) => {
          const claim = run.state as CallClaim
          compartments.count(claim, undefined)
          claim.compartment.record(claim, outcomeOf(outcome, run.call.attempts > claim.attempts, isLoss))
          claim.compartment.slots.leave(claim)
          return undefined
        }
      }
      return stage
    })
  )
}

const make = (integration: string, config: Config): Effect.Effect<Compartments, never, Scope.Scope> =>
  Effect.gen(function*() {
    const compartments = new Compartments(integration, config)
    const bulkheads = yield* Effect.serviceOption(Bulkheads)
    if (Option.isSome(bulkheads)) yield* bulkheads.value.show(compartments)
    return compartments
  })

const fullError = (
  call: Call,
  { compartment }: CallClaim,
  refusal: Refusal
): IntegrationError.BulkheadFullError => {
  const { config, slots: { limit } } = compartment
  return IntegrationError.refusal(
    IntegrationError.BulkheadFullError,
    call,
    `nothing was sent to ${call.operation.integration}: ${
      refusal === "queue"
        ? `${limit} requests are under way and ${config.maxQueue} callers wait already`
        : `no slot of ${limit} came free within ${Duration.format(config.maxWait)}`
    }`
  )
}
