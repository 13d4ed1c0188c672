import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { Deferred, Duration, Effect, Either, Fiber, Layer, TestClock } from "effect"
import { Bulkhead, type Call, IntegrationError, Retry, type Transport } from "holdfast"
import * as Kit from "../kit.js"
import { metric, over, sent } from "./leaf.js"

const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

const item = { path: { id: "1" } }

describe("Bulkhead", () => {
  it.scoped("limit 2, queue 2, five calls: two run, two wait in order, the fifth is refused at once", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 2, maxQueue: 2 }))
      const fibers = yield* Effect.forEach(
        ["a", "b", "c", "d", "e"],
        (id) => Effect.fork(Effect.either(shop.items.get({ path: { id } })))
      )
      yield* TestClock.adjust(0)
      strictEqual(tagOf(yield* Fiber.join(fibers[4]!)), "BulkheadFullError")
      strictEqual(provider.active, 2)
      yield* TestClock.adjust("1 second")
      strictEqual(provider.active, 2)
      deepStrictEqual(provider.requests.map((request) => request.url.at(-1)), ["a", "b", "c", "d"])
      yield* TestClock.adjust("1 second")
      deepStrictEqual((yield* Fiber.joinAll(fibers.slice(0, 4))).map(tagOf), Array(4).fill("success"))
      strictEqual(provider.maxActive, 2)
      // and all slots are free again
      const more = yield* Effect.fork(Effect.all([shop.items.get(item), shop.items.get(item)], { concurrency: 2 }))
      yield* TestClock.adjust(0)
      strictEqual(provider.active, 2)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(more)
    }))

  it.scoped("a queued call that is interrupted never runs, and the next in line does", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 5 }))
      const fibers = yield* Effect.forEach(["a", "b", "c"], (id) => Effect.fork(shop.items.get({ path: { id } })))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(fibers[1]!)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fibers[2]!)
      deepStrictEqual(provider.requests.map((request) => request.url.at(-1)), ["a", "c"])
    }))

  it.scoped("a wait that takes too long is refused, and frees its place in the queue", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("10 seconds", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 1, maxWait: "2 seconds" }))
      const get = Effect.either(shop.items.get(item))
      const first = yield* Effect.fork(get)
      yield* TestClock.adjust(0)
      const second = yield* Effect.fork(get)
      yield* TestClock.adjust("2 seconds")
      strictEqual(tagOf(yield* Fiber.join(second)), "BulkheadFullError")
      const third = yield* Effect.fork(get)
      yield* TestClock.adjust("8 seconds")
      strictEqual(tagOf(yield* Fiber.join(first)), "success")
      // the third had been waiting for 8 seconds by then, and was refused after 2
      strictEqual(tagOf(yield* Fiber.join(third)), "BulkheadFullError")
      strictEqual(provider.count, 1)
    }))

  it.scoped("2,000 waiters on 10 permits all run, never more than 10 at once, in order", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("5 millis", Kit.ok))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 10, maxQueue: 2_000 }))
      const fiber = yield* Effect.fork(Effect.forEach(
        Array.from({ length: 2_000 }, (_, index) => String(index)),
        (id) => shop.items.get({ path: { id } }),
        { concurrency: "unbounded", discard: true }
      ))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      strictEqual(provider.count, 2_000)
      strictEqual(provider.maxActive, 10)
      deepStrictEqual(
        provider.requests.map((request) => Number(request.url.slice("https://shop.example/items/".length))),
        Array.from({ length: 2_000 }, (_, index) => index)
      )
    }))

  it.scoped("a failing call frees its slot", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const shop = yield* Kit.shop(provider, Bulkhead.layer({ maxConcurrent: 1, maxQueue: 0 }))
      for (let i = 0; i < 5; i++) strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "ServerError")
    }))

  it.scoped("trap 25: a pause between attempts holds no slot", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.ok)
      const shop = yield* Kit.shop(
        provider,
        Retry.layer({ initialDelay: "10 seconds", jitter: "none", maxAttempts: 2 }).pipe(
          Layer.provide(Bulkhead.layer({ maxConcurrent: 1, maxQueue: 0 }))
        )
      )
      const retrying = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("5 seconds")
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "success")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(retrying)
    }))
})

