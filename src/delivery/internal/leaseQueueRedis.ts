/** The lease queue's steps on Redis: scripts, what they are asked with, and what their answers mean. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Redis from "../../core/Redis.js"
import { type Entry, type Item, LeaseQueueError, type NewItem, type Offered } from "../LeaseItem.js"
import * as core from "./leaseQueueCore.js"
import * as input from "./leaseQueueInput.js"
import * as Lua from "./leaseQueueLua.js"
import * as Items from "./leaseQueueLuaItems.js"
import * as Refusals from "./leaseQueueRedisErrors.js"
import { isState, type Place, toEntries, toItem, toPlace, whole } from "./leaseQueueRedisRows.js"

export interface Settings {
  /** What every key begins with, hash tag and all. */
  readonly base: string
  readonly maxStalls: number
  /** Milliseconds of real time. */
  readonly patience: number
}

/** Items that one script looks at where a filter has no index. */
const scan = 2000

const pageOf = 500

const flat = Schema.Array(Schema.String)

const answers = {
  flat,
  flats: Schema.Array(flat),
  list: Schema.Union(
    Schema.Tuple(Schema.Literal("again")),
    Schema.Tuple(Schema.Literal("more", "end"), Schema.String, Schema.Array(flat))
  ),
  settled: Schema.Tuple(Schema.Literal("ok", "no"), flat)
}

/** `keys`: the one that is declared. */
const script = <A, I>(action: Lua.Action, result: Schema.Schema<A, I>) =>
  Redis.script({
    encode: (base: string, args: ReadonlyArray<Redis.Argument>) => ({ args, keys: [`${base}${Items.seqKey}`] }),
    lua: Lua.script(action),
    name: `LeaseQueue.${action}`,
    result
  })

const scripts = {
  acquire: script("acquire", answers.settled),
  claim: script("claim", answers.flats),
  complete: script("complete", answers.settled),
  count: script("count", answers.flat),
  discard: script("discard", answers.settled),
  edit: script("edit", answers.settled),
  fail: script("fail", answers.settled),
  get: script("get", answers.settled),
  held: script("held", answers.settled),
  list: script("list", answers.list),
  offer: script("offer", answers.flat),
  park: script("park", answers.settled),
  places: script("places", answers.flat),
  purge: script("purge", answers.flat),
  release: script("release", answers.settled),
  renew: script("renew", answers.settled),
  sweep: script("sweep", answers.flat),
  unpark: script("unpark", answers.settled)
}

const optional = (text: string | undefined): string => text === undefined ? "" : `+${text}`

const isOf = (query: input.Query) => {
  const states = new Set<string>(query.states)
  return (place: Place): boolean =>
    states.has(place.state) &&
    (query.source === undefined || place.source === query.source) &&
    (query.kind === undefined || place.kind === query.kind) &&
    (query.reasons === undefined || query.reasons.includes(place.reason)) &&
    (query.signatures === undefined || query.signatures.includes(place.signature))
}

const most = Number.MAX_SAFE_INTEGER

const inRange = (value: number): number => Math.min(Math.max(value, -most), most)

/** What no index answers: times and the watermark. */
const rest = (query: input.Query): ReadonlyArray<number> => [
  inRange(Math.floor(query.createdBefore ?? most)),
  inRange(Math.ceil(query.createdAfter ?? -most)),
  inRange(Math.floor(query.upTo ?? most))
]

const memberOf = (keyset: input.Keyset): string => {
  const after = keyset.after
  return after === undefined
    ? ""
    : keyset.orderBy === "id"
    ? after.id
    : `${String(after.updatedAt).padStart(16, "0")}:${after.id}`
}

export interface Offer {
  readonly core: core.Offer
  readonly nonce: string
}

/** With all that makes a repetition harmless. */
export const offersOf = (items: ReadonlyArray<NewItem>, now: number): ReadonlyArray<Offer> => {
  const nonce = items.some((item) => item.id !== undefined) ? crypto.randomUUID() : ""
  return items.map((item, i) => ({
    core: input.offer(item, now),
    nonce: item.id === undefined ? "" : `${nonce}:${i}`
  }))
}

const offerArgs = (
  { core: offer, nonce }: Offer
): { readonly [F in typeof Items.offerFields[number]]: Redis.Argument } => ({
  dedupeFor: offer.dedupeFor,
  dedupeKey: optional(offer.dedupeKey),
  delay: offer.delay,
  id: offer.id,
  kind: offer.kind,
  lastError: optional(offer.lastError),
  nonce,
  onPark: offer.onPark,
  partitionKey: optional(offer.partitionKey),
  payload: offer.payload,
  priority: offer.priority,
  queue: offer.queue,
  reason: offer.reason,
  signature: offer.signature,
  source: offer.source,
  state: offer.state
})

export type Steps = ReturnType<typeof make>

