/** Acuity's own client against the emulator, over a socket: what it expects of Acuity, the emulator does. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { Acuity, Emulator } from "holdfast/providers/acuity"
import { Emulated, Faults } from "holdfast/testing"
import { createRequire } from "node:module"
import { sent } from "../sent.js"
import * as Kit from "./kit.js"

interface Options {
  readonly method?: string
  readonly body?: object
  readonly qs?: object
}

interface Client {
  readonly request: (
    path: string,
    options: Options,
    done: (error: unknown, response: { readonly statusCode: number }, body: unknown) => void
  ) => unknown
}

/** It has no types. */
interface Sdk {
  readonly basic: (config: { readonly base: string; readonly userId: number; readonly apiKey: string }) => Client
  readonly oauth: (config: { readonly base: string; readonly accessToken: string }) => Client
}

const sdk: Sdk = createRequire(import.meta.url)("acuityscheduling")

const calling = (client: Client) => <A = unknown>(path: string, options: Options = {}) =>
  Effect.async<readonly [status: number, body: A], unknown>((resume) => {
    client.request(
      path,
      options,
      (error, response, body) =>
        resume(error === null ? Effect.succeed([response.statusCode, body as A]) : Effect.fail(error))
    )
  })

const started = Effect.fnUntraced(function*(options: Parameters<typeof Emulator.serve>[0] = {}) {
  const { baseUrl, emulator } = yield* Emulator.serve(options)
  return { ask: calling(sdk.basic({ apiKey: "fake-acuity-key", base: baseUrl, userId: 1 })), baseUrl, emulator }
})

const grace = { email: "grace@example.com", firstName: "Grace", lastName: "Hopper" }

interface Appointment {
  readonly id: number
  readonly email: string
  readonly datetime: string
  readonly canceled?: boolean
  readonly notes?: string
}

