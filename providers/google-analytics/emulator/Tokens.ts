/**
 * The tokens of a property: what each request costs, and what is left.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"
import { standard } from "../Quota.js"
import type * as Schemas from "../Schemas.js"
import * as Bodies from "./Bodies.js"

type Counted = "tokensPerDay" | "tokensPerHour" | "tokensPerProjectPerHour"

/**
 * @since 0.1.0
 * @category models
 */
export type Limits = Readonly<Record<Counted, number>>

const windows: Readonly<Record<Counted, number>> = {
  tokensPerDay: 86_400_000,
  tokensPerHour: 3_600_000,
  tokensPerProjectPerHour: 3_600_000
}

const names: ReadonlyArray<Counted> = ["tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour"]

/**
 * @since 0.1.0
 * @category models
 */
export class Tokens {
  readonly #used = new Map<string, number>()

  constructor(readonly limits: Limits) {}

  #key(property: string, name: Counted, now: number): string {
    return `${property} ${name} ${Math.floor(now / windows[name])}`
  }

  #left(property: string, name: Counted, now: number): number {
    return Math.max(0, this.limits[name] - (this.#used.get(this.#key(property, name, now)) ?? 0))
  }

  /** Takes what a request costs, or throws Google's 429 where a quota is used up: the last request may overdraw it. */
  take(property: string, cost: number, now: number): void {
    const empty = names.find((name) => this.#left(property, name, now) === 0)
    if (empty !== undefined) {
      const { message, status } = Bodies.exhausted(empty).error
      throw new Emulator.EmulatorError({ status: 429, code: status, message })
    }
    for (const name of names) {
      const key = this.#key(property, name, now)
      this.#used.set(key, (this.#used.get(key) ?? 0) + cost)
    }
  }

  view(property: string, cost: number, now: number): typeof Schemas.PropertyQuota.Type {
    const of = (name: Counted) => ({ consumed: cost, remaining: this.#left(property, name, now) })
    const whole = (name: Exclude<keyof typeof standard, Counted>) => ({ consumed: 0, remaining: standard[name] })
    return {
      tokensPerDay: of("tokensPerDay"),
      tokensPerHour: of("tokensPerHour"),
      tokensPerProjectPerHour: of("tokensPerProjectPerHour"),
      concurrentRequests: whole("concurrentRequests"),
      serverErrorsPerProjectPerHour: whole("serverErrorsPerProjectPerHour"),
      potentiallyThresholdedRequestsPerHour: whole("potentiallyThresholdedRequestsPerHour")
    }
  }
}
