import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { Option, Schema } from "effect"
import { Auth, Catalog, OAuth2Provider, Operation, Pagination, Provider, WebhookScheme } from "holdfast"
import { catalog } from "holdfast/providers/catalog"
import { HubSpot } from "holdfast/providers/hubspot"
import * as fs from "node:fs"

const Page = Schema.Struct({ items: Schema.Array(Schema.String), next: Schema.optional(Schema.String) })

const api = HttpApi.make("shop").add(
  HttpApiGroup.make("orders")
    .add(
      HttpApiEndpoint.get("list", "/orders").setUrlParams(Schema.Struct({ since: Schema.optional(Schema.String) }))
        .addSuccess(Page)
    )
    .add(HttpApiEndpoint.post("create", "/orders").setPayload(Page).addSuccess(Page))
    .add(HttpApiEndpoint.post("find", "/orders/find").setPayload(Page).addSuccess(Page).annotate(Operation.Safe, true))
    .add(
      HttpApiEndpoint.put("put", "/orders/:id").setPath(Schema.Struct({ id: Schema.String })).setPayload(Page)
        .annotate(Operation.Cost, 3)
    )
)

const shop = Provider.define({
  api,
  auth: Auth.apiKey("X-Key"),
  baseUrl: "https://shop.example",
  capabilities: ["orders", "refunds"],
  category: "payments",
  credentials: ["ApiKey", "OAuth2"],
  docs: "https://shop.example/docs",
  health: { operation: "orders.list" },
  id: "corner-shop",
  incremental: { "orders.list": "urlParams.since" },
  limits: ["10 requests a second"],
  name: "Corner Shop",
  oauth2: OAuth2Provider.stripe,
  pagination: {
    "orders.find": Pagination.lastId({
      hasMore: () => false,
      idOf: (id: string) => id,
      items: (page: typeof Page.Type) => page.items,
      parameter: "after"
    }),
    "orders.list": Pagination.cursor({
      items: (page: typeof Page.Type) => page.items,
      next: (page) => page.next,
      parameter: "after"
    })
  },
  policy: {
    idempotencyKey: { header: "Idempotency-Key" },
    retry: { maxAttempts: 3, initialDelay: "2 seconds" },
    totalTimeout: false
  },
  popularity: 70,
  version: "2",
  servers: { orders: "https://orders.shop.example" },
  webhook: WebhookScheme.stripe
})

const bare = (id: string, more: Partial<Provider.Definition> = {}): Provider.Definition =>
  Provider.define({ api, auth: Auth.none, baseUrl: "https://bare.example", id, name: id, version: "1", ...more })

