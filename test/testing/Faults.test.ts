import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { Duration, Effect, FastCheck as fc, Fiber, Random, TestClock } from "effect"
import { Faults } from "holdfast/testing"
import * as Kit from "./counter.js"

const request = (key: string, seen = 0, more: Partial<Faults.Request> = {}): Faults.Request => ({
  operation: "contacts.create",
  key,
  seen,
  arrival: 1,
  operationArrival: 1,
  ...more
})

const tagsOf = (plan: Faults.Plan, count: number): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (let index = 0; index < count; index++) {
    const { fault } = plan.decide(request(`body ${index}`))
    const name = fault._tag === "Status"
      ? `${fault.status}${fault.retryAfter === undefined ? "" : ` ${fault.retryAfter.form}`}`
      : fault._tag
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe("Faults", () => {
  it("a fault is a function of the seed and the request, not of when it arrives", () => {
    fc.assert(fc.property(fc.integer(), fc.string(), fc.nat(20), fc.nat(), fc.nat(), (seed, key, seen, one, other) => {
      const first = Faults.heavy(seed).decide(request(key, seen, { arrival: one, operationArrival: one }))
      const second = Faults.heavy(seed).decide(request(key, seen, { arrival: other, operationArrival: other }))
      deepStrictEqual(first, second)
    }))
  })

  it("another seed, another operation and another try may meet another fault", () => {
    const faults = (seed: number, operation: string, seen: number) =>
      Array.from(
        { length: 200 },
        (_, index) => Faults.heavy(seed).decide(request(`${index}`, seen, { operation })).fault
      )
    const base = JSON.stringify(faults(1, "a", 0))
    strictEqual(JSON.stringify(faults(1, "a", 0)), base)
    for (const other of [faults(2, "a", 0), faults(1, "b", 0), faults(1, "a", 1)]) {
      assertTrue(JSON.stringify(other) !== base)
    }
  })

  it("rates are kept, each kind by its own", () => {
    const rates = {
      rateLimit429Seconds: 0.05,
      rateLimit429HttpDate: 0.05,
      serverError500: 0.05,
      badGateway502: 0.05,
      unavailable503: 0.05,
      unavailable503RetryAfter: 0.05,
      clientError4xx: 0.05,
      resetBefore: 0.05,
      resetAfter: 0.05,
      halfBody: 0.05,
      malformedJson: 0.05,
      slowBody: 0.05,
      hangBefore: 0.05,
      hangAfter: 0.05
    }
    const counts = tagsOf(Faults.make({ seed: 3, rates }), 20_000)
    deepStrictEqual(Object.keys(counts).sort(), [
      "400",
      "429 http-date",
      "429 seconds",
      "500",
      "502",
      "503",
      "503 seconds",
      "HalfBody",
      "HangAfter",
      "HangBefore",
      "MalformedJson",
      "None",
      "ResetAfter",
      "ResetBefore",
      "SlowBody"
    ])
    for (const [name, count] of Object.entries(counts)) {
      const expected = name === "None" ? 6000 : 1000
      assertTrue(Math.abs(count - expected) < 150, `${name}: ${count}`)
    }
  })

  it("latency lies in its range; without one there is none", () => {
    const plan = Faults.make({ latency: { min: "10 millis", max: "20 millis" } })
    const latencies = Array.from(
      { length: 500 },
      (_, index) => Duration.toMillis(plan.decide(request(`${index}`)).latency)
    )
    assertTrue(latencies.every((one) => one >= 10 && one <= 20))
    assertTrue(Math.max(...latencies) - Math.min(...latencies) > 8)
    strictEqual(Duration.toMillis(Faults.none.decide(request("x")).latency), 0)
  })

  it("rates that are not parts of 1 are refused when the plan is made", () => {
    throws(() => Faults.make({ rates: { serverError500: 1.5 } }))
    throws(() => Faults.make({ rates: { serverError500: -0.1 } }))
    throws(() => Faults.make({ rates: { serverError500: Number.NaN } }))
    throws(() => Faults.make({ rates: { serverError500: 0.6, resetAfter: 0.6 } }))
  })

  it("a script goes by order of arrival, for all operations or for one", () => {
    const all = Faults.script([Faults.status(503), Faults.ok, Faults.resetAfter])
    deepStrictEqual(
      [1, 2, 3, 4].map((arrival) => all.decide(request("x", 0, { arrival })).fault._tag),
      ["Status", "None", "ResetAfter", "None"]
    )
    const one = Faults.script([Faults.resetAfter], { operation: "contacts.create" })
    strictEqual(one.decide(request("x", 0, { arrival: 9, operationArrival: 1 })).fault._tag, "ResetAfter")
    strictEqual(one.decide(request("x", 0, { operation: "contacts.get" })).fault._tag, "None")
  })

  it("two plans at once: the first has its say, latencies add up", () => {
    const plan = Faults.combine(
      Faults.script([Faults.resetAfter], { operation: "contacts.create" }),
      Faults.combine(Faults.always(Faults.status(500)), Faults.make({ latency: { min: 5, max: 5 } }))
    )
    strictEqual(plan.decide(request("x")).fault._tag, "ResetAfter")
    strictEqual(plan.decide(request("x", 0, { operation: "contacts.get" })).fault._tag, "Status")
    strictEqual(Duration.toMillis(plan.decide(request("x")).latency), 5)
  })

  it("match is exhaustive", () => {
    const name = Faults.match({
      None: () => "none",
      Status: ({ status }) => `status ${status}`,
      ResetBefore: () => "reset",
      ResetAfter: () => "reset after",
      HalfBody: () => "half",
      MalformedJson: () => "malformed",
      SlowBody: () => "slow",
      HangBefore: () => "hang",
      HangAfter: () => "hang after"
    })
    strictEqual(name(Faults.status(418)), "status 418")
  })
})

describe("Faults on a running emulator", () => {
  /** Sends the same requests in some order, all at once; gives what each one met. */
  const run = (order: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const { counter, emulator } = yield* Kit.inProcess({
        faults: Faults.make({
          seed: 11,
          rates: { serverError500: 0.2, resetBefore: 0.2, resetAfter: 0.2, halfBody: 0.1, rateLimit429Seconds: 0.1 },
          latency: { min: 0, max: "1 second" }
        })
      })
      const fiber = yield* Effect.fork(Effect.forEach(
        order,
        (name) => Effect.either(counter.counters.add({ path: { name }, urlParams: {}, payload: { by: 1 } })),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      const byName = new Map<string, Array<string>>()
      for (const entry of yield* emulator.ledger) {
        byName.set(entry.path, [...byName.get(entry.path) ?? [], `${entry.fault} ${entry.status} ${entry.processed}`])
      }
      return Object.fromEntries([...byName].sort(([one], [other]) => one < other ? -1 : 1))
    })

  it.scoped("the same seed gives the same faults to the same requests, however they arrive", () =>
    Effect.gen(function*() {
      // some requests come several times: each time is a try of its own
      const names = Array.from({ length: 60 }, (_, index) => `n${index % 40}`)
      const first = yield* run(names)
      for (let round = 0; round < 3; round++) {
        const shuffled = yield* Random.shuffle(names)
        deepStrictEqual(yield* run([...shuffled]), first)
      }
      assertTrue(new Set(Object.values(first).flat()).size >= 5)
    }))
})
