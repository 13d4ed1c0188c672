import Bottleneck from "bottleneck"
import { RateLimiterMemory, RateLimiterQueue } from "rate-limiter-flexible"

export const make = async () => ({
  "bottleneck": (perSecond: number) => {
    const limiter = new Bottleneck({ minTime: 1000 / perSecond })
    const nothing = () => Promise.resolve()
    return {
      acquire: () => limiter.schedule(nothing),
      close: () => limiter.stop({ dropErrorMessage: "closed", dropWaitingJobs: true })
    }
  },
  "rate-limiter-flexible, queue": (perSecond: number) => {
    const queue = new RateLimiterQueue(new RateLimiterMemory({ duration: 1, points: perSecond }), {
      maxQueueSize: 1_000_000
    })
    return { acquire: () => queue.removeTokens(1), close: () => Promise.resolve() }
  }
})
