/** (c) 2,000 callers at once on 10 permits, each for 5 ms. */
import * as Effect from "effect/Effect"
import * as Bulkhead from "../../src/policy/Bulkhead.js"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median, medianRatio, shuffled } from "../harness/statistics.js"
import { load } from "../peers.js"
import * as Stacks from "../stacks/holdfast.js"

const waiters = 2000
const permits = 10
const jobMillis = 5
/** By timers that are never late. The target is held against the plain loops, whose timers are late as well. */
const ideal = waiters / permits * jobMillis

const plain = "ideal: ten plain loops"
const bulkhead = "Holdfast, Bulkhead"

const job = () => new Promise<void>((resolve) => setTimeout(resolve, jobMillis))

/** Effect's semaphore wakes every waiter on each release: it is stopped rather than waited for. */
const patienceMillis = 10_000

const together = (effect: Effect.Effect<unknown, unknown>): Effect.Effect<void, unknown> =>
  Effect.forEach(Array.from({ length: waiters }), () => effect, { concurrency: "unbounded", discard: true })

/** Ten loops that take the next job as soon as they can: what the timers of this machine allow. */
const best = async (): Promise<void> => {
  let left = waiters
  const worker = async () => {
    while (left-- > 0) await job()
  }
  await Promise.all(Array.from({ length: permits }, worker))
}

const withSemaphore = async (): Promise<ReadonlyArray<string>> => {
  const semaphore = Effect.unsafeMakeSemaphore(permits)
  let done = 0
  const one = Effect.zipRight(semaphore.withPermits(1)(Effect.sleep(jobMillis)), Effect.sync(() => done++))
  const start = performance.now()
  await Effect.runPromise(Effect.timeoutOption(together(one), patienceMillis))
  const millis = performance.now() - start
  return done === waiters
    ? ["Effect.Semaphore", format(millis), times(millis / ideal)]
    : [`Effect.Semaphore, stopped with ${format(done)} done`, `> ${format(millis)}`, `> ${times(millis / ideal)}`]
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const client = await Stacks.build(
    Bulkhead.layer({ maxConcurrent: permits, maxQueue: waiters }),
    (request, call) => Effect.zipRight(Effect.sleep(jobMillis), Stacks.noOp(request, call))
  )
  const peers = effort === "quick" ? {} : await (await load("waiters"))()
  const variants: ReadonlyArray<readonly [name: string, run: () => Promise<unknown>]> = [
    [plain, best],
    [bulkhead, () => Effect.runPromise(together(Stacks.call(client)))],
    ...Object.entries(peers).map(([name, limited]) => [name, () => limited(waiters, permits, job)] as const)
  ]

  const millis = new Map(variants.map(([name]) => [name, [] as Array<number>]))
  const rounds = effort === "quick" ? 2 : 3
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of shuffled(variants)) {
      const start = performance.now()
      await run()
      millis.get(name)?.push(performance.now() - start)
    }
  }
  const of = (name: string) => median(millis.get(name) ?? [])
  const semaphore = effort === "quick" ? undefined : await withSemaphore()
  return {
    charts: [],
    measures: { "waiters.ideal": medianRatio(millis.get(bulkhead) ?? [], millis.get(plain) ?? []) },
    notes: effort === "quick" ? ["(c) quick: without the other libraries, two rounds."] : [],
    tables: [{
      columns: ["", "ms", `÷ ${format(ideal)} ms`],
      rows: [
        ...variants.map(([name]) => [name, format(of(name)), times(of(name) / ideal)]),
        ...semaphore === undefined ? [] : [semaphore]
      ],
      title: `(c) ${format(waiters)} waiters on ${permits} permits, ${jobMillis} ms each`
    }]
  }
}
