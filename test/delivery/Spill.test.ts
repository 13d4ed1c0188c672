import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Schedule } from "effect"
import { DeadLetterQueue, Holdfast, Resilience } from "holdfast"
import * as Spill from "holdfast/delivery/DeadLetterQueue/Spill"
import * as fs from "node:fs"
import * as Kit from "../kit.js"
import * as files from "./files.js"

/** A queue in memory whose store can be taken away. */
const unreliable = (store: { down: boolean }) =>
  Layer.effect(
    DeadLetterQueue.DeadLetterQueue,
    Effect.map(DeadLetterQueue.DeadLetterQueue, (queue) => ({
      ...queue,
      capture: (letter: DeadLetterQueue.NewDeadLetter) =>
        Effect.suspend(() =>
          store.down
            ? Effect.fail(new DeadLetterQueue.DeadLetterQueueError({ message: "the disk is full", reason: "storage" }))
            : queue.capture(letter)
        )
    }))
  )

const failing = (name: string) =>
  Effect.gen(function*() {
    const shop = yield* Kit.shop(
      new Kit.Provider(Kit.status(500)),
      Resilience.layer({ circuitBreaker: false, rateLimit: false })
    )
    return yield* Effect.flip(shop.items.create({ payload: { name } }))
  })

const eventually = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.retry(self, Schedule.spaced("10 millis"))

describe("Spill", () => {
  it.scopedLive("what the store does not take is in the file, and in the store when it is back", () =>
    Effect.gen(function*() {
      const filename = `${yield* files.file}.spill`
      const store = { down: true }
      const memory = yield* Layer.build(DeadLetterQueue.layerMemory)
      const session = <A, E>(self: Effect.Effect<A, E, DeadLetterQueue.DeadLetterQueue>) =>
        self.pipe(
          Effect.provide(Layer.provide(Spill.layer({ filename }), unreliable(store))),
          Effect.provide(memory)
        )

      yield* session(Effect.gen(function*() {
        const error = yield* Effect.scoped(failing("a"))
        deepStrictEqual([error._tag, error.deadLettered], ["ServerError", false])
        yield* Effect.scoped(failing("b"))
      }))
      const lines = fs.readFileSync(filename, "utf8").trim().split("\n")
      strictEqual(lines.length, 2)
      strictEqual(fs.statSync(filename).mode & 0o777, 0o600)
      // a torn line, and letters that an earlier process was draining when it died
      fs.renameSync(filename, `${filename}.draining`)
      fs.writeFileSync(filename, `{"integration":\n${lines[1]}\n`)

      store.down = false
      yield* session(Effect.gen(function*() {
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        yield* eventually(Effect.filterOrFail(queue.list(), (page) => page.items.length === 2))
        yield* eventually(
          Effect.sync(() => fs.existsSync(`${filename}.draining`)).pipe(
            Effect.filterOrFail((exists) => !exists)
          )
        )
        const { items } = yield* queue.list()
        deepStrictEqual(items.map((letter) => letter.request.body), [
          { _tag: "Text", value: "{\"name\":\"a\"}" },
          { _tag: "Text", value: "{\"name\":\"b\"}" }
        ])
      }))
      strictEqual(fs.existsSync(filename), false)
      strictEqual(fs.readFileSync(`${filename}.unreadable`, "utf8"), "{\"integration\":\n")
    }))

  it.scopedLive("when neither takes it the error says so, and the caller still gets its own", () =>
    Effect.gen(function*() {
      const filename = `${yield* files.file}/no/such/folder`
      const queue = yield* Effect.provide(
        DeadLetterQueue.DeadLetterQueue,
        Layer.provide(
          Spill.layer({ filename }),
          Layer.provide(unreliable({ down: true }), DeadLetterQueue.layerMemory)
        )
      )
      const error = yield* Effect.scoped(failing("a")).pipe(
        Effect.provideService(DeadLetterQueue.DeadLetterQueue, queue)
      )
      deepStrictEqual([error._tag, error.deadLettered], ["ServerError", false])
    }))

  it.scopedLive("Holdfast.layerSqlite has one, and it costs nothing while all is well", () =>
    Effect.gen(function*() {
      const filename = yield* files.file
      const error = yield* Effect.provide(Effect.scoped(failing("a")), Holdfast.layerSqlite({ filename }))
      strictEqual(error.deadLettered, true)
      assertTrue(!fs.existsSync(`${filename}.spill`))
    }))
})
