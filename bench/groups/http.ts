/** (b) The same GET, its 300 bytes of JSON parsed, through a loopback server in its own process. */
import { start } from "../harness/child.js"
import { inFibers, measure, promised, type Settings, type Summary } from "../harness/load.js"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median, medianRatio } from "../harness/statistics.js"
import { load } from "../peers.js"
import * as Stacks from "../stacks/http.js"

interface Plan extends Settings {
  readonly concurrencies: ReadonlyArray<number>
}

const plans: Readonly<Record<Result.Effort, Plan>> = {
  full: { concurrencies: [1, 16, 128], rounds: 15, warmUpMillis: 700, windowMillis: 200 },
  quick: { concurrencies: [16, 128], rounds: 5, warmUpMillis: 300, windowMillis: 80 },
  // only what a target speaks of
  thorough: { concurrencies: [16, 128], rounds: 13, warmUpMillis: 500, windowMillis: 120 }
}

const { names } = Stacks
const resilientFetch = "Holdfast, ResilientFetch"

/** The name of the measure, whose, against whom, and of what: `more` of it is a larger number. */
const ratios: ReadonlyArray<readonly [measure: string, name: string, peer: string, of: "perSecond" | "cpuMicros"]> = [
  ["undici", names.standard, "undici.request", "perSecond"],
  ["cockatielUndici", names.standard, "cockatiel + undici.request", "perSecond"],
  ["cockatielFetch", names.standard, "cockatiel + fetch", "perSecond"],
  ["axios", names.standard, "axios + axios-retry + opossum", "perSecond"],
  ["idiomatic", names.standard, names.idiomatic, "perSecond"],
  ["cpu", names.standard, "undici.request", "cpuMicros"],
  ["cpuTyped", names.typed, "undici.request", "cpuMicros"],
  ["fetch", resilientFetch, "global fetch", "perSecond"]
]

const tableOf = (concurrency: number, summaries: ReadonlyMap<string, Summary>): Result.Table => {
  const undici = summaries.get("undici.request")
  const row = ([name, summary]: readonly [string, Summary]): ReadonlyArray<string> => [
    name,
    format(median(summary.perSecond)),
    format(median(summary.cpuMicros)),
    format(summary.p50, 2),
    format(summary.p99, 2),
    undici === undefined ? "" : times(medianRatio(summary.perSecond, undici.perSecond)),
    undici === undefined ? "" : times(medianRatio(summary.cpuMicros, undici.cpuMicros))
  ]
  return {
    columns: ["", "requests / s", "CPU µs / request", "p50 ms", "p99 ms", "req/s ÷ undici", "CPU ÷ undici"],
    rows: Array.from(summaries, row),
    title: `(b) GET through loopback, concurrency ${concurrency}`
  }
}

const chartOf = (concurrency: number, summaries: ReadonlyMap<string, Summary>): Result.Chart => ({
  bars: Array.from(summaries, ([name, { perSecond }]) => {
    const value = median(perSecond)
    return { label: format(value), name, value }
  }).sort((a, b) => b.value - a.value),
  file: `http-${concurrency}`,
  subtitle: "requests per second, more is better",
  title: `The same GET through loopback, ${concurrency} under way at once`
})

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const plan = plans[effort]
  const server = start("server.ts", [], { limitMillis: 10 * 60_000 })
  const origin = `http://127.0.0.1:${await server.message}`
  const peers = await (await load("http"))(origin)
  const stacks = await Stacks.make(origin)
  const fetchOnce = Stacks.makeFetch(origin)
  const all = [
    ...Array.from(stacks, ([name, once]) => inFibers(name, once)),
    ...fetchOnce === undefined ? [] : [promised(resilientFetch, fetchOnce)],
    ...Object.entries(peers.once).map(([name, once]) => promised(name, once))
  ]
  const named = new Set(ratios.flatMap(([, name, peer]) => [name, peer]))
  const senders = effort === "thorough" ? all.filter(({ name }) => named.has(name)) : all

  const tables: Array<Result.Table> = []
  const charts: Array<Result.Chart> = []
  const measures: Record<string, number | null> = {}
  for (const concurrency of plan.concurrencies) {
    const summaries = await measure(senders, concurrency, plan)
    tables.push(tableOf(concurrency, summaries))
    charts.push(chartOf(concurrency, summaries))
    for (const [measure, name, peer, of] of ratios) {
      const [ours, theirs] = [summaries.get(name), summaries.get(peer)]
      measures[`http.${measure}.${concurrency}`] = ours === undefined || theirs === undefined
        ? null
        : medianRatio(ours[of], theirs[of])
    }
  }
  await peers.close()
  server.end()

  return {
    charts,
    measures,
    notes: [
      "Holdfast's rows that do not say otherwise stand on Transport.layer.",
      ...fetchOnce === undefined
        ? ["ResilientFetch is ABSENT from this build: there is nothing to measure, and its target counts as missed."]
        : []
    ],
    tables
  }
}
