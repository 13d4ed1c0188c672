import { describe, it } from "@effect/vitest"
import { assertNone, assertSome, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  ConfigProvider,
  DateTime,
  Duration,
  Effect,
  Either,
  Fiber,
  Layer,
  Option,
  Redacted,
  Schema,
  Stream,
  TestClock
} from "effect"
import { Credentials, DeadLetterQueue, Holdfast, Reconcile, WebhookScheme } from "holdfast"
import { Calendly, Emulator, findBooked, Schemas } from "holdfast/providers/calendly"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import { refreshesOnce } from "../refreshing.js"
import { refused } from "../refused.js"
import * as Kit from "./kit.js"

const user = "https://api.calendly.com/users/USER000000000001"
const organization = "https://api.calendly.com/organizations/ORG0000000000001"

describe("Calendly's traps", () => {
  it.scoped("ids are URIs, of one kind each: another's is refused before it is sent", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.inProcess()
      const [invitee] = yield* Kit.fill(emulator, 1)
      const event = invitee?.event ?? ""
      strictEqual((yield* calendly.events.get({ path: { event } })).resource.uri, event)
      assertTrue((yield* refused(calendly.events.get({ path: { event: user } }))).includes("scheduled_events"))
      assertTrue((yield* refused(calendly.events.get({ path: { event: `${event}/invitees` } }))).includes("last in it"))
      assertTrue((yield* refused(calendly.events.list({ urlParams: { user: organization } }))).includes("users"))
      assertTrue((yield* refused(calendly.events.list({ urlParams: {} }))).includes("whose?"))
      const bare = calendly.noShows.create({ payload: { invitee: "INVITEE000000001" } })
      assertTrue((yield* refused(bare)).includes("invitees"))
    }))

  it.scoped("X-RateLimit-Reset is seconds from now: the call waits for as long, and no longer", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.withPolicy(
        { rateLimit: Emulator.limits({ minutely: 1 }) },
        { bulkhead: false, rateLimit: false, retry: { jitter: "none", maxAttempts: 2 } }
      )
      yield* calendly.users.me()
      yield* TestClock.adjust("20 seconds")
      const calling = yield* Effect.fork(calendly.users.me())
      yield* TestClock.adjust("39 seconds")
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 429])
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 429, 200])
    }))

  it.scoped("the limiter reads what is left from every answer", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.withPolicy({ rateLimit: Emulator.limits({ minutely: 2 }) }, {})
      yield* calendly.users.me()
      yield* calendly.users.me()
      // the account has none left, although the bucket would have eight
      const calling = yield* Effect.fork(calendly.users.me())
      yield* TestClock.adjust("1 seconds")
      strictEqual((yield* emulator.ledger).length, 2)
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 200, 200])
    }))

  it.scoped("bookings have limits of their own", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess({ rateLimit: Emulator.limits({ bookingsMinutely: 1 }) })
      yield* calendly.invitees.book({ payload: Kit.booking("one@example.com", "05T09:00") })
      const error = yield* Effect.flip(
        calendly.invitees.book({ payload: Kit.booking("two@example.com", "05T10:00") })
      )
      strictEqual(error._tag, "RateLimitError")
      strictEqual((yield* calendly.users.me()).resource.uri, user)
    }))

  it.scoped("a booking whose answer was lost is not made again: it is looked for", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.resetAfter]) },
        { bulkhead: false, rateLimit: false }
      )
      const email = "grace@example.com"
      const payload = Kit.booking(email, "05T09:00")
      const find = (what: Parameters<typeof findBooked>[0]) =>
        Effect.provideService(findBooked(what), Calendly, calendly)
      const wanted = { email, eventType: payload.event_type, start: payload.start_time, user }
      const { resource } = yield* calendly.invitees.book({ payload }).pipe(Reconcile.orFind(find(wanted)))
      strictEqual(resource.email, email)
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "invitees")[email], { created: 1 })
      for (
        const other of [
          { ...wanted, email: "ada@example.com" },
          { ...wanted, start: Kit.at("05T09:30") },
          { ...wanted, eventType: Kit.typeUri("2") }
        ]
      ) assertNone(yield* find(other))
      assertSome(
        Option.map(yield* find({ email, organization, start: wanted.start }), (one) => one.resource.uri),
        resource.uri
      )
      // one that was canceled does not stand
      yield* calendly.events.cancel({ path: { event: resource.event }, payload: {} })
      assertNone(yield* find(wanted))
    }))

  it.scoped("a time that somebody else has booked is a conflict, although its status is 400", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess()
      yield* calendly.invitees.book({ payload: Kit.booking("one@example.com", "05T09:00") })
      const error = yield* Effect.flip(
        calendly.invitees.book({ payload: Kit.booking("two@example.com", "05T09:00") })
      )
      deepStrictEqual([error._tag, error.code, error.status], ["ConflictError", "already_filled", 400])
      const free = yield* calendly.eventTypes.availableTimes({
        urlParams: { end_time: Kit.at("05T10:00"), event_type: Kit.typeUri("1"), start_time: Kit.at("05T09:00") }
      })
      deepStrictEqual(free.collection.map((one) => one.start_time), ["1970-01-05T09:30:00.000Z"])
    }))

  it.scoped("a name is sent as it was written, with its blanks; a blank is none", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess()
      const { invitee, ...rest } = Kit.booking("one@example.com", "05T09:00")
      const book = (name: string) => calendly.invitees.book({ payload: { ...rest, invitee: { ...invitee, name } } })
      assertTrue((yield* refused(book(" "))).includes("payload.invitee.name: a name that is not blank"))
      strictEqual((yield* book("Grace ")).resource.name, "Grace ")
    }))

  it.scoped("the free plan cannot book", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess({ plan: "free" })
      const error = yield* Effect.flip(
        calendly.invitees.book({ payload: Kit.booking("one@example.com", "05T09:00") })
      )
      strictEqual(error._tag, "AuthorizationError")
    }))

  it.scoped("free times are asked for by seven days at most", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess()
      const ask = (end_time: DateTime.Utc) =>
        calendly.eventTypes.availableTimes({
          urlParams: { end_time, event_type: Kit.typeUri("1"), start_time: Kit.at("05T09:00") }
        })
      strictEqual((yield* ask(Kit.at("12T09:00"))).collection.length, 7 * 16)
      assertTrue((yield* refused(ask(Kit.at("12T09:01")))).includes("seven days"))
      assertTrue((yield* refused(ask(Kit.at("05T09:00")))).includes("after start_time"))
    }))

  it.scoped("nothing lists what has changed: a window by start, and updated_at", () =>
    Effect.gen(function*() {
      const { calendly, emulator } = yield* Kit.inProcess()
      const [first] = yield* Kit.fill(emulator, 3)
      yield* TestClock.adjust("1 hour")
      yield* calendly.events.cancel({ path: { event: first?.event ?? "" }, payload: {} })
      const { collection } = yield* calendly.events.list({
        urlParams: { max_start_time: Kit.at("05T09:30"), min_start_time: Kit.at("05T00:00"), user }
      })
      deepStrictEqual(
        collection.filter((event) => Date.parse(event.updated_at) > 0).map((event) => [event.uri, event.status]),
        [[first?.event, "canceled"]]
      )
      strictEqual(collection.length, 2)
    }))

  it.scoped("a webhook's URL is taken once", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess()
      const create = calendly.webhooks.create({
        payload: { events: ["invitee.created"], organization, scope: "organization", url: "https://app.example/hook" }
      })
      yield* create
      strictEqual((yield* Effect.flip(create))._tag, "ConflictError")
    }))

  it.scoped("a webhook of a user names the user", () =>
    Effect.gen(function*() {
      const { calendly } = yield* Kit.inProcess()
      const create = calendly.webhooks.create({
        payload: { events: ["invitee.created"], organization, scope: "user", url: "https://app.example/hook" }
      })
      assertTrue((yield* refused(create)).includes("there is a user"))
    }))

  it.scoped("the signing key is not written into a dead letter", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ faults: Faults.script([Faults.status(500)]) })
      const layer = Calendly.layer({ credentials: Kit.credentials }).pipe(
        Layer.provideMerge(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
      const letters = yield* Effect.gen(function*() {
        const calendly = yield* Calendly
        yield* Effect.flip(calendly.webhooks.create({
          payload: {
            events: ["invitee.created"],
            organization,
            scope: "organization",
            signing_key: Redacted.make("very-secret"),
            url: "https://app.example/hook"
          }
        }))
        const queue = yield* DeadLetterQueue.DeadLetterQueue
        return yield* Stream.runCollect(queue.stream())
      }).pipe(Effect.provide(layer))
      const text = JSON.stringify(Chunk.toReadonlyArray(letters))
      strictEqual(letters.length, 1)
      assertTrue(text.includes("https://app.example/hook") && !text.includes("very-secret"), text)
    }))

  it("webhooks are signed over the seconds and the body, and taken for three minutes", () => {
    const body = "{\"event\":\"invitee.created\"}"
    const now = DateTime.unsafeMake(1_800_000_000_000)
    const secret = Redacted.make("fake-signing-key")
    const scheme = WebhookScheme.calendly
    const request = { body: new TextEncoder().encode(body), headers: {}, method: "POST", url: "https://a.example/" }
    const signed = Either.getOrThrow(WebhookScheme.sign(request, { now, scheme, secret }))
    assertTrue(/^t=1800000000,v1=[0-9a-f]{64}$/.test(String(signed.headers["calendly-webhook-signature"])))
    const verified = (later: Duration.DurationInput) =>
      WebhookScheme.verify(signed, { now: DateTime.addDuration(now, later), scheme, secrets: [secret] })
    assertTrue(Either.isRight(verified("179 seconds")))
    assertTrue(Either.isLeft(verified("181 seconds")))
  })

  it("a webhook brings an invitee, with its event or without", () => {
    const invitee = {
      created_at: "2026-01-01T00:00:00Z",
      email: "a@b.example",
      event: "https://api.calendly.com/scheduled_events/A",
      status: "canceled",
      updated_at: "2026-01-01T00:00:00Z",
      uri: "https://api.calendly.com/scheduled_events/A/invitees/B"
    }
    const read = Schema.decodeUnknownOption(Schemas.InviteeWebhook)
    const whole = { created_at: "2026-01-01T00:00:00Z", event: "invitee.canceled" }
    const moved = read({
      ...whole,
      payload: { ...invitee, new_invitee: "https://api.calendly.com/scheduled_events/C/invitees/D", rescheduled: true }
    })
    strictEqual(Option.getOrThrow(moved).payload.rescheduled, true)
    const event = { ...invitee, end_time: "2026-01-01T01:00:00Z", start_time: "2026-01-01T00:00:00Z", uri: "e" }
    strictEqual(
      Option.getOrThrow(read({ ...whole, payload: { ...invitee, scheduled_event: event } })).payload
        .scheduled_event?.uri,
      "e"
    )
    assertNone(read({ ...whole, payload: {} }))
  })

  it.scoped("a 401 is a token that ended: another is asked for, once", () =>
    Effect.gen(function*() {
      const bearer = (token: string) => Credentials.Bearer({ token: Redacted.make(token) })
      let asked = 0
      const own = Layer.succeed(Credentials.Credentials, {
        afterRefusal: () => Effect.sync(() => (asked++, Option.some(bearer("fresh")))),
        get: () => Effect.succeed(bearer("ended"))
      })
      const { calendly } = yield* Kit.inProcess({ authorize: Testing.Emulator.bearer("fresh") }, own)
      strictEqual((yield* calendly.users.me()).resource.uri, user)
      strictEqual(asked, 1)
    }))

  it.scoped("a refresh token works once: calls that come together make one refresh, and its tokens are the stored ones", () =>
    refreshesOnce({
      emulator: Emulator.make,
      integration: "calendly",
      layer: Calendly.layer({ policy: { rateLimit: false } }),
      lifetime: Duration.hours(2),
      probe: Effect.flatMap(Calendly, ({ users }) => users.me())
    }))

  it.effect("the variables name the token", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ authorize: Testing.Emulator.bearer("from-config") })
      const me = Effect.flatMap(Calendly, (calendly) => calendly.users.me()).pipe(
        Effect.provide(
          Layer.provide(
            Calendly.layerConfig,
            Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator))
          )
        )
      )
      const configured = (variables: ReadonlyArray<readonly [string, string]>) =>
        Effect.withConfigProvider(me, ConfigProvider.fromMap(new Map(variables)))
      strictEqual((yield* configured([["CALENDLY_ACCESS_TOKEN", "from-config"]])).resource.uri, user)
      assertTrue(String(yield* Effect.flip(configured([]))).includes("CALENDLY_ACCESS_TOKEN"))
    }))
})
