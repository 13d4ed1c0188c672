/**
 * The slots of one integration, or of each of its keys, with the limit that found itself.
 */
import * as Meters from "../../../internal/meters.js"
import { Keyed } from "../keyed.js"
import * as Adaptive from "./adaptiveCore.js"
import { Slots } from "./slots.js"
import { Claim } from "./slotsCore.js"

export interface Config {
  /** Slots, where they do not find themselves. */
  readonly maxConcurrent: number
  readonly maxQueue: number
  /** Milliseconds; `Infinity`: as long as the caller likes. */
  readonly maxWait: number
  readonly adaptive: Adaptive.Config | undefined
  /** Milliseconds without a call after which a key may be forgotten. */
  readonly idleTimeToLive: number
}

export class Compartment {
  readonly slots: Slots
  #config: Config
  #adaptive: Adaptive.AdaptiveLimit | undefined

  /** `onLimit`: told how many slots there are more, or fewer, than before. */
  constructor(config: Config, readonly onLimit: (change: number) => void) {
    this.#config = config
    this.#adaptive = config.adaptive === undefined ? undefined : new Adaptive.AdaptiveLimit(config.adaptive)
    this.slots = new Slots(this.#slotsConfig())
    onLimit(this.slots.limit)
  }

  #slotsConfig() {
    const { maxConcurrent, maxQueue, maxWait } = this.#config
    return { limit: this.#adaptive?.limit ?? maxConcurrent, maxQueue, maxWait }
  }

  #resize(): void {
    const before = this.slots.limit
    this.slots.reconfigure(this.#slotsConfig())
    if (this.slots.limit !== before) this.onLimit(this.slots.limit - before)
  }

  get config(): Config {
    return this.#config
  }

  /** A call that has its slot begins. */
  begin(claim: CallClaim): void {
    claim.era = this.#adaptive?.era ?? 0
    claim.among = this.slots.held
  }

  /** Takes in how a call ended that still has its slot. */
  record(claim: CallClaim, outcome: Adaptive.Outcome): void {
    const underWay = Math.max(claim.among, this.slots.held)
    if (this.#adaptive?.record(outcome, claim.era, underWay) === true) this.#resize()
  }

  /** Another configuration from now on: more slots are handed out at once, fewer are waited for. */
  reconfigure(config: Config): void {
    this.#config = config
    if (config.adaptive === undefined) this.#adaptive = undefined
    else if (this.#adaptive === undefined) this.#adaptive = new Adaptive.AdaptiveLimit(config.adaptive)
    else this.#adaptive.reconfigure(config.adaptive)
    this.#resize()
  }

  /** What was found out is forgotten. */
  reset(): void {
    this.#adaptive?.reset()
    this.#resize()
  }
}

/** What a call has of a compartment. */
export class CallClaim extends Claim {
  era = 0
  /** Calls that were under way when it began, itself included. */
  among = 0
  /** As what it is counted. */
  counted: "active" | "waiting" | undefined
  /** `attempts`: requests that had been sent when the call came. */
  constructor(readonly compartment: Compartment, readonly attempts: number) {
    super()
  }
}

/** All compartments of one layer, by key. */
export class Compartments {
  readonly #keyed: Keyed<Compartment>
  readonly #gauges: Readonly<Record<"active" | "limit" | "waiting", Meters.Meter>>
  #config: Config
  #active = 0
  #limit = 0
  #waiting = 0

  constructor(readonly integration: string, config: Config) {
    const gauge = (what: string, description: string) =>
      Meters.gauge(`integration_bulkhead_${what}`, description, { integration })
    this.#gauges = {
      active: gauge("active", "Requests that hold a slot, over all keys"),
      limit: gauge("limit", "Slots that there are, over all keys in use"),
      waiting: gauge("waiting", "Calls that wait for a slot, over all keys")
    }
    this.#config = config
    const onLimit = (change: number) => {
      this.#limit += change
      this.#gauges.limit.update(this.#limit)
    }
    this.#keyed = new Keyed(
      () => new Compartment(this.#config, onLimit),
      ({ config, slots }, unusedFor) => unusedFor >= config.idleTimeToLive && slots.held === 0 && slots.waiting === 0,
      ({ slots }) => onLimit(-slots.limit)
    )
  }

  get(key: string, now: number): Compartment {
    return this.#keyed.get(key, now)
  }

  /** For good: it is not forgotten. */
  hold(key: string, now: number): Compartment {
    return this.#keyed.hold(key, now)
  }

  all(now: number): ReadonlyArray<readonly [key: string, compartment: Compartment]> {
    return this.#keyed.all(now)
  }

  /** Counts a call as what it is from now on, and no longer as what it was. */
  count(claim: CallClaim, as: CallClaim["counted"]): void {
    const before = claim.counted
    if (before === as) return
    claim.counted = as
    if (before === "active" || as === "active") {
      this.#active += as === "active" ? 1 : -1
      this.#gauges.active.update(this.#active)
    }
    if (before === "waiting" || as === "waiting") {
      this.#waiting += as === "waiting" ? 1 : -1
      this.#gauges.waiting.update(this.#waiting)
    }
  }

  /** Another configuration from now on, for all keys. */
  reconfigure(config: Config, now: number): void {
    this.#config = config
    for (const [, compartment] of this.#keyed.all(now)) compartment.reconfigure(config)
  }
}
