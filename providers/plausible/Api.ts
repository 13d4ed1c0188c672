/**
 * Plausible's API, declared: from this come the typed client, the names of operations, and the emulator.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

/** `ok`, `{}`, or an address: what it says differs between versions, and nothing of it counts. */
const Said = Schema.String.pipe(HttpApiSchema.withEncoding({ kind: "Text" }))

/**
 * Queries (Stats API, version 2), sites (Sites API, version 1), and events.
 *
 * @since 0.1.0
 * @category api
 */
export const PlausibleApi = HttpApi.make("plausible")
  .add(
    HttpApiGroup.make("stats").add(
      HttpApiEndpoint.post("query", "/api/v2/query").setPayload(Schemas.QueryInput).addSuccess(Schemas.Report)
        .annotate(Operation.Safe, true)
    )
  )
  .add(
    HttpApiGroup.make("sites").add(
      HttpApiEndpoint.get("list", "/api/v1/sites").setUrlParams(Schemas.SiteListParams).addSuccess(Schemas.SitePage)
    )
  )
  .add(
    HttpApiGroup.make("teams").add(
      HttpApiEndpoint.get("list", "/api/v1/sites/teams").setUrlParams(Schemas.TeamListParams)
        .addSuccess(Schemas.TeamPage)
    )
  )
  .add(
    HttpApiGroup.make("events").add(
      // an event has no id: sent twice, it counts twice. It takes nothing of the hourly limit
      HttpApiEndpoint.post("record", "/api/event").setHeaders(Schemas.Visitor).setPayload(Schemas.EventInput)
        .addSuccess(Said, { status: 202 }).addSuccess(Said).annotate(Operation.Cost, 0)
    )
  )
  .add(
    HttpApiGroup.make("health").add(
      HttpApiEndpoint.get("get", "/api/health").addSuccess(Schemas.Health).annotate(Operation.Cost, 0)
    )
  )

/**
 * @since 0.1.0
 * @category models
 */
export type PlausibleApi = typeof PlausibleApi

/**
 * The operations that want no key, and that no limit by the hour counts.
 *
 * @internal
 */
export const keyless = ["events.record", "health.get"] as const
