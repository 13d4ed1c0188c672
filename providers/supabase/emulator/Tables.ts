/**
 * The tables of an emulated project, and what PostgREST does with them.
 *
 * @since 0.1.0
 */
import type { Emulator } from "holdfast/testing"
import type * as Filters from "../Filters.js"
import { refuseRows } from "./Bodies.js"
import { meets } from "./Evaluate.js"

export type Row = Readonly<Record<string, unknown>>

/**
 * What of a table the emulator has to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  /** Default `["id"]`. A row that comes without a column `id` is given a number. */
  readonly primaryKey?: ReadonlyArray<string> | undefined
  /** Other columns that are unique together. */
  readonly unique?: ReadonlyArray<ReadonlyArray<string>> | undefined
  /** Columns that may not be null. */
  readonly required?: ReadonlyArray<string> | undefined
  /** Those that there are. Default: any. */
  readonly columns?: ReadonlyArray<string> | undefined
  readonly rows?: ReadonlyArray<Row> | undefined
}

interface Held {
  readonly primaryKey: ReadonlyArray<string>
  readonly unique: ReadonlyArray<ReadonlyArray<string>>
  readonly required: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string> | undefined
  rows: ReadonlyArray<Row>
  last: number
}

export type Changed = Emulator.Exchange["changed"]

const same = (one: Row, other: Row, columns: ReadonlyArray<string>): boolean =>
  columns.every((column) => {
    const value = one[column] ?? null
    return value !== null && value === (other[column] ?? null)
  })

const isConstraint = (columns: ReadonlyArray<string>, of: ReadonlyArray<string>): boolean =>
  [...columns].sort().join() === [...of].sort().join()

export class Tables {
  readonly #tables: Map<string, Held>
  /** Without a declaration every table is there. */
  readonly #isOpen: boolean

  constructor(tables: Readonly<Record<string, Table>> | undefined) {
    this.#isOpen = tables === undefined
    this.#tables = new Map(Object.entries(tables ?? {}).map(([name, table]) => [name, this.#held(table)]))
  }

