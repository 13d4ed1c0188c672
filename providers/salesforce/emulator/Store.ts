/**
 * The records that the Salesforce emulator holds, and the rules that they obey.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { FieldValue } from "../Schemas.js"
import { type ObjectDefinition, system } from "./Objects.js"

/**
 * @since 0.1.0
 * @category models
 */
export type Values = Readonly<Record<string, FieldValue>>

/**
 * @since 0.1.0
 * @category models
 */
export interface Row {
  readonly type: string
  readonly id: string
  values: Values
}

/** What a write is done with: the time, and where it is written down. */
export interface Write {
  readonly now: number
  readonly changed: Emulator.Exchange["changed"]
}

export const refuse = (
  status: number,
  code: string,
  message: string,
  fields?: ReadonlyArray<string>
): Emulator.EmulatorError =>
  new Emulator.EmulatorError({
    status,
    code,
    message,
    ...(fields === undefined ? undefined : { details: { fields } })
  })

const notFound = () => refuse(404, "NOT_FOUND", "The requested resource does not exist")

/** `2026-01-01T00:00:00.000+0000` */
export const written = (now: number): string => new Date(now).toISOString().replace("Z", "+0000")

/** Ids of 15 and of 18 characters name the same record. */
const keyOf = (id: string): string => id.slice(0, 15)

const suffixes = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

/** Three more characters, each of which says which of five are capitals: for those who cannot tell cases apart. */
const withSuffix = (id: string): string =>
  id + [0, 5, 10].map((start) => {
    const bits = [...id.slice(start, start + 5)].reduce(
      (sum, character, at) => /[A-Z]/.test(character) ? sum + 2 ** at : sum,
      0
    )
    return suffixes[bits] ?? ""
  }).join("")

const lookUp = (names: Iterable<string>, wanted: string): string | undefined => {
  const lower = wanted.toLowerCase()
  for (const name of names) if (name.toLowerCase() === lower) return name
  return undefined
}

/**
 * All records of an org. Its methods throw an `EmulatorError` for what Salesforce refuses, and have changed nothing then.
 *
 * @since 0.1.0
 * @category models
 */
export class Org {
  #rows = new Map<string, Row>()
  #last = 0

  constructor(
    readonly objects: Readonly<Record<string, ObjectDefinition>>,
    /** `/services/data/v67.0`, with which the URLs of records begin. */
    readonly base: string
  ) {}

