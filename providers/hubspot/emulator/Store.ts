/**
 * The records that the HubSpot emulator holds, and the rules that they obey.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { ObjectType } from "../Schemas.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface CrmRecord {
  readonly id: string
  readonly properties: Record<string, string>
  /** What each property was, the newest first. */
  readonly history: Record<string, ReadonlyArray<Version>>
  readonly createdAt: string
  updatedAt: string
  archivedAt: string | undefined
}

/**
 * One value of a property, as HubSpot tells its history.
 *
 * @since 0.1.0
 * @category models
 */
export interface Version {
  readonly sourceType: string
  readonly timestamp: string
  readonly value: string
}

/**
 * What is known of one type of object.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kind {
  readonly type: ObjectType
  /** `CONTACT`, as HubSpot's messages say. */
  readonly singular: string
  readonly typeId: string
  readonly modified: string
  /** Given when a request names no properties. */
  readonly defaults: ReadonlyArray<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export const kinds: Readonly<Record<ObjectType, Kind>> = {
  contacts: {
    type: "contacts",
    singular: "CONTACT",
    typeId: "0-1",
    modified: "lastmodifieddate",
    defaults: ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
  },
  companies: {
    type: "companies",
    singular: "COMPANY",
    typeId: "0-2",
    modified: "hs_lastmodifieddate",
    defaults: ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"]
  },
  deals: {
    type: "deals",
    singular: "DEAL",
    typeId: "0-3",
    modified: "hs_lastmodifieddate",
    defaults: [
      "amount",
      "closedate",
      "createdate",
      "dealname",
      "dealstage",
      "hs_lastmodifieddate",
      "hs_object_id",
      "pipeline"
    ]
  }
}

/**
 * @since 0.1.0
 * @category errors
 */
export const invalid = (
  message: string,
  issues: ReadonlyArray<Emulator.Issue> = []
): Emulator.EmulatorError => new Emulator.EmulatorError({ status: 400, code: "VALIDATION_ERROR", message, issues })

/**
 * @since 0.1.0
 * @category errors
 */
export const notFound = (message = "resource not found"): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ status: 404, code: "OBJECT_NOT_FOUND", message })

const propertyName = /^[a-z][a-z0-9_]*$/
const emailAddress = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

const checked = (properties: Readonly<Record<string, string>>): Record<string, string> => {
  const issues: Array<Emulator.Issue> = []
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(properties)) {
    if (!propertyName.test(name)) issues.push({ path: name, message: `Property "${name}" does not exist` })
    else if (name === "email" && value !== "" && !emailAddress.test(value)) {
      issues.push({ path: name, message: `Email address ${value} is invalid` })
    }
    // HubSpot keeps addresses in lower case
    result[name] = name === "email" ? value.toLowerCase() : value
  }
  if (issues.length > 0) throw invalid("Property values were not valid", issues)
  return result
}

/** A record that is written again and again does not grow without end. */
const maxVersions = 20

const remember = (record: CrmRecord, values: Readonly<Record<string, string>>, timestamp: string): void => {
  for (const [name, value] of Object.entries(values)) {
    const before = (record.history[name] ?? []).slice(0, maxVersions - 1)
    record.history[name] = [{ sourceType: "INTEGRATION", timestamp, value }, ...before]
  }
}

/**
 * All records of one type, in the order of their ids. Its methods throw an `EmulatorError` for what HubSpot refuses, and
 * have changed nothing then.
 *
 * @since 0.1.0
 * @category models
 */
export class Table {
  readonly #byId = new Map<string, CrmRecord>()
  readonly #order: Array<CrmRecord> = []
  readonly #unique: ReadonlyMap<string, Map<string, CrmRecord>>

  constructor(
    readonly kind: Kind,
    readonly uniqueProperties: ReadonlyArray<string>,
    readonly nextId: () => string
  ) {
    this.#unique = new Map(uniqueProperties.map((name) => [name, new Map()]))
  }

  get records(): ReadonlyArray<CrmRecord> {
    return this.#order
  }

  /** What a record is known by outside: the value of its first unique property, a company's domain, or the id. */
  keyOf(record: CrmRecord): string {
    for (const name of [...this.uniqueProperties, "domain"]) {
      const value = record.properties[name]
      if (value !== undefined && value !== "") return value
    }
    return record.id
  }

  /** By id, or by a unique property. Archived records are found only when asked for. */
  find(id: string, idProperty: string | undefined, archived = false): CrmRecord | undefined {
    if (idProperty !== undefined && idProperty !== "hs_object_id") {
      return this.#indexOf(idProperty).get(id.toLowerCase())
    }
    const record = this.#byId.get(id)
    return record !== undefined && (record.archivedAt !== undefined) === archived ? record : undefined
  }

  create(properties: Readonly<Record<string, string>>, now: number): CrmRecord {
    const values = checked(properties)
    this.#guard(values, undefined)
    const id = this.nextId()
    const at = new Date(now).toISOString()
    const record: CrmRecord = {
      id,
      properties: { ...values, createdate: at, hs_object_id: id, [this.kind.modified]: at },
      history: {},
      createdAt: at,
      updatedAt: at,
      archivedAt: undefined
    }
    remember(record, values, at)
    this.#byId.set(id, record)
    this.#order.push(record)
    this.#index(record)
    return record
  }

