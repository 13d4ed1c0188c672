/**
 * An in-house ERP, declared. A worked example of a system that is slow, is closed at night, answers 200 where it has failed,
 * and knows no idempotency keys.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import * as Schemas from "./Schemas.js"

const bySku = Schema.Struct({ sku: Schema.NonEmptyString })
const byNumber = Schema.Struct({ number: Schema.String.pipe(Schema.pattern(/^[A-Z0-9-]{3,20}$/)) })

const items = HttpApiGroup.make("items")
  .add(HttpApiEndpoint.get("list", "/erp/items").setUrlParams(Schemas.ListParams).addSuccess(Schemas.ItemPage))
  .add(HttpApiEndpoint.get("get", "/erp/items/:sku").setPath(bySku).addSuccess(Schemas.Item))
  .add(
    // not idempotent, and safe all the same: it holds for one revision, so that a second one is refused
    HttpApiEndpoint.post("adjust", "/erp/items/:sku/stock").setPath(bySku)
      .setHeaders(Schema.Struct({ "if-match": Schema.NonEmptyString }))
      .setPayload(Schemas.StockChange).addSuccess(Schemas.Item)
  )

const purchaseOrders = HttpApiGroup.make("purchaseOrders")
  .add(
    // the number is the caller's own: sent twice, it is one order
    HttpApiEndpoint.put("put", "/erp/purchase-orders/:number").setPath(byNumber)
      .setPayload(Schemas.PurchaseOrderInput).addSuccess(Schemas.PurchaseOrder)
  )
  .add(
    HttpApiEndpoint.get("get", "/erp/purchase-orders/:number").setPath(byNumber).addSuccess(Schemas.PurchaseOrder)
  )
  .add(
    HttpApiEndpoint.post("release", "/erp/purchase-orders/:number/release").setPath(byNumber)
      .addSuccess(Schemas.Job, { status: 202 })
  )

const jobs = HttpApiGroup.make("jobs").add(
  HttpApiEndpoint.get("get", "/erp/jobs/:id").setPath(Schema.Struct({ id: Schema.NonEmptyString }))
    .addSuccess(Schemas.Job)
)

const system = HttpApiGroup.make("system").add(HttpApiEndpoint.get("ping", "/erp/ping").addSuccess(Schemas.Ping))

/**
 * @since 0.1.0
 * @category api
 */
export const ErpApi = HttpApi.make("erp").add(items).add(purchaseOrders).add(jobs).add(system)

/**
 * @since 0.1.0
 * @category models
 */
export type ErpApi = typeof ErpApi
