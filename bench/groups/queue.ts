/** (g) A message made durable by 64 callers at once: alone and in company, against the queues that people know. */
import { rmSync } from "node:fs"
import { inFibers, promised, type Sender } from "../harness/load.js"
import type * as Result from "../harness/result.js"
import { format, times } from "../harness/result.js"
import { median } from "../harness/statistics.js"
import { inTurns } from "../harness/turns.js"
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

const inWindow = async ({ send }: Sender, millis: number): Promise<Window> => {
  let [blocked, last] = [0, performance.now()]
  const watch = setInterval(() => {
    const now = performance.now()
    blocked = Math.max(blocked, now - last - 1)
    last = now
  }, 1)
  const start = performance.now()
  let sent = 0
  await send(callers, start + millis, () => sent++)
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
  const senders = new Map<string, Sender>([
    ...Array.from(offers, ([name, once]) => inFibers(name, once)),
    ...Object.entries(others.add).map(([name, add]) => promised(name, () => add(data)))
  ].map((sender) => [sender.name, sender]))
  const { of, ratio } = await inTurns(
    [...senders.keys()],
    plan.rounds,
    (name) => inWindow(senders.get(name)!, plan.windowMillis)
  )
  await others.close()
  rmSync(folder, { force: true, recursive: true })

  const faster = (name: string, against: string) => ratio(name, against, "perSecond")
  const { names } = Stacks
  const row = (name: string, against: string): ReadonlyArray<string> => [
    name,
    format(median(of(name, "perSecond"))),
    format(median(of(name, "blocked")), 1),
    format(Math.max(...of(name, "blocked")), 1),
    times(faster(name, against))
  ]
  return {
    charts: [],
    measures: {
      "queue.blocked": median(of(names.sqlite, "blocked")),
      "queue.bullmq": faster(names.redis, peers.bullmq),
      "queue.pgBoss": faster(names.postgres, peers.pgBoss),
      "queue.postgres": faster(names.postgres, names.postgresAlone),
      "queue.sqlite": faster(names.sqlite, names.sqliteAlone)
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
