/**
 * Writes that have failed and may have been done all the same: to be looked for before anybody sends them again.
 *
 * A call that is not idempotent is not repeated once its answer is lost, since nobody knows whether the provider acted on
 * it. Where the provider has an idempotency key, or a write that leaves the same however often it is sent, that is better;
 * where it has neither, whoever makes the call knows by what the thing can be found again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { type IntegrationError, isIntegrationError, surelyNotProcessed } from "../core/IntegrationError.js"
import * as DeadLetterQueue from "../delivery/DeadLetterQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * When to look again for what is not there yet: the provider may still be at work. Default: after one second, and after
   * two more.
   */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /**
   * Whether to look. Default: where it is not certain that the provider did nothing (`IntegrationError.surelyNotProcessed`):
   * the answer was lost, came too late, could not be read, or was a failure of the server. A program that may have sent
   * the same before looks after a `ConflictError` as well.
   */
  readonly when?: ((error: IntegrationError) => boolean) | undefined
}

const patience = Schedule.intersect(Schedule.exponential("1 second"), Schedule.recurs(2))

const missing = Symbol("nothing found")

/** The letter of a call that was done after all: a replay would do it twice. */
const settle = ({ deadLetterId: letter }: IntegrationError): Effect.Effect<void> => {
  if (letter === undefined) return Effect.void
  return Effect.flatMap(
    Effect.serviceOption(DeadLetterQueue.DeadLetterQueue),
    Option.match({
      onNone: () => Effect.void,
      onSome: (queue) =>
        Effect.catchAll(
          queue.discard(letter, "its answer was lost, and it was found to be done"),
          // by hand then: what the call asked for is done, and its caller is told so
          (cause) => Effect.logWarning("the dead letter of a call that was done cannot be discarded", cause)
        )
    })
  ).pipe(Effect.annotateLogs({ deadLetter: letter }), Effect.uninterruptible)
}

/**
 * Where a write fails and the provider may have done it, looks for what it would have made, and succeeds with that. Where
 * nothing is found, or the look fails as well, the error of the write stands: nothing says then that nothing will appear,
 * so look again before you send another.
 *
 * - What is looked for must be of this write alone: a time that one customer can book once, a reference of your own that was
 *   sent with it.
 * - The write itself is never repeated by this.
 * - A dead letter of the write is discarded when it has been found, where the queue is in the context of the caller.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Reconcile } from "holdfast"
 * import { Acuity, findBooked, type Schemas } from "holdfast/providers/acuity"
 *
 * const book = (payload: typeof Schemas.AppointmentInput.Type) =>
 *   Effect.flatMap(Acuity, (acuity) =>
 *     acuity.appointments.create({ payload, urlParams: {} }).pipe(
 *       Reconcile.orFind(findBooked(payload))
 *     ))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const orFind: {
  <A2, E2, R2>(
    find: Effect.Effect<Option.Option<A2>, E2, R2>,
    options?: Options
  ): <A, E, R>(write: Effect.Effect<A, E, R>) => Effect.Effect<A | A2, E, R | R2>
  <A, E, R, A2, E2, R2>(
    write: Effect.Effect<A, E, R>,
    find: Effect.Effect<Option.Option<A2>, E2, R2>,
    options?: Options
  ): Effect.Effect<A | A2, E, R | R2>
} = dual(
  (args) => Effect.isEffect(args[1]),
  <A, E, R, A2, E2, R2>(
    write: Effect.Effect<A, E, R>,
    find: Effect.Effect<Option.Option<A2>, E2, R2>,
    { schedule = patience, when = Predicate.not(surelyNotProcessed) }: Options = {}
  ): Effect.Effect<A | A2, E, R | R2> =>
    Effect.catchAll(write, (error) =>
      isIntegrationError(error) && when(error)
        ? Effect.flatMap(find, Option.match({ onNone: () => Effect.fail(missing), onSome: Effect.succeed })).pipe(
          // only what is not there yet: a look that fails has been retried by the policies of its own call
          Effect.retry({ schedule, while: (reason) => reason === missing }),
          Effect.withSpan("integration.reconcile", {
            attributes: { "integration.id": error.integration, "integration.operation": error.operation }
          }),
          Effect.matchEffect({
            onFailure: () => Effect.fail(error),
            onSuccess: (found) => Effect.as(settle(error), found)
          })
        )
        : Effect.fail(error))
)
