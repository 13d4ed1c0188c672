/**
 * Requests that were refused, kept so that somebody can see why. Anybody can send one, so that there is an end to all of it:
 * how many are kept, how much of each, and how many a second are written at all.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Body } from "../../delivery/DeadLetter.js"
import type * as LeaseItem from "../../delivery/LeaseItem.js"
import type * as LeaseQueue from "../../delivery/LeaseQueue.js"
import * as KnownSecrets from "../../internal/knownSecrets.js"
import { type Page, Rejected, type RejectedFilter, type Rejection } from "../InboxEvent.js"
import { toBody } from "./inboxCodec.js"
import * as core from "./inboxCore.js"
import type { Sealing } from "./inboxSealing.js"

const Stored = Schema.Struct({
  body: Body,
  connectionId: Schema.optional(Schema.String),
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  message: Schema.String,
  method: Schema.String,
  path: Schema.String,
  size: Schema.Number
})

const StoredJson = Schema.parseJson(Stored)
const encode = Schema.encodeSync(StoredJson)
const decode = Schema.decodeUnknownEither(StoredJson)

export interface Options {
  /** Default 1000. */
  readonly maxRejected?: number | undefined
  /** Of each body. Default 2048. */
  readonly maxRejectedBytes?: number | undefined
}

/** As many a second in the long run, and at once. What is beyond it is refused all the same, and only counted. */
const rate = { burst: 50, perSecond: 10 }

/** After so many there is a look at how many there are. */
const trimEvery = 20

const longest = { header: 200, headers: 50, message: 500, path: 500 }

/** Whose values say something and give nothing away. */
const telling = new Set(["content-length", "content-type", "date", "user-agent"])

const redacted = (headers: Rejection["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).slice(0, longest.headers).map(([name, value]) => [
      name.slice(0, longest.header),
      telling.has(name.toLowerCase()) ? value.slice(0, longest.header) : `(${value.length} characters)`
    ])
  )

export const make = (
  queue: LeaseQueue.LeaseQueue["Type"],
  name: string,
  sealing: Sealing,
  options: Options
) => {
  const rejected = `${name}/rejected`
  const max = Math.max(Math.trunc(options.maxRejected ?? 1000), 1)
  const maxBytes = Math.max(Math.trunc(options.maxRejectedBytes ?? 2048), 0)
  let allowance: core.Allowance = { at: 0, tokens: rate.burst }
  let untrimmed = 0

  const remove = (items: ReadonlyArray<LeaseItem.Item>): Effect.Effect<number, LeaseItem.LeaseQueueError> =>
    Effect.zipRight(
      // another process may be at it too
      Effect.forEach(items, ({ id }) => Effect.ignore(queue.discard(id)), { discard: true }),
      queue.purge({ olderThan: 0, queue: rejected })
    )

  const trim = Effect.gen(function*() {
    const { byState } = yield* queue.stats(rejected)
    const excess = byState.parked - max
    if (excess <= 0) return
    const { items } = yield* queue.list({ queue: rejected, states: ["parked"] }, { limit: Math.min(excess, 500) })
    yield* remove(items)
  })

  const keep = (rejection: Rejection) =>
    Effect.gen(function*() {
      const body = yield* sealing.seal(
        `inbox rejection of ${rejection.source}`,
        KnownSecrets.scrub(toBody(rejection.body.subarray(0, maxBytes)))
      )
      const stored: typeof Stored.Type = {
        ...KnownSecrets.scrub({
          connectionId: rejection.connectionId,
          headers: redacted(rejection.headers),
          message: rejection.message.slice(0, longest.message),
          method: rejection.method.slice(0, 20),
          path: rejection.path.slice(0, longest.path)
        }),
        body,
        size: rejection.body.length
      }
      yield* queue.offer([{
        kind: rejection.reason,
        payload: encode(stored),
        queue: rejected,
        source: rejection.source,
        state: "parked"
      }])
      if (untrimmed++ % trimEvery === 0) yield* trim
    })

  return {
    /** Never fails, and is not waited for for long: it is refused anyway. Gives whether it was kept. */
    reject: (rejection: Rejection): Effect.Effect<boolean> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const left = core.take(allowance, now, rate)
        if (left === undefined) return Effect.succeed(false)
        allowance = left
        return Effect.match(Effect.timeout(keep(rejection), "2 seconds"), {
          onFailure: () => false,
          onSuccess: () => true
        })
      }),

    list: (
      filter: RejectedFilter,
      page?: LeaseItem.PageOptions
    ): Effect.Effect<Page<Rejected>, LeaseItem.LeaseQueueError> =>
      Effect.map(
        queue.list({ kind: filter.reason, queue: rejected, source: filter.source, states: ["parked"] }, page),
        ({ items, next }) => {
          const found = items.flatMap((item) =>
            Either.match(decode(item.payload), {
              onLeft: () => [],
              onRight: (stored) => [
                new Rejected({
                  ...stored,
                  at: DateTime.unsafeMake(item.createdAt),
                  id: item.id,
                  reason: item.kind,
                  source: item.source
                })
              ]
            })
          )
          return { items: found, next, undecodable: items.length - found.length }
        }
      ),

    /** Those that are older than that; gives their number. */
    forget: (olderThan: number): Effect.Effect<number, LeaseItem.LeaseQueueError> =>
      Effect.gen(function*() {
        const before = (yield* Clock.currentTimeMillis) - olderThan
        let forgotten = 0
        while (true) {
          const { items } = yield* queue.list({ createdBefore: before, queue: rejected, states: ["parked"] }, {
            limit: 200
          })
          if (items.length === 0) return forgotten
          const gone = yield* remove(items)
          if (gone === 0) return forgotten
          forgotten += gone
        }
      })
  }
}

export type Rejections = ReturnType<typeof make>
