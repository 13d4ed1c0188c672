/**
 * The circuit breaker as plain data and steps on it: no clock, no Effect, no allocation while closed. Every backing runs
 * these steps. Time is handed in, in milliseconds that only grow: those of this process where the record is its own,
 * those of the store where several processes share it.
 */
import * as Window from "./windowCore.js"

export type State = "closed" | "open" | "half-open"

export type Outcome = "success" | "failure" | "ignored"

/** By policy. */
export type ConfiguredMode = "enforcing" | "shadow" | "disabled"

/** By hand; `auto`: as the policy says. */
export type Mode = ConfiguredMode | "auto" | "forced-open"

export interface Config {
  readonly strategy: Window.Strategy
  readonly mode: ConfiguredMode
  /** Successful probes that close it. */
  readonly successThreshold: number
  /** Probes under way at once. */
  readonly halfOpenMaxConcurrent: number
  /** Milliseconds for which it stays open the first time. */
  readonly resetTimeout: number
  /** Factor for each opening in a row after the first. */
  readonly resetBackoff: number
  /** Milliseconds; the longest that it stays open, before jitter. */
  readonly maxResetTimeout: number
  /** Share by which an opening lasts longer, at most. */
  readonly resetJitter: number
  /** From 0 up to 1. */
  readonly random: () => number
  /** Milliseconds after which a probe that has not come back no longer counts. */
  readonly probeLease: number
  /** Processes that must have seen failures before the shared circuit opens. */
  readonly quorum: number
  /** Milliseconds for which outcomes are collected from all processes before a rate is judged. */
  readonly gather: number
}

export type ProbeId = number | string

export interface Probe {
  readonly id: ProbeId
  /** Its place is its own until then, or until it is renewed. */
  until: number
  /** No renewal goes beyond. */
  readonly deadline: number
}

/** What a shared record knows of one process. */
export interface Node {
  readonly node: string
  /** Of its newest report, so that one that is sent twice counts once. */
  sequence: number
  /** When its newest trouble was, for `Window.isCurrent`; -1: none. */
  mark: number
}

/** Plain data throughout, so that a store can keep it as it is. */
export interface Record {
  /** Grows with every transition: an outcome from an earlier one changes nothing. */
  generation: number
  /** Grows with everything that other processes must hear of. */
  revision: number
  mode: Mode
  /** Why it was set by hand. */
  modeReason: string
  state: State
  /** Why it is in that state. */
  reason: string
  openUntil: number
  /** How long it was open last, or is open now. */
  openFor: number
  /** In a row. */
  openings: number
  closedSince: number
  counts: Window.Counts
  gatherUntil: number
  nodes: Array<Node>
  probes: Array<Probe>
  probeSuccesses: number
}

/**
 * A new record. A store begins with its time, so that the record that it makes after having lost one is newer than the
 * lost one was.
 */
export const initial = (now: number, generation = 1): Record => ({
  closedSince: now,
  counts: Window.empty(),
  gatherUntil: 0,
  generation,
  mode: "auto",
  modeReason: "",
  nodes: [],
  openFor: 0,
  openUntil: 0,
  openings: 0,
  probeSuccesses: 0,
  probes: [],
  reason: "new",
  revision: generation,
  state: "closed"
})

/** No time is longer: it fits into every store's integers. */
export const longest = 2 ** 50

/** What holds: by hand, else by policy. */
export const modeOf = (record: Record, config: Config): ConfiguredMode | "forced-open" =>
  record.mode === "auto" ? config.mode : record.mode

/** What the world sees. A circuit whose time is over is open until it is probed; one that is disabled lets all through. */
export const visible = (record: Record, config: Config): State =>
  modeOf(record, config) === "disabled" ? "closed" : record.state

/** What `admit` answers beside a generation, which says that the outcome counts. */
export const uncounted = 0
export const refused = -1
/** Only as a probe: `acquireProbe`. */
export const ask = -2

export const admit = (record: Record, config: Config, now: number): number => {
  const mode = modeOf(record, config)
  if (mode === "disabled") return uncounted
  if (mode === "forced-open") return refused
  if (record.state === "closed") return record.generation
  return record.state === "open" && now < record.openUntil ? refused : ask
}

/** A probe that is under way may settle things at any moment, long before its lease ends. */
const longestHalfOpenWait = 1_000

/** Milliseconds until a caller that was refused may be let through; `undefined` when only a hand can open the way. */
export const retryAfter = (record: Record, config: Config, now: number): number | undefined => {
  if (modeOf(record, config) === "forced-open") return undefined
  if (record.state === "open") return Math.max(0, record.openUntil - now)
  if (record.state === "closed" || record.probes.length < config.halfOpenMaxConcurrent) return 0
  let wait = longestHalfOpenWait
  for (const { until } of record.probes) wait = Math.min(wait, until - now)
  return Math.max(0, wait)
}

