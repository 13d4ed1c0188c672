/**
 * Whether an envelope was created, after the answer was lost.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type IntegrationError, Reconcile } from "holdfast"
import { DocuSign } from "./DocuSign.js"
import type * as Schemas from "./Schemas.js"

/**
 * What became of a transaction of the last seven days. None does not say that nothing will appear: a request that DocuSign
 * still works on is not there yet.
 *
 * @since 0.1.0
 * @category reconciliation
 */
export const findByTransaction = (options: {
  readonly accountId: string
  readonly transactionId: string
}): Effect.Effect<Option.Option<Schemas.TransactionStatus>, IntegrationError.IntegrationError, DocuSign> =>
  Effect.flatMap(DocuSign, (docusign) =>
    Effect.map(
      docusign.envelopes.list({
        path: { accountId: options.accountId },
        urlParams: { transaction_ids: options.transactionId }
      }),
      ({ envelopeTransactionStatuses }) =>
        Option.fromNullable(
          envelopeTransactionStatuses.find(({ envelopeId, transactionId }) =>
            envelopeId !== undefined && transactionId === options.transactionId
          )
        )
    ))

/**
 * Creates an envelope; where the answer is lost, it asks what became of the `transactionId`, and answers with the envelope
 * that is there. Where none appears within three seconds (or DocuSign does not answer that either), the first error stands: ask
 * again later, with `findByTransaction`, before you create another.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { accountIdConfig, createGuarded } from "holdfast/providers/docusign"
 *
 * const send = (order: string, documentBase64: string) =>
 *   Effect.gen(function*() {
 *     const { envelopeId } = yield* createGuarded({
 *       path: { accountId: yield* accountIdConfig },
 *       payload: {
 *         documents: [{ documentBase64, documentId: "1", name: "Order" }],
 *         emailSubject: `Order ${order}`,
 *         recipients: { signers: [{ email: "ada@example.com", name: "Ada Lovelace", recipientId: "1" }] },
 *         status: "sent",
 *         transactionId: `order-${order}`
 *       }
 *     })
 *     return envelopeId
 *   })
 * ```
 *
 * @since 0.1.0
 * @category reconciliation
 */
export const createGuarded = (request: {
  readonly path: { readonly accountId: string }
  readonly payload: typeof Schemas.EnvelopeInput.Type & { readonly transactionId: string }
}): Effect.Effect<typeof Schemas.EnvelopeSummary.Type, IntegrationError.IntegrationError, DocuSign> =>
  Effect.flatMap(DocuSign, (docusign) =>
    Reconcile.orFind(
      docusign.envelopes.create(request),
      Effect.map(
        findByTransaction({ accountId: request.path.accountId, transactionId: request.payload.transactionId }),
        Option.map(({ envelopeId = "", status }) => ({
          envelopeId,
          ...(status === undefined ? undefined : { status })
        }))
      )
    ))
