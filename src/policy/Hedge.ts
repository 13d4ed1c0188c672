/**
 * Sends a request a second time when the first takes long, and gives whichever answer is there first: against the slow
 * tail of a provider that is otherwise well.
 *
 * - Only operations that are safe (they change nothing at the provider), whatever the options say, only bodies that can be
 *   sent twice, and only answers that are read whole (`call.stream`). All other calls pass as they are.
 * - The first success wins, and what is still under way is interrupted: its socket and slot are free before the caller goes
 *   on. A failure while another request is under way is not the end of the call; when all have failed, the caller gets the
 *   error of the first.
 * - A failure starts no further request: that is what Retry is for. Hedge stands right beneath it, so that each hedged
 *   request has a breaker's admission, a token, a slot and a time of its own.
 * - A budget bounds the hedges of all calls of the integration together: a provider that has become slow as a whole does
 *   not get twice the load.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_hedges_total` | integration, outcome (`won`, `lost`; `refused` by the budget) |
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import * as Pipeline from "../core/Pipeline.js"
import type * as Transport from "../core/Transport.js"
import { clockOf, monotonicMillis } from "../internal/time.js"
import * as Timers from "../internal/timers.js"
import { isReplayable } from "./internal/body.js"
import type { Budget } from "./internal/budgetCore.js"
import { Race } from "./internal/hedgeCore.js"
import * as RetryBudget from "./RetryBudget.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * How long a request is waited for before the next one is sent. The 95th percentile of its usual time is a good start:
   * one request in twenty is then sent twice.
   */
  readonly delay: Duration.DurationInput
  /** Requests beyond the first, each after another `delay`. Default 1. */
  readonly maxHedges?: number | undefined
  /** Default: a tenth of the calls, and one a second. `false`: no bound. */
  readonly budget?: RetryBudget.Options | false | undefined
  /** Which of the safe calls are hedged. Default: all. */
  readonly when?: ((call: Call) => boolean) | undefined
}

const hedges = Metric.counter("integration_hedges_total", {
  description: "Requests sent while an earlier one of the same call was under way",
  incremental: true
})

/**
 * @example
 * ```ts
 * import { Hedge } from "holdfast"
 *
 * const hedged = Hedge.layer({ delay: "300 millis" })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options): IntegrationClient.Policy => {
  const delay = Duration.toMillis(options.delay)
  const maxHedges = options.maxHedges ?? 1
  if (!(delay > 0 && Number.isFinite(delay))) {
    throw new Error(
      "Hedge.layer: delay must be positive, as in \"300 millis\"; without one every request is sent twice"
    )
  }
  if (!(Number.isInteger(maxHedges) && maxHedges >= 1)) {
    throw new Error(
      `Hedge.layer: maxHedges is ${maxHedges}; it counts the requests beyond the first, a whole number from 1 up`
    )
  }
  RetryBudget.check("Hedge.layer", options.budget)

  return IntegrationClient.policy((next) =>
    Effect.map(
      RetryBudget.make(options.budget, { key: `${next.integration.id}/hedges`, minPerSecond: 1, ratio: 0.1 }),
      (budget): Transport.Send => {
        const counter = Metric.tagged(hedges, "integration", next.integration.id)
        const count = (outcome: "won" | "lost" | "refused") =>
          Metric.tagged(counter, "outcome", outcome).unsafeUpdate(1, [])
        const config: Config = { budget, count, delay, maxHedges, send: next.send }
        return (request, call) => {
          const hedged = call.operation.safe && !call.stream && isReplayable(request.body) &&
            options.when?.(call) !== false
          if (!hedged) return next.send(request, call)
          budget?.deposit()
          return Effect.uninterruptibleMask((restore) =>
            Effect.withFiberRuntime((fiber) => new HedgedCall(config, request, call, clockOf(fiber), restore).run())
          )
        }
      }
    )
  )
}

interface Config {
  readonly send: Transport.Send
  /** Milliseconds. */
  readonly delay: number
  readonly maxHedges: number
  readonly budget: Budget | undefined
  readonly count: (outcome: "won" | "lost" | "refused") => void
}

