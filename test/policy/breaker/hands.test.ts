/** What people do to a circuit, and what they see of it. */
import { describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Duration, Effect, Either, Fiber, Metric, Option, Stream, TestClock } from "effect"
import type { CircuitBreaker } from "holdfast"
import * as Kit from "../../kit.js"
import { make, tagOf, trip } from "./kit.js"

const ok = Kit.ok
const bad = Kit.status(500)

/** What `changes` tells while the effect runs. */
const watching = <A, E, R>(
  breakers: { readonly changes: Stream.Stream<CircuitBreaker.Transition> },
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    const fiber = yield* Effect.fork(
      Stream.runForEach(
        breakers.changes,
        ({ from, mode, reason, to }) => Effect.sync(() => seen.push(`${from} → ${to} (${mode}): ${reason}`))
      )
    )
    yield* TestClock.adjust(0)
    yield* effect
    yield* TestClock.adjust(0)
    yield* Fiber.interrupt(fiber)
    return seen
  })

describe("forced open", () => {
  it.scoped("holds until it is closed by hand; a second reason replaces the first, and one release is enough", () =>
    Effect.gen(function*() {
      const { breakers, get, snapshot, state } = yield* make(new Kit.Provider(ok))
      yield* breakers.forceOpen("shop", "a deploy")
      yield* breakers.forceOpen("shop", "maintenance")
      yield* TestClock.adjust("30 days")
      const refused = yield* get
      strictEqual(Either.isLeft(refused) && refused.left.message.endsWith("opened by hand: maintenance"), true)
      strictEqual(Either.isLeft(refused) ? refused.left.retryAfter : "none", undefined)
      deepStrictEqual((yield* snapshot).mode, "forced-open")
      deepStrictEqual((yield* snapshot).modeByHand, { reason: "maintenance" })
      strictEqual((yield* snapshot).retryAfter, undefined)
      yield* breakers.forceClose("shop")
      strictEqual(yield* state, "closed")
      strictEqual(tagOf(yield* get), "success")
      deepStrictEqual((yield* snapshot).modeByHand, undefined)
    }))

  it.scoped("a mode set by hand, and a reset, end it too", () =>
    Effect.gen(function*() {
      const { breakers, get, state } = yield* make(new Kit.Provider(ok))
      for (
        const end of [breakers.setMode("shop", "auto"), breakers.reset("shop"), breakers.setMode("shop", "shadow")]
      ) {
        yield* breakers.forceOpen("shop", "a drill")
        strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
        yield* end
        strictEqual(yield* state, "closed")
        strictEqual(tagOf(yield* get), "success")
      }
    }))

  it.scoped("forceClose closes what opened by itself, after which it may open again", () =>
    Effect.gen(function*() {
      const { breakers, get, snapshot, state } = yield* make(new Kit.Provider(bad), { resetBackoff: 2 })
      yield* trip(get)
      yield* breakers.forceClose("shop")
      strictEqual(yield* state, "closed")
      yield* get
      strictEqual(yield* state, "closed")
      yield* get
      strictEqual(yield* state, "open")
      // how often it opened in a row is remembered
      deepStrictEqual((yield* snapshot).openings, 2)
      deepStrictEqual((yield* snapshot).openFor, Duration.seconds(10))
      yield* breakers.reset("shop")
      yield* trip(get)
      deepStrictEqual((yield* snapshot).openings, 1)
    }))

  it.scoped("closing and resetting what nobody has called is nothing", () =>
    Effect.gen(function*() {
      const { breakers } = yield* make(new Kit.Provider(ok))
      yield* breakers.forceClose("nobody")
      yield* breakers.reset("nobody")
      assertNone(yield* breakers.state("nobody"))
      assertNone(yield* breakers.snapshot("nobody"))
      deepStrictEqual(yield* breakers.keys, ["shop"])
    }))
})

