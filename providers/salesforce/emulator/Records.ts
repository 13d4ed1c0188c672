/**
 * What the Salesforce emulator answers about one record, or about a collection of them.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import type { FieldValue } from "../Schemas.js"
import { attributesOf } from "./Queries.js"
import { type Org, refuse, type Row, type Values, type Write } from "./Store.js"

const nothing: ReadonlyArray<never> = []

export const made = (row: Row) => ({ id: row.id, success: true, errors: nothing })

export const upserted = ({ created, row }: { readonly created: boolean; readonly row: Row }) => ({
  ...made(row),
  created
})

/** All fields, or those that were asked for; `null` where there is no value. */
export const shown = (org: Org, row: Row, fields: ReadonlyArray<string> | undefined, base: string) => {
  const asked = fields === undefined || fields.length === 0 ? undefined : [...fields, "Id"]
  const { externalIds = [], fields: declared } = org.definitionOf(row.type)
  const names = (asked ?? [...Object.keys(row.values), ...Object.keys(declared), ...externalIds]).map((field) => {
    const known = org.fieldOf(row.type, field)
    if (known === undefined) {
      throw refuse(400, "INVALID_FIELD", `No such column '${field}' on sobject of type ${row.type}`)
    }
    return known
  })
  return {
    attributes: attributesOf(org, row, base),
    ...Object.fromEntries(names.map((name): [string, FieldValue] => [name, row.values[name] ?? null]))
  }
}

interface Failed {
  readonly id?: string
  readonly success: false
  readonly errors: ReadonlyArray<{
    readonly statusCode: string
    readonly message: string
    readonly fields: ReadonlyArray<string>
  }>
}

const failed = (error: Emulator.EmulatorError, id: string | undefined): Failed => ({
  ...(id === undefined ? undefined : { id }),
  success: false,
  errors: [{
    statusCode: error.code ?? "UNKNOWN_EXCEPTION",
    message: error.message,
    fields: Array.isArray(error.details?.fields) ? error.details.fields : nothing
  }]
})

const rolledBack = () =>
  refuse(
    400,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header"
  )

/** Each for itself, and with `allOrNone` all or none: one answer for each, in the same order. */
export const collection = <Item, A>(
  org: Org,
  write: Write,
  options: {
    readonly allOrNone: boolean
    readonly items: ReadonlyArray<Item>
    readonly idOf: (item: Item) => string | undefined
    readonly run: (item: Item, write: Write) => A
  }
): ReadonlyArray<A | Failed> => {
  const { allOrNone, idOf, items, run } = options
  const each = (write: Write) =>
    items.map((item): A | Emulator.EmulatorError => {
      try {
        return run(item, write)
      } catch (error) {
        if (error instanceof Emulator.EmulatorError) return error
        throw error
      }
    })
  const answersOf = (results: ReadonlyArray<A | Emulator.EmulatorError>) =>
    results.map((result, index) => {
      const item = items[index]
      return result instanceof Emulator.EmulatorError
        ? failed(result, item === undefined ? undefined : idOf(item))
        : result
    })
  if (!allOrNone) return answersOf(each(write))
  // what a transaction that is undone answers all the same
  const undone: { answer?: ReadonlyArray<A | Failed> } = {}
  try {
    return org.transaction(write, (write) => {
      const results = each(write)
      if (results.every((result) => !(result instanceof Emulator.EmulatorError))) return answersOf(results)
      undone.answer = answersOf(results.map((one) => one instanceof Emulator.EmulatorError ? one : rolledBack()))
      throw rolledBack()
    })
  } catch (error) {
    if (undone.answer !== undefined) return undone.answer
    throw error
  }
}

/** A record of a collection: its type, its id, and the rest. */
export const parts = (record: Readonly<Record<string, unknown>>) => {
  const { attributes, id, ...fields } = record
  const type = (attributes as { readonly type?: string } | undefined)?.type ?? ""
  // what a collection's Schema lets through are values of fields
  return { fields: fields as Values, id: typeof id === "string" ? id : undefined, type }
}

/** The external id is among the fields here, and may be missing. */
export const upsertInto = (org: Org, type: string, field: string, fields: Values, write: Write) => {
  const name = Object.keys(fields).find((key) => key.toLowerCase() === field.toLowerCase())
  const value = name === undefined ? undefined : fields[name]
  if (name === undefined || value === undefined || value === null || value === "") {
    throw refuse(400, "MISSING_ARGUMENT", `${field} not specified`, [field])
  }
  const { [name]: _, ...rest } = fields
  return upserted(org.upsert(type, field, String(value), rest, write))
}

/** What has changed between two times, as `updated` and `deleted` see it. */
export const changedBetween = (org: Org, type: string, start: number, end: number, deleted: boolean) => {
  if (start >= end) {
    throw refuse(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date, or after endDate")
  }
  return org.rowsOf(type).flatMap((row) => {
    const at = Date.parse(String(row.values.SystemModstamp).replace("+0000", "Z"))
    return row.values.IsDeleted === deleted && at >= start && at < end ? [{ at, id: row.id }] : []
  })
}
