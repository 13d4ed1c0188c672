/**
 * What every backing of idempotency must do. A third party's backing proves itself by calling `suite` in a spec of its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Idempotency from "../../delivery/Idempotency.js"
import { StoreError } from "../../delivery/internal/idempotencyStore.js"
import * as Model from "./internal/idempotencyModel.js"
import * as Pace from "./internal/pace.js"

class Declined extends Schema.TaggedError<Declined>()("Declined", { why: Schema.String }) {}

interface World {
  readonly service: Idempotency.Idempotency["Type"]
  readonly peer: Idempotency.Idempotency["Type"]
  readonly wait: (units: number) => Effect.Effect<void>
  readonly units: (n: number) => Duration.Duration
}

/** Counts its runs; each takes so many units, and gives its number. */
class Counter {
  runs = 0
  readonly run: Effect.Effect<number>

  constructor({ units }: World, lasts: number) {
    this.run = Effect.suspend(() => Effect.delay(Effect.succeed(++this.runs), units(lasts)))
  }
}

/**
 * The conformance suite of a backing. The store behind it need not be empty, since no key is used twice.
 *
 * @example
 * ```ts
 * import { Idempotency } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/Idempotency"
 *
 * suite("memory", Idempotency.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<Idempotency.Idempotency, E>,
  options: {
    /** Another process on the same store. Default: the same service once more. */
    readonly peer?: Layer.Layer<Idempotency.Idempotency, E> | undefined
    /** `live` for a store with a clock of its own. Default `test`, where `TestClock` is the only clock. */
    readonly clock?: "test" | "live" | undefined
    /** The unit of all waits; the longest is 20 of them. Default 1 second, live 100 milliseconds. */
    readonly unit?: Duration.DurationInput | undefined
    /** Sequences of steps that the model test tries. Default 200. */
    readonly numRuns?: number | undefined
  } = {}
): void => {
  const isLive = options.clock === "live"
  const unit = Duration.decode(options.unit ?? (isLive ? "100 millis" : "1 second"))
  const pass = (duration: Duration.Duration) => isLive ? Effect.sleep(duration) : TestClock.adjust(duration)

  const worldAt = (slower: number) =>
    Effect.gen(function*() {
      const service = Context.get(yield* Layer.build(layer), Idempotency.Idempotency)
      const peer = options.peer === undefined
        ? service
        : Context.get(yield* Layer.build(options.peer), Idempotency.Idempotency)
      const units = (n: number) => Duration.times(unit, n * slower)
      return {
        peer,
        service,
        units,
        wait: (n) => Effect.zipRight(Effect.yieldNow(), pass(units(n)))
      } satisfies World
    })
  const paced = Pace.atAnyPace(isLive, worldAt)

  const test = (behaviour: string, run: (world: World) => Effect.Effect<void, unknown, Scope.Scope>) =>
    (isLive ? it.live : it.effect)(behaviour, () => paced(run), Pace.timeout)

  /** A call in one of the processes. */
  const once = <A, E2 = never>(
    service: Idempotency.Idempotency["Type"],
    key: string,
    effect: Effect.Effect<A, E2>,
    more: Partial<Idempotency.Options<A, unknown, E2, unknown>> = {}
  ): Effect.Effect<A, E2 | Idempotency.IdempotencyError> =>
    Effect.provideService(
      Idempotency.once(effect, key, {
        failure: Declined as never,
        success: Schema.Number as never,
        ...more
      }),
      Idempotency.Idempotency,
      service
    )

  const newKey = Effect.sync(() => `conformance-${crypto.randomUUID()}`)

  // waiting for a real clock is done side by side
  describe(`Idempotency over ${name}`, { concurrent: isLive }, () => {
    test("the first one runs, and all who come later get what came of it", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const work = new Counter(world, 0)
        for (const service of [world.service, world.peer, world.service]) {
          const fiber = yield* Effect.fork(once(service, key, work.run))
          yield* world.wait(1)
          assert.strictEqual(yield* Fiber.join(fiber), 1)
        }
        assert.strictEqual(work.runs, 1)
      }))

    test("those who come meanwhile wait, in both processes, and get the same", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const work = new Counter(world, 5)
        const fibers = []
        for (const service of [world.service, world.peer, world.service, world.peer]) {
          fibers.push(yield* Effect.fork(once(service, key, work.run)))
          yield* world.wait(0.5)
        }
        yield* world.wait(8)
        assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [1, 1, 1, 1])
        assert.strictEqual(work.runs, 1)
      }))

    test("many at once are one run", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const work = new Counter(world, 1)
        const fibers = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, i) => i % 2 === 0 ? world.service : world.peer),
          (service) => Effect.fork(once(service, key, work.run))
        )
        yield* world.wait(8)
        assert.deepStrictEqual([...new Set(yield* Effect.forEach(fibers, Fiber.join))], [1])
        assert.strictEqual(work.runs, 1)
      }))

    test("a declared failure is an outcome like any other", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        let runs = 0
        const declined = Effect.suspend(() => Effect.fail(new Declined({ why: `the card, ${++runs}` })))
        for (const service of [world.service, world.peer]) {
          const error = yield* Effect.flip(once<number, Declined>(service, key, declined))
          assert.isTrue(error instanceof Declined && error.why === "the card, 1")
        }
      }))

    test("a key that stands for something else is refused, also while it runs", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const work = new Counter(world, 2)
        const first = yield* Effect.fork(once(world.service, key, work.run, { fingerprint: "one" }))
        yield* world.wait(0.5)
        const conflicts = Effect.map(
          Effect.flip(once(world.peer, key, work.run, { fingerprint: "other" })),
          (error) => assert.strictEqual(error.reason, "conflict")
        )
        yield* conflicts
        yield* world.wait(3)
        yield* Fiber.join(first)
        yield* conflicts
        assert.strictEqual(work.runs, 1)
      }))

    test("who does not want to wait is told that it runs", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const work = new Counter(world, 4)
        const first = yield* Effect.fork(once(world.service, key, work.run))
        yield* world.wait(1)
        const error = yield* Effect.flip(once(world.peer, key, work.run, { whenRunning: "fail" }))
        assert.strictEqual(error.reason, "running")
        assert.isTrue(Duration.greaterThan(error.retryAfter ?? 0, 0))
        yield* world.wait(5)
        yield* Fiber.join(first)
        assert.strictEqual(yield* once(world.peer, key, work.run, { whenRunning: "fail" }), 1)
      }))

    test("after a defect it may run again", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const exit = yield* Effect.exit(once(world.service, key, Effect.die("boom")))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.strictEqual(yield* once(world.peer, key, Effect.succeed(2)), 2)
      }))

    test("after an interruption it may run again, and who waits does", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const first = yield* Effect.fork(once(world.service, key, Effect.never))
        yield* world.wait(1)
        const second = yield* Effect.fork(once(world.peer, key, Effect.succeed(2)))
        yield* world.wait(1)
        yield* Fiber.interrupt(first)
        yield* world.wait(4)
        assert.strictEqual(yield* Fiber.join(second), 2)
      }))

    test("for as long as it works its lease is renewed", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const work = new Counter(world, 16)
        const lease = world.units(4)
        const first = yield* Effect.fork(once(world.service, key, work.run, { lease }))
        yield* world.wait(1)
        const second = yield* Effect.fork(once(world.peer, key, work.run, { lease }))
        yield* world.wait(20)
        assert.strictEqual(yield* Fiber.join(first), 1)
        assert.strictEqual(yield* Fiber.join(second), 1)
        assert.strictEqual(work.runs, 1)
      }))

    test("one that has died is followed within its lease, and what it brings later is refused", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const lease = Duration.toMillis(world.units(5))
        // as a process that is gone: nobody renews it
        const { store } = world.service
        const step = { fingerprint: "", keep: 600_000, lease, owner: "the dead" }
        const begun = yield* store.take(key, { _tag: "begin", ...step })
        assert.strictEqual(begun._tag, "run")
        const work = new Counter(world, 0)
        const next = yield* Effect.fork(once(world.peer, key, work.run))
        yield* world.wait(2)
        assert.strictEqual(work.runs, 0)
        yield* world.wait(8)
        assert.strictEqual(yield* Fiber.join(next), 1)
        const late = yield* store.take(key, { _tag: "finish", keep: 600_000, outcome: "late", owner: "the dead" })
        assert.strictEqual(late._tag, "stale")
        assert.strictEqual(yield* once(world.service, key, work.run), 1)
      }))

    test("one that was followed is interrupted, and told", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const { store } = world.service
        let isCutOff = true
        // its signs of life are lost for a while
        const cutOff = Idempotency.fromStore({
          ...store,
          take: (key, step) =>
            Effect.suspend(() =>
              isCutOff && step._tag === "renew"
                ? Effect.fail(new StoreError({ message: "as the spec wants it" }))
                : store.take(key, step)
            )
        })
        const interrupted = yield* Deferred.make<void>()
        const first = yield* Effect.fork(
          once(cutOff, key, Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined)), {
            lease: world.units(3)
          })
        )
        yield* world.wait(1)
        const second = yield* Effect.fork(once(world.peer, key, Effect.succeed(2)))
        yield* world.wait(6)
        assert.strictEqual(yield* Fiber.join(second), 2)
        isCutOff = false
        yield* world.wait(2)
        yield* Deferred.await(interrupted)
        assert.strictEqual((yield* Effect.flip(Fiber.join(first))).reason, "overtaken")
        assert.strictEqual(yield* once(cutOff, key, Effect.succeed(3)), 2)
      }))

    test("what is kept is forgotten in the end, and the key runs again", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        const timeToLive = world.units(4)
        assert.strictEqual(yield* once(world.service, key, Effect.succeed(1), { timeToLive }), 1)
        assert.strictEqual(yield* once(world.peer, key, Effect.succeed(2), { timeToLive }), 1)
        yield* world.wait(6)
        assert.strictEqual(yield* once(world.peer, key, Effect.succeed(3), { fingerprint: "other", timeToLive }), 3)
      }))

    test("an outcome that its schema does not describe is a defect, and not kept", (world) =>
      Effect.gen(function*() {
        const key = yield* newKey
        // as an effect whose type does not say the truth: what this is about
        const exit = yield* Effect.exit(once(world.service, key, Effect.succeed("text" as unknown as number)))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.strictEqual(yield* once(world.peer, key, Effect.succeed(2)), 2)
        const other = yield* Effect.flip(
          once(world.service, key, Effect.succeed("a"), { success: Schema.String as never })
        )
        assert.strictEqual(other.reason, "outcome")
      }))

    Model.test(layer, options.numRuns ?? 200)
  })
}
