/**
 * Several simulated processes and one store that they share: the real cores on one side, on the other what each process
 * was told and has seen, kept by an observer who works everything out from that.
 */
import { strictEqual } from "@effect/vitest/utils"
import * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import * as Mirror from "../../../src/policy/internal/breaker/mirrorCore.js"
import type * as Shared from "../../../src/policy/internal/breaker/sharedCore.js"
import * as Window from "../../../src/policy/internal/breaker/windowCore.js"
import { Model, type Sent } from "./model.js"
import { isBad, remembered, type Said, type Seen, SharedModel } from "./sharedModel.js"

export const flushInterval = 50
/** Until when a process that has gone is taken for live. */
export const heardFor = 1_000

export interface Ticket {
  readonly kind: "counted" | "uncounted" | "shared" | "local"
  /** What the mirror gave. */
  readonly era: number
  readonly probe: Mirror.Probe | undefined
  /** In the observer's model of a process that is detached. */
  sent: Sent | undefined
  isStale: boolean
  isDone: boolean
}

export interface Push {
  readonly view: Mirror.View
  readonly said: Said
}

interface UnderWay {
  /** `at`: what a report says of it. */
  readonly seen: ReadonlyArray<Seen>
  readonly toldUntil: number
  readonly sequence: number
  readonly era: number
  readonly isTroubled: boolean
}

/** One process: its mirror, and what the observer knows of it. */
export class Process {
  readonly mirror: Mirror.Mirror
  isConnected = false
  inbox: Array<Push> = []
  tickets: Array<Ticket> = []

  known: Said | undefined
  revision = 0
  adoptedAt = 0
  openUntil = 0
  trouble = false
  pending: Array<Seen> = []
  underWay: UnderWay | undefined
  sequence = 0
  refusedUntil = 0
  asking = 0
  /** While it is detached. */
  local: Model | undefined
  diverged = false

  constructor(readonly name: string, readonly offset: number, readonly config: Core.Config, now: number) {
    this.mirror = new Mirror.Mirror({ config, flushInterval, node: name, now: now + offset })
    this.local = new Model(config)
    this.local.closedAt = now + offset
  }

  get isAttached() {
    return this.local === undefined
  }

  /** Nobody needs the good outcomes of a row; those of a window are needed. */
  static isTroubled(config: Core.Config, seen: ReadonlyArray<Seen>, own: number) {
    const { strategy } = config
    if (strategy.kind === "consecutive") return seen.filter(({ quiet }) => !quiet).at(-1)?.code === 1
    if (strategy.kind === "count") return seen.filter(({ quiet }) => !quiet).slice(-strategy.size).some(isBad)
    const { buckets, width } = strategy
    return seen.some((one) => isBad(one) && Math.floor(one.at / width) > Math.floor(own / width) - buckets)
  }

  expects(own: number): "counted" | "uncounted" | "refused" | "ask" | "probe" {
    if (this.local !== undefined) return this.local.decide(own)
    const { byHand, state } = this.known!
    const mode = byHand === "auto" ? this.config.mode : byHand
    if (mode === "disabled") return "uncounted"
    if (mode === "forced-open") return "refused"
    if (state === "closed") return "counted"
    if (state === "open" && own < this.openUntil) return "refused"
    return own < this.refusedUntil || this.asking >= this.config.halfOpenMaxConcurrent ? "refused" : "ask"
  }

  staleAll() {
    for (const ticket of this.tickets) if (ticket.kind !== "shared") ticket.isStale = true
  }

  receive({ said, view }: Push, own: number) {
    if (!this.isAttached || view.revision < this.revision) return
    const before = view.revision === this.revision ? this.openUntil : Number.POSITIVE_INFINITY
    this.adopt({ said, view }, own)
    this.openUntil = Math.min(before, this.openUntil)
  }

  attach(push: Push, own: number) {
    this.adopt(push, own)
    this.local = undefined
    this.diverged = false
  }

  adopt({ said, view }: Push, own: number) {
    const isNew = this.known === undefined ? said.state !== "closed" : said.era !== this.known.era
    if (isNew || this.diverged) this.staleAll()
    if (isNew) {
      this.pending = []
      this.underWay = undefined
      this.refusedUntil = 0
    }
    this.known = said
    this.revision = view.revision
    this.adoptedAt = own
    this.openUntil = own + said.openLeft
    this.trouble = said.troubled || Process.isTroubled(this.config, this.pending, own) ||
      this.underWay?.isTroubled === true
    // good outcomes of before the next trouble have nothing to do with it
    if (this.trouble || this.config.strategy.kind !== "consecutive") return
    this.pending = []
    this.underWay = undefined
  }

  detach(own: number) {
    if (!this.isAttached) return
    const local = new Model(this.config)
    const { byHand, closedFor, failures, openFor, openings, state } = this.known!
    Object.assign(local, {
      byHand,
      closedAt: this.adoptedAt - closedFor,
      openFor,
      openUntil: this.openUntil,
      openings,
      state
    })
    if (state === "closed") {
      const bring = (seen: ReadonlyArray<Seen>) => {
        const { kind } = this.config.strategy
        if (kind === "count") {
          // what was good before the trouble is older than all the rest
          local.outcomes.unshift(...seen.filter(({ quiet }) => quiet).map(({ code }) => ({ at: 0, code })))
        }
        for (const { at, code, quiet } of seen) {
          if (kind === "time" || !quiet) local.outcomes.push({ at, code })
        }
      }
      for (let i = 0; i < failures; i++) local.outcomes.push({ at: own, code: 1 })
      if (this.underWay !== undefined) bring(this.underWay.seen)
      bring(this.recalled(own))
    }
    for (const ticket of this.tickets) {
      if (ticket.kind !== "counted" || ticket.isStale) continue
      ticket.sent = { at: own, done: false, era: local.era, kind: "counted" }
      local.calls.push(ticket.sent)
    }
    this.local = local
    this.refusedUntil = 0
    this.asking = 0
  }

