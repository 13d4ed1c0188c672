/** (d) A rate limit with 5,000 callers that come back at once: how much of the rate is used, and that it is never passed. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as RateLimiter from "effect/RateLimiter"
import * as RateLimit from "../../src/policy/RateLimit.js"
import type * as Result from "../harness/result.js"
import { format } from "../harness/result.js"
import { load } from "../peers.js"
import * as Stacks from "../stacks/holdfast.js"

const callers = 5000

interface Grants {
  /** When each caller was let through, in milliseconds. */
  readonly at: ReadonlyArray<number>
  /** When all callers had come: to start so many takes a busy machine a while. */
  readonly complete: number
}

/** Lets `callers` fibers come back as often as they are let through, for so many seconds after all have come. */
const flood = (acquire: (granted: () => void) => Effect.Effect<unknown, unknown>, seconds: number): Promise<Grants> =>
  Effect.gen(function*() {
    const at: Array<number> = []
    const complete = yield* Deferred.make<number>()
    let arrived = 0
    const one = Effect.suspend(() => {
      if (++arrived === callers) Deferred.unsafeDone(complete, Effect.sync(() => performance.now()))
      return Effect.forever(acquire(() => at.push(performance.now())))
    })
    const all = yield* Effect.fork(
      Effect.forEach(Array.from({ length: callers }), () => one, { concurrency: "unbounded", discard: true })
    )
    const from = yield* Deferred.await(complete)
    yield* Effect.sleep(seconds * 1000)
    yield* Fiber.interrupt(all)
    return { at, complete: from }
  }).pipe(Effect.runPromise)

/** A twentieth of a second: what a timer that is late makes the bucket miss, it has to hold. */
const capacityOf = (perSecond: number): number => Math.max(1, perSecond / 20)

const holdfast = async (perSecond: number, seconds: number): Promise<Grants> => {
  const policy = RateLimit.layer({
    capacity: capacityOf(perSecond),
    maxQueue: callers,
    maxWait: "1 hour",
    refillRate: perSecond
  })
  let granted = () => {}
  const client = await Stacks.build(policy, (request, call) => {
    granted()
    return Stacks.noOp(request, call)
  })
  return flood((report) => {
    granted = report
    return Stacks.call(client)
  }, seconds)
}

const effect = (perSecond: number, seconds: number): Promise<Grants> =>
  Effect.flatMap(
    RateLimiter.make({ interval: "1 second", limit: perSecond }),
    (limiter) => Effect.promise(() => flood((granted) => limiter(Effect.sync(granted)), seconds))
  ).pipe(
    Effect.scoped,
    Effect.runPromise
  )

const peer = async (
  make: (perSecond: number) => { readonly acquire: () => Promise<unknown>; readonly close: () => Promise<unknown> },
  perSecond: number,
  seconds: number
): Promise<Grants> => {
  const limiter = make(perSecond)
  const at: Array<number> = []
  let over = false
  const caller = async () => {
    while (!over) {
      await limiter.acquire()
      if (!over) at.push(performance.now())
    }
  }
  // those who still wait at the end are refused, or stay where they are
  for (let index = 0; index < callers; index++) caller().catch(() => {})
  const complete = performance.now()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  over = true
  await limiter.close()
  return { at, complete }
}

/** The share of the rate that was used in whole seconds, once the first burst is over. */
const shareOf = ({ at, complete }: Grants, perSecond: number, seconds: number): number => {
  const from = complete + 500
  const until = from + (seconds - 1) * 1000
  return at.filter((time) => time >= from && time < until).length / (perSecond * (seconds - 1))
}

/**
 * The most that was let through in any window, less what flows in meanwhile: the capacity at most, and for each grant
 * that was noted late a little more.
 */
const mostOf = ({ at }: Grants, perSecond: number): number => {
  let lowest = Number.POSITIVE_INFINITY
  let most = 0
  at.forEach((time, index) => {
    const level = index - time / 1000 * perSecond
    lowest = Math.min(lowest, level)
    most = Math.max(most, level - lowest + 1)
  })
  return most
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const seconds = effort === "quick" ? 2 : 4
  const peers = effort === "quick" ? {} : await (await load("limiters"))()
  const measures: Record<string, number | null> = {}
  const rows: Array<ReadonlyArray<string>> = []
  for (const perSecond of effort === "quick" ? [1000, 20_000] : [100, 1000, 20_000]) {
    const row = (name: string, grants: Grants) =>
      rows.push([
        name,
        format(perSecond),
        format(grants.at.length),
        `${format(shareOf(grants, perSecond, seconds) * 100, 1)} %`,
        format(mostOf(grants, perSecond), 1)
      ])
    const ours = await holdfast(perSecond, seconds)
    row(`Holdfast, RateLimit, capacity ${capacityOf(perSecond)}`, ours)
    measures[`limiter.share.${perSecond}`] = shareOf(ours, perSecond, seconds)
    measures[`limiter.most.${perSecond}`] = mostOf(ours, perSecond) / capacityOf(perSecond)
    // one limit shows what the others do; above 1000 a second Effect's own has another ceiling
    if (effort === "quick" || perSecond < 1000) continue
    row(`Effect RateLimiter, limit ${perSecond}`, await effect(perSecond, seconds))
    if (perSecond > 1000) continue
    for (const [name, make] of Object.entries(peers)) row(name, await peer(make, perSecond, seconds))
  }
  return {
    charts: [],
    measures,
    notes: effort === "quick" ? ["(d) quick: without the other libraries and without 100/s, 2 s instead of 4."] : [],
    tables: [{
      columns: ["", "limit / s", "let through", "share of the rate", "most beyond the rate"],
      rows,
      title: `(d) A rate limit with ${format(callers)} waiters`
    }]
  }
}
