/** Holding a lease while the work is under way, and settling when an answer was lost. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as LeaseItem from "../LeaseItem.js"
import type * as LeaseQueue from "../LeaseQueue.js"

export class LeaseLost extends Data.TaggedError("LeaseLost")<{ readonly message: string }> {}

/** Never ends by itself but when the lease is lost. `lease`: milliseconds. */
export const keepAlive = (
  queue: LeaseQueue.LeaseQueue["Type"],
  item: Pick<LeaseItem.Item, "id" | "token">,
  lease: number
): Effect.Effect<never, LeaseLost> => {
  const loop = (deadline: number, wait: number): Effect.Effect<never, LeaseLost> =>
    Effect.gen(function*() {
      yield* Effect.sleep(wait)
      const before = yield* Clock.currentTimeMillis
      const renewed = yield* Effect.either(queue.renew(item.id, item.token, lease))
      if (Either.isRight(renewed)) {
        return yield* loop(before + lease, lease / 3)
      }
      // While the store is away the lease still holds until its end; not a moment longer
      return renewed.left.reason === "storage" && before + lease / 10 < deadline
        ? yield* loop(deadline, lease / 10)
        : yield* new LeaseLost({ message: renewed.left.message })
    })
  return Effect.flatMap(Clock.currentTimeMillis, (now) => loop(now + lease, lease / 3))
}

/** A settlement may be repeated with its token, so that a lost answer is no reason to give up. */
export const persistently = <A>(effect: Effect.Effect<A, LeaseItem.LeaseQueueError>) =>
  Effect.retry(effect, { times: 2, while: (error) => error.reason === "storage" })
