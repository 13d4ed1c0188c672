/** Webhooks that come several times and out of order, receivers that are killed, and what is left in the end. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { Clock, Context, DateTime, type Duration, Effect, Either, Layer, Schedule } from "effect"
import { Inbox, WebhookScheme } from "holdfast"
import * as InboxSql from "holdfast/webhook/Inbox/Sql"
import * as http from "node:http"
import { comes } from "../../comes.js"
import * as fleet from "../outbox/fleet.js"
import { client, secret, webhook } from "./shared.js"

/** The store may be busy, or away for a moment. */
const patiently = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(effect, { schedule: Schedule.spaced("100 millis"), times: 600 }))

const agent = Effect.acquireRelease(
  Effect.sync(() => new http.Agent({ keepAlive: true })),
  (agent) => Effect.sync(() => agent.destroy())
)

/** The status of the answer; 0 where there was none. */
const post = (agent: http.Agent, port: number, request: WebhookScheme.WebhookRequest): Effect.Effect<number> =>
  Effect.async((resume) => {
    const sent = http.request({
      agent,
      headers: request.headers as http.OutgoingHttpHeaders,
      host: "127.0.0.1",
      method: "POST",
      path: "/hook",
      port,
      timeout: 30_000
    }, (response) => {
      response.resume()
      response.once("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
      response.once("error", () => resume(Effect.succeed(0)))
    })
    sent.once("timeout", () => sent.destroy(new Error("no answer")))
    sent.once("error", () => resume(Effect.succeed(0)))
    sent.end(request.body)
  })

/** Always the same for the same seed. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state % below
  }
}

/** Each event up to five times, each time near its place among the others, and not on it. */
const deliveries = (events: number): ReadonlyArray<number> => {
  const next = numbers(7)
  const placed: Array<{ readonly event: number; readonly place: number }> = []
  for (let event = 0; event < events; event++) {
    for (let times = 1 + next(5); times > 0; times--) placed.push({ event, place: event + next(events / 5 + 20) })
  }
  return placed.sort((a, b) => a.place - b.place).map(({ event }) => event)
}

const requestOf = (event: number, entities: number): Effect.Effect<WebhookScheme.WebhookRequest> =>
  Effect.map(DateTime.now, (now) =>
    Either.getOrThrow(WebhookScheme.sign({
      body: Buffer.from(JSON.stringify({
        entity: `entity ${event % entities}`,
        id: `event ${event}`,
        number: Math.floor(event / entities)
      })),
      headers: { "content-type": "application/json" },
      method: "POST",
      url: "https://app.example.com/hook"
    }, { now, scheme: webhook.scheme, secret })))

const portsOf = (outputs: ReadonlyArray<string>): ReadonlyArray<number> =>
  outputs.flatMap((output) => {
    const [, port] = /^ready (\d+)$/m.exec(output) ?? []
    return port === undefined ? [] : [Number(port)]
  })

export const scene = (store: string, manner: "lively" | "stalled", receivers: number) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Layer.provideMerge(Layer.orDie(InboxSql.layer({ maxStalls: 1000, patience: "1 minute" })), client(store))
    )
    const sql = Context.get(context, SqlClient.SqlClient)
    const seq = sql.onDialectOrElse({
      orElse: () => sql.literal("BIGSERIAL PRIMARY KEY"),
      sqlite: () => sql.literal("INTEGER PRIMARY KEY AUTOINCREMENT")
    })
    yield* sql`CREATE TABLE done (seq ${seq}, id VARCHAR(40), entity VARCHAR(40), number INTEGER, worker VARCHAR(40))`
    const crew = yield* fleet.crew(receivers, "test/e2e/inbox/receiver.ts", [store, manner])
    yield* crew.ready
    const connections = yield* agent
    let turn = 0
    /** As senders do: until it is taken. Gives how long the last answer took, in milliseconds. */
    const deliver = (event: number, entities: number): Effect.Effect<number> =>
      Effect.gen(function*() {
        while (true) {
          const ports = portsOf(crew.outputs)
          const port = ports[turn++ % Math.max(ports.length, 1)]
          if (port !== undefined) {
            const request = yield* requestOf(event, entities)
            const began = performance.now()
            const status = yield* post(connections, port, request)
            if (status === 200) return performance.now() - began
            assert.include([0, 503], status)
          }
          yield* Effect.sleep("50 millis")
        }
      })
    return { crew, deliver, inbox: Context.get(context, Inbox.Inbox), sql }
  })

