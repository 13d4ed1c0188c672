/**
 * The lease queue's steps over indexes in memory. Synchronous, so that each step is atomic; time is handed in. The
 * property tests drive it directly.
 */
import * as Option from "effect/Option"
import * as core from "./leaseQueueCore.js"
import * as input from "./leaseQueueInput.js"
import { Sorted } from "./sorted.js"

export type Result<A> =
  | { readonly _tag: "ok"; readonly value: A }
  | { readonly _tag: "no"; readonly reason: core.Refusal | "not-found"; readonly message: string }

const ok = <A>(value: A): Result<A> => ({ _tag: "ok", value })

const notFound = (id: string): Result<never> => ({ _tag: "no", reason: "not-found", message: `there is no item ${id}` })

const byId = (a: core.Item, b: core.Item): number => core.compare(a.id, b.id)

const bySeq = (a: core.Item, b: core.Item): number => a.seq - b.seq

const byLeaseEnd = (a: core.Item, b: core.Item): number =>
  (a.lease?.until ?? 0) - (b.lease?.until ?? 0) || core.compare(a.id, b.id)

const byUpdatedAt = (a: core.Item, b: core.Item): number => a.updatedAt - b.updatedAt || core.compare(a.id, b.id)

/** The live items of one partition key. */
class Partition {
  private readonly turn = new Set<string>()
  private readonly waiting = new Sorted(bySeq)
  private readonly blocking = new Sorted(bySeq)

  add(item: core.Item): void {
    if (core.hasTurn(item)) this.turn.add(item.id)
    if (item.state === "waiting") this.waiting.add(item)
    if (core.blocksYounger(item)) this.blocking.add(item)
  }

  remove(item: core.Item): void {
    this.turn.delete(item.id)
    this.waiting.remove(item)
    this.blocking.remove(item)
  }

  get empty(): boolean {
    return this.turn.size === 0 && this.waiting.size === 0 && this.blocking.size === 0
  }

  /** Whether an item must wait for another one's turn to end, or for an older one. */
  occupied(item: Pick<core.Item, "id" | "seq">): boolean {
    return this.turn.size > (this.turn.has(item.id) ? 1 : 0) || older(this.waiting.at(0), item) ||
      older(this.blocking.at(0), item)
  }

  /** Whose turn has come. */
  get next(): core.Item | undefined {
    const first = this.waiting.at(0)
    return first === undefined || this.occupied(first) ? undefined : first
  }
}

const older = (a: core.Item | undefined, b: Pick<core.Item, "seq">): boolean => a !== undefined && a.seq < b.seq

/** The items of one queue, by whatever a step looks for. */
class Index {
  readonly all = new Sorted(byId)
  readonly updated = new Sorted(byUpdatedAt)
  readonly ready = new Sorted(core.claimOrder)
  readonly leased = new Sorted(byLeaseEnd)
  readonly partitions = new Map<string, Partition>()
  readonly dedupe = new Map<string, string>()

  add(item: core.Item): void {
    this.all.add(item)
    this.updated.add(item)
    if (item.state === "ready") this.ready.add(item)
    if (item.state === "leased") this.leased.add(item)
    if (item.partitionKey !== undefined && !core.isFinal(item.state)) {
      const partition = this.partitions.get(item.partitionKey) ?? new Partition()
      partition.add(item)
      this.partitions.set(item.partitionKey, partition)
    }
  }

  remove(item: core.Item): void {
    this.all.remove(item)
    this.updated.remove(item)
    if (item.state === "ready") this.ready.remove(item)
    if (item.state === "leased") this.leased.remove(item)
    if (item.partitionKey !== undefined) {
      const partition = this.partitions.get(item.partitionKey)
      partition?.remove(item)
      if (partition?.empty === true) this.partitions.delete(item.partitionKey)
    }
  }
}

const matches = (query: input.Query, states: ReadonlySet<core.State>, item: core.Item): boolean =>
  states.has(item.state) &&
  (query.source === undefined || item.source === query.source) &&
  (query.kind === undefined || item.kind === query.kind) &&
  (query.reasons === undefined || query.reasons.includes(item.reason)) &&
  (query.signatures === undefined || query.signatures.includes(item.signature)) &&
  (query.createdBefore === undefined || item.createdAt <= query.createdBefore) &&
  (query.createdAfter === undefined || item.createdAt >= query.createdAfter) &&
  (query.upTo === undefined || item.seq <= query.upTo)

export type Queue = ReturnType<typeof make>