describe("opened for a time", () => {
  it.scoped("refuses for that time, and is probed then; a second time replaces the first", () =>
    Effect.gen(function*() {
      const { breakers, get, snapshot, state } = yield* make(new Kit.Provider(ok))
      yield* breakers.openFor("shop", "1 hour", "a deploy")
      yield* breakers.openFor("shop", "10 minutes", "a short deploy")
      strictEqual((yield* snapshot).reason, "forced: a short deploy")
      yield* TestClock.adjust("599 seconds")
      const refused = yield* get
      deepStrictEqual(Either.isLeft(refused) ? refused.left.retryAfter : undefined, Duration.seconds(1))
      strictEqual(
        Either.isLeft(refused) && refused.left.message,
        "nothing was sent: the circuit of shop is open: forced: a short deploy; next probe in 1s"
      )
      yield* TestClock.adjust("1 second")
      strictEqual(tagOf(yield* get), "success")
      strictEqual(yield* state, "closed")
      strictEqual((yield* snapshot).openings, 0)
    }))

  it.scoped("is held open or out of the way for longer where a hand has said so", () =>
    Effect.gen(function*() {
      const { breakers, get } = yield* make(new Kit.Provider(ok))
      yield* breakers.forceOpen("shop", "maintenance")
      yield* breakers.openFor("shop", "1 second", "a deploy")
      yield* TestClock.adjust("1 minute")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      yield* breakers.setMode("shop", "disabled")
      yield* breakers.openFor("shop", "1 hour", "a deploy")
      strictEqual(tagOf(yield* get), "success")
    }))

  it.scoped("says in words how long, whatever the length", () =>
    Effect.gen(function*() {
      const { breakers, get } = yield* make(new Kit.Provider(ok))
      const message = (duration: Duration.DurationInput) =>
        Effect.gen(function*() {
          yield* breakers.openFor("shop", duration, "a test")
          const refused = yield* get
          return Either.isLeft(refused) ? refused.left.message.replace(/.*next probe in /, "") : "sent"
        })
      for (const millis of [1, 999, 1_000, 1_001, 60_000, 61_500, 3_600_000, 86_399_999, 86_400_000, 90_061_001]) {
        strictEqual(yield* message(millis), Duration.format(Duration.millis(millis)))
      }
    }))
})

describe("mode", () => {
  it.scoped("disabled lets all through and counts nothing", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { get, snapshot, state } = yield* make(provider, { mode: "disabled" })
      yield* Effect.replicateEffect(get, 10)
      strictEqual(provider.count, 10)
      strictEqual(yield* state, "closed")
      deepStrictEqual([(yield* snapshot).failures, (yield* snapshot).rejected], [0, 0])
    }))

  it.scoped("disabled by hand closes an open circuit; enforced again it begins anew", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { breakers, get, snapshot, state } = yield* make(provider)
      yield* trip(get)
      yield* breakers.setMode("shop", "disabled", "it is theirs to fix")
      strictEqual(yield* state, "closed")
      yield* Effect.replicateEffect(get, 10)
      strictEqual(provider.count, 12)
      deepStrictEqual((yield* snapshot).modeByHand, { reason: "it is theirs to fix" })
      yield* breakers.setMode("shop", "auto")
      yield* get
      strictEqual(yield* state, "closed")
      yield* get
      strictEqual(yield* state, "open")
    }))

  it.scoped("what was under way when it was disabled does not count when it is enforced again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", bad))
      const { breakers, get, snapshot } = yield* make(provider)
      const early = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      yield* breakers.setMode("shop", "disabled")
      const meanwhile = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      yield* breakers.setMode("shop", "enforcing")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(early)
      yield* Fiber.join(meanwhile)
      strictEqual((yield* snapshot).failures, 0)
    }))

  it.scoped("shadow goes through every state, tells of each once, and refuses nobody", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { breakers, get, snapshot, state } = yield* make(provider, { mode: "shadow" })
      const seen = yield* watching(
        breakers,
        Effect.gen(function*() {
          yield* Effect.replicateEffect(get, 10)
          strictEqual(yield* state, "open")
          deepStrictEqual([(yield* snapshot).wouldHaveRejected, (yield* snapshot).rejected], [8, 0])
          provider.answer = ok
          yield* TestClock.adjust("5 seconds")
          yield* get
        })
      )
      strictEqual(provider.count, 11)
      deepStrictEqual(seen, [
        "closed → open (shadow): 2 failures in a row",
        "open → half-open (shadow): probing",
        "half-open → closed (shadow): probes succeeded"
      ])
    }))

  it.scoped("from shadow to enforcing and back, by hand, without losing the state", () =>
    Effect.gen(function*() {
      const { breakers, get, snapshot, state } = yield* make(new Kit.Provider(bad), { mode: "shadow" })
      yield* trip(get)
      yield* breakers.setMode("shop", "enforcing", "the trial is over")
      strictEqual(yield* state, "open")
      strictEqual(tagOf(yield* get), "CircuitBreakerOpenError")
      yield* breakers.setMode("shop", "auto")
      strictEqual(tagOf(yield* get), "ServerError")
      deepStrictEqual([(yield* snapshot).wouldHaveRejected, (yield* snapshot).rejected], [1, 1])
    }))

  it.scoped("set ahead of the first call", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad)
      const { breakers, shop, snapshotOf, stateOf } = yield* make(provider, { key: () => "later" })
      yield* breakers.setMode("later", "shadow")
      const get = Effect.either(shop.items.get({ path: { id: "1" } }))
      yield* Effect.replicateEffect(get, 5)
      strictEqual(provider.count, 5)
      strictEqual(yield* stateOf("later"), "open")
      // and the policy's own options hold from its first call on
      strictEqual((yield* snapshotOf("later")).reason, "2 failures in a row")
    }))
})

