/**
 * How DocuSign's lists go on: by `start_position`, from 0 on.
 *
 * @since 0.1.0
 */
import { Pagination } from "holdfast"
import type * as Schemas from "./Schemas.js"

interface Placed {
  readonly nextUri?: string
  readonly totalSetSize?: number
}

/** `start_position` of the request may be in the middle, so that what was read is a place in the whole. */
const hasMore = ({ nextUri, totalSetSize }: Placed, read: number): boolean =>
  totalSetSize === undefined ? nextUri !== undefined : read < totalSetSize

/**
 * Of `envelopes.list`.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pagination } from "holdfast"
 * import { DocuSign, envelopes } from "holdfast/providers/docusign"
 *
 * const changedSince = (accountId: string, from_date: string) =>
 *   Effect.gen(function*() {
 *     const docusign = yield* DocuSign
 *     return yield* Pagination.items(docusign.envelopes.list, envelopes, {
 *       path: { accountId },
 *       urlParams: { from_date, from_to_status: "changed", order: "asc", order_by: "last_modified", count: 100 }
 *     }).pipe(Stream.runCollect)
 *   })
 * ```
 *
 * @since 0.1.0
 * @category pagination
 */
export const envelopes = Pagination.offset({
  hasMore,
  items: (page: typeof Schemas.EnvelopePage.Type) => page.envelopes,
  parameter: "start_position"
})

/**
 * Of `templates.list`.
 *
 * @since 0.1.0
 * @category pagination
 */
export const templates = Pagination.offset({
  hasMore,
  items: (page: typeof Schemas.TemplatePage.Type) => page.envelopeTemplates,
  parameter: "start_position"
})
