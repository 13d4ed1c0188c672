/**
 * The inside of a stack: policies as plain synchronous steps, run by one loop.
 *
 * A `Stage` is what a policy does on the way in and on the way out of a call. Stages that stand next to each other are
 * fused: a call through ten of them is one uninterruptible region and one handler, with no fiber, and no step of the run
 * loop for a stage that has nothing to wait for. What happens is the same as if each wrapped the next.
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as RuntimeFlags from "effect/RuntimeFlags"
import { clockOf, monotonicMillis } from "../internal/time.js"
import type { Call } from "./Call.js"
import type { IntegrationError } from "./IntegrationError.js"
import * as Guard from "./internal/guard.js"
import type * as Transport from "./Transport.js"

/**
 * How a call ended, or how it stands between two stages.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Exit.Exit<HttpClientResponse.HttpClientResponse, IntegrationError>

/**
 * One call on its way through the stages.
 *
 * @since 0.1.0
 * @category models
 */
export interface Run {
  /** A stage may replace it on the way in, and puts it back on the way out. */
  request: HttpClientRequest.HttpClientRequest
  readonly call: Call
  readonly clock: Clock.Clock
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  /** What the stage that is being entered or left keeps for this call; a number costs nothing. */
  state: unknown
  /** Monotonic milliseconds, read once for all stages that are passed without waiting. */
  now(): number
}

/**
 * One policy, as steps. Both run synchronously and must not suspend; what takes time is handed back as an effect.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stage {
  /**
   * On the way in. Nothing: entered. An effect: entered once it has succeeded; it runs interruptibly and under the
   * deadline in force, and its failure goes out through the stages above. An `Exit` is taken at once.
   */
  readonly enter?: (run: Run) => Effect.Effect<void, IntegrationError> | undefined
  /**
   * The effect that `enter` handed back has failed, or was interrupted, so that the stage is not entered: for what it had
   * come by nevertheless. Once, and in place of `leave`.
   */
  readonly abandon?: (run: Run) => void
  /**
   * On the way out, once for each time that the stage was entered, whatever the outcome: success, failure, defect,
   * interruption. Nothing: the outcome goes on as it is.
   */
  readonly leave?: (run: Run, outcome: Outcome) => Directive | undefined
  /** Whether `enter` would refuse the call as things stand. Changes nothing. */
  readonly refuses?: (run: Run) => boolean
  /** Nothing is lost when a call is interrupted between its entry and its exit, and it is not left for that. */
  readonly holdsNothing?: boolean
}

/**
 * What a stage wants on the way out: another outcome, an effect to be run first, or another attempt.
 *
 * @since 0.1.0
 * @category models
 */
export type Directive = Outcome | First | Again

/**
 * @since 0.1.0
 * @category models
 */
export class First {
  readonly _tag = "First"
  constructor(readonly effect: Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>) {}
}

/**
 * @since 0.1.0
 * @category models
 */
export class Again {
  readonly _tag = "Again"
  constructor(readonly pause: Effect.Effect<void, IntegrationError>) {}
}

/**
 * Runs an effect before the call goes on; how it ends is the outcome. No interruption and no deadline reaches it.
 *
 * @since 0.1.0
 * @category directives
 */
export const first = (
  effect: Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>
): Directive => new First(effect)

/**
 * Runs the pause, interruptibly and under the deadline in force, and then all that stands below the stage once more. When
 * the pause fails or is interrupted, the stage is left with that outcome.
 *
 * @since 0.1.0
 * @category directives
 */
export const again = (pause: Effect.Effect<void, IntegrationError>): Directive => new Again(pause)

/**
 * The error of an outcome, when it is a failure that is not at the same time an interruption.
 *
 * @since 0.1.0
 * @category accessors
 */
export const errorOf = (outcome: Outcome): IntegrationError | undefined => {
  if (Exit.isSuccess(outcome)) return undefined
  const { cause } = outcome
  if (cause._tag === "Fail") return cause.error
  const error = Cause.failureOption(cause)
  return error._tag === "Some" && !Cause.isInterrupted(cause) ? error.value : undefined
}

/**
 * Stages, outermost first, over what sends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pipeline {
  readonly stages: ReadonlyArray<Stage>
  readonly leaf: Transport.Send
}

/**
 * Fuses a pipeline into one function that sends a request through all of it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fuse = (pipeline: Pipeline): Transport.Send => {
  const { leaf, stages } = pipeline
  if (stages.length === 0) return leaf
  const gate = gateOf(stages)
  return (request, call) =>
    Effect.withFiberRuntime((fiber, { runtimeFlags }) => {
      const isInterruptible = RuntimeFlags.interruptible(runtimeFlags)
      const passage = new Passage(pipeline, request, call, fiber, isInterruptible ? Effect.interruptible : identity)
      if (!isInterruptible) return passage.down()
      // a refusal that is certain, with nothing held above it, needs no region of its own
      if (gate?.refuses?.(passage) === true) {
        const refused = passage.down()
        return isOutcome(refused) ? refused : Effect.uninterruptible(refused)
      }
      return Effect.uninterruptible(Effect.suspend(() => passage.down()))
    })
}

/** The outermost stage that can say beforehand that it refuses, where those above it hold nothing meanwhile. */
const gateOf = (stages: ReadonlyArray<Stage>): Stage | undefined => {
  const gate = stages.find((stage) => stage.refuses !== undefined || stage.holdsNothing !== true)
  return gate?.refuses === undefined ? undefined : gate
}

