import * as Duration from "effect/Duration"
import type * as Faults from "../Faults.js"

/** Knows when the provider is down: by plan, or by hand. */
export class OutageClock {
  byHand = false
  readonly #outages: ReadonlyArray<Faults.Outage>
  /** When the outages that begin with a request began. */
  readonly #begun = new Map<Faults.Outage, number>()

  constructor(outages: ReadonlyArray<Faults.Outage>, readonly startedAt: number) {
    this.#outages = outages
  }

  /** Asked once for each request, when it arrives. */
  isDown(arrival: number, now: number): boolean {
    let down = this.byHand
    // all are looked at: one that begins with this request begins now, whatever the others say
    for (const outage of this.#outages) if (this.#covers(outage, arrival, now)) down = true
    return down
  }

  #covers(outage: Faults.Outage, arrival: number, now: number): boolean {
    if ("fromRequest" in outage) return arrival >= outage.fromRequest && arrival <= outage.toRequest
    if ("from" in outage) {
      const elapsed = now - this.startedAt
      return elapsed >= Duration.toMillis(outage.from) && elapsed < Duration.toMillis(outage.to)
    }
    if (arrival <= outage.afterRequests) return false
    let begun = this.#begun.get(outage)
    if (begun === undefined) {
      begun = now
      this.#begun.set(outage, begun)
    }
    return now - begun < Duration.toMillis(outage.for)
  }
}
