/** What goes wrong with Kit where one does not know it. */
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Duration, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { Holdfast, IntegrationError, Pagination } from "holdfast"
import { Emulator, Kit as Service, lists } from "holdfast/providers/kit"
import * as Testing from "holdfast/testing"
import { Faults, Ledger } from "holdfast/testing"
import { refreshesOnce } from "../refreshing.js"
import * as Kit from "./kit.js"

const upsert = (kit: Kit.Client, email_address: string) => kit.subscribers.upsert({ payload: { email_address } })

describe("Kit", () => {
  it.scoped("a key goes into a header of its own, a token into Authorization", () =>
    Effect.gen(function*() {
      const sent = (credential: Parameters<typeof Kit.inProcess>[1]) =>
        Effect.gen(function*() {
          const seen: Array<Readonly<Record<string, string>>> = []
          const { kit } = yield* Kit.inProcess({ authorize: (headers) => seen.push(headers) > 0 }, credential)
          yield* kit.account.get()
          return [seen[0]?.["x-kit-api-key"], seen[0]?.authorization]
        })
      deepStrictEqual(yield* sent(Kit.apiKey), ["kit_fake_key", undefined])
      deepStrictEqual(yield* sent(Kit.token), [undefined, "Bearer kit-fake-token"])
    }))

  it.scoped("layerConfig takes the key, or else the token", () =>
    Effect.gen(function*() {
      const sent = (variable: string) =>
        Effect.gen(function*() {
          const seen: Array<Readonly<Record<string, string>>> = []
          const emulator = yield* Emulator.make({ authorize: (headers) => seen.push(headers) > 0 })
          yield* Effect.flatMap(Service, (kit) => kit.account.get()).pipe(
            Effect.provide(Service.layerConfig.pipe(
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(Testing.Emulator.layerHttpClient(emulator))
            )),
            Effect.withConfigProvider(ConfigProvider.fromMap(new Map([[variable, "kit-of-the-environment"]])))
          )
          return [seen[0]?.["x-kit-api-key"], seen[0]?.authorization]
        })
      deepStrictEqual(yield* sent("KIT_API_KEY"), ["kit-of-the-environment", undefined])
      deepStrictEqual(yield* sent("KIT_ACCESS_TOKEN"), [undefined, "Bearer kit-of-the-environment"])
      assertTrue(String(yield* Effect.flip(sent("KIT_TOKEN"))).includes("KIT_API_KEY"))
    }))

  it.scoped("a refresh token works once: calls that come together make one refresh, and its tokens are the stored ones", () =>
    refreshesOnce({
      emulator: Emulator.make,
      integration: "kit",
      layer: Service.layer({ policy: { rateLimit: false } }),
      lifetime: Duration.hours(2),
      probe: Effect.flatMap(Service, (kit) => kit.account.get())
    }))

  it.scoped("bulk requests and purchases take no API key, and the error says that it may be this", () =>
    Effect.gen(function*() {
      const { kit } = yield* Kit.inProcess({}, Kit.apiKey)
      const purchase = {
        currency: "EUR",
        email_address: "ada@example.com",
        products: [{ lid: "1", name: "Engine", pid: "1" }],
        transaction_id: "42"
      } as const
      const refusals: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        kit.bulk.subscribers({ payload: { subscribers: [{ email_address: "ada@example.com" }] } }),
        kit.bulk.tag({ payload: { taggings: [{ subscriber_id: 1, tag_id: 1 }] } }),
        kit.purchases.create({ payload: { purchase } })
      ]
      for (const refused of refusals) {
        const error = yield* Effect.flip(refused)
        assertInstanceOf(error, IntegrationError.AuthenticationError)
        assertTrue(error.message.includes("wants an OAuth token and got an API key"))
      }
    }))

  it.scoped("a bulk of more than a hundred is done later: there is nothing to read", () =>
    Effect.gen(function*() {
      const { emulator, kit } = yield* Kit.inProcess()
      const bulk = (count: number) =>
        kit.bulk.subscribers({
          payload: {
            subscribers: [
              { email_address: "first@example.com" },
              ...Array.from({ length: count - 1 }, (_, index) => ({ email_address: `c${index}@example.com` }))
            ]
          }
        })
      strictEqual((yield* bulk(100))?.subscribers.length, 100)
      strictEqual(yield* bulk(101), undefined)
      strictEqual((yield* emulator.ledger).at(-1)?.status, 202)
    }))

  it.scoped("a 202 with a body is one as well", () =>
    Effect.gen(function*() {
      const { kit } = yield* Kit.inProcess({ faults: Faults.always(Faults.status(202, { body: {} })) })
      const payload = { taggings: [{ subscriber_id: 1, tag_id: 1 }] } as const
      strictEqual(yield* kit.bulk.tag({ payload }), undefined)
    }))

  it.scoped("a subscriber is known by the address: an upsert whose answer was lost is sent again", () =>
    Effect.gen(function*() {
      const { emulator, kit } = yield* Kit.withPolicies({ faults: Faults.script([Faults.resetAfter]) })
      const calling = yield* Effect.fork(upsert(kit, "ada@example.com"))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calling)
      deepStrictEqual({ ...Ledger.tally(yield* emulator.ledger, "subscribers") }, {
        "ada@example.com": { created: 1, updated: 1 }
      })
    }))

  it.scoped("a purchase whose answer was lost is not sent again: the transaction's id is no key", () =>
    Effect.gen(function*() {
      const { emulator, kit } = yield* Kit.withPolicies({ faults: Faults.script([Faults.resetAfter]) })
      const calling = yield* Effect.fork(Effect.flip(kit.purchases.create({
        payload: {
          purchase: {
            currency: "EUR",
            email_address: "ada@example.com",
            products: [{ lid: "1", name: "Engine", pid: "1" }],
            transaction_id: "42"
          }
        }
      })))
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(calling)).gaveUp, "may-have-been-processed")
      deepStrictEqual({ ...Ledger.tally(yield* emulator.ledger, "purchases") }, { 42: { created: 1 } })
    }))

  it.scoped("values of custom fields that are not there are lost without a word", () =>
    Effect.gen(function*() {
      const { kit } = yield* Kit.inProcess()
      const write = kit.subscribers.upsert({
        payload: { email_address: "ada@example.com", fields: { engine: "analytical" } }
      })
      deepStrictEqual((yield* write).subscriber.fields, {})
      yield* kit.customFields.create({ payload: { label: "Engine" } })
      deepStrictEqual((yield* write).subscriber.fields, { engine: "analytical" })
    }))

  it.scoped("the addresses that an account sends from are there, whatever is in them", () =>
    Effect.gen(function*() {
      const sending_addresses = [{ email_address: "ada@example.com", is_default: true }]
      const { kit } = yield* Kit.inProcess({
        faults: Faults.script([Faults.status(200, { body: { account: { id: 1, sending_addresses } } })])
      })
      deepStrictEqual((yield* kit.account.get()).account.sending_addresses, sending_addresses)
    }))

  it.scoped("the last page has an end as well: the list ends there all the same", () =>
    Effect.gen(function*() {
      const { emulator, kit } = yield* Kit.inProcess()
      yield* Effect.forEach(["a", "b", "c"], (name) => upsert(kit, `${name}@example.com`))
      const all = Pagination.items(kit.subscribers.list, lists.subscribers, { urlParams: { per_page: 2 } })
      const emails = yield* Stream.runCollect(Stream.map(all, ({ email_address }) => email_address))
      deepStrictEqual([...emails], ["c@example.com", "b@example.com", "a@example.com"])
      strictEqual((yield* emulator.ledger).filter(({ method }) => method === "GET").length, 2)
    }))

  it.scoped("what has changed since a day is asked for by updated_after", () =>
    Effect.gen(function*() {
      const { kit } = yield* Kit.inProcess()
      yield* upsert(kit, "ada@example.com")
      yield* upsert(kit, "grace@example.com")
      yield* TestClock.adjust("2 days")
      yield* upsert(kit, "ada@example.com")
      const since = yield* kit.subscribers.list({
        urlParams: { sort_field: "updated_at", updated_after: "1970-01-02" }
      })
      deepStrictEqual(since.subscribers.map(({ email_address }) => email_address), ["ada@example.com"])
    }))

  it.scoped("a limit is passed without a word on how long: calls pause for the policy's two seconds", () =>
    Effect.gen(function*() {
      const { emulator, kit } = yield* Kit.withPolicies({ faults: Faults.script([Faults.status(429)]) }, {
        retry: { initialDelay: "1 millis", jitter: "none" }
      })
      const calling = yield* Effect.fork(kit.account.get())
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(calling)
      deepStrictEqual((yield* emulator.ledger).map(({ at, status }) => [at, status]), [[0, 429], [2000, 200]])
    }))

  it.scoped("what Kit would refuse is refused before it is sent", () =>
    Effect.gen(function*() {
      const { emulator, kit } = yield* Kit.inProcess()
      const refused: ReadonlyArray<Effect.Effect<unknown, IntegrationError.IntegrationError>> = [
        upsert(kit, "ada"),
        kit.subscribers.list({ urlParams: { per_page: 1001 } }),
        kit.subscribers.list({ urlParams: { updated_after: "yesterday" } }),
        kit.webhooks.create({ payload: { event: { name: "subscriber.tag_add" }, target_url: "app.example.com" } }),
        // JSON has no such number: it would be a purchase of null
        kit.purchases.create({
          payload: {
            purchase: {
              currency: "USD",
              email_address: "ada@example.com",
              products: [{ lid: "1", name: "Engine", pid: "2" }],
              total: NaN,
              transaction_id: "42"
            }
          }
        })
      ]
      for (const call of refused) strictEqual((yield* Effect.flip(call))._tag, "ValidationError")
      deepStrictEqual(yield* emulator.ledger, [])
    }))
})
