/** Worker processes on one store. */
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { bundle } from "../bundle.js"

export interface Worker {
  readonly child: ChildProcess
  readonly said: Array<string>
}

/** They start at the same time; they are ready one by one. */
export const start = (store: string, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, i) => `worker ${i}`),
    (owner) =>
      Effect.acquireRelease(
        Effect.sync((): Worker => {
          const child = spawn(
            process.execPath,
            [bundle("test/delivery/worker.ts"), store, owner],
            { stdio: ["pipe", "pipe", "inherit"] }
          )
          const said: Array<string> = []
          let rest = ""
          child.stdout.on("data", (data: Buffer) => {
            const lines = (rest + data.toString()).split("\n")
            rest = lines.pop() ?? ""
            for (const line of lines) said.push(line)
          })
          child.stdin.on("error", () => {})
          return { child, said }
        }),
        ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
      )
  )

export const ready = (worker: Worker): boolean => worker.said[0] === "ready"

export const go = (worker: Worker): void => void worker.child.stdin?.write("go\n")

export const ended = (worker: Worker): boolean => worker.child.exitCode !== null || worker.child.signalCode !== null
