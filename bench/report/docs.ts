/** Writes the charts and the numbers of a run into docs/: nothing there is typed in by hand. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Chart, Result, Table } from "../harness/result.js"
import type { Row } from "../targets.js"
import type { Machine } from "./machine.js"
import { chart } from "./svg.js"
import * as Text from "./text.js"

const docs = (path: string) => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url))

const begin = "<!-- numbers: written by npm run bench, do not edit -->"
const end = "<!-- end of numbers -->"

const markdown = ({ columns, rows, title }: Table): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
  return [
    `### ${title}`,
    "",
    line(columns),
    `|---|${"---:|".repeat(columns.length - 1)}`,
    ...rows.map(line)
  ].join("\n")
}

const chartsOf = (results: ReadonlyMap<string, Result>): ReadonlyArray<Chart> =>
  Array.from(results.values()).flatMap((result) => result.charts)

export const writeCharts = (results: ReadonlyMap<string, Result>): void => {
  mkdirSync(docs("benchmarks"), { recursive: true })
  for (const one of chartsOf(results)) writeFileSync(docs(`benchmarks/${one.file}.svg`), chart(one))
}

export const writeNumbers = (
  results: ReadonlyMap<string, Result>,
  rows: ReadonlyArray<Row>,
  machine: Machine,
  versions: string
): void => {
  const page = readFileSync(docs("benchmarks.md"), "utf8")
  const [before, rest] = [page.indexOf(begin), page.indexOf(end)]
  if (before < 0 || rest < before) throw new Error(`docs/benchmarks.md has lost its marks ${begin} and ${end}`)
  const numbers = [
    `Measured on ${
      machine.date.slice(0, 10)
    } with Node ${machine.node} on ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, load average ${
      machine.load.join(" before and ")
    } after. Versions: ${versions}.`,
    ...chartsOf(results).map((one) => `![${one.title}](benchmarks/${one.file}.svg)`),
    ...[Text.targets(rows), ...Array.from(results.values()).flatMap(({ tables }) => tables)].map(markdown),
    ...Array.from(results.values()).flatMap(({ notes }) => notes)
  ]
  writeFileSync(
    docs("benchmarks.md"),
    `${page.slice(0, before)}${begin}\n\n${numbers.join("\n\n")}\n\n${page.slice(rest)}`
  )
}
