/** What goes wrong with Stripe where one does not know it. */
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Fiber, Inspectable, Option, Redacted, Stream, TestClock } from "effect"
import { IdempotencyKey, IntegrationError, Pagination } from "holdfast"
import { Emulator, lists, searches, StripeErrors } from "holdfast/providers/stripe"
import { Faults, Ledger } from "holdfast/testing"
import { inspect } from "node:util"
import * as Kit from "./kit.js"

const { Bodies } = Emulator

/** Runs what waits by the test's clock. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Duration.DurationInput = "3 minutes") =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(time)
    return yield* Fiber.join(fiber)
  })

const keysOf = (entries: ReadonlyArray<Ledger.Entry>) => [
  ...new Set(entries.map(({ headers }) => headers["idempotency-key"]))
]

/** The error of a safe call that meets this answer. */
const errorOf = (...answer: Parameters<typeof Faults.status>) =>
  Effect.gen(function*() {
    const { stripe } = yield* Kit.inProcess({ faults: Faults.always(Faults.status(...answer)) })
    return yield* Effect.flip(stripe.balance.get())
  })

describe("Stripe: idempotency keys", () => {
  it.scoped("a write whose answer is lost is sent again under its key, and a customer pays once", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.resetAfter, Faults.status(502), Faults.halfBody])
      })
      const payment = yield* inTime(stripe.paymentIntents.create(Kit.paid("42")))
      strictEqual(payment.status, "succeeded")
      const ledger = yield* emulator.ledger
      strictEqual(ledger.length, 4)
      strictEqual(keysOf(ledger).length, 1)
      deepStrictEqual({ ...Ledger.tally(ledger, "charges") }, { 42: { succeeded: 1 } })
    }))

  it.scoped("a key of the business's own is one payment, in whatever process and however often", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies()
      const pay = stripe.paymentIntents.create({ ...Kit.paid("42"), withResponse: true }).pipe(
        IdempotencyKey.provide("order-42")
      )
      const [first, answer] = yield* pay
      const [second, again] = yield* pay
      strictEqual(first.id, second.id)
      deepStrictEqual(
        [answer.headers["idempotent-replayed"], again.headers["idempotent-replayed"]],
        [undefined, "true"]
      )
      deepStrictEqual(keysOf(yield* emulator.ledger), ["order-42"])
    }))

  it.scoped("a key with other parameters is refused for good, and says what to do", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies()
      const create = (amount: number) =>
        stripe.paymentIntents.create({ payload: { amount, currency: "eur" } }).pipe(IdempotencyKey.provide("order-42"))
      yield* create(100)
      const error = yield* Effect.flip(create(101))
      assertInstanceOf(error, IntegrationError.ValidationError)
      deepStrictEqual([error.status, error.code, error.retryable], [400, "idempotency_error", false])
      assertTrue(error.message.includes("needs an idempotency key of its own"))
      const elsewhere = yield* Effect.flip(
        stripe.customers.create({ payload: {} }).pipe(IdempotencyKey.provide("order-42"))
      )
      strictEqual(elsewhere.code, "idempotency_error")
      strictEqual((yield* emulator.ledger).length, 3)
    }))

  it.scoped("a key that is in use is waited for: both calls get the one payment", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies({ writesTake: "700 millis" }, {
        retry: { initialDelay: "1 second", jitter: "none" }
      })
      const pay = stripe.paymentIntents.create(Kit.paid("42")).pipe(IdempotencyKey.provide("order-42"))
      const [first, second] = yield* inTime(Effect.all([pay, pay], { concurrency: 2 }))
      strictEqual(first.id, second.id)
      const ledger = yield* emulator.ledger
      deepStrictEqual(ledger.map(({ status }) => status).sort(), [200, 200, 409])
      deepStrictEqual({ ...Ledger.tally(ledger, "charges") }, { 42: { succeeded: 1 } })
    }))

  it.scoped("a decline is stored: the same key is declined again without a second attempt, another one may pay", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies()
      const pay = stripe.paymentIntents.create(Kit.paid("42", { payment_method: "pm_card_chargeDeclined" }))
      const once = pay.pipe(IdempotencyKey.provide("order-42"))
      const error = yield* Effect.flip(once)
      const again = yield* Effect.flip(once)
      deepStrictEqual([again._tag, again.status, again.code], [error._tag, error.status, error.code])
      deepStrictEqual({ ...Ledger.tally(yield* emulator.ledger, "charges") }, { 42: { failed: 1 } })
      const id = Option.getOrThrow(StripeErrors.paymentIntentId(again))
      const payload = { payment_method: "pm_card_visa" }
      strictEqual((yield* stripe.paymentIntents.confirm({ path: { id }, payload })).status, "succeeded")
    }))

  it.scoped("what was refused for its parameters is not stored", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.withPolicies()
      const refund = (payment_intent: string) =>
        stripe.refunds.create({ payload: { payment_intent } }).pipe(IdempotencyKey.provide("refund-42"))
      const error = yield* Effect.flip(refund("pi_none"))
      deepStrictEqual([error._tag, error.status, error.code], ["ValidationError", 400, "resource_missing"])
      const payment = yield* stripe.paymentIntents.create(Kit.paid("42"))
      strictEqual((yield* refund(payment.id)).amount, 1999)
    }))

  it.scoped("a key is kept for a day, and is new after it", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.withPolicies()
      const pay = stripe.paymentIntents.create(Kit.paid("42")).pipe(IdempotencyKey.provide("order-42"))
      const first = yield* pay
      yield* TestClock.adjust(Duration.subtract("24 hours", "1 millis"))
      strictEqual((yield* pay).id, first.id)
      yield* TestClock.adjust("1 millis")
      assertFalse((yield* pay).id === first.id)
    }))

  it.scoped("a key has at most 255 characters", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.withPolicies()
      const create = (key: string) => stripe.customers.create({ payload: {} }).pipe(IdempotencyKey.provide(key))
      yield* create("k".repeat(255))
      strictEqual((yield* Effect.flip(create("k".repeat(256))))._tag, "ValidationError")
    }))

  it.scoped("reads have none", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies()
      yield* stripe.balance.get()
      deepStrictEqual(keysOf(yield* emulator.ledger), [undefined])
    }))
})

