/**
 * The tickets of the Tidio emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type { TidioApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import { byEmail } from "./Contacts.js"
import { found, pageOf, type Project, type Stored, timeOf, type Write } from "./Store.js"

const put = (project: Project, stored: Stored, kind: string, { changed }: Write): void => {
  const { contact_email = "", id } = stored.ticket
  project.tickets.set(id, stored)
  changed({ resource: "tickets", kind, key: contact_email })
}

/** A ticket has a number: what else may stand in the path names none. */
const ticketOf = (project: Project, id: number | string): Stored => {
  if (typeof id === "string") throw refusal(404)
  return found(project.tickets, id)
}

const known = (all: ReadonlyArray<{ readonly id: string }>, id: string, what: string): string => {
  if (!all.some((one) => one.id === id)) throw refusal(422, `There is no ${what} ${id}`)
  return id
}

const create = (project: Project, input: typeof Schemas.TicketInput.Type, write: Write): number => {
  const { assigned_department_id = project.departments[0]?.id ?? "", contact_email, message_content, subject } = input
  known(project.departments, assigned_department_id, "department")
  const contact = byEmail(project, contact_email, write)
  const id = 10_000 + project.next()
  put(
    project,
    {
      messages: [{
        message_id: project.nextMessageId(),
        created_at: timeOf(write.now),
        author_type: "contact",
        author_id: contact.id,
        message_type: "public",
        content: message_content,
        attachments: []
      }],
      ticket: {
        id,
        subject,
        status: "open",
        priority: "normal",
        contact_id: contact.id,
        contact_email,
        assigned_department_id,
        link: `https://www.tidio.com/panel/inbox/tickets/${id}`
      }
    },
    "created",
    write
  )
  return id
}

const reply = (project: Project, id: number | string, input: typeof Schemas.ReplyInput.Type, write: Write): string => {
  const { messages, ticket } = ticketOf(project, id)
  const author_id = input.author_type === "operator"
    ? known(project.operators, input.operator_id, "operator")
    : ticket.contact_id ?? ""
  const message_type = input.message_type ?? "public"
  const message_id = project.nextMessageId()
  const message: Schemas.TicketMessage = {
    message_id,
    created_at: timeOf(write.now),
    author_type: input.author_type,
    author_id,
    message_type,
    content: input.content,
    attachments: []
  }
  put(project, { messages: [...messages, message], ticket }, message_type === "internal" ? "noted" : "replied", write)
  return message_id
}

const update = (
  project: Project,
  id: number | string,
  { assigned, ...changes }: typeof Schemas.TicketUpdate.Type,
  write: Write
): void => {
  const { messages, ticket } = ticketOf(project, id)
  const { assigned_operator_id, ...unassigned } = ticket
  const assignment = (): Schemas.Ticket => {
    if (assigned === undefined) return ticket
    if (assigned === null) return unassigned
    return assigned.type === "operator"
      ? { ...ticket, assigned_operator_id: known(project.operators, assigned.id, "operator") }
      : { ...unassigned, assigned_department_id: known(project.departments, assigned.id, "department") }
  }
  put(project, { messages, ticket: { ...assignment(), ...changes } }, "updated", write)
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const handlers = (
  project: Project,
  step: typeof Emulator.step
): Emulator.Handlers<TidioApi>["tickets"] => ({
  list: ({ urlParams }) =>
    step(() => {
      const { meta, page } = pageOf(project.tickets.values(), urlParams.cursor)
      return { meta, tickets: page.map(({ ticket }) => ticket) }
    }),
  get: ({ path }) =>
    step(() => {
      const { messages, ticket } = ticketOf(project, path.ticketId)
      return { ...ticket, messages }
    }),
  create: ({ payload }, exchange) => step(() => ({ id: create(project, payload, exchange) })),
  reply: ({ path, payload }, exchange) => step(() => ({ id: reply(project, path.ticketId, payload, exchange) })),
  update: ({ path, payload }, exchange) => step(() => update(project, path.ticketId, payload, exchange)),
  delete: ({ path }, exchange) =>
    step(() => {
      const { ticket } = ticketOf(project, path.ticketId)
      project.tickets.delete(ticket.id)
      exchange.changed({ resource: "tickets", kind: "deleted", key: ticket.contact_email ?? "" })
    })
})