describe("Bulkhead, keys", () => {
  const as = (connectionId: string) => ({ context: { connectionId } })
  const perAccount = { key: ({ context }: Call.Call) => context.connectionId ?? "none", maxConcurrent: 2, maxQueue: 5 }

  it.scoped("each account has slots of its own, and a busy one keeps nobody else waiting", () =>
    Effect.gen(function*() {
      const hang = yield* Deferred.make<void>()
      const { bulkheads, call } = yield* over(
        Bulkhead.layer(perAccount),
        (request, call) =>
          call.context.connectionId === "busy"
            ? Effect.zipRight(Deferred.await(hang), sent(request, call))
            : sent(request, call)
      )
      const fibers = yield* Effect.forEach(Array(4), () => Effect.fork(call(as("busy"))))
      yield* TestClock.adjust(0)
      yield* call(as("idle"))
      deepStrictEqual(yield* bulkheads.state, [
        { active: 2, integration: "shop", key: "busy", limit: 2, waiting: 2 },
        { active: 0, integration: "shop", key: "idle", limit: 2, waiting: 0 }
      ])
      yield* Deferred.succeed(hang, undefined)
      yield* Fiber.joinAll(fibers)
    }))

  it.scoped("trap 22: an account that nobody has used for an hour is forgotten, one in use is not", () =>
    Effect.gen(function*() {
      const hang = yield* Deferred.make<void>()
      const { bulkheads, call } = yield* over(
        Bulkhead.layer(perAccount),
        (request, call) =>
          call.context.connectionId === "busy"
            ? Effect.zipRight(Deferred.await(hang), sent(request, call))
            : sent(request, call)
      )
      const busy = yield* Effect.fork(call(as("busy")))
      yield* Effect.forEach(["a", "b", "c"], (id) => call(as(id)))
      yield* TestClock.adjust("1 hour")
      deepStrictEqual((yield* bulkheads.state).map(({ key }) => key), ["busy"])
      yield* Effect.forEach(["d", "e"], (id) => call(as(id)))
      strictEqual(metric("integration_bulkhead_limit") <= 4 * 2, true)
      yield* Deferred.succeed(hang, undefined)
      yield* Fiber.join(busy)
    }))
})

