/** The rules that the emulator has of Calendly's own. */
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Layer, Logger, LogLevel } from "effect"
import { Holdfast } from "holdfast"
import { Calendly, Emulator } from "holdfast/providers/calendly"
import { Faults, Ledger } from "holdfast/testing"
import * as Kit from "./kit.js"

const user = "https://api.calendly.com/users/USER000000000001"

describe("the Calendly emulator", () => {
  it.scoped("shows lists by page, forwards and backwards", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.inProcess()
      yield* Kit.fill(emulator, 25)
      const list = (page_token?: string) =>
        calendly.events.list({ urlParams: { user, ...(page_token === undefined ? undefined : { page_token }) } })
      const first = yield* list()
      deepStrictEqual([first.collection.length, first.pagination.previous_page_token], [20, undefined])
      const second = yield* list(first.pagination.next_page_token)
      deepStrictEqual([second.collection.length, second.pagination.next_page], [5, undefined])
      const back = yield* list(second.pagination.previous_page_token)
      deepStrictEqual(back.collection, first.collection)
      const error = yield* Effect.flip(list("nonsense"))
      deepStrictEqual([error._tag, error.status], ["ValidationError", 400])
    }))

  it.scoped("filters and sorts", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.inProcess()
      const invitees = yield* Kit.fill(emulator, 4)
      const [first, second, third] = invitees.map(({ event }) => event)
      yield* calendly.events.cancel({ path: { event: first ?? "" }, payload: { reason: "rain" } })
      const found = (urlParams: object) =>
        Effect.map(
          calendly.events.list({ urlParams: { user, ...urlParams } }),
          ({ collection }) => collection.map(({ uri }) => uri)
        )
      deepStrictEqual(yield* found({ status: "canceled" }), [first])
      deepStrictEqual(yield* found({ invitee_email: "i1@example.com" }), [second])
      deepStrictEqual(
        yield* found({
          max_start_time: Kit.at("05T10:00"),
          min_start_time: Kit.at("05T09:30"),
          sort: "start_time:desc"
        }),
        [third, second]
      )
      const canceled = yield* calendly.invitees.list({
        path: { event: first ?? "" },
        urlParams: { status: "canceled" }
      })
      deepStrictEqual(canceled.collection.map(({ cancellation }) => cancellation?.reason), ["rain"])
    }))

  it.scoped("refuses what Calendly would", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.inProcess()
      const [invitee] = yield* Kit.fill(emulator, 1)
      const refusal = (effect: Effect.Effect<unknown, { readonly status?: number | undefined }>) =>
        Effect.map(Effect.flip(effect), ({ status }) => status)
      const book = (over: object) =>
        calendly.invitees.book({ payload: { ...Kit.booking("a@b.example", "05T11:00"), ...over } })
      strictEqual(yield* refusal(book({ event_type: Kit.typeUri("3") })), 400)
      strictEqual(yield* refusal(book({ event_type: Kit.typeUri("9") })), 404)
      strictEqual(yield* refusal(book({ start_time: Kit.at("05T11:10") })), 400)
      strictEqual(yield* refusal(book({ start_time: Kit.at("05T20:00") })), 400)
      strictEqual(yield* refusal(book({ start_time: DateTime.unsafeMake(-1000) })), 400)
      const others = "https://api.calendly.com/users/SOMEBODYELSE0001"
      strictEqual(yield* refusal(calendly.events.list({ urlParams: { user: others } })), 403)
      const mark = calendly.noShows.create({ payload: { invitee: invitee?.uri ?? "" } })
      const { resource } = yield* mark
      strictEqual(yield* refusal(mark), 409)
      yield* calendly.noShows.delete({ path: { noShow: resource.uri } })
      strictEqual(yield* refusal(calendly.noShows.delete({ path: { noShow: resource.uri } })), 404)
      const cancel = calendly.events.cancel({ path: { event: invitee?.event ?? "" }, payload: {} })
      yield* cancel
      strictEqual(yield* refusal(cancel), 403)
      strictEqual(yield* refusal(mark), 400)
      strictEqual(yield* refusal(calendly.webhooks.delete({ path: { webhook: "HOOK" } })), 404)
      // what was cancelled can be booked again
      strictEqual((yield* book({ start_time: Kit.at("05T09:00") })).resource.status, "active")
    }))

  it.scopedLive("answers on a socket; with bookings whose answers are lost, none is made twice", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({
        faults: Faults.script([Faults.resetAfter, Faults.status(503), Faults.retryAfterSeconds(0)])
      })
      const layer = Calendly.layer({
        baseUrl,
        credentials: Kit.credentials,
        policy: { rateLimit: false, retry: { initialDelay: 1, maxDelay: 1 } }
      }).pipe(Layer.provide(Holdfast.layerMemory), Layer.provide(NodeHttpClient.layerUndici))
      const times = Array.from({ length: 5 }, (_, day) => {
        // the emulator's clock is the machine's own
        const start = DateTime.startOf(DateTime.add(DateTime.unsafeNow(), { days: day + 2 }), "day")
        return DateTime.add(start, { hours: 10 })
      })
      const results = yield* Effect.forEach(
        times,
        (start_time, index) =>
          Effect.flatMap(Calendly, (calendly) =>
            Effect.either(calendly.invitees.book({
              payload: { ...Kit.booking(`i${index}@example.com`, "05T09:00"), start_time }
            })))
      )
        .pipe(Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.None))
      // the first was made and its answer lost; a 503 that does not say when says nothing; a 429 was surely not acted on
      deepStrictEqual(results.map(({ _tag }) => _tag), ["Left", "Left", "Right", "Right", "Right"])
      const tally = Ledger.tally(yield* emulator.ledger, "invitees")
      deepStrictEqual(Object.keys(tally).sort(), [
        "i0@example.com",
        "i2@example.com",
        "i3@example.com",
        "i4@example.com"
      ])
      assertTrue(Object.values(tally).every(({ created }) => created === 1))
    }))
})
