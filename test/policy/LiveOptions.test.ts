import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  ConfigProvider,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Option,
  Scope,
  SubscriptionRef,
  TestClock,
  Tracer
} from "effect"
import type { Call } from "holdfast"
import { Availability, Bulkhead, CircuitBreaker, DeadLetterQueue, Holdfast, RateLimit, Resilience } from "holdfast"
import * as Kit from "../kit.js"
import { elapsed, tagOf } from "./elapsed.js"

const item = { path: { id: "1" } }
const write = { payload: { name: "a" } }

const quick = {
  circuitBreaker: false,
  retry: { initialDelay: "1 second", jitter: "none", maxAttempts: 3, multiplier: 1 }
} as const

const makeRef = (options: Resilience.Options) => SubscriptionRef.make<Resilience.Options>(options)

/** What is logged, as level and message. */
const recording = () => {
  const lines: Array<readonly [level: string, message: string]> = []
  const logger = Logger.make(({ logLevel, message }) => {
    lines.push([logLevel.label, String(Array.isArray(message) ? message[0] : message)])
  })
  return { layer: Logger.replace(Logger.defaultLogger, logger), lines }
}

const valueOf = (metric: string, labels: Readonly<Record<string, string>>) =>
  Effect.map(Metric.snapshot, (pairs) => {
    const found = pairs.find(({ metricKey }) =>
      metricKey.name === metric &&
      metricKey.tags.every(({ key, value }) => labels[key] === value)
    )?.metricState as { readonly count?: number; readonly value?: number } | undefined
    return found?.count ?? found?.value
  })

/** Steps of the run loop that an effect takes. */
const stepsOf = <A, E>(self: Effect.Effect<A, E>) => {
  let steps = 0
  const tracer = Tracer.make({
    context(f) {
      steps++
      return f()
    },
    span: () => {
      throw new Error("no span is made here")
    }
  })
  return Effect.map(Effect.withTracer(self, tracer), () => steps)
}

