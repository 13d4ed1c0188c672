/**
 * All providers of this package, as data. Who needs one of them imports it by itself: this imports them all.
 *
 * @since 0.1.0
 */
import { Catalog } from "holdfast"
import { definition as hubspot } from "holdfast/providers/hubspot"

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
  hubspot
])
