/** `holdfast providers`: which systems there is a provider for. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Catalog, OpenApi, Provider } from "holdfast"
import { HubSpot } from "holdfast/providers/hubspot"
import * as Kit from "../kit.js"
import { cli, json } from "./kit.js"

const shop = Provider.define({
  ...Kit.definition,
  capabilities: ["orders\u001b[31m"],
  category: "payments",
  popularity: 10,
  servers: { items: "https://items.shop.example" }
})

const catalog = Catalog.make([shop, HubSpot.definition])

describe("providers", () => {
  it.live("list: the most widely used first, of a category, or what is searched for", () =>
    Effect.gen(function*() {
      const ids = (argv: ReadonlyArray<string>) =>
        Effect.map(cli(["providers", "list", ...argv, "--json"], { catalog }), ({ code, err, out }) => {
          assert.deepStrictEqual([code, err], [0, ""])
          return json(out).providers.map(({ id }: Catalog.Entry) => id)
        })
      assert.deepStrictEqual(yield* ids([]), ["hubspot", "shop"])
      assert.deepStrictEqual(yield* ids(["--category", "crm"]), ["hubspot"])
      assert.deepStrictEqual(yield* ids(["--search", "PAYMENTS orders"]), ["shop"])
      assert.deepStrictEqual(yield* ids(["--search", "orders", "--category", "crm"]), [])
      const { code, err, out } = yield* cli(["providers", "list"], { catalog })
      assert.deepStrictEqual([code, err], [0, ""])
      assert.match(
        out,
        /^ID +NAME +CATEGORY +VERSION +OPERATIONS +AUTH +WEBHOOKS +CAPABILITIES\nhubspot +HubSpot +crm +v3 +39 +Bearer, OAuth2 +hubspot +contacts/
      )
      // what others have written is no command to the terminal
      assert.notInclude(out, "\u001b")
      const narrow = yield* cli(["providers", "list"], { catalog, columns: 100 })
      assert.isTrue(narrow.out.split("\n").every((line) => line.length <= 100))
      const none = yield* cli(["providers", "list", "--search", "nothing at all"], { catalog })
      assert.deepStrictEqual(none, { code: 0, err: "no provider is like that\n", out: "" })
    }))

  it.live("show: all that is known of one, for people and for machines", () =>
    Effect.gen(function*() {
      const machines = yield* cli(["providers", "show", "hubspot", "--json"], { catalog })
      assert.deepStrictEqual(json(machines.out), Option.getOrThrow(catalog.get("hubspot")))
      const people = yield* cli(["providers", "show", "hubspot"], { catalog })
      assert.deepStrictEqual([people.code, people.err], [0, ""])
      for (
        const line of [
          /^auth +Bearer, OAuth2; OAuth2 endpoints known$/m,
          /^server +https:\/\/api\.hubapi\.com, or HUBSPOT_BASE_URL$/m,
          /^limits +100 requests in any 10 seconds/m,
          /^contacts\.create +no +no +- +POST +\/crm\/v3\/objects\/contacts$/m,
          /^contacts\.list +yes +yes +cursor +GET +\/crm\/v3\/objects\/contacts$/m,
          /^retry\.maxAttempts +4 +HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS$/m
        ]
      ) {
        assert.match(people.out, line)
      }
      const little = yield* cli(["providers", "show", "shop"], { catalog })
      assert.match(little.out, /^server .*\n +https:\/\/items\.shop\.example for items$/m)
      assert.match(little.out, /^idempotency +no header$/m)
      assert.notInclude(little.out, "POLICY")
    }))

  it.live("openapi: the document, over lines or on one", () =>
    Effect.gen(function*() {
      const document = JSON.parse(JSON.stringify(OpenApi.make(HubSpot.definition)))
      const { code, err, out } = yield* cli(["providers", "openapi", "hubspot"], { catalog })
      assert.deepStrictEqual([code, err], [0, ""])
      assert.deepStrictEqual(json(out), document)
      const line = yield* cli(["providers", "openapi", "hubspot", "--json"], { catalog })
      assert.deepStrictEqual(json(line.out), document)
      assert.strictEqual(line.out.trimEnd().split("\n").length, 1)
    }))

  it.live("ends with 3 where there is none, with 1 where there is no catalogue, with 2 where it is used wrongly", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<readonly [code: number, argv: ReadonlyArray<string>, says: string]> = [
        [3, ["show", "hub"], "there is no provider hub: did you mean hubspot?"],
        [3, ["openapi", "nobody"], "there is no provider nobody: holdfast providers list shows those that there are"],
        [3, ["show", "constructor"], "there is no provider constructor"],
        [
          3,
          ["list", "--category", "weather"],
          "there is no provider of the category weather: the categories are crm, payments"
        ],
        [2, ["show"], ""],
        [2, ["list", "--no-such-flag"], ""]
      ]
      for (const [code, argv, says] of wrong) {
        const result = yield* cli(["providers", ...argv], { catalog })
        assert.deepStrictEqual([result.code, result.out], [code, ""], argv.join(" "))
        assert.include(result.err, says)
      }
      for (const argv of [["list"], ["show", "hubspot"], ["openapi", "hubspot"]]) {
        const { code, err, out } = yield* cli(["providers", ...argv])
        assert.deepStrictEqual([code, out], [1, ""])
        assert.include(err, "this program has no catalogue of providers")
      }
    }))

  it.live("a catalogue may come when it is asked for, and not before", () =>
    Effect.gen(function*() {
      let asked = 0
      const late = Effect.sync(() => {
        asked++
        return catalog
      })
      assert.strictEqual((yield* cli(["webhook", "schemes"], { catalog: late })).code, 0)
      assert.strictEqual(asked, 0)
      assert.strictEqual((yield* cli(["providers", "list"], { catalog: late })).code, 0)
      assert.strictEqual(asked, 1)
    }))
})