/** The outcome of a call that was admitted while the circuit was closed. True when it has just opened. */
export const record = (
  record: Record,
  config: Config,
  generation: number,
  code: number,
  told: number,
  now: number
): boolean => {
  if (generation !== record.generation || record.state !== "closed") return false
  Window.add(record.counts, config.strategy, code, now)
  if (!Window.tooMany(record.counts, config.strategy)) return false
  open(record, config, told, Window.describe(record.counts, config.strategy), now)
  return true
}

/** Makes the caller a probe, if the circuit's time is over and there is a place. Asked twice, it says the same. */
export const acquireProbe = (
  record: Record,
  config: Config,
  generation: number,
  id: ProbeId,
  lease: number,
  now: number
): boolean => {
  if (generation !== record.generation || admit(record, config, now) !== ask) return false
  dropEndedProbes(record, now)
  if (record.probes.some((probe) => probe.id === id)) return true
  if (record.probes.length >= config.halfOpenMaxConcurrent) return false
  const deadline = now + config.probeLease
  record.probes.push({ deadline, id, until: Math.min(now + lease, deadline) })
  if (record.state === "open") {
    record.state = "half-open"
    record.reason = "probing"
    record.revision++
  }
  return true
}

const dropEndedProbes = (record: Record, now: number): void => {
  if (record.probes.some(({ until }) => until <= now)) record.probes = record.probes.filter(({ until }) => until > now)
}

/** Keeps the place of a probe that is still under way. False: it is no longer a probe. */
export const renewProbe = (record: Record, generation: number, id: ProbeId, lease: number, now: number): boolean => {
  if (generation !== record.generation) return false
  dropEndedProbes(record, now)
  const probe = record.probes.find((probe) => probe.id === id)
  if (probe === undefined) return false
  probe.until = Math.max(probe.until, Math.min(now + lease, probe.deadline))
  return true
}

/** The outcome of a probe; -1: ignored, the place is given back and nothing else. */
export const probeResult = (
  record: Record,
  config: Config,
  generation: number,
  id: ProbeId,
  code: number,
  told: number,
  now: number
): void => {
  if (generation !== record.generation || record.state !== "half-open") return
  dropEndedProbes(record, now)
  const live = record.probes.length
  record.probes = record.probes.filter((probe) => probe.id !== id)
  if (record.probes.length === live || code < 0) return
  if (code !== Window.good) {
    return open(record, config, told, (code & Window.failed) !== 0 ? "a probe failed" : "a probe was slow", now)
  }
  record.probeSuccesses++
  if (record.probeSuccesses >= config.successThreshold) close(record, "probes succeeded", now)
}

/** What a process reports of the calls that it admitted in one generation. */
export interface Report {
  readonly generation: number
  readonly node: string
  /** Grows with each report of the process; a report that is sent again keeps it. */
  readonly sequence: number
  readonly batch: Window.Batch
}

/**
 * Adds a report, and judges. `live`: the processes that have been heard of for longer than a report may be under way.
 *
 * A rate is not judged at once: what the first report of trouble tells is one process's failures, and the other processes
 * have kept their successes to themselves until they hear of it.
 */
export const report = (
  record: Record,
  config: Config,
  { batch, generation, node, sequence }: Report,
  live: ReadonlyArray<string>,
  now: number
): void => {
  if (generation !== record.generation || record.state !== "closed") return
  const { counts } = record
  Window.rotate(counts, config.strategy, now)
  const troubled = Window.isTroubled(counts)
  const known = nodeOf(record, node, live)
  if (sequence > known.sequence) {
    known.sequence = sequence
    known.mark = Math.max(known.mark, Window.merge(counts, config.strategy, batch, now))
  }
  if (Window.isTroubled(counts) !== troubled) {
    // from now on the others report too, or need no longer
    record.revision++
    record.gatherUntil = troubled || config.strategy.kind === "consecutive" ? 0 : now + config.gather
  }
  if (now < record.gatherUntil || !Window.tooMany(counts, config.strategy)) return
  if (isQuorate(record, config, node, live)) {
    open(record, config, batch.told, Window.describe(counts, config.strategy), now)
  }
}

/** The entry of a process, made where there is none; those of processes that are gone are dropped. */
const nodeOf = (record: Record, node: string, live: ReadonlyArray<string>): Node => {
  const found = record.nodes.find((known) => known.node === node)
  if (found !== undefined) return found
  const made = { mark: -1, node, sequence: 0 }
  record.nodes = record.nodes.filter((known) => live.includes(known.node))
  record.nodes.push(made)
  return made
}

