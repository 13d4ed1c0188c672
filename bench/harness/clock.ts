import { readFileSync } from "node:fs"

const schedstat = "/proc/self/schedstat"

const readable = (() => {
  try {
    readFileSync(schedstat)
    return true
  } catch {
    return false
  }
})()

/** Whether the time that this thread waited for a core can be told from the time that it worked. */
export const canSubtractWait = readable

/** Milliseconds that this thread has been ready to run and had no core. Zero where the system does not say. */
const waited = (): number => readable ? Number(readFileSync(schedstat, "utf8").split(" ")[1]) / 1e6 : 0

/** Milliseconds of work: wall time without the time that another process had the core. */
export const stopwatch = (): () => number => {
  const waitedBefore = waited()
  const start = performance.now()
  return () => performance.now() - start - (waited() - waitedBefore)
}

/** Milliseconds of CPU that this process has used, all its threads together. */
export const cpuMillis = (): number => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1000
}
