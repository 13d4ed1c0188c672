import { bulkhead } from "cockatiel"
import pLimit from "p-limit"

const range = (jobs: number) => Array.from({ length: jobs })

export const make = async () => ({
  "cockatiel bulkhead": (jobs: number, permits: number, job: () => Promise<void>) => {
    const policy = bulkhead(permits, jobs)
    return Promise.all(range(jobs).map(() => policy.execute(job)))
  },
  "p-limit": (jobs: number, permits: number, job: () => Promise<void>) => {
    const limit = pLimit(permits)
    return Promise.all(range(jobs).map(() => limit(job)))
  }
})