/** Whether enough of the live processes have seen trouble that still weighs; all of them, where there are fewer. */
const isQuorate = (record: Record, config: Config, reporter: string, live: ReadonlyArray<string>): boolean => {
  const others = live.filter((node) => node !== reporter)
  const troubled = record.nodes.filter(({ mark, node }) =>
    mark >= 0 && Window.isCurrent(record.counts, config.strategy, mark) && (node === reporter || others.includes(node))
  )
  return troubled.length >= Math.min(config.quorum, others.length + 1)
}

const settleDown = (record: Record): void => {
  record.generation++
  record.revision++
  record.gatherUntil = 0
  record.nodes = []
  record.probes = []
  record.probeSuccesses = 0
  Window.clear(record.counts)
}

const open = (record: Record, config: Config, told: number, reason: string, now: number): void => {
  // a circuit that held for as long as it was last open has earned a fresh start
  if (record.state === "closed" && now - record.closedSince >= record.openFor) record.openings = 0
  record.openings++
  const millis = Math.min(told > 0 ? told : computed(record, config), config.maxResetTimeout)
  const jitter = config.resetJitter === 0 ? 0 : config.resetJitter * config.random()
  stayOpen(record, millis * (1 + jitter), reason, now)
}

/** (A factor that has become infinite times nothing is nothing.) */
const computed = (record: Record, config: Config): number =>
  config.resetTimeout === 0 ? 0 : config.resetTimeout * Math.pow(config.resetBackoff, record.openings - 1)

const stayOpen = (record: Record, millis: number, reason: string, now: number): void => {
  record.state = "open"
  record.reason = reason
  record.openFor = Math.min(millis, longest)
  record.openUntil = now + record.openFor
  settleDown(record)
}

const close = (record: Record, reason: string, now: number): void => {
  record.state = "closed"
  record.reason = reason
  record.closedSince = now
  settleDown(record)
}

const setMode = (record: Record, mode: Mode, reason: string): void => {
  record.mode = mode
  record.modeReason = reason
  record.revision++
}

/** Acts of a hand. */
export type Command =
  | { readonly _tag: "forceOpen"; readonly reason: string }
  | { readonly _tag: "forceClose" }
  | { readonly _tag: "openFor"; readonly millis: number; readonly reason: string }
  | { readonly _tag: "setMode"; readonly mode: Exclude<Mode, "forced-open">; readonly reason: string }
  | { readonly _tag: "reset" }

export const command = (record: Record, config: Config, command: Command, now: number): void => {
  const mode = modeOf(record, config)
  switch (command._tag) {
    case "forceOpen":
      setMode(record, "forced-open", command.reason)
      if (mode === "forced-open") return
      record.state = "open"
      record.reason = `forced: ${command.reason}`
      record.openUntil = now
      return settleDown(record)
    case "forceClose":
      if (mode === "forced-open") setMode(record, "auto", "")
      return close(record, "forced", now)
    case "openFor":
      // a hand that holds the circuit open, or out of the way, holds it for longer
      if (mode === "forced-open" || mode === "disabled") return
      return stayOpen(record, command.millis, `forced: ${command.reason}`, now)
    case "setMode":
      setMode(record, command.mode, command.reason)
      if (mode === "forced-open" || modeOf(record, config) === "disabled") close(record, modeText(record), now)
      return
    case "reset":
      setMode(record, "auto", "")
      record.openings = 0
      record.openFor = 0
      return close(record, "reset", now)
  }
}

const modeText = (record: Record): string =>
  record.modeReason === "" ? record.mode : `${record.mode}: ${record.modeReason}`

/** Goes on under a new configuration: what has been counted stays where it means the same. */
export const reconfigure = (record: Record, before: Config, after: Config, now: number): void => {
  if (!Window.isSameLayout(before.strategy, after.strategy)) Window.clear(record.counts)
  if (modeOf(record, before) !== "disabled" && modeOf(record, after) === "disabled") close(record, "disabled", now)
}

/** Until when forgetting the record would change anything, but for what has been counted; `Infinity`: for ever. */
export const meaningfulUntil = (record: Record): number => {
  if (record.mode !== "auto") return Number.POSITIVE_INFINITY
  switch (record.state) {
    case "closed":
      return record.openings === 0 ? 0 : record.closedSince + record.openFor
    case "open":
      return record.openUntil
    case "half-open":
      return record.probes.reduce((latest, { deadline }) => Math.max(latest, deadline), 0)
  }
}