describe("Stripe: errors", () => {
  it.scoped("Stripe-Should-Retry decides, in both directions", () =>
    Effect.gen(function*() {
      const no = { headers: { "stripe-should-retry": "false" } }
      const yes = { headers: { "stripe-should-retry": "true" } }
      deepStrictEqual(
        yield* Effect.forEach(
          [
            errorOf(503, no),
            errorOf(409, no),
            errorOf(429, no),
            errorOf(400, yes),
            errorOf(402, yes),
            errorOf(503),
            errorOf(400)
          ],
          Effect.map(({ retryable }) => retryable)
        ),
        [false, false, false, true, true, true, false]
      )
    }))

  it.scoped("a failure that is replayed for a key comes again each time: it is not retried", () =>
    Effect.gen(function*() {
      const replayed = Faults.status(500, { headers: { "idempotent-replayed": "true" } })
      const { emulator, stripe } = yield* Kit.withPolicies({
        faults: Faults.script([Faults.status(500), replayed, replayed])
      })
      const error = yield* inTime(Effect.flip(stripe.paymentIntents.create(Kit.paid("42"))))
      deepStrictEqual([error._tag, error.retryable], ["ServerError", false])
      strictEqual((yield* emulator.ledger).length, 2)
    }))

  it.scoped("lock_timeout is a 429 that is none: only its own call waits", () =>
    Effect.gen(function*() {
      const lock = Faults.status(429, { body: Bodies.lockTimeout, headers: { "stripe-should-retry": "true" } })
      const { stripe } = yield* Kit.withPolicies({ faults: Faults.script([lock], { operation: "refunds.create" }) }, {
        rateLimit: { coolDown: "1 minute" },
        retry: { initialDelay: "1 second", jitter: "none" }
      })
      const payment = yield* stripe.paymentIntents.create(Kit.paid("42"))
      const refunding = yield* Effect.fork(stripe.refunds.create({ payload: { payment_intent: payment.id } }))
      yield* TestClock.adjust("500 millis")
      // a cool-down would hold this one, for whose sake the clock does not move
      yield* stripe.balance.get()
      yield* TestClock.adjust("500 millis")
      strictEqual((yield* Fiber.join(refunding)).status, "succeeded")
    }))

  it.scoped("a 429 says which limit it was, and not for how long: all calls pause for the policy's second", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.withPolicies({ rateLimit: Emulator.limits({ perSecond: 1 }) }, {
        retry: { initialDelay: "10 millis", jitter: "none" }
      })
      yield* stripe.balance.get()
      yield* inTime(stripe.balance.get())
      const ledger = yield* emulator.ledger
      deepStrictEqual(ledger.map(({ at, status }) => [at, status]), [[0, 200], [0, 429], [1000, 200]])
      const bare = yield* Kit.inProcess({ rateLimit: Emulator.limits({ perSecond: 1 }) })
      yield* bare.stripe.balance.get()
      const error = yield* Effect.flip(bare.stripe.balance.get())
      assertInstanceOf(error, IntegrationError.RateLimitError)
      assertTrue(error.message.includes("the limit is global-rate"))
      strictEqual(error.retryAfter, undefined)
    }))

  it.scoped("an hour's limit of one payment is nothing that a retry could sit out", () =>
    Effect.gen(function*() {
      const body = Bodies.of({ code: "payment_intent_rate_limit_exceeded", type: "invalid_request_error" })
      const error = yield* errorOf(429, { body, headers: { "stripe-rate-limited-reason": "resource-specific" } })
      deepStrictEqual([error._tag, error.retryable], ["RateLimitError", false])
    }))

  it.scoped("the body goes before the status: rate_limit as a 400, a card's error as whatever", () =>
    Effect.gen(function*() {
      const limited = yield* errorOf(400, { body: Bodies.of({ code: "rate_limit", type: "invalid_request_error" }) })
      strictEqual(limited._tag, "RateLimitError")
      const declined = yield* errorOf(403, { body: Bodies.declined("do_not_honor") })
      deepStrictEqual([declined._tag, Option.getOrNull(StripeErrors.declineCode(declined))], [
        "ValidationError",
        "do_not_honor"
      ])
      const key = yield* errorOf(403, { body: Bodies.of({ message: "Expired.", type: "authentication_error" }) })
      strictEqual(key._tag, "AuthenticationError")
    }))

  it.scoped("a decline names the payment, and tells nobody what it can be paid with", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      const pay = stripe.paymentIntents.create(
        Kit.paid("42", { payment_method: "pm_card_chargeDeclinedInsufficientFunds" })
      )
      const error = yield* Effect.flip(pay)
      assertInstanceOf(error, IntegrationError.ValidationError)
      deepStrictEqual(
        [error.status, error.code, error.retryable, Option.getOrNull(StripeErrors.declineCode(error))],
        [402, "card_declined", false, "insufficient_funds"]
      )
      assertTrue(error.message.includes("insufficient_funds") && error.message.includes("request req_"))
      const id = Option.getOrThrow(StripeErrors.paymentIntentId(error))
      const payment = yield* stripe.paymentIntents.get({ path: { id } })
      deepStrictEqual([payment.status, payment.last_payment_error?.decline_code], [
        "requires_payment_method",
        "insufficient_funds"
      ])
      const secret = Redacted.value(payment.client_secret ?? Redacted.make(""))
      assertTrue(secret.startsWith(id))
      for (
        const seen of [error, payment].flatMap((one) => [
          inspect(one, { depth: Infinity, showHidden: true }),
          JSON.stringify(one),
          Inspectable.toStringUnknown(one)
        ])
      ) assertFalse(seen.includes(secret))
    }))

  it.scoped("a payment that the customer must confirm is no error, and is one off the session", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      const payment_method = "pm_card_authenticationRequired"
      const { payload } = Kit.paid("42", { payment_method })
      const payment = yield* stripe.paymentIntents.create({
        payload: { ...payload, return_url: "https://shop.example.com/done" }
      })
      strictEqual(payment.status, "requires_action")
      strictEqual(payment.next_action?.redirect_to_url?.return_url, "https://shop.example.com/done")
      const error = yield* Effect.flip(stripe.paymentIntents.create({ payload: { ...payload, off_session: true } }))
      strictEqual(error.code, "authentication_required")
    }))

  it.scoped("what Stripe would refuse is refused before it is sent", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.inProcess()
      const good = { amount: 100, currency: "eur" }
      const refused = [
        { ...good, amount: 1.5 },
        { ...good, amount: 0 },
        { ...good, currency: "EUR" },
        { ...good, metadata: { "a[b]": "c" } },
        { ...good, metadata: { a: "b".repeat(501) } },
        { ...good, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) },
        { ...good, off_session: true },
        { ...good, return_url: "https://shop.example.com" },
        { ...good, automatic_payment_methods: { enabled: true }, payment_method_types: ["card"] as const }
      ]
      for (const payload of refused) {
        const error = yield* Effect.flip(stripe.paymentIntents.create({ payload }))
        deepStrictEqual([error._tag, error.status], ["ValidationError", undefined])
      }
      strictEqual((yield* Effect.flip(stripe.refunds.create({ payload: { amount: 1 } })))._tag, "ValidationError")
      strictEqual(
        (yield* Effect.flip(stripe.events.list({ urlParams: { type: "a", types: ["b"] } })))._tag,
        "ValidationError"
      )
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})

