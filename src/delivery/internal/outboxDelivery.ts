/** One delivery: make the call while the lease is kept alive, and settle. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Call from "../../core/Call.js"
import type * as Integration from "../../core/Integration.js"
import * as IntegrationContext from "../../core/IntegrationContext.js"
import * as IntegrationError from "../../core/IntegrationError.js"
import * as Operation from "../../core/Operation.js"
import type * as LeaseItem from "../LeaseItem.js"
import type * as LeaseQueue from "../LeaseQueue.js"
import { encodeError } from "./deadLetterCodec.js"
import * as keeper from "./leaseKeeper.js"
import * as codec from "./outboxCodec.js"
import * as core from "./outboxCore.js"

export interface Deps {
  readonly queue: LeaseQueue.LeaseQueue["Type"]
  readonly integration: string
  readonly client: object
  readonly operations: ReadonlyMap<string, Integration.Handle<never>>
  readonly policy: core.Policy
  readonly giveUp: "dead-letter" | "park"
  /** Milliseconds. */
  readonly lease: number
  /** What was refused here may be refused again at once: no more is to be claimed for so many milliseconds. */
  readonly hold: (millis: number) => Effect.Effect<void>
}

/** Short, so that a circuit that is open for one connection holds up the others only so long. */
const longestHold = 1000

const events = Metric.counter("integration_outbox_total", {
  description: "Messages of the outbox: delivered, failed, released, dead_lettered, parked, stalled",
  incremental: true
})

const count = (deps: Deps, event: string): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(Metric.tagged(events, "integration", deps.integration), "event", event))

const describe = (error: IntegrationError.IntegrationError): string => `${error._tag}: ${error.message}`

const textOf = (error: IntegrationError.IntegrationError): string | undefined =>
  Option.getOrUndefined(Either.getRight(encodeError(error)))

/**
 * A settlement may be repeated with its token. While the store is away, which a restart is short of, it is worth some
 * patience: what is not settled is delivered once more.
 */
const settling = <A>(deps: Deps, step: Effect.Effect<A, LeaseItem.LeaseQueueError>) =>
  Effect.retry(step, {
    schedule: Schedule.intersect(
      Schedule.spaced("250 millis"),
      Schedule.recurUpTo(Math.min(deps.lease / 2, 5000))
    ),
    while: (error) => error.reason === "storage"
  })

/** When it fails, the message is ready again at the lease's end; when another worker has it, that one's result counts. */
const settled = (
  deps: Deps,
  item: LeaseItem.Item,
  event: string,
  step: Effect.Effect<unknown, LeaseItem.LeaseQueueError>
): Effect.Effect<void> =>
  Effect.matchEffect(settling(deps, step), {
    onFailure: (error) =>
      error.reason === "stale" || error.reason === "not-found"
        ? count(deps, "stalled")
        : Effect.annotateLogs(
          Effect.logWarning(
            `${deps.integration}: what became of a message could not be recorded (${event}); it is delivered again ` +
              `when its lease ends: ${error.message}`
          ),
          { message: item.id }
        ),
    onSuccess: () => count(deps, event)
  })

const release = (deps: Deps, item: LeaseItem.Item, detail: string, after?: number): Effect.Effect<void> =>
  settled(deps, item, "released", deps.queue.release(item.id, item.token, { after, detail }))

const givenUp = (
  deps: Deps,
  item: LeaseItem.Item,
  error: IntegrationError.IntegrationError
): Effect.Effect<void> => {
  const isDeadLetter = error.deadLettered === true
  const parked = deps.queue.fail(item.id, item.token, {
    next: { _tag: "park" },
    error: textOf(error),
    reason: isDeadLetter ? codec.deadLettered : error._tag,
    detail: describe(error)
  })
  const where = isDeadLetter ? `is dead letter ${error.deadLetterId ?? ""} now` : "is parked in the outbox"
  return settled(
    deps,
    item,
    isDeadLetter ? "dead_lettered" : "parked",
    isDeadLetter
      // in two steps, of which the second is made up for by the next `settleDeadLetters` where it is lost
      ? Effect.zipRight(parked, Effect.ignore(discardDeadLetter(deps.queue, item.id)))
      : parked
  ).pipe(
    Effect.zipRight(
      Effect.logWarning(
        `${deps.integration} ${item.kind}: message ${item.id} was given up and ${where}: ${describe(error)}`
      )
    )
  )
}

const discardDeadLetter = (queue: Deps["queue"], id: string) => queue.discard(id, { detail: "it is a dead letter now" })

