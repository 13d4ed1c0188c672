/** The lease queue over its steps on Redis: offers that come together go in one script. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redis from "../../core/Redis.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as groupCommit from "./groupCommit.js"
import * as input from "./leaseQueueInput.js"
import * as steps from "./leaseQueueRedis.js"

export const make = (redis: Redis.Redis["Type"], settings: steps.Settings): LeaseQueue.LeaseQueue["Type"] => {
  const all = steps.make(redis, settings)
  const commit = (batch: ReadonlyArray<ReadonlyArray<LeaseQueue.NewItem>>) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const offered = yield* all.offer(steps.offersOf(batch.flat(), now))
      let start = 0
      return batch.map((items) => offered.slice(start, start += items.length))
    })
  const grouped = groupCommit.make({ commit, inFlight: 4, maxSize: 32, size: (items) => Math.max(items.length, 1) })
  return LeaseQueue.LeaseQueue.of({
    offer: (items) => items.length === 0 ? Effect.succeed([]) : grouped(items),
    claim: (options) => all.claim(input.claim(options)),
    acquire: (id, options) => all.acquire(id, input.acquire(options)),
    renew: (id, token, lease) => all.renew(id, token, input.lease(lease)),
    complete: (id, token, options) => all.complete(id, token, options?.detail),
    fail: (id, token, options) => all.fail(id, token, input.fail(options)),
    release: (id, token, options) => all.release(id, token, input.release(options)),
    sweep: ({ limit, queue }) => all.sweep(queue, input.limit(limit, 100)),
    edit: (id, version, { detail, ...patch }) => all.edit(id, version, patch, detail),
    discard: (id, options) => all.discard(id, options?.detail),
    park: (id, options) => all.park(id, options?.detail),
    unpark: (id, options) => all.unpark(id, options?.to ?? "ready", options?.detail),
    purge: (options) => all.purge(input.purge(options)),
    get: all.get,
    held: all.held,
    history: all.history,
    list: (filter, page) => all.list(input.filter(filter), input.page(page)),
    groups: (filter, by) => all.groups(input.filter(filter), by),
    failures: (filter) => all.failures(input.filter(filter)),
    stats: all.stats,
    watermark: all.watermark
  })
}
