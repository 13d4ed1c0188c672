import * as Core from "./circuitBreakerCore.js"

/** The record of one key with its listeners told of every transition. Synchronous: no step can be interrupted half-way. */
export class Breaker {
  readonly #record: Core.Record

  constructor(
    public config: Core.Config,
    now: number,
    readonly onTransition: (from: Core.State, to: Core.State, reason: string) => void
  ) {
    this.#record = Core.initial(now)
  }

  get generation(): number {
    return this.#record.generation
  }
  get state(): Core.State {
    return Core.visibleState(this.#record)
  }
  get forcedOpen(): string | undefined {
    return this.#record.forcedOpen
  }
  retryAfter(now: number): number | undefined {
    return Core.retryAfter(this.#record, now)
  }

  admit(now: number): number {
    if (this.#record.state === "closed" && this.#record.forcedOpen === undefined) return Core.admitted
    return this.#observe("probing", () => Core.admit(this.#record, this.config, now))
  }

  recordClosed(generation: number, outcome: Core.Outcome, now: number): void {
    if (Core.recordClosed(this.#record, this.config, generation, outcome, now)) {
      this.onTransition("closed", "open", `${this.config.failureThreshold} failures in a row`)
    }
  }

  recordProbe(generation: number, probe: number, outcome: Core.Outcome, now: number): void {
    const to = Core.recordProbe(this.#record, this.config, generation, probe, outcome, now)
    if (to !== undefined) this.onTransition("half-open", to, to === "open" ? "a probe failed" : "probes succeeded")
  }

  forceOpen(reason: string): void {
    this.#observe(`forced: ${reason}`, () => Core.forceOpen(this.#record, reason))
  }
  forceClose(now: number): void {
    this.#observe("forced", () => Core.forceClose(this.#record, now))
  }
  reset(now: number): void {
    this.#observe("reset", () => Core.reset(this.#record, now))
  }

  #observe<A>(reason: string, step: () => A): A {
    const from = this.state
    const result = step()
    const to = this.state
    if (from !== to) this.onTransition(from, to, reason)
    return result
  }
}
