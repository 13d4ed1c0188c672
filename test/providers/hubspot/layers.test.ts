import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Layer } from "effect"
import { Holdfast, IntegrationError, RateLimit } from "holdfast"
import { Emulator, HubSpot } from "holdfast/providers/hubspot"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const create = (email: string) =>
  Effect.flatMap(HubSpot, (hubspot) => hubspot.contacts.create({ payload: { properties: { email } } }))

describe("HubSpot layers", () => {
  it.effect("layerTest, plain: the contact that was made is there", () =>
    Effect.gen(function*() {
      const hubspot = yield* HubSpot
      const made = yield* create("ada@example.com")
      const found = yield* hubspot.contacts.get({ path: { id: made.id }, urlParams: {} })
      strictEqual(found.properties.email, "ada@example.com")
    }).pipe(Effect.provide(HubSpot.layerTest)))

  it.effect("layerTest, called: one operation replaced", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create("ada@example.com"))
      assertInstanceOf(error, IntegrationError.ServerError)
      const hubspot = yield* HubSpot
      strictEqual((yield* hubspot.account.details()).portalId, 4242)
    }).pipe(Effect.provide(HubSpot.layerTest({
      contacts: {
        create: () =>
          Effect.fail(
            new IntegrationError.ServerError({ integration: "hubspot", operation: "contacts.create", message: "down" })
          )
      }
    }))))

  it.scopedLive("layer: the standard stack, over a socket", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({ faults: Faults.script([Faults.retryAfterSeconds(0)]) })
      const layer = HubSpot.layer({ baseUrl, credentials: Kit.credentials, policy: { rateLimit: false } }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(NodeHttpClient.layerUndici)
      )
      strictEqual((yield* Effect.provide(create("ada@example.com"), layer)).properties.email, "ada@example.com")
      // a 429 was surely not processed: even a create is sent again
      deepStrictEqual((yield* emulator.ledger).map(({ processed, status }) => [processed, status]), [
        [false, 429],
        [true, 201]
      ])
    }))

  it.scopedLive("layer: the limiter has no more tokens than HubSpot says are left of the ten seconds", () =>
    Effect.gen(function*() {
      // an account of which other programs have used most
      const { baseUrl } = yield* Emulator.serve({ rateLimit: Emulator.limits({ tenSecondly: 4 }) })
      const layer = HubSpot.layer({ baseUrl, credentials: Kit.credentials }).pipe(
        Layer.provideMerge(Holdfast.layerMemory),
        Layer.provide(NodeHttpClient.layerUndici)
      )
      yield* Effect.gen(function*() {
        yield* create("ada@example.com")
        const { state } = yield* RateLimit.RateLimiters
        const { tokens } = yield* Effect.flatten(state("hubspot"))
        // 20 in the bucket and one used, of which 3 are worth anything; 8 a second drip in
        assertTrue(tokens >= 3 && tokens < 19, `${tokens}`)
      }).pipe(Effect.provide(layer))
    }))

  it.scopedLive("layerConfig: token and base URL from the environment", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({ authorize: Testing.Emulator.bearer("from-config") })
      const layer = HubSpot.layerConfig.pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(NodeHttpClient.layerUndici),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(
          new Map([["HUBSPOT_ACCESS_TOKEN", "from-config"], ["HUBSPOT_BASE_URL", `${baseUrl}/`]])
        )))
      )
      yield* Effect.provide(create("ada@example.com"), layer)
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scopedLive("layerConfig: the API version from the environment", () =>
    Effect.gen(function*() {
      const { baseUrl, emulator } = yield* Emulator.serve({ version: "2026-03" })
      const layer = HubSpot.layerConfig.pipe(
        Layer.provide(Layer.merge(Holdfast.layerMemory, NodeHttpClient.layerUndici)),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(
          new Map([
            ["HUBSPOT_ACCESS_TOKEN", "fake"],
            ["HUBSPOT_API_VERSION", "2026-03"],
            ["HUBSPOT_BASE_URL", baseUrl]
          ])
        )))
      )
      yield* Effect.provide(create("ada@example.com"), layer)
      strictEqual((yield* emulator.ledger)[0]?.path, "/crm/objects/2026-03/contacts")
    }))

  const refused = (variables: ReadonlyArray<readonly [string, string]>) =>
    Effect.scoped(Layer.build(HubSpot.layerConfig)).pipe(
      Effect.provide(Layer.merge(Holdfast.layerMemory, NodeHttpClient.layerUndici)),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(variables))),
      Effect.flip,
      Effect.map(String)
    )

  it.effect("layerConfig names the variable that is missing or wrong", () =>
    Effect.gen(function*() {
      assertTrue((yield* refused([])).includes("HUBSPOT_ACCESS_TOKEN"))
      const version = yield* refused([["HUBSPOT_ACCESS_TOKEN", "fake"], ["HUBSPOT_API_VERSION", "four"]])
      assertTrue(version.includes("HUBSPOT_API_VERSION") && version.includes("must be v3"), version)
      const url = yield* refused([["HUBSPOT_ACCESS_TOKEN", "fake"], ["HUBSPOT_BASE_URL", "not a url"]])
      assertTrue(url.includes("HUBSPOT_BASE_URL"), url)
    }))

  it.scopedLive("heavy faults over a socket: what the ledger says was created is what was created", () =>
    Effect.gen(function*() {
      const { emulator, hubspot } = yield* Kit.overSocket({
        faults: Faults.heavy(5, { latency: { min: 0, max: "2 millis" } })
      })
      const emails = Array.from({ length: 150 }, (_, index) => `c${index}@example.com`)
      const results = yield* Effect.forEach(
        emails,
        (email) => Effect.either(hubspot.contacts.create({ payload: { properties: { email } } })),
        { concurrency: 16 }
      )
      const state = yield* emulator.state
      const tally = Ledger.tally(yield* emulator.ledger, "contacts")
      deepStrictEqual(
        state.contacts.records.map((record) => record.properties.email).sort(),
        Object.keys(tally).sort()
      )
      assertTrue(Object.values(tally).every((count) => count.created === 1))
      const failed = results.filter((one) => one._tag === "Left").length
      assertTrue(failed > 20 && failed < 80, String(failed))
      // some of the failed ones are there all the same
      assertTrue(Object.keys(tally).length > 150 - failed)
    }))
})
