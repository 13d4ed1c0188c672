/** npm run bench: runs the groups of measurements one after the other, each in a process of its own, and reports. */
import { readFileSync } from "node:fs"
import { start } from "./harness/child.js"
import type { Effort, Result } from "./harness/result.js"
import * as Options from "./options.js"
import * as Docs from "./report/docs.js"
import * as Machine from "./report/machine.js"
import * as Text from "./report/text.js"
import * as Targets from "./targets.js"

/** Bytes can only be told while nothing is collected: the young generation holds all of a measurement. */
const flags: Readonly<Record<string, ReadonlyArray<string>>> = {
  counts: ["--max-semi-space-size=512", "--min-semi-space-size=512"]
}

/** A group that takes so long has hung. */
const limitMillis: Readonly<Record<Effort, number>> = { full: 10 * 60_000, quick: 60_000, thorough: 75_000 }

/** Filling a store with a million takes its time. */
const longest: Readonly<Record<string, number>> = { letters: 40 * 60_000 }

/** The gate is through by then, or has failed. */
const gateMillis = 175_000

const measure = async (group: string, effort: Effort, remaining: number): Promise<Result> => {
  const child = start("harness/group.ts", [group, effort], {
    flags: flags[group] ?? [],
    limitMillis: Math.min((effort === "full" ? longest[group] : undefined) ?? limitMillis[effort], remaining)
  })
  return await child.message as Result
}

const packages = (path: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).devDependencies

const versions = (): string => {
  const { "@effect/platform-node": platformNode, effect } = packages("../package.json")
  const undici: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../node_modules/undici/package.json", import.meta.url), "utf8")
  )
  const own = { effect, "@effect/platform-node": platformNode, undici: undici.version }
  return Object.entries({ ...own, ...packages("package.json") }).map(([name, version]) => `${name} ${version}`).join(
    ", "
  )
}

const parsed = (): Options.Options => {
  try {
    return Options.parse(process.argv.slice(2))
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`)
    return process.exit(2)
  }
}

const main = async (): Promise<void> => {
  const options = parsed()
  if (options.help) return console.log(Options.help)
  const say = (text: string) => options.json ? console.error(text) : console.log(text)
  const loadBefore = Machine.load()
  const startedAt = performance.now()
  const remaining = () => options.check ? Math.max(1, gateMillis - (performance.now() - startedAt)) : Infinity

  const results = new Map<string, Result>()
  for (const group of options.groups) {
    const result = await measure(group, options.quick ? "quick" : "full", remaining())
    results.set(group, result)
    for (const table of result.tables) say(`\n${Text.table(table)}`)
    for (const note of result.notes) say(note)
  }

  let rows = Targets.judge(results)
  if (options.check) {
    for (const group of Targets.worthAnotherTry(rows)) {
      say(`\nA floor of "${group}" was missed: once more, with more windows.`)
      const first = results.get(group)
      const second = await measure(group, "thorough", remaining())
      results.set(group, first === undefined ? second : Targets.retried(first, second))
    }
    rows = Targets.judge(results)
  }
  say(`\n${Text.table(Text.targets(rows))}`)

  const machine = Machine.describe(loadBefore)
  say(
    `\nNode ${machine.node}, ${machine.cores} × ${machine.cpu}, load average ${machine.load.join(" before, ")} after${
      Math.max(...machine.load) > machine.cores * 0.75 ? ": the machine was busy, read the ratios with care" : ""
    }`
  )
  if (options.writeCharts) {
    Docs.writeCharts(results)
    say("wrote the charts in docs/benchmarks/")
  }
  if (options.writeNumbers) {
    Docs.writeNumbers(results, rows, machine, versions())
    say("wrote docs/benchmarks.md")
  }
  const broken = rows.filter((row) => !row.floorMet)
  if (options.check && broken.length > 0) {
    say(`\n${broken.length} of ${rows.length} floors are broken:\n${broken.map(({ name }) => `  ${name}`).join("\n")}`)
    process.exitCode = 1
  }
  if (options.json) {
    console.log(JSON.stringify({
      ...machine,
      quick: options.quick,
      targets: rows.map(({ direction, floor, floorMet, measured, met, name, target }) => ({
        name,
        measured,
        target,
        met,
        direction,
        floor,
        floorMet
      }))
    }))
  }
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 2
}