interface Runner {
  readonly call: Call
  /** How many requests the call had sent when this one began. */
  readonly before: number
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
}

/** One call whose requests run in fibers of their own, while the caller's waits for whatever is next. */
class HedgedCall {
  readonly #race = new Race()
  readonly #runners: Array<Runner> = []
  #first: Pipeline.Outcome | undefined
  #decided: Pipeline.Outcome | undefined
  /** Rings when the call is decided, and when it is time for another request. */
  #bell = Deferred.unsafeMake<void>(FiberId.none)
  #timer: Timers.Timer

  constructor(
    readonly config: Config,
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly call: Call,
    readonly clock: Clock.Clock,
    readonly restore: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>
  ) {}

  run(): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError> {
    return Effect.matchCauseEffect(Effect.zipRight(this.#start, this.#wait), {
      onFailure: (cause) => Effect.zipRight(this.#stop, Effect.failCause(cause)),
      onSuccess: (outcome) => Effect.zipRight(this.#stop, Effect.suspend(() => this.#outcomeOf(outcome)))
    })
  }

  get #sent(): number {
    return this.#runners.reduce((sum, { before, call }) => sum + call.attempts - before, this.call.attempts)
  }

  readonly #start: Effect.Effect<void> = Effect.suspend(() => {
    // decided meanwhile: the bell that was rung for it is still the one that is waited for
    if (this.#race.over) return Effect.void
    const index = this.#race.start()
    const own = this.call.fork()
    const before = own.attempts = this.#sent
    const { delay, maxHedges, send } = this.config
    this.#bell = Deferred.unsafeMake<void>(FiberId.none)
    if (index < maxHedges) {
      this.#timer = Timers.start(this.clock, monotonicMillis(this.clock), delay, () => this.#ring())
    }
    // interruptible also where the caller is not: it is our fiber, and we end it
    const sending = Effect.onExit(
      Effect.interruptible(send(this.request, own)),
      (outcome) => Effect.sync(() => this.#ended(index, outcome))
    )
    return Effect.map(Effect.fork(sending), (fiber) => {
      this.#runners.push({ before, call: own, fiber })
    })
  })

  readonly #wait: Effect.Effect<Pipeline.Outcome> = Effect.suspend(() =>
    Effect.flatMap(this.restore(Deferred.await(this.#bell)), () => {
      if (this.#decided !== undefined) return Effect.succeed(this.#decided)
      const { budget, count } = this.config
      if (budget === undefined || budget.withdraw(monotonicMillis(this.clock))) {
        return Effect.zipRight(this.#start, this.#wait)
      }
      count("refused")
      this.#bell = Deferred.unsafeMake<void>(FiberId.none)
      return this.#wait
    })
  )

  #ring(): void {
    Deferred.unsafeDone(this.#bell, Exit.void)
  }

  #ended(index: number, outcome: Pipeline.Outcome): void {
    if (index === 0) this.#first = outcome
    const ended = Exit.isSuccess(outcome) ? "success" : Pipeline.errorOf(outcome) === undefined ? "fatal" : "failure"
    const decisive = this.#race.end(index, ended)
    if (decisive === undefined) return
    this.#decided = decisive === 0 ? this.#first : outcome
    this.#ring()
  }

  /** Ends whatever is under way, and takes over what the requests have lived through. */
  readonly #stop: Effect.Effect<void> = Effect.suspend(() => {
    Timers.stop(this.#timer)
    return Effect.map(Fiber.interruptAll(this.#runners.map(({ fiber }) => fiber)), () => {
      this.#runners.forEach(({ before, call }, index) => {
        this.call.join(call, before)
        if (index === 0) return
        this.call.hedges++
        this.config.count(index === this.#race.winner ? "won" : "lost")
      })
    })
  })

  #outcomeOf(outcome: Pipeline.Outcome): Pipeline.Outcome {
    const error = Pipeline.errorOf(outcome)
    return error === undefined || error.attempts === this.call.attempts
      ? outcome
      : Exit.fail(IntegrationError.amend(error, { attempts: this.call.attempts }))
  }
}
