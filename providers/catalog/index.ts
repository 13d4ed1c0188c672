/**
 * All providers of this package, as data. Who needs one of them imports it by itself: this imports them all.
 *
 * @since 0.1.0
 */
import { Catalog } from "holdfast"
import { definition as erp } from "holdfast/providers/erp"
import { definition as googleAnalytics } from "holdfast/providers/google-analytics"
import { definition as googleAnalyticsEvents } from "holdfast/providers/google-analytics-events"
import { definition as hubspot } from "holdfast/providers/hubspot"
import { definition as salesSystem } from "holdfast/providers/sales-system"
import { definition as salesforce } from "holdfast/providers/salesforce"
import { definition as stripe } from "holdfast/providers/stripe"
import { definition as twilio } from "holdfast/providers/twilio"

/**
 * @example
 * ```ts
 * import { catalog } from "holdfast/providers/catalog"
 *
 * const crms = catalog.byCategory("crm").map(({ name }) => name)
 * ```
 *
 * @since 0.1.0
 * @category catalogue
 */
export const catalog: Catalog.Catalog = Catalog.make([
  erp,
  googleAnalytics,
  googleAnalyticsEvents,
  hubspot,
  salesSystem,
  salesforce,
  stripe,
  twilio
])
