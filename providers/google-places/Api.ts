/**
 * The Places API (New), declared.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

const one = { placeId: Schema.NonEmptyString }

/**
 * Searches are safe, whatever their method; each is billed.
 *
 * @since 0.1.0
 * @category api
 */
export const GooglePlacesApi = HttpApi.make("google-places").add(
  HttpApiGroup.make("places")
    .add(
      HttpApiEndpoint.post("searchText", "/v1/places::searchText").setHeaders(Schemas.Mask)
        .setPayload(Schemas.SearchTextInput).addSuccess(Schemas.Places).annotate(Operation.Safe, true)
    )
    .add(
      HttpApiEndpoint.post("searchNearby", "/v1/places::searchNearby").setHeaders(Schemas.Mask)
        .setPayload(Schemas.SearchNearbyInput).addSuccess(Schemas.Places).annotate(Operation.Safe, true)
    )
    .add(
      HttpApiEndpoint.post("autocomplete", "/v1/places::autocomplete").setHeaders(Schemas.OptionalMask)
        .setPayload(Schemas.AutocompleteInput).addSuccess(Schemas.Suggestions).annotate(Operation.Safe, true)
    )
    .add(
      HttpApiEndpoint.get("get", "/v1/places/:placeId").setPath(Schema.Struct(one)).setHeaders(Schemas.Mask)
        .setUrlParams(Schemas.GetParams).addSuccess(Schemas.Place)
    )
    .add(
      HttpApiEndpoint.get("photo", "/v1/places/:placeId/photos/:photoId/media")
        .setPath(Schema.Struct({ ...one, photoId: Schema.NonEmptyString })).setUrlParams(Schemas.PhotoParams)
        .addSuccess(Schemas.Photo)
    )
)

/**
 * @since 0.1.0
 * @category models
 */
export type GooglePlacesApi = typeof GooglePlacesApi
