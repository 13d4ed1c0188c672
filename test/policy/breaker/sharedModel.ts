/**
 * A circuit that several processes share, as one would explain it: who told it what, and what follows from that.
 */
import type * as Core from "../../../src/policy/internal/breaker/circuitCore.js"
import { Model } from "./model.js"

/** One outcome, as the process that saw it remembers it. */
export interface Seen {
  readonly code: number
  readonly told: number
  /** On the process's own clock. */
  readonly at: number
  /** Good, and nobody knew of trouble then. */
  readonly quiet: boolean
}

interface Counted {
  readonly code: number
  readonly at: number
  readonly node: string
}

interface Grant {
  readonly id: string
  readonly era: number
  readonly deadline: number
  until: number
  isOver: boolean
}

export const isBad = ({ code }: { readonly code: number }) => code > 0

/** A report carries the middle of the bucket in which an outcome was, or the moment at which it was sent, if earlier. */
export const remembered = (config: Core.Config, at: number, takenAt: number) => {
  const { strategy } = config
  return strategy.kind === "time" ? Math.min((Math.floor(at / strategy.width) + 0.5) * strategy.width, takenAt) : at
}

export class SharedModel extends Model {
  override outcomes: Array<Counted> = []
  readonly grants: Array<Grant> = []
  gatherUntil = 0
  readonly #applied = new Set<string>()

  isTroubled(now: number) {
    return this.weighed(now).some(isBad)
  }

  override newEra(state: Core.State) {
    super.newEra(state)
    this.gatherUntil = 0
  }

  liveGrants(now: number) {
    return this.grants.filter(({ era, isOver, until }) => era === this.era && !isOver && now < until)
  }

  /** Whose trouble still weighs. */
  troubledNodes(now: number) {
    return new Set((this.weighed(now) as Array<Counted>).filter(isBad).map(({ node }) => node))
  }

  report(
    report: { readonly node: string; readonly sequence: number; readonly era: number },
    seen: ReadonlyArray<Seen>,
    toldUntil: number,
    offset: number,
    live: ReadonlyArray<string>,
    now: number
  ) {
    if (report.era !== this.era || this.state !== "closed") return
    const wasTroubled = this.isTroubled(now)
    const name = `${report.node} ${report.sequence}`
    if (!this.#applied.has(name)) {
      this.#applied.add(name)
      for (const { at, code, quiet } of seen) {
        const counted = { at: at - offset, code, node: report.node }
        switch (this.config.strategy.kind) {
          case "consecutive":
            if (!quiet) this.outcomes.push(counted)
            break
          case "count":
            if (quiet) this.outcomes.unshift(counted)
            else this.outcomes.push(counted)
            break
          case "time":
            this.outcomes.push(counted)
        }
      }
    }
    const isTroubled = this.isTroubled(now)
    if (isTroubled !== wasTroubled) {
      this.gatherUntil = isTroubled && this.config.strategy.kind !== "consecutive" ? now + this.config.gather : 0
    }
    if (now < this.gatherUntil || !this.isTooMany(now)) return
    const alive = new Set([...live, report.node])
    const troubled = Array.from(this.troubledNodes(now)).filter((node) => alive.has(node))
    if (troubled.length >= Math.min(this.config.quorum, alive.size)) {
      this.open(Math.max(0, toldUntil - offset - now), now)
    }
  }

  acquire(id: string, era: number, lease: number, now: number): boolean {
    const { halfOpenMaxConcurrent, probeLease } = this.config
    if (era !== this.era || this.mode === "disabled" || this.mode === "forced-open" || this.state === "closed") {
      return false
    }
    if (this.state === "open" && now < this.openUntil) return false
    const live = this.liveGrants(now)
    if (live.some((grant) => grant.id === id)) return true
    if (live.length >= halfOpenMaxConcurrent) return false
    const deadline = now + probeLease
    this.grants.push({ deadline, era, id, isOver: false, until: Math.min(now + lease, deadline) })
    this.state = "half-open"
    return true
  }

  renew(id: string, lease: number, now: number): boolean {
    const grant = this.liveGrants(now).find((grant) => grant.id === id)
    if (grant === undefined) return false
    grant.until = Math.max(grant.until, Math.min(now + lease, grant.deadline))
    return true
  }

  result(id: string, code: number, told: number, now: number) {
    const grant = this.liveGrants(now).find((grant) => grant.id === id)
    if (grant === undefined) return
    grant.isOver = true
    if (code < 0) return
    if (code > 0) return this.open(told, now)
    if (++this.successes >= this.config.successThreshold) this.close(now)
  }

  /** What a process is told. */
  said(now: number) {
    return {
      byHand: this.byHand,
      closedFor: now - this.closedAt,
      era: this.era,
      failures: this.config.strategy.kind === "consecutive" ? this.weighed(now).length : 0,
      gatherLeft: Math.max(0, this.gatherUntil - now),
      openFor: this.openFor,
      openLeft: Math.max(0, this.openUntil - now),
      openings: this.openings,
      state: this.state,
      troubled: this.isTroubled(now)
    }
  }
}

export type Said = ReturnType<SharedModel["said"]>