describe("Resilience.layerRef", () => {
  it.scoped("the next call meets the new options; they are laid over the base", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const ref = yield* makeRef({})
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref, quick))
      const attempts = Effect.gen(function*() {
        const before = provider.count
        yield* elapsed(shop.items.get(item), "10 seconds")
        return provider.count - before
      })
      strictEqual(yield* attempts, 3)
      yield* SubscriptionRef.set(ref, { retry: { maxAttempts: 2 } })
      strictEqual(yield* attempts, 2)
      yield* SubscriptionRef.set(ref, { retry: false })
      strictEqual(yield* attempts, 1)
      yield* SubscriptionRef.set(ref, {})
      strictEqual(yield* attempts, 3)
      // in the very step after the change, with no turn of the scheduler in between
      const direct = Effect.either(shop.items.get(item))
      const status = Availability.Off({ reason: "now" })
      deepStrictEqual(
        tagOf(yield* Effect.zipRight(SubscriptionRef.set(ref, { availability: status }), direct)),
        "UnavailableError"
      )
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("a call that is under way goes on with the stages with which it began", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const ref = yield* makeRef(quick)
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      const fiber = yield* Effect.fork(Effect.either(shop.items.get(item)))
      yield* TestClock.adjust("500 millis")
      strictEqual(provider.count, 1)
      yield* SubscriptionRef.set(ref, { availability: Availability.Off({ reason: "now" }), retry: false })
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "UnavailableError")
      yield* TestClock.adjust("10 seconds")
      strictEqual(tagOf(yield* Fiber.join(fiber)), "ServerError")
      strictEqual(provider.count, 3)
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("the circuit is kept, and told of its new options", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500))
      const ref = yield* makeRef({ circuitBreaker: { failureThreshold: 2 }, retry: false })
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      const breakers = yield* CircuitBreaker.CircuitBreakers
      const call = Effect.map(Effect.either(shop.items.get(item)), tagOf)
      const set = (circuitBreaker: Resilience.Options["circuitBreaker"]) =>
        SubscriptionRef.set(ref, { circuitBreaker, retry: false })

      strictEqual(yield* call, "ServerError")
      yield* set({ failureThreshold: 3 })
      strictEqual(yield* call, "ServerError")
      deepStrictEqual(yield* breakers.state("shop"), Option.some("closed"))
      strictEqual(yield* call, "ServerError")
      deepStrictEqual(yield* breakers.state("shop"), Option.some("open"))
      yield* set({ failureThreshold: 30 })
      strictEqual(yield* call, "CircuitBreakerOpenError")
      // left out, nobody is refused; put in again, it is as open as it was
      yield* set(false)
      strictEqual(yield* call, "ServerError")
      yield* set({ mode: "shadow" })
      strictEqual(yield* call, "ServerError")
      yield* set({})
      strictEqual(yield* call, "CircuitBreakerOpenError")
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("slots are kept: fewer of them wait for calls to end, more of them wake who waits", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const slots = (maxConcurrent: number): Resilience.Options => ({
        bulkhead: { maxConcurrent },
        totalTimeout: false
      })
      const ref = yield* makeRef(slots(4))
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      const bulkheads = yield* Bulkhead.Bulkheads
      const state = Effect.map(
        bulkheads.state,
        (states) => states.map(({ active, limit, waiting }) => ({ active, limit, waiting }))
      )
      const calls = yield* Effect.fork(
        Effect.all(Array.from({ length: 12 }, () => shop.items.get(item)), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("100 millis")
      deepStrictEqual(yield* state, [{ active: 4, limit: 4, waiting: 8 }])

      yield* SubscriptionRef.set(ref, slots(1))
      yield* TestClock.adjust("100 millis")
      deepStrictEqual(yield* state, [{ active: 4, limit: 1, waiting: 8 }])
      yield* TestClock.adjust("900 millis")
      deepStrictEqual(yield* state, [{ active: 1, limit: 1, waiting: 7 }])

      // no call comes: the change alone lets them through
      yield* SubscriptionRef.set(ref, slots(6))
      yield* TestClock.adjust("1 millis")
      deepStrictEqual(yield* state, [{ active: 6, limit: 6, waiting: 2 }])

      // left out while it is in use, it is as full as it was when it comes back
      yield* SubscriptionRef.set(ref, { bulkhead: false, totalTimeout: false })
      const free = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 millis")
      deepStrictEqual(yield* state, [{ active: 6, limit: 6, waiting: 2 }])
      strictEqual(provider.active, 7)
      yield* SubscriptionRef.set(ref, { bulkhead: { maxConcurrent: 6, maxQueue: 2 }, totalTimeout: false })
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "BulkheadFullError")

      yield* TestClock.adjust("5 seconds")
      strictEqual((yield* Fiber.join(calls)).length, 12)
      yield* Fiber.join(free)
      strictEqual(provider.count, 13)
      deepStrictEqual(yield* state, [{ active: 0, limit: 6, waiting: 0 }])
    }).pipe(Effect.provide(Layer.merge(Holdfast.layerMemory, Bulkhead.layerMemory))))

  it.scoped("tokens and places in line are kept, whoever shares them", () =>
    Effect.gen(function*() {
      for (const key of [undefined, (call: Call.Call) => `account of ${call.operation.integration}`]) {
        const provider = new Kit.Provider(Kit.ok)
        const limits = (refillRate: number): Resilience.Options => ({
          rateLimit: { capacity: 2, key, maxWait: "1 hour", refillRate },
          totalTimeout: false
        })
        const ref = yield* makeRef(limits(1))
        const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
        const calls = yield* Effect.fork(
          Effect.all(Array.from({ length: 8 }, () => shop.items.get(item)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 millis")
        strictEqual(provider.count, 2)
        // to set it is not to fill it
        for (let i = 0; i < 10; i++) yield* SubscriptionRef.set(ref, limits(1 + i / 100))
        yield* TestClock.adjust("1 millis")
        strictEqual(provider.count, 2)
        yield* SubscriptionRef.set(ref, limits(4))
        // whoever is still in the stack before waits by the new rate as well
        if (key !== undefined) yield* Effect.fork(shop.items.get(item))
        yield* TestClock.adjust("1 seconds")
        strictEqual(provider.count, 6)
        yield* TestClock.adjust("1 seconds")
        strictEqual((yield* Fiber.join(calls)).length, 8)
      }
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("calls that are still in the stack before do not take its limits back", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503), Kit.ok)
      const limits = (capacity: number): Resilience.Options => ({
        rateLimit: { capacity, key: ({ operation }) => operation.integration, maxWait: 0, refillRate: 10 }
      })
      const ref = yield* makeRef({ ...limits(1), ...quick })
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      const first = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("500 millis")
      yield* SubscriptionRef.set(ref, { ...limits(5), retry: false })
      yield* shop.items.get(item)
      // the second attempt of the first finds five tokens, and leaves four
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(first)
      yield* Effect.all(Array.from({ length: 4 }, () => shop.items.get(item)))
      strictEqual(provider.count, 7)
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  for (
    const [where, services] of [
      ["that all clients share", Holdfast.layerMemory],
      [
        "of one client",
        Layer.mergeAll(CircuitBreaker.layerMemory, DeadLetterQueue.layerMemory, RateLimit.layerMemory)
      ]
    ] as const
  ) {
    it.scoped(`a budget ${where}: what was spent stays spent`, () =>
      Effect.gen(function*() {
        const provider = new Kit.Provider(Kit.status(503))
        const budget = (maxAttempts: number): Resilience.Options => ({
          circuitBreaker: false,
          hedge: { budget: { minPerSecond: 0, ratio: 0 }, delay: "1 minute" },
          retry: { ...quick.retry, budget: { minPerSecond: 0, ratio: 0 }, maxAttempts }
        })
        const ref = yield* makeRef(budget(2))
        const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
        yield* elapsed(shop.items.get(item), "1 minute")
        strictEqual(provider.count, 2)
        yield* SubscriptionRef.set(ref, budget(3))
        yield* elapsed(shop.items.get(item), "1 minute")
        strictEqual(provider.count, 3)
      }).pipe(Effect.provide(services)))
  }

  it.scoped("wrong options are refused as a whole, told once, and the ones before stay in force", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.status(503)))
      const log = recording()
      const ref = yield* makeRef({ bulkhead: { maxConcurrent: 1 }, retry: false })
      const shop = yield* Effect.provide(Kit.shop(provider, Resilience.layerRef(ref)), log.layer)
      const refused = valueOf("integration_policy_refused", { integration: "shop" })
      const changes = (outcome: string) =>
        Effect.map(
          valueOf("integration_policy_changes_total", { integration: "shop", outcome }),
          (count) => Number(count ?? 0)
        )
      const [applied, turnedDown] = [yield* changes("applied"), yield* changes("refused")]
      strictEqual(yield* refused, 0)

      yield* SubscriptionRef.set(ref, { bulkhead: { maxConcurrent: 5 }, retry: { maxAttempts: 0 } })
      const calls = yield* Effect.fork(
        Effect.all(Array.from({ length: 3 }, () => Effect.either(shop.items.get(item))), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("3 seconds")
      deepStrictEqual((yield* Fiber.join(calls)).map(tagOf), ["ServerError", "ServerError", "ServerError"])
      strictEqual(provider.maxActive, 1)
      strictEqual(yield* refused, 1)
      deepStrictEqual([yield* changes("applied"), yield* changes("refused")], [applied, turnedDown + 1])

      yield* SubscriptionRef.set(ref, { bulkhead: { maxConcurrent: 2 }, retry: false })
      yield* TestClock.adjust("1 millis")
      strictEqual(yield* refused, 0)
      deepStrictEqual([yield* changes("applied"), yield* changes("refused")], [applied + 1, turnedDown + 1])
      deepStrictEqual(log.lines.filter(([level]) => level !== "WARN"), [
        [
          "ERROR",
          "the new policy of shop is refused, and the one before stays in force: " +
          "Retry.layer: maxAttempts is 0; it counts all requests, so it must be a whole number from 1 up"
        ],
        ["INFO", "the policy of shop has changed: bulkhead.maxConcurrent 1 → 2"]
      ])
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("wrong from the start, they are a defect, as with layer", () =>
    Effect.gen(function*() {
      const ref = yield* makeRef({ retry: { maxAttempts: 0 } })
      const built = yield* Effect.exit(Kit.shop(new Kit.Provider(Kit.ok), Resilience.layerRef(ref)))
      assertTrue(Exit.isFailure(built) && built.cause._tag === "Die")
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("dead letters are replayed through the stack as it is now, also where none is stored any more", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const ref = yield* makeRef({ retry: false })
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const store = Effect.flip(shop.items.upsert(write))
      const replay = (id: string | undefined) => Effect.either(queue.replay(`${id}`))
      const [first, second] = [yield* store, yield* store]
      deepStrictEqual([first.deadLettered, second.deadLettered], [true, true])

      yield* SubscriptionRef.set(ref, { availability: Availability.Off({ reason: "now" }) })
      yield* TestClock.adjust("1 millis")
      strictEqual(
        Either.match(yield* replay(first.deadLetterId), { onLeft: ({ _tag }) => _tag, onRight: () => "replayed" }),
        "UnavailableError"
      )
      provider.answer = Kit.ok
      yield* SubscriptionRef.set(ref, { deadLettering: false, retry: false })
      yield* TestClock.adjust("1 millis")
      assertTrue(Either.isRight(yield* replay(first.deadLetterId)))
      provider.answer = Kit.status(503)
      strictEqual((yield* store).deadLettered, undefined)
      yield* SubscriptionRef.set(ref, { retry: false })
      strictEqual((yield* store).deadLettered, true)
      provider.answer = Kit.ok
      assertTrue(Either.isRight(yield* replay(second.deadLetterId)))
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("a stack is taken down when its last call has left it, and all of them with the layer", () =>
    Effect.gen(function*() {
      let registered = 0
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const counting = DeadLetterQueue.DeadLetterQueue.of({
        ...queue,
        register: (integration, replayer) =>
          Effect.zipRight(
            Effect.acquireRelease(
              Effect.sync(() => void registered++),
              () => Effect.sync(() => void registered--)
            ),
            queue.register(integration, replayer)
          )
      })
      const provider = new Kit.Provider(Kit.slow("1 second", Kit.ok))
      const ref = yield* makeRef({})
      const scope = yield* Scope.make()
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref)).pipe(
        Effect.provideService(DeadLetterQueue.DeadLetterQueue, counting),
        Effect.provideService(Scope.Scope, scope)
      )
      strictEqual(registered, 1)
      const first = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 millis")
      for (let i = 1; i <= 10; i++) yield* SubscriptionRef.set(ref, { bulkhead: { maxConcurrent: i } })
      yield* TestClock.adjust("1 millis")
      strictEqual(registered, 2)
      const second = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 millis")
      yield* SubscriptionRef.set(ref, {})
      yield* TestClock.adjust("1 millis")
      strictEqual(registered, 3)
      yield* Fiber.interrupt(second)
      strictEqual(registered, 2)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      strictEqual(registered, 1)

      const third = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 millis")
      yield* Scope.close(scope, Exit.void)
      strictEqual(registered, 0)
      // what the ref says from now on is nobody's business, and nobody waits for it
      yield* SubscriptionRef.set(ref, { retry: false })
      const fourth = yield* Effect.fork(shop.items.get(item))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(third)
      yield* Fiber.join(fourth)
      strictEqual(registered, 0)
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("nobody listens to the reference any more, once the layer is gone", () =>
    Effect.gen(function*() {
      const ref = yield* makeRef({})
      const scope = yield* Scope.make()
      yield* Effect.provideService(
        Kit.shop(new Kit.Provider(Kit.ok), Resilience.layerRef(ref)),
        Scope.Scope,
        scope
      )
      yield* TestClock.adjust("1 millis")
      const { subscribers } = (ref as unknown as { readonly pubsub: { readonly subscribers: Set<unknown> } }).pubsub
      strictEqual(subscribers.size, 1)
      yield* Scope.close(scope, Exit.void)
      strictEqual(subscribers.size, 0)
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("costs a call no step more than a stack whose options do not change", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const telemetry = { spans: "never" } as const
      const ref = yield* makeRef({ telemetry })
      const fixed = yield* Kit.shop(provider, Resilience.layer({ telemetry }))
      const live = yield* Kit.shop(provider, Resilience.layerRef(ref))
      for (const shop of [fixed, live]) yield* shop.items.get(item)
      strictEqual(yield* stepsOf(live.items.get(item)), yield* stepsOf(fixed.items.get(item)))
      yield* SubscriptionRef.set(ref, { retry: { maxAttempts: 5 }, telemetry })
      yield* live.items.get(item)
      strictEqual(yield* stepsOf(live.items.get(item)), yield* stepsOf(fixed.items.get(item)))
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("a reference that cannot be looked into is followed as soon as it tells of a change", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const inner = yield* makeRef({ retry: false })
      const ref: SubscriptionRef.SubscriptionRef<Resilience.Options> = new Proxy(inner, {
        get: (target, name) => name === "ref" ? undefined : Reflect.get(target, name, target),
        has: (target, name) => name !== "ref" && Reflect.has(target, name)
      })
      const shop = yield* Kit.shop(provider, Resilience.layerRef(ref))
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "ServerError")
      yield* SubscriptionRef.set(inner, { availability: Availability.Off({ reason: "now" }) })
      yield* TestClock.adjust("1 millis")
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "UnavailableError")
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("a change is taken over with the loggers of the layer, whoever's call finds it", () =>
    Effect.gen(function*() {
      const [ofLayer, ofCaller] = [recording(), recording()]
      const ref = yield* makeRef({})
      const shop = yield* Effect.provide(
        Kit.shop(new Kit.Provider(Kit.ok), Resilience.layerRef(ref)),
        ofLayer.layer
      )
      yield* Effect.zipRight(SubscriptionRef.set(ref, { retry: false }), shop.items.get(item)).pipe(
        Effect.provide(ofCaller.layer),
        Logger.withMinimumLogLevel(LogLevel.Info)
      )
      deepStrictEqual(ofCaller.lines, [])
      deepStrictEqual(ofLayer.lines, [["INFO", "the policy of shop has changed: retry default → off"]])
    }).pipe(Effect.provide(Holdfast.layerMemory)))
})

describe("Resilience.layerConfigRef", () => {
  it.scoped("Config has the last word at each change, and is looked at again", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const log = recording()
      const texts = new Map([["HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS", "2"]])
      // what a file of settings is after it has been written
      const source = ConfigProvider.fromMap(texts)
      const live = ConfigProvider.make({
        flattened: source.flattened,
        load: (config) => Effect.suspend(() => ConfigProvider.fromMap(texts).load(config))
      })
      const ref = yield* makeRef({ retry: { maxAttempts: 4 } })
      const shop = yield* Kit.shop(provider, Resilience.layerConfigRef(ref, quick)).pipe(
        Effect.withConfigProvider(live),
        Effect.provide(log.layer)
      )
      const attempts = Effect.gen(function*() {
        const before = provider.count
        yield* elapsed(shop.items.get(item), "1 minute")
        return provider.count - before
      })
      const look = SubscriptionRef.update(ref, (options) => ({ ...options }))
      strictEqual(yield* attempts, 2)
      texts.set("HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS", "3")
      strictEqual(yield* attempts, 2)
      yield* look
      strictEqual(yield* attempts, 3)
      texts.clear()
      yield* look
      strictEqual(yield* attempts, 4)
      yield* SubscriptionRef.set(ref, {})
      strictEqual(yield* attempts, 3)
      texts.set("HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS", "many").set("HOLDFAST_SHOP_RETRI", "off")
      yield* SubscriptionRef.set(ref, { retry: false })
      strictEqual(yield* attempts, 3)
      texts.clear()
      yield* look
      strictEqual(yield* attempts, 1)
      deepStrictEqual(log.lines.filter(([level]) => level !== "WARN"), [
        ["INFO", "the policy of shop has changed: retry.maxAttempts 2 → 3"],
        ["INFO", "the policy of shop has changed: retry.maxAttempts 3 → 4"],
        ["INFO", "the policy of shop has changed: retry.maxAttempts 4 → 3"],
        [
          "ERROR",
          "the new policy of shop is refused, and the one before stays in force: " +
          "(Invalid data at HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: " +
          "\"it is `many`, and must be a whole number from 1 up, as in `5`\") and " +
          "(Invalid data at HOLDFAST_SHOP_RETRI: \"there is no such variable; did you mean HOLDFAST_SHOP_RETRY?\")"
        ],
        [
          "INFO",
          "the policy of shop has changed: retry on → off, retry.maxAttempts 3 → default, " +
          "retry.initialDelay 1 second → default, retry.multiplier 1 → default, retry.jitter none → default"
        ]
      ])
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("is refused as a layer where Config is wrong from the start", () =>
    Effect.gen(function*() {
      const ref = yield* makeRef({})
      const built = yield* Kit.shop(new Kit.Provider(Kit.ok), Resilience.layerConfigRef(ref)).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["HOLDFAST_SHOP_RETRY", "perhaps"]]))),
        Effect.either
      )
      assertTrue(Either.isLeft(built) && built.left._op === "InvalidData")
    }).pipe(Effect.provide(Holdfast.layerMemory)))

  it.scoped("a source that takes its time: calls wait for what they have found changed, as long as they like", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(503))
      const map = ConfigProvider.fromMap(new Map())
      let wait = Duration.zero
      const slow = ConfigProvider.make({
        flattened: map.flattened,
        load: (config) => Effect.suspend(() => Effect.delay(map.load(config), wait))
      })
      const ref = yield* makeRef({ retry: false })
      const shop = yield* Effect.withConfigProvider(Kit.shop(provider, Resilience.layerConfigRef(ref)), slow)
      wait = Duration.seconds(1)
      yield* SubscriptionRef.set(ref, { availability: Availability.Off({ reason: "now" }) })
      const waiting = yield* Effect.fork(Effect.either(shop.items.get(item)))
      const impatient = yield* Effect.fork(Effect.timeout(Effect.either(shop.items.get(item)), "100 millis"))
      yield* TestClock.adjust("200 millis")
      strictEqual((yield* Fiber.await(impatient))._tag, "Failure")
      strictEqual(Option.isNone(yield* Fiber.poll(waiting)), true)
      // another change meanwhile: a call that comes after it meets that one
      yield* SubscriptionRef.set(ref, { availability: Availability.Maintenance({ reason: "later" }) })
      const later = yield* Effect.fork(Effect.flip(shop.items.get(item)))
      yield* TestClock.adjust("1 minute")
      strictEqual(tagOf(yield* Fiber.join(waiting)), "UnavailableError")
      assertTrue((yield* Fiber.join(later)).message.includes("in maintenance: later"))
      strictEqual(provider.count, 0)
    }).pipe(Effect.provide(Holdfast.layerMemory)))
})
