import { describe, it } from "@effect/vitest"
import { assertRight, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  ConfigProvider,
  Duration,
  Effect,
  Either,
  Fiber,
  Layer,
  Ref,
  SubscriptionRef,
  SynchronizedRef,
  TestClock,
  Tracer
} from "effect"
import { Availability, type IntegrationError, Retry } from "holdfast"
import * as Kit from "../kit.js"
import { tagOf } from "./elapsed.js"

const item = { path: { id: "1" } }
const off = Availability.Off({ reason: "the contract is being renewed" })

const refused = <A>(result: Either.Either<A, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? [result.left._tag, result.left.message, result.left.retryAfter] : "success"

describe("Availability", () => {
  it.scoped("off: nothing is sent, and the caller is told why", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const shop = yield* Kit.shop(provider, Availability.layer(off))
      deepStrictEqual(refused(yield* Effect.either(shop.items.get(item))), [
        "UnavailableError",
        "nothing was sent: shop is switched off: the contract is being renewed",
        undefined
      ])
      strictEqual(provider.count, 0)
    }))

  it.scoped("in maintenance: callers are told when to come back", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const status = Availability.Maintenance({ reason: "until noon", retryAfter: "10 minutes" })
      const shop = yield* Kit.shop(provider, Availability.layer(status))
      deepStrictEqual(refused(yield* Effect.either(shop.items.get(item))), [
        "UnavailableError",
        "nothing was sent: shop is in maintenance: until noon",
        Duration.minutes(10)
      ])
      strictEqual(provider.count, 0)
    }))

  const kinds: ReadonlyArray<
    readonly [
      string,
      (initial: Availability.Status) => Effect.Effect<
        {
          readonly status: Effect.Effect<Availability.Status>
          readonly set: (s: Availability.Status) => Effect.Effect<void>
        }
      >
    ]
  > = [
    ["a SubscriptionRef", (initial) =>
      Effect.map(
        SubscriptionRef.make(initial),
        (ref) => ({ set: (status) => SubscriptionRef.set(ref, status), status: ref })
      )],
    ["a Ref", (initial) => Effect.map(Ref.make(initial), (ref) => ({ set: (s) => Ref.set(ref, s), status: ref }))],
    [
      "a SynchronizedRef",
      (initial) =>
        Effect.map(SynchronizedRef.make(initial), (ref) => ({ set: (s) => SynchronizedRef.set(ref, s), status: ref }))
    ],
    ["an effect", (initial) =>
      Effect.map(Ref.make(initial), (ref) => ({
        set: (s) => Ref.set(ref, s),
        status: Effect.zipRight(Effect.yieldNow(), Ref.get(ref))
      }))]
  ]
  for (const [kind, make] of kinds) {
    it.scoped(`${kind} is flipped at run time, and holds from the next call on`, () =>
      Effect.gen(function*() {
        const { set, status } = yield* make(Availability.Available())
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(provider, Availability.layer(status))
        const seen: Array<string> = []
        for (const next of [Availability.Available(), off, Availability.Available(), off]) {
          yield* set(next)
          seen.push(tagOf(yield* Effect.either(shop.items.get(item))))
        }
        deepStrictEqual(seen, ["success", "UnavailableError", "success", "UnavailableError"])
        strictEqual(provider.count, 2)
      }))
  }

  it.scoped("a call in flight goes on to its end, its retries included", () =>
    Effect.gen(function*() {
      const status = yield* SubscriptionRef.make<Availability.Status>(Availability.Available())
      const provider = new Kit.Provider(Kit.slow("5 seconds", Kit.status(500)), Kit.slow("5 seconds", Kit.ok))
      const shop = yield* Kit.shop(
        provider,
        Availability.layer(status).pipe(Layer.provide(Retry.layer({ initialDelay: "1 second", jitter: "none" })))
      )
      const fiber = yield* Effect.fork(Effect.either(shop.items.get(item)))
      yield* TestClock.adjust("2 seconds")
      yield* SubscriptionRef.set(status, off)
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "UnavailableError")
      yield* TestClock.adjust("1 minute")
      assertRight(yield* Fiber.join(fiber), { id: "1" })
      strictEqual(provider.count, 2)
    }))

  it.scoped("a status that takes its time is asked interruptibly, and a defect of it is the caller's", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const shop = yield* Kit.shop(provider, Availability.layer(Effect.never))
      const fiber = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      strictEqual(provider.count, 0)
    }))

  it.scoped("available, a constant and a SubscriptionRef cost no step of the run loop", () =>
    Effect.gen(function*() {
      const status = yield* SubscriptionRef.make<Availability.Status>(Availability.Available())
      const steps = (policy: ReturnType<typeof Availability.layer>) =>
        Effect.gen(function*() {
          const shop = yield* Kit.shop(new Kit.Provider(Kit.ok), policy)
          let count = 0
          const tracer = Tracer.make({
            ...(yield* Effect.tracer),
            context: (f) => {
              count++
              return f()
            }
          })
          yield* Effect.withTracer(shop.items.get(item), tracer)
          return count
        })
      const other = yield* steps(Retry.layer())
      strictEqual(yield* steps(Availability.layer(Availability.Available())), other)
      strictEqual(yield* steps(Availability.layer(status)), other)
      // and the effect does, so that the count can tell
      strictEqual((yield* steps(Availability.layer(Effect.suspend(() => status)))) > other, true)
    }))

  describe("from Config", () => {
    const build = (variables: Record<string, string>) =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.ok)
        const shop = yield* Kit.shop(provider, Availability.layerConfig)
        return refused(yield* Effect.either(shop.items.get(item)))
      }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))

    it.scoped("nothing set is available", () => Effect.map(build({}), (result) => strictEqual(result, "success")))

    it.scoped("off, with and without a reason", () =>
      Effect.gen(function*() {
        deepStrictEqual(
          yield* build({ HOLDFAST_SHOP_AVAILABILITY: "off", HOLDFAST_SHOP_AVAILABILITY_REASON: "no budget" }),
          [
            "UnavailableError",
            "nothing was sent: shop is switched off: no budget",
            undefined
          ]
        )
        deepStrictEqual(yield* build({ HOLDFAST_SHOP_AVAILABILITY: "off" }), [
          "UnavailableError",
          "nothing was sent: shop is switched off: HOLDFAST_SHOP_AVAILABILITY says so",
          undefined
        ])
        strictEqual(yield* build({ HOLDFAST_SHOP_AVAILABILITY: "available" }), "success")
      }))

    it.scoped("maintenance, with its end", () =>
      Effect.gen(function*() {
        const result = yield* build({
          HOLDFAST_SHOP_AVAILABILITY: "maintenance",
          HOLDFAST_SHOP_AVAILABILITY_REASON: "until noon",
          HOLDFAST_SHOP_AVAILABILITY_RETRY_AFTER: "10 minutes"
        })
        deepStrictEqual(result, [
          "UnavailableError",
          "nothing was sent: shop is in maintenance: until noon",
          Duration.minutes(10)
        ])
      }))

    it.scoped("another word is an error that names the variable and what it may be", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(build({ HOLDFAST_SHOP_AVAILABILITY: "on" }))
        const text = String(error)
        deepStrictEqual(
          ["HOLDFAST_SHOP_AVAILABILITY", "available", "maintenance"].filter((word) => !text.includes(word)),
          []
        )
      }))

    it("the id names the variable", () => {
      const { config } = Availability
      deepStrictEqual(
        Effect.runSync(
          Effect.withConfigProvider(
            config("google-maps"),
            ConfigProvider.fromMap(
              new Map([["HOLDFAST_GOOGLE_MAPS_AVAILABILITY", "off"], [
                "HOLDFAST_GOOGLE_MAPS_AVAILABILITY_REASON",
                "r"
              ]])
            )
          )
        ),
        Availability.Off({ reason: "r" })
      )
    })
  })
})
