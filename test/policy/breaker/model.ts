/**
 * The circuit breaker as one would explain it: no generations, no rings, no leases kept up to date, every decision worked
 * out from the whole history.
 */
import type * as Core from "../../../src/policy/internal/breaker/circuitCore.js"

export interface Sent {
  readonly era: number
  readonly kind: "counted" | "uncounted" | "probe"
  readonly at: number
  done: boolean
}

export class Model {
  state: Core.State = "closed"
  byHand: Core.Mode = "auto"
  era = 0
  openUntil = 0
  openFor = 0
  openings = 0
  closedAt = 0
  successes = 0
  outcomes: Array<{ readonly code: number; readonly at: number }> = []
  calls: Array<Sent> = []

  constructor(readonly config: Core.Config) {}

  get mode() {
    return this.byHand === "auto" ? this.config.mode : this.byHand
  }

  newEra(state: Core.State) {
    this.state = state
    this.era++
    this.outcomes = []
    this.successes = 0
  }

  open(told: number, now: number) {
    const { maxResetTimeout, random, resetBackoff, resetJitter, resetTimeout } = this.config
    if (this.state === "closed" && now - this.closedAt >= this.openFor) this.openings = 0
    this.openings++
    const asked = told > 0 ? told : resetTimeout * resetBackoff ** (this.openings - 1)
    this.openFor = Math.min(asked, maxResetTimeout) * (1 + resetJitter * random())
    this.openUntil = now + this.openFor
    this.newEra("open")
  }

  close(now: number) {
    this.closedAt = now
    this.newEra("closed")
  }

  /** Of the outcomes that count now. */
  weighed(now: number) {
    const { strategy } = this.config
    switch (strategy.kind) {
      case "consecutive":
        return this.outcomes.slice(this.outcomes.findLastIndex(({ code }) => (code & 1) === 0) + 1)
      case "count":
        return this.outcomes.slice(-strategy.size)
      case "time":
        return this.outcomes.filter(({ at }) =>
          Math.floor(at / strategy.width) > Math.floor(now / strategy.width) - strategy.buckets
        )
    }
  }

  isTooMany(now: number) {
    const { strategy } = this.config
    const weighed = this.weighed(now)
    if (strategy.kind === "consecutive") return weighed.length >= strategy.failures
    const share = (bit: number) => weighed.filter(({ code }) => (code & bit) !== 0).length / weighed.length
    return weighed.length >= strategy.minimum && (share(1) >= strategy.failureRate || share(2) >= strategy.slowRate)
  }

  live(now: number) {
    return this.calls.filter(({ at, done, era, kind }) =>
      kind === "probe" && era === this.era && !done && now - at < this.config.probeLease
    )
  }

  admit(now: number): Sent["kind"] | "refused" {
    const kind = this.decide(now)
    if (kind !== "refused") this.calls.push({ at: now, done: false, era: this.era, kind })
    return kind
  }

  decide(now: number): Sent["kind"] | "refused" {
    const { mode } = this
    if (mode === "disabled") return "uncounted"
    if (mode === "forced-open") return "refused"
    if (this.state === "closed") return "counted"
    if (this.state === "open" && now < this.openUntil) return "refused"
    if (this.live(now).length >= this.config.halfOpenMaxConcurrent) return "refused"
    this.state = "half-open"
    return "probe"
  }

  settle(call: Sent, code: number, told: number, now: number) {
    if (call.done) return
    const wasLive = this.live(now).includes(call)
    call.done = true
    if (call.era !== this.era || call.kind === "uncounted" || code < 0) return
    if (call.kind === "counted") {
      this.outcomes.push({ at: now, code })
      if (this.isTooMany(now)) this.open(told, now)
    } else if (wasLive) {
      if (code !== 0) return this.open(told, now)
      if (++this.successes >= this.config.successThreshold) this.close(now)
    }
  }

  command(command: Core.Command, now: number) {
    const before = this.mode
    switch (command._tag) {
      case "forceOpen":
        this.byHand = "forced-open"
        if (before !== "forced-open") this.newEra("open")
        return
      case "forceClose":
        if (before === "forced-open") this.byHand = "auto"
        return this.close(now)
      case "openFor":
        if (before === "forced-open" || before === "disabled") return
        this.openFor = command.millis
        this.openUntil = now + command.millis
        return this.newEra("open")
      case "setMode":
        this.byHand = command.mode
        if (before === "forced-open" || this.mode === "disabled") this.close(now)
        return
      case "reset":
        this.byHand = "auto"
        this.openings = 0
        this.openFor = 0
        return this.close(now)
    }
  }
}