describe("Bulkhead, adaptive", () => {
  /** A provider that answers within a second, but for those beyond what it bears, which it refuses. */
  const bearing = (bearable: number, refusal: (call: Call.Call) => IntegrationError.IntegrationError) => {
    let underWay = 0
    const send: Transport.Send = (request, call) =>
      Effect.suspend(() => {
        call.attempts++
        return underWay >= bearable ? Effect.fail(refusal(call)) : Effect.acquireUseRelease(
          Effect.sync(() => underWay++),
          () => Effect.delay(sent(request, call), "1 second"),
          () => Effect.sync(() => underWay--)
        )
      })
    return send
  }

  const overloaded = (call: Call.Call) =>
    new IntegrationError.ServerError({ ...call.errorFields, message: "overloaded", status: 503 })

  it.scoped("refusals of one crowd cut the limit once; successes under load let it grow again", () =>
    Effect.gen(function*() {
      const { bulkheads, call } = yield* over(
        Bulkhead.layer({ adaptive: { backoffRatio: 0.5, initial: 16, max: 32 } }),
        bearing(10, overloaded)
      )
      const limit = Effect.map(bulkheads.state, ([state]) => state?.limit)
      const crowd = (size: number) =>
        Effect.gen(function*() {
          const fibers = yield* Effect.forEach(Array(size), () => Effect.fork(Effect.either(call())))
          yield* TestClock.adjust("10 seconds")
          return (yield* Fiber.joinAll(fibers)).map(tagOf).filter((tag) => tag === "ServerError").length
        })
      // the first refusal cuts it at once: those who have not begun wait, and are borne
      strictEqual(yield* crowd(16), 1)
      strictEqual(yield* limit, 8)
      // eight at a time, no loss: one more for each round
      strictEqual(yield* crowd(8), 0)
      strictEqual(yield* limit, 9)
      strictEqual(yield* crowd(2), 0)
      strictEqual(yield* limit, 9)
      yield* bulkheads.reset("shop")
      strictEqual(yield* limit, 16)
    }))

  it.scoped("a cut waits for those who are under way, and a growth wakes those who wait at once", () =>
    Effect.gen(function*() {
      const answers = yield* Effect.forEach(Array(8), () => Deferred.make<"ok" | "loss">())
      let count = 0
      const { bulkheads, call, slots } = yield* over(
        Bulkhead.layer({ adaptive: { backoffRatio: 0.5, initial: 4, max: 4 } }),
        (request, call) =>
          Effect.flatMap(Deferred.await(answers[count++]!), (answer) => {
            call.attempts++
            return answer === "ok" ? sent(request, call) : Effect.fail(overloaded(call))
          })
      )
      const fibers = yield* Effect.forEach(answers, () => Effect.fork(Effect.either(call())))
      yield* TestClock.adjust(0)
      deepStrictEqual(yield* slots, [4, 4])
      yield* Deferred.succeed(answers[0]!, "loss")
      yield* TestClock.adjust(0)
      // two slots are left of four, and three calls under way: nobody comes in
      deepStrictEqual((yield* bulkheads.state)[0], {
        active: 3,
        integration: "shop",
        key: "shop",
        limit: 2,
        waiting: 4
      })
      yield* Deferred.succeed(answers[1]!, "ok")
      yield* TestClock.adjust(0)
      deepStrictEqual(yield* slots, [2, 4])
      yield* bulkheads.reset("shop")
      yield* TestClock.adjust(0)
      deepStrictEqual(yield* slots, [4, 2])
      yield* Effect.forEach(answers, (answer) => Deferred.succeed(answer, "ok"))
      yield* Fiber.joinAll(fibers)
    }))

  it("what is a loss: no answer in time, a connection that was not taken, the provider's own word; not a bug", () => {
    const fields = { integration: "shop", message: "", operation: "items.get" }
    const { isOverload } = Bulkhead
    const server = (status: number) => new IntegrationError.ServerError({ ...fields, status })
    const network = (phase: "connect" | "response", code: string) =>
      new IntegrationError.NetworkError({ ...fields, code, phase })
    const timeout = (scope: "attempt" | "total") =>
      new IntegrationError.TimeoutError({ ...fields, after: Duration.seconds(1), scope })
    deepStrictEqual([408, 500, 501, 502, 503, 504, 529].filter((status) => isOverload(server(status))), [
      408,
      503,
      504,
      529
    ])
    strictEqual(isOverload(new IntegrationError.RateLimitError({ ...fields, status: 429 })), true)
    strictEqual(isOverload(new IntegrationError.RateLimitError({ ...fields, retryable: false, status: 429 })), false)
    strictEqual(isOverload(new IntegrationError.RateLimitError({ ...fields, origin: "local" })), false)
    strictEqual(isOverload(network("connect", "ECONNREFUSED")), true)
    strictEqual(isOverload(network("connect", "UND_ERR_CONNECT_TIMEOUT")), true)
    strictEqual(isOverload(network("connect", "ENOTFOUND")), false)
    strictEqual(isOverload(network("response", "ECONNRESET")), false)
    strictEqual(isOverload(timeout("attempt")), true)
    strictEqual(isOverload(timeout("total")), false)
    strictEqual(isOverload(new IntegrationError.ValidationError({ ...fields, status: 400 })), false)
    strictEqual(isOverload(new IntegrationError.NotFoundError({ ...fields, status: 404 })), false)
  })

  it.scoped("bugs do not cut it, and neither do calls that were interrupted or never sent", () =>
    Effect.gen(function*() {
      let answer: Effect.Effect<never, IntegrationError.IntegrationError> = Effect.never
      const { bulkheads, call } = yield* over(
        Bulkhead.layer({ adaptive: { initial: 1, max: 10 } }),
        (_, call) => {
          if (call.operation.name !== "unsent") call.attempts++
          return answer
        }
      )
      const limit = Effect.map(bulkheads.state, ([state]) => state?.limit)
      const fields = { integration: "shop", message: "", operation: "items.get" }
      for (const status of [500, 501, 502]) {
        answer = Effect.fail(new IntegrationError.ServerError({ ...fields, status }))
        yield* Effect.flip(call())
      }
      strictEqual(yield* limit, 1)
      answer = Effect.fail(
        new IntegrationError.TimeoutError({ ...fields, after: Duration.seconds(1), scope: "attempt" })
      )
      yield* Effect.flip(call({ name: "unsent" }))
      answer = Effect.never
      const fiber = yield* Effect.fork(call())
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(fiber)
      strictEqual(yield* limit, 1)
      // an answer is an answer, whatever it says: the provider bore it
      answer = Effect.fail(new IntegrationError.ValidationError({ ...fields, status: 422 }))
      yield* Effect.flip(call())
      strictEqual(yield* limit, 2)
    }))

  it("says what is wrong with options, and how to mend it", () => {
    const wrong: ReadonlyArray<readonly [Bulkhead.Options, string]> = [
      [{ maxConcurrent: 0 }, "Bulkhead.layer: maxConcurrent is 0; it must be a whole number from 1 up"],
      [{ maxQueue: -1 }, "Bulkhead.layer: maxQueue is -1; it must be zero or more"],
      [{ adaptive: { min: 0 } }, "Bulkhead.layer: adaptive.min is 0; it must be a whole number from 1 up"],
      [{ adaptive: { max: 1.5 } }, "Bulkhead.layer: adaptive.max is 1.5; it must be a whole number from 1 up"],
      [
        { adaptive: { initial: 60 } },
        "Bulkhead.layer: adaptive.initial is 60; it must be from adaptive.min, 1, to adaptive.max, 50"
      ],
      [
        { adaptive: { backoffRatio: 1 } },
        "Bulkhead.layer: adaptive.backoffRatio is 1; it must be above 0 and below 1, as in 0.9"
      ]
    ]
    for (const [options, message] of wrong) throws(() => Bulkhead.layer(options), new Error(message))
  })
})

