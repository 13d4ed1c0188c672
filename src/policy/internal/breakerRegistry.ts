/**
 * The circuits of this process by key: made with the first call, forgotten when nobody has called for a while.
 */
import * as Metric from "effect/Metric"
import * as Breaker from "./breaker.js"
import type * as Core from "./circuitBreakerCore.js"
import { type Idle, IdleList } from "./idleList.js"

const stateGauge = Metric.gauge("integration_circuit_breaker_state", {
  description: "0 closed, 1 half-open, 2 open"
})
const transitionCounter = Metric.counter("integration_circuit_breaker_transitions_total", {
  description: "Transitions of circuit breakers, by the state that they went to",
  incremental: true
})
const shadowCounter = Metric.counter("integration_circuit_breaker_shadow_rejections_total", {
  description: "Calls that a circuit breaker in shadow mode let through although it would have refused them",
  incremental: true
})

const gaugeValue: Readonly<Record<Core.State, number>> = { closed: 0, "half-open": 1, open: 2 }

/** A metric is never forgotten, so that keys of their own are for so many keys alone; the rest goes by one name. */
const maxLabels = 1_000
const otherLabel = "other"

class Entry extends Breaker.MemoryBreaker implements Idle {
  before: Entry | undefined
  after: Entry | undefined
  touched = 0
  list: IdleList<Entry> | undefined
}

export class Registry {
  readonly #entries = new Map<string, Entry>()
  readonly #labels = new Set<string>()
  /** By how long their members are kept, so that each is in the order in which they end. */
  readonly #idle = new Map<number, IdleList<Entry>>()
  readonly #shadow = new Map<string, Metric.Metric.Counter<number>>()
  readonly #listener: Breaker.Listener

  constructor(readonly onTransition: (transition: Breaker.Transition) => void) {
    this.#listener = {
      onShadowRejection: (key) => this.#shadowCounter(key).unsafeUpdate(1, []),
      onTransition: (transition) => {
        this.#gauge(transition.key, transition.to)
        transitionCounter.pipe(
          Metric.tagged("integration", this.#label(transition.key)),
          Metric.tagged("to", transition.to)
        ).unsafeUpdate(1, [])
        onTransition(transition)
      }
    }
  }

  get keys(): ReadonlyArray<string> {
    return Array.from(this.#entries.keys())
  }

  find(key: string): Breaker.MemoryBreaker | undefined {
    return this.#entries.get(key)
  }

  get(key: string, config: Breaker.Config, moment: Breaker.Moment): Breaker.MemoryBreaker {
    const existing = this.#entries.get(key)
    if (existing === undefined) {
      const now = moment.now()
      const made = new Entry(key, config, now, this.#listener)
      this.#entries.set(key, made)
      this.#gauge(key, made.state)
      this.#touch(made, now)
      return made
    }
    if (existing.config.version < config.version) existing.reconfigure(config, moment)
    if (existing.config.idleTimeToLive !== Number.POSITIVE_INFINITY || existing.list !== undefined) {
      this.#touch(existing, moment.now())
    }
    return existing
  }

  /** Each use pays for the forgetting of at most two others, so that no use ever pays for many. */
  #touch(entry: Entry, now: number): void {
    const { idleTimeToLive } = entry.config
    let list = this.#idle.get(idleTimeToLive)
    if (list !== entry.list) entry.list?.remove(entry)
    if (idleTimeToLive === Number.POSITIVE_INFINITY) {
      entry.list = undefined
      return
    }
    if (list === undefined) this.#idle.set(idleTimeToLive, list = new IdleList())
    entry.list = list
    list.touch(entry, now)
    for (let i = 0; i < 2; i++) {
      const oldest = list.first
      if (oldest === undefined || oldest.touched + idleTimeToLive > now) return
      if (oldest.meaningfulUntil > now) list.touch(oldest, now)
      else this.#forget(oldest, list)
    }
  }

  #forget(entry: Entry, list: IdleList<Entry>): void {
    list.remove(entry)
    this.#entries.delete(entry.key)
    // what stays behind in the metrics must not alarm anybody
    if (entry.state !== "closed") this.#gauge(entry.key, "closed")
  }

  #gauge(key: string, state: Core.State): void {
    if (this.#label(key) === key) Metric.tagged(stateGauge, "integration", key).unsafeUpdate(gaugeValue[state], [])
  }

  /** Kept, since while the circuit is open every call comes here. */
  #shadowCounter(key: string): Metric.Metric.Counter<number> {
    const label = this.#label(key)
    let counter = this.#shadow.get(label)
    if (counter === undefined) {
      counter = Metric.tagged(shadowCounter, "integration", label)
      this.#shadow.set(label, counter)
    }
    return counter
  }

  #label(key: string): string {
    if (this.#labels.has(key)) return key
    if (this.#labels.size >= maxLabels) return otherLabel
    this.#labels.add(key)
    return key
  }
}
