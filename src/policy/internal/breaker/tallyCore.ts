/** What one process has seen and not yet reported. */
import * as Window from "./windowCore.js"

export class Tally {
  readonly #strategy: Window.Strategy
  readonly #counts = Window.empty()
  #success = false
  #older = 0
  #toldUntil = 0

  constructor(strategy: Window.Strategy) {
    this.#strategy = strategy
  }

  /** Failures after the last success. */
  get failures(): number {
    return this.#counts.failures
  }
  /** Whether there was a success, which ends every row of failures before it. */
  get success(): boolean {
    return this.#success
  }
  get total(): number {
    return this.#counts.total + this.#older
  }
  get failed(): number {
    return this.#counts.failed
  }
  get slow(): number {
    return this.#counts.slow
  }
  /** Whether any of it is not good. */
  get troubled(): boolean {
    return Window.isTroubled(this.#counts)
  }
  get isEmpty(): boolean {
    return this.total === 0 && !this.#success && this.#counts.failures === 0
  }

  /** A good outcome while no process knows of trouble: kept for the window alone. */
  addQuiet(now: number): void {
    switch (this.#strategy.kind) {
      case "consecutive":
        return
      case "count":
        if (this.#older < this.#strategy.size) this.#older++
        return
      case "time":
        return Window.add(this.#counts, this.#strategy, Window.good, now)
    }
  }

  add(code: number, told: number, now: number): void {
    Window.add(this.#counts, this.#strategy, code, now)
    if (this.#strategy.kind === "consecutive" && (code & Window.failed) === 0) this.#success = true
    if (told > 0) this.#toldUntil = Math.max(this.#toldUntil, now + told)
  }

  /** Lets go of what is too old to matter. */
  rotate(now: number): void {
    Window.rotate(this.#counts, this.#strategy, now)
  }

  batch(now: number): Window.Batch {
    const counts = this.#counts
    this.rotate(now)
    return {
      buckets: this.#strategy.kind === "time" ? Window.agedBuckets(counts, this.#strategy, now) : [],
      codes: this.#strategy.kind === "count" ? Window.codes(counts, this.#strategy) : [],
      failures: counts.failures,
      older: this.#older,
      success: this.#success,
      told: Math.max(0, this.#toldUntil - now),
      troubled: this.troubled
    }
  }

  clear(): void {
    Window.clear(this.#counts)
    this.#success = false
    this.#older = 0
    this.#toldUntil = 0
  }
}
