/** A store that is away, slow, or forgets: what the callers of a limit notice of it, which is next to nothing. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Cause, Context, Duration, Effect, Exit, Fiber, Layer, Logger, LogLevel, Scope, TestClock } from "effect"
import { RateLimit } from "holdfast"
import * as Lease from "../../../src/policy/internal/limit/leaseCore.js"
import { StoreError } from "../../../src/policy/internal/limit/leasedLimiters.js"
import { clientOf, Provider, sentOf, type World } from "../../../src/testing/conformance/internal/rateLimitKit.js"
import { SharedMemory } from "./sharedMemory.js"

const isAway = Effect.fail(new StoreError({ away: true, message: "connection refused" }))

/** So many processes on one store, what they log, and a client in each. */
const fleet = (size: number, options: RateLimit.Options) =>
  Effect.gen(function*() {
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (LogLevel.greaterThanEqual(logLevel, LogLevel.Info)) logged.push(`${logLevel.label} ${String(message)}`)
    })
    const store = new SharedMemory()
    const provider = new Provider()
    const processes = yield* Effect.forEach(Array.from({ length: size }), () =>
      Effect.gen(function*() {
        const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) => Scope.close(scope, exit))
        const context = yield* Scope.extend(
          Layer.build(Layer.provide(store.layer, Logger.replace(Logger.defaultLogger, logger))),
          scope
        )
        const service = Context.get(context, RateLimit.RateLimiters)
        const world: World = {
          peer: service,
          service,
          settle: Effect.zipRight(Effect.yieldNow(), TestClock.adjust(0)),
          unit: Duration.seconds(1),
          wait: () => Effect.void
        }
        return { client: yield* clientOf(world, service, "shop", provider, options), scope, service }
      }))
    return { logged, processes, provider, store }
  })

describe("a store that is away", () => {
  it.scoped("from the start: each process goes on with a limit of its own, and says so once", () =>
    Effect.gen(function*() {
      const { logged, processes: [one], provider, store } = yield* fleet(1, { capacity: 4, refillRate: 2 })
      store.fault = isAway
      const calls = yield* one!.client.calls(6)
      yield* TestClock.adjust("5 seconds")
      strictEqual(sentOf(yield* Fiber.join(calls)), 6)
      yield* TestClock.adjust("1 minute")
      strictEqual(provider.sent.length, 6)
      deepStrictEqual(logged, [
        "WARN the store cannot be used for rate limits: this process goes on with its share (connection refused)"
      ])
    }))

  it.scoped("and comes back: it is shared again, and that is said once too", () =>
    Effect.gen(function*() {
      const { logged, processes, store } = yield* fleet(4, { capacity: 8, refillRate: 8 })
      for (const { client } of processes) strictEqual(yield* client.call(), "sent")
      store.fault = isAway
      const before = store.steps
      // alone, each has a fourth
      const calls = yield* Effect.forEach(processes, ({ client }) => client.calls(6))
      yield* TestClock.adjust("4 seconds")
      for (const fiber of calls) strictEqual(sentOf(yield* Fiber.join(fiber)), 6)
      strictEqual(logged.filter((line) => line.startsWith("WARN")).length, 4)
      yield* TestClock.adjust("1 minute")
      // it is looked for, and ever more rarely
      strictEqual(store.steps - before < 4 * 40, true)
      store.fault = Effect.void
      yield* TestClock.adjust("10 seconds")
      strictEqual(logged.filter((line) => line.startsWith("INFO")).length, 4)
      strictEqual(logged.length, 8)
      strictEqual(Object.keys(store.ledger("shop").accounts).length, 4)
    }))

  it.scoped("without an answer: nobody waits for longer than its timeout", () =>
    Effect.gen(function*() {
      const { processes: [one], store } = yield* fleet(1, { capacity: 4, refillRate: 100 })
      store.fault = Effect.never
      const calls = yield* one!.client.calls(3)
      yield* TestClock.adjust("300 millis")
      strictEqual(sentOf(yield* Fiber.join(calls)), 3)
      // and the next not at all
      strictEqual(yield* one!.client.call(), "sent")
    }))

  it.scoped("one key alone that it cannot answer for is no reason to leave it for the others", () =>
    Effect.gen(function*() {
      const { logged, processes: [one], store } = yield* fleet(1, { capacity: 4, refillRate: 4 })
      store.fault = Effect.fail(new StoreError({ away: false, message: "nonsense" }))
      const calls = yield* one!.client.calls(1)
      yield* TestClock.adjust("1 second")
      strictEqual(sentOf(yield* Fiber.join(calls)), 1)
      store.fault = Effect.void
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual(logged.map((line) => line.slice(0, 4)), ["WARN", "INFO"])
    }))
})

describe("a store that forgets", () => {
  it.scoped("is told again of a cool-down, and of what the processes hold", () =>
    Effect.gen(function*() {
      const { processes: [one, other], provider, store } = yield* fleet(2, { capacity: 4, refillRate: 4 })
      strictEqual(yield* one!.client.call(), "sent")
      strictEqual(yield* other!.client.call(), "sent")
      yield* one!.service.coolDown("shop", "20 seconds")
      yield* TestClock.adjust(0)
      store.ledgers.clear()
      const calls = yield* one!.client.calls(2)
      yield* TestClock.adjust("19 seconds")
      strictEqual(provider.sent.length, 2)
      yield* TestClock.adjust("3 seconds")
      strictEqual(sentOf(yield* Fiber.join(calls)), 2)
    }))
})

describe("a process that ends", () => {
  it.scoped("gives back what it holds", () =>
    Effect.gen(function*() {
      const { processes: [one], store } = yield* fleet(1, { capacity: 100, refillRate: 10 })
      const calls = yield* one!.client.calls(10)
      strictEqual(sentOf(yield* Fiber.join(calls)), 10)
      yield* one!.client.call()
      yield* Scope.close(one!.scope, Exit.void)
      const ledger = store.ledger("shop")
      deepStrictEqual(Object.values(ledger.accounts).map(Lease.held), [0])
      strictEqual(ledger.tokens, 89)
    }))
})

describe("a process that is busy itself", () => {
  it.scopedLive("does not take the store for away because its answer has to wait", () =>
    Effect.gen(function*() {
      const { logged, processes: [one], store } = yield* fleet(1, { capacity: 100, refillRate: 1_000 })
      // an answer that is there after a round trip through the kernel
      store.fault = Effect.async((resume) => void setImmediate(() => resume(Effect.void)))
      const calls = yield* Effect.fork(Effect.replicateEffect(one!.client.call(), 3))
      yield* Effect.yieldNow()
      const at = performance.now()
      yield* Effect.sync(() => {
        while (performance.now() - at < 600);
      })
      strictEqual(sentOf(yield* Fiber.join(calls)), 3)
      deepStrictEqual(logged, [])
    }))
})

describe("a process that ends while the store is away", () => {
  it.scopedLive("is not held up by it", () =>
    Effect.gen(function*() {
      const { processes: [one], store } = yield* fleet(1, { capacity: 100, refillRate: 10 })
      yield* Effect.forkScoped(Effect.replicateEffect(one!.client.call(), 20))
      yield* Effect.sleep(20)
      store.fault = Effect.never
      const at = performance.now()
      yield* Scope.close(one!.scope, Exit.void)
      strictEqual(performance.now() - at < 30_000, true)
    }))
})

describe("a window", () => {
  it.effect("cannot be shared, and says what to give instead", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Effect.scoped(fleet(1, { limit: 100, window: "10 seconds" })))
      const said = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
      strictEqual(said.includes("capacity + refillRate × 10 must not be more than 100"), true)
    }))
})