export interface Campaign {
  readonly store: string
  readonly events: number
  readonly entities: number
  /** How often one is killed. */
  readonly killEvery: Duration.DurationInput
}

export const run = ({ entities, events, killEvery, store }: Campaign) =>
  Effect.gen(function*() {
    const { crew, deliver, inbox, sql } = yield* scene(store, "lively", 2)
    const began = yield* Clock.currentTimeMillis
    let killed = 0
    yield* Effect.forkScoped(
      Effect.forever(Effect.delay(Effect.map(crew.kill, (count) => killed += count), killEvery))
    )
    const sent = deliveries(events)
    yield* Effect.forEach(sent, (event) => deliver(event, entities), { concurrency: 32, discard: true })

    yield* Effect.repeat(
      Effect.delay(Effect.map(patiently(inbox.stats("shop")), ([stats]) => stats!.byState), "200 millis"),
      { until: ({ handled, ignored }) => handled + ignored === events }
    )
    const took = (yield* Clock.currentTimeMillis) - began

    const rows = yield* patiently(
      sql<{ readonly entity: string; readonly id: string; readonly number: number }>`SELECT * FROM done ORDER BY seq`
    )
    const ids = rows.map(({ id }) => id)
    assert.strictEqual(new Set(ids).size, ids.length, "each once")
    const newest = new Map<string, number>()
    for (const { entity, number } of rows) {
      assert.isAbove(Number(number), newest.get(entity) ?? -1, `the order of ${entity}`)
      newest.set(entity, Number(number))
    }
    for (let entity = 0; entity < entities; entity++) {
      assert.strictEqual(
        newest.get(`entity ${entity}`),
        Math.floor((events - 1 - entity) / entities),
        `entity ${entity} is where its last event has it`
      )
    }
    // what was not handled is stale, and nothing else
    const [stats] = yield* patiently(inbox.stats("shop"))
    assert.strictEqual(stats!.byState.handled, ids.length)
    assert.strictEqual(stats!.byState.ignored, events - ids.length)
    const ignored = yield* patiently(inbox.list({ source: "shop", state: "ignored" }, { limit: 500 }))
    assert.isTrue(ignored.items.every((event) => event.ignored === "stale"))
    assert.deepStrictEqual(crew.complaints, [])
    return { deliveries: sent.length, ignored: stats!.byState.ignored, killed, millis: took }
  })

/** How long answers take while no handler comes to an end; milliseconds, sorted. */
export const answers = (store: string, { atOnce, webhooks }: { readonly webhooks: number; readonly atOnce: number }) =>
  Effect.gen(function*() {
    const { crew, deliver, inbox } = yield* scene(store, "stalled", 2)
    // each an entity of its own: every handler that there may be has one, and does not let it go
    const warm = 2 * 8
    yield* Effect.forEach(Array.from({ length: warm }, (_, n) => n), (n) => deliver(n, 1_000_000), { discard: true })
    yield* comes(
      "every handler has something",
      Effect.repeat(Effect.delay(patiently(inbox.stats("shop")), "50 millis"), {
        until: ([stats]) => stats!.byState.handling >= warm
      })
    )
    const took = yield* Effect.forEach(
      Array.from({ length: webhooks }, (_, n) => warm + n),
      (n) => deliver(n, 1_000_000),
      { concurrency: atOnce }
    )
    const [stats] = yield* patiently(inbox.stats("shop"))
    assert.strictEqual(stats!.byState.handled, 0)
    assert.strictEqual(stats!.byState.ready + stats!.byState.handling, warm + webhooks)
    assert.deepStrictEqual(crew.complaints, [])
    return took.sort((a, b) => a - b)
  })

export const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0
