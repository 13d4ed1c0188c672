/**
 * A durable queue whose items are worked on under a lease. Dead letters, outbox and inbox are typed faces of it.
 *
 * A worker takes an item with `claim` (or one by its id with `acquire`), which gives it a lease with an end and a token
 * that grew. It settles with that token: `complete`, `fail` or `release`. When it dies, its lease ends and the item is
 * claimable again; when it comes back late, its old token changes nothing.
 *
 * What holds, on every backing:
 *
 * - at most one live lease an item
 * - a settlement with an old token changes nothing, and is told so
 * - within a partition items are claimed in the order of their offers, the next one after the one before is final
 * - nothing leaves the queue but by a purge of final items
 * - the same dedupe key never runs twice within its retention
 * - an acknowledged offer survives a crash; an offer is stored wholly or not at all
 *
 * Each settlement may be repeated with its token (when an answer was lost): the repetition changes nothing.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Number from "effect/Number"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as input from "./internal/leaseQueueInput.js"
import * as memory from "./internal/leaseQueueMemory.js"
import type {
  AcquireOptions,
  ClaimOptions,
  Entry,
  FailOptions,
  Failure,
  Filter,
  Item,
  NewItem,
  Offered,
  Options,
  Page,
  PageOptions,
  Patch,
  PurgeOptions,
  Stats
} from "./LeaseItem.js"
import { LeaseQueueError } from "./LeaseItem.js"

export * from "./LeaseItem.js"

/**
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { LeaseQueue } from "holdfast"
 *
 * const work = Effect.gen(function*() {
 *   const queue = yield* LeaseQueue.LeaseQueue
 *   yield* queue.offer([{ queue: "mails", payload: JSON.stringify({ to: "ada@example.com" }), dedupeKey: "welcome-1" }])
 *   for (const item of yield* queue.claim({ queue: "mails", owner: "worker-1", limit: 10 })) {
 *     yield* Effect.log(item.payload)
 *     yield* queue.complete(item.id, item.token)
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class LeaseQueue extends Context.Tag("holdfast/LeaseQueue")<LeaseQueue, {
  /** Stores all of the items or none, and is acknowledged after the commit. Joins the caller's SQL transaction. */
  readonly offer: (items: ReadonlyArray<NewItem>) => Effect.Effect<ReadonlyArray<Offered>, LeaseQueueError>
  /** The first ready items by priority, `notBefore` and id; skips what another worker is just claiming, never waits. */
  readonly claim: (options: ClaimOptions) => Effect.Effect<ReadonlyArray<Item>, LeaseQueueError>
  /** Takes one item by its id. */
  readonly acquire: (id: string, options: AcquireOptions) => Effect.Effect<Item, LeaseQueueError>
  /** Extends a lease: `lease` (default `30 seconds`) from now. */
  readonly renew: (
    id: string,
    token: number,
    lease?: Duration.DurationInput
  ) => Effect.Effect<Item, LeaseQueueError>
  /** The work is done. */
  readonly complete: (
    id: string,
    token: number,
    options?: { readonly detail?: string | undefined }
  ) => Effect.Effect<Item, LeaseQueueError>
  /** The work failed: burns an attempt. */
  readonly fail: (id: string, token: number, options: FailOptions) => Effect.Effect<Item, LeaseQueueError>
  /** Gives the item back as it was (shutdown, open breaker, rate limit): burns no attempt. */
  readonly release: (
    id: string,
    token: number,
    options?: { readonly after?: Duration.DurationInput | undefined; readonly detail?: string | undefined }
  ) => Effect.Effect<Item, LeaseQueueError>
  /** Takes back ended leases of a queue, up to `limit` (default 100); gives their number. */
  readonly sweep: (
    options: { readonly queue: string; readonly limit?: number | undefined }
  ) => Effect.Effect<number, LeaseQueueError>
  /** Changes what an item carries, if it still has this version and nobody holds it. */
  readonly edit: (
    id: string,
    version: number,
    patch: Patch
  ) => Effect.Effect<Item, LeaseQueueError>
  readonly discard: (
    id: string,
    options?: { readonly detail?: string | undefined }
  ) => Effect.Effect<Item, LeaseQueueError>
  /** Sets an item aside as poison, whoever may want to work on it; burns no attempt. */
  readonly park: (
    id: string,
    options?: { readonly detail?: string | undefined }
  ) => Effect.Effect<Item, LeaseQueueError>
  /** A parked or poison item may run again, its attempts counted anew. `to: "parked"` only ends a quarantine. */
  readonly unpark: (
    id: string,
    options?: { readonly to?: "ready" | "parked" | undefined; readonly detail?: string | undefined }
  ) => Effect.Effect<Item, LeaseQueueError>
  /** Removes final items that have not changed for this long and whose dedupe retention is over; gives their number. */
  readonly purge: (options: PurgeOptions) => Effect.Effect<number, LeaseQueueError>
  readonly get: (id: string) => Effect.Effect<Option.Option<Item>, LeaseQueueError>
  /** Whether another item of its partition comes before it, so that `acquire` refuses it as `held`. */
  readonly held: (id: string) => Effect.Effect<boolean, LeaseQueueError>
  /** Oldest first. */
  readonly history: (id: string) => Effect.Effect<ReadonlyArray<Entry>, LeaseQueueError>
  readonly list: (filter: Filter, page?: PageOptions) => Effect.Effect<Page, LeaseQueueError>
  /** How many items there are for each value of a label, or for each state. */
  readonly groups: (
    filter: Filter,
    by: "state" | "source" | "kind" | "reason"
  ) => Effect.Effect<ReadonlyMap<string, number>, LeaseQueueError>
  /** What failed, and how often: of the items that have a signature, the most frequent first. */
  readonly failures: (filter: Filter) => Effect.Effect<ReadonlyArray<Failure>, LeaseQueueError>
  readonly stats: (queue: string) => Effect.Effect<Stats, LeaseQueueError>
  /** Stands for what has been offered so far; `Filter.upTo` bounds a list by it. */
  readonly watermark: Effect.Effect<number, LeaseQueueError>
}>() {}