describe("acuityscheduling", () => {
  it.scopedLive("finds a time, books, moves and cancels", () =>
    Effect.gen(function*() {
      const { ask } = yield* started()
      const [status, me] = yield* ask<{ readonly timezone: string }>("/me")
      assert.deepStrictEqual([status, me.timezone], [200, "America/Los_Angeles"])
      const [, types] = yield* ask<ReadonlyArray<{ readonly id: number }>>("appointment-types")
      assert.include(types.map(({ id }) => id), 11)
      const month = DateTime.formatIsoDate(DateTime.add(yield* DateTime.now, { months: 1 })).slice(0, 7)
      const wanted = { appointmentTypeID: 11, calendarID: 1 }
      const [, dates] = yield* ask<ReadonlyArray<{ readonly date: string }>>("/availability/dates", {
        qs: { ...wanted, month }
      })
      const date = dates[3]?.date
      const [, times] = yield* ask<ReadonlyArray<{ readonly time: string }>>("/availability/times", {
        qs: { ...wanted, date }
      })
      assert.strictEqual(times.length, 16)
      const [datetime, later] = times.map(({ time }) => time)
      const body = { ...grace, ...wanted, datetime }

      const [made, appointment] = yield* ask<Appointment>("/appointments", { body, method: "POST" })
      assert.strictEqual(made, 200)
      assert.deepStrictEqual([appointment.datetime, appointment.email], [datetime, grace.email])
      const path = `/appointments/${appointment.id}`
      const taken = yield* ask("/appointments", { body, method: "POST" })
      assert.deepInclude(taken[1], { error: "not_available", status_code: 400 })
      const [, noted] = yield* ask<Appointment>(path, {
        body: { notes: "early" },
        method: "PUT",
        qs: { admin: true }
      })
      assert.deepInclude(noted, { id: appointment.id, notes: "early" })
      const [, moved] = yield* ask<Appointment>(`${path}/reschedule`, { body: { datetime: later }, method: "PUT" })
      assert.strictEqual(moved.datetime, later)
      const listed = () =>
        Effect.map(
          ask<ReadonlyArray<Appointment>>("/appointments", { qs: { email: grace.email } }),
          ([, found]) => found.map(({ id }) => id)
        )
      assert.deepStrictEqual(yield* listed(), [appointment.id])
      const [, canceled] = yield* ask<Appointment>(`${path}/cancel`, { body: { cancelNote: "ill" }, method: "PUT" })
      assert.isTrue(canceled.canceled)
      assert.deepStrictEqual(yield* listed(), [])
    }))

  it.scopedLive("keeps clients and webhooks", () =>
    Effect.gen(function*() {
      const { ask } = yield* started()
      const [, client] = yield* ask<object>("/clients", { body: grace, method: "POST" })
      assert.deepInclude(client, grace)
      const [, found] = yield* ask<ReadonlyArray<object>>("/clients", { qs: { search: "Grace" } })
      assert.strictEqual(found.length, 1)
      const hook = { event: "appointment.scheduled", target: "https://example.com/acuity" }
      const [, webhook] = yield* ask<typeof hook & { readonly id: number }>("/webhooks", { body: hook, method: "POST" })
      assert.deepInclude(webhook, hook)
      assert.strictEqual((yield* ask<ReadonlyArray<object>>("/webhooks"))[1].length, 1)
      const [status] = yield* ask(`/webhooks/${webhook.id}`, { method: "DELETE" })
      assert.strictEqual(status, 204)
      assert.deepStrictEqual((yield* ask("/webhooks"))[1], [])
    }))

  it.scopedLive("is refused as by Acuity: what is not there, the limit, the credential", () =>
    Effect.gen(function*() {
      const { ask, baseUrl } = yield* started({ rateLimit: [{ limit: 2, name: "second", window: "1 hour" }] })
      const [missing, body] = yield* ask("/appointments/1")
      assert.strictEqual(missing, 404)
      assert.deepInclude(body, { error: "not_found", status_code: 404 })
      yield* ask("/me")
      assert.strictEqual((yield* ask("/me"))[0], 429)
      const stranger = calling(sdk.basic({ apiKey: "", base: baseUrl, userId: 1 }))
      const [refused, why] = yield* stranger("/me")
      assert.strictEqual(refused, 401)
      assert.deepInclude(why, { error: "unauthorized", status_code: 401 })
    }))

  it.scopedLive("is taken with a token of OAuth2 as well", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* started()
      const ask = calling(sdk.oauth({ accessToken: "fake-token", base: baseUrl }))
      assert.strictEqual((yield* ask("/me"))[0], 200)
    }))

  it.scopedLive("loses a connection as at Acuity, and says so", () =>
    Effect.gen(function*() {
      const { ask } = yield* started({ faults: Faults.script([Faults.resetAfter]) })
      assert.deepInclude(yield* Effect.flip(ask("/me")), { code: "ECONNRESET" })
    }))

  it.scopedLive("sends what our client sends", () =>
    Effect.gen(function*() {
      const theirs = yield* started()
      const start = DateTime.add(yield* DateTime.now, { days: 30 })
      const qs = { maxDate: DateTime.formatIsoDateUtc(start), minDate: DateTime.formatIsoDateUtc(start) }
      yield* theirs.ask("/me")
      yield* theirs.ask("/appointments", { qs })
      yield* theirs.ask("/clients", { body: grace, method: "POST" })
      yield* theirs.ask("/webhooks/7", { method: "DELETE" })

      const emulator = yield* Emulator.make()
      yield* Effect.gen(function*() {
        const { account, appointments, clients, webhooks } = yield* Acuity
        yield* account.me()
        yield* appointments.list({ urlParams: qs })
        yield* clients.create({ payload: grace })
        yield* Effect.flip(webhooks.delete({ path: { id: 7 } }))
      }).pipe(Effect.provide(Emulated.layerBare(Acuity, emulator, { credentials: Kit.credentials })))
      assert.deepStrictEqual(yield* sent(theirs.emulator), yield* sent(emulator))
    }))
})