describe("Stripe: lists", () => {
  const fill = (stripe: Kit.Client, count: number) =>
    Effect.forEach(
      Array.from({ length: count }, (_, n) => n),
      (n) => stripe.paymentIntents.create({ payload: { amount: 100 + n, currency: "eur" } })
    )

  it.scoped("the next page begins after the last id: what is made meanwhile moves nothing", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.inProcess()
      yield* fill(stripe, 5)
      const amounts = yield* Pagination.items(stripe.paymentIntents.list, lists(), { urlParams: { limit: 2 } }).pipe(
        Stream.tap(() => stripe.paymentIntents.create({ payload: { amount: 999, currency: "eur" } })),
        Stream.map(({ amount }) => amount),
        Stream.runCollect
      )
      deepStrictEqual([...amounts], [104, 103, 102, 101, 100])
      const cursors = (yield* emulator.ledger).filter(({ method }) => method === "GET")
        .map(({ query }) => query["starting_after"])
      deepStrictEqual(cursors, [undefined, "pi_000000000000000000000004", "pi_000000000000000000000002"])
    }))

  it.scoped("a page without objects that says there are more ends in an error", () =>
    Effect.gen(function*() {
      const body = { data: [], has_more: true, object: "list" }
      const { stripe } = yield* Kit.inProcess({ faults: Faults.always(Faults.status(200, { body })) })
      const error = yield* Effect.flip(Stream.runDrain(Pagination.items(stripe.charges.list, lists(), {})))
      deepStrictEqual([error._tag, error.operation], ["ResponseDecodeError", "charges.list"])
    }))

  it.scoped("a search goes by its own cursor, and ends where there is no more although it names a page", () =>
    Effect.gen(function*() {
      const last = { data: [], has_more: false, next_page: "page_of_nothing", object: "search_result" }
      const { emulator, stripe } = yield* Kit.inProcess({ faults: Faults.always(Faults.status(200, { body: last })) })
      const all = Pagination.items(stripe.paymentIntents.search, searches(), { urlParams: { query: "amount>1" } })
      strictEqual(yield* Stream.runCount(all), 0)
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("what was made since a time is asked for with brackets", () =>
    Effect.gen(function*() {
      const { emulator, stripe } = yield* Kit.inProcess()
      yield* fill(stripe, 1)
      yield* TestClock.adjust("10 seconds")
      yield* fill(stripe, 1)
      const since = yield* stripe.paymentIntents.list({ urlParams: { created: { gte: 10 } } })
      deepStrictEqual(since.data.map(({ created }) => created), [10])
      deepStrictEqual((yield* emulator.ledger).at(-1)?.query, { "created[gte]": "10" })
    }))

  it.scoped("events are there for 30 days, each with an id of its own", () =>
    Effect.gen(function*() {
      const { stripe } = yield* Kit.inProcess()
      yield* stripe.paymentIntents.create(Kit.paid("42"))
      const { data } = yield* stripe.events.list()
      deepStrictEqual(data.map(({ type }) => type), [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created"
      ])
      strictEqual(new Set(data.map(({ id }) => id)).size, 3)
      yield* TestClock.adjust("30 days")
      deepStrictEqual((yield* stripe.events.list()).data, [])
    }))
})
