/** Tables of plain text, as wide as what is in them, and no wider than the terminal. */
import { inline } from "./screen.js"

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  readonly right?: boolean
}

const gap = "  "

/** The last column gives way where there is too little room, down to this. */
const narrowest = 12

const fit = (text: string, width: number): string => text.length <= width ? text : `${text.slice(0, width - 1)}…`

/** Without a last line break. */
export const render = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  room: number | undefined
): string => {
  const cells = rows.map((row) => columns.map(({ value }) => inline(value(row))))
  const titles = columns.map(({ title }) => title)
  const widths = columns.map((_, index) =>
    [titles, ...cells].reduce((width, line) => Math.max(width, line[index]?.length ?? 0), 0)
  )
  const last = columns.length - 1
  if (room !== undefined && last >= 0) {
    const before = widths.slice(0, last).reduce((sum, width) => sum + width + gap.length, 0)
    widths[last] = Math.max(narrowest, Math.min(widths[last] ?? 0, room - before))
  }
  return [titles, ...cells].map((line) =>
    line.map((text, index) => {
      const width = widths[index] ?? 0
      const cut = room === undefined ? text : fit(text, width)
      return columns[index]?.right === true ? cut.padStart(width) : cut.padEnd(width)
    }).join(gap).trimEnd()
  ).join("\n")
}

/** Names and what they stand for, one below the other. */
export const fields = (entries: ReadonlyArray<readonly [name: string, value: string | undefined]>): string => {
  const shown = entries.filter(([, value]) => value !== undefined)
  const width = shown.reduce((width, [name]) => Math.max(width, name.length), 0)
  return shown.map(([name, value]) => `${name.padEnd(width)}${gap}${inline(value ?? "")}`.trimEnd()).join("\n")
}
