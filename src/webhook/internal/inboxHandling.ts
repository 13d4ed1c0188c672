/** One handling: give the event to its handler while the lease is kept alive, and settle. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Random from "effect/Random"
import * as IntegrationContext from "../../core/IntegrationContext.js"
import type * as LeaseItem from "../../delivery/LeaseItem.js"
import * as LeaseWorker from "../../delivery/LeaseWorker.js"
import { type Event, Failure, InboxError } from "../InboxEvent.js"
import { storageError, type Workings } from "./inbox.js"
import * as codec from "./inboxCodec.js"
import * as core from "./inboxCore.js"
import { subjectOf } from "./inboxSealing.js"
import { Unreadable } from "./source.js"

/** An event before anybody has read it. */
export type Raw = Omit<Event<unknown>, "value">

/** What became of an event that its handler has seen. */
export type Verdict = "handled" | "unconfirmed"

export interface Deps {
  readonly workings: Workings
  readonly source: string
  readonly stale: "skip" | "handle"
  readonly policy: core.Policy
  /** Milliseconds. */
  readonly lease: number
  readonly timeout: Duration.Duration
  readonly hold: (millis: number) => Effect.Effect<void>
  readonly run: (raw: Raw, commit: Commit) => Effect.Effect<Verdict, unknown>
}

/** Does what a handler writes and completes the event, in one transaction. */
export type Commit = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | InboxError, R>

export class HandlerTimeout extends Data.TaggedError("HandlerTimeout")<{ readonly message: string }> {}

/** Short, so that a circuit that is open for one connection holds up the others only so long. */
const longestHold = 1000

const events = Metric.counter("integration_inbox_total", {
  description: "Events of the inbox: handled, failed, released, ignored, dead, stalled",
  incremental: true
})

const durations = Metric.histogram(
  "integration_inbox_duration_seconds",
  MetricBoundaries.fromIterable([0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30]),
  "How long handlers take"
)

const count = (deps: Deps, event: string): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(Metric.tagged(events, "integration", deps.source), "event", event))

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
      title: `${deps.source}: what became of an event`
    }),
    (result) => result === "unknown" ? Effect.void : count(deps, result === "settled" ? event : "stalled")
  )

const timeOf = (raw: Raw): number | undefined => raw.time === undefined ? undefined : DateTime.toEpochMillis(raw.time)

/** Where the entity stands is kept first: when the event is handled again for want of the second step, it is not stale. */
const completed = (deps: Deps, item: LeaseItem.Item, raw: Raw): Effect.Effect<void, LeaseItem.LeaseQueueError> => {
  const { marks, queue } = deps.workings
  const time = timeOf(raw)
  const advance = item.partitionKey === undefined || time === undefined
    ? Effect.void
    : marks.advance(deps.source, item.partitionKey, time)
  return Effect.zipRight(advance, Effect.asVoid(queue.complete(item.id, item.token)))
}

const released = (deps: Deps, item: LeaseItem.Item, detail: string, after?: number): Effect.Effect<void> =>
  settled(deps, item, "released", deps.workings.queue.release(item.id, item.token, { after, detail }))

/** In two steps, of which the second is made up for by the next `settleIgnored` where it is lost. */
const ignored = (
  deps: Deps,
  item: LeaseItem.Item,
  reason: typeof codec.ignoredReasons[number],
  detail: string
): Effect.Effect<void> => {
  const { queue } = deps.workings
  const parked = queue.fail(item.id, item.token, { detail, next: { _tag: "park" }, reason })
  return settled(deps, item, "ignored", Effect.zipRight(parked, Effect.ignore(discarded(queue, item.id))))
}

const discarded = (queue: Workings["queue"], id: string) => queue.discard(id, { detail: "it is ignored" })

/** Ends what was begun by a worker that died between the two steps. */
export const settleIgnored = (queue: Workings["queue"], of: string): Effect.Effect<void, LeaseItem.LeaseQueueError> =>
  Effect.flatMap(
    queue.list({ queue: of, reason: codec.ignoredReasons, states: ["parked"] }, { limit: 500 }),
    ({ items }) => Effect.forEach(items, ({ id }) => Effect.ignore(discarded(queue, id)), { discard: true })
  )

