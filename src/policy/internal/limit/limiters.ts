/**
 * The limiters of a program, by key.
 */
import type * as Clock from "effect/Clock"
import { Keyed } from "../keyed.js"
import type { Config, Limiter } from "./limiter.js"

export class Limiters {
  readonly #keyed: Keyed<Limiter>
  readonly check: (config: Config) => void

  constructor(options: {
    readonly make: (key: string, now: number) => Limiter
    readonly onForget?: (limiter: Limiter) => void
    /** Throws where a configuration cannot be kept. */
    readonly check?: (config: Config) => void
  }) {
    this.#keyed = new Keyed(
      options.make,
      (limiter, unusedFor, now) => unusedFor >= limiter.config.idleTimeToLive && limiter.isIdle(now),
      options.onForget
    )
    this.check = options.check ?? (() => undefined)
  }

  get size(): number {
    return this.#keyed.size
  }

  keys(now: number): ReadonlyArray<string> {
    return this.#keyed.all(now).map(([key]) => key)
  }

  all(now: number): ReadonlyArray<Limiter> {
    return this.#keyed.all(now).map(([, limiter]) => limiter)
  }

  peek(key: string, now: number): Limiter | undefined {
    return this.#keyed.peek(key, now)
  }

  /** The one of a key, as it is configured, or unconfigured. */
  any(key: string, now: number): Limiter {
    return this.#keyed.get(key, now)
  }

  /** The one of a key with this configuration: the newest wins, and what was taken stays taken. */
  get(key: string, config: Config, clock: Clock.Clock, now: number): Limiter {
    const limiter = this.#keyed.get(key, now)
    if (limiter.config !== config) limiter.reconfigure(config, clock, now)
    return limiter
  }

  /** The same, for good, until `release`. */
  hold(key: string, config: Config, clock: Clock.Clock, now: number): Limiter {
    const limiter = this.#keyed.hold(key, now)
    limiter.reconfigure(config, clock, now)
    return limiter
  }

  release(key: string, now: number): void {
    this.#keyed.release(key, now)
  }
}
