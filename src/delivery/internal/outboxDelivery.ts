/** One delivery: make the call while the lease is kept alive, and settle. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Call from "../../core/Call.js"
import type * as Integration from "../../core/Integration.js"
import * as IntegrationContext from "../../core/IntegrationContext.js"
import * as IntegrationError from "../../core/IntegrationError.js"
import * as Operation from "../../core/Operation.js"
import type * as LeaseItem from "../LeaseItem.js"
import type * as LeaseQueue from "../LeaseQueue.js"
import * as LeaseWorker from "../LeaseWorker.js"
import { encodeError } from "./deadLetterCodec.js"
import * as codec from "./outboxCodec.js"
import * as core from "./outboxCore.js"
import type { Sealing } from "./outboxSealing.js"

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
  readonly sealing: Sealing
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

/** When it fails, the message is ready again at the lease's end; when another worker has it, that one's result counts. */
const settled = (
  deps: Deps,
  item: LeaseItem.Item,
  event: string,
  step: Effect.Effect<unknown, LeaseItem.LeaseQueueError>
): Effect.Effect<void> =>
  Effect.flatMap(
    LeaseWorker.settle(step, {
      event,
      item,
      lease: deps.lease,
      title: `${deps.integration}: what became of a message`
    }),
    (result) => result === "unknown" ? Effect.void : count(deps, result === "settled" ? event : "stalled")
  )

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
            : { _tag: "retry", after: LeaseWorker.backoff(deps.policy, item.attempts + 1, random) },
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
  const { connectionId, correlationId, idempotencyKey, metadata, tenantId, userId } = stored.right
  const capture = (error: IntegrationError.IntegrationError): boolean =>
    // which errors are given up does not hang on chance
    deps.giveUp === "dead-letter" && core.judge(error, operation, item.attempts, deps.policy, 0)._tag === "giveUp"
  return deps.sealing.open({ integration: deps.integration, operation: item.kind }, stored.right).pipe(
    Effect.mapError((error) => unknown(deps, item, error.message)),
    Effect.flatMap((input) => handle.invoke(deps.client, JSON.stringify(input))),
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
  Effect.suspend(() => {
    const operation = deps.operations.get(item.kind)?.operation ?? nameless(deps, item)
    return LeaseWorker.underLease(deps.queue, item, {
      lease: deps.lease,
      settle: (ended) => {
        switch (ended._tag) {
          case "done":
            return settled(deps, item, "delivered", deps.queue.complete(item.id, item.token))
          case "failed":
            return settleFailure(deps, item, operation, ended.error)
          case "died":
            return settleDefect(deps, item, ended.cause)
          case "interrupted":
            return release(deps, item, "the worker was shut down")
          case "lost":
            return count(deps, "stalled")
        }
      },
      work: call(deps, item, operation)
    })
  })
