/**
 * What the emulated account holds.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { invalid, missing } from "./Bodies.js"
import { Keys } from "./Keys.js"

interface Stored {
  readonly id: string
  readonly created: number
}

/**
 * All objects of one kind. An object is never changed: another one takes its place.
 *
 * @since 0.1.0
 * @category models
 */
export class Table<A extends Stored> {
  readonly #byId = new Map<string, A>()

  constructor(
    /** For people, `payment_intent`. */
    readonly kind: string,
    /** What its ids begin with, `pi`. */
    readonly prefix: string
  ) {}

  nextId(): string {
    return `${this.prefix}_${String(this.#byId.size + 1).padStart(24, "0")}`
  }

  /** New, or in the place of the one with its id. */
  put(record: A): A {
    this.#byId.set(record.id, record)
    return record
  }

  find(id: string): A | undefined {
    return this.#byId.get(id)
  }

  /** `param`: the parameter that names it; absent where the path does. */
  get(id: string, param?: string): A {
    const record = this.#byId.get(id)
    if (record === undefined) throw missing(this.kind, id, param)
    return record
  }

  /** In the order in which they were made. */
  get records(): ReadonlyArray<A> {
    return [...this.#byId.values()]
  }

  get newestFirst(): ReadonlyArray<A> {
    return this.records.toReversed()
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly charges: Table<Schemas.Charge>
  readonly customers: Table<Schemas.Customer>
  readonly events: Table<Schemas.Event>
  readonly paymentIntents: Table<Schemas.PaymentIntent>
  readonly refunds: Table<Schemas.Refund>
  readonly keys: Keys
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (): State => ({
  charges: new Table("charge", "ch"),
  customers: new Table("customer", "cus"),
  events: new Table("event", "evt"),
  paymentIntents: new Table("payment_intent", "pi"),
  refunds: new Table("refund", "re"),
  keys: new Keys()
})

/**
 * What an object is known by outside: the first value of its metadata, or its id.
 *
 * @since 0.1.0
 * @category accessors
 */
export const keyOf = (record: { readonly id: string; readonly metadata: Readonly<Record<string, string>> }): string =>
  Object.values(record.metadata)[0] ?? record.id

/**
 * Metadata with what is sent laid over it: an empty text takes away.
 *
 * @since 0.1.0
 * @category accessors
 */
export const merged = (
  before: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, string>> = {}
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries({ ...before, ...sent }).filter(([, value]) => value !== ""))

type Created = typeof Schemas.CreatedFilter.Type

const isWithin = (at: number, created: Created | undefined): boolean => {
  if (created === undefined) return true
  if (typeof created === "number") return at === created
  const { gt, gte, lt, lte } = created
  return (gt === undefined || at > gt) && (gte === undefined || at >= gte) &&
    (lt === undefined || at < lt) && (lte === undefined || at <= lte)
}

/**
 * A page of a list. The newest object comes first.
 *
 * @since 0.1.0
 * @category accessors
 */
export const page = <A extends Stored>(
  table: Table<A>,
  params: {
    readonly created?: Created
    readonly ending_before?: string
    readonly limit?: number
    readonly starting_after?: string
  },
  url: string,
  wanted: (record: A) => boolean
) => {
  const { created, ending_before, limit = 10, starting_after } = params
  if (ending_before !== undefined && starting_after !== undefined) {
    throw invalid("A list goes either on from starting_after or back from ending_before.", { param: "ending_before" })
  }
  const cursor = starting_after === undefined
    ? ending_before === undefined ? undefined : table.get(ending_before, "ending_before")
    : table.get(starting_after, "starting_after")
  const all = table.newestFirst
  const at = cursor === undefined ? -1 : all.indexOf(cursor)
  const isWanted = (record: A) => isWithin(record.created, created) && wanted(record)
  // backwards it is the ones next to the cursor that are wanted
  const rest = ending_before === undefined ? all.slice(at + 1).filter(isWanted) : all.slice(0, at).filter(isWanted)
  const data = ending_before === undefined ? rest.slice(0, limit) : rest.slice(-limit)
  return { object: "list", data, has_more: rest.length > data.length, url }
}
