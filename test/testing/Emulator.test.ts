import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpBody, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Duration, Effect, Fiber, Layer, Schema, Stream, TestClock } from "effect"
import { Auth, Form, Integration, IntegrationClient, OpenApi } from "holdfast"
import { Emulator, Faults, Ledger } from "holdfast/testing"
import * as Kit from "./counter.js"

const headers = { authorization: "Bearer t", "x-secret": "s3cret" }

const send = Effect.fnUntraced(function*(
  emulator: Emulator.Emulator,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: HttpBody.HttpBody
) {
  const request = HttpClientRequest.make(method)(`http://anything.test${path}`, { headers, ...(body && { body }) })
  const response = yield* Emulator.httpClient(emulator).execute(request)
  const text = yield* response.text
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) }
})

const add = (by: unknown) => HttpBody.unsafeJson({ by })

describe("Emulator", () => {
  it.effect("routes by method and template, the literal before the parameter, parameters percent-decoded", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      deepStrictEqual(
        yield* Effect.map(
          send(emulator, "POST", "/counters/a%20b%2Fc/add?twice=true", add(2)),
          (it) => [it.status, it.body]
        ),
        [
          201,
          { name: "a b/c", count: 4 }
        ]
      )
      deepStrictEqual((yield* send(emulator, "GET", "/counters/total")).body, { total: 4 })
      strictEqual((yield* send(emulator, "DELETE", "/counters/a%20b%2Fc")).status, 204)
      deepStrictEqual((yield* send(emulator, "GET", "/counters")).body, [])
    }))

  it.effect("refuses in the provider's own words: route, method, credential, JSON, input, handler", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const refused = [
        yield* send(emulator, "GET", "/nowhere"),
        yield* send(emulator, "PUT", "/counters"),
        yield* send(emulator, "POST", "/counters/a/add", HttpBody.text("{", "application/json")),
        yield* send(emulator, "POST", "/counters/a/add", add("2")),
        yield* send(emulator, "POST", "/counters/a/add?twice=maybe", add(2)),
        yield* send(emulator, "GET", "/counters/%E0%A4%A"),
        yield* send(emulator, "GET", "/counters/a")
      ]
      deepStrictEqual(refused.map((one) => [one.status, one.body.code]), [
        [404, "route"],
        [405, "method"],
        [400, "malformed"],
        [400, "invalid"],
        [400, "invalid"],
        [400, "malformed"],
        [404, "NO_COUNTER"]
      ])
      strictEqual(refused[1]?.headers.allow, "GET")
      deepStrictEqual(refused[3]?.body.issues[0].path, "by")
      const anonymous = yield* Emulator.httpClient(emulator).get("http://anything.test/counters")
      strictEqual(anonymous.status, 401)
      assertTrue((yield* emulator.ledger).every((entry) => !entry.processed && entry.changes.length === 0))
    }))

  it.effect("a handler that dies, or gives what its Schema refuses, is a 500 that says so", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const died = yield* send(emulator, "GET", "/dies")
      deepStrictEqual([died.status, died.body.code], [500, "defect"])
      assertTrue(died.body.message.includes("handler died"))
      const broken = yield* send(emulator, "GET", "/broken")
      deepStrictEqual([broken.status, broken.body.code], [500, "defect"])
    }))

  it.effect("takes a body of any kind", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const json = JSON.stringify({ by: 1 })
      const bytes = new TextEncoder().encode(json)
      yield* send(emulator, "POST", "/counters/a/add", HttpBody.uint8Array(bytes, "application/json"))
      yield* send(
        emulator,
        "POST",
        "/counters/a/add",
        HttpBody.stream(Stream.make(bytes.subarray(0, 3), bytes.subarray(3)))
      )
      yield* send(emulator, "POST", "/counters/a/add", HttpBody.raw(json))
      deepStrictEqual((yield* send(emulator, "GET", "/counters/total")).body, { total: 3 })
    }))

  it.effect("a list of one is a list, in a form and in a query", () =>
    Effect.gen(function*() {
      const To = Schema.Struct({
        media: Schema.optional(Schema.Array(Schema.String)),
        text: Schema.String
      })
      const api = HttpApi.make("mail").add(
        HttpApiGroup.make("mail", { topLevel: true })
          .add(
            HttpApiEndpoint.post("send", "/mail").setPayload(Form.payload(To))
              .setUrlParams(Schema.Struct({ tag: Schema.Array(Schema.String) }))
              .addSuccess(Schema.Array(Schema.String))
              .annotate(Form.Arrays, "repeated")
          )
      )
      const definition = Integration.define({
        api,
        auth: Auth.none,
        baseUrl: "https://mail.test",
        id: "mail",
        name: "Mail",
        version: "1"
      })
      const emulator = yield* Emulator.make<typeof api, object>({
        error: (failure) => ({ body: failure.message }),
        handlers: () => ({
          send: ({ payload, urlParams }) =>
            Effect.succeed([...urlParams.tag, payload.text, ...payload.media ?? ["none"]])
        }),
        integration: definition,
        state: () => ({})
      })
      const mail = yield* Effect.provide(
        Integration.client(definition),
        Layer.provide(IntegrationClient.layer(definition), Emulator.layerHttpClient(emulator))
      )
      for (const list of [["x"], ["x", "y"]]) {
        deepStrictEqual(
          yield* mail.send({ payload: { media: list, text: "t" }, urlParams: { tag: list } }),
          [...list, "t", ...list]
        )
      }
      deepStrictEqual(yield* mail.send({ payload: { text: "t" }, urlParams: { tag: ["x"] } }), ["x", "t", "none"])
    }))

  it.effect("the ledger holds every request, by the emulator's clock and without secrets", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(5000)
      const emulator = yield* Emulator.make(Kit.spec, { faults: Faults.script([Faults.ok, Faults.status(503)]) })
      yield* send(emulator, "POST", "/counters/a/add?twice=true", add(1))
      yield* TestClock.adjust("3 seconds")
      yield* send(emulator, "POST", "/counters/a/add", add(1))
      yield* send(emulator, "POST", "/counters/a/add", add(1))
      const entries = yield* emulator.ledger
      deepStrictEqual(
        entries.map(({ at, changes, fault, processed, sequence, status }) => ({
          at,
          changes,
          fault,
          processed,
          sequence,
          status
        })),
        [
          {
            at: 5000,
            changes: [{ resource: "counters", kind: "created", key: "a" }],
            fault: "None",
            processed: true,
            sequence: 1,
            status: 201
          },
          { at: 8000, changes: [], fault: "Status", processed: false, sequence: 2, status: 503 },
          {
            at: 8000,
            changes: [{ resource: "counters", kind: "updated", key: "a" }],
            fault: "None",
            processed: true,
            sequence: 3,
            status: 201
          }
        ]
      )
      deepStrictEqual(entries[0]?.query, { twice: "true" })
      deepStrictEqual(entries[0]?.body, { by: 1 })
      strictEqual(entries[0]?.operation, "counters.add")
      deepStrictEqual([entries[0]?.headers.authorization, entries[0]?.headers["x-secret"]], [
        "<redacted>",
        "<redacted>"
      ])
      deepStrictEqual({ ...Ledger.tally(entries, "counters") }, { a: { created: 1, updated: 1 } })
    }))

  it.effect("a key of the ledger may have any name", () =>
    Effect.sync(() => {
      const entry = (key: string): Ledger.Entry => ({
        sequence: 1,
        at: 0,
        operation: "x",
        method: "POST",
        path: "/",
        query: {},
        headers: {},
        body: undefined,
        fault: "None",
        outage: false,
        processed: true,
        changes: [{ resource: "r", kind: "created", key }],
        status: 200
      })
      const counts = Ledger.tally([entry("__proto__"), entry("constructor")], "r")
      deepStrictEqual(Object.keys(counts).sort(), ["__proto__", "constructor"])
      deepStrictEqual(Object.values(counts).map((count) => count.created), [1, 1])
    }))

  it.effect("control paths: ledger, state, reset, outage; they stand outside of ledger, credential and faults", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, { faults: Faults.script([Faults.ok, Faults.ok]) })
      yield* send(emulator, "POST", "/counters/a/add", add(3))
      yield* send(emulator, "GET", "/counters")
      const ledger = yield* send(emulator, "GET", "/__emulator/ledger?operation=counters.list")
      deepStrictEqual([ledger.body.total, ledger.body.entries.length], [2, 1])
      deepStrictEqual((yield* send(emulator, "GET", "/__emulator/ledger?after=1")).body.entries.length, 1)
      deepStrictEqual((yield* send(emulator, "GET", "/__emulator/state")).body, {
        requests: 2,
        tally: { counters: { a: { created: 1 } } },
        state: { a: 3 }
      })
      yield* send(emulator, "POST", "/__emulator/outage?down=true")
      const down = yield* Effect.either(send(emulator, "GET", "/counters"))
      assertTrue(down._tag === "Left" || down.right.status === 503)
      yield* send(emulator, "POST", "/__emulator/outage?down=false")
      strictEqual((yield* send(emulator, "GET", "/counters")).status, 200)
      yield* send(emulator, "POST", "/__emulator/reset")
      deepStrictEqual((yield* send(emulator, "GET", "/__emulator/state")).body, { requests: 0, tally: {}, state: {} })
      strictEqual((yield* send(emulator, "GET", "/__emulator/nothing")).status, 404)
      strictEqual((yield* send(emulator, "POST", "/__emulator/outage?down=perhaps")).status, 400)
    }))

  it.effect("its OpenAPI document is at /openapi.json, for whoever asks, and stands outside of the ledger, too", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, {
        authorize: () => false,
        faults: Faults.always(Faults.status(503))
      })
      const { body, status } = yield* send(emulator, "GET", "/openapi.json")
      strictEqual(status, 200)
      deepStrictEqual(body, { ...OpenApi.make(Kit.definition), servers: [{ url: "/" }] })
      deepStrictEqual(Object.keys(body.paths), [
        "/counters",
        "/counters/total",
        "/counters/{name}",
        "/counters/{name}/add",
        "/broken",
        "/dies"
      ])
      deepStrictEqual(yield* emulator.ledger, [])
    }))

  it.effect("a quota of a rolling window: the next request is let in when the first has left the window", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, {
        rateLimit: {
          name: "TEN",
          limit: 2,
          window: "10 seconds",
          retryAfter: true,
          applies: (name) => name !== "counters.total"
        }
      })
      const get = Effect.map(send(emulator, "GET", "/counters"), (it) => [it.status, it.headers["retry-after"]])
      deepStrictEqual(yield* get, [200, undefined])
      yield* TestClock.adjust("4 seconds")
      deepStrictEqual(yield* get, [200, undefined])
      deepStrictEqual(yield* get, [429, "6"])
      strictEqual((yield* send(emulator, "GET", "/counters/total")).status, 200)
      yield* TestClock.adjust("6 seconds")
      deepStrictEqual(yield* get, [200, undefined])
      deepStrictEqual(yield* get, [429, "4"])
    }))

  it.effect("a limit of requests at once: one more is refused as it arrives, until another has been answered", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(
        { ...Kit.spec, headers: ({ active }) => ({ "x-active": String(active) }) },
        {
          concurrency: 2,
          faults: { ...Faults.none, decide: () => ({ fault: Faults.ok, latency: Duration.seconds(1) }) }
        }
      )
      const get = Effect.map(send(emulator, "GET", "/counters"), (it) => [it.status, it.headers["x-active"]])
      const first = yield* Effect.fork(get)
      const second = yield* Effect.fork(get)
      yield* TestClock.adjust("500 millis")
      deepStrictEqual(yield* get, [429, "3"])
      yield* Fiber.interrupt(second)
      const third = yield* Effect.fork(get)
      yield* TestClock.adjust("1 second")
      deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(third)], [[200, "2"], [200, "1"]])
      deepStrictEqual((yield* emulator.ledger).map(({ processed, status }) => [processed, status]), [
        [true, 200],
        [false, undefined],
        [false, 429],
        [true, 200]
      ])
    }))

  it.effect("an interrupted caller leaves a request that was not processed", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.make({ latency: { min: "5 seconds", max: "5 seconds" } })
      })
      const fiber = yield* Effect.fork(send(emulator, "POST", "/counters/a/add", add(1)))
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual((yield* emulator.ledger).map(({ processed, status }) => [processed, status]), [[
        false,
        undefined
      ]])
      deepStrictEqual([...yield* emulator.state], [])
    }))
})

