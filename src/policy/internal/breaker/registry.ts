/**
 * The circuits of this process by key: made with the first call, forgotten when nobody has called for a while.
 */
import * as Meters from "../../../internal/meters.js"
import { Keyed } from "../keyed.js"
import type * as Breaker from "./breaker.js"
import type * as Core from "./circuitCore.js"

const gaugeValue: Readonly<Record<Core.State, number>> = { closed: 0, "half-open": 1, open: 2 }

/** A metric is never forgotten, so that only so many keys have metrics of their own; the rest go by one name. */
const maxLabels = 1_000
const otherLabel = "other"

interface KeyMeters {
  /** None for those that go by one name: of which of them should it tell? */
  readonly state: Meters.Meter | undefined
  readonly transitions: (to: string) => Meters.Meter
  readonly shadowRejections: () => Meters.Meter
}

const metersOf = (label: string): KeyMeters => {
  const labels = { integration: label }
  let shadow: Meters.Meter | undefined
  return {
    shadowRejections: () =>
      shadow ??= Meters.counter(
        "integration_circuit_breaker_shadow_rejections_total",
        "Calls that a circuit breaker in shadow mode let through although it would have refused them",
        labels
      ),
    state: label === otherLabel
      ? undefined
      : Meters.gauge("integration_circuit_breaker_state", "0 closed, 1 half-open, 2 open", labels),
    transitions: Meters.counters(
      "integration_circuit_breaker_transitions_total",
      "Transitions of circuit breakers, by the state that they went to",
      labels,
      "to"
    )
  }
}

/** A circuit, as far as its registry is concerned. */
export interface Kept {
  readonly key: string
  readonly config: Breaker.Config
  /** Monotonic milliseconds until when it must not be forgotten. */
  readonly meaningfulUntil: number
  readonly reconfigure: (config: Breaker.Config, moment: Breaker.Moment) => void
  /** It is forgotten. */
  readonly end?: (() => void) | undefined
}

export class Registry<B extends Kept> {
  readonly #breakers: Keyed<B>
  readonly #meters = new Map<string, KeyMeters>()
  readonly #others = metersOf(otherLabel)

  constructor(
    make: (key: string, now: number, listener: Breaker.Listener) => B,
    onTransition: (transition: Breaker.Transition) => void
  ) {
    const listener: Breaker.Listener = {
      onShadowRejection: (key) => this.#metersOf(key).shadowRejections().update(1),
      onTransition: (transition) => {
        const meters = this.#metersOf(transition.key)
        meters.state?.update(gaugeValue[transition.to])
        meters.transitions(transition.to).update(1)
        onTransition(transition)
      }
    }
    this.#breakers = new Keyed(
      (key, now) => {
        this.#metersOf(key).state?.update(gaugeValue.closed)
        return make(key, now, listener)
      },
      (breaker, unusedFor, now) => unusedFor >= breaker.config.idleTimeToLive && now >= breaker.meaningfulUntil,
      (breaker) => {
        breaker.end?.()
        // what stays behind in the metrics must not alarm anybody
        this.#metersOf(breaker.key).state?.update(gaugeValue.closed)
      }
    )
  }

  keys(now: number): ReadonlyArray<string> {
    return this.#breakers.all(now).map(([key]) => key)
  }

  all(now: number): ReadonlyArray<B> {
    return this.#breakers.all(now).map(([, breaker]) => breaker)
  }

  peek(key: string, now: number): B | undefined {
    return this.#breakers.peek(key, now)
  }

  /** The one of a key, as it is configured, or unconfigured. */
  any(key: string, now: number): B {
    return this.#breakers.get(key, now)
  }

  /** The one of a key, under the newer of two configurations, and for the longer of two times. */
  get(key: string, config: Breaker.Config, moment: Breaker.Moment): B {
    const breaker = this.#breakers.get(key, moment.now())
    const { idleTimeToLive, version } = breaker.config
    if (version < config.version) {
      const longer = config.idleTimeToLive < idleTimeToLive && version > 0
      breaker.reconfigure(longer ? { ...config, idleTimeToLive } : config, moment)
    }
    return breaker
  }

  #metersOf(key: string): KeyMeters {
    let meters = this.#meters.get(key)
    if (meters === undefined) {
      if (this.#meters.size >= maxLabels) return this.#others
      this.#meters.set(key, meters = metersOf(key))
    }
    return meters
  }
}
