/** (a) What each policy, and all of them together, add to a call that does nothing. */
import * as Effect from "effect/Effect"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { interleaved, type Settings, type Variant } from "../harness/rounds.js"
import { median, medianRatio } from "../harness/statistics.js"
import { load } from "../peers.js"
import * as Stacks from "../stacks/holdfast.js"
import * as Idiomatic from "../stacks/idiomatic.js"
import { inFiber, perRunPromise, promised } from "./inFiber.js"

const efforts: Readonly<Record<Result.Effort, Settings>> = {
  full: { rounds: 15, warmUpMillis: 500, windowMillis: 60 },
  quick: { rounds: 7, warmUpMillis: 120, windowMillis: 15 },
  thorough: { rounds: 21, warmUpMillis: 250, windowMillis: 20 }
}

const names = {
  cockatiel: "cockatiel wrap(bulkhead, retry, sampling breaker, timeout)",
  cockatielRefused: "cockatiel, open breaker",
  idiomatic: "Effect's own parts: timeout, semaphore, RateLimiter, Ref breaker, retry, metrics",
  leaf: "leaf alone",
  perCall: "Holdfast, standard stack, runPromise per call",
  refused: "Holdfast, open CircuitBreaker",
  refusedWhole: "Holdfast, standard stack with an open circuit, no log line",
  standard: "Holdfast, standard stack"
} as const

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const peers = await (await load("overhead"))()
  const leaf = Stacks.call(await Stacks.build(undefined))
  const standard = Stacks.call(await Stacks.build(Stacks.standard))
  const wrap = await Effect.runPromise(Stacks.forever(Idiomatic.make))
  const single = await Promise.all(
    Stacks.policies.map(async ([name, policy]) => [name, Stacks.call(await Stacks.build(policy))] as const)
  )
  const [, breaker] = Stacks.policies.find(([name]) => name === "CircuitBreaker") ?? []
  if (breaker === undefined) throw new Error("no policy is called CircuitBreaker")
  const refusals = await Promise.all([breaker, Stacks.standardUnlogged].map(Stacks.withOpenCircuit))
  const refusal = refusals.map((client) => Effect.catchAll(Stacks.call(client), () => Effect.void))

  const variants: ReadonlyArray<Variant> = [
    inFiber(names.leaf, leaf),
    ...single.map(([name, effect]) => inFiber(`Holdfast ${name}`, effect)),
    inFiber(names.standard, standard),
    inFiber(names.idiomatic, wrap(Effect.succeed(42))),
    perRunPromise("leaf alone, runPromise per call", leaf),
    perRunPromise(names.perCall, standard),
    perRunPromise("Effect's own parts, runPromise per call", wrap(Effect.succeed(42))),
    ...Object.entries(peers.policies).map(([name, operation]) => promised(name, operation)),
    inFiber(names.refused, refusal[0] ?? Effect.void),
    inFiber(names.refusedWhole, refusal[1] ?? Effect.void),
    ...Object.entries(peers.rejections).map(([name, operation]) => promised(name, operation))
  ]
  const nanos = await interleaved(variants, efforts[effort])
  peers.close()

  const of = (name: string) => nanos.get(name) ?? []
  /** How many times as long the second takes. */
  const faster = (name: string, peer: string) => medianRatio(of(peer), of(name))
  const row = ({ name }: Variant): ReadonlyArray<string> => [
    name,
    format(median(of(name))),
    format(1e9 / median(of(name))),
    times(faster(names.standard, name))
  ]
  return {
    charts: [{
      bars: [
        names.standard,
        "cockatiel timeout",
        names.cockatiel,
        "p-retry",
        names.idiomatic
      ].map((name) => ({ label: `${format(median(of(name)) / 1000, 1)} µs`, name, value: median(of(name)) })),
      file: "overhead",
      subtitle: "microseconds a call, less is better",
      title: "What a call that does nothing costs beneath the policies"
    }],
    measures: {
      "overhead.cockatiel": faster(names.standard, names.cockatiel),
      "overhead.idiomatic": faster(names.standard, names.idiomatic),
      "overhead.rejection": faster(names.refused, names.cockatielRefused)
    },
    notes: [],
    tables: [{
      columns: ["", "ns / call", "calls / s", "time ÷ standard stack"],
      rows: variants.map(row),
      title: "(a) Policies over a call that does nothing"
    }]
  }
}