export const make = (redis: Redis.Redis["Type"], settings: Settings) => {
  const { base, maxStalls, patience } = settings

  /** `repeatable`: doing it twice is as good as once. What must not be is only repeated where it surely was not done. */
  const run = <A>(
    script: Redis.Script<[base: string, args: ReadonlyArray<Redis.Argument>], A>,
    args: ReadonlyArray<Redis.Argument>,
    repeatable = true
  ): Effect.Effect<A, LeaseQueueError> => Refusals.persevere(redis.run(script, base, args), { patience, repeatable })

  /** What a script says of one item, or why it refuses. */
  const ask = (
    script: Redis.Script<[base: string, args: ReadonlyArray<Redis.Argument>], typeof answers.settled.Type>,
    ...args: ReadonlyArray<Redis.Argument>
  ): Effect.Effect<ReadonlyArray<string>, LeaseQueueError> =>
    Effect.flatMap(
      Effect.uninterruptible(run(script, args)),
      ([tag, fields]) =>
        tag === "ok" ? Either.right(fields) : Either.left(
          new LeaseQueueError({ message: fields[1] ?? "", reason: Refusals.reasonOf(fields[0]) })
        )
    )

  const settle = (...asked: Parameters<typeof ask>): Effect.Effect<Item, LeaseQueueError> =>
    Effect.flatMap(ask(...asked), toItem)

  const items = (found: ReadonlyArray<ReadonlyArray<string>>): Either.Either<ReadonlyArray<Item>, LeaseQueueError> =>
    Either.all(found.map(toItem))

  const places = (
    queue: string,
    swept = true
  ): Effect.Effect<{ readonly seq: number; readonly all: ReadonlyArray<Place> }, LeaseQueueError> =>
    Effect.flatMap(run(scripts.places, [queue, maxStalls, swept ? 1 : 0]), ([tag, seq, ...rows]) => {
      if (tag === "again") return places(queue, swept)
      const found: Array<Place> = []
      for (let i = 0; i < rows.length; i += 4) {
        found.push(toPlace(rows[i] ?? "", rows[i + 1], rows[i + 2], rows[i + 3]))
      }
      return Effect.succeed({ all: found, seq: whole(seq) })
    })

  /** Until nothing is left, or enough is found. A script looks at so many at most, and other clients have their turn. */
  const listFrom = (
    queue: string,
    names: ReadonlyArray<string>,
    filter: ReadonlyArray<number>,
    keyset: input.Keyset,
    after: string,
    found: ReadonlyArray<Item>
  ): Effect.Effect<ReadonlyArray<Item>, LeaseQueueError> =>
    Effect.flatMap(
      run(scripts.list, [
        queue,
        maxStalls,
        keyset.limit + 1 - found.length,
        keyset.orderBy === "id" ? "items" : "changes",
        keyset.descending ? 1 : 0,
        after,
        scan,
        ...filter,
        ...names
      ]),
      (answer) =>
        answer[0] === "again"
          ? listFrom(queue, names, filter, keyset, after, found)
          : Effect.flatMap(items(answer[2]), (more) => {
            const together = [...found, ...more]
            return answer[0] === "end" || together.length > keyset.limit
              ? Effect.succeed(together)
              : listFrom(queue, names, filter, keyset, answer[1], together)
          })
    )

  /** One by one, for what no index answers. */
  const countIn = (queue: string, place: Place, filter: ReadonlyArray<number>): Effect.Effect<Place, LeaseQueueError> =>
    Effect.gen(function*() {
      let items = 0
      let first = most
      let last = 0
      let after = ""
      do {
        const [counted, next = "", earliest, latest]: ReadonlyArray<string> = yield* run(scripts.count, [
          queue,
          place.name,
          after,
          scan,
          ...filter
        ])
        items += whole(counted)
        first = Math.min(first, whole(earliest))
        last = Math.max(last, whole(latest))
        after = next
      } while (after !== "")
      return { ...place, first, items, last }
    })

  const counted = (query: input.Query): Effect.Effect<ReadonlyArray<Place>, LeaseQueueError> =>
    Effect.gen(function*() {
      const { all, seq } = yield* places(query.queue)
      const found = all.filter(isOf(query))
      const isPlain = query.createdBefore === undefined && query.createdAfter === undefined &&
        (query.upTo === undefined || query.upTo >= seq)
      return isPlain ? found : yield* Effect.forEach(found, (place) => countIn(query.queue, place, rest(query)))
    })

  return {
    offer: (offers: ReadonlyArray<Offer>): Effect.Effect<ReadonlyArray<Offered>, LeaseQueueError> =>
      Effect.map(
        run(
          scripts.offer,
          offers.flatMap((offer) => {
            const args = offerArgs(offer)
            return Items.offerFields.map((field) => args[field])
          })
        ),
        (reply) => offers.map((_, i) => ({ created: reply[2 * i + 1] === "1", id: reply[2 * i] ?? "" }))
      ),

    claim: ({ lease, limit, owner, queue }: input.Claim): Effect.Effect<ReadonlyArray<Item>, LeaseQueueError> =>
      Effect.flatMap(
        Effect.uninterruptible(run(scripts.claim, [queue, owner, limit, lease, maxStalls], false)),
        items
      ),

    acquire: (id: string, { lease, ordered, owner, states }: input.Acquire) =>
      settle(scripts.acquire, id, maxStalls, owner, lease, states.join(","), ordered ? 1 : 0),

    renew: (id: string, token: number, lease: number) => settle(scripts.renew, id, token, lease),

    complete: (id: string, token: number, detail: string | undefined) =>
      settle(scripts.complete, id, token, optional(detail)),

    fail: (id: string, token: number, { detail, error, next, reason, signature }: input.Fail) =>
      settle(
        scripts.fail,
        id,
        token,
        next._tag,
        next._tag === "retry" ? next.delay : 0,
        optional(error),
        optional(reason),
        optional(signature),
        optional(detail)
      ),

    release: (id: string, token: number, { delay, detail }: input.Release) =>
      settle(scripts.release, id, token, delay, optional(detail)),

    sweep: (queue: string, limit: number): Effect.Effect<number, LeaseQueueError> =>
      Effect.map(run(scripts.sweep, [queue, limit, maxStalls]), ([swept]) => whole(swept)),

    edit: (id: string, version: number, patch: core.Patch, detail: string | undefined) =>
      settle(
        scripts.edit,
        id,
        maxStalls,
        version,
        optional(detail),
        optional(patch.payload),
        optional(patch.lastError),
        optional(patch.reason),
        optional(patch.signature),
        patch.quiet === true ? 1 : 0
      ),

    discard: (id: string, detail: string | undefined) => settle(scripts.discard, id, maxStalls, optional(detail)),

    park: (id: string, detail: string | undefined) => settle(scripts.park, id, maxStalls, optional(detail)),

    unpark: (id: string, to: "ready" | "parked", detail: string | undefined) =>
      settle(scripts.unpark, id, maxStalls, to, optional(detail)),

    get: (id: string): Effect.Effect<Option.Option<Item>, LeaseQueueError> =>
      settle(scripts.get, id, maxStalls).pipe(
        Effect.map(Option.some),
        Effect.catchIf((error) => error.reason === "not-found", () => Effect.succeed(Option.none<Item>()))
      ),

    held: (id: string): Effect.Effect<boolean, LeaseQueueError> =>
      Effect.map(ask(scripts.held, id, maxStalls), ([held]) => held === "1"),

    history: (id: string): Effect.Effect<ReadonlyArray<Entry>, LeaseQueueError> =>
      Effect.flatMap(
        Refusals.persevere(redis.send("LRANGE", `${base}ledger:${id}`, 0, -1), { patience, repeatable: true }),
        (reply) => toEntries(id, reply)
      ),

    list: (query: input.Query, keyset: input.Keyset) =>
      Effect.gen(function*() {
        const names = (yield* places(query.queue)).all.filter(isOf(query)).map((place) => place.name)
        const found = names.length === 0
          ? []
          : yield* listFrom(query.queue, names, rest(query), keyset, memberOf(keyset), [])
        const page = found.slice(0, keyset.limit)
        const last = page[page.length - 1]
        return {
          items: page,
          next: found.length > page.length && last !== undefined
            ? Option.some(input.cursor(keyset, last))
            : Option.none<string>()
        }
      }),

    groups: (query: input.Query, by: "state" | "source" | "kind" | "reason") =>
      Effect.map(counted(query), (found) => {
        const counts = new Map<string, number>()
        for (const place of found) {
          if (place.items > 0) counts.set(place[by], (counts.get(place[by]) ?? 0) + place.items)
        }
        return counts
      }),

    failures: (query: input.Query) =>
      Effect.map(counted(query), (found) =>
        core.addFailures(
          found.filter(({ items, signature }) => items > 0 && signature !== "").map((
            { first, items, kind, last, reason, signature, source }
          ) => ({ first, items, kind, last, reason, signature, source }))
        )),

    stats: (queue: string) =>
      Effect.map(places(queue), ({ all: known }) => {
        const byState = { discarded: 0, done: 0, leased: 0, parked: 0, poison: 0, ready: 0, waiting: 0 }
        let oldest = Option.none<number>()
        for (const { first, items, state } of known) {
          if (!isState(state)) continue
          byState[state] += items
          if (!core.isFinal(state) && (Option.isNone(oldest) || first < oldest.value)) oldest = Option.some(first)
        }
        return { byState, oldest }
      }),

    purge: ({ age, dryRun, query }: input.Purge) =>
      Effect.gen(function*() {
        let purged = 0
        for (const place of (yield* places(query.queue, false)).all.filter(isOf(query))) {
          let after = ""
          do {
            const [gone, last = ""]: ReadonlyArray<string> = yield* run(scripts.purge, [
              query.queue,
              place.name,
              after,
              age,
              pageOf,
              dryRun ? 1 : 0
            ])
            purged += whole(gone)
            after = last
          } while (after !== "")
        }
        return purged
      }),

    watermark: Effect.map(
      Refusals.persevere(redis.send("GET", `${base}${Items.seqKey}`), { patience, repeatable: true }),
      (reply) => whole(typeof reply === "string" ? reply : undefined)
    )
  }
}