  #held(table: Table): Held {
    return {
      columns: table.columns,
      last: 0,
      primaryKey: table.primaryKey ?? ["id"],
      required: table.required ?? [],
      rows: table.rows ?? [],
      unique: table.unique ?? []
    }
  }

  #of(name: string): Held {
    let found = this.#tables.get(name)
    if (found === undefined) {
      if (!this.#isOpen) {
        throw refuseRows(404, "PGRST205", `Could not find the table 'public.${name}' in the schema cache`)
      }
      found = this.#held({})
      this.#tables.set(name, found)
    }
    return found
  }

  get snapshot(): Readonly<Record<string, ReadonlyArray<Row>>> {
    return Object.fromEntries([...this.#tables].map(([name, { rows }]) => [name, rows]))
  }

  find(name: string, where: Filters.Filter | undefined): ReadonlyArray<Row> {
    return this.#of(name).rows.filter((row) => meets(where, row))
  }

  #numbered(table: Held, row: Row): Row {
    if (typeof row.id === "number") table.last = Math.max(table.last, row.id)
    return row.id === undefined && table.primaryKey.includes("id") ? { id: ++table.last, ...row } : row
  }

  #check(name: string, table: Held, row: Row): void {
    const unknown = table.columns && Object.keys(row).find((column) => table.columns?.includes(column) === false)
    if (unknown !== undefined) {
      throw refuseRows(400, "PGRST204", `Could not find the '${unknown}' column of '${name}' in the schema cache`)
    }
    const empty = table.required.find((column) => (row[column] ?? null) === null)
    if (empty !== undefined) {
      throw refuseRows(
        400,
        "23502",
        `null value in column "${empty}" of relation "${name}" violates not-null constraint`
      )
    }
  }

  #twin(name: string, table: Held, rows: ReadonlyArray<Row>, row: Row): void {
    for (const [index, columns] of [table.primaryKey, ...table.unique].entries()) {
      if (!rows.some((one) => one !== row && same(one, row, columns))) continue
      const constraint = index === 0 ? `${name}_pkey` : `${name}_${columns.join("_")}_key`
      throw refuseRows(409, "23505", `duplicate key value violates unique constraint "${constraint}"`, {
        details: `Key (${columns.join(", ")})=(${columns.map((column) => row[column]).join(", ")}) already exists.`
      })
    }
  }

  /** All or nothing, as everything here. */
  #put(name: string, table: Held, rows: ReadonlyArray<Row>, written: ReadonlyArray<Row>): void {
    for (const row of written) {
      this.#check(name, table, row)
      this.#twin(name, table, rows, row)
    }
    table.rows = rows
  }

  #keyOf(table: Held, row: Row): string {
    return table.primaryKey.map((column) => String(row[column])).join(",")
  }

  insert(name: string, input: Row | ReadonlyArray<Row>, changed: Changed): ReadonlyArray<Row> {
    const table = this.#of(name)
    const rows = [input].flat().map((row) => this.#numbered(table, row))
    this.#put(name, table, [...table.rows, ...rows], rows)
    for (const row of rows) changed({ resource: name, kind: "created", key: this.#keyOf(table, row) })
    return rows
  }

  /** The rows that were written, and how many of them are new. */
  upsert(
    name: string,
    input: Row | ReadonlyArray<Row>,
    onConflict: string | undefined,
    resolution: string,
    changed: Changed
  ): { readonly rows: ReadonlyArray<Row>; readonly inserted: number } {
    const table = this.#of(name)
    const columns = onConflict === undefined || onConflict === "" ? table.primaryKey : onConflict.split(",")
    if (![table.primaryKey, ...table.unique].some((constraint) => isConstraint(columns, constraint))) {
      throw refuseRows(
        400,
        "42P10",
        "there is no unique or exclusion constraint matching the ON CONFLICT specification"
      )
    }
    let rows = table.rows
    const written: Array<Row> = []
    let inserted = 0
    for (const row of [input].flat()) {
      const before = rows.find((one) => same(one, row, columns))
      if (before !== undefined && written.includes(before)) {
        throw refuseRows(500, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time")
      }
      if (before !== undefined && resolution === "ignore-duplicates") continue
      const after = before === undefined ? this.#numbered(table, row) : { ...before, ...row }
      rows = before === undefined ? [...rows, after] : rows.map((one) => one === before ? after : one)
      written.push(after)
      if (before === undefined) inserted++
      changed({ resource: name, kind: before === undefined ? "created" : "updated", key: this.#keyOf(table, after) })
    }
    this.#put(name, table, rows, written)
    return { inserted, rows: written }
  }

  #within(found: ReadonlyArray<Row>, atMost: number | undefined): void {
    if (atMost === undefined || found.length <= atMost) return
    throw refuseRows(400, "PGRST124", "Query result exceeds max-affected preference constraint", {
      details: `The query affects ${found.length} rows`
    })
  }

  update(
    name: string,
    where: Filters.Filter,
    values: Row,
    atMost: number | undefined,
    changed: Changed
  ): ReadonlyArray<Row> {
    const table = this.#of(name)
    const found = new Set(this.find(name, where))
    this.#within([...found], atMost)
    const written: Array<Row> = []
    const rows = table.rows.map((row) => {
      if (!found.has(row)) return row
      const after = { ...row, ...values }
      written.push(after)
      return after
    })
    this.#put(name, table, rows, written)
    for (const row of written) changed({ resource: name, kind: "updated", key: this.#keyOf(table, row) })
    return written
  }

  delete(name: string, where: Filters.Filter, atMost: number | undefined, changed: Changed): ReadonlyArray<Row> {
    const table = this.#of(name)
    const found = this.find(name, where)
    this.#within(found, atMost)
    table.rows = table.rows.filter((row) => !found.includes(row))
    for (const row of found) changed({ resource: name, kind: "deleted", key: this.#keyOf(table, row) })
    return found
  }

  /** The row whose whole key the filter says, made or replaced. */
  put(name: string, where: Filters.Filter, row: Row, changed: Changed) {
    const table = this.#of(name)
    if (!meets(where, row)) {
      throw refuseRows(400, "PGRST115", "Payload values do not match URL in primary key column(s)")
    }
    return this.upsert(name, row, table.primaryKey.join(","), "merge-duplicates", changed)
  }
}
