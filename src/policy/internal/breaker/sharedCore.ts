/**
 * The record that several processes share, as a store keeps it: the steps on it, each to be taken in one piece, and what
 * is answered. A store that can run this code keeps the record as JSON; another one has the same steps in its own language.
 */
import * as Core from "./circuitCore.js"
import * as Mirror from "./mirrorCore.js"
import * as Window from "./windowCore.js"

/** Plain data throughout. */
export interface Kept {
  readonly record: Core.Record
  /** Of what has been counted: to a process that counts otherwise it means nothing. */
  layout: string
  /** Processes that have been heard of, and when. */
  live: Array<Live>
}

export interface Live {
  readonly node: string
  readonly at: number
}

/** What holds for a step: of the newest configuration that its process knows. Milliseconds. */
export interface Terms {
  readonly config: Core.Config
  /** A process is taken for live for so long after it was heard of. */
  readonly livesFor: number
  /** A record of which nothing depends is forgotten after so long without a step. */
  readonly timeToLive: number
}

export type Step =
  /** What there is. `present`: the process wants to be counted among the live ones. */
  | { readonly _tag: "read"; readonly node: string; readonly present: boolean }
  | { readonly _tag: "report"; readonly report: Core.Report }
  | { readonly _tag: "acquireProbe"; readonly generation: number; readonly id: string; readonly lease: number }
  | { readonly _tag: "renewProbe"; readonly generation: number; readonly id: string; readonly lease: number }
  | {
    readonly _tag: "probeResult"
    readonly generation: number
    readonly id: string
    readonly code: number
    readonly told: number
  }
  | { readonly _tag: "command"; readonly command: Core.Command }
  /** The process goes. */
  | { readonly _tag: "leave"; readonly node: string }

export interface Answer {
  readonly view: Mirror.View
  /** Whether the place as a probe was given, or is still held. */
  readonly granted: boolean
  /** Milliseconds until a place may be asked for again; `undefined`: only a hand opens the way. */
  readonly retryAfter: number | undefined
}

export const layoutOf = (strategy: Window.Strategy): string => {
  switch (strategy.kind) {
    case "consecutive":
      return "row"
    case "count":
      return `count ${strategy.size}`
    case "time":
      return `time ${strategy.buckets} ${strategy.width}`
  }
}

/** Its generation is its time, so that it is newer than one that was lost. */
export const initial = (terms: Terms, now: number): Kept => ({
  layout: layoutOf(terms.config.strategy),
  live: [],
  record: Core.initial(now, now)
})

/** What was set by hand is kept for as long as this after the last step. */
export const handLasts = 30 * 86_400_000

/** Milliseconds from now for which it must be kept. */
export const timeToLive = ({ record }: Kept, terms: Terms, now: number): number => {
  const until = Core.meaningfulUntil(record)
  const left = until === Number.POSITIVE_INFINITY ? handLasts : Math.max(0, until - now)
  return Math.ceil(Math.min(left + terms.timeToLive, Core.longest))
}

/** Takes a step. Whoever else keeps a mirror must hear of it when the revision has changed, or when it is new. */
export const take = (kept: Kept, { config, livesFor }: Terms, step: Step, now: number): Answer => {
  const { record } = kept
  const layout = layoutOf(config.strategy)
  if (step._tag === "report" && kept.layout !== layout) {
    Window.clear(record.counts)
    kept.layout = layout
  }
  let granted = true
  switch (step._tag) {
    case "read":
      if (step.present) hear(kept, step.node, livesFor, now)
      break
    case "report":
      hear(kept, step.report.node, livesFor, now)
      Core.report(record, config, step.report, kept.live.map(({ node }) => node), now)
      break
    case "acquireProbe":
      granted = Core.acquireProbe(record, config, step.generation, step.id, step.lease, now)
      break
    case "renewProbe":
      granted = Core.renewProbe(record, step.generation, step.id, step.lease, now)
      break
    case "probeResult":
      Core.probeResult(record, config, step.generation, step.id, step.code, step.told, now)
      break
    case "command":
      Core.command(record, config, step.command, now)
      break
    case "leave":
      kept.live = kept.live.filter(({ node }) => node !== step.node)
  }
  const seen = kept.layout === layout ? record : { ...record, counts: Window.empty() }
  return { granted, retryAfter: Core.retryAfter(record, config, now), view: Mirror.view(seen, config, now) }
}

const hear = (kept: Kept, node: string, livesFor: number, now: number): void => {
  kept.live = kept.live.filter((live) => live.node !== node && now - live.at < livesFor)
  kept.live.push({ at: now, node })
}
