/**
 * The payment methods with which Stripe is tested, and how a charge of them ends.
 *
 * Source: https://docs.stripe.com/testing.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export type Outcome =
  | { readonly _tag: "Paid" }
  | { readonly _tag: "Declined"; readonly code: string; readonly declineCode: string }
  /** The customer must first say that it is them. */
  | { readonly _tag: "Action" }

const declined = (declineCode: string, code = "card_declined"): Outcome => ({ _tag: "Declined", code, declineCode })

const paid: Outcome = { _tag: "Paid" }

const action: Outcome = { _tag: "Action" }

const outcomes: Readonly<Record<string, Outcome>> = {
  pm_card_authenticationRequired: action,
  pm_card_chargeDeclined: declined("generic_decline"),
  pm_card_chargeDeclinedExpiredCard: declined("expired_card", "expired_card"),
  pm_card_chargeDeclinedIncorrectCvc: declined("incorrect_cvc", "incorrect_cvc"),
  pm_card_chargeDeclinedInsufficientFunds: declined("insufficient_funds"),
  pm_card_chargeDeclinedProcessingError: declined("processing_error", "processing_error"),
  pm_card_threeDSecure2Required: action
}

/**
 * What becomes of a charge. Any other payment method is good. Off the session nobody is there to be asked.
 *
 * @since 0.1.0
 * @category cards
 */
export const outcomeOf = (paymentMethod: string, offSession: boolean): Outcome => {
  const outcome = outcomes[paymentMethod] ?? paid
  return outcome._tag === "Action" && offSession
    ? declined("authentication_required", "authentication_required")
    : outcome
}
