import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, ConfigProvider, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"
import { Credentials, DeadLetterQueue, Holdfast } from "holdfast"
import { credential, Emulator, Tidio } from "holdfast/providers/tidio"
import { Faults } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const statuses = (emulator: Testing.Emulator.Emulator) =>
  Effect.map(emulator.ledger, (entries) => entries.map(({ status }) => status))

describe("Tidio's traps: limits", () => {
  it.scoped("a 429 does not say for how long: the call waits for a minute, which is the window of the limit", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.body(429) })]) },
        { retry: { jitter: "none" } }
      )
      const calling = yield* Effect.fork(tidio.project.get())
      yield* TestClock.adjust("59 seconds")
      deepStrictEqual(yield* statuses(emulator), [429])
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(calling)
      deepStrictEqual(yield* statuses(emulator), [429, 200])
    }))

  it.scoped("nobody else is sent into the limit meanwhile", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.body(429) })]) },
        { retry: false }
      )
      strictEqual((yield* Effect.flip(tidio.project.get()))._tag, "RateLimitError")
      const others = yield* Effect.fork(Effect.all([tidio.departments.list(), tidio.operators.list({})], {
        concurrency: "unbounded"
      }))
      yield* TestClock.adjust("59 seconds")
      strictEqual((yield* emulator.ledger).length, 1)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(others)
      deepStrictEqual(yield* statuses(emulator), [429, 200, 200])
    }))

  it.scoped("the headers say what is left, and not until when: no more is sent at once than that", () =>
    Effect.gen(function*() {
      const one = Faults.status(200, { body: {}, headers: { "x-ratelimit-limit": "60", "x-ratelimit-remaining": "1" } })
      const { emulator, tidio } = yield* Kit.withPolicy({ faults: Faults.script([one]) }, {})
      yield* tidio.project.get()
      // the bucket of this process has nine left, and other programs have used up the project's
      const calling = yield* Effect.fork(Effect.all([tidio.project.get(), tidio.project.get()], { concurrency: 2 }))
      yield* TestClock.adjust("1 seconds")
      strictEqual((yield* emulator.ledger).length, 2)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(calling)
      strictEqual((yield* emulator.ledger).length, 3)
    }))

  it.scoped("smaller plans have the products alone", () =>
    Effect.gen(function*() {
      const { tidio } = yield* Kit.inProcess({ plan: "starter" })
      const error = yield* Effect.flip(tidio.project.get())
      deepStrictEqual([error._tag, error.retryable], ["AuthorizationError", false])
      assertTrue(error.message.includes("plan"), error.message)
      strictEqual((yield* Effect.flip(tidio.products.delete({ path: { productId: 1 } })))._tag, "NotFoundError")
    }))
})

describe("Tidio's traps: credentials", () => {
  it.scoped("every call has both headers, and names the version", () =>
    Effect.gen(function*() {
      const { emulator, tidio } = yield* Kit.inProcess()
      yield* tidio.operators.list({})
      yield* tidio.contacts.create({ payload: Kit.contact(1) })
      for (const { headers } of yield* emulator.ledger) {
        strictEqual(headers.accept, "application/json; version=1")
        assertTrue("x-tidio-openapi-client-id" in headers && "x-tidio-openapi-client-secret" in headers)
        assertTrue(!JSON.stringify(headers).includes("fake"), "the ledger tells a credential")
      }
    }))

  it.scoped("one in the place of the other is no credential", () =>
    Effect.gen(function*() {
      const swapped = credential({ clientId: Redacted.make("cs_fake"), clientSecret: Redacted.make("ci_fake") })
      const { tidio } = yield* Kit.inProcess({}, Credentials.layer(swapped))
      strictEqual((yield* Effect.flip(tidio.project.get()))._tag, "AuthenticationError")
    }))

  it.effect("the variables name both, and are looked at before anything is sent", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make()
      const name = Effect.flatMap(Tidio, (tidio) => tidio.project.get()).pipe(
        Effect.provide(
          Layer.provide(
            Tidio.layerConfig,
            Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
      const configured = (variables: Readonly<Record<string, string>>) =>
        Effect.withConfigProvider(name, ConfigProvider.fromMap(new Map(Object.entries(variables))))
      const good = { TIDIO_CLIENT_ID: "ci_fake", TIDIO_CLIENT_SECRET: "cs_fake" }
      strictEqual((yield* configured(good)).name, "Analytical Engines")
      const { TIDIO_CLIENT_SECRET: _, ...half } = good
      assertTrue(String(yield* Effect.flip(configured(half))).includes("TIDIO_CLIENT_SECRET"))
      for (const one of [{ TIDIO_CLIENT_ID: "cs_swapped" }, { TIDIO_CLIENT_SECRET: "ci_swapped" }]) {
        const said = String(yield* Effect.flip(configured({ ...good, ...one })))
        assertTrue(said.includes("begins with ci_") && !said.includes("_swapped"), said)
      }
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("a 403 is not taken for a credential that ended: no other is asked for", () =>
    Effect.gen(function*() {
      let asked = 0
      const own = Layer.succeed(Credentials.Credentials, {
        afterRefusal: () => Effect.sync(() => (asked++, Option.some(Kit.keys("fresh")))),
        get: () => Effect.succeed(Kit.keys("spec"))
      })
      const answers = [403, 401].map((status) => Faults.status(status, { body: Emulator.Bodies.body(status) }))
      const { tidio } = yield* Kit.inProcess({ faults: Faults.script(answers) }, own)
      strictEqual((yield* Effect.flip(tidio.project.get()))._tag, "AuthorizationError")
      strictEqual(asked, 0)
      yield* tidio.project.get()
      strictEqual(asked, 1)
    }))

  it.scoped("neither is written into a dead letter", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.status(500)]) })
      const layer = Tidio.layer({ credentials: Kit.credentials }).pipe(
        Layer.provideMerge(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
      const letters = yield* Effect.gen(function*() {
        const tidio = yield* Tidio
        yield* Effect.flip(tidio.contacts.create({ payload: Kit.contact(7) }))
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        return yield* Stream.runCollect(queue.stream())
      }).pipe(Effect.provide(layer))
      const text = JSON.stringify(Chunk.toReadonlyArray(letters))
      strictEqual(letters.length, 1)
      assertTrue(text.includes("customer-7") && !/c[is]_fake/.test(text), text)
    }))
})
