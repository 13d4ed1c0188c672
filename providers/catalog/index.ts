/**
 * All providers of this package, as data. Who needs one of them imports it by itself: this imports them all.
 *
 * @since 0.1.0
 */
import { Catalog } from "holdfast"
import { definition as acuity } from "holdfast/providers/acuity"
import { definition as calCom } from "holdfast/providers/cal-com"
import { definition as calendly } from "holdfast/providers/calendly"
import { definition as crisp } from "holdfast/providers/crisp"
import { definition as docusign } from "holdfast/providers/docusign"
import { definition as erp } from "holdfast/providers/erp"
import { definition as googleAnalytics } from "holdfast/providers/google-analytics"
import { definition as googleAnalyticsEvents } from "holdfast/providers/google-analytics-events"
import { definition as googleBusinessProfile } from "holdfast/providers/google-business-profile"
import { definition as googleMapsGeocoding } from "holdfast/providers/google-maps-geocoding"
import { definition as googlePlaces } from "holdfast/providers/google-places"
import { definition as googleRoutes } from "holdfast/providers/google-routes"
import { definition as hubspot } from "holdfast/providers/hubspot"
import { definition as intercom } from "holdfast/providers/intercom"
import { definition as kit } from "holdfast/providers/kit"
import { definition as mailchimp } from "holdfast/providers/mailchimp"
import { definition as plausible } from "holdfast/providers/plausible"
import { definition as salesSystem } from "holdfast/providers/sales-system"
import { definition as salesforce } from "holdfast/providers/salesforce"
import { definition as sendgrid } from "holdfast/providers/sendgrid"
import { definition as stripe } from "holdfast/providers/stripe"
import { definition as supabase } from "holdfast/providers/supabase"
import { definition as tidio } from "holdfast/providers/tidio"
import { definition as trustpilot } from "holdfast/providers/trustpilot"
import { definition as twilio } from "holdfast/providers/twilio"
import { definition as yelp } from "holdfast/providers/yelp"

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
  acuity,
  calCom,
  calendly,
  crisp,
  docusign,
  erp,
  googleAnalytics,
  googleAnalyticsEvents,
  googleBusinessProfile,
  googleMapsGeocoding,
  googlePlaces,
  googleRoutes,
  hubspot,
  intercom,
  kit,
  mailchimp,
  plausible,
  salesSystem,
  salesforce,
  sendgrid,
  stripe,
  supabase,
  tidio,
  trustpilot,
  twilio,
  yelp
])
