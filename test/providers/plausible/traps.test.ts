/** What goes wrong with Plausible where one does not know it. */
import { describe, it } from "@effect/vitest"
import { assertInclude, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Context, Effect, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import { Credentials, DeadLetterQueue, Holdfast, IntegrationError, Pagination } from "holdfast"
import { Emulator, Plausible, PlausibleErrors, rows, type Schemas } from "holdfast/providers/plausible"
import * as Testing from "holdfast/testing"
import { Faults } from "holdfast/testing"
import * as Kit from "./kit.js"

type Query = typeof Schemas.QueryInput.Type

const today: Query = { date_range: "day", metrics: ["visitors"], site_id: "example.com" }

describe("Plausible", () => {
  it.scoped("it answers 202 for an event that it drops: that is an error here, and one that can be told from others", () =>
    Effect.gen(function*() {
      const { emulator, plausible } = yield* Kit.inProcess()
      const record = (headers: Parameters<Kit.Client["events"]["record"]>[0]["headers"], domain: string) =>
        plausible.events.record({ headers, payload: Kit.view("/", domain) })
      const unknown = yield* Effect.flip(record(Kit.visitor(1), "exmaple.com"))
      assertInstanceOf(unknown, IntegrationError.ValidationError)
      deepStrictEqual([unknown.code, unknown.status, unknown.retryable], ["dropped", 202, false])
      const crawler = yield* Effect.flip(record(Kit.visitor(1, "Examplebot/1.0"), "example.com"))
      assertTrue(PlausibleErrors.isDropped(crawler))
      yield* record(Kit.visitor(1), "example.com")
      const { dropped, events } = yield* emulator.state
      deepStrictEqual([dropped.map(({ reason }) => reason), events.length], [["site", "machine"], 1])
      const invalid = yield* Effect.flip(
        plausible.stats.query({ payload: { ...today, order_by: [["visits", "asc"]] } })
      )
      strictEqual(PlausibleErrors.isDropped(invalid), false)
    }))

  it.scoped("an event without a visitor would be one of this program's own: it does not leave", () =>
    Effect.gen(function*() {
      const { emulator, plausible } = yield* Kit.inProcess()
      for (
        const headers of [{ ...Kit.visitor(1), "user-agent": "" }, { ...Kit.visitor(1), "x-forwarded-for": "unknown" }]
      ) {
        const error = yield* Effect.flip(plausible.events.record({ headers, payload: Kit.view("/") }))
        assertInstanceOf(error, IntegrationError.ValidationError)
        strictEqual(error.status, undefined)
      }
      strictEqual((yield* emulator.ledger).length, 0)
    }))

  it.scoped("nor does one whose properties or URL Plausible would cut", () =>
    Effect.gen(function*() {
      const { emulator, plausible } = yield* Kit.inProcess()
      const props = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, "x"]))
      const record = (payload: typeof Schemas.EventInput.Type) =>
        plausible.events.record({ headers: Kit.visitor(1), payload })
      yield* record({ ...Kit.view(`/${"x".repeat(1999)}?q=${"y".repeat(500)}`), props: props(30) })
      const many = yield* Effect.flip(record({ ...Kit.view("/"), props: props(31) }))
      assertInclude(many.message, "at most 30 properties")
      const long = yield* Effect.flip(record(Kit.view(`/${"x".repeat(2000)}`)))
      assertInclude(long.message, "at most 2000 characters")
      assertInclude((yield* Effect.flip(record({ ...Kit.view("/"), url: "/pricing" }))).message, "a whole URL")
      // JSON has no such number: it would be null
      const nothing = [{ props: { count: NaN } }, { revenue: { amount: Infinity, currency: "EUR" } }] as const
      for (const one of nothing) {
        assertInclude((yield* Effect.flip(record({ ...Kit.view("/"), ...one }))).message, "nothing was sent")
      }
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("an event whose answer was lost is not sent again: it would count twice", () =>
    Effect.gen(function*() {
      const { context, emulator, plausible } = yield* Kit.withPolicies({ faults: Faults.script([Faults.resetAfter]) })
      const calling = yield* Effect.fork(
        Effect.flip(plausible.events.record({ headers: Kit.visitor(1), payload: Kit.view("/") }))
      )
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(calling)).gaveUp, "may-have-been-processed")
      strictEqual((yield* emulator.state).events.length, 1)
      const queue = Context.get(context, DeadLetterQueue.DeadLetterQueue)
      const [letter] = (yield* queue.list()).items
      // a replay without them would be this program's own visit
      deepStrictEqual(
        [letter?.request.headers["user-agent"], letter?.request.headers["x-forwarded-for"]],
        [Kit.firefox, "203.0.113.1"]
      )
    }))

  it.scoped("events want no key, are sent none, and do not wait for the hour of the queries", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const { emulator, plausible } = yield* Kit.withPolicies({
        authorize: (headers) => seen.push(headers.authorization) > 0,
        faults: Faults.script([Faults.status(429, { body: Emulator.Bodies.tooMany })])
      })
      const asking = yield* Effect.fork(plausible.stats.query({ payload: today }))
      yield* TestClock.adjust("1 millis")
      // the queries are held for a minute by now
      yield* plausible.events.record({ headers: Kit.visitor(1), payload: Kit.view("/") })
      deepStrictEqual((yield* emulator.ledger).map(({ operation }) => operation), ["stats.query", "events.record"])
      yield* TestClock.adjust("2 minutes")
      deepStrictEqual((yield* Fiber.join(asking)).results, [{ dimensions: [], metrics: [1] }])
      deepStrictEqual(new Set(seen), new Set(["Bearer plausible-fake-key"]))
    }))

  it.scoped("without a key there are no queries, and there are events", () =>
    Effect.gen(function*() {
      const { plausible } = yield* Kit.inProcess({}, Credentials.ApiKey({ key: Redacted.make("of-another-kind") }))
      yield* plausible.events.record({ headers: Kit.visitor(1), payload: Kit.view("/") })
      assertInstanceOf(
        yield* Effect.flip(plausible.stats.query({ payload: today })),
        IntegrationError.AuthenticationError
      )
    }))

  it.scoped("600 queries in an hour, and none of them is refused: they wait", () =>
    Effect.gen(function*() {
      const { emulator, plausible } = yield* Kit.withPolicies(
        { rateLimit: Emulator.limits() },
        { bulkhead: false, rateLimit: { maxWait: "2 hours" }, totalTimeout: "2 hours" }
      )
      const asking = yield* Effect.fork(
        Effect.replicateEffect(plausible.stats.query({ payload: today }), 700, {
          concurrency: 5,
          discard: true
        })
      )
      yield* TestClock.adjust("1 hour")
      const inTheHour = (yield* emulator.ledger).length
      assertTrue(inTheHour > 500 && inTheHour <= 600)
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(asking)
      deepStrictEqual((yield* emulator.ledger).filter(({ status }) => status !== 200).length, 0)
    }))

  it.scoped("a query whose rows are not counted ends with an empty page", () =>
    Effect.gen(function*() {
      const { emulator, plausible } = yield* Kit.inProcess()
      yield* Effect.forEach([1, 2, 3, 4], (index) =>
        plausible.events.record({ headers: Kit.visitor(index), payload: Kit.view(`/${index}`) }))
      const payload: Query = { ...today, dimensions: ["event:page"], pagination: { limit: 2 } }
      strictEqual(yield* Stream.runCount(Pagination.items(plausible.stats.query, rows, { payload })), 4)
      strictEqual(
        (yield* emulator.ledger).filter(({ operation }) =>
          operation === "stats.query"
        ).length,
        3
      )
    }))

  it.scoped("metrics of visits and dimensions of events do not go together, but for pages", () =>
    Effect.gen(function*() {
      const { plausible } = yield* Kit.inProcess()
      const by = (dimension: string) =>
        plausible.stats.query({ payload: { ...today, dimensions: [dimension], metrics: ["bounce_rate"] } })
      yield* by("event:page")
      const error = yield* Effect.flip(by("event:goal"))
      assertInstanceOf(error, IntegrationError.ValidationError)
      assertInclude(error.message, "bounce_rate")
    }))

  it.scoped("layerConfig takes the key and the server", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const emulator = yield* Emulator.make({ authorize: (headers) => seen.push(headers.authorization) > 0 })
      const run = (variables: ReadonlyMap<string, string>) =>
        Effect.flatMap(Plausible, (plausible) => plausible.sites.list()).pipe(
          Effect.provide(Plausible.layerConfig.pipe(
            Layer.provide(Holdfast.layerMemory),
            Layer.provide(Testing.Emulator.layerHttpClient(emulator))
          )),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(variables)))
        )
      yield* run(new Map([["PLAUSIBLE_API_KEY", "key-of-the-environment"]]))
      deepStrictEqual(new Set(seen), new Set(["Bearer key-of-the-environment"]))
      assertInclude(String(yield* Effect.flip(run(new Map()))), "PLAUSIBLE_API_KEY")
    }))
})