  recalled(own: number): ReadonlyArray<Seen> {
    return this.pending.map((seen) => ({ ...seen, at: remembered(this.config, seen.at, own) }))
  }

  take(own: number): UnderWay {
    return this.underWay ??= (() => {
      const seen = this.recalled(own)
      const toldUntil = Math.max(0, ...this.pending.map(({ at, told }) => told === 0 ? 0 : at + told))
      const isTroubled = Process.isTroubled(this.config, this.pending, own)
      this.pending = []
      return { era: this.known!.era, isTroubled, seen, sequence: ++this.sequence, toldUntil }
    })()
  }

  collect(code: number, told: number, own: number) {
    if (!this.isAttached && this.diverged) return
    this.pending.push({ at: own, code, quiet: code === 0 && !this.trouble, told })
    if (code > 0) this.trouble = true
  }

  /** A step of the process alone, which may have changed its circuit. True when it has. */
  locally(step: (local: Model) => void): boolean {
    if (this.local === undefined) return false
    const { era } = this.local
    step(this.local)
    if (this.local.era === era) return false
    this.staleAll()
    this.diverged = true
    if (this.local.state === "closed") {
      this.pending = []
      this.underWay = undefined
    }
    return true
  }
}

/** A step at the store, and what the record was like after it. */
export interface Taken {
  readonly now: number
  readonly step: Shared.Step | { readonly _tag: "lose" }
  readonly record: Core.Record
  /** Who is live at that moment. */
  readonly live: ReadonlyArray<string>
}

export type Met =
  | "opened"
  | "closed"
  | "probe granted"
  | "probe refused"
  | "probe came too late"
  | "report of another generation"
  | "report sent again"
  | "too few voices"
  | "gathering"
  | "opened alone"
  | "closed alone"

/** The store, its processes, and what is on its way between them. */
export class Fleet {
  now = 1_000_000
  record: Core.Record
  shared: SharedModel
  processes: Array<Process>
  isReachable = true
  /** Answers that take their time. */
  late: Array<() => void> = []
  gone: Array<{ readonly name: string; readonly at: number }> = []
  #named = 0
  /** Requests to the store. */
  steps = 0
  /** All steps that were taken at the store, where somebody wants to know. */
  taken: Array<Taken> | undefined
  /** What the sequence has met: that a campaign reaches what it is for. */
  readonly met = new Map<Met, number>()

  meets(what: Met) {
    this.met.set(what, (this.met.get(what) ?? 0) + 1)
  }

  constructor(readonly config: Core.Config, readonly offsets: ReadonlyArray<number>) {
    this.record = Core.initial(this.now, this.now)
    this.shared = this.#model()
    this.processes = offsets.map((offset) => this.spawn(offset))
  }

  /** A step was taken at the store. */
  took(step: Taken["step"]) {
    if (this.taken === undefined) return
    const record = structuredClone(this.record)
    Window.rotate(record.counts, this.config.strategy, this.now)
    this.taken.push({ live: this.live, now: this.now, record, step })
  }

  #model() {
    const model = new SharedModel(this.config)
    model.era = this.record.generation
    model.closedAt = this.now
    return model
  }

  spawn(offset: number) {
    return new Process(`p${++this.#named}`, offset, this.config, this.now)
  }

  /** The store forgets all. */
  lose() {
    this.now += 1_000
    this.record = Core.initial(this.now, this.now)
    this.took({ _tag: "lose" })
    this.shared = this.#model()
    this.cut()
  }

  cut() {
    for (const process of this.processes) {
      process.isConnected = false
      process.inbox = []
    }
  }

  own(process: Process) {
    return this.now + process.offset
  }

  get live(): ReadonlyArray<string> {
    return [
      ...this.processes.map(({ name }) => name),
      ...this.gone.filter(({ at }) => this.now - at < heardFor).map(({ name }) => name)
    ]
  }

  look(): Push {
    return { said: this.shared.said(this.now), view: Mirror.view(this.record, this.config, this.now) }
  }

  /** A step at the store, and a push to whoever is connected when there is something to tell. */
  atStore(by: "probe" | "outcome" | "report" | "hand", step: () => void) {
    const { revision, state } = this.record
    step()
    // B3
    if (state === "open" && this.record.state !== "open") {
      strictEqual(by === "hand" || (by === "probe" && this.record.state === "half-open"), true)
    }
    if (this.record.revision !== revision) {
      const push = this.look()
      for (const process of this.processes) if (process.isConnected) process.inbox.push(push)
    }
  }

  detach(process: Process) {
    process.mirror.detach(this.own(process))
    process.detach(this.own(process))
    process.isConnected = false
    process.inbox = []
  }

  attach(process: Process) {
    if (!this.isReachable) return
    const push = this.look()
    process.inbox = []
    process.isConnected = true
    process.mirror.attach(push.view, this.own(process))
    process.attach(push, this.own(process))
  }

  receive(process: Process, push: Push) {
    process.mirror.receive(push.view, this.own(process))
    process.receive(push, this.own(process))
  }
}
