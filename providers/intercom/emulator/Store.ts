/**
 * What the emulated workspace holds.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"

/**
 * A contact, and whether it is archived or blocked, which Intercom does not show.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly archived: boolean
  readonly blocked: boolean
  readonly contact: Schemas.Contact
}

/**
 * What a contact did.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tracked {
  readonly contact: string
  readonly createdAt: number
  readonly name: string
  readonly metadata: unknown
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly contacts: Map<string, Stored>
  readonly conversations: Map<string, Schemas.Conversation>
  readonly events: Array<Tracked>
  readonly messages: Array<typeof Schemas.Message.Type>
  readonly nextId: () => number
}

/**
 * The admin whose token it is.
 *
 * @since 0.1.0
 * @category constants
 */
export const admin = { email: "ada@example.com", id: "814860", name: "Ada Lovelace" }

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (): State => {
  let last = 0
  return {
    contacts: new Map(),
    conversations: new Map(),
    events: [],
    messages: [],
    nextId: () => ++last
  }
}

/**
 * @since 0.1.0
 * @category accessors
 */
export const secondsOf = ({ now }: Pick<Emulator.Exchange, "now">): number => Math.floor(now / 1000)

/**
 * @since 0.1.0
 * @category accessors
 */
export const contactOf = (state: State, id: string): Stored => {
  const stored = state.contacts.get(id)
  if (stored === undefined) throw refusal(404, "User Not Found")
  return stored
}

/**
 * By any of the ids that a contact has.
 *
 * @since 0.1.0
 * @category accessors
 */
export const contactBy = (
  state: State,
  who: { readonly id?: string; readonly external_id?: string; readonly email?: string }
): Stored => {
  const { email, external_id, id } = who
  if (id !== undefined) return contactOf(state, id)
  const found = [...state.contacts.values()].find(({ archived, contact }) =>
    !archived &&
    (external_id === undefined ? contact.email === email?.toLowerCase() : contact.external_id === external_id)
  )
  if (found === undefined) throw refusal(404, "User Not Found")
  return found
}

/**
 * @since 0.1.0
 * @category accessors
 */
export const conversationOf = (state: State, id: string): Schemas.Conversation => {
  const conversation = state.conversations.get(id)
  if (conversation === undefined) throw refusal(404, "Resource Not Found")
  return conversation
}

/**
 * A page of a list, by cursors that are places in it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const page = <A>(
  all: ReadonlyArray<A>,
  { per_page: perPage, starting_after: after }: { readonly per_page?: number; readonly starting_after?: string },
  usual: number
) => {
  const size = perPage ?? usual
  const from = after === undefined ? 0 : Number(/^W(\d+)$/.exec(after)?.[1])
  if (Number.isNaN(from)) throw refusal(400, "starting_after is invalid", "parameter_invalid")
  const end = from + size
  return {
    items: all.slice(from, end),
    pages: {
      page: Math.floor(from / size) + 1,
      per_page: size,
      total_pages: Math.ceil(all.length / size),
      type: "pages",
      ...(end < all.length ? { next: { starting_after: `W${end}` } } : undefined)
    },
    total_count: all.length
  }
}
