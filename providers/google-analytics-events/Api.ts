/**
 * The Measurement Protocol of Google Analytics 4, declared.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

/**
 * Events, sent or only looked at. What Google is told of a person (`user_data`) is written down nowhere.
 *
 * @since 0.1.0
 * @category api
 */
export const GoogleAnalyticsEventsApi = HttpApi.make("google-analytics-events").add(
  HttpApiGroup.make("events")
    .add(
      // counted twice where it is sent twice: there is no key by which Google would know
      HttpApiEndpoint.post("collect", "/mp/collect").setUrlParams(Schemas.Stream).setPayload(Schemas.CollectInput)
        .annotate(Operation.Redact, ["user_data"])
    )
    .add(
      HttpApiEndpoint.post("validate", "/debug/mp/collect").setUrlParams(Schemas.Stream)
        .setPayload(Schemas.CollectInput).addSuccess(Schemas.Validation).annotate(Operation.Safe, true)
        .annotate(Operation.Redact, ["user_data"])
    )
)

/**
 * @since 0.1.0
 * @category models
 */
export type GoogleAnalyticsEventsApi = typeof GoogleAnalyticsEventsApi