const failedAs = (
  deps: Deps,
  item: LeaseItem.Item,
  failure: Failure,
  verdict: Exclude<core.Verdict, { readonly _tag: "release" }>
): Effect.Effect<void> => {
  const isLast = verdict._tag === "giveUp"
  const step = settled(
    deps,
    item,
    isLast ? "dead" : "failed",
    deps.workings.queue.fail(item.id, item.token, {
      detail: codec.describe(failure),
      error: codec.encodeFailure(failure),
      next: isLast ? { _tag: "park" } : { _tag: "retry", after: verdict.after },
      reason: failure.tag
    })
  )
  return isLast
    ? Effect.zipRight(
      step,
      Effect.logWarning(`${deps.source} ${item.kind}: event ${item.id} was given up: ${codec.describe(failure)}`)
    )
    : step
}

const settleFailure = (deps: Deps, item: LeaseItem.Item, error: unknown): Effect.Effect<void> => {
  if (error instanceof InboxError && error.reason === "lost") return count(deps, "stalled")
  const failure = codec.failureOf(error)
  // it is read no better next time
  if (error instanceof Unreadable) return failedAs(deps, item, failure, { _tag: "giveUp" })
  return Effect.flatMap(Random.next, (random) => {
    const verdict = core.judge(error, item.attempts, deps.policy, random)
    return verdict._tag !== "release" ? failedAs(deps, item, failure, verdict) : Effect.zipRight(
      deps.hold(Math.min(verdict.after, longestHold)),
      released(deps, item, codec.describe(failure), verdict.after)
    )
  })
}

/** A bug is no reason to lose an event, nor to try it for ever. */
const settleDefect = (deps: Deps, item: LeaseItem.Item, cause: Cause.Cause<never>): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (random) => {
    const failure = codec.failureOf(Cause.squash(cause))
    const isLast = item.attempts + 1 >= deps.policy.maxAttempts
    return Effect.zipRight(
      failedAs(
        deps,
        item,
        new Failure({ message: failure.message, tag: "Defect" }),
        isLast ? { _tag: "giveUp" } : {
          _tag: "retry",
          after: LeaseWorker.backoff(deps.policy, item.attempts + 1, random)
        }
      ),
      Effect.logError(`${deps.source} ${item.kind}: event ${item.id}: its handler died`, cause)
    )
  })

/** As it was stored, with a body that can be read. */
const open = (deps: Deps, item: LeaseItem.Item): Effect.Effect<Omit<Raw, "isStale">, InboxError> =>
  Effect.gen(function*() {
    const { body, time, ...stored } = yield* codec.decode(item)
    const plain = yield* deps.workings.sealing.open(subjectOf(deps.source, stored.delivery), body)
    return {
      attempt: item.attempts + 1,
      body: codec.toBytes(plain),
      connectionId: stored.connectionId,
      delivery: stored.delivery,
      entity: stored.entity,
      eventId: stored.eventId,
      headers: stored.headers,
      id: item.id,
      receivedAt: DateTime.unsafeMake(item.createdAt),
      source: deps.source,
      time: time === undefined ? undefined : DateTime.unsafeMake(time),
      type: item.kind,
      via: stored.via
    }
  })

const lost = (item: LeaseItem.Item, error: LeaseItem.LeaseQueueError): InboxError =>
  error.reason === "stale" || error.reason === "not-found"
    ? new InboxError({
      cause: error,
      message: `event ${item.id} is another worker's by now, and what was written for it was rolled back`,
      reason: "lost"
    })
    : storageError(error)

type Outcome = { readonly _tag: "stale"; readonly detail: string } | {
  readonly _tag: Verdict
  readonly raw: Raw
}