describe("what people see", () => {
  it.scoped("transitions: to another state and never to the same, with reason, generation and time", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, bad, ok)
      const { breakers, get } = yield* make(provider)
      const changes = yield* Effect.fork(Stream.runCollect(Stream.take(breakers.changes, 6)))
      yield* TestClock.adjust("1 second")
      // of none of these there is anything to tell
      yield* breakers.forceClose("shop")
      yield* breakers.reset("shop")
      yield* breakers.setMode("shop", "enforcing")
      yield* trip(get)
      yield* breakers.openFor("shop", "2 seconds", "patience")
      yield* TestClock.adjust("2 seconds")
      yield* get
      yield* TestClock.adjust("5 seconds")
      yield* get
      yield* breakers.forceOpen("shop", "maintenance")
      const told = Chunk.toReadonlyArray(yield* Fiber.join(changes))
      deepStrictEqual(told.map(({ at, from, generation, reason, to }) => [at, from, to, reason, generation]), [
        [1_000, "closed", "open", "2 failures in a row", 4],
        [3_000, "open", "half-open", "probing", 5],
        [3_000, "half-open", "open", "a probe failed", 6],
        [8_000, "open", "half-open", "probing", 6],
        [8_000, "half-open", "closed", "probes succeeded", 7],
        [8_000, "closed", "open", "forced: maintenance", 8]
      ])
      strictEqual(told.every(({ key, mode }) => key === "shop" && mode !== "shadow"), true)
      strictEqual(told.at(-1)?.mode, "forced-open")
    }))

  it.scoped("a snapshot tells whoever is called at night what there is to know", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(bad, bad, bad, Kit.slow("1 second", ok))
      const { get, snapshot } = yield* make(provider, { halfOpenMaxConcurrent: 3, successThreshold: 2 })
      yield* get
      deepStrictEqual((yield* snapshot).failures, 1)
      yield* get
      yield* TestClock.adjust("1 second")
      yield* Effect.replicateEffect(get, 3)
      const open = yield* snapshot
      deepStrictEqual(open, {
        failures: 0,
        generation: 2,
        key: "shop",
        lastTransition: {
          at: 0,
          from: "closed",
          generation: 2,
          key: "shop",
          mode: "enforcing",
          reason: "2 failures in a row",
          to: "open"
        },
        mode: "enforcing",
        modeByHand: undefined,
        openFor: Duration.seconds(5),
        openings: 1,
        probeSuccesses: 0,
        probes: 0,
        reason: "2 failures in a row",
        rejected: 3,
        retryAfter: Duration.seconds(4),
        state: "open",
        window: undefined,
        wouldHaveRejected: 0
      })
      provider.answer = Kit.slow("1 second", ok)
      yield* TestClock.adjust("4 seconds")
      const first = yield* Effect.fork(get)
      yield* TestClock.adjust("500 millis")
      const second = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      strictEqual((yield* snapshot).probes, 2)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(first)
      deepStrictEqual([(yield* snapshot).probes, (yield* snapshot).probeSuccesses, (yield* snapshot).state], [
        1,
        1,
        "half-open"
      ])
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(second)
      deepStrictEqual([(yield* snapshot).state, (yield* snapshot).retryAfter], ["closed", undefined])
    }))

  it.scoped("metrics: the state, transitions by where they went, and what shadow would have refused", () =>
    Effect.gen(function*() {
      const { breakers, shop } = yield* make(new Kit.Provider(bad), { key: () => "metered", mode: "shadow" })
      const get = Effect.either(shop.items.get({ path: { id: "1" } }))
      const read = Effect.map(Metric.snapshot, (pairs) => {
        const of = (name: string, ...labels: ReadonlyArray<string>) => {
          const found = pairs.find(({ metricKey }) =>
            metricKey.name === name &&
            ["metered", ...labels].every((label) => metricKey.tags.some(({ value }) => value === label))
          )?.metricState as { readonly count?: number; readonly value?: number } | undefined
          return found?.value ?? found?.count
        }
        return [
          of("integration_circuit_breaker_state"),
          of("integration_circuit_breaker_transitions_total", "open"),
          of("integration_circuit_breaker_shadow_rejections_total")
        ]
      })
      yield* get
      deepStrictEqual(yield* read, [0, undefined, undefined])
      yield* Effect.replicateEffect(get, 4)
      deepStrictEqual(yield* read, [2, 1, 3])
      yield* breakers.forceClose("metered")
      deepStrictEqual(yield* read, [0, 1, 3])
    }))

  it.scoped("of what is not there: nothing", () =>
    Effect.gen(function*() {
      const { breakers } = yield* make(new Kit.Provider(ok))
      deepStrictEqual(yield* breakers.state("other"), Option.none())
    }))
})