export const make = (maxStalls: number) => {
  const items = new Map<string, core.Item>()
  const ledger = new Map<string, Array<core.Entry>>()
  const indexes = new Map<string, Index>()
  let seq = 0

  const indexOf = (queue: string): Index => {
    const index = indexes.get(queue) ?? new Index()
    indexes.set(queue, index)
    return index
  }

  const write = (before: core.Item | undefined, after: core.Item): void => {
    const index = indexOf(after.queue)
    if (before !== undefined) index.remove(before)
    index.add(after)
    items.set(after.id, after)
  }

  const record = (entry: core.Entry): void => {
    const entries = ledger.get(entry.itemId)
    if (entries === undefined) ledger.set(entry.itemId, [entry])
    else entries.push(entry)
  }

  const past = (id: string): ReadonlyArray<core.Entry> => ledger.get(id) ?? []

  const partitionOf = (item: core.Item): Partition | undefined =>
    item.partitionKey === undefined ? undefined : indexOf(item.queue).partitions.get(item.partitionKey)

  const occupied = (item: core.Item): boolean => partitionOf(item)?.occupied(item) === true

  const promoteNext = (item: core.Item, now: number): void => {
    const next = partitionOf(item)?.next
    if (next !== undefined) write(next, core.promote(next, now))
  }

  const apply = (before: core.Item, decision: core.Decision, now: number): Result<core.Item> => {
    if (decision._tag === "refused") {
      return { _tag: "no", reason: decision.reason, message: decision.message }
    }
    if (decision._tag === "changed") {
      write(before, decision.item)
      if (decision.entry !== undefined) record(decision.entry)
      if (core.frees(before, decision.item)) promoteNext(before, now)
    }
    return ok(decision.item)
  }

  const onItem = (id: string, now: number, decide: (item: core.Item) => core.Decision): Result<core.Item> => {
    const item = items.get(id)
    return item === undefined ? notFound(id) : apply(item, decide(item), now)
  }

  const sweepQueue = (queue: string, limit: number, now: number): number => {
    const leased = indexOf(queue).leased
    let swept = 0
    for (let first = leased.at(0); swept < limit && first !== undefined; first = leased.at(0)) {
      if (!core.leaseEnded(first, now)) break
      apply(first, core.sweep(first, { maxStalls, occupied: occupied(first), now }), now)
      swept++
    }
    return swept
  }

  const sweepAll = (queue: string, now: number): void => {
    while (sweepQueue(queue, 500, now) === 500) { /* until none is left */ }
  }

  const sweepItem = (id: string, now: number): core.Item | undefined => {
    const item = items.get(id)
    if (item !== undefined) apply(item, core.sweep(item, { maxStalls, occupied: occupied(item), now }), now)
    return items.get(id)
  }

  const offerOne = (offer: core.Offer, now: number): { readonly id: string; readonly created: boolean } => {
    const index = indexOf(offer.queue)
    if (items.has(offer.id)) {
      return { id: offer.id, created: false }
    }
    if (offer.dedupeKey !== undefined) {
      const holder = items.get(index.dedupe.get(offer.dedupeKey) ?? "")
      if (holder !== undefined && core.holdsDedupeKey(holder, now)) {
        return { id: holder.id, created: false }
      }
      if (holder !== undefined) write(holder, { ...holder, dedupeKey: undefined })
      index.dedupe.set(offer.dedupeKey, offer.id)
    }
    const partition = offer.partitionKey === undefined ? undefined : index.partitions.get(offer.partitionKey)
    seq++
    write(undefined, core.offer(offer, seq, partition?.occupied({ id: offer.id, seq }) === true, now))
    return { id: offer.id, created: true }
  }

  const due = (queue: string, limit: number, now: number): Array<core.Item> => {
    const ready = indexOf(queue).ready
    const found: Array<core.Item> = []
    let index = 0
    while (found.length < limit) {
      const item = ready.at(index)
      if (item === undefined) break
      if (core.claimable(item, now)) {
        found.push(item)
        index++
      } else {
        // Whatever else has this priority is due later still
        index = ready.search((other) => other.priority > item.priority)
      }
    }
    return found
  }

  return {
    offer: (offers: ReadonlyArray<core.Offer>, now: number) => ok(offers.map((offer) => offerOne(offer, now))),

    claim: (options: input.Claim, now: number): Result<ReadonlyArray<core.Item>> => {
      sweepQueue(options.queue, 100, now)
      return ok(
        due(options.queue, options.limit, now).map((item) => {
          const leased = core.grant(item, "ready", options.owner, options.lease, now)
          write(item, leased)
          return leased
        })
      )
    },

    acquire: (id: string, options: input.Acquire, now: number): Result<core.Item> => {
      sweepItem(id, now)
      return onItem(id, now, (item) => {
        return core.acquire(item, { ...options, held: options.ordered && occupied(item), now })
      })
    },

    renew: (id: string, token: number, lease: number, now: number) =>
      onItem(id, now, (item) => core.renew(item, token, lease, now)),

    complete: (id: string, token: number, detail: string | undefined, now: number) =>
      onItem(id, now, (item) => core.complete(item, token, past(id), { detail, now })),

    fail: (id: string, token: number, options: input.Fail, now: number) =>
      onItem(id, now, (item) => core.fail(item, token, past(id), { ...options, occupied: occupied(item), now })),

    release: (id: string, token: number, options: input.Release, now: number) =>
      onItem(id, now, (item) => core.release(item, token, past(id), { ...options, occupied: occupied(item), now })),

    sweep: (queue: string, limit: number, now: number) => ok(sweepQueue(queue, limit, now)),

    edit: (id: string, version: number, patch: core.Patch, detail: string | undefined, now: number) => {
      sweepItem(id, now)
      return onItem(id, now, (item) => core.edit(item, version, patch, detail, now))
    },

    discard: (id: string, detail: string | undefined, now: number) => {
      sweepItem(id, now)
      return onItem(id, now, (item) => core.discard(item, detail, now))
    },

    unpark: (id: string, to: "ready" | "parked", detail: string | undefined, now: number) => {
      sweepItem(id, now)
      return onItem(
        id,
        now,
        (item) => core.unpark(item, to, occupied(item), detail, now)
      )
    },

    park: (id: string, detail: string | undefined, now: number) => {
      sweepItem(id, now)
      return onItem(id, now, (item) => core.park(item, detail, now))
    },

    purge: ({ age, dryRun, query }: input.Purge, now: number) => {
      const index = indexOf(query.queue)
      const states = new Set(query.states)
      const before = now - age
      const end = index.updated.search((item) => item.updatedAt > before)
      const gone: Array<core.Item> = []
      for (let i = 0; i < end; i++) {
        const item = index.updated.at(i)
        if (item !== undefined && core.purgeable(item, before, now) && matches(query, states, item)) gone.push(item)
      }
      for (const item of dryRun ? [] : gone) {
        index.remove(item)
        if (item.dedupeKey !== undefined && index.dedupe.get(item.dedupeKey) === item.id) {
          index.dedupe.delete(item.dedupeKey)
        }
        items.delete(item.id)
        ledger.delete(item.id)
      }
      return ok(gone.length)
    },

    get: (id: string, now: number) => ok(Option.fromNullable(sweepItem(id, now))),

    held: (id: string, now: number): Result<boolean> => {
      const item = sweepItem(id, now)
      return item === undefined ? notFound(id) : ok(occupied(item))
    },

    history: (id: string): Result<ReadonlyArray<core.Entry>> => ok(past(id).slice()),

    list: (query: input.Query, keyset: input.Keyset, now: number) => {
      sweepAll(query.queue, now)
      const index = indexOf(query.queue)
      const sorted = keyset.orderBy === "id" ? index.all : index.updated
      const states = new Set(query.states)
      const position = (item: core.Item, after: { readonly updatedAt: number; readonly id: string }): number =>
        (keyset.orderBy === "id" ? 0 : item.updatedAt - after.updatedAt) || core.compare(item.id, after.id)
      const after = keyset.after
      let i = keyset.descending
        ? (after === undefined ? sorted.size : sorted.search((item) => position(item, after) >= 0)) - 1
        : after === undefined
        ? 0
        : sorted.search((item) => position(item, after) > 0)
      const found: Array<core.Item> = []
      for (; found.length <= keyset.limit; i += keyset.descending ? -1 : 1) {
        const item = sorted.at(i)
        if (item === undefined) break
        if (matches(query, states, item)) found.push(item)
      }
      const page = found.slice(0, keyset.limit)
      const last = page[page.length - 1]
      return ok({
        items: page,
        next: found.length > page.length && last !== undefined
          ? Option.some(input.cursor(keyset, last))
          : Option.none<string>()
      })
    },

    groups: (query: input.Query, by: "state" | "source" | "kind" | "reason", now: number) => {
      sweepAll(query.queue, now)
      const all = indexOf(query.queue).all
      const states = new Set(query.states)
      const counts = new Map<string, number>()
      for (let i = 0; i < all.size; i++) {
        const item = all.at(i)
        if (item !== undefined && matches(query, states, item)) {
          counts.set(item[by], (counts.get(item[by]) ?? 0) + 1)
        }
      }
      return ok<ReadonlyMap<string, number>>(counts)
    },

    failures: (query: input.Query, now: number) => {
      sweepAll(query.queue, now)
      const all = indexOf(query.queue).all
      const states = new Set(query.states)
      const found: Array<core.Failure> = []
      for (let i = 0; i < all.size; i++) {
        const item = all.at(i)
        if (item === undefined || item.signature === "" || !matches(query, states, item)) continue
        const { createdAt, failedAt, kind, reason, signature, source } = item
        found.push({ source, kind, reason, signature, items: 1, first: createdAt, last: failedAt ?? createdAt })
      }
      return ok(core.addFailures(found))
    },

    stats: (queue: string, now: number) => {
      sweepAll(queue, now)
      const all = indexOf(queue).all
      const byState = { waiting: 0, ready: 0, leased: 0, done: 0, parked: 0, poison: 0, discarded: 0 }
      let oldest = Option.none<number>()
      for (let i = 0; i < all.size; i++) {
        const item = all.at(i)
        if (item === undefined) continue
        byState[item.state]++
        if (!core.isFinal(item.state) && (Option.isNone(oldest) || item.createdAt < oldest.value)) {
          oldest = Option.some(item.createdAt)
        }
      }
      return ok({ byState, oldest })
    },

    watermark: () => ok(seq)
  }
}