const settleOutcome = (deps: Deps, item: LeaseItem.Item, outcome: Outcome): Effect.Effect<void> => {
  switch (outcome._tag) {
    case "handled":
      return settled(deps, item, "handled", completed(deps, item, outcome.raw))
    case "stale":
      return ignored(deps, item, codec.stale, outcome.detail)
    case "unconfirmed":
      return ignored(deps, item, codec.unconfirmed, "the provider's API says nothing of it")
  }
}

export const handle = (deps: Deps, item: LeaseItem.Item): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { marks, queue, transaction } = deps.workings
    let isCommitted = false

    const commit = (raw: Raw): Commit => (effect) => {
      if (transaction === undefined) {
        return new InboxError({
          message:
            "this inbox takes no part in transactions: Inbox.commit is for Inbox/Sql, over the handler's own client",
          reason: "no-transaction"
        })
      }
      const both = Effect.zipLeft(
        effect,
        Effect.mapError(Effect.suspend(() => completed(deps, item, raw)), (error) => lost(item, error))
      )
      return Effect.tap(transaction(both), () => Effect.sync(() => isCommitted = true))
    }

    const work = Effect.gen(function*() {
      const opened = yield* open(deps, item)
      const time = opened.time === undefined ? undefined : DateTime.toEpochMillis(opened.time)
      const handledUpTo = item.partitionKey === undefined || time === undefined
        ? undefined
        : yield* Effect.mapError(marks.get(deps.source, item.partitionKey), storageError)
      const isStale = core.isStale(time, handledUpTo)
      if (isStale && deps.stale === "skip") {
        const than = DateTime.formatIso(DateTime.unsafeMake(handledUpTo ?? 0))
        return { _tag: "stale", detail: `an event of ${than} was handled before` } satisfies Outcome
      }
      const raw: Raw = { ...opened, isStale }
      const began = yield* Clock.currentTimeMillis
      const verdict = yield* deps.run(raw, commit(raw)).pipe(
        Effect.timeoutFail({
          duration: deps.timeout,
          onTimeout: () =>
            new HandlerTimeout({ message: `its handler took longer than ${Duration.format(deps.timeout)}` })
        }),
        Effect.ensuring(Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Metric.update(
            Metric.tagged(durations, "integration", deps.source),
            (now - began) / 1000
          ))),
        IntegrationContext.provide({
          connectionId: raw.connectionId,
          correlationId: raw.delivery
        }),
        Effect.withSpan("integration.inbox.handle", {
          attributes: {
            "integration.id": deps.source,
            "messaging.message.id": item.id,
            "webhook.delivery": raw.delivery,
            "webhook.type": raw.type
          }
        }),
        Effect.annotateLogs({ delivery: raw.delivery, event: item.id })
      )
      return { _tag: verdict, raw } satisfies Outcome
    })

    return LeaseWorker.underLease<Outcome, unknown, void, never, never>(queue, item, {
      lease: deps.lease,
      settle: (ended) => {
        // whatever came after it
        if (isCommitted) return count(deps, "handled")
        switch (ended._tag) {
          case "done":
            return settleOutcome(deps, item, ended.value)
          case "failed":
            return settleFailure(deps, item, ended.error)
          case "died":
            return settleDefect(deps, item, ended.cause)
          case "interrupted":
            return released(deps, item, "the worker was shut down")
          case "lost":
            return count(deps, "stalled")
        }
      },
      work
    })
  })

/** Entities are many, and are forgotten after days. */
const forgetEvery = 60 * 60_000

/** What is done at the beginning and once a minute. */
export const makeUpkeep = (
  { marks, queue, queueOf }: Workings,
  source: string,
  { remember, retention }: { readonly retention: number | undefined; readonly remember: number }
): Effect.Effect<void, LeaseItem.LeaseQueueError> => {
  let forgetAt = 0
  return Effect.gen(function*() {
    yield* settleIgnored(queue, queueOf(source))
    if (retention === undefined) return
    yield* queue.purge({ olderThan: retention, queue: queueOf(source) })
    const now = yield* Clock.currentTimeMillis
    if (now < forgetAt) return
    forgetAt = now + forgetEvery
    yield* marks.forget(source, Math.max(retention, remember))
  })
}
