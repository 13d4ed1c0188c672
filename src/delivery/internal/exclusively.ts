/** One at a time of all that have a name, whichever processes they are in: whoever holds the lease of the name's item. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as LeaseItem from "../LeaseItem.js"
import type * as LeaseQueue from "../LeaseQueue.js"
import { keepAlive, persistently } from "./leaseKeeper.js"
import * as orderedId from "./orderedId.js"

export interface Deps {
  readonly queue: LeaseQueue.LeaseQueue["Type"]
  readonly queueName: string
  readonly owner: string
  /** Milliseconds. */
  readonly lease: number
}

/** None while another one holds the name. Who dies with it costs the others as much as its lease. */
const take = (
  { lease, owner, queue, queueName }: Deps,
  name: string
): Effect.Effect<Option.Option<LeaseItem.Item>, LeaseItem.LeaseQueueError> =>
  Effect.gen(function*() {
    const [offered] = yield* queue.offer([
      { queue: `${queueName}:jobs`, dedupeKey: name, dedupeFor: 0, kind: name, payload: "{}" }
    ])
    const item = queue.acquire(offered?.id ?? "", {
      owner: `${owner}/${orderedId.next(yield* Clock.currentTimeMillis)}`,
      lease,
      // workers that died with it are no reason never to run again
      states: ["ready", "parked", "poison"]
    })
    return yield* Effect.catchIf(
      Effect.asSome(persistently(item)),
      ({ reason }) => reason === "state" || reason === "not-found",
      () => Effect.succeedNone
    )
  })

/** What is left of a name is removed in a while; that it is there does no harm. */
const giveBack = ({ queue, queueName }: Deps, { id, token }: LeaseItem.Item): Effect.Effect<void> =>
  Effect.ignore(Effect.zipRight(
    persistently(queue.complete(id, token)),
    queue.purge({ queue: `${queueName}:jobs`, olderThan: "1 hour" })
  ))

/** `onLost`: somebody else may have begun. None: it was not run, as another one is. */
export const run = <A, E>(
  deps: Deps,
  name: string,
  effect: Effect.Effect<A, E>,
  onLost: Effect.Effect<void>
): Effect.Effect<Option.Option<A>, E | LeaseItem.LeaseQueueError> =>
  Effect.acquireUseRelease(
    take(deps, name),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: (item) =>
        Effect.asSome(Effect.scoped(Effect.zipRight(
          Effect.forkScoped(Effect.catchAll(keepAlive(deps.queue, item, deps.lease), () => onLost)),
          effect
        )))
    }),
    Option.match({ onNone: () => Effect.void, onSome: (item) => giveBack(deps, item) })
  )
