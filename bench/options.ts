import { parseArgs } from "node:util"

export const help = `npm run bench -- [flags]

  --quick         a look in under a minute: fewer rounds, no concurrency 1, a shorter (e)
  --only a,b,c    some of the groups: a policies over nothing, b HTTP, c waiters, d limiter, e heap, f shared state,
                  g durable messages, h a million dead letters (only where it is named: a quarter of an hour)
  --json          the last line of stdout is one object; the tables go to stderr
  --check         fails when a floor is missed, after a second try with more windows
  --chart         writes the charts into docs/benchmarks/; a full run writes them and docs/benchmarks.md anyway
  --help          prints this`

/** The groups of measurements by the letter that people know them by, in the order in which they run. */
export const letters: Readonly<Record<string, ReadonlyArray<string>>> = {
  a: ["counts", "overhead"],
  b: ["http", "over"],
  c: ["waiters"],
  d: ["limiter"],
  e: ["heap"],
  f: ["shared"],
  g: ["queue"],
  h: ["letters"]
}

/** Those that run where none is named. */
const usual = Object.keys(letters).filter((letter) => letter !== "h")

export interface Options {
  readonly groups: ReadonlyArray<string>
  readonly quick: boolean
  readonly json: boolean
  readonly check: boolean
  readonly writeCharts: boolean
  /** Only a full run does. */
  readonly writeNumbers: boolean
  readonly help: boolean
}

export const parse = (args: ReadonlyArray<string>): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      chart: { default: false, type: "boolean" },
      check: { default: false, type: "boolean" },
      help: { default: false, type: "boolean" },
      json: { default: false, type: "boolean" },
      only: { type: "string" },
      quick: { default: false, type: "boolean" }
    }
  })
  const wanted = values.only === undefined
    ? usual
    : values.only.split(",").map((letter) => letter.trim())
  const unknown = wanted.filter((letter) => !(letter in letters))
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(",")}: there are ${Object.keys(letters).join(", ")}`)
  const full = !values.quick && usual.every((letter) => wanted.includes(letter))
  return {
    check: values.check,
    groups: Object.entries(letters).flatMap(([letter, groups]) => wanted.includes(letter) ? groups : []),
    help: values.help,
    json: values.json,
    quick: values.quick,
    writeCharts: values.chart || full,
    writeNumbers: full
  }
}
