/**
 * How far each entity has come: the time of the newest of its events that was handled. One parked item for each entity, in a
 * queue that nobody claims; in SQL a part of the transaction in which it is set.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import type * as LeaseItem from "../../delivery/LeaseItem.js"
import type * as LeaseQueue from "../../delivery/LeaseQueue.js"
import * as core from "./inboxCore.js"

const decode = Schema.decodeUnknownEither(Schema.parseJson(Schema.Struct({ at: Schema.Number })))

const timeOf = (item: LeaseItem.Item): number | undefined =>
  Option.getOrUndefined(Option.map(Either.getRight(decode(item.payload)), ({ at }) => at))

export const make = (queue: LeaseQueue.LeaseQueue["Type"], name: string) => {
  const marksOf = (source: string): string => `${name}/${source}/marks`
  const idOf = (source: string, partition: string): string =>
    `${marksOf(source)}/${createHash("sha256").update(partition).digest("base64url")}`

  const get = (source: string, partition: string): Effect.Effect<number | undefined, LeaseItem.LeaseQueueError> =>
    Effect.map(queue.get(idOf(source, partition)), (found) => Option.getOrUndefined(Option.map(found, timeOf)))

  /** Never back. Whoever else has set it meanwhile: the later one stays. */
  const advance = (
    source: string,
    partition: string,
    time: number
  ): Effect.Effect<void, LeaseItem.LeaseQueueError> => {
    const id = idOf(source, partition)
    const marks = marksOf(source)
    return Effect.gen(function*() {
      const found = yield* queue.get(id)
      if (Option.isNone(found)) {
        const [offered] = yield* queue.offer([{
          id,
          payload: JSON.stringify({ at: time }),
          queue: marks,
          source,
          state: "parked"
        }])
        return offered?.created === true ? undefined : yield* advance(source, partition, time)
      }
      if (found.value.state === "discarded") {
        // it was being forgotten
        yield* queue.purge({ olderThan: 0, queue: marks })
        return yield* advance(source, partition, time)
      }
      const before = timeOf(found.value)
      const at = core.advanced(before, time)
      if (at === before) return
      yield* queue.edit(id, found.value.version, { payload: JSON.stringify({ at }), quiet: true })
    }).pipe(
      Effect.catchIf(({ reason }) => reason === "version" || reason === "state", () => advance(source, partition, time))
    )
  }

  /** Of entities of which nothing has been heard for so long that nothing old can come any more. */
  const forget = (source: string, olderThan: number): Effect.Effect<void, LeaseItem.LeaseQueueError> =>
    Effect.gen(function*() {
      const before = (yield* Clock.currentTimeMillis) - olderThan
      const marks = marksOf(source)
      while (true) {
        const { items } = yield* queue.list({ queue: marks, states: ["parked"] }, { limit: 200, orderBy: "updatedAt" })
        const old = items.filter(({ updatedAt }) => updatedAt <= before)
        if (old.length === 0) return
        yield* Effect.forEach(old, ({ id }) => Effect.ignore(queue.discard(id)), { discard: true })
        if ((yield* queue.purge({ olderThan: 0, queue: marks })) === 0) return
      }
    })

  return { advance, forget, get }
}

export type Marks = ReturnType<typeof make>
