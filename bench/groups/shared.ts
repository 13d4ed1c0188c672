/** (f) State that processes share in Redis: what it costs while all is well, and what asking for it each time would. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as IntegrationClient from "../../src/core/IntegrationClient.js"
import * as Holdfast from "../../src/Holdfast.js"
import { cpuMillis } from "../harness/clock.js"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median } from "../harness/statistics.js"
import { inTurns } from "../harness/turns.js"
import { load } from "../peers.js"
import * as Alone from "../stacks/alone.js"
import * as Asking from "../stacks/asking.js"
import * as Stacks from "../stacks/holdfast.js"
import * as Redis from "../stacks/redis.js"

interface Plan {
  readonly rounds: number
  readonly windowMillis: number
}

const plans: Readonly<Record<Result.Effort, Plan>> = {
  full: { rounds: 15, windowMillis: 300 },
  quick: { rounds: 5, windowMillis: 100 },
  thorough: { rounds: 11, windowMillis: 200 }
}

const concurrencies = [16, 128] as const

const names = {
  asking: "a breaker that asks Redis before and after each call",
  breaker: "Holdfast's breaker on Redis",
  limiter: "Holdfast's limiter on Redis",
  memory: "Holdfast, standard stack in memory",
  peer: "rate-limiter-flexible on Redis",
  shared: "Holdfast, standard stack, breaker and limiter on Redis"
} as const

interface Window {
  readonly calls: number
  readonly perSecond: number
  readonly cpuNanos: number
  readonly commands: number
}

type Load = (concurrency: number, until: number) => Promise<number>

const poll = Effect.async<void>((resume) => void setImmediate(resume, Effect.void))

/**
 * Calls in so many fibers. A call that waits for nothing never lets the process look at its sockets, as one that goes to a
 * provider does: each fiber stops for that after every sixteenth.
 */
const inFibers = (call: Effect.Effect<unknown, unknown>): Load => async (concurrency, until) => {
  let calls = 0
  const one = Effect.whileLoop({
    body: () => ++calls % 16 === 0 ? Effect.zipRight(call, poll) : call,
    step: () => {},
    while: () => performance.now() < until
  })
  await Effect.runPromise(
    Effect.forEach(Array.from({ length: concurrency }), () => one, { concurrency: "unbounded", discard: true })
  )
  return calls
}

const promised = (call: () => Promise<unknown>): Load => async (concurrency, until) => {
  let calls = 0
  const one = async () => {
    while (performance.now() < until) {
      await call()
      calls++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  return calls
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const plan = plans[effort]
  const redis = await Redis.start()
  const peer = await (await load("redisLimiter"))(redis.url)

  const build = async (policy: Stacks.Policy): Promise<Load> => {
    const base = Layer.sync(
      IntegrationClient.IntegrationClient,
      () => IntegrationClient.make({ id: "bench", version: "1" }, Stacks.noOp)
    )
    const state = Layer.merge(Holdfast.layerMemory, redis.layer)
    const built = await Effect.runPromise(Stacks.forever(Layer.build(Layer.provide(policy, Layer.merge(base, state)))))
    return inFibers(Stacks.call(Context.get(built, IntegrationClient.IntegrationClient)))
  }
  const state = await Effect.runPromise(Stacks.forever(Layer.build(redis.layer)))
  // never dry: what is measured is what a token costs
  const endless = { capacity: 1_000_000, refillRate: 100_000_000 }
  const memory = await Stacks.build(Stacks.standard)
  const loads = new Map<string, Load>([
    [names.memory, inFibers(Stacks.call(memory))],
    [names.shared, await build(Stacks.standard)],
    [names.breaker, inFibers(Alone.guarded(state))],
    [names.asking, inFibers(Asking.guarded(redis.service))],
    [names.limiter, inFibers(Alone.token(state, endless))],
    [names.peer, promised(peer.acquire)]
  ])

  const inWindow = async (send: Load, concurrency: number): Promise<Window> => {
    await redis.reset()
    const cpu = cpuMillis()
    const start = performance.now()
    const calls = await send(concurrency, start + plan.windowMillis)
    const millis = performance.now() - start
    const cpuNanos = (cpuMillis() - cpu) * 1e6 / calls
    return { calls, commands: await redis.commands() / calls, cpuNanos, perSecond: calls * 1000 / millis }
  }

  const measures: Record<string, number | null> = {}
  const tables: Array<Result.Table> = []
  for (const concurrency of concurrencies) {
    const { of, ratio } = await inTurns(
      [...loads.keys()],
      plan.rounds,
      (name) => inWindow(loads.get(name)!, concurrency)
    )
    measures[`shared.cpu.${concurrency}`] = ratio(names.shared, names.memory, "cpuNanos")
    measures[`shared.commands.${concurrency}`] = median(of(names.shared, "commands"))
    measures[`shared.asking.${concurrency}`] = ratio(names.breaker, names.asking, "perSecond")
    measures[`shared.limiter.${concurrency}`] = ratio(names.limiter, names.peer, "perSecond")
    measures[`shared.leases.${concurrency}`] = median(of(names.limiter, "commands"))
    const row = (name: string, against: string): ReadonlyArray<string> => [
      name,
      format(median(of(name, "perSecond"))),
      format(median(of(name, "cpuNanos"))),
      format(median(of(name, "commands")), 5),
      times(ratio(name, against, "perSecond"))
    ]
    tables.push({
      columns: ["", "calls / s", "CPU ns / call", "commands / call", "calls / s ÷ its peer"],
      rows: [
        row(names.memory, names.memory),
        row(names.shared, names.memory),
        row(names.asking, names.asking),
        row(names.breaker, names.asking),
        row(names.peer, names.peer),
        row(names.limiter, names.peer)
      ],
      title:
        `(f) State in Redis, concurrency ${concurrency}: a stack over a call that does nothing; breakers and limiters alone`
    })
  }
  await peer.close()
  return {
    charts: [],
    measures,
    notes: [
      "Commands: those that the process sent, from the server's own statistics. An endless limit is one that is never dry: " +
      "what is measured is what its tokens cost."
    ],
    tables
  }
}
