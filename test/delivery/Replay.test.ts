import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as LeaseQueue from "../../src/delivery/LeaseQueue.js"
import * as Replay from "../../src/delivery/Replay.js"
import { letter, serverError } from "../../src/testing/conformance/internal/deadLetters.js"
import { isLong } from "../campaign.js"
import { turn } from "../turn.js"

const pending = Effect.flatMap(
  DeadLetterQueue.DeadLetterQueue,
  (queue) => Effect.map(queue.stats(), ({ byState }) => byState.pending)
)

describe("Replay.layerSchedule", () => {
  it.scoped("replays at each of its times, and not at the start", () =>
    Effect.gen(function*() {
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      let healthy = false
      yield* queue.register("hubspot", () => Effect.suspend(() => healthy ? Effect.void : serverError()))
      for (let i = 0; i < 3; i++) yield* queue.capture(letter())
      yield* Layer.build(
        Replay.layerSchedule({ schedule: Schedule.spaced("1 hour"), stopWhen: false, uncertain: "send" })
      )
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual((yield* queue.stats()).byState.pending, 3)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* pending, 3)
      assert.deepInclude((yield* queue.list()).items[0], { replays: 1 })
      healthy = true
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* pending, 0)
    }).pipe(Effect.provide(DeadLetterQueue.layerMemory)))

  it.scoped("leaves out what may have been acted on, and keeps its pace", () =>
    Effect.gen(function*() {
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const times: Array<number> = []
      yield* queue.register("hubspot", () => Effect.map(TestClock.currentTimeMillis, (now) => void times.push(now)))
      const { request } = letter()
      yield* queue.capture(
        letter({ request: new DeadLetterQueue.DeadLetterRequest({ ...request, mayHaveBeenProcessed: true }) })
      )
      for (let i = 0; i < 4; i++) yield* queue.capture(letter())
      yield* Layer.build(Replay.layerSchedule({ rate: 2, schedule: Schedule.spaced("1 hour") }))
      yield* TestClock.adjust("61 minutes")
      assert.strictEqual(times.length, 4)
      for (const [i, at] of times.entries()) assert.isAtLeast(at - (times[0] ?? 0), i * 500)
      assert.strictEqual(yield* pending, 1)
    }).pipe(Effect.provide(DeadLetterQueue.layerMemory)))

  it.scoped("of the processes of a fleet one at a time does", () =>
    Effect.gen(function*() {
      const store = yield* LeaseQueue.makeMemory()
      let atOnce = 0
      let most = 0
      let sent = 0
      const owners = new Set<string>()
      for (const owner of ["one", "two", "three"]) {
        const process = yield* Layer.build(
          Layer.provide(DeadLetterQueue.layer({ owner }), Layer.succeed(LeaseQueue.LeaseQueue, store))
        )
        const queue = Context.get(process, DeadLetterQueue.DeadLetterQueue)
        yield* queue.register("hubspot", () =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              owners.add(owner)
              sent++
              most = Math.max(most, ++atOnce)
            }),
            () => Effect.sleep("10 seconds"),
            () => Effect.sync(() => void atOnce--)
          ))
        if (owner === "one") { for (let i = 0; i < 6; i++) yield* queue.capture(letter()) }
        yield* Effect.provide(
          Layer.build(Replay.layerSchedule({ concurrency: 1, schedule: Schedule.spaced("1 hour") })),
          process
        )
      }
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual({ most, owners: owners.size, sent }, { most: 1, owners: 1, sent: 6 })
    }))

  it.scoped("is not built with options that cannot be", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(
        Layer.build(Replay.layerSchedule({ rate: -1, schedule: Schedule.spaced("1 hour") }))
      )
      assert.isTrue(Exit.isFailure(exit))
    }).pipe(Effect.provide(DeadLetterQueue.layerMemory)))
})

const over = (store: LeaseQueue.LeaseQueue["Type"], options?: DeadLetterQueue.Options) =>
  Effect.map(
    Layer.build(Layer.provide(DeadLetterQueue.layer(options), Layer.succeed(LeaseQueue.LeaseQueue, store))),
    (context) => Context.get(context, DeadLetterQueue.DeadLetterQueue)
  )

