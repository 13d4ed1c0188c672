/** Load on a server: so many requests under way at once, for a while. */
import * as Effect from "effect/Effect"
import { cpuMillis } from "./clock.js"
import { median, quantile, shuffled } from "./statistics.js"

/** What happened in one window. */
interface Window {
  readonly requests: number
  readonly millis: number
  readonly cpuMillis: number
  readonly latencies: ReadonlyArray<number>
}

export interface Sender {
  readonly name: string
  /** Keeps `concurrency` requests under way until `until`, and reports the milliseconds of each. */
  readonly send: (concurrency: number, until: number, report: (millis: number) => void) => Promise<unknown>
}

export const promised = (name: string, once: () => Promise<unknown>): Sender => {
  const one = async (until: number, report: (millis: number) => void) => {
    for (let start = performance.now(); start < until;) {
      await once()
      const end = performance.now()
      report(end - start)
      start = end
    }
  }
  return {
    name,
    send: (concurrency, until, report) => Promise.all(Array.from({ length: concurrency }, () => one(until, report)))
  }
}

/** So many fibers beneath one `runPromise`. */
export const inFibers = <A, E>(name: string, once: Effect.Effect<A, E>): Sender => ({
  name,
  send: (concurrency, until, report) => {
    const one = Effect.suspend(() => {
      let start = performance.now()
      return Effect.whileLoop({
        body: () => once,
        step: () => {
          const end = performance.now()
          report(end - start)
          start = end
        },
        while: () => start < until
      })
    })
    return Effect.runPromise(
      Effect.forEach(Array.from({ length: concurrency }), () => one, { concurrency: "unbounded", discard: true })
    )
  }
})

const inWindow = async (sender: Sender, concurrency: number, millis: number): Promise<Window> => {
  const latencies: Array<number> = []
  const cpuBefore = cpuMillis()
  const start = performance.now()
  await sender.send(concurrency, start + millis, (latency) => latencies.push(latency))
  return {
    cpuMillis: cpuMillis() - cpuBefore,
    latencies,
    millis: performance.now() - start,
    requests: latencies.length
  }
}

/** Until so much of the CPU has been used: on a busy machine, wall time would leave the compiler cold. */
const warmUp = async (sender: Sender, concurrency: number, millis: number): Promise<void> => {
  const end = cpuMillis() + millis
  const patience = performance.now() + 4 * millis
  while (cpuMillis() < end && performance.now() < patience) await inWindow(sender, concurrency, millis / 4)
}

export interface Summary {
  /** A number a round. */
  readonly perSecond: ReadonlyArray<number>
  readonly cpuMicros: ReadonlyArray<number>
  readonly p50: number
  readonly p99: number
}

export interface Settings {
  readonly rounds: number
  readonly windowMillis: number
  /** Of CPU. */
  readonly warmUpMillis: number
}

/** Each round gives every sender one window, in another order. */
export const measure = async (
  senders: ReadonlyArray<Sender>,
  concurrency: number,
  settings: Settings
): Promise<ReadonlyMap<string, Summary>> => {
  const windows = new Map<string, Array<Window>>()
  for (const sender of senders) {
    await warmUp(sender, concurrency, settings.warmUpMillis)
    windows.set(sender.name, [])
  }
  for (let round = 0; round < settings.rounds; round++) {
    for (const sender of shuffled(senders)) {
      windows.get(sender.name)?.push(await inWindow(sender, concurrency, settings.windowMillis))
    }
  }
  return new Map(Array.from(windows, ([name, windows]) => {
    const latencies = windows.flatMap((window) => window.latencies)
    return [name, {
      cpuMicros: windows.map((window) => window.cpuMillis * 1000 / window.requests),
      p50: median(latencies),
      p99: quantile(latencies, 0.99),
      perSecond: windows.map((window) => window.requests * 1000 / window.millis)
    }]
  }))
}
