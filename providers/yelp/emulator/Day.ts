/**
 * The requests of a day, which begins at midnight, UTC.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import { Emulator } from "holdfast/testing"
import { dayIsOver } from "./Bodies.js"

const startOf = (millis: number): DateTime.Utc => DateTime.startOf(DateTime.unsafeMake(millis), "day")

/**
 * @since 0.1.0
 * @category models
 */
export class Day {
  #start = Number.NEGATIVE_INFINITY
  #used = 0

  constructor(readonly limit: number) {}

  #turn(now: number): void {
    const start = startOf(now).epochMillis
    if (start === this.#start) return
    this.#start = start
    this.#used = 0
  }

  /** Throws when none is left. */
  take(now: number): void {
    this.#turn(now)
    if (this.#used >= this.limit) {
      const { code, description } = dayIsOver.error
      throw new Emulator.EmulatorError({ code, message: description, status: 429 })
    }
    this.#used++
  }

  headers(now: number): Readonly<Record<string, string>> {
    this.#turn(now)
    return {
      "ratelimit-dailylimit": String(this.limit),
      "ratelimit-remaining": String(this.limit - this.#used),
      "ratelimit-resettime": DateTime.formatIso(DateTime.add(startOf(now), { days: 1 }))
    }
  }
}
