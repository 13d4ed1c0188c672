import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Credentials, Holdfast, Pagination } from "holdfast"
import { definition, Emulator, Erp, items } from "holdfast/providers/erp"
import { Emulator as Testing, Faults } from "holdfast/testing"
import * as Provider from "holdfast/testing/conformance/Provider"

const user = (username: string) =>
  Credentials.Basic({ password: Redacted.make(`fake-password-of-${username}`), username })

const fault = (code: string, text: string, more: object = {}) => ({ fault: { code, text, ...more } })

const order = { lines: [{ quantity: 5, sku: "wheel" }], supplier: "wheelwright" } as const

Provider.suite({
  tag: Erp,
  definition,
  emulator: Emulator.make,
  layerTest: Erp.layerTest,
  credentials: [user("ada"), user("grace")],
  calls: (erp) =>
    Effect.gen(function*() {
      const engine = yield* erp.items.get({ path: { sku: "engine" } })
      assert.deepInclude(engine, { onHand: 10, revision: "1" })
      const fewer = yield* erp.items.adjust({
        headers: { "if-match": engine.revision },
        path: { sku: "engine" },
        payload: { delta: -3, reason: "sold" }
      })
      assert.deepInclude(fewer, { onHand: 7, revision: "2" })
      const page = yield* erp.items.list({ urlParams: { modifiedAfter: "2026-01-01T00:00:00Z", skip: 1, top: 1 } })
      assert.lengthOf(page.value, 1)
      const path = { number: "PO-42" }
      assert.strictEqual((yield* erp.purchaseOrders.put({ path, payload: order })).state, "draft")
      assert.strictEqual((yield* erp.purchaseOrders.put({ path, payload: order })).state, "draft")
      const job = yield* erp.purchaseOrders.release({ path })
      assert.deepStrictEqual(yield* erp.jobs.get({ path: { id: job.id } }), job)
      assert.strictEqual((yield* erp.purchaseOrders.get({ path })).state, "released")
      assert.strictEqual((yield* erp.system.ping()).company, "Analytical Engines")
    }),
  probe: (erp) => erp.system.ping(),
  errors: [
    {
      name: "200, input",
      status: 200,
      body: fault("ERP-100", "no"),
      expect: { _tag: "ValidationError", code: "ERP-100" }
    },
    { name: "200, not there", status: 200, body: fault("ERP-200", "no item"), expect: { _tag: "NotFoundError" } },
    {
      name: "412",
      status: 412,
      body: fault("ERP-300", "changed"),
      expect: { _tag: "ConflictError", retryable: false }
    },
    {
      name: "200, open on a screen",
      status: 200,
      body: fault("ERP-310", "edited by GRACE"),
      expect: { _tag: "ConflictError", message: "edited by GRACE", retryable: true, retryAfter: "5 seconds" }
    },
    { name: "401", status: 401, body: fault("ERP-400", "who"), expect: { _tag: "AuthenticationError" } },
    { name: "200, no right", status: 200, body: fault("ERP-410", "no"), expect: { _tag: "AuthorizationError" } },
    { name: "500", status: 500, body: fault("ERP-500", "dump"), expect: { _tag: "ServerError", retryable: true } },
    {
      name: "200, a fault that nobody knows is no success",
      status: 200,
      body: fault("ERP-777", "odd"),
      expect: { _tag: "ServerError", code: "ERP-777" }
    },
    {
      name: "503, closing of the day",
      status: 503,
      body: fault("ERP-900", "closing of the day", { retryAfterSeconds: 1800 }),
      expect: { _tag: "ServerError", retryable: true, retryAfter: "30 minutes" }
    },
    {
      name: "200, no licence is free",
      status: 200,
      body: fault("ERP-910", "8 of 8"),
      expect: { _tag: "RateLimitError", retryAfter: "2 seconds" }
    }
  ],
  tolerates: [
    {
      name: "a job in a state of a later release",
      body: { id: "job-1", result: null, state: "paused" },
      call: (erp) => erp.jobs.get({ path: { id: "job-1" } })
    }
  ],
  lists: [{
    operation: "items.list",
    fill: () => Effect.void,
    stream: (erp) => Pagination.items(erp.items.list, items, { urlParams: { top: 1 } }),
    items: 3,
    pages: 3
  }],
  requests: "requests.http"
})

describe("the ERP", () => {
  it.scoped("takes from the stock once: a change whose answer is lost is not sent again, and a second is refused", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.ok, Faults.resetAfter]) })
      const erp = yield* Effect.provide(
        Erp,
        yield* Layer.build(
          Erp.layer({ credentials: Credentials.layer(user("ada")), policy: { retry: { initialDelay: 0 } } }).pipe(
            Layer.provide(Holdfast.layerMemory),
            Layer.provide(Testing.layerHttpClient(emulator))
          )
        )
      )
      const { revision } = yield* erp.items.get({ path: { sku: "engine" } })
      const take = erp.items.adjust({
        headers: { "if-match": revision },
        path: { sku: "engine" },
        payload: { delta: -2, reason: "sold" }
      })
      assert.deepInclude(yield* Effect.flip(take), { _tag: "NetworkError", gaveUp: "may-have-been-processed" })
      assert.deepInclude(yield* Effect.flip(take), { _tag: "ConflictError", code: "ERP-300" })
      assert.strictEqual((yield* erp.items.get({ path: { sku: "engine" } })).onHand, 8)
    }))
})
