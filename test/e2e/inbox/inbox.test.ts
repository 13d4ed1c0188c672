import { assert, describe, it } from "@effect/vitest"
import { Console, Duration, Effect } from "effect"
import { isLong, size } from "../../campaign.js"
import * as files from "../../delivery/files.js"
import * as servers from "../../servers/index.js"
import * as campaign from "./campaign.js"

const told = (
  { deliveries, ignored, killed, millis }: Effect.Effect.Success<ReturnType<typeof campaign.run>>,
  events: number
) =>
  Console.log(
    `${events} webhooks in ${deliveries} deliveries in ${(millis / 1000).toFixed(1)} s, ${ignored} stale, ` +
      `${killed} receivers killed`
  )

const measured = (name: string, took: ReadonlyArray<number>) =>
  Console.log(
    `${name}: ${took.length} answers while handlers are stalled, p50 ${
      campaign.percentile(took, 0.5).toFixed(1)
    } ms, ` +
      `p99 ${campaign.percentile(took, 0.99).toFixed(1)} ms`
  )

describe("the inbox, with webhooks that come again and out of order, and receivers that are killed", () => {
  if (!isLong) {
    it.scopedLive("each event once, in the order of its entity, on PostgreSQL", () =>
      Effect.gen(function*() {
        const result = yield* campaign.run({
          entities: 30,
          events: 200,
          killEvery: "2 seconds",
          store: yield* servers.database
        })
        yield* told(result, 200)
      }))

    it.scopedLive("webhooks are answered while no handler comes to an end", () =>
      Effect.gen(function*() {
        const took = yield* campaign.answers(yield* servers.database, { atOnce: 4, webhooks: 200 })
        yield* measured("PostgreSQL", took)
        // how fast depends on the machine; that it does not wait for handlers does not
        assert.isBelow(campaign.percentile(took, 0.99), 10_000)
      }))
  } else {
    const part = size({ bounded: 0.3, everyDay: 0, full: 1 })
    const events = 5000 * part

    it.scopedLive(`each of ${events.toLocaleString("en")} events once, in the order of its entity, on PostgreSQL`, () =>
      Effect.gen(function*() {
        const result = yield* campaign.run({
          entities: 250,
          events,
          killEvery: Duration.seconds(size({ bounded: 3, everyDay: 0, full: 5 })),
          store: yield* servers.database
        })
        assert.isAbove(result.killed, 5 * part)
        yield* told(result, events)
      }))

    it.scopedLive("the same on a SQLite file", () =>
      Effect.gen(function*() {
        const result = yield* campaign.run({
          entities: 250,
          events,
          killEvery: Duration.seconds(size({ bounded: 2, everyDay: 0, full: 3 })),
          store: yield* files.file
        })
        assert.isAbove(result.killed, 5 * part)
        yield* told(result, events)
      }))

    for (
      const [name, store] of [["PostgreSQL", servers.database], ["SQLite", files.file]] as const
    ) {
      it.scopedLive(`webhooks are answered while no handler comes to an end, on ${name}`, () =>
        Effect.gen(function*() {
          const took = yield* campaign.answers(yield* store, { atOnce: 4, webhooks: 3000 * part })
          yield* measured(name, took)
          assert.isBelow(campaign.percentile(took, 0.99), 10_000)
        }))
    }
  }
})
