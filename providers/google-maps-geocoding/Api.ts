/**
 * The Geocoding API of Google Maps Platform (version 3), declared.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schemas from "./Schemas.js"

/**
 * @since 0.1.0
 * @category api
 */
export const GoogleMapsGeocodingApi = HttpApi.make("google-maps-geocoding").add(
  HttpApiGroup.make("geocoding").add(
    HttpApiEndpoint.get("find", "/maps/api/geocode/json").setUrlParams(Schemas.Query).addSuccess(Schemas.Answer)
  )
)

/**
 * @since 0.1.0
 * @category models
 */
export type GoogleMapsGeocodingApi = typeof GoogleMapsGeocodingApi
