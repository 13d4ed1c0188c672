/**
 * The contacts of the Tidio emulator.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type { TidioApi } from "../Api.js"
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"
import { found, pageOf, type Project, timeOf, uuid, type Write } from "./Store.js"

type Input = typeof Schemas.ContactInput.Type

type Changes = typeof Schemas.ContactUpdate.Type

const fits: Readonly<Record<string, (value: string) => boolean>> = {
  number: (value) => value.trim() !== "" && Number.isFinite(Number(value)),
  url: (value) => URL.canParse(value)
}

/** Properties are the project's: another name, or a value of another type, is refused. */
const checked = (project: Project, properties: Changes["properties"] = []): void => {
  for (const { name, value } of properties) {
    const definition = project.properties.find((one) => one.name === name)
    if (definition === undefined) throw refusal(422, `The property ${name} does not exist`)
    const { type = "text" } = definition
    if (value !== null && fits[type]?.(value) === false) throw refusal(422, `The property ${name} is not a ${type}`)
  }
}

const keyOf = (contact: Schemas.Contact): string => contact.email ?? contact.distinct_id ?? contact.id

const made = (project: Project, input: Input, now: number): Schemas.Contact => ({
  ...input,
  id: uuid("a", project.next()),
  created_at: timeOf(now),
  email_consent: input.email_consent ?? "unsubscribed",
  properties: input.properties ?? []
})

/** What is `null` is cleared, and what is not there stays. */
const changed = (contact: Schemas.Contact, { properties = [], ...changes }: Changes): Schemas.Contact => ({
  ...Object.fromEntries(Object.entries({ ...contact, ...changes }).filter(([, value]) => value !== null)),
  id: contact.id,
  properties: [
    ...contact.properties.filter(({ name }) => properties.every((change) => change.name !== name)),
    ...properties.flatMap(({ name, value }) => value === null ? [] : [{ name, value }])
  ]
})

/** The contact of an address, which a ticket makes where there is none. */
export const byEmail = (project: Project, email: string, write: Write): Schemas.Contact => {
  const known = [...project.contacts.values()].find((contact) => contact.email === email)
  if (known !== undefined) return known
  const contact: Schemas.Contact = {
    id: uuid("a", project.next()),
    created_at: timeOf(write.now),
    email,
    email_consent: "unsubscribed",
    properties: []
  }
  put(project, contact, "created", write)
  return contact
}

const put = (project: Project, contact: Schemas.Contact, kind: string, write: Write): void => {
  project.contacts.set(contact.id, contact)
  write.changed({ resource: "contacts", kind, key: keyOf(contact) })
}

/** Of all, before one of them is kept: all are taken, or none. */
const createAll = (project: Project, inputs: ReadonlyArray<Input>, write: Write): ReadonlyArray<Schemas.Contact> => {
  for (const { properties } of inputs) checked(project, properties)
  const contacts = inputs.map((input) => made(project, input, write.now))
  for (const contact of contacts) put(project, contact, "created", write)
  return contacts
}

const updateAll = (project: Project, updates: ReadonlyArray<readonly [id: string, Changes]>, write: Write): void => {
  const contacts = updates.map(([id, changes]) => {
    checked(project, changes.properties)
    return changed(found(project.contacts, id), changes)
  })
  for (const contact of contacts) put(project, contact, "updated", write)
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const handlers = (
  project: Project,
  step: typeof Emulator.step
): Pick<Emulator.Handlers<TidioApi>, "contactProperties" | "contacts"> => ({
  contacts: {
    list: ({ urlParams: { cursor, email } }) =>
      step(() => {
        const all = [...project.contacts.values()].filter((contact) => email === undefined || contact.email === email)
        const { meta, page } = pageOf(all, cursor)
        return { contacts: page, meta }
      }),
    create: ({ payload }, exchange) =>
      step(() => {
        const [contact] = createAll(project, [payload], exchange)
        return { id: contact?.id ?? "" }
      }),
    createBatch: ({ payload }, exchange) => step(() => void createAll(project, payload.contacts, exchange)),
    updateBatch: ({ payload }, exchange) =>
      step(() => updateAll(project, payload.contacts.map(({ id, ...changes }) => [id, changes]), exchange)),
    get: ({ path }) => step(() => found(project.contacts, path.contactId)),
    update: ({ path, payload }, exchange) => step(() => updateAll(project, [[path.contactId, payload]], exchange)),
    delete: ({ path }, exchange) =>
      step(() => {
        const contact = found(project.contacts, path.contactId)
        project.contacts.delete(contact.id)
        exchange.changed({ resource: "contacts", kind: "deleted", key: keyOf(contact) })
      }),
    messages: ({ path }) =>
      step(() => {
        const { id } = found(project.contacts, path.contactId)
        return { messages: project.messages.get(id) ?? [] }
      })
  },
  contactProperties: { list: () => step(() => ({ properties: project.properties })) }
})
