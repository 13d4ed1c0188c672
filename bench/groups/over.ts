/**
 * (b) The stack around another client of Effect's, in a process of its own. Beside a dozen other libraries the code that
 * both share is compiled for all of them, and who takes more steps through it loses more; no program is like that.
 */
import { start } from "../harness/child.js"
import { inFibers, measure, type Settings } from "../harness/load.js"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median, medianRatio } from "../harness/statistics.js"
import * as Stacks from "../stacks/http.js"

const plans: Readonly<Record<Result.Effort, Settings>> = {
  full: { rounds: 15, warmUpMillis: 1_000, windowMillis: 200 },
  quick: { rounds: 5, warmUpMillis: 500, windowMillis: 80 },
  thorough: { rounds: 13, warmUpMillis: 700, windowMillis: 120 }
}

const concurrencies = [16, 128]

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const server = start("server.ts", [], { limitMillis: 10 * 60_000 })
  const stacks = await Stacks.makeOver(`http://127.0.0.1:${await server.message}`)
  const senders = Array.from(stacks, ([name, once]) => inFibers(name, once))
  const { bare, wrapped } = Stacks.names

  const measures: Record<string, number> = {}
  const rows: Array<ReadonlyArray<string>> = []
  for (const concurrency of concurrencies) {
    const summaries = await measure(senders, concurrency, plans[effort])
    const perSecond = (name: string) => summaries.get(name)?.perSecond ?? []
    const kept = medianRatio(perSecond(wrapped), perSecond(bare))
    measures[`over.kept.${concurrency}`] = kept
    rows.push([
      String(concurrency),
      format(median(perSecond(bare))),
      format(median(perSecond(wrapped))),
      times(kept)
    ])
  }
  server.end()

  return {
    charts: [],
    measures,
    notes: [],
    tables: [{
      columns: ["concurrency", `${bare}: requests / s`, `${wrapped}: requests / s`, "kept"],
      rows,
      title: "(b) The stack around layerUndici, in a process of its own"
    }]
  }
}
