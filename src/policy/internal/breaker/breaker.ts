/**
 * The circuit of one key, as the policy meets it, and the one of this process alone: the record, and who is told of its
 * transitions. Synchronous: no step can be interrupted half-way.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Core from "./circuitCore.js"
import * as Window from "./windowCore.js"

/** What a step may ask about time. A run of a call is one. */
export interface Moment {
  readonly clock: Clock.Clock
  /** Monotonic milliseconds. */
  now(): number
}

export interface Transition {
  /** The breaker's key, by default the integration's id. */
  readonly key: string
  readonly from: Core.State
  readonly to: Core.State
  /** `5 failures in a row`, `probes succeeded`, `forced: maintenance` … */
  readonly reason: string
  /** Of the state that it has gone to. */
  readonly generation: number
  /** In `shadow` nobody has been refused for it. */
  readonly mode: Core.ConfiguredMode | "forced-open"
  /** Wall clock, epoch milliseconds. */
  readonly at: number
}

export interface Snapshot {
  readonly key: string
  readonly state: Core.State
  /** Why it is in this state: `5 failures in a row`, `forced: maintenance` … */
  readonly reason: string
  /** What holds: by hand where a hand has set it, else by policy. */
  readonly mode: Core.ConfiguredMode | "forced-open"
  /** Set by hand, and why. */
  readonly modeByHand: { readonly reason: string } | undefined
  readonly generation: number
  /** Until the next probe; `undefined` while closed, or when only a hand can open the way. */
  readonly retryAfter: Duration.Duration | undefined
  /** How long it was open last, or is open now. */
  readonly openFor: Duration.Duration
  /** Openings in a row, forgotten after a good time. */
  readonly openings: number
  /** Failures in a row (consecutive). */
  readonly failures: number
  /** What a rate is judged by; `undefined` for consecutive failures. */
  readonly window: {
    readonly calls: number
    readonly failures: number
    readonly slow: number
    /** Shares from 0 to 1; `undefined` while there are fewer calls than the minimum. */
    readonly failureRate: number | undefined
    readonly slowCallRate: number | undefined
  } | undefined
  /** Under way. */
  readonly probes: number
  readonly probeSuccesses: number
  /** Calls refused since the breaker was made. */
  readonly rejected: number
  /** Calls that `shadow` has let through although they would have been refused. */
  readonly wouldHaveRejected: number
  readonly lastTransition: Transition | undefined
}

/** A place as a probe. */
export interface Probe {
  readonly id: Core.ProbeId
  readonly generation: number
}

/** What an outcome says of the provider. */
export interface Result {
  readonly outcome: Core.Outcome
  /** It took longer than `slowCallDuration`. */
  readonly slow: boolean
  /** Milliseconds that the server asks to be left alone for; 0: it does not say. */
  readonly retryAfter: number
}

/** Of how the policy's options come to a backing: numbers, milliseconds. */
export interface Config extends Core.Config {
  /** Of two, the one made later holds. */
  readonly version: number
  /** Milliseconds without a call after which the key is forgotten; `Infinity`: never. */
  readonly idleTimeToLive: number
}

export interface Breaker {
  /** Positive: let through, and this says which outcomes belong together. 0: let through, uncounted. Negative: refused. */
  readonly admit: (moment: Moment) => number | Probe | Effect.Effect<Probe | undefined>
  /** Whether `admit` would refuse; changes nothing. */
  readonly refuses: (moment: Moment) => boolean
  /** The outcome of a call that was admitted with a positive number. */
  readonly record: (admission: number, result: Result, moment: Moment) => void
  /** The outcome of a probe. */
  readonly settle: (probe: Probe, result: Result, moment: Moment) => void
  readonly state: Core.State
  /** Why it is in that state. */
  readonly reason: string
  /** Why it was forced open, where it was. */
  readonly forcedOpen: string | undefined
  /** Milliseconds until a caller that was refused may be let through. */
  readonly retryAfter: (moment: Moment) => number | undefined
}

export interface Listener {
  readonly onTransition: (transition: Transition) => void
  readonly onShadowRejection: (key: string) => void
}

export const codeOf = (result: Result): number =>
  result.outcome === "ignored"
    ? -1
    : (result.outcome === "failure" ? Window.failed : Window.good) | (result.slow ? Window.slow : Window.good)

export class MemoryBreaker implements Breaker {
  readonly #record: Core.Record
  #config: Config
  #counts: boolean
  #probes = 0
  #rejected = 0
  #wouldHaveRejected = 0
  #lastTransition: Transition | undefined

  constructor(readonly key: string, config: Config, now: number, readonly listener: Listener) {
    this.#record = Core.initial(now)
    this.#config = config
    this.#counts = config.mode !== "disabled"
  }

