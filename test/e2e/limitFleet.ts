/** A fleet of real processes on one limit. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { bundle } from "../bundle.js"
import type { Options } from "./limitChild.js"

export class Child {
  readonly grants: Array<number> = []
  readonly logs: Array<string> = []
  failure = ""
  isReady = false
  isDone = false
  #rest = ""
  onLine = () => {}

  constructor(readonly process: ChildProcess) {
    process.stdout!.on("data", (data: Buffer) => {
      const lines = (this.#rest + data.toString()).split("\n")
      this.#rest = lines.pop()!
      for (const line of lines) {
        if (line.startsWith("grant ")) this.grants.push(Number(line.slice(6)))
        else if (line.startsWith("log ")) this.logs.push(line.slice(4))
        else if (line === "ready") this.isReady = true
        else if (line === "done") this.isDone = true
        else this.failure += line
      }
    })
    process.stderr!.on("data", (data: Buffer) => {
      this.failure += data.toString()
    })
  }
}

export const start = (options: Options) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      new Child(spawn(
        process.execPath,
        [bundle("test/e2e/limitChild.ts"), JSON.stringify(options)],
        { stdio: "pipe" }
      ))
    ),
    (child) => Effect.sync(() => child.process.kill("SIGKILL"))
  )

export const until = (what: string, condition: () => boolean, seconds = 120) =>
  Effect.gen(function*() {
    for (let i = 0; i < seconds * 20; i++) {
      if (condition()) return
      yield* Effect.sleep(50)
    }
    return yield* Effect.dieMessage(`never came: ${what}`)
  })

export const now = () => performance.timeOrigin + performance.now()

export const ready = (children: ReadonlyArray<Child>) =>
  Effect.gen(function*() {
    yield* until("ready", () => {
      const failed = children.find(({ failure }) => failure !== "")
      if (failed !== undefined) throw new Error(failed.failure)
      return children.every(({ isReady }) => isReady)
    })
    for (const { process } of children) process.stdin!.write("go\n")
  })

/** They give back what they have in hand, and end. */
export const done = (children: ReadonlyArray<Child>) =>
  Effect.gen(function*() {
    for (const { process } of children) process.stdin!.write("enough\n")
    yield* until("the end", () => children.every(({ isDone }) => isDone))
  })

/**
 * Waits for a stretch of so many seconds in which the fleet was granted at least such a part of what the rate gives, and
 * hands back which part. A machine that is busy with other things may take the stretches before; a limit that keeps
 * something back does so in all of them.
 */
export const used = (
  children: ReadonlyArray<Child>,
  options: Pick<Options, "capacity" | "refillRate"> & { readonly atLeast: number; readonly seconds: number }
) =>
  Effect.gen(function*() {
    const { atLeast, capacity, refillRate, seconds } = options
    const granted = () => children.flatMap(({ grants }) => grants)
    // the burst is over
    yield* until("the first second's grants", () => granted().length > capacity + refillRate)
    const parts: Array<number> = []
    while (parts.length < 6) {
      const from = now()
      const to = from + seconds * 1_000
      yield* Effect.sleep(seconds * 1_000)
      // what was granted by then has been told
      yield* until("grants after the stretch", () => children.every(({ grants }) => grants.at(-1)! > to))
      const part = granted().filter((grant) => grant > from && grant <= to).length / (refillRate * seconds)
      parts.push(part)
      if (part >= atLeast) return part
    }
    return yield* Effect.dieMessage(`never so much as ${atLeast} of the quota: ${parts.join(" ")}`)
  })

/**
 * R1, by the clock of the machine, which is the server's; a grant is noted a little after it was made. `more`: what may be
 * granted beyond it between two instants.
 */
export const assertRate = (
  grants: ReadonlyArray<number>,
  capacity: number,
  rate: number,
  more: (from: number, to: number) => number = () => 0
) => {
  const sorted = [...grants].sort((a, b) => a - b)
  let worst = 0
  for (let to = 0; to < sorted.length; to++) {
    for (let from = 0; from <= to; from++) {
      const [began, ended] = [sorted[from]!, sorted[to]!]
      const over = to - from + 1 - capacity - rate * (ended - began + 5) / 1_000 - more(began, ended)
      worst = Math.max(worst, over)
    }
  }
  assert.isAtMost(worst, 0)
}