describe("Replay.run", () => {
  it.scopedLive("holds a page of letters at most, however many there are", () =>
    Effect.gen(function*() {
      const letters = isLong ? 20_000 : 1000
      const store = yield* LeaseQueue.makeMemory()
      let listed = 0
      let settled = 0
      let most = 0
      const queue = yield* over({
        ...store,
        list: (filter, page) =>
          Effect.tap(store.list(filter, page), ({ items }) =>
            Effect.sync(() => {
              listed += items.length
              most = Math.max(most, listed - settled)
            })),
        complete: (id, token, options) =>
          Effect.tap(store.complete(id, token, options), Effect.sync(() => void settled++))
      })
      // a provider takes a turn of the event loop at least, and so does who captures
      yield* queue.register("hubspot", () => turn)
      yield* Effect.forEach(Array.from({ length: letters }), () => Effect.zipRight(turn, queue.capture(letter())), {
        concurrency: 100
      })
      const plan = yield* queue.planReplay({}, { examine: 0 })
      // what the plan has looked at is gone
      listed = 0
      most = 0
      const report = yield* Effect.flatMap(queue.startReplay(plan), (job) => job.await)
      assert.strictEqual(report.replayed, letters)
      assert.strictEqual(listed, letters)
      assert.isAtMost(most, 100)
      assert.isBelow(JSON.stringify(plan).length, 1000)
    }))

  it.scoped("an exclusive name, and the letters, of a process that died are free at the end of their leases", () =>
    Effect.gen(function*() {
      const store = yield* LeaseQueue.makeMemory()
      let dead = false
      const fromTheDead = <A, E>(step: Effect.Effect<A, E>) => Effect.suspend(() => dead ? Effect.never : step)
      const first = yield* over({
        ...store,
        complete: (...args) => fromTheDead(store.complete(...args)),
        release: (...args) => fromTheDead(store.release(...args)),
        renew: (...args) => fromTheDead(store.renew(...args))
      })
      const second = yield* over(store)
      const ids: Array<string> = []
      for (let i = 0; i < 6; i++) ids.push(yield* first.capture(letter()))
      yield* first.register("hubspot", () => Effect.never)
      const sent: Array<string> = []
      yield* second.register("hubspot", (letter) => Effect.sync(() => void sent.push(letter.id)))
      const run = (queue: DeadLetterQueue.DeadLetterQueue["Type"]) =>
        Effect.flatMap(queue.planReplay({}, { exclusive: "nightly" }), queue.startReplay)

      yield* run(first)
      yield* TestClock.adjust("45 seconds")
      dead = true
      assert.deepInclude(yield* Effect.flatMap(run(second), (job) => job.await), { ended: { _tag: "Elsewhere" } })
      yield* TestClock.adjust("31 seconds")
      assert.deepInclude(yield* Effect.flatMap(run(second), (job) => job.await), { replayed: 6 })
      assert.deepStrictEqual(sent, ids)
      for (const id of ids.slice(0, 4)) {
        assert.deepStrictEqual(
          (yield* second.history(id)).map(({ outcome }) => outcome),
          ["stalled", "replayed"]
        )
      }
      dead = false
    }))

  it.scoped("a letter whose workers die again and again is parked", () =>
    Effect.gen(function*() {
      const store = yield* LeaseQueue.makeMemory({ maxStalls: 3 })
      const queue = yield* over(store)
      yield* queue.register("hubspot", () => Effect.void)
      const id = yield* queue.capture(letter())
      for (let deaths = 1; deaths <= 3; deaths++) {
        assert.strictEqual((yield* queue.get(id)).state, "pending")
        yield* store.acquire(id, { owner: `worker ${deaths}` })
        yield* TestClock.adjust("31 seconds")
      }
      assert.deepInclude(yield* queue.get(id), { replays: 0, state: "parked" })
      const plan = yield* queue.planReplay({})
      assert.deepInclude(plan.ineligible[0], { count: 1, reason: "parked" })
      assert.strictEqual((yield* queue.unpark(id)).state, "pending")
    }))
})
