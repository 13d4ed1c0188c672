/**
 * The lease queue's rules: what each step makes of one item. Plain records in, plain records out; time is handed in as
 * epoch milliseconds. Every backing runs these, so that they cannot differ in what a step means; what a backing adds is
 * how rows are found (`leaseQueueMemory.ts`, `LeaseQueue/Sql.ts`).
 */

export const states = ["waiting", "ready", "leased", "done", "parked", "poison", "discarded"] as const

export type State = typeof states[number]

/** States that nothing but a purge leaves. */
export const finalStates = ["done", "discarded"] as const satisfies ReadonlyArray<State>

export const liveStates = ["waiting", "ready", "leased", "parked", "poison"] as const satisfies ReadonlyArray<State>

export const isFinal = (state: State): boolean => state === "done" || state === "discarded"

/** Where an item goes back to when its lease is given back or ends. */
export type LeasedFrom = "ready" | "parked" | "poison"

export interface Lease {
  readonly owner: string
  readonly token: number
  readonly since: number
  readonly until: number
  readonly from: LeasedFrom
}

export interface Item {
  readonly seq: number
  readonly id: string
  readonly queue: string
  readonly state: State
  readonly partitionKey: string | undefined
  readonly onPark: "block" | "skip"
  readonly dedupeKey: string | undefined
  readonly dedupeUntil: number
  readonly priority: number
  readonly notBefore: number
  readonly attempts: number
  readonly stalls: number
  readonly token: number
  readonly lease: Lease | undefined
  readonly version: number
  readonly payload: string
  readonly lastError: string | undefined
  readonly source: string
  readonly kind: string
  readonly reason: string
  readonly signature: string
  readonly attemptedAt: number | undefined
  /** When its last error came. */
  readonly failedAt: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

export type Settlement = "completed" | "failed" | "released"

export type Outcome = Settlement | "stalled" | "discarded" | "parked" | "unparked" | "edited"

export interface Entry {
  readonly itemId: string
  readonly token: number | undefined
  readonly owner: string | undefined
  readonly startedAt: number | undefined
  readonly at: number
  readonly outcome: Outcome
  readonly detail: string | undefined
  readonly notBefore: number | undefined
}

export type Refusal = "stale" | "state" | "version" | "held"

/** `unchanged`: the step has been done before (its answer was lost), and saying so once more is harmless. */
export type Decision =
  | { readonly _tag: "changed"; readonly item: Item; readonly entry: Entry | undefined }
  | { readonly _tag: "unchanged"; readonly item: Item }
  | { readonly _tag: "refused"; readonly reason: Refusal; readonly message: string }

const changed = (item: Item, entry?: Entry): Decision => ({ _tag: "changed", item, entry })

const unchanged = (item: Item): Decision => ({ _tag: "unchanged", item })

const refused = (reason: Refusal, message: string): Decision => ({ _tag: "refused", reason, message })

export interface Offer {
  readonly id: string
  /** The caller made the id, so that there may be an item of it already. */
  readonly named: boolean
  readonly queue: string
  readonly state: "ready" | "parked" | "poison"
  readonly partitionKey: string | undefined
  readonly onPark: "block" | "skip"
  readonly dedupeKey: string | undefined
  readonly dedupeFor: number
  readonly priority: number
  readonly delay: number
  readonly payload: string
  readonly lastError: string | undefined
  readonly source: string
  readonly kind: string
  readonly reason: string
  readonly signature: string
}

/** Whoever becomes ready while an item of the partition comes before it waits instead. */
const inTurn = <S extends State>(
  item: Pick<Item, "partitionKey">,
  state: S,
  occupied: boolean
): S | "waiting" => state === "ready" && item.partitionKey !== undefined && occupied ? "waiting" : state

/** Sums of times stay exact integers, and "for ever" has a number. */
const later = (now: number, millis: number): number => Math.min(now + Math.ceil(millis), Number.MAX_SAFE_INTEGER)

/** `occupied`, here and below: an item of the partition comes before this one. */
export const offer = (offer: Offer, seq: number, occupied: boolean, now: number): Item => ({
  seq,
  id: offer.id,
  queue: offer.queue,
  state: inTurn(offer, offer.state, occupied),
  partitionKey: offer.partitionKey,
  onPark: offer.onPark,
  dedupeKey: offer.dedupeKey,
  dedupeUntil: offer.dedupeKey === undefined ? 0 : later(now, offer.dedupeFor),
  priority: offer.priority,
  notBefore: later(now, offer.delay),
  attempts: 0,
  stalls: 0,
  token: 0,
  lease: undefined,
  version: 1,
  payload: offer.payload,
  lastError: offer.lastError,
  source: offer.source,
  kind: offer.kind,
  reason: offer.reason,
  signature: offer.signature,
  attemptedAt: undefined,
  failedAt: offer.lastError === undefined ? undefined : now,
  createdAt: now,
  updatedAt: now
})

/** A live item keeps its dedupe key for as long as it lives, a final one until its retention ends. */
export const holdsDedupeKey = (item: Pick<Item, "state" | "dedupeUntil">, now: number): boolean =>
  !isFinal(item.state) || item.dedupeUntil > now

/** Whether an item has its turn in its partition: every other one waits, older or younger. */
export const hasTurn = (item: Pick<Item, "state">): boolean => item.state === "ready" || item.state === "leased"

/** Whether the younger ones of its partition wait for an item that is set aside. */
export const blocksYounger = (item: Pick<Item, "state" | "onPark">): boolean =>
  item.onPark === "block" && (item.state === "parked" || item.state === "poison")

/** Whether what is offered to the partition from now on has to wait for this item. */
export const holdsPartition = (item: Pick<Item, "state" | "onPark">): boolean => hasTurn(item) || blocksYounger(item)

/** Whether another one's turn in the partition may have come. */
export const frees = (before: Item, after: Item): boolean =>
  before.partitionKey !== undefined && holdsPartition(before) && before.state !== after.state && !hasTurn(after)

export const claimable = (item: Pick<Item, "state" | "notBefore">, now: number): boolean =>
  item.state === "ready" && item.notBefore <= now

export const leaseEnded = (item: Pick<Item, "lease">, now: number): boolean =>
  item.lease !== undefined && item.lease.until <= now

export const grant = (item: Item, from: LeasedFrom, owner: string, lease: number, now: number): Item => {
  const token = item.token + 1
  return {
    ...item,
    state: "leased",
    token,
    lease: { owner, token, since: now, until: later(now, lease), from },
    updatedAt: now
  }
}

/**
 * Takes one item by its id. `held`: an item of its partition comes before it. The same owner asking again gets the lease that it has: its first answer was lost.
 */
export const acquire = (
  item: Item,
  options: {
    readonly owner: string
    readonly lease: number
    readonly states: ReadonlyArray<State>
    readonly held: boolean
    readonly now: number
  }
): Decision => {
  if (item.state === "leased") {
    return item.lease !== undefined && item.lease.owner === options.owner
      ? unchanged(item)
      : refused("state", `item ${item.id} is leased by ${item.lease?.owner ?? "somebody"}`)
  }
  if (item.state !== "ready" && item.state !== "parked" && item.state !== "poison") {
    return refused("state", `item ${item.id} is ${item.state}`)
  }
  if (!options.states.includes(item.state)) {
    return refused("state", `item ${item.id} is ${item.state}`)
  }
  return options.held
    ? refused("held", `another item of partition ${item.partitionKey ?? ""} comes before it`)
    : changed(grant(item, item.state, options.owner, options.lease, options.now))
}

/**
 * The lease behind a token, or what to say when there is none. A lease whose time is over counts as held until somebody
 * has swept it: the token still proves that nobody else has the item.
 */
const settling = (
  item: Item,
  token: number,
  outcome: Settlement,
  past: ReadonlyArray<Entry>,
  settle: (lease: Lease) => Decision
): Decision =>
  item.lease !== undefined && item.lease.token === token
    ? settle(item.lease)
    : past.some((entry) => entry.token === token && entry.outcome === outcome)
    ? unchanged(item)
    : refused("stale", `token ${token} of item ${item.id} is not valid any more`)

const attempt = (item: Item, lease: Lease, outcome: Outcome, now: number, rest: {
  readonly detail: string | undefined
  readonly notBefore?: number
}): Entry => ({
  itemId: item.id,
  token: lease.token,
  owner: lease.owner,
  startedAt: lease.since,
  at: now,
  outcome,
  detail: rest.detail,
  notBefore: rest.notBefore
})

export const renew = (item: Item, token: number, lease: number, now: number): Decision =>
  item.lease !== undefined && item.lease.token === token
    ? changed({ ...item, lease: { ...item.lease, until: Math.max(item.lease.until, later(now, lease)) } })
    : refused("stale", `token ${token} of item ${item.id} is not valid any more`)

export const complete = (
  item: Item,
  token: number,
  past: ReadonlyArray<Entry>,
  options: { readonly detail: string | undefined; readonly now: number }
): Decision =>
  settling(item, token, "completed", past, (lease) =>
    changed(
      {
        ...item,
        state: "done",
        lease: undefined,
        attempts: item.attempts + 1,
        attemptedAt: options.now,
        updatedAt: options.now
      },
      attempt(item, lease, "completed", options.now, options)
    ))

export type Next =
  | { readonly _tag: "retry"; readonly delay: number }
  | { readonly _tag: "park" }
  | { readonly _tag: "poison" }

export const fail = (
  item: Item,
  token: number,
  past: ReadonlyArray<Entry>,
  options: {
    readonly next: Next
    readonly error: string | undefined
    readonly reason: string | undefined
    readonly signature: string | undefined
    readonly detail: string | undefined
    readonly occupied: boolean
    readonly now: number
  }
): Decision =>
  settling(item, token, "failed", past, (lease) => {
    const { next, now, occupied } = options
    const notBefore = next._tag === "retry" ? later(now, next.delay) : item.notBefore
    return changed(
      {
        ...item,
        state: next._tag === "retry" ? inTurn(item, "ready", occupied) : next._tag === "park" ? "parked" : "poison",
        lease: undefined,
        attempts: item.attempts + 1,
        notBefore,
        lastError: options.error ?? item.lastError,
        reason: options.reason ?? item.reason,
        signature: options.signature ?? item.signature,
        attemptedAt: now,
        failedAt: now,
        updatedAt: now
      },
      attempt(item, lease, "failed", now, next._tag === "retry" ? { ...options, notBefore } : options)
    )
  })

export const release = (
  item: Item,
  token: number,
  past: ReadonlyArray<Entry>,
  options: {
    readonly delay: number
    readonly detail: string | undefined
    readonly occupied: boolean
    readonly now: number
  }
): Decision =>
  settling(item, token, "released", past, (lease) => {
    const notBefore = options.delay > 0 ? later(options.now, options.delay) : item.notBefore
    return changed(
      {
        ...item,
        state: inTurn(item, lease.from, options.occupied),
        lease: undefined,
        notBefore,
        updatedAt: options.now
      },
      attempt(item, lease, "released", options.now, { detail: options.detail, notBefore })
    )
  })

/** An ended lease gives the item back; one that has ended too often sets it aside. */
export const sweep = (
  item: Item,
  options: { readonly maxStalls: number; readonly occupied: boolean; readonly now: number }
): Decision => {
  const { maxStalls, now, occupied } = options
  const lease = item.lease
  if (lease === undefined || !leaseEnded(item, now)) {
    return unchanged(item)
  }
  const stalls = item.stalls + 1
  const poisoned = stalls >= maxStalls
  return changed(
    {
      ...item,
      state: poisoned ? "poison" : inTurn(item, lease.from, occupied),
      lease: undefined,
      stalls,
      updatedAt: now
    },
    attempt(item, lease, "stalled", now, {
      detail: poisoned ? `the lease ended ${stalls} times without a result` : "the lease ended without a result"
    })
  )
}

const decision = (item: Item, outcome: Outcome, now: number, detail: string | undefined): Entry => ({
  itemId: item.id,
  token: undefined,
  owner: undefined,
  startedAt: undefined,
  at: now,
  outcome,
  detail,
  notBefore: undefined
})

export const discard = (item: Item, detail: string | undefined, now: number): Decision => {
  switch (item.state) {
    case "discarded":
      return unchanged(item)
    case "done":
    case "leased":
      return refused("state", `item ${item.id} is ${item.state}`)
    default:
      return changed({ ...item, state: "discarded", updatedAt: now }, decision(item, "discarded", now, detail))
  }
}

/** Sets an item aside by hand. */
export const park = (item: Item, detail: string | undefined, now: number): Decision => {
  if (item.state === "poison") {
    return unchanged(item)
  }
  return item.state === "leased" || isFinal(item.state)
    ? refused("state", `item ${item.id} is ${item.state}`)
    : changed({ ...item, state: "poison", updatedAt: now }, decision(item, "parked", now, detail))
}

/** `to: "parked"` takes an item out of quarantine only. `occupied`: an item of the partition comes before it. */
export const unpark = (
  item: Item,
  to: "ready" | "parked",
  occupied: boolean,
  detail: string | undefined,
  now: number
): Decision => {
  if (item.state === to || (to === "ready" && item.state === "waiting")) {
    return unchanged(item)
  }
  if (item.state !== "parked" && item.state !== "poison") {
    return refused("state", `item ${item.id} is ${item.state}`)
  }
  return changed(
    { ...item, state: inTurn(item, to, occupied), attempts: 0, stalls: 0, updatedAt: now },
    decision(item, "unparked", now, detail)
  )
}

export const promote = (item: Item, now: number): Item => ({ ...item, state: "ready", updatedAt: now })

export interface Patch {
  readonly payload?: string | undefined
  readonly lastError?: string | undefined
  readonly reason?: string | undefined
  readonly signature?: string | undefined
  readonly quiet?: boolean | undefined
}

const patched = (item: Item, patch: Patch): boolean =>
  (patch.payload === undefined || patch.payload === item.payload) &&
  (patch.lastError === undefined || patch.lastError === item.lastError) &&
  (patch.reason === undefined || patch.reason === item.reason) &&
  (patch.signature === undefined || patch.signature === item.signature)

export const edit = (
  item: Item,
  version: number,
  patch: Patch,
  detail: string | undefined,
  now: number
): Decision => {
  if (item.version === version + 1 && patched(item, patch)) {
    return unchanged(item)
  }
  if (item.version !== version) {
    return refused("version", `item ${item.id} has version ${item.version}, not ${version}`)
  }
  if (item.state === "leased" || isFinal(item.state)) {
    return refused("state", `item ${item.id} is ${item.state}`)
  }
  return changed(
    {
      ...item,
      version: item.version + 1,
      payload: patch.payload ?? item.payload,
      lastError: patch.lastError ?? item.lastError,
      reason: patch.reason ?? item.reason,
      signature: patch.signature ?? item.signature,
      failedAt: patch.lastError === undefined ? item.failedAt : now,
      updatedAt: now
    },
    patch.quiet === true ? undefined : decision(item, "edited", now, detail)
  )
}

/** Final for long enough, and its dedupe key is not needed any more. */
export const purgeable = (item: Item, before: number, now: number): boolean =>
  isFinal(item.state) && item.updatedAt <= before && item.dedupeUntil <= now

/** The order in which claims take items. */
export const claimOrder = (a: Item, b: Item): number =>
  a.priority - b.priority || a.notBefore - b.notBefore || compare(a.id, b.id)

export const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

/** What failed alike: the items of the same labels. */
export interface Failure {
  readonly source: string
  readonly kind: string
  readonly reason: string
  readonly signature: string
  readonly items: number
  readonly first: number
  readonly last: number
}

/** The most frequent first, then the latest. */
export const failureOrder = (a: Failure, b: Failure): number =>
  b.items - a.items || b.last - a.last || compare(a.signature, b.signature) || compare(a.source, b.source) ||
  compare(a.kind, b.kind) || compare(a.reason, b.reason)

/** Adds up what was counted in parts. */
export const addFailures = (parts: Iterable<Failure>): ReadonlyArray<Failure> => {
  const found = new Map<string, Failure>()
  for (const part of parts) {
    const key = JSON.stringify([part.source, part.kind, part.reason, part.signature])
    const other = found.get(key)
    found.set(
      key,
      other === undefined ? part : {
        ...part,
        first: Math.min(other.first, part.first),
        items: other.items + part.items,
        last: Math.max(other.last, part.last)
      }
    )
  }
  return Array.from(found.values()).sort(failureOrder)
}
