/**
 * The circuit breaker as plain data and steps on it: no clock, no Effect, no allocation while closed. Every backing runs
 * these steps; time is handed in, in milliseconds that only grow.
 */

export type State = "closed" | "open" | "half-open"

export type Outcome = "success" | "failure" | "ignored"

export interface Config {
  /** Consecutive failures that open the circuit. */
  readonly failureThreshold: number
  /** Successful probes that close it. */
  readonly successThreshold: number
  /** Probes under way at once. */
  readonly halfOpenMaxConcurrent: number
  /** Milliseconds for which it stays open the first time. */
  readonly resetTimeout: number
  /** Factor for each opening in a row after the first. */
  readonly resetBackoff: number
  /** Milliseconds; the longest that it stays open. */
  readonly maxResetTimeout: number
  /** Milliseconds after which a probe that has not come back no longer counts. */
  readonly probeLease: number
}

export interface Record {
  /** Grows with every transition: an outcome from an earlier one changes nothing. */
  generation: number
  state: State
  /** Set by hand; the automatic state goes on beneath it. */
  forcedOpen: string | undefined
  failures: number
  openUntil: number
  openFor: number
  openings: number
  closedSince: number
  probes: Map<number, number>
  probeSuccesses: number
  nextProbe: number
}

export interface Transition {
  readonly from: State
  readonly to: State
}

export const initial = (now: number): Record => ({
  generation: 1,
  state: "closed",
  forcedOpen: undefined,
  failures: 0,
  openUntil: 0,
  openFor: 0,
  openings: 0,
  closedSince: now,
  probes: new Map(),
  probeSuccesses: 0,
  nextProbe: 1
})

/** What `admit` answers: refused, let through, or the id (1 and up) of the probe that the caller has become. */
export const rejected = -1
export const admitted = 0

export const admit = (record: Record, config: Config, now: number): number => {
  if (record.forcedOpen !== undefined) return rejected
  if (record.state === "closed") return admitted
  if (record.state === "open") {
    if (now < record.openUntil) return rejected
    record.state = "half-open"
    record.probes.clear()
    record.probeSuccesses = 0
  }
  for (const [probe, leaseEnd] of record.probes) if (leaseEnd <= now) record.probes.delete(probe)
  if (record.probes.size >= config.halfOpenMaxConcurrent) return rejected
  const probe = record.nextProbe++
  record.probes.set(probe, now + config.probeLease)
  return probe
}

/** A probe that is under way may settle things at any moment, long before its lease ends. */
const longestHalfOpenWait = 1_000

/** Milliseconds until a caller that was refused may be let through. */
export const retryAfter = (record: Record, now: number): number | undefined => {
  if (record.forcedOpen !== undefined) return undefined
  if (record.state === "open") return Math.max(0, record.openUntil - now)
  let earliest = Number.POSITIVE_INFINITY
  for (const leaseEnd of record.probes.values()) earliest = Math.min(earliest, leaseEnd)
  return earliest === Number.POSITIVE_INFINITY ? 0 : Math.max(0, Math.min(earliest - now, longestHalfOpenWait))
}

/** The outcome of a call that was let through while the circuit was closed. True when the circuit has just opened. */
export const recordClosed = (
  record: Record,
  config: Config,
  generation: number,
  outcome: Outcome,
  now: number
): boolean => {
  if (generation !== record.generation || record.state !== "closed") return false
  if (outcome === "success") record.failures = 0
  if (outcome !== "failure") return false
  record.failures++
  if (record.failures < config.failureThreshold) return false
  // a circuit that held for as long as it was last open has earned a fresh start
  if (now - record.closedSince >= record.openFor) record.openings = 0
  open(record, config, now)
  return true
}

/** The outcome of a probe. Gives the state that the circuit has just gone to, if it went. */
export const recordProbe = (
  record: Record,
  config: Config,
  generation: number,
  probe: number,
  outcome: Outcome,
  now: number
): State | undefined => {
  if (generation !== record.generation || record.state !== "half-open") return undefined
  const leaseEnd = record.probes.get(probe)
  if (leaseEnd === undefined) return undefined
  record.probes.delete(probe)
  if (leaseEnd <= now || outcome === "ignored") return undefined
  if (outcome === "failure") {
    open(record, config, now)
    return "open"
  }
  record.probeSuccesses++
  if (record.probeSuccesses < config.successThreshold) return undefined
  close(record, now)
  return "closed"
}

const open = (record: Record, config: Config, now: number): void => {
  record.openings++
  const factor = Math.pow(config.resetBackoff, record.openings - 1)
  record.openFor = Math.min(config.resetTimeout * factor, config.maxResetTimeout)
  record.openUntil = now + record.openFor
  record.state = "open"
  record.generation++
  record.failures = 0
  record.probes.clear()
  record.probeSuccesses = 0
}

const close = (record: Record, now: number): void => {
  record.state = "closed"
  record.generation++
  record.failures = 0
  record.closedSince = now
  record.probes.clear()
  record.probeSuccesses = 0
}

/** Refuse everything until told otherwise. */
export const forceOpen = (record: Record, reason: string): void => {
  if (record.forcedOpen === undefined) record.generation++
  record.forcedOpen = reason
}

/** Closed, whatever the state was; how often it opened in a row is kept. */
export const forceClose = (record: Record, now: number): void => {
  record.forcedOpen = undefined
  close(record, now)
}

/** As new. */
export const reset = (record: Record, now: number): void => {
  forceClose(record, now)
  record.openings = 0
  record.openFor = 0
}

/** What the world sees: a circuit that was forced open is open, and one whose time is over is still open until probed. */
export const visibleState = (record: Record): State => record.forcedOpen !== undefined ? "open" : record.state