/** Ends what was begun by a worker that died between the two steps. */
export const settleDeadLetters = (
  queue: Deps["queue"],
  of: string
): Effect.Effect<void, LeaseItem.LeaseQueueError> =>
  Effect.flatMap(
    queue.list({ queue: of, reason: codec.deadLettered, states: ["parked"] }),
    ({ items }) => Effect.forEach(items, (item) => Effect.ignore(discardDeadLetter(queue, item.id)), { discard: true })
  )

const settleFailure = (
  deps: Deps,
  item: LeaseItem.Item,
  operation: Operation.Operation,
  error: IntegrationError.IntegrationError
): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (random) => {
    // what is a dead letter already must not be sent by both
    const verdict: core.Verdict = error.deadLettered === true
      ? { _tag: "giveUp" }
      : core.judge(error, operation, item.attempts, deps.policy, random)
    switch (verdict._tag) {
      case "release":
        return Effect.zipRight(
          deps.hold(Math.min(verdict.after, longestHold)),
          release(deps, item, describe(error), verdict.after)
        )
      case "retry":
        return settled(
          deps,
          item,
          "failed",
          deps.queue.fail(item.id, item.token, {
            next: { _tag: "retry", after: verdict.after },
            error: textOf(error),
            reason: error._tag,
            detail: describe(error)
          })
        )
      case "giveUp":
        return givenUp(deps, item, error)
    }
  })

/** A bug is no reason to lose a message, nor to try it for ever. */
const settleDefect = (deps: Deps, item: LeaseItem.Item, cause: Cause.Cause<never>): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (random) => {
    const last = item.attempts + 1 >= deps.policy.maxAttempts
    const detail = `the delivery died: ${Cause.pretty(cause)}`
    return Effect.zipRight(
      settled(
        deps,
        item,
        last ? "parked" : "failed",
        deps.queue.fail(item.id, item.token, {
          next: last
            ? { _tag: "park" }
            : { _tag: "retry", after: core.backoff(deps.policy, item.attempts + 1, random) },
          reason: "Defect",
          detail
        })
      ),
      Effect.logError(`${deps.integration} ${item.kind}: message ${item.id}: the delivery died`, cause)
    )
  })

/** As a message that this program cannot deliver is judged: a newer one may. */
const unknown = (deps: Deps, item: LeaseItem.Item, message: string) =>
  new IntegrationError.ValidationError({
    integration: deps.integration,
    operation: item.kind,
    message: `nothing was sent: ${message}`
  })

const nameless = (deps: Deps, item: LeaseItem.Item): Operation.Operation =>
  Operation.make({ integration: deps.integration, method: "POST", name: item.kind, template: "" })

const call = (
  deps: Deps,
  item: LeaseItem.Item,
  operation: Operation.Operation
): Effect.Effect<unknown, IntegrationError.IntegrationError> => {
  const handle = deps.operations.get(item.kind)
  if (handle === undefined) {
    return unknown(deps, item, `this program's ${deps.integration} has no operation ${item.kind}`)
  }
  const stored = codec.decode(item)
  if (Either.isLeft(stored)) return unknown(deps, item, stored.left.message)
  const { connectionId, correlationId, idempotencyKey, input, metadata, tenantId, userId } = stored.right
  const capture = (error: IntegrationError.IntegrationError): boolean =>
    // which errors are given up does not hang on chance
    deps.giveUp === "dead-letter" && core.judge(error, operation, item.attempts, deps.policy, 0)._tag === "giveUp"
  return handle.invoke(deps.client, JSON.stringify(input)).pipe(
    Effect.provideService(Call.CallOptions, {
      capture,
      idempotencyKey,
      ...(item.partitionKey === undefined ? undefined : { partitionKey: item.partitionKey })
    }),
    Effect.provideService(IntegrationContext.IntegrationContext, {
      connectionId,
      correlationId,
      metadata,
      tenantId,
      userId
    })
  )
}

export const deliver = (deps: Deps, item: LeaseItem.Item): Effect.Effect<void> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const operation = deps.operations.get(item.kind)?.operation ?? nameless(deps, item)
      const exit = yield* Effect.exit(
        restore(
          Effect.raceFirst(
            call(deps, item, operation),
            Effect.interruptible(keeper.keepAlive(deps.queue, item, deps.lease))
          )
        )
      )
      if (Exit.isSuccess(exit)) {
        return yield* settled(deps, item, "delivered", deps.queue.complete(item.id, item.token))
      }
      const failure = Cause.failureOption(exit.cause)
      if (Option.isSome(failure)) {
        return failure.value._tag === "LeaseLost"
          ? yield* count(deps, "stalled")
          : yield* settleFailure(deps, item, operation, failure.value)
      }
      const cause = Cause.stripFailures(exit.cause)
      return Cause.isInterruptedOnly(cause)
        ? yield* release(deps, item, "the worker was shut down")
        : yield* settleDefect(deps, item, cause)
    })
  )
