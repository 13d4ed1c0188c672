/**
 * What the emulated project holds, and how its lists are cut into pages.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"

/**
 * `starter` stands for all plans that have the products alone.
 *
 * @since 0.1.0
 * @category models
 */
export type Plan = "premium" | "plus" | "starter"

/**
 * A ticket with what was written.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly ticket: Schemas.Ticket
  readonly messages: ReadonlyArray<Schemas.TicketMessage>
}

/** What a write is done with: the time, and where it is written down. */
export interface Write {
  readonly now: number
  readonly changed: Emulator.Exchange["changed"]
}

/** The same for the same number of the same kind. */
export const uuid = (kind: "a" | "b" | "c" | "d", number: number): string =>
  `${kind.repeat(8)}-0000-4000-8000-${number.toString(16).padStart(12, "0")}`

/**
 * One project: two operators, the general department and another, and contacts that may have three properties of the
 * project's own.
 *
 * @since 0.1.0
 * @category models
 */
export class Project {
  readonly id = uuid("d", 1)
  readonly name = "Analytical Engines"
  readonly operators: ReadonlyArray<Schemas.Operator> = [
    { id: uuid("b", 1), active: true, email: "ada@example.com", name: "Ada Lovelace", role: "owner" },
    { id: uuid("b", 2), active: false, email: "grace@example.com", name: "Grace Hopper", role: "chat_agent" }
  ]
  readonly departments: ReadonlyArray<Schemas.Department> = [
    { id: uuid("c", 1), name: "General" },
    { id: uuid("c", 2), name: "Repairs" }
  ]
  readonly properties: ReadonlyArray<Schemas.PropertyDefinition> = [
    { name: "shoe_size", type: "text" },
    { name: "loyalty_points", type: "number" },
    { name: "homepage", type: "url" }
  ]
  readonly contacts = new Map<string, Schemas.Contact>()
  /** Of contacts, by their id. */
  readonly messages = new Map<string, ReadonlyArray<Schemas.Message>>()
  readonly tickets = new Map<number, Stored>()
  readonly products = new Map<number, Schemas.ProductInput>()
  #last = 0

  constructor(readonly plan: Plan) {}

  next(): number {
    return ++this.#last
  }

  /** In the form of a ULID, of which nothing but the order means something. */
  nextMessageId(): string {
    return `01H${String(this.next()).padStart(23, "0")}`
  }

  /** A contact writes something in the widget, which no operation of the API does. */
  say(contactId: string, content: string, now: number): void {
    const message = {
      message_id: this.nextMessageId(),
      created_at: timeOf(now),
      author_type: "contact",
      content
    }
    this.messages.set(contactId, [...this.messages.get(contactId) ?? [], message])
  }
}

/** What is there under this id. */
export const found = <Id, A>(all: ReadonlyMap<Id, A>, id: Id): A => {
  const one = all.get(id)
  if (one === undefined) throw refusal(404)
  return one
}

export const timeOf = (millis: number): string => new Date(millis).toISOString()

/**
 * How many items a page of the emulator has. Tidio's own number is not documented.
 *
 * @since 0.1.0
 * @category constants
 */
export const pageSize = 20

/** A cursor that says nothing to anybody else. */
const cursorOf = (offset: number): string => Buffer.from(`after:${offset}`).toString("base64url")

const offsetOf = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0
  const found = /^after:(\d+)$/.exec(Buffer.from(cursor, "base64url").toString())
  if (found === null) throw refusal(400, "The cursor is not valid")
  return Number(found[1])
}

/** A page of a list that is held whole. */
export const pageOf = <A>(all: Iterable<A>, cursor: string | undefined) => {
  const items = [...all]
  const from = offsetOf(cursor)
  const page = items.slice(from, from + pageSize)
  return {
    page,
    meta: {
      ...(from + pageSize < items.length ? { cursor: cursorOf(from + pageSize) } : undefined),
      limit: page.length
    }
  }
}
