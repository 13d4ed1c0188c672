/**
 * What Salesforce's answers say of its limit.
 *
 * @since 0.1.0
 */
import type { RateLimitHeaders } from "holdfast"

/** `api-usage=10018/100000`, which may have more beside it: `per-app-api-usage=17/250(appName=sample)`. */
const apiUsage = /(?:^|[;,\s])api-usage=(\d+)\/(\d+)/

/**
 * Requests of the last 24 hours, of all programs on the org: `Sforce-Limit-Info`. Near the end of them the limiter has no
 * more tokens than are left. When there are more again nobody can say: the 24 hours roll.
 *
 * @since 0.1.0
 * @category parsing
 */
export const read: RateLimitHeaders.Reader = (headers) => {
  const found = apiUsage.exec(headers["sforce-limit-info"] ?? "")
  if (found === null) return undefined
  const limit = Number(found[2])
  return { limit, remaining: Math.max(0, limit - Number(found[1])) }
}
