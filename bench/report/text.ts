/** Tables for a terminal. */
import type { Table } from "../harness/result.js"
import { format } from "../harness/result.js"
import type { Row } from "../targets.js"

export const table = ({ columns, rows, title }: Table): string => {
  const widths = columns.map((_, index) => Math.max(...[columns, ...rows].map((row) => (row[index] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    cells.map((cell, index) => index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)).join("  ")
      .trimEnd()
  return [title, ...[columns, ...rows].map(line)].join("\n")
}

const number = (value: number): string => format(value, Number.isInteger(value) ? 0 : 3)
const limit = (direction: Row["direction"], value: number | null): string =>
  value === null ? "" : `${direction === "max" ? "≤" : "≥"} ${format(value, Number.isInteger(value) ? 0 : 2)}`

export const targets = (rows: ReadonlyArray<Row>): Table => ({
  columns: ["", "measured", "target", "", "floor", ""],
  rows: rows.map((row) => [
    row.name,
    row.measured === null ? "ABSENT" : number(row.measured),
    limit(row.direction, row.target),
    row.met ? "met" : "MISSED",
    limit(row.direction, row.floor),
    row.floor === null ? "" : row.floorMet ? "kept" : "BROKEN"
  ]),
  title: "Targets"
})
