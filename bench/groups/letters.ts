/** (h) A million dead letters: what it costs to look at them and to claim one, against ten thousand; a bulk replay. */
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median } from "../harness/statistics.js"
import { inTurns } from "../harness/turns.js"
import * as Stacks from "../stacks/letters.js"
import { settledHeap } from "./heap.js"

interface Plan {
  readonly few: number
  readonly many: number
  readonly asked: number
  readonly replayed: number
}

const plans: Readonly<Record<Result.Effort, Plan>> = {
  full: { asked: 31, few: 10_000, many: 1_000_000, replayed: 50_000 },
  quick: { asked: 7, few: 1_000, many: 6_000, replayed: 3_000 },
  thorough: { asked: 21, few: 2_000, many: 20_000, replayed: 10_000 }
}

const megabyte = 1024 * 1024

/** How long each question takes of the few and of the many, and how much longer of the many: asked in turns. */
const ask = async (
  few: Stacks.Filled,
  many: Stacks.Filled,
  asked: number
): Promise<ReadonlyMap<string, { readonly few: number; readonly many: number; readonly ratio: number }>> => {
  const ofMany = Stacks.questions(many)
  const results = new Map<string, { readonly few: number; readonly many: number; readonly ratio: number }>()
  for (const [name, question] of Stacks.questions(few)) {
    const { of, ratio } = await inTurns(["few", "many"], asked, async (which) => {
      const start = performance.now()
      await Effect.runPromise(which === "few" ? question : ofMany.get(name) ?? Effect.die(`no question ${name}`))
      return { millis: performance.now() - start }
    })
    results.set(name, {
      few: median(of("few", "millis")),
      many: median(of("many", "millis")),
      ratio: ratio("many", "few", "millis")
    })
  }
  return results
}

/** Heap that a replay of so many has gained since its first tenth, in bytes. */
const replay = async (letters: Stacks.Letters, replayed: number): Promise<number> => {
  const heap: Array<number> = []
  await Effect.runPromise(
    Effect.gen(function*() {
      const plan = yield* letters.planReplay({ state: "pending" }, { concurrency: 8, stopWhen: false })
      const job = yield* letters.startReplay(plan)
      const until = (finished: number) =>
        Effect.repeat(Effect.delay(job.progress.get, "50 millis"), {
          until: (progress) => progress.finished >= finished
        })
      for (const part of [0.1, 0.4, 0.7, 1]) {
        yield* until(Math.floor(replayed * part))
        heap.push(yield* Effect.promise(settledHeap))
      }
      yield* job.cancel("enough has been seen")
      yield* job.await
    }).pipe(Effect.scoped)
  )
  return Math.max(...heap) - (heap[0] ?? Number.NaN)
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const plan = plans[effort]
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"))
  const measures: Record<string, number> = {}
  const rows: Array<ReadonlyArray<string>> = []
  for (const [store, open] of Object.entries(Stacks.stores)) {
    const few = await Stacks.fill(await open(folder, "few"), plan.few)
    const many = await Stacks.fill(await open(folder, "many"), plan.many)
    // the compiler settles first
    await ask(few, many, plan.asked)
    const ratios = Array.from(await ask(few, many, plan.asked), ([name, { few, many, ratio }]) => {
      rows.push([`${store}: ${name}`, format(few, 2), format(many, 2), times(ratio)])
      return ratio
    })
    measures[`letters.${store}`] = Math.max(...ratios)
    if (store === "SQLite") measures["letters.replay"] = await replay(many.letters, plan.replayed) / megabyte
  }
  rmSync(folder, { force: true, recursive: true })
  return {
    charts: [],
    measures,
    notes: [
      `A bulk replay of ${format(plan.replayed)} letters on SQLite gained ${
        format(measures["letters.replay"] ?? Number.NaN, 2)
      } MiB of heap after its first tenth.`,
      ...effort === "full" ? [] : [`(h) reduced: ${format(plan.many)} letters instead of 1 000 000.`]
    ],
    tables: [{
      columns: ["", `ms at ${format(plan.few)}`, `ms at ${format(plan.many)}`, "ratio"],
      rows,
      title: "(h) Dead letters, a few and many"
    }]
  }
}
