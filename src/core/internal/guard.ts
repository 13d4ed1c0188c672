/**
 * The deadline in force around any effect, without a fiber of its own: when it passes, the fiber interrupts itself in a
 * name that nobody else has, and the interruption is taken back where it has done its work.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import { clockOf, monotonicMillis } from "../../internal/time.js"
import * as Timers from "../../internal/timers.js"
import type { Call } from "../Call.js"
import type { IntegrationError } from "../IntegrationError.js"

type Restore = <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** What follows on an effect, whichever way it ends. */
export interface Then<A, B> {
  readonly onFailure: (cause: Cause.Cause<IntegrationError>) => Effect.Effect<B, IntegrationError>
  readonly onSuccess: (value: A) => Effect.Effect<B, IntegrationError>
}

/**
 * Runs an effect no longer than the deadline in force; past it, it is interrupted, and the call's deadline says so. In an
 * uninterruptible region, which `restore` lifts.
 */
export const under = <A, B>(
  self: Effect.Effect<A, IntegrationError>,
  call: Call,
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  clock: Clock.Clock,
  now: number,
  restore: Restore,
  then: Then<A, B>
): Effect.Effect<B, IntegrationError> => {
  const { deadline } = call
  if (deadline === Number.POSITIVE_INFINITY) return Effect.matchCauseEffect(restore(self), then)
  const millis = deadline - now
  if (hasChildren(fiber)) {
    return Effect.matchCauseEffect(
      restore(
        Effect.flatten(
          Effect.timeoutTo(self, {
            duration: Math.max(0, millis),
            onSuccess: (value): Effect.Effect<A, IntegrationError> => Effect.succeed(value),
            onTimeout: () => call.expire()
          })
        )
      ),
      then
    )
  }
  const guard = new Guard(fiber)
  const timer = Timers.start(clock, now, millis, guard.onTime)
  return Effect.matchCauseEffect(restore(self), {
    onFailure: (cause) => {
      Timers.stop(timer)
      return guard.hasFired ? guard.forgotten(() => then.onFailure(guard.blame(cause, call))) : then.onFailure(cause)
    },
    onSuccess: (value) => {
      Timers.stop(timer)
      return guard.hasFired ? guard.forgotten(() => then.onSuccess(value)) : then.onSuccess(value)
    }
  })
}

/** The same as an effect of its own. */
export const underDeadline = <A>(
  self: Effect.Effect<A, IntegrationError>,
  call: Call
): Effect.Effect<A, IntegrationError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.withFiberRuntime((fiber) => {
      const clock = clockOf(fiber)
      return under(self, call, fiber, clock, monotonicMillis(clock), restore, {
        onFailure: Effect.failCause,
        onSuccess: Effect.succeed
      })
    })
  )

let fired = 0

/** A fiber's interruption goes to its children too: those of the caller must not die of a deadline of one call. */
const hasChildren = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean => {
  // not public: a fiber that keeps its children elsewhere is taken to have some
  if (!("_children" in fiber)) return true
  const children = fiber._children as ReadonlySet<unknown> | null
  return children !== null && children.size > 0
}

/** One deadline that is running. What follows on the guarded effect must not be interruptible. */
class Guard {
  readonly #fiber: Fiber.RuntimeFiber<unknown, unknown>
  #name: FiberId.FiberId | undefined

  constructor(fiber: Fiber.RuntimeFiber<unknown, unknown>) {
    this.#fiber = fiber
  }

  readonly onTime = (): void => {
    this.#name = FiberId.make(--fired, 0)
    this.#fiber.unsafeInterruptAsFork(this.#name)
  }

  get hasFired(): boolean {
    return this.#name !== undefined
  }

  /** What comes next, once the fiber has forgotten this guard's interruption. */
  forgotten<A>(next: () => Effect.Effect<A, IntegrationError>): Effect.Effect<A, IntegrationError> {
    return Effect.zipRight(
      FiberRef.update(FiberRef.interruptedCause, (cause) => withoutInterruption(cause, this.#name)),
      Effect.suspend(next)
    )
  }

  /** The cause less this guard's interruption; where that was all, the deadline is to blame. */
  blame(cause: Cause.Cause<IntegrationError>, call: Call): Cause.Cause<IntegrationError> {
    const rest = withoutInterruption(cause, this.#name)
    if (!Cause.isEmpty(rest)) return rest
    const expired = call.expire()
    return Exit.isFailure(expired) ? expired.cause : Cause.empty
  }
}

const withoutInterruption = <E>(cause: Cause.Cause<E>, name: FiberId.FiberId | undefined): Cause.Cause<E> => {
  const join =
    (f: (left: Cause.Cause<E>, right: Cause.Cause<E>) => Cause.Cause<E>) =>
    (left: Cause.Cause<E>, right: Cause.Cause<E>): Cause.Cause<E> =>
      Cause.isEmptyType(left) ? right : Cause.isEmptyType(right) ? left : f(left, right)
  return Cause.match(cause, {
    onDie: Cause.die,
    onEmpty: Cause.empty,
    onFail: Cause.fail<E>,
    onInterrupt: (id): Cause.Cause<E> => Equal.equals(id, name) ? Cause.empty : Cause.interrupt(id),
    onParallel: join(Cause.parallel),
    onSequential: join(Cause.sequential)
  })
}
