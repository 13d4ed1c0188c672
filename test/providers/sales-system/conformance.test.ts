import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"
import { Credentials, Holdfast, IdempotencyKey, type Integration, IntegrationContext, Pagination } from "holdfast"
import { definition, Emulator, orders, SalesSystem } from "holdfast/providers/sales-system"
import { Emulator as Testing, Faults } from "holdfast/testing"
import * as Provider from "holdfast/testing/conformance/Provider"

const key = (text: string) => Credentials.ApiKey({ key: Redacted.make(`fake-key-${text}`) })

const order = (reference: string, quantity = 2) => ({
  payload: {
    currency: "EUR",
    customerId: "c-1",
    lines: [{ quantity, sku: "engine", unitPriceCents: 4200 }],
    reference
  } as const
})

const fill = (sales: Integration.Client<typeof definition>) =>
  Effect.forEach(
    Array.from({ length: 25 }, (_, index) => `order-${index}`),
    // the suite counts requests, not keys
    (reference) => sales.orders.place(order(reference)).pipe(IdempotencyKey.provide(reference))
  )

const problem = (status: number, code: string, detail: string, more: object = {}) => ({
  body: { code, detail, status, title: "The request was not done", ...more },
  headers: { "content-type": "application/problem+json" },
  status
})

Provider.suite({
  tag: SalesSystem,
  definition,
  emulator: Emulator.make,
  layerTest: SalesSystem.layerTest,
  credentials: [key("one"), key("two")],
  calls: (sales) =>
    Effect.gen(function*() {
      const placed = yield* sales.orders.place(order("order-1"))
      assert.deepInclude(placed, { reference: "order-1", status: "accepted", totalCents: 8400 })
      const { id } = placed
      assert.deepStrictEqual(yield* sales.orders.get({ path: { id } }), placed)
      assert.deepStrictEqual((yield* sales.orders.list({ urlParams: { limit: 10, status: "accepted" } })).orders, [
        placed
      ])
      const cancelled = yield* sales.orders.cancel({ path: { id }, payload: { reason: "changed their mind" } })
      assert.strictEqual(cancelled.status, "cancelled")
      assert.deepStrictEqual(
        yield* sales.orders.cancel({ path: { id }, payload: { reason: "changed their mind" } }),
        cancelled
      )
      assert.strictEqual((yield* sales.customers.get({ path: { id: "c-1" } })).name, "Analytical Engines")
      assert.strictEqual((yield* sales.system.health()).status, "ok")
    }).pipe(IntegrationContext.provide({ correlationId: "intake-7" })),
  probe: (sales) => sales.system.health(),
  errors: [
    {
      name: "400, fields",
      ...problem(400, "INVALID", "the order is not valid", {
        errors: [{ detail: "is unknown", field: "lines.0.sku" }]
      }),
      expect: {
        _tag: "ValidationError",
        code: "INVALID",
        issues: [{ message: "is unknown", path: "lines.0.sku" }],
        retryable: false
      }
    },
    { name: "401", ...problem(401, "UNAUTHENTICATED", "no such key"), expect: { _tag: "AuthenticationError" } },
    { name: "403", ...problem(403, "FORBIDDEN", "read only"), expect: { _tag: "AuthorizationError" } },
    { name: "404", ...problem(404, "ORDER_NOT_FOUND", "no order"), expect: { _tag: "NotFoundError" } },
    {
      name: "409, the reference is taken",
      ...problem(409, "DUPLICATE_REFERENCE", "there is an order"),
      expect: { _tag: "ConflictError", code: "DUPLICATE_REFERENCE", retryable: false }
    },
    {
      name: "409, the first is under way",
      ...problem(409, "IDEMPOTENCY_IN_PROGRESS", "wait"),
      expect: { _tag: "ConflictError", retryable: true, retryAfter: "1 second" }
    },
    {
      name: "422, credit",
      ...problem(422, "CREDIT_LIMIT_EXCEEDED", "may not owe that"),
      expect: { _tag: "ValidationError", code: "CREDIT_LIMIT_EXCEEDED", message: "may not owe that", retryable: false }
    },
    {
      name: "429, of the second",
      ...problem(429, "TOO_MANY_REQUESTS", "slow down"),
      headers: { "retry-after": "3" },
      expect: { _tag: "RateLimitError", retryable: true, retryAfter: "3 seconds" }
    },
    {
      name: "429, of the day",
      ...problem(429, "QUOTA_EXCEEDED", "50,000"),
      expect: { _tag: "RateLimitError", retryable: false }
    },
    {
      name: "503, maintenance",
      ...problem(503, "MAINTENANCE", "until six"),
      headers: { "retry-after": "120" },
      expect: { _tag: "ServerError", code: "MAINTENANCE", retryable: true, retryAfter: "2 minutes" }
    }
  ],
  tolerates: [
    {
      name: "a state that an order has only since yesterday",
      body: {
        currency: "EUR",
        customerId: "c-1",
        id: "so-1",
        lines: [],
        note: null,
        reference: "order-1",
        status: "on-hold",
        totalCents: 0,
        updatedAt: "2026-01-01T00:00:00Z"
      },
      call: (sales) => sales.orders.get({ path: { id: "so-1" } })
    }
  ],
  lists: [{
    operation: "orders.list",
    fill,
    stream: (sales) => Pagination.items(sales.orders.list, orders, { urlParams: { limit: 10 } }),
    items: 25,
    pages: 3
  }],
  requests: "requests.http"
})

describe("the sales system", () => {
  it.scoped("books an order once, however often its answer is lost, and finds it in both logs", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.resetAfter, Faults.resetAfter]) })
      const place = Effect.flatMap(SalesSystem, (sales) => sales.orders.place(order("order-42"))).pipe(
        IntegrationContext.provide({ correlationId: "intake-42" }),
        Effect.provide(
          SalesSystem.layer({ credentials: Credentials.layer(key("one")), policy: { retry: { initialDelay: 0 } } })
            .pipe(
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(Testing.layerHttpClient(emulator))
            )
        )
      )
      assert.strictEqual((yield* place).reference, "order-42")
      const { orders: booked } = yield* emulator.state
      assert.strictEqual(booked.size, 1)
      const sent = yield* emulator.ledger
      assert.lengthOf(sent, 3)
      assert.deepStrictEqual(new Set(sent.map(({ headers }) => headers["x-correlation-id"])), new Set(["intake-42"]))
      assert.strictEqual(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size, 1)
    }))

  it.effect("gives what changed since a time", () =>
    Effect.gen(function*() {
      const sales = yield* SalesSystem
      yield* fill(sales)
      const since = Pagination.items(sales.orders.list, orders, { urlParams: { updatedSince: "2030-01-01T00:00:00Z" } })
      assert.strictEqual(yield* Stream.runCount(since), 0)
    }).pipe(Effect.provide(SalesSystem.layerTest)))
})
