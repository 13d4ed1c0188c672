import * as Duration from "effect/Duration"
import type * as IntegrationError from "../../core/IntegrationError.js"

/** Stands between a run and one integration while that refuses calls locally. Times are epoch milliseconds. */
export class Gate {
  /** For the rest of the run. */
  closed = false
  opensAt = 0
  private pausesInARow = 0

  constructor(private readonly maxPause: number, private readonly maxPauses: number) {}

  passed(): void {
    this.pausesInARow = 0
  }

  refused(error: IntegrationError.IntegrationError, now: number): void {
    if (error._tag === "UnavailableError" && error.retryAfter === undefined) {
      this.closed = true
    } else if (now >= this.opensAt) {
      // Those in flight beside it meet the same refusal, which is then not one more
      const asked = Duration.toMillis(error.retryAfter ?? Duration.seconds(1))
      this.pausesInARow++
      this.closed = this.pausesInARow > this.maxPauses
      this.opensAt = now + Math.min(Math.max(asked, 50), this.maxPause)
    }
  }
}
