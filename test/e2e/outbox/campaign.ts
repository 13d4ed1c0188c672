/** Messages, workers that are killed, a provider that fails in every way, and what its ledger says in the end. */
import { assert } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer, Schedule } from "effect"
import { Outbox } from "holdfast"
import { Emulator, EmulatorServer, Faults, Ledger } from "holdfast/testing"
import { secret, Shop, spec } from "../../delivery/outbox/shop.js"
import * as fleet from "./fleet.js"
import * as stores from "./stores.js"

export interface Campaign {
  readonly store: string
  readonly messages: number
  readonly keys: number
  readonly workers: number
  /** What happens on the way, each when so many have been delivered. */
  readonly happenings?: ReadonlyArray<{ readonly at: number; readonly happens: Effect.Effect<void> }>
}

/** Every fault there is, and an outage. */
const everyFault = (messages: number) =>
  Faults.make({
    latency: { max: "10 millis", min: 0 },
    outageMix: { hang: 0.1, reset: 0.45, status503: 0.45 },
    outages: [{ afterRequests: Math.floor(messages / 3), for: "1 second" }],
    rates: {
      badGateway502: 0.02,
      clientError4xx: 0.02,
      halfBody: 0.02,
      hangAfter: 0.01,
      hangBefore: 0.01,
      malformedJson: 0.02,
      rateLimit429HttpDate: 0.005,
      rateLimit429Seconds: 0.005,
      resetAfter: 0.03,
      resetBefore: 0.03,
      serverError500: 0.04,
      slowBody: 0.02,
      unavailable503: 0.02,
      unavailable503RetryAfter: 0.01
    },
    retryAfterSeconds: { max: 1, min: 0 },
    seed: 11,
    slowBodyDuration: "300 millis"
  })

/** The store may be away for a moment. */
const patiently = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(effect, { schedule: Schedule.spaced("100 millis"), times: 600 }))

/** A provider that takes its time, so that whoever is told to end has something under way. */
export const slow = Faults.make({ latency: { max: "200 millis", min: "100 millis" } })

/** A store, a provider, and workers between them. */
export const scene = ({ faults, store, workers }: {
  readonly faults: Faults.Plan
  readonly store: string
  readonly workers: number
}) =>
  Effect.gen(function*() {
    const outbox = Context.get(yield* Layer.build(Layer.orDie(stores.outbox(store))), Outbox.Outbox)
    const emulator = yield* Emulator.make(spec, { faults })
    const { baseUrl } = yield* EmulatorServer.serve(emulator)
    const crew = yield* fleet.make(workers, store, baseUrl)
    yield* crew.ready

    const batch = 50
    /** Each message knows its place within its key. */
    const sendFrom = (from: number, messages: number, keys: number) =>
      Effect.flatMap(
        Effect.forEach(
          Array.from({ length: Math.min(batch, messages - from) }, (_, i) => from + i),
          (i) =>
            Outbox.message(Shop.operations.orders.submit, {
              payload: { key: `key ${i % keys}`, number: Math.floor(i / keys) }
            }, { idempotencyKey: `message ${i}`, partitionKey: `key ${i % keys}` })
        ),
        outbox.send
      )
    const send = (messages: number, keys: number) =>
      Effect.iterate(0, {
        while: (from) => from < messages,
        // an answer that was lost is no reason to send anything twice
        body: (from) => Effect.as(patiently(sendFrom(from, messages, keys)), from + batch)
      })
    return { crew, emulator, outbox, send }
  })

export const run = ({ happenings = [], keys, messages, store, workers }: Campaign) =>
  Effect.gen(function*() {
    const { crew, emulator, outbox, send } = yield* scene({ faults: everyFault(messages), store, workers })
    const began = yield* Clock.currentTimeMillis
    let killed = 0
    yield* Effect.forkScoped(
      Effect.forever(Effect.delay(Effect.map(crew.kill, (count) => killed += count), "1 second"))
    )
    // an operator who thinks that it will be better next time
    yield* Effect.forkScoped(
      Effect.forever(Effect.delay(Effect.ignore(outbox.retryAll({ integration: "shop" })), "300 millis"))
    )
    const untilDelivered = (count: number) =>
      Effect.repeat(
        Effect.delay(
          Effect.map(patiently(outbox.stats("shop")), ([stats]) => stats?.byState.delivered ?? 0),
          "200 millis"
        ),
        { until: (delivered) => delivered >= count }
      )
    const onTheWay = yield* Effect.forkScoped(
      Effect.forEach(happenings, ({ at, happens }) => Effect.zipRight(untilDelivered(at), happens), { discard: true })
    )
    yield* send(messages, keys)
    yield* Fiber.join(onTheWay)
    yield* untilDelivered(messages)
    const took = (yield* Clock.currentTimeMillis) - began

    const entries = yield* emulator.ledger
    const tally = Ledger.tally(entries, "orders")
    assert.strictEqual(Object.keys(tally).length, messages, "zero lost")
    const doubled = Object.entries(tally).filter(([, counts]) => counts.created !== 1)
    assert.deepStrictEqual(doubled, [], "each exactly once")

    const last = new Map<string, number>()
    for (const entry of entries) {
      if (entry.changes.length === 0) continue
      const { key, number } = entry.body as { readonly key: string; readonly number: number }
      assert.strictEqual(number, (last.get(key) ?? -1) + 1, `the order of ${key}`)
      last.set(key, number)
    }
    assert.strictEqual(last.size, keys)
    assert.deepStrictEqual(crew.complaints, [])

    assert.notInclude(yield* stores.textOf(store), secret)

    const faults = new Set(entries.map(({ fault }) => fault))
    return { faults, killed, millis: took, requests: entries.length }
  })