describe("Bulkhead, to look at", () => {
  it.scoped("gauges say what is held, what waits, and how much there is", () =>
    Effect.gen(function*() {
      const gauges = ["active", "waiting", "limit"].map((what) => `integration_bulkhead_${what}`)
      const hang = yield* Deferred.make<void>()
      const { call } = yield* over(
        Bulkhead.layer({ maxConcurrent: 2, maxQueue: 2, maxWait: "5 seconds" }),
        (request, call) => Effect.zipRight(Deferred.await(hang), sent(request, call))
      )
      const fibers = yield* Effect.forEach(Array(5), () => Effect.fork(Effect.either(call())))
      yield* TestClock.adjust(0)
      deepStrictEqual(gauges.map(metric), [2, 2, 2])
      yield* TestClock.adjust("5 seconds")
      deepStrictEqual(gauges.map(metric), [2, 0, 2])
      yield* Deferred.succeed(hang, undefined)
      deepStrictEqual((yield* Fiber.joinAll(fibers)).map(tagOf), [
        "success",
        "success",
        "BulkheadFullError",
        "BulkheadFullError",
        "BulkheadFullError"
      ])
      deepStrictEqual(gauges.map(metric), [0, 0, 2])
    }))

  it.scoped("trap 23: by default a thousand may wait, and the next is refused", () =>
    Effect.gen(function*() {
      const hang = yield* Deferred.make<void>()
      const { call, slots } = yield* over(
        Bulkhead.layer(),
        (request, call) => Effect.zipRight(Deferred.await(hang), sent(request, call))
      )
      const fibers = yield* Effect.forEach(Array(1_050), () => Effect.fork(call()))
      yield* TestClock.adjust(0)
      deepStrictEqual(yield* slots, [50, 1_000])
      strictEqual(
        (yield* Effect.flip(call())).message,
        "nothing was sent to shop: 50 requests are under way and 1000 callers wait already"
      )
      yield* Deferred.succeed(hang, undefined)
      yield* Fiber.joinAll(fibers)
    }))

  it.scoped("one who waits for long is refused when its time is over, whoever came and went before it", () =>
    Effect.gen(function*() {
      const hang = yield* Deferred.make<void>()
      const { call, slots } = yield* over(
        Bulkhead.layer({ maxConcurrent: 1, maxWait: "10 seconds" }),
        (request, call) => Effect.zipRight(Deferred.await(hang), sent(request, call))
      )
      const first = yield* Effect.fork(call())
      yield* TestClock.adjust(0)
      const fibers = yield* Effect.forEach(
        Array(3),
        () => Effect.zipRight(TestClock.adjust("2 seconds"), Effect.fork(Effect.either(call())))
      )
      yield* Fiber.interrupt(fibers[0]!)
      yield* TestClock.adjust("7999 millis")
      deepStrictEqual(yield* slots, [1, 2])
      yield* TestClock.adjust("1 millis")
      deepStrictEqual(yield* slots, [1, 1])
      strictEqual(tagOf(yield* Fiber.join(fibers[1]!)), "BulkheadFullError")
      yield* Deferred.succeed(hang, undefined)
      yield* Fiber.join(first)
      strictEqual(tagOf(yield* Fiber.join(fibers[2]!)), "success")
    }))
})
