/**
 * Events that are pulled. Whose turn it is to ask, and from where on, is an item of the lease queue: each turn offers the
 * next one, which is deduplicated by the one before, and is completed then. So there is one turn at a time, whatever dies
 * when, and what was stored is not asked for again.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as LeaseItem from "../../delivery/LeaseItem.js"
import * as LeaseWorker from "../../delivery/LeaseWorker.js"
import type { InboxError, NewEvent } from "../InboxEvent.js"
import type { Workings } from "./inbox.js"
import * as codec from "./inboxCodec.js"

export interface Pulled {
  readonly events: ReadonlyArray<NewEvent>
  readonly cursor?: string | undefined
  readonly hasMore?: boolean | undefined
}

export interface Options {
  readonly workings: Workings
  readonly source: string
  /** Tells polls of one source apart. */
  readonly name: string
  readonly owner: string
  /** Milliseconds, all of them. */
  readonly every: number
  readonly lease: number
  readonly drain: number
  readonly pull: (cursor: Option.Option<string>) => Effect.Effect<Pulled, unknown>
  readonly store: (events: ReadonlyArray<NewEvent>) => Effect.Effect<unknown, InboxError>
}

const Turn = Schema.parseJson(Schema.Struct({ cursor: Schema.NullOr(Schema.String), failures: Schema.Number }))

type Turn = typeof Turn.Type

const encode = Schema.encodeSync(Turn)
const decode = Schema.decodeUnknownEither(Turn)

const first: Turn = { cursor: null, failures: 0 }

/** A turn that is lost would be the last one. */
const forGood = Duration.infinity

const longestPause = 15 * 60_000

export const run = (options: Options): Effect.Effect<never> =>
  Effect.suspend(() => {
    const { queue } = options.workings
    const name = `${options.workings.name}/${options.source}/polls/${options.name}`
    let isBegun = false

    const next = (after: string, turn: Turn, delay: number) =>
      queue.offer([{
        dedupeFor: "1 day",
        dedupeKey: `after ${after}`,
        delay,
        payload: encode(turn),
        queue: name,
        source: options.source
      }])

    const end = (item: LeaseItem.Item, turn: Turn, delay: number): Effect.Effect<void> =>
      Effect.asVoid(LeaseWorker.settle(
        Effect.zipRight(next(item.id, turn, delay), queue.complete(item.id, item.token)),
        { event: "done", item, lease: options.lease, title: `${options.source}: the end of a poll` }
      ))

    const failed = (item: LeaseItem.Item, turn: Turn, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
      Effect.flatMap(Random.next, (random) => {
        const failures = turn.failures + 1
        const policy = { initialDelay: options.every, maxDelay: Math.max(longestPause, options.every), multiplier: 2 }
        const pause = LeaseWorker.backoff(policy, failures, random)
        return Effect.zipRight(
          Effect.logWarning(
            `${options.source}: a poll failed, and is tried again in ${Duration.format(Duration.millis(pause))}: ` +
              codec.describe(codec.failureOf(Cause.squash(cause)))
          ),
          end(item, { ...turn, failures }, pause)
        )
      })

    const work = (item: LeaseItem.Item): Effect.Effect<void> => {
      const turn = Either.getOrElse(decode(item.payload), () => first)
      const pulled = Effect.tap(options.pull(Option.fromNullable(turn.cursor)), ({ events }) => options.store(events))
      return LeaseWorker.underLease(queue, item, {
        lease: options.lease,
        settle: (ended) => {
          switch (ended._tag) {
            case "done": {
              const { cursor = turn.cursor, hasMore } = ended.value
              return end(item, { cursor, failures: 0 }, hasMore === true ? 0 : options.every)
            }
            case "failed":
              return failed(item, turn, Cause.fail(ended.error))
            case "died":
              return failed(item, turn, ended.cause)
            case "interrupted":
              return Effect.ignore(queue.release(item.id, item.token))
            case "lost":
              return Effect.void
          }
        },
        work: pulled
      })
    }

    return LeaseWorker.run(queue, {
      concurrency: 1,
      drain: options.drain,
      lease: options.lease,
      mayClaim: () =>
        isBegun ? Effect.succeed(true) : Effect.as(
          Effect.tap(
            queue.offer([{
              dedupeFor: forGood,
              dedupeKey: "first",
              payload: encode(first),
              queue: name,
              source: options.source
            }]),
            () => Effect.sync(() => isBegun = true)
          ),
          true
        ),
      owner: options.owner,
      pollInterval: Math.max(Math.min(options.every, 1000), 1),
      queue: name,
      title: `the polls of ${options.source}`,
      upkeep: Effect.gen(function*() {
        // whose process died too often while it had it; without it nobody would ask any more
        const { items } = yield* queue.list({ queue: name, states: ["parked", "poison"] })
        yield* Effect.forEach(items, ({ id }) => queue.unpark(id), { discard: true })
        yield* queue.purge({ olderThan: "1 hour", queue: name })
      }),
      work
    })
  })