  /** In the order in which they were made; deleted ones too. */
  get rows(): ReadonlyArray<Row> {
    return [...this.#rows.values()]
  }

  /** The type as its definition has it: Salesforce's names have no case. */
  typeOf(type: string): string {
    const name = lookUp(Object.keys(this.objects), type)
    if (name === undefined) throw notFound()
    return name
  }

  has(type: string): boolean {
    return lookUp(Object.keys(this.objects), type) !== undefined
  }

  definitionOf(type: string): ObjectDefinition {
    const definition = this.objects[this.typeOf(type)]
    if (definition === undefined) throw notFound()
    return definition
  }

  /** The field as its definition has it; `undefined` where there is none. */
  fieldOf(type: string, field: string): string | undefined {
    const { externalIds = [], fields, unique = [] } = this.definitionOf(type)
    const known = lookUp([...Object.keys(system), ...Object.keys(fields), ...externalIds, ...unique], field)
    return known ?? (field.endsWith("__c") ? field : undefined)
  }

  rowsOf(type: string): ReadonlyArray<Row> {
    const name = this.typeOf(type)
    return this.rows.filter((row) => row.type === name)
  }

  find(id: string): Row | undefined {
    return this.#rows.get(keyOf(id))
  }

  /** One that is there, and not deleted. */
  get(type: string, id: string): Row {
    const row = this.find(id)
    if (row === undefined || row.type !== this.typeOf(type)) throw notFound()
    if (row.values.IsDeleted === true) throw refuse(404, "ENTITY_IS_DELETED", "entity is deleted")
    return row
  }

  create(type: string, fields: Values, write: Write): Row {
    const name = this.typeOf(type)
    const { keyPrefix, required = [] } = this.definitionOf(name)
    const values = this.#checked(name, fields)
    const missing = required.filter((field) => values[field] === undefined || values[field] === null)
    if (missing.length > 0) {
      throw refuse(400, "REQUIRED_FIELD_MISSING", `Required fields are missing: [${missing.join(", ")}]`, missing)
    }
    this.#guard(name, values, undefined)
    const id = withSuffix(`${keyPrefix}${String(++this.#last).padStart(12, "0")}`)
    const at = written(write.now)
    const row: Row = {
      type: name,
      id,
      values: { ...values, Id: id, IsDeleted: false, CreatedDate: at, LastModifiedDate: at, SystemModstamp: at }
    }
    this.#rows.set(keyOf(id), row)
    this.#changed(row, "created", write)
    return row
  }

  update(type: string, id: string, fields: Values, write: Write): Row {
    const row = this.get(type, id)
    const values = this.#checked(row.type, fields)
    const { required = [] } = this.definitionOf(row.type)
    const cleared = required.filter((field) => values[field] === null)
    if (cleared.length > 0) {
      throw refuse(400, "REQUIRED_FIELD_MISSING", `Required fields are missing: [${cleared.join(", ")}]`, cleared)
    }
    this.#guard(row.type, values, row)
    const at = written(write.now)
    row.values = { ...row.values, ...values, LastModifiedDate: at, SystemModstamp: at }
    this.#changed(row, "updated", write)
    return row
  }

  delete(type: string | undefined, id: string, write: Write): Row {
    const found = this.find(id)
    const row = this.get(type ?? found?.type ?? "", id)
    const at = written(write.now)
    row.values = { ...row.values, IsDeleted: true, LastModifiedDate: at, SystemModstamp: at }
    this.#changed(row, "deleted", write)
    return row
  }

  upsert(type: string, field: string, value: string, fields: Values, write: Write, updateOnly = false): {
    readonly created: boolean
    readonly row: Row
  } {
    const name = this.typeOf(type)
    const by = lookUp([...this.definitionOf(name).externalIds ?? [], "Id"], field)
    if (by === undefined) {
      throw refuse(404, "NOT_FOUND", `Provided external ID field does not exist or is not accessible: ${field}`)
    }
    if (lookUp(Object.keys(fields), by) !== undefined) {
      throw refuse(400, "INVALID_FIELD", `The ${by} field should not be specified in the sobject data.`, [by])
    }
    if (by === "Id") return { created: false, row: this.update(name, value, fields, write) }
    const found = this.rowsOf(name).filter((row) =>
      row.values.IsDeleted === false && String(row.values[by] ?? "").toLowerCase() === value.toLowerCase()
    )
    if (found.length > 1) {
      throw new Emulator.EmulatorError({
        status: 300,
        code: "MULTIPLE_CHOICES",
        message: "several records have this external id",
        details: { urls: found.map((row) => `${this.base}/sobjects/${name}/${row.id}`) }
      })
    }
    const [row] = found
    if (row !== undefined) return { created: false, row: this.update(name, row.id, fields, write) }
    if (updateOnly) throw notFound()
    return { created: true, row: this.create(name, { ...fields, [by]: value }, write) }
  }

  /** All of it or nothing: what an error ends is as it was before, and is not written down. */
  transaction<A>(write: Write, run: (write: Write) => A): A {
    const rows = new Map([...this.#rows].map(([key, row]) => [key, { ...row }]))
    const changes: Array<Parameters<Write["changed"]>[0]> = []
    try {
      const result = run({ ...write, changed: (change) => void changes.push(change) })
      for (const change of changes) write.changed(change)
      return result
    } catch (error) {
      this.#rows = rows
      throw error
    }
  }

  #changed(row: Row, kind: string, { changed }: Write): void {
    const { externalIds = [] } = this.definitionOf(row.type)
    const known = externalIds.map((field) => row.values[field]).find((value) => typeof value === "string")
    changed({ resource: row.type, kind, key: typeof known === "string" ? known : row.id })
  }

  #checked(type: string, fields: Values): Values {
    const values: Record<string, FieldValue> = {}
    for (const [field, value] of Object.entries(fields)) {
      if (field.toLowerCase() === "attributes") continue
      if (typeof value === "object" && value !== null) {
        const [reference, id] = this.#related(type, field, value)
        values[reference] = id
        continue
      }
      const known = this.fieldOf(type, field)
      if (known === undefined) {
        throw refuse(400, "INVALID_FIELD", `No such column '${field}' on sobject of type ${type}`)
      }
      if (known in system) {
        throw refuse(
          400,
          "INVALID_FIELD_FOR_INSERT_UPDATE",
          `Unable to create/update fields: ${known}. Please check the security settings of this field and verify that ` +
            "it is read/write for your profile or permission set.",
          [known]
        )
      }
      if (typeof value === "string" && value.length > 255 && this.definitionOf(type).fields[known] !== "textarea") {
        throw refuse(400, "STRING_TOO_LONG", `${known}: data value too large: ${value.slice(0, 40)} (max length=255)`, [
          known
        ])
      }
      // an empty text is none
      values[known] = value === "" ? null : value
    }
    return values
  }

  /** `{ Account: { External_Id__c: "A-1" } }` is the account's id. */
  #related(type: string, relation: string, by: Values): readonly [string, string] {
    const reference = this.fieldOf(type, `${relation}Id`)
    const [pair] = Object.entries(by).filter(([field]) => field !== "attributes")
    const target = lookUp(Object.keys(this.objects), relation)
    if (reference === undefined || pair === undefined || target === undefined) {
      throw refuse(400, "INVALID_FIELD", `No such column '${relation}' on sobject of type ${type}`)
    }
    const [field, value] = pair
    const row = this.rowsOf(target).find((one) => one.values.IsDeleted === false && one.values[field] === value)
    if (row === undefined) {
      throw refuse(
        400,
        "INVALID_FIELD",
        `Foreign key external ID: ${String(value)} not found for field ${field} in entity ${target}`
      )
    }
    return [reference, row.id]
  }

  #guard(type: string, values: Values, self: Row | undefined): void {
    for (const field of this.definitionOf(type).unique ?? []) {
      const value = values[field]
      if (value === undefined || value === null) continue
      const other = this.rowsOf(type).find((row) =>
        row.id !== self?.id && row.values.IsDeleted === false && row.values[field] === value
      )
      if (other === undefined) continue
      throw refuse(
        400,
        "DUPLICATE_VALUE",
        `duplicate value found: ${field} duplicates value on record with id: ${other.id}`,
        []
      )
    }
  }
}
