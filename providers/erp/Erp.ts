/**
 * An in-house ERP, as a service: few requests at once, long waits, and nothing booked twice.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import { Auth, Credentials, Pagination, Provider, Resilience } from "holdfast"
import { TestLayer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Emulator from "./Emulator.js"
import { classify } from "./Errors.js"
import type { Item } from "./Schemas.js"

/**
 * How the items are walked.
 *
 * @since 0.1.0
 * @category pagination
 */
export const items = Pagination.offset({
  hasMore: (page, read) => read < page.count,
  items: (page: { readonly count: number; readonly value: ReadonlyArray<typeof Item.Type> }) => page.value,
  parameter: "skip"
})

/**
 * @since 0.1.0
 * @category definition
 */
export const definition = Provider.define({
  id: "erp",
  name: "ERP",
  version: "7.2",
  category: "erp",
  capabilities: ["items", "stock", "purchase orders"],
  baseUrl: "https://erp.example.com",
  api: Api.ErpApi,
  auth: Auth.basic.pipe(Auth.withCorrelationId("x-request-id")),
  classify,
  health: { operation: "system.ping" },
  policy: {
    ...Resilience.presets.erpSystem,
    // each open request has a licence, and there are eight
    bulkhead: { maxConcurrent: 8, maxQueue: 200 }
  },
  docs: "https://erp.example.com/docs",
  popularity: 1,
  credentials: ["Basic"],
  pagination: { "items.list": items },
  incremental: { "items.list": "urlParams.modifiedAfter" },
  limits: ["8 requests at once", "closed every night for the closing of the day"]
})

/**
 * Items, their stock, and purchase orders of the ERP.
 *
 * `layerConfig` takes `ERP_USERNAME` and `ERP_PASSWORD`, where the system is from `ERP_BASE_URL`, and the variables of
 * the policy: `HOLDFAST_ERP_…`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Erp } from "holdfast/providers/erp"
 *
 * // takes from the stock what was seen there, and nothing else: a second one of these is refused
 * const take = (sku: string, quantity: number) =>
 *   Effect.gen(function*() {
 *     const erp = yield* Erp
 *     const { revision } = yield* erp.items.get({ path: { sku } })
 *     return yield* erp.items.adjust({
 *       headers: { "if-match": revision },
 *       path: { sku },
 *       payload: { delta: -quantity, reason: "sold" }
 *     })
 *   })
 *
 * const inATest = Effect.provide(take("engine", 2), Erp.layerTest)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Erp extends Provider.Tag<Erp>()("holdfast/Erp", definition, {
  credentials: Config.map(
    Config.all({ password: Config.redacted("ERP_PASSWORD"), username: Config.nonEmptyString("ERP_USERNAME") }),
    Credentials.Basic
  )
}) {
  /**
   * An ERP in memory, without network, credential and policies. Every use starts with three items.
   */
  static readonly layerTest: TestLayer.TestLayer<Erp, TestLayer.Overrides<Api.ErpApi>> = TestLayer.make(
    Erp,
    definition,
    Emulator.make({ authorize: () => true })
  )
}