describe("Emulator outages", () => {
  const outcome = (emulator: Emulator.Emulator) =>
    Effect.map(
      Effect.either(send(emulator, "GET", "/counters")),
      (it) => it._tag === "Right" ? it.right.status : "reset"
    )

  it.effect("begin after a number of requests and last for a duration", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.make({ outages: [{ afterRequests: 2, for: "5 seconds" }], outageMix: { status503: 1 } })
      })
      const get = outcome(emulator)
      deepStrictEqual([yield* get, yield* get], [200, 200])
      yield* TestClock.adjust("1 minute")
      strictEqual(yield* get, 503)
      yield* TestClock.adjust("4999 millis")
      strictEqual(yield* get, 503)
      yield* TestClock.adjust("1 millis")
      strictEqual(yield* get, 200)
      deepStrictEqual((yield* emulator.ledger).map((entry) => entry.outage), [false, false, true, true, false])
    }))

  it.effect("by time since the start, by number of request, and by hand", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_000_000)
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.make({
          outages: [{ from: "1 second", to: "2 seconds" }, { fromRequest: 4, toRequest: 5 }],
          outageMix: { reset: 1 }
        })
      })
      const get = outcome(emulator)
      strictEqual(yield* get, 200)
      yield* TestClock.adjust("1 second")
      strictEqual(yield* get, "reset")
      yield* TestClock.adjust("1 second")
      deepStrictEqual([yield* get, yield* get, yield* get, yield* get], [200, "reset", "reset", 200])
      yield* emulator.outage(true)
      strictEqual(yield* get, "reset")
      yield* emulator.outage(false)
      strictEqual(yield* get, 200)
      assertTrue((yield* emulator.ledger).every((entry) => entry.processed !== entry.outage))
    }))

  it.effect("answer by the mix: 503s and resets, by default half of each", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      yield* emulator.outage(true)
      const outcomes = yield* Effect.replicateEffect(outcome(emulator), 200)
      const resets = Array.from(outcomes).filter((one) => one === "reset").length
      assertTrue(resets > 60 && resets < 140, String(resets))
    }))

  it.effect("a reset of the emulator brings the plan's outages back", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec, {
        faults: Faults.outage({ afterRequests: 0, for: "1 second" }, { outageMix: { status503: 1 } })
      })
      const get = outcome(emulator)
      strictEqual(yield* get, 503)
      yield* TestClock.adjust("1 second")
      strictEqual(yield* get, 200)
      yield* emulator.reset
      strictEqual(yield* get, 503)
    }))

  it.effect("another plan counts requests and time from when it is put in place", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(Kit.spec)
      const get = outcome(emulator)
      deepStrictEqual([yield* get, yield* get], [200, 200])
      yield* TestClock.adjust("1 hour")
      yield* emulator.setFaults(Faults.script([Faults.status(500), Faults.ok]))
      deepStrictEqual([yield* get, yield* get], [500, 200])
      yield* emulator.setFaults(Faults.outage({ from: 0, to: "1 second" }, { outageMix: { status503: 1 } }))
      strictEqual(yield* get, 503)
      yield* TestClock.adjust("1 second")
      strictEqual(yield* get, 200)
      deepStrictEqual((yield* emulator.ledger).map((entry) => entry.sequence), [1, 2, 3, 4, 5, 6])
    }))
})
