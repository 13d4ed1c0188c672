import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Context, Effect, Either, Layer, Redacted, TestClock } from "effect"
import { Credentials, DeadLetterQueue, type IntegrationError } from "holdfast"
import { Emulator, GoogleAnalyticsEvents, measurementIdConfig } from "holdfast/providers/google-analytics-events"
import * as Testing from "holdfast/testing"
import { fetched } from "../../fetched.js"
import { type Client, web } from "./everything.js"

const secret = "fake-api-secret"

const credentials = Credentials.layer(Credentials.ApiKey({ key: Redacted.make(secret) }))

const inProcess = Effect.fnUntraced(function*(options: Emulator.Options = {}) {
  const emulator = yield* Emulator.make(options)
  const context = yield* Layer.build(Testing.Emulated.layerBare(GoogleAnalyticsEvents, emulator, { credentials }))
  return { analytics: Context.get(context, GoogleAnalyticsEvents), emulator }
})

type Payload = Parameters<Client["events"]["collect"]>[0]["payload"]

const ping: Payload = { client_id: "1.1", events: [{ name: "ping" }] }

const hour = 3_600_000

describe("traps of the Measurement Protocol", () => {
  it.scoped("it answers 204 for a wrong secret, a wrong stream and events that are too old, and drops them", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(100 * hour)
      const { analytics, emulator } = yield* inProcess({ streams: { "G-1": "another-secret", "G-2": secret } })
      const collect = (measurement_id: string, payload: Payload) =>
        analytics.events.collect({ payload, urlParams: { measurement_id } })
      yield* collect("G-1", ping)
      yield* collect("G-3", ping)
      yield* collect("G-2", { app_instance_id: "a", events: ping.events })
      yield* collect("G-2", { ...ping, timestamp_micros: (28 * hour - 1) * 1000 })
      yield* collect("G-2", { ...ping, timestamp_micros: 28 * hour * 1000 })
      const { dropped, events } = yield* emulator.state
      deepStrictEqual(dropped.map(({ reason }) => reason), ["secret", "secret", "client", "too old"])
      deepStrictEqual(events.map(({ at, stream }) => [stream, at]), [["G-2", 28 * hour]])
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [204, 204, 204, 204, 204])
    }))

  it.scoped("the validation says what is wrong, but does not look at the secret", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(100 * hour)
      const { analytics } = yield* inProcess({ streams: { "G-1": "another-secret" } })
      const validate = (payload: Payload) =>
        Effect.map(
          analytics.events.validate({ payload, urlParams: { measurement_id: "G-1" } }),
          ({ validationMessages }) => validationMessages.map((one) => [one.fieldPath, one.validationCode])
        )
      deepStrictEqual(yield* validate(ping), [])
      deepStrictEqual(yield* validate({ app_instance_id: "a", events: ping.events, timestamp_micros: 1 }), [
        ["client_id", "VALUE_REQUIRED"],
        ["timestamp_micros", "VALUE_OUT_OF_BOUNDS"]
      ])
    }))

  it.scoped("for whoever does not check first: all is taken, and only the validation complains", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve()
      const post = (path: string, body: string) =>
        Effect.promise(async () => {
          const url = `${baseUrl}${path}?measurement_id=G-1&api_secret=${secret}`
          const answer = await fetched(url, { body, method: "POST" })
          return [answer.status, await answer.text()] as const
        })
      const codes = (body: unknown) =>
        Effect.map(post("/debug/mp/collect", JSON.stringify(body)), ([status, text]) => {
          strictEqual(status, 200)
          const read = JSON.parse(text) as { validationMessages: ReadonlyArray<{ validationCode: string }> }
          return read.validationMessages.map(({ validationCode }) => validationCode)
        })
      const named = (name: string, params: object = {}) => ({ client_id: "1.1", events: [{ name, params }] })
      for (const body of ["{", "{}", JSON.stringify(named("_bad"))]) {
        deepStrictEqual(yield* post("/mp/collect", body), [204, ""])
      }
      deepStrictEqual(yield* codes(named("ga_event")), ["NAME_RESERVED"])
      deepStrictEqual(yield* codes(named("two words")), ["NAME_INVALID"])
      deepStrictEqual(yield* codes({ client_id: "1.1" }), ["VALUE_REQUIRED"])
      deepStrictEqual(yield* codes({ client_id: "1.1", events: Array(26).fill({ name: "x" }) }), [
        "EXCEEDED_MAX_ENTITIES"
      ])
      const many = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`p${index}`, 1]))
      deepStrictEqual(yield* codes(named("x", many)), ["EXCEEDED_MAX_ENTITIES"])
      deepStrictEqual(yield* codes(named("x", { p: "y".repeat(501) })), ["VALUE_OUT_OF_BOUNDS"])
      deepStrictEqual(yield* codes({ ...named("x"), timestamp_micros: -1 }), ["VALUE_INVALID"])
      deepStrictEqual((yield* emulator.state).events, [])
      strictEqual(JSON.stringify(yield* emulator.ledger).includes(secret), false)
    }))

  it.scoped("what Google would drop is not sent: names, counts, lengths, size", () =>
    Effect.gen(function*() {
      const { analytics, emulator } = yield* inProcess()
      const event = (name: string, params: Record<string, string | number> = {}): Payload => ({
        client_id: "1.1",
        events: [{ name, params }]
      })
      const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 1]))
      const wrong: ReadonlyArray<readonly [part: string, payload: Payload]> = [
        ["ga_x: a name does not begin with", event("ga_x")],
        ["_x: a name does not begin with", event("_x")],
        ["1x: a name is letters", event("1x")],
        ["a-b: a name is letters", event("a-b")],
        ["at most 40 characters", event("x".repeat(41))],
        ["firebase_p: a name does not begin", event("x", { firebase_p: 1 })],
        ["at most 25 parameters", event("x", many(26))],
        ["p: a value has at most 500", event("x", { p: "y".repeat(501) })],
        ["page_location: a value has at most 1000", event("x", { page_location: "y".repeat(1001) })],
        ["at most 25 item", { ...ping, events: [ping.events[0], ...Array(25).fill({ name: "x" })] }],
        ["one of client_id", { ...ping, app_instance_id: "a" }],
        ["one of client_id", { events: ping.events }],
        ["at most 24 characters", { ...ping, user_properties: { ["x".repeat(25)]: { value: 1 } } }],
        ["at most 36 character", { ...ping, user_properties: { x: { value: "y".repeat(37) } } }],
        ["at most 25 user properties", {
          ...ping,
          user_properties: Object.fromEntries(Object.keys(many(26)).map((name) => [name, { value: 1 }]))
        }],
        ["at most 130000 bytes", {
          client_id: "1.1",
          events: [{ name: "x", params: { items: [{ item_name: "\u00e9".repeat(65_000) }] } }]
        }]
      ]
      for (const [part, payload] of wrong) {
        const outcome = yield* Effect.either(analytics.events.collect({ payload, urlParams: web }))
        assertInclude(Either.isLeft(outcome) ? outcome.left.message : `sent: ${part}`, "nothing was sent")
        assertInclude(Either.isLeft(outcome) ? outcome.left.message : "", part)
      }
      for (const measurement_id of ["", "UA-123-1", "123456789"]) {
        const error = yield* Effect.flip(analytics.events.collect({ payload: ping, urlParams: { measurement_id } }))
        assertInclude(error.message, "nothing was sent")
      }
      const both = { firebase_app_id: "1:1:android:1", measurement_id: "G-AB12CD34EF" } as never
      assertInclude(
        (yield* Effect.flip(analytics.events.collect({ payload: ping, urlParams: both }))).message,
        "urlParams.firebase_app_id: one of measurement_id"
      )
      deepStrictEqual(yield* emulator.ledger, [])
      const right: ReadonlyArray<Payload> = [
        event("x".repeat(40), many(25)),
        event("caf\u00e9_2", { p: "y".repeat(500), page_location: "y".repeat(1000) })
      ]
      for (const payload of right) yield* analytics.events.collect({ payload, urlParams: web })
      strictEqual((yield* emulator.state).events.length, 2)
    }))

  const standard = Effect.fnUntraced(function*(faults: ReadonlyArray<Testing.Faults.Fault>) {
    const emulator = yield* Emulator.make({ faults: Testing.Faults.script(faults) })
    const policy = { retry: { initialDelay: "1 millis", jitter: "none" } } as const
    const context = yield* Layer.build(
      Testing.Emulated.layer(GoogleAnalyticsEvents, emulator, { credentials, policy })
    )
    return {
      analytics: Context.get(context, GoogleAnalyticsEvents),
      emulator,
      letters: Context.get(context, DeadLetterQueue.DeadLetterQueue)
    }
  })

  it.scoped("what may have been counted is not sent again, whatever the failure", () =>
    Effect.gen(function*() {
      for (const fault of [Testing.Faults.status(500), Testing.Faults.status(503), Testing.Faults.resetAfter]) {
        const { analytics, emulator } = yield* standard([fault])
        const error: IntegrationError.IntegrationError = yield* Effect.flip(
          analytics.events.collect({ payload: ping, urlParams: web })
        )
        strictEqual((yield* emulator.ledger).length, 1, error.message)
      }
    }))

  it.scoped("a dead letter has neither the secret nor what Google is told of a person", () =>
    Effect.gen(function*() {
      const { analytics, letters } = yield* standard([Testing.Faults.status(500)])
      const payload = { ...ping, user_data: { sha256_email_address: ["fake-hash"] } }
      yield* Effect.flip(analytics.events.collect({ payload, urlParams: web }))
      const { items } = yield* letters.list({})
      strictEqual(items.length, 1)
      const stored = JSON.stringify(items)
      assertInclude(stored, web.measurement_id)
      strictEqual(stored.includes(secret) || stored.includes("fake-hash"), false)
    }))

  it.effect("the measurement id comes from the environment, and is looked at", () =>
    Effect.gen(function*() {
      const read = (value: string) =>
        Effect.withConfigProvider(
          measurementIdConfig,
          ConfigProvider.fromMap(new Map([["GOOGLE_ANALYTICS_MEASUREMENT_ID", value]]))
        )
      strictEqual(yield* read("G-AB12CD34EF"), "G-AB12CD34EF")
      assertInclude(String(yield* Effect.flip(read("UA-1"))), "must be a measurement id")
    }))
})