describe("Catalog", () => {
  it("an entry is what the definition says, and nothing else", () => {
    deepStrictEqual(Catalog.entry(shop), {
      baseUrl: "https://shop.example",
      baseUrlVariable: "CORNER_SHOP_BASE_URL",
      capabilities: ["orders", "refunds"],
      category: "payments",
      credentials: ["ApiKey", "OAuth2"],
      docs: "https://shop.example/docs",
      health: "orders.list",
      id: "corner-shop",
      idempotency: { header: "Idempotency-Key", operations: ["orders.put"] },
      incremental: ["orders.list"],
      limits: ["10 requests a second"],
      name: "Corner Shop",
      oauth2: true,
      operations: [
        {
          cost: 1,
          idempotent: true,
          incremental: "urlParams.since",
          method: "GET",
          name: "orders.list",
          pagination: "cursor",
          path: "/orders",
          safe: true
        },
        { cost: 1, idempotent: false, method: "POST", name: "orders.create", path: "/orders", safe: false },
        {
          cost: 1,
          idempotent: true,
          method: "POST",
          name: "orders.find",
          pagination: "last-id",
          path: "/orders/find",
          safe: true
        },
        { cost: 3, idempotent: true, method: "PUT", name: "orders.put", path: "/orders/:id", safe: false }
      ],
      pagination: ["cursor", "last-id"],
      policy: [
        { option: "totalTimeout", value: "off", variable: "HOLDFAST_CORNER_SHOP_TOTAL_TIMEOUT" },
        { option: "retry.maxAttempts", value: "3", variable: "HOLDFAST_CORNER_SHOP_RETRY_MAX_ATTEMPTS" },
        { option: "retry.initialDelay", value: "2 seconds", variable: "HOLDFAST_CORNER_SHOP_RETRY_INITIAL_DELAY" }
      ],
      popularity: 70,
      servers: { orders: "https://orders.shop.example" },
      version: "2",
      webhook: "stripe"
    })
    deepStrictEqual(Catalog.entry(bare("x")), {
      ...Catalog.entry(bare("x")),
      capabilities: [],
      category: "other",
      credentials: [],
      idempotency: { operations: ["orders.put"] },
      incremental: [],
      limits: [],
      oauth2: false,
      pagination: [],
      policy: [],
      popularity: 0,
      servers: {}
    })
  })

  it("is data: it comes back from JSON as it was", () => {
    for (const entry of [Catalog.entry(shop), Catalog.entry(bare("x")), ...catalog.entries]) {
      deepStrictEqual(JSON.parse(JSON.stringify(entry)), entry)
    }
  })

  const made = Catalog.make([
    bare("aa"),
    bare("crm-one", { capabilities: ["contacts"], category: "crm", name: "One", popularity: 50 }),
    shop,
    bare("crm-two", { capabilities: ["contacts", "deals"], category: "crm", name: "Two", popularity: 90 }),
    bare("also-fifty", { category: "crm", name: "Another", popularity: 50 })
  ])
  const names = (entries: ReadonlyArray<Catalog.Entry>) => entries.map(({ id }) => id)

  it("the most widely used come first, and names decide among equals", () => {
    deepStrictEqual(names(made.entries), ["crm-two", "corner-shop", "also-fifty", "crm-one", "aa"])
    deepStrictEqual(made.categories, ["crm", "other", "payments"])
    deepStrictEqual(names(made.byCategory("crm")), ["crm-two", "also-fifty", "crm-one"])
    deepStrictEqual(made.byCategory("CRM"), [])
  })

  it("is searched by id, name, category and capability, each word in any of them", () => {
    deepStrictEqual(names(made.search("contacts")), ["crm-two", "crm-one"])
    deepStrictEqual(names(made.search("  Two ")), ["crm-two"])
    deepStrictEqual(names(made.search("CRM deal")), ["crm-two"])
    deepStrictEqual(names(made.search("refunds PAYMENTS")), ["corner-shop"])
    deepStrictEqual(names(made.search("corner-")), ["corner-shop"])
    deepStrictEqual(made.search("crm refunds"), [])
    // not across the ends of two of them
    deepStrictEqual(made.search("contactsdeals"), [])
    deepStrictEqual(made.search(""), made.entries)
  })

  it("gives one by its id, and the definition that it is made from", () => {
    deepStrictEqual(Option.map(made.get("corner-shop"), ({ name }) => name), Option.some("Corner Shop"))
    strictEqual(Option.getOrUndefined(made.definition("corner-shop")), shop)
    strictEqual(Option.isNone(made.get("nobody")), true)
    strictEqual(Option.isNone(made.definition("constructor")), true)
  })

  it("counts", () => {
    deepStrictEqual(made.statistics, {
      categories: { crm: 3, other: 1, payments: 1 },
      credentials: { ApiKey: 1, OAuth2: 1 },
      health: 1,
      idempotencyHeader: 1,
      incremental: 1,
      oauth2: 1,
      operations: 20,
      pagination: { cursor: 1, "last-id": 1 },
      providers: 5,
      webhook: 1
    })
    strictEqual(Catalog.make([]).statistics.providers, 0)
  })

  it("refuses two of one id", () => {
    throws(
      () => Catalog.make([shop, bare("x"), bare("x")]),
      new Error("Catalog.make: there are two providers of the id \"x\"")
    )
  })
})

describe("holdfast/providers/catalog", () => {
  it("has every provider that has a folder, under the folder's name, and no other", () => {
    const folders = fs.readdirSync("providers", { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "catalog").map(({ name }) => name)
    deepStrictEqual(names(catalog.entries).sort(), folders.sort())
  })

  it("has the very definitions of the services", () => {
    strictEqual(Option.getOrUndefined(catalog.definition("hubspot")), HubSpot.definition)
  })

  it("leaves nothing out that a page about a provider needs", () => {
    for (const entry of catalog.entries) {
      strictEqual(entry.operations.length > 0, true, entry.id)
      strictEqual(URL.canParse(entry.docs ?? ""), true, `${entry.id} has no docs`)
      strictEqual(entry.popularity >= 1 && entry.popularity <= 100, true, `${entry.id} has no popularity from 1 to 100`)
      strictEqual(
        entry.category !== "other" && entry.capabilities.length > 0,
        true,
        `${entry.id} has no category, or cannot do anything`
      )
      strictEqual(entry.limits.length > 0, true, `${entry.id} has no limits`)
    }
  })

  const names = (entries: ReadonlyArray<Catalog.Entry>) => entries.map(({ id }) => id)
})
