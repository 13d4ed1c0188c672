/** What becomes of a write that has failed, where it may have been done. */
import { assert, describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Clock, Data, Duration, Effect, Fiber, Logger, Option, Schedule, TestClock } from "effect"
import { DeadLetterQueue, IntegrationError, Reconcile } from "holdfast"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"

const common = { integration: "shop", message: "spec", operation: "orders.create" }

const inDoubt = new IntegrationError.NetworkError({ ...common, phase: "response" })

class Elsewhere extends Data.TaggedError("Elsewhere")<{}> {}

/** What finds nothing so many times, and remembers when it was asked. */
const looking = (misses: number) => {
  const times: Array<number> = []
  const find = Effect.map(Clock.currentTimeMillis, (now) => {
    times.push(now)
    return times.length > misses ? Option.some("found") : Option.none()
  })
  return { find, times }
}

describe("Reconcile.orFind", () => {
  it.effect("of a write that succeeds, looks for nothing", () =>
    Effect.gen(function*() {
      const { find, times } = looking(0)
      strictEqual(yield* Effect.succeed("written").pipe(Reconcile.orFind(find)), "written")
      deepStrictEqual(times, [])
    }))

  const retryAfter = Duration.seconds(1)
  for (
    const [what, error, isSought] of [
      ["an answer that was lost", inDoubt, true],
      [
        "one that came too late",
        new IntegrationError.TimeoutError({ ...common, after: retryAfter, scope: "attempt" }),
        true
      ],
      ["one that cannot be read", new IntegrationError.ResponseDecodeError({ ...common, status: 201 }), true],
      ["a failure of the server", new IntegrationError.ServerError({ ...common, status: 500 }), true],
      ["a server that asks to wait", new IntegrationError.ServerError({ ...common, retryAfter, status: 503 }), false],
      ["no connection", new IntegrationError.NetworkError({ ...common, phase: "connect" }), false],
      ["what is refused", new IntegrationError.ConflictError({ ...common, status: 409 }), false],
      ["a limit", new IntegrationError.RateLimitError(common), false],
      ["an open circuit", new IntegrationError.CircuitBreakerOpenError(common), false],
      [
        "a deadline before the first request",
        new IntegrationError.TimeoutError({
          ...common,
          after: retryAfter,
          attempts: 0,
          scope: "total"
        }),
        false
      ]
    ] as const
  ) {
    it.effect(`after ${what}, looks${isSought ? "" : " for nothing"}`, () =>
      Effect.gen(function*() {
        const { find, times } = looking(0)
        const write: Effect.Effect<string, IntegrationError.IntegrationError> = Effect.fail(error)
        const outcome = yield* Effect.either(Reconcile.orFind(write, find))
        deepStrictEqual([times.length, outcome._tag], isSought ? [1, "Right"] : [0, "Left"])
        if (outcome._tag === "Left") strictEqual(outcome.left, error)
      }))
  }

  it.effect("after an error that is none of a call, looks for nothing", () =>
    Effect.gen(function*() {
      const { find, times } = looking(0)
      const write = Effect.fail(new Elsewhere())
      strictEqual((yield* Effect.flip(Reconcile.orFind(write, find, { when: () => true })))._tag, "Elsewhere")
      deepStrictEqual(times, [])
    }))

  it.effect("looks again after one second and after two more, and then lets the error stand", () =>
    Effect.gen(function*() {
      for (const [misses, after] of [[0, 0], [1, 1000], [2, 3000], [3, 3000]] as const) {
        const { find, times } = looking(misses)
        const began = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.fork(Effect.either(Effect.fail(inDoubt).pipe(Reconcile.orFind(find))))
        yield* TestClock.adjust("10 seconds")
        const outcome = yield* Fiber.join(fiber)
        if (outcome._tag === "Left") strictEqual(outcome.left, inDoubt)
        else strictEqual(outcome.right, "found")
        deepStrictEqual([outcome._tag === "Right", (times.at(-1) ?? NaN) - began], [misses < 3, after])
      }
    }))

  it.effect("looks as often as it is told to", () =>
    Effect.gen(function*() {
      const { find, times } = looking(9)
      yield* Effect.flip(Effect.fail(inDoubt).pipe(Reconcile.orFind(find, { schedule: Schedule.stop })))
      strictEqual(times.length, 1)
    }))

  it.effect("looks once where the look itself fails; the error of the write stands", () =>
    Effect.gen(function*() {
      let looks = 0
      const find = Effect.suspend(() => {
        looks++
        return Effect.fail(new Elsewhere())
      })
      const error: IntegrationError.NetworkError = yield* Effect.flip(Reconcile.orFind(Effect.fail(inDoubt), find))
      strictEqual(error, inDoubt)
      strictEqual(looks, 1)
    }))

  it.effect("looks after a conflict where it is told to", () =>
    Effect.gen(function*() {
      const write = Effect.fail(new IntegrationError.ConflictError({ ...common, status: 409 }))
      const options = { when: ({ _tag }: IntegrationError.IntegrationError) => _tag === "ConflictError" }
      strictEqual(yield* Reconcile.orFind(write, looking(0).find, options), "found")
    }))

  it.effect("is over when its caller is interrupted between two looks", () =>
    Effect.gen(function*() {
      const { find, times } = looking(9)
      const fiber = yield* Effect.fork(Reconcile.orFind(Effect.fail(inDoubt), find))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      strictEqual(times.length, 1)
    }))

  describe("the dead letter of the write", () => {
    const captured = Effect.gen(function*() {
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const deadLetterId = yield* queue.capture(letter({ error: inDoubt }))
      const write = Effect.fail(new IntegrationError.NetworkError({ ...common, deadLetterId, phase: "response" }))
      return { deadLetterId, queue, write }
    })

    it.scoped("is discarded, with the reason, when it was found to be done", () =>
      Effect.gen(function*() {
        const { deadLetterId, queue, write } = yield* captured
        yield* Reconcile.orFind(write, looking(0).find)
        strictEqual((yield* queue.get(deadLetterId)).state, "discarded")
        assert.include((yield* queue.history(deadLetterId)).at(-1)?.detail, "found to be done")
      }).pipe(Effect.provide(DeadLetterQueue.layerMemory)))

    it.scoped("stays where nothing was found", () =>
      Effect.gen(function*() {
        const { deadLetterId, queue, write } = yield* captured
        const error = yield* Effect.flip(Reconcile.orFind(write, looking(9).find, { schedule: Schedule.stop }))
        strictEqual(error.deadLetterId, deadLetterId)
        strictEqual((yield* queue.get(deadLetterId)).state, "pending")
      }).pipe(Effect.provide(DeadLetterQueue.layerMemory)))

    it.scoped("that somebody has removed meanwhile is told of, and the write is done all the same", () =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const logger = Logger.make(({ message }) => void told.push(String(message)))
        const write = Effect.fail(
          new IntegrationError.NetworkError({ ...common, deadLetterId: "gone", phase: "response" })
        )
        const found = yield* Reconcile.orFind(write, looking(0).find).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        strictEqual(found, "found")
        assert.include(told.join("\n"), "cannot be discarded")
      }).pipe(Effect.provide(DeadLetterQueue.layerMemory)))

    it.effect("is nobody's business where there is no queue", () =>
      Effect.gen(function*() {
        assertNone(yield* Effect.serviceOption(DeadLetterQueue.DeadLetterQueue))
        const write = Effect.fail(
          new IntegrationError.NetworkError({ ...common, deadLetterId: "a", phase: "response" })
        )
        strictEqual(yield* Reconcile.orFind(write, looking(0).find), "found")
      }))
  })
})
