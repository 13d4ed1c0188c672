/**
 * The contacts that the SendGrid emulator holds, the jobs that write them, and the exports.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { invalid, notFound, uuid } from "./Refused.js"

type Contact = Schemas.Contact
type Input = typeof Schemas.ContactInput.Type

interface Job {
  readonly id: string
  readonly kind: "upsert" | "delete"
  readonly startedAt: number
  /** When it is done. */
  readonly dueAt: number
  readonly run: () => { readonly created: number; readonly updated: number; readonly deleted: number }
  readonly requested: number
  results: ReturnType<Job["run"]> | undefined
}

interface Export {
  readonly id: string
  readonly startedAt: number
  readonly dueAt: number
  readonly contacts: () => ReadonlyArray<Contact>
}

const iso = (millis: number): string => new Date(millis).toISOString().replace(/\.\d{3}Z$/, "Z")

/** By which a contact is known again, the first of these that it has. */
const identifiers = ["email", "phone_number_id", "external_id", "anonymous_id"] as const

const lower = (email: string): string => email.toLowerCase()

/** What of SGQL the emulator understands: conditions joined by AND. */
const condition = /^(\w+)\s*(=|LIKE|>=|>|<=|<)\s*(?:TIMESTAMP\s*)?'([^']*)'$/i

const compile = (query: string): (contact: Contact) => boolean => {
  const tests = query.split(/\s+AND\s+/i).map((part) => {
    const [, field = "", operator = "", wanted = ""] = condition.exec(part.trim()) ?? []
    if (field === "") throw invalid("query", `the emulator does not understand "${part.trim()}"`)
    return (contact: Contact): boolean => {
      // what has no such field fits no condition
      const value: unknown = (contact as Readonly<Record<string, unknown>>)[field]
      if (typeof value !== "string") return false
      switch (operator.toUpperCase()) {
        case "=":
          return lower(value) === lower(wanted)
        case "LIKE": {
          const pattern = wanted.split("%").map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")
          return new RegExp(`^${pattern}$`, "i").test(value)
        }
        case ">":
          return value > wanted
        case ">=":
          return value >= wanted
        case "<":
          return value < wanted
        default:
          return value <= wanted
      }
    }
  })
  return (contact) => tests.every((test) => test(contact))
}

/**
 * All contacts, in the order in which they were made. Writes are jobs: they are done when their time has come.
 *
 * @since 0.1.0
 * @category models
 */
export class Contacts {
  readonly #byId = new Map<string, Contact>()
  readonly #jobs = new Map<string, Job>()
  readonly #exports = new Map<string, Export>()
  #last = 0
  #lastJob = 0

  constructor(readonly delayMillis: number, readonly listExists: (id: string) => boolean) {}

  /** What is there once all that is due has been done. */
  at(now: number): ReadonlyArray<Contact> {
    for (const job of this.#jobs.values()) {
      if (job.results === undefined && job.dueAt <= now) job.results = job.run()
    }
    return [...this.#byId.values()]
  }

  upsert({ contacts, list_ids = [] }: typeof Schemas.UpsertInput.Type, now: number): string {
    const unknown = list_ids.find((id) => !this.listExists(id))
    if (unknown !== undefined) throw invalid("list_ids", `list ${unknown} does not exist`)
    return this.#start("upsert", contacts.length, now, () => {
      const before = this.#byId.size
      for (const contact of contacts) this.#write(contact, list_ids, now + this.delayMillis)
      const created = this.#byId.size - before
      return { created, deleted: 0, updated: contacts.length - created }
    })
  }

  delete(ids: ReadonlyArray<string>, now: number): string {
    return this.#start("delete", ids.length, now, () => ({
      created: 0,
      deleted: ids.filter((id) => this.#byId.delete(id)).length,
      updated: 0
    }))
  }

  job(id: string, now: number): typeof Schemas.JobStatus.Type {
    this.at(now)
    const job = this.#jobs.get(id)
    if (job === undefined) throw notFound()
    const { results } = job
    return {
      id,
      status: results === undefined ? "pending" : "completed",
      job_type: job.kind,
      results: {
        requested_count: job.requested,
        created_count: results?.created ?? 0,
        updated_count: results?.updated ?? 0,
        deleted_count: results?.deleted ?? 0,
        errored_count: 0
      },
      started_at: iso(job.startedAt),
      ...(results === undefined ? undefined : { finished_at: iso(job.dueAt) })
    }
  }

  byEmails(emails: ReadonlyArray<string>, now: number): typeof Schemas.ContactsByEmail.Type {
    const all = this.at(now)
    const found = emails.map((email) => [email, all.find((one) => one.email === lower(email))] as const)
    if (found.every(([, contact]) => contact === undefined)) throw notFound()
    return {
      result: Object.fromEntries(
        found.map(([email, contact]) => [email, contact === undefined ? { error: "contact not found" } : { contact }])
      )
    }
  }

  search(query: string, now: number): typeof Schemas.ContactsFound.Type {
    const found = this.at(now).filter(compile(query))
    return { result: found.slice(0, 50), contact_count: found.length }
  }

  startExport(input: typeof Schemas.ExportInput.Type, now: number): string {
    const lists = input.list_ids
    const id = uuid(3, ++this.#lastJob)
    this.#exports.set(id, {
      id,
      startedAt: now,
      dueAt: now + this.delayMillis,
      contacts: () =>
        [...this.#byId.values()].filter((one) =>
          lists === undefined || lists.some((list) => one.list_ids?.includes(list) === true)
        )
    })
    return id
  }

  export(id: string, now: number): typeof Schemas.Export.Type {
    this.at(now)
    const found = this.#exports.get(id)
    if (found === undefined) throw notFound()
    const started = { id, created_at: iso(found.startedAt) }
    return found.dueAt > now ? { ...started, status: "pending" } : {
      ...started,
      status: "ready",
      urls: [`https://exports.sendgrid.example/${id}.csv.gz`],
      contact_count: found.contacts().length,
      completed_at: iso(found.dueAt)
    }
  }

  #start(kind: Job["kind"], requested: number, now: number, run: Job["run"]): string {
    const id = uuid(2, ++this.#lastJob)
    this.#jobs.set(id, {
      id,
      kind,
      startedAt: now,
      dueAt: now + this.delayMillis,
      run,
      requested,
      results: undefined
    })
    return id
  }

  #write(input: Input, lists: ReadonlyArray<string>, now: number): void {
    const email = input.email === undefined ? undefined : lower(input.email)
    const given = { ...input, ...(email === undefined ? undefined : { email }) }
    const known = [...this.#byId.values()].find((one) => {
      const name = identifiers.find((name) => given[name] !== undefined)
      return name !== undefined && one[name] === given[name]
    })
    const id = known?.id ?? uuid(1, ++this.#last)
    this.#byId.set(id, {
      ...known,
      ...given,
      id,
      custom_fields: { ...known?.custom_fields, ...given.custom_fields },
      list_ids: [...new Set([...known?.list_ids ?? [], ...lists])],
      segment_ids: [],
      created_at: known?.created_at ?? iso(now),
      updated_at: iso(now)
    })
  }
}
