/** (e) The heap before and after a million calls through the standard stack. */
import * as Effect from "effect/Effect"
import type * as Result from "../harness/result.js"
import { format } from "../harness/result.js"
import * as Stacks from "../stacks/holdfast.js"
import { repeated } from "./inFiber.js"

const calls: Readonly<Record<Result.Effort, number>> = { full: 1_000_000, quick: 100_000, thorough: 300_000 }
const parts = 5
const megabyte = 1024 * 1024

export const settledHeap = async (): Promise<number> => {
  if (globalThis.gc === undefined) throw new Error("node runs without --expose-gc")
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const call = Stacks.call(await Stacks.build(Stacks.standard))
  const all = calls[effort]
  // the compiler's own data settles first
  await Effect.runPromise(repeated(call, 20_000))
  const start = await settledHeap()
  const rows: Array<ReadonlyArray<string>> = [["0", format(start / megabyte, 2), ""]]
  let growth = 0
  for (let part = 1; part <= parts; part++) {
    await Effect.runPromise(repeated(call, all / parts))
    growth = await settledHeap() - start
    rows.push([format(all / parts * part), format((start + growth) / megabyte, 2), format(growth / megabyte, 2)])
  }
  return {
    charts: [],
    measures: { "heap.growth": growth / megabyte },
    notes: all === 1_000_000 ? [] : [`(e) reduced: ${format(all)} calls instead of 1 000 000.`],
    tables: [{
      columns: ["calls", "heap MiB", "grown by MiB"],
      rows,
      title: "(e) The heap, after garbage collection"
    }]
  }
}
