/**
 * The contacts of the Intercom emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type { IntercomApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import * as Searching from "./Searching.js"
import { contactBy, contactOf, page, secondsOf, type State, type Stored } from "./Store.js"

type Input = typeof Schemas.ContactUpdate.Type

const hex = (number: number): string => number.toString(16).padStart(24, "6601e0")

const keyOf = ({ email, external_id, id }: Schemas.Contact): string => email ?? external_id ?? id

/** Without what is `null`: an absent field and `null` are the same at Intercom. */
const withoutNull = (input: Input): Partial<Schemas.Contact> =>
  Object.fromEntries(
    Object.entries({
      ...input,
      ...(input.email === undefined ? undefined : { email: input.email.toLowerCase() }),
      ...(input.owner_id === undefined || input.owner_id === null ? undefined : { owner_id: String(input.owner_id) })
    }).filter(([, value]) => value !== null)
  )

const conflicting = (state: State, input: Input, self: string | undefined): void => {
  const email = input.email?.toLowerCase()
  // only users are unique by e-mail: there may be several leads
  const other = [...state.contacts.values()].find(({ contact }) =>
    contact.id !== self &&
    (input.external_id !== undefined && contact.external_id === input.external_id ||
      email !== undefined && contact.email === email && contact.role === "user" && input.role !== "lead")
  )
  if (other === undefined) return
  throw other.archived
    ? refusal(409, `An archived contact matching those details already exists with id=${other.contact.id}`, "conflict")
    : refusal(409, `A contact matching those details already exists with id=${other.contact.id}`, "conflict")
}

const put = (state: State, exchange: Emulator.Exchange, stored: Stored, kind: string): Schemas.Contact => {
  state.contacts.set(stored.contact.id, stored)
  exchange.changed({ resource: "contacts", kind, key: keyOf(stored.contact) })
  return stored.contact
}

const create = (state: State, exchange: Emulator.Exchange, input: Input): Schemas.Contact => {
  conflicting(state, input, undefined)
  const at = secondsOf(exchange)
  return put(state, exchange, {
    archived: false,
    blocked: false,
    contact: {
      created_at: at,
      custom_attributes: {},
      has_hard_bounced: false,
      id: hex(state.nextId()),
      marked_email_as_spam: false,
      role: input.role ?? "user",
      type: "contact",
      unsubscribed_from_emails: false,
      updated_at: at,
      workspace_id: "abcd1234",
      ...withoutNull(input)
    }
  }, "created")
}

const update = (state: State, exchange: Emulator.Exchange, id: string, input: Input): Schemas.Contact => {
  const before = contactOf(state, id)
  conflicting(state, { role: before.contact.role === "lead" ? "lead" : "user", ...input }, id)
  const cleared = new Set(Object.entries(input).flatMap(([name, value]) => value === null ? [name] : []))
  const kept = Object.fromEntries(Object.entries(before.contact).filter(([name]) => !cleared.has(name)))
  return put(state, exchange, {
    ...before,
    contact: {
      ...kept,
      ...withoutNull(input),
      custom_attributes: { ...before.contact.custom_attributes, ...input.custom_attributes },
      id,
      updated_at: secondsOf(exchange)
    }
  }, "updated")
}

const merge = (
  state: State,
  exchange: Emulator.Exchange,
  { from, into }: typeof Schemas.MergeInput.Type
): Schemas.Contact => {
  const lead = contactOf(state, from)
  const user = contactOf(state, into)
  if (lead.contact.role !== "lead") throw refusal(400, "Only a lead can be merged into a user", "parameter_invalid")
  state.contacts.delete(from)
  const { id: _, role: __, ...had } = lead.contact
  return put(state, exchange, {
    ...user,
    contact: { ...had, ...user.contact, updated_at: secondsOf(exchange) }
  }, "merged")
}

const reference = ({ contact: { external_id, id } }: Stored) => ({
  id,
  type: "contact",
  ...(external_id === undefined ? undefined : { external_id })
})

/**
 * @since 0.1.0
 * @category handlers
 */
export const handlers = (
  state: State,
  step: typeof Emulator.step
): Emulator.Handlers<IntercomApi>["contacts"] => {
  const shown = () => [...state.contacts.values()].flatMap(({ archived, contact }) => archived ? [] : [contact])
  const marked =
    (change: Partial<Pick<Stored, "archived" | "blocked">>, kind: string) =>
    ({ path }: { readonly path: { readonly id: string } }, exchange: Emulator.Exchange) =>
      step(() => {
        const stored = { ...contactOf(state, path.id), ...change }
        put(state, exchange, stored, kind)
        return { ...reference(stored), ...change }
      })
  return {
    create: ({ payload }, exchange) => step(() => create(state, exchange, payload)),
    list: ({ urlParams }) =>
      step(() => {
        const { items, ...rest } = page(shown(), urlParams, 50)
        return { ...rest, data: items, type: "list" }
      }),
    search: ({ payload }) =>
      step(() => {
        const found = shown().filter((contact) => Searching.isFound(payload.query, contact, "contacts"))
        const { items, ...rest } = page(Searching.sorted(found, payload.sort), payload.pagination ?? {}, 50)
        return { ...rest, data: items, type: "list" }
      }),
    merge: ({ payload }, exchange) => step(() => merge(state, exchange, payload)),
    findByExternalId: ({ path }) => step(() => contactBy(state, { external_id: path.externalId }).contact),
    get: ({ path }) => step(() => contactOf(state, path.id).contact),
    update: ({ path, payload }, exchange) => step(() => update(state, exchange, path.id, payload)),
    delete: ({ path }, exchange) =>
      step(() => {
        const stored = contactOf(state, path.id)
        state.contacts.delete(path.id)
        exchange.changed({ resource: "contacts", kind: "deleted", key: keyOf(stored.contact) })
        return { ...reference(stored), deleted: true }
      }),
    archive: marked({ archived: true }, "archived"),
    unarchive: marked({ archived: false }, "unarchived"),
    block: marked({ archived: true, blocked: true }, "blocked")
  }
}
