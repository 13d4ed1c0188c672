/**
 * Yelp's API of places, declared: from this come the typed client, the names of operations, and the emulator. All of it reads.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import * as Schemas from "./Schemas.js"

/** Its id, or its alias. */
const business = Schema.Struct({ business: Schema.NonEmptyTrimmedString })

const businesses = HttpApiGroup.make("businesses")
  .add(
    HttpApiEndpoint.get("search", "/v3/businesses/search").setUrlParams(Schemas.SearchParams)
      .addSuccess(Schemas.BusinessPage)
  )
  .add(
    HttpApiEndpoint.get("searchByPhone", "/v3/businesses/search/phone").setUrlParams(Schemas.PhoneSearchParams)
      .addSuccess(Schemas.BusinessPage)
  )
  .add(
    HttpApiEndpoint.get("match", "/v3/businesses/matches").setUrlParams(Schemas.MatchParams)
      .addSuccess(Schemas.BusinessPage)
  )
  .add(
    HttpApiEndpoint.get("get", "/v3/businesses/:business").setPath(business).setUrlParams(Schemas.LocaleParams)
      .addSuccess(Schemas.BusinessDetail)
  )

const reviews = HttpApiGroup.make("reviews").add(
  HttpApiEndpoint.get("list", "/v3/businesses/:business/reviews").setPath(business)
    .setUrlParams(Schemas.ReviewListParams).addSuccess(Schemas.ReviewPage)
)

const autocomplete = HttpApiGroup.make("autocomplete").add(
  HttpApiEndpoint.get("suggest", "/v3/autocomplete").setUrlParams(Schemas.AutocompleteParams)
    .addSuccess(Schemas.Suggestions)
)

const categories = HttpApiGroup.make("categories")
  .add(
    HttpApiEndpoint.get("list", "/v3/categories").setUrlParams(Schemas.LocaleParams).addSuccess(Schemas.Categories)
  )
  .add(
    HttpApiEndpoint.get("get", "/v3/categories/:alias").setPath(Schema.Struct({ alias: Schema.NonEmptyTrimmedString }))
      .setUrlParams(Schemas.LocaleParams).addSuccess(Schemas.CategoryAnswer)
  )

/**
 * @since 0.1.0
 * @category api
 */
export const YelpApi = HttpApi.make("yelp").add(businesses).add(reviews).add(autocomplete).add(categories)

/**
 * @since 0.1.0
 * @category models
 */
export type YelpApi = typeof YelpApi
