/** (g) A message made durable by 64 callers at once: alone and in company, against the queues that people know. */
import * as Effect from "effect/Effect"
import { rmSync } from "node:fs"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median, medianRatio, shuffled } from "../harness/statistics.js"
import { load } from "../peers.js"
import * as Stacks from "../stacks/queues.js"

interface Plan {
  readonly rounds: number
  readonly windowMillis: number
}

const plans: Readonly<Record<Result.Effort, Plan>> = {
  full: { rounds: 11, windowMillis: 400 },
  quick: { rounds: 5, windowMillis: 150 },
  thorough: { rounds: 9, windowMillis: 300 }
}

const callers = 64

const peers = { bullmq: "BullMQ on Redis", pgBoss: "pg-boss on PostgreSQL" } as const

interface Window {
  readonly perSecond: number
  /** The longest that a timer of a millisecond was late, in milliseconds. */
  readonly blocked: number
}

type Send = (until: number) => Promise<number>

const inFibers = (once: Stacks.Once): Send => async (until) => {
  let sent = 0
  const one = Effect.whileLoop({
    body: () => once,
    step: () => void sent++,
    while: () => performance.now() < until
  })
  await Effect.runPromise(
    Effect.forEach(Array.from({ length: callers }), () => one, { concurrency: "unbounded", discard: true })
  )
  return sent
}

const promised = (once: () => Promise<unknown>): Send => async (until) => {
  let sent = 0
  const one = async () => {
    while (performance.now() < until) {
      await once()
      sent++
    }
  }
  await Promise.all(Array.from({ length: callers }, one))
  return sent
}

const inWindow = async (send: Send, millis: number): Promise<Window> => {
  let [blocked, last] = [0, performance.now()]
  const watch = setInterval(() => {
    const now = performance.now()
    blocked = Math.max(blocked, now - last - 1)
    last = now
  }, 1)
  const start = performance.now()
  const sent = await send(start + millis)
  const end = performance.now()
  clearInterval(watch)
  // who never lets a timer ring has blocked it all the time
  blocked = Math.max(blocked, end - last - 1)
  const perSecond = sent * 1_000 / (end - start)
  return { blocked, perSecond }
}

export const run = async (effort: Result.Effort): Promise<Result.Result> => {
  const plan = plans[effort]
  const { folder, offers, urls } = await Stacks.start()
  const others = await (await load("queues"))(urls)
  const data: object = JSON.parse(Stacks.payload)
  const sends = new Map<string, Send>([
    ...Array.from(offers, ([name, once]) => [name, inFibers(once)] as const),
    ...Object.entries(others.add).map(([name, add]) => [name, promised(() => add(data))] as const)
  ])
  const windows = new Map<string, Array<Window>>()
  for (const [name, send] of sends) {
    windows.set(name, [])
    await inWindow(send, plan.windowMillis)
    await inWindow(send, plan.windowMillis)
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const [name, send] of shuffled([...sends])) windows.get(name)?.push(await inWindow(send, plan.windowMillis))
  }
  await others.close()
  rmSync(folder, { force: true, recursive: true })

  const of = (name: string, what: keyof Window) => (windows.get(name) ?? []).map((window) => window[what])
  const ratio = (name: string, against: string) => medianRatio(of(name, "perSecond"), of(against, "perSecond"))
  const { names } = Stacks
  const row = (name: string, against: string): ReadonlyArray<string> => [
    name,
    format(median(of(name, "perSecond"))),
    format(median(of(name, "blocked")), 1),
    format(Math.max(...of(name, "blocked")), 1),
    times(ratio(name, against))
  ]
  return {
    charts: [],
    measures: {
      "queue.blocked": median(of(names.sqlite, "blocked")),
      "queue.bullmq": ratio(names.redis, peers.bullmq),
      "queue.pgBoss": ratio(names.postgres, peers.pgBoss),
      "queue.postgres": ratio(names.postgres, names.postgresAlone),
      "queue.sqlite": ratio(names.sqlite, names.sqliteAlone)
    },
    notes: [
      "Each message is acknowledged after its commit; Redis keeps it in memory, for all alike. Late: how late a timer of a " +
      "millisecond was at most, in the median window and in the worst."
    ],
    tables: [{
      columns: ["", "messages / s", "late, ms", "worst, ms", "messages / s ÷ its peer"],
      rows: [
        row(names.sqliteAlone, names.sqliteAlone),
        row(names.sqlite, names.sqliteAlone),
        row(names.postgresAlone, names.postgresAlone),
        row(names.postgres, names.postgresAlone),
        row(peers.pgBoss, peers.pgBoss),
        row(names.postgres, peers.pgBoss),
        row(peers.bullmq, peers.bullmq),
        row(names.redis, peers.bullmq)
      ],
      title: `(g) Messages made durable by ${callers} callers at once`
    }]
  }
}
