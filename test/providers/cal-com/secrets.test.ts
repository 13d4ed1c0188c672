import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  ConfigProvider,
  DateTime,
  Duration,
  Effect,
  Either,
  Layer,
  Option,
  Redacted,
  Schema,
  Stream
} from "effect"
import { DeadLetterQueue, Holdfast, OAuth2Provider, WebhookScheme } from "holdfast"
import { CalCom, Emulator, Schemas } from "holdfast/providers/cal-com"
import { Faults } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import { refreshesOnce } from "../refreshing.js"
import * as Kit from "./kit.js"

const scheme = WebhookScheme.calCom

const secret = Redacted.make("fake-webhook-secret")

const now = DateTime.unsafeMake(1_800_000_000_000)

const created = {
  createdAt: "2026-01-01T00:00:00.000Z",
  payload: { attendees: [{ email: "a@example.com" }], bookingId: 401, title: "Introduction", uid: "booking401" },
  triggerEvent: "BOOKING_CREATED"
}

const request = (body: unknown) => ({
  body: new TextEncoder().encode(JSON.stringify(body)),
  headers: {},
  method: "POST",
  url: "https://app.example.com/hooks/cal-com"
})

const webhook = {
  active: true,
  secret: Redacted.make("very-secret"),
  subscriberUrl: "https://app.example.com/hooks/cal-com",
  triggers: ["BOOKING_CREATED"]
} as const

describe("Cal.com's secrets and webhooks", () => {
  it("a webhook is signed over its body, in hex, with no time: an old one is good as well", () => {
    const signed = Either.getOrThrow(WebhookScheme.sign(request(created), { now, scheme, secret }))
    assertTrue(/^[0-9a-f]{64}$/.test(String(signed.headers["x-cal-signature-256"])))
    const later = DateTime.addDuration(now, "30 days")
    assertTrue(Either.isRight(WebhookScheme.verify(signed, { now: later, scheme, secrets: [secret] })))
  })

  it("without a secret Cal.com says so in place of a signature, and nothing is verified by that", () => {
    const bare = { ...request(created), headers: { "x-cal-signature-256": "no-secret-provided" } }
    assertInclude(String(WebhookScheme.verify(bare, { now, scheme, secrets: [secret] })), "no secret for this webhook")
  })

  it("the same event is known by what happened, to which booking, and when", () => {
    const ids = (body: unknown) =>
      Either.getOrThrow(WebhookScheme.events(request(body), scheme)).map(({ id }) => Option.getOrThrow(id))
    deepStrictEqual(ids(created), ids({ ...created, more: true }))
    for (const other of [{ triggerEvent: "BOOKING_CANCELLED" }, { createdAt: "2026-01-01T00:00:01.000Z" }]) {
      assertTrue(ids(created)[0] !== ids({ ...created, ...other })[0])
    }
  })

  it("brings a booking, with an unknown trigger too", () => {
    const read = Schema.decodeUnknownOption(Schemas.BookingWebhook)
    strictEqual(Option.getOrThrow(read(created)).payload.attendees[0]?.email, "a@example.com")
    strictEqual(Option.getOrThrow(read({ ...created, triggerEvent: "OF_THE_FUTURE" })).payload.bookingId, 401)
    assertTrue(Option.isNone(read({ ...created, payload: {} })))
  })

  it.scoped("a webhook's secret is in no answer that is printed, and its URL is taken once", () =>
    Effect.gen(function*() {
      const { calCom } = yield* Kit.inProcess()
      const { data } = yield* calCom.webhooks.create({ payload: webhook })
      strictEqual(data.secret === undefined ? undefined : Redacted.value(data.secret), "very-secret")
      assertTrue(!JSON.stringify(data).includes("very-secret"))
      strictEqual((yield* Effect.flip(calCom.webhooks.create({ payload: webhook })))._tag, "ConflictError")
    }))

  it.scoped("nor in a dead letter", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.status(500)]) })
      const layer = CalCom.layer({ credentials: Kit.credentials }).pipe(
        Layer.provideMerge(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
      const letters = yield* Effect.gen(function*() {
        const { webhooks } = yield* CalCom
        yield* Effect.flip(webhooks.create({ payload: webhook }))
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        return yield* Stream.runCollect(queue.stream())
      }).pipe(Effect.provide(layer))
      const text = JSON.stringify(Chunk.toReadonlyArray(letters))
      strictEqual(letters.length, 1)
      assertTrue(text.includes("https://app.example.com") && !text.includes("very-secret"), text)
    }))

  it.scoped("OAuth's half hour: the refresh token of each answer is the next one, and used once", () =>
    refreshesOnce({
      emulator: Emulator.make,
      integration: "cal-com",
      layer: CalCom.layer({ policy: { rateLimit: false } }),
      lifetime: Duration.minutes(30),
      probe: Effect.flatMap(CalCom, ({ me }) => me.get())
    }))

  it("a refresh token that is refused is one to connect anew, in Cal.com's own word for it", () => {
    strictEqual(OAuth2Provider.calCom.quirks?.codes?.invalid_refresh_token, "terminal")
  })

  it.effect("the variable names the API key", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ authorize: Testing.Emulator.bearer("cal_from_config") })
      const me = Effect.flatMap(CalCom, (calCom) => calCom.me.get()).pipe(
        Effect.provide(
          Layer.provide(
            CalCom.layerConfig,
            Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
      const configured = (variables: ReadonlyArray<readonly [string, string]>) =>
        Effect.withConfigProvider(me, ConfigProvider.fromMap(new Map(variables)))
      strictEqual((yield* configured([["CAL_COM_API_KEY", "cal_from_config"]])).data.username, "ada")
      assertTrue(String(yield* Effect.flip(configured([]))).includes("CAL_COM_API_KEY"))
    }))
})
