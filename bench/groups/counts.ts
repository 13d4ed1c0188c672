/**
 * (a) What can be counted without a clock: steps of Effect's run loop, fibers, and bytes on the heap. Each is the
 * difference between a short run and a long one, so that starting up is not in it.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"
import type * as Result from "../harness/result.js"
import { format } from "../harness/result.js"
import { median } from "../harness/statistics.js"
import { load } from "../peers.js"
import * as Stacks from "../stacks/holdfast.js"
import * as Idiomatic from "../stacks/idiomatic.js"
import { repeated } from "./inFiber.js"

interface Counts {
  readonly steps: number
  readonly forks: number
}

const few = 100
const many = 1100

const counted = async (effect: Effect.Effect<unknown, unknown>, calls: number): Promise<Counts> => {
  let steps = 0
  const fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  const tracer = Tracer.make({
    context: (f, fiber) => {
      steps++
      fibers.add(fiber)
      return f()
    },
    span: () => {
      throw new Error("a span was made, although tracing is off")
    }
  })
  // a fiber that yields takes a step more: it may go on for ever
  await Effect.runPromise(
    Effect.withMaxOpsBeforeYield(Effect.withTracer(repeated(effect, calls), tracer), Number.POSITIVE_INFINITY)
  )
  return { forks: fibers.size, steps }
}

const perCall = async (effect: Effect.Effect<unknown, unknown>): Promise<Counts> => {
  await counted(effect, few)
  const short = await counted(effect, few)
  const long = await counted(effect, many)
  const calls = many - few
  return { forks: (long.forks - short.forks) / calls, steps: (long.steps - short.steps) / calls }
}

const allocated = async (run: (times: number) => Promise<unknown>): Promise<number> => {
  await run(1000)
  const samples: Array<number> = []
  for (let sample = 0; sample < 3; sample++) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    await run(few)
    const between = process.memoryUsage().heapUsed
    await run(many)
    samples.push((process.memoryUsage().heapUsed - between - (between - before)) / (many - few))
  }
  return median(samples)
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const peers = await (await load("overhead"))()
  const leaf = Stacks.call(await Stacks.build(undefined))
  const standard = Stacks.call(await Stacks.build(Stacks.standard))
  const wrap = await Effect.runPromise(Stacks.forever(Idiomatic.make))

  const base = await perCall(leaf)
  const rows: Array<ReadonlyArray<string>> = []
  const measure = async (name: string, effect: Effect.Effect<unknown, unknown>): Promise<Counts> => {
    const { forks, steps } = await perCall(effect)
    const bytes = await allocated((times) => Effect.runPromise(repeated(effect, times)))
    rows.push([name, format(steps, 1), format(steps - base.steps, 1), format(forks, 2), format(bytes)])
    return { forks: forks - base.forks, steps: steps - base.steps }
  }

  await measure("leaf alone", leaf)
  for (const [name, policy] of Stacks.policies) {
    await measure(`Holdfast ${name}`, Stacks.call(await Stacks.build(policy)))
  }
  const whole = await measure("Holdfast, standard stack", standard)
  await measure("Effect's own parts", wrap(Effect.succeed(42)))
  for (const [name, operation] of effort === "quick" ? [] : Object.entries(peers.policies)) {
    const bytes = await allocated(async (times) => {
      for (let time = 0; time < times; time++) await operation()
    })
    rows.push([name, "", "", "", format(bytes)])
  }
  peers.close()

  return {
    charts: [],
    measures: { "counts.forks": whole.forks, "counts.steps": whole.steps },
    notes: [
      "Steps, fibers: counted through Tracer.context, with Telemetry's spans set to \"never\". Exact, without a clock."
    ],
    tables: [{
      columns: ["", "steps / call", "added", "fibers / call", "heap bytes / call"],
      rows,
      title: "(a) Counted: run-loop steps, fibers, bytes"
    }]
  }
}
