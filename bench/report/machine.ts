import { availableParallelism, cpus, loadavg, totalmem } from "node:os"
import { canSubtractWait } from "../harness/clock.js"

export interface Machine {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly date: string
  /** Of the last minute, before and after. */
  readonly load: readonly [number, number]
  readonly waitSubtracted: boolean
}

export const load = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100

export const describe = (before: number): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  date: new Date().toISOString(),
  load: [before, load()],
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  waitSubtracted: canSubtractWait
})
