/**
 * What the emulated account holds.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"

/**
 * A subscriber, and when it was changed last, which Kit sorts by and does not show.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored extends Schemas.Subscriber {
  readonly cancelledAt?: string
  readonly updatedAt: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly broadcasts: Map<number, Schemas.Broadcast>
  readonly customFields: Map<number, Schemas.CustomField>
  readonly forms: ReadonlyMap<number, Set<number>>
  readonly purchases: Map<number, Schemas.Purchase>
  readonly sequences: ReadonlyMap<number, Set<number>>
  readonly subscribers: Map<number, Stored>
  /** Which subscribers have which tag. */
  readonly taggings: Map<number, Set<number>>
  readonly tags: Map<number, Schemas.Tag>
  readonly webhooks: Map<number, Schemas.Webhook>
  readonly nextId: () => number
}

/**
 * Two broadcasts, and a form and a sequence of the id 1, are there from the start: none can be made by the operations here.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (): State => {
  let last = 1000
  const broadcast = (id: number, subject: string): [number, Schemas.Broadcast] => [
    id,
    { created_at: "2026-01-15T09:00:00Z", id, public: false, subject }
  ]
  return {
    broadcasts: new Map([broadcast(1, "Hello"), broadcast(2, "News")]),
    customFields: new Map(),
    forms: new Map([[1, new Set()]]),
    purchases: new Map(),
    sequences: new Map([[1, new Set()]]),
    subscribers: new Map(),
    taggings: new Map(),
    tags: new Map(),
    webhooks: new Map(),
    nextId: () => ++last
  }
}

/**
 * @since 0.1.0
 * @category accessors
 */
export const getFrom = <A>(table: ReadonlyMap<number, A>, id: number): A => {
  const record = table.get(id)
  if (record === undefined) throw refusal(404, "Not Found")
  return record
}

const cursorOf = (id: number): string => btoa(String(id))

const idOf = (cursor: string): number => {
  // what is no base64 is no cursor
  const id = /^[\w+/]+=*$/.test(cursor) && cursor.length % 4 === 0 ? Number(atob(cursor)) : Number.NaN
  if (Number.isNaN(id)) throw refusal(422, "The cursor is not one that Kit has given.")
  return id
}

/**
 * A page of a list, in the order of `all`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const page = <A extends { readonly id: number }>(
  all: ReadonlyArray<A>,
  params: typeof Schemas.ListParams.Type
): { readonly items: ReadonlyArray<A>; readonly pagination: typeof Schemas.Paging.Type } => {
  const { after, before, include_total_count, per_page = 500 } = params
  const place = (cursor: string) => {
    const id = idOf(cursor)
    return all.findIndex((one) => one.id === id)
  }
  const to = before === undefined ? undefined : place(before)
  const from = to === undefined ? after === undefined ? 0 : place(after) + 1 : Math.max(0, to - per_page)
  const end = to ?? from + per_page
  const items = all.slice(from, end)
  const first = items[0]
  const last = items.at(-1)
  return {
    items,
    pagination: {
      has_next_page: end < all.length,
      has_previous_page: from > 0,
      per_page,
      ...(first === undefined ? undefined : { start_cursor: cursorOf(first.id) }),
      ...(last === undefined ? undefined : { end_cursor: cursorOf(last.id) }),
      ...(include_total_count === true ? { total_count: all.length } : undefined)
    }
  }
}
