/**
 * The Routes API, declared.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Operation } from "holdfast"
import * as Schemas from "./Schemas.js"

/**
 * @since 0.1.0
 * @category api
 */
export const GoogleRoutesApi = HttpApi.make("google-routes").add(
  HttpApiGroup.make("routes")
    .add(
      HttpApiEndpoint.post("compute", "/directions/v2::computeRoutes").setHeaders(Schemas.Mask)
        .setPayload(Schemas.ComputeRoutesInput).addSuccess(Schemas.Routes).annotate(Operation.Safe, true)
    )
    .add(
      HttpApiEndpoint.post("computeMatrix", "/distanceMatrix/v2::computeRouteMatrix").setHeaders(Schemas.MatrixMask)
        .setPayload(Schemas.ComputeRouteMatrixInput).addSuccess(Schemas.Matrix).annotate(Operation.Safe, true)
    )
)

/**
 * @since 0.1.0
 * @category models
 */
export type GoogleRoutesApi = typeof GoogleRoutesApi