const isOutcome = (effect: Sending): effect is Outcome => Exit.isExit(effect)

const isExit = (effect: Effect.Effect<void, IntegrationError>): effect is Exit.Exit<void, IntegrationError> =>
  Exit.isExit(effect)

type Restore = <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>
type Sending = Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>

/** A class and not a literal: see `internal/plain`. */
class Next<A> implements Guard.Then<A, HttpClientResponse.HttpClientResponse> {
  constructor(
    readonly onFailure: (cause: Cause.Cause<IntegrationError>) => Sending,
    readonly onSuccess: (value: A) => Sending
  ) {}
}

class Passage implements Run {
  readonly clock: Clock.Clock
  /** Stages that have been entered. */
  #depth = 0
  readonly #states: Array<unknown>

  constructor(
    readonly pipeline: Pipeline,
    public request: HttpClientRequest.HttpClientRequest,
    readonly call: Call,
    readonly fiber: Fiber.RuntimeFiber<unknown, unknown>,
    readonly restore: Restore
  ) {
    this.clock = clockOf(fiber)
    this.#states = new Array<unknown>(pipeline.stages.length)
  }

  get state(): unknown {
    return this.#states[this.#depth]
  }
  set state(value: unknown) {
    this.#states[this.#depth] = value
  }
  #now: number | undefined
  now(): number {
    return this.#now ??= monotonicMillis(this.clock)
  }

  down(): Sending {
    const { leaf, stages } = this.pipeline
    try {
      while (this.#depth < stages.length) {
        const wait = stages[this.#depth]?.enter?.(this)
        if (wait !== undefined) {
          if (!isExit(wait)) return this.#under(wait, this.#entered())
          if (Exit.isFailure(wait)) return this.#up(Exit.failCause(wait.cause))
        }
        this.#depth++
      }
      return leaf.within === undefined
        ? this.#under(leaf(this.request, this.call), this.#settled())
        : Effect.matchCauseEffect(this.#spanned(leaf.within(this)), this.#settled())
    } catch (defect) {
      return this.#up(Exit.die(defect))
    }
  }

  #entered(): Next<void> {
    return new Next(
      (cause) => {
        this.#now = undefined
        try {
          this.pipeline.stages[this.#depth]?.abandon?.(this)
        } catch (defect) {
          return this.#back(Exit.die(defect))
        }
        return this.#back(Exit.failCause(cause))
      },
      () => {
        this.#now = undefined
        this.#depth++
        return this.down()
      }
    )
  }

  #settled(): Next<HttpClientResponse.HttpClientResponse> {
    return new Next(
      (cause) => this.#back(Exit.failCause(cause)),
      (response) => this.#back(Exit.succeed(response))
    )
  }

  #paused(): Next<void> {
    return new Next(
      (cause) => this.#back(Exit.failCause(cause)),
      () => {
        this.#now = undefined
        return this.down()
      }
    )
  }

  /** Time has gone by. */
  #back(outcome: Outcome): Sending {
    this.#now = undefined
    return this.#up(outcome)
  }

  #up(outcome: Outcome): Sending {
    const { stages } = this.pipeline
    while (this.#depth > 0) {
      const stage = stages[--this.#depth]
      if (stage?.leave === undefined) continue
      try {
        const directive = stage.leave(this, outcome)
        if (directive === undefined) continue
        if (directive instanceof First) {
          return Effect.matchCauseEffect(this.#spanned(directive.effect), this.#settled())
        }
        if (directive instanceof Again) {
          this.#depth++
          return this.#under(directive.pause, this.#paused())
        }
        outcome = directive
      } catch (defect) {
        outcome = Exit.die(defect)
      }
    }
    return outcome
  }

  /** Runs what takes time: interruptibly, and no longer than the deadline in force. */
  #under<A>(
    self: Effect.Effect<A, IntegrationError>,
    then: Guard.Then<A, HttpClientResponse.HttpClientResponse>
  ): Sending {
    return Guard.under(this.#spanned(self), this.call, this.fiber, this.clock, this.now(), this.restore, then)
  }

  #spanned<A>(self: Effect.Effect<A, IntegrationError>): Effect.Effect<A, IntegrationError> {
    const { span } = this.call
    return span === undefined ? self : Effect.withParentSpan(self, span)
  }
}
