/** What each kind of fault is to the client, and what the ledger says of it: in process and over a socket alike. */
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber, TestClock } from "effect"
import type { IntegrationError } from "holdfast"
import { type Emulator, Faults } from "holdfast/testing"
import * as Kit from "./counter.js"

interface Case {
  readonly name: string
  readonly fault: Parameters<typeof Faults.script>[0][number]
  readonly tag: IntegrationError.Tag | "none"
  readonly processed: boolean
  /** As the ledger has it. */
  readonly status: number | undefined
  readonly code?: ReadonlyArray<string>
}

const lost = ["ECONNRESET", "UND_ERR_SOCKET"]

const cases: ReadonlyArray<Case> = [
  { name: "none", fault: Faults.ok, tag: "none", processed: true, status: 201 },
  {
    name: "429 with seconds",
    fault: Faults.retryAfterSeconds(2),
    tag: "RateLimitError",
    processed: false,
    status: 429
  },
  { name: "429 with a date", fault: Faults.retryAfterDate(2), tag: "RateLimitError", processed: false, status: 429 },
  { name: "500", fault: Faults.status(500), tag: "ServerError", processed: false, status: 500 },
  { name: "502", fault: Faults.status(502), tag: "ServerError", processed: false, status: 502 },
  { name: "503", fault: Faults.status(503), tag: "ServerError", processed: false, status: 503 },
  {
    name: "503 with Retry-After",
    fault: Faults.retryAfterSeconds(2, 503),
    tag: "ServerError",
    processed: false,
    status: 503
  },
  { name: "400", fault: Faults.status(400), tag: "ValidationError", processed: false, status: 400 },
  {
    name: "an empty 404",
    fault: Faults.status(404, { body: "" }),
    tag: "NotFoundError",
    processed: false,
    status: 404
  },
  {
    name: "reset before",
    fault: Faults.resetBefore,
    tag: "NetworkError",
    processed: false,
    status: undefined,
    code: lost
  },
  {
    name: "reset after",
    fault: Faults.resetAfter,
    tag: "NetworkError",
    processed: true,
    status: undefined,
    code: lost
  },
  { name: "half a body", fault: Faults.halfBody, tag: "NetworkError", processed: true, status: 201, code: lost },
  { name: "malformed JSON", fault: Faults.malformedJson, tag: "ResponseDecodeError", processed: true, status: 201 }
]

const check = Effect.fnUntraced(function*(
  one: Case,
  { counter, emulator }: Effect.Effect.Success<ReturnType<typeof Kit.inProcess>>
) {
  const add = counter.counters.add({ path: { name: "a" }, urlParams: {}, payload: { by: 1 } })
  const result = yield* Effect.either(add)
  strictEqual(result._tag === "Right" ? "none" : result.left._tag, one.tag)
  if (result._tag === "Left") {
    if (result.left._tag === "NetworkError") strictEqual(result.left.phase, "response")
    if (one.code !== undefined) assertTrue(one.code.includes(result.left.code ?? ""), result.left.message)
  }
  const entry = (yield* emulator.ledger)[0]
  strictEqual(entry?.processed, one.processed)
  strictEqual(entry?.status, one.status)
  strictEqual(entry?.changes.length, one.processed ? 1 : 0)
  // whatever it was, the next request is not touched by it
  deepStrictEqual(yield* add, { name: "a", count: one.processed ? 2 : 1 })
})

for (
  const [transport, start] of [
    ["in process", (options: Emulator.Options) => Kit.inProcess(options)],
    ["over a socket", (options: Emulator.Options) => Kit.overSocket(options)]
  ] as const
) {
  describe(`Faults ${transport}`, () => {
    for (const one of cases) {
      it.scopedLive(
        one.name,
        () => Effect.flatMap(start({ faults: Faults.script([one.fault]) }), (kit) => check(one, kit))
      )
    }

    it.scopedLive("a fault that asks for a wait is heard", () =>
      Effect.gen(function*() {
        const { counter } = yield* start({
          faults: Faults.script([Faults.retryAfterSeconds(7), Faults.retryAfterDate(5)])
        })
        const seconds = yield* Effect.flip(counter.counters.list())
        strictEqual(seconds.retryAfter?.pipe((it) => Number(it.value._tag === "Millis" ? it.value.millis : -1)), 7000)
        const date = yield* Effect.flip(counter.counters.list())
        const millis = date.retryAfter?.value._tag === "Millis" ? date.retryAfter.value.millis : -1
        // the date is in whole seconds, rounded up, and some time has passed since it was written
        assertTrue(millis >= 0 && millis <= 6000, String(millis))
      }))

    it.scopedLive("half of nothing is a lost connection", () =>
      Effect.gen(function*() {
        const { counter, emulator } = yield* start({ faults: Faults.script([Faults.halfBody]) })
        const error = yield* Effect.flip(counter.counters.remove({ path: { name: "a" } }))
        strictEqual(error._tag, "NetworkError")
        deepStrictEqual((yield* emulator.ledger).map(({ processed, status }) => [processed, status]), [[
          true,
          undefined
        ]])
      }))

    it.scopedLive("a slow body arrives whole", () =>
      Effect.gen(function*() {
        const { counter } = yield* start({ faults: Faults.always(Faults.slowBody("80 millis")) })
        deepStrictEqual(yield* counter.counters.total(), { total: 0 })
      }))

    it.scopedLive("a request that hangs does not hold up another, before and after it is processed", () =>
      Effect.gen(function*() {
        const { counter, emulator } = yield* start({ faults: Faults.script([Faults.hangBefore, Faults.hangAfter]) })
        const add = counter.counters.add({ path: { name: "a" }, urlParams: {}, payload: { by: 1 } })
        const arrived = (count: number) =>
          Kit.seen(
            emulator,
            (entries) => entries.length === count && entries.slice(1).every((entry) => entry.processed)
          )
        const before = yield* Effect.fork(add)
        yield* arrived(1)
        const after = yield* Effect.fork(add)
        yield* arrived(2)
        deepStrictEqual(yield* add, { name: "a", count: 2 })
        deepStrictEqual((yield* emulator.ledger).map((entry) => entry.processed), [false, true, true])
        yield* Fiber.interruptAll([before, after])
      }))
  })
}

describe("Faults in process, by Effect's clock", () => {
  it.scoped("latency, a slow body", () =>
    Effect.gen(function*() {
      const { counter } = yield* Kit.inProcess({
        faults: Faults.combine(
          Faults.always(Faults.slowBody("8 seconds")),
          Faults.make({ latency: { min: "2 seconds", max: "2 seconds" } })
        )
      })
      const done = yield* Deferred.make<void>()
      yield* Effect.fork(Effect.zipRight(counter.counters.total(), Deferred.succeed(done, undefined)))
      yield* TestClock.adjust("9999 millis")
      assertTrue(!(yield* Deferred.isDone(done)))
      yield* TestClock.adjust("1 millis")
      assertTrue(yield* Deferred.isDone(done))
    }))
})