  update(record: CrmRecord, properties: Readonly<Record<string, string>>, now: number): CrmRecord {
    const values = checked(properties)
    this.#guard(values, record)
    this.#unindex(record)
    const at = new Date(now).toISOString()
    Object.assign(record.properties, values, { [this.kind.modified]: at })
    record.updatedAt = at
    remember(record, values, at)
    this.#index(record)
    return record
  }

  /** Throws what `create` would refuse the first of these for, one after the other, and changes nothing. */
  check(inputs: ReadonlyArray<Readonly<Record<string, string>>>): void {
    const taken = new Set<string>()
    for (const input of inputs) {
      const values = checked(input)
      this.#guard(values, undefined)
      for (const name of this.uniqueProperties) {
        const value = values[name]
        if (value === undefined || value === "") continue
        const key = `${name}=${value.toLowerCase()}`
        if (taken.has(key)) throw invalid(`Duplicate value for the unique property ${name}: ${value}`)
        taken.add(key)
      }
    }
  }

  /** `undefined` when there is nothing to archive; HubSpot says 204 all the same. */
  archive(id: string, now: number): CrmRecord | undefined {
    const record = this.find(id, undefined)
    if (record === undefined) return undefined
    this.#unindex(record)
    record.archivedAt = new Date(now).toISOString()
    return record
  }

  /** At most `limit` records with an id greater than `after`. */
  page(after: string | undefined, limit: number, archived: boolean): {
    readonly records: ReadonlyArray<CrmRecord>
    readonly more: boolean
  } {
    const records: Array<CrmRecord> = []
    for (let at = this.#startAfter(after); at < this.#order.length; at++) {
      const record = this.#order[at]
      if (record === undefined || (record.archivedAt !== undefined) !== archived) continue
      if (records.length === limit) return { records, more: true }
      records.push(record)
    }
    return { records, more: false }
  }

  #startAfter(after: string | undefined): number {
    if (after === undefined) return 0
    const id = Number(after)
    if (!Number.isSafeInteger(id)) throw invalid(`Invalid paging cursor: ${after}`)
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Number(this.#order[middle]?.id) <= id) low = middle + 1
      else high = middle
    }
    return low
  }

  #indexOf(name: string): Map<string, CrmRecord> {
    const index = this.#unique.get(name)
    if (index === undefined) {
      throw invalid(`Property "${name}" is not a unique property of ${this.kind.singular}`, [
        { path: name, message: "not a unique property" }
      ])
    }
    return index
  }

  #guard(values: Readonly<Record<string, string>>, self: CrmRecord | undefined): void {
    for (const [name, index] of this.#unique) {
      const value = values[name]
      const other = value === undefined || value === "" ? undefined : index.get(value.toLowerCase())
      if (other === undefined || other === self) continue
      const singular = this.kind.singular
      const title = `${singular.slice(0, 1)}${singular.slice(1).toLowerCase()}`
      throw new Emulator.EmulatorError({
        status: 409,
        code: "CONFLICT",
        message: `${title} already exists. Existing ID: ${other.id}`
      })
    }
  }

  #index(record: CrmRecord): void {
    for (const [name, index] of this.#unique) {
      const value = record.properties[name]
      if (value !== undefined && value !== "") index.set(value.toLowerCase(), record)
    }
  }

  #unindex(record: CrmRecord): void {
    for (const [name, index] of this.#unique) {
      const value = record.properties[name]?.toLowerCase()
      if (value !== undefined && index.get(value) === record) index.delete(value)
    }
  }
}

/**
 * A record as HubSpot shows it: with the properties that were asked for, `null` where they have no value. Without a
 * choice a written record comes with all that it has, a read one with its type's defaults.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (record: CrmRecord, properties: ReadonlyArray<string> | "all") => ({
  id: record.id,
  properties: properties === "all"
    ? { ...record.properties }
    : Object.fromEntries(properties.map((name): [string, string | null] => [name, record.properties[name] ?? null])),
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
  archived: record.archivedAt !== undefined,
  ...(record.archivedAt === undefined ? undefined : { archivedAt: record.archivedAt })
})

/**
 * The history of the properties whose history was asked for.
 *
 * @since 0.1.0
 * @category rendering
 */
export const withHistory = (record: CrmRecord, names: ReadonlyArray<string> | undefined) =>
  names === undefined || names.length === 0
    ? undefined
    : { propertiesWithHistory: Object.fromEntries(names.map((name) => [name, record.history[name] ?? []])) }

/**
 * The properties that a read gives: those that were asked for and the ones that always come, or the type's defaults.
 *
 * @since 0.1.0
 * @category rendering
 */
export const selection = (kind: Kind, asked: ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  asked === undefined || asked.length === 0
    ? kind.defaults
    : [...new Set([...asked, "createdate", "hs_object_id", kind.modified])]
