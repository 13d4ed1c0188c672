/** How fast a run goes, and when it has gone wrong. */
import type { StopRule } from "../ReplayPlan.js"

/** So many a second, evenly: whoever asks is given a time of its own. */
export class Pace {
  private at = 0

  constructor(private readonly perSecond: number) {}

  /** Milliseconds to wait. */
  next(now: number): number {
    const at = Math.max(this.at, now)
    this.at = at + 1000 / this.perSecond
    return at - now
  }
}

/** The last outcomes, as many as a rule looks at. */
export class Recent {
  readonly size: number
  failed = 0
  private readonly outcomes: Array<boolean> = []
  private next = 0

  constructor(private readonly rule: StopRule) {
    this.size = rule.over
  }

  /** Whether the rule now says to stop. */
  add(failed: boolean): boolean {
    if (this.outcomes[this.next] === true) this.failed--
    this.outcomes[this.next] = failed
    this.next = (this.next + 1) % this.size
    if (failed) this.failed++
    return this.outcomes.length === this.size && this.failed / this.size >= this.rule.errorRatio
  }
}
