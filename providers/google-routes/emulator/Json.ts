/**
 * The numbers of the enumerations.
 *
 * Source: google/maps/routing/v2 of googleapis.
 *
 * @since 0.1.0
 */
import { ProtoJson } from "holdfast/testing"

/**
 * @since 0.1.0
 * @category json
 */
export const json = ProtoJson.make({
  condition: { ROUTE_EXISTS: 1, ROUTE_NOT_FOUND: 2 },
  routingPreference: { TRAFFIC_UNAWARE: 1, TRAFFIC_AWARE: 2, TRAFFIC_AWARE_OPTIMAL: 3 },
  travelMode: { DRIVE: 1, BICYCLE: 2, WALK: 3, TWO_WHEELER: 4, TRANSIT: 7 },
  units: { METRIC: 1, IMPERIAL: 2 }
})
