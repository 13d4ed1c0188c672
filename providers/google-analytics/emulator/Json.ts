/**
 * The numbers of the enumerations.
 *
 * Source: google/analytics/data/v1beta of googleapis.
 *
 * @since 0.1.0
 */
import { ProtoJson } from "holdfast/testing"

const compatibility = { COMPATIBLE: 1, INCOMPATIBLE: 2 }

/**
 * @since 0.1.0
 * @category json
 */
export const json = ProtoJson.make({
  compatibility,
  compatibilityFilter: compatibility,
  matchType: { EXACT: 1, BEGINS_WITH: 2, ENDS_WITH: 3, CONTAINS: 4, FULL_REGEXP: 5, PARTIAL_REGEXP: 6 },
  metricAggregations: { TOTAL: 1, COUNT: 4, MINIMUM: 5, MAXIMUM: 6 },
  operation: { EQUAL: 1, LESS_THAN: 2, LESS_THAN_OR_EQUAL: 3, GREATER_THAN: 4, GREATER_THAN_OR_EQUAL: 5 },
  orderType: { ALPHANUMERIC: 1, CASE_INSENSITIVE_ALPHANUMERIC: 2, NUMERIC: 3 },
  state: { CREATING: 1, ACTIVE: 2, FAILED: 3 },
  type: { TYPE_INTEGER: 1, TYPE_FLOAT: 2, TYPE_CURRENCY: 9 }
})
