/**
 * The subscribers of the Kit emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import { getFrom, type State, type Stored } from "./Store.js"

const isoOf = (exchange: Emulator.Exchange): string => new Date(exchange.now).toISOString().replace(".000Z", "Z")

/** As Kit shows it. All custom fields of the account are there. */
const rendered = (state: State, { cancelledAt: _, updatedAt: __, ...stored }: Stored): Schemas.Subscriber => ({
  ...stored,
  fields: Object.fromEntries([...state.customFields.values()].map(({ key }) => [key, stored.fields[key] ?? null]))
})

/**
 * @since 0.1.0
 * @category accessors
 */
export const findByEmail = (state: State, email: string): Stored | undefined =>
  [...state.subscribers.values()].find((one) => one.email_address === email.toLowerCase())

const byEmail = (state: State, email: string): Stored => {
  const found = findByEmail(state, email)
  if (found === undefined) throw refusal(404, "Not Found")
  return found
}

/** A key that no custom field has is passed over without a word. */
const known = (state: State, fields: Readonly<Record<string, string>> = {}) => {
  const keys = new Set([...state.customFields.values()].map(({ key }) => key))
  return Object.fromEntries(Object.entries(fields).filter(([key]) => keys.has(key)))
}

const put = (state: State, exchange: Emulator.Exchange, stored: Stored, kind: string): Schemas.Subscriber => {
  state.subscribers.set(stored.id, stored)
  exchange.changed({ resource: "subscribers", kind, key: stored.email_address })
  return rendered(state, stored)
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const get = (state: State, id: number): Schemas.Subscriber => rendered(state, getFrom(state.subscribers, id))

/**
 * By the address: of one who is there, name and fields are changed, and nothing else.
 *
 * @since 0.1.0
 * @category handlers
 */
export const upsert = (
  state: State,
  exchange: Emulator.Exchange,
  input: typeof Schemas.SubscriberInput.Type
): { readonly isNew: boolean; readonly subscriber: Schemas.Subscriber } => {
  const before = findByEmail(state, input.email_address)
  const at = isoOf(exchange)
  const changed = {
    ...(input.first_name === undefined ? undefined : { first_name: input.first_name }),
    fields: { ...before?.fields, ...known(state, input.fields) },
    updatedAt: at
  }
  const subscriber = before === undefined
    ? put(state, exchange, {
      created_at: at,
      email_address: input.email_address.toLowerCase(),
      id: state.nextId(),
      state: input.state ?? "active",
      ...changed
    }, "created")
    : put(state, exchange, { ...before, ...changed }, "updated")
  return { isNew: before === undefined, subscriber }
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const update = (
  state: State,
  exchange: Emulator.Exchange,
  id: number,
  input: typeof Schemas.SubscriberUpdate.Type
): Schemas.Subscriber => {
  const before = getFrom(state.subscribers, id)
  const other = input.email_address === undefined ? undefined : findByEmail(state, input.email_address)
  if (other !== undefined && other.id !== id) throw refusal(422, "Email address has already been taken")
  return put(state, exchange, {
    ...before,
    ...(input.email_address === undefined ? undefined : { email_address: input.email_address.toLowerCase() }),
    ...(input.first_name === undefined ? undefined : { first_name: input.first_name }),
    fields: { ...before.fields, ...known(state, input.fields) },
    updatedAt: isoOf(exchange)
  }, "updated")
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const unsubscribe = (state: State, exchange: Emulator.Exchange, id: number): void => {
  const before = getFrom(state.subscribers, id)
  const at = isoOf(exchange)
  put(state, exchange, { ...before, cancelledAt: at, state: "cancelled", updatedAt: at }, "unsubscribed")
}

/**
 * Puts a subscriber into a set, that of a tag, a form or a sequence.
 *
 * @since 0.1.0
 * @category handlers
 */
export const addTo = (
  state: State,
  exchange: Emulator.Exchange,
  group: { readonly name: string; readonly id: number; readonly members: Set<number> },
  who: { readonly id: number } | { readonly email_address: string }
): { readonly isNew: boolean; readonly subscriber: Schemas.Subscriber } => {
  const stored = "id" in who ? getFrom(state.subscribers, who.id) : byEmail(state, who.email_address)
  const isNew = !group.members.has(stored.id)
  group.members.add(stored.id)
  if (isNew) exchange.changed({ resource: group.name, kind: "added", key: `${group.id}/${stored.email_address}` })
  const at = isoOf(exchange)
  return {
    isNew,
    subscriber: { ...rendered(state, stored), ...(group.name === "tags" ? { tagged_at: at } : { added_at: at }) }
  }
}

const within = (at: string, after: string | undefined, before: string | undefined): boolean =>
  (after === undefined || Date.parse(at) > Date.parse(after)) &&
  (before === undefined || Date.parse(at) < Date.parse(before))

/**
 * Those that are asked for, in the order that is asked for: by default the active ones, the newest first.
 *
 * @since 0.1.0
 * @category accessors
 */
export const listed = (
  state: State,
  params: typeof Schemas.SubscriberListParams.Type
): ReadonlyArray<Schemas.Subscriber> => {
  const { email_address, sort_field = "id", sort_order = "desc", status = "active" } = params
  const found = [...state.subscribers.values()].filter((one) =>
    (status === "all" || one.state === status) &&
    (email_address === undefined || one.email_address === email_address.toLowerCase()) &&
    within(one.created_at ?? "", params.created_after, params.created_before) &&
    within(one.updatedAt, params.updated_after, params.updated_before)
  )
  const timeOf = (one: Stored) => Date.parse((sort_field === "updated_at" ? one.updatedAt : one.cancelledAt) ?? "") || 0
  const ascending = found.sort((one, other) =>
    (sort_field === "id" ? 0 : timeOf(one) - timeOf(other)) || one.id - other.id
  )
  return (sort_order === "asc" ? ascending : ascending.toReversed()).map((one) => rendered(state, one))
}