/**
 * A queue in memory: gone with the process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options?: Options): Effect.Effect<LeaseQueue["Type"]> =>
  Effect.sync(() => {
    const queue = memory.make(input.maxStalls(options))
    const step = <A>(f: (now: number) => memory.Result<A>): Effect.Effect<A, LeaseQueueError> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const result = f(now)
        return result._tag === "ok" ? Effect.succeed(result.value) : Effect.fail(
          new LeaseQueueError({ reason: result.reason, message: result.message })
        )
      })
    return LeaseQueue.of({
      offer: (items) => step((now) => queue.offer(items.map((item) => input.offer(item, now)), now)),
      claim: (options) => step((now) => queue.claim(input.claim(options), now)),
      acquire: (id, options) => step((now) => queue.acquire(id, input.acquire(options), now)),
      renew: (id, token, lease) => step((now) => queue.renew(id, token, input.lease(lease), now)),
      complete: (id, token, options) => step((now) => queue.complete(id, token, options?.detail, now)),
      fail: (id, token, options) => step((now) => queue.fail(id, token, input.fail(options), now)),
      release: (id, token, options) => step((now) => queue.release(id, token, input.release(options), now)),
      sweep: ({ limit, queue: name }) => step((now) => queue.sweep(name, input.limit(limit, 100), now)),
      edit: (id, version, { detail, ...patch }) => step((now) => queue.edit(id, version, patch, detail, now)),
      discard: (id, options) => step((now) => queue.discard(id, options?.detail, now)),
      park: (id, options) => step((now) => queue.park(id, options?.detail, now)),
      unpark: (id, options) => step((now) => queue.unpark(id, options?.to ?? "ready", options?.detail, now)),
      purge: (options) => step((now) => queue.purge(input.purge(options), now)),
      get: (id) => step((now) => queue.get(id, now)),
      held: (id) => step((now) => queue.held(id, now)),
      history: (id) => step(() => queue.history(id)),
      list: (filter, page) => step((now) => queue.list(input.filter(filter), input.page(page), now)),
      groups: (filter, by) => step((now) => queue.groups(input.filter(filter), by, now)),
      failures: (filter) => step((now) => queue.failures(input.filter(filter), now)),
      stats: (name) => step((now) => queue.stats(name, now)),
      watermark: step(() => queue.watermark())
    })
  })

/**
 * A queue in memory: gone with the process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<LeaseQueue> = Layer.effect(LeaseQueue, makeMemory())

/**
 * Makes whatever is set aside and meant by the filter ready again, page by page, and gives how many that were. What somebody
 * else decides on meanwhile is left to him.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unparkAll = (
  queue: LeaseQueue["Type"],
  filter: Filter,
  isMeant: (item: Item) => boolean = () => true
): Effect.Effect<number, LeaseQueueError> => {
  const unpark = ({ id }: Item): Effect.Effect<number, LeaseQueueError> =>
    Effect.catchIf(
      Effect.as(queue.unpark(id), 1),
      ({ reason }) => reason !== "storage" && reason !== "setup",
      () => Effect.succeed(0)
    )
  return Stream.paginateEffect(Option.none<string>(), (after) =>
    Effect.map(
      queue.list(filter, { after: Option.getOrUndefined(after), limit: 200 }),
      ({ items, next }) => [items.filter(isMeant), Option.map(next, Option.some)] as const
    )).pipe(
      Stream.mapEffect((items) => Effect.map(Effect.forEach(items, unpark), Number.sumAll)),
      Stream.runFold(0, Number.sum)
    )
}