  get config(): Config {
    return this.#config
  }
  get state(): Core.State {
    return Core.visible(this.#record, this.#config)
  }
  get reason(): string {
    return this.#record.reason
  }
  get forcedOpen(): string | undefined {
    return this.#record.mode === "forced-open" ? this.#record.modeReason : undefined
  }
  retryAfter(moment: Moment): number | undefined {
    return Core.retryAfter(this.#record, this.#config, moment.now())
  }
  /** Monotonic milliseconds until when it must not be forgotten. */
  get meaningfulUntil(): number {
    return Core.meaningfulUntil(this.#record)
  }

  admit(moment: Moment): number | Probe {
    const record = this.#record
    return record.state === "closed" && this.#counts ? record.generation : this.#admit(moment)
  }

  refuses(moment: Moment): boolean {
    const record = this.#record
    if (record.state === "closed" && this.#counts) return false
    return Core.modeOf(record, this.#config) !== "shadow" &&
      Core.admit(record, this.#config, moment.now()) === Core.refused
  }

  #admit(moment: Moment): number | Probe {
    const record = this.#record
    const now = moment.now()
    const answer = Core.admit(record, this.#config, now)
    if (answer >= 0) return answer
    if (answer === Core.ask) {
      const probe: Probe = { generation: record.generation, id: ++this.#probes }
      const from = this.state
      if (Core.acquireProbe(record, this.#config, probe.generation, probe.id, this.#config.probeLease, now)) {
        this.#observe(from, moment)
        return probe
      }
    }
    if (Core.modeOf(record, this.#config) === "shadow") {
      this.#wouldHaveRejected++
      this.listener.onShadowRejection(this.key)
      return Core.uncounted
    }
    this.#rejected++
    return Core.refused
  }

  record(admission: number, result: Result, moment: Moment): void {
    const code = codeOf(result)
    if (code < 0 || admission <= 0) return
    const { kind } = this.#config.strategy
    const isGoodAsEver = code === Window.good && !Window.isTroubled(this.#record.counts)
    if (isGoodAsEver && kind === "consecutive") return
    // the clock is asked only where the time matters: a count of good outcomes opens nothing
    const now = isGoodAsEver && kind === "count" ? 0 : moment.now()
    if (Core.record(this.#record, this.#config, admission, code, result.retryAfter, now)) {
      this.#observe("closed", moment)
    }
  }

  settle(probe: Probe, result: Result, moment: Moment): void {
    const from = this.state
    const { generation, id } = probe
    Core.probeResult(this.#record, this.#config, generation, id, codeOf(result), result.retryAfter, moment.now())
    this.#observe(from, moment)
  }

  command(command: Core.Command, moment: Moment): void {
    const from = this.state
    Core.command(this.#record, this.#config, command, moment.now())
    this.#configured(this.#config, from, moment)
  }

  /** The newest configuration wins; the state stays. */
  reconfigure(config: Config, moment: Moment): void {
    const from = this.state
    Core.reconfigure(this.#record, this.#config, config, moment.now())
    this.#configured(config, from, moment)
  }

  #configured(config: Config, from: Core.State, moment: Moment): void {
    this.#config = config
    this.#counts = Core.modeOf(this.#record, config) !== "disabled"
    this.#observe(from, moment)
  }

  #observe(from: Core.State, moment: Moment): void {
    const to = this.state
    if (from === to) return
    const { generation, reason } = this.#record
    this.#lastTransition = {
      at: moment.clock.unsafeCurrentTimeMillis(),
      from,
      generation,
      key: this.key,
      mode: Core.modeOf(this.#record, this.#config),
      reason,
      to
    }
    this.listener.onTransition(this.#lastTransition)
  }

  snapshot(moment: Moment): Snapshot {
    const now = moment.now()
    const record = this.#record
    Window.rotate(record.counts, this.#config.strategy, now)
    return snapshotOf({
      config: this.#config,
      counts: record.counts,
      key: this.key,
      lastTransition: this.#lastTransition,
      probeSuccesses: record.probeSuccesses,
      probes: record.probes.filter(({ until }) => until > now).length,
      record,
      rejected: this.#rejected,
      retryAfter: Core.retryAfter(record, this.#config, now),
      wouldHaveRejected: this.#wouldHaveRejected
    })
  }
}

export const snapshotOf = (of: {
  readonly config: Core.Config
  readonly counts: Window.Counts
  readonly key: string
  readonly lastTransition: Transition | undefined
  readonly probes: number
  readonly probeSuccesses: number
  readonly record: Readonly<Core.Record>
  readonly rejected: number
  readonly retryAfter: number | undefined
  readonly wouldHaveRejected: number
}): Snapshot => {
  const { config, counts, record } = of
  const { strategy } = config
  const retryAfter = record.state === "closed" ? undefined : of.retryAfter
  const rate = (part: number, minimum: number) => counts.total < minimum ? undefined : part / counts.total
  return {
    failures: counts.failures,
    generation: record.generation,
    key: of.key,
    lastTransition: of.lastTransition,
    mode: Core.modeOf(record, config),
    modeByHand: record.mode === "auto" ? undefined : { reason: record.modeReason },
    openFor: Duration.millis(record.openFor),
    openings: record.openings,
    probeSuccesses: of.probeSuccesses,
    probes: of.probes,
    reason: record.reason,
    rejected: of.rejected,
    retryAfter: retryAfter === undefined ? undefined : Duration.millis(Math.ceil(retryAfter)),
    state: Core.visible(record, config),
    window: strategy.kind === "consecutive" ? undefined : {
      calls: counts.total,
      failureRate: rate(counts.failed, strategy.minimum),
      failures: counts.failed,
      slow: counts.slow,
      slowCallRate: rate(counts.slow, strategy.minimum)
    },
    wouldHaveRejected: of.wouldHaveRejected
  }
}
