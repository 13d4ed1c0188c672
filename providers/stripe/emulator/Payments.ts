/**
 * The life of a payment in the emulator: created, confirmed, captured or canceled, refunded.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import type * as Schemas from "../Schemas.js"
import { declined, invalid, refusal } from "./Bodies.js"
import { outcomeOf } from "./Cards.js"
import type { Journal } from "./Journal.js"
import { merged, type State } from "./Store.js"

type Payment = Schemas.PaymentIntent

type Confirmation = typeof Schemas.ConfirmInput.Type

const unexpected = (payment: Payment, what: string) =>
  refusal(400, {
    code: "payment_intent_unexpected_state",
    message: `A payment that is ${payment.status} cannot be ${what}.`,
    payment_intent: { id: payment.id, object: payment.object, status: payment.status },
    type: "invalid_request_error"
  })

const demand = (payment: Payment, statuses: ReadonlyArray<string>, what: string): void => {
  if (!statuses.includes(payment.status)) throw unexpected(payment, what)
}

const without = <A extends object, K extends keyof A>(record: A, ...names: ReadonlyArray<K>): Omit<A, K> => {
  const copy = { ...record }
  for (const name of names) delete copy[name]
  return copy
}

const checkMethod = (paymentMethod: string | undefined): void => {
  if (paymentMethod !== undefined && !/^(pm|card|src)_/.test(paymentMethod)) {
    throw invalid(`There is no payment_method ${paymentMethod}.`, { code: "resource_missing", param: "payment_method" })
  }
}

/** A charge of the whole amount: of a payment that is captured by hand it is held, and not yet taken. */
const charge = (
  state: State,
  journal: Journal,
  payment: Payment,
  failure?: Pick<Schemas.Charge, "failure_code" | "failure_message">
): Schemas.Charge => {
  const held = payment.capture_method === "manual"
  const paid = failure === undefined
  const made = state.charges.put({
    id: state.charges.nextId(),
    object: "charge",
    amount: payment.amount,
    amount_captured: paid && !held ? payment.amount : 0,
    amount_refunded: 0,
    captured: paid && !held,
    created: journal.now,
    currency: payment.currency,
    livemode: false,
    metadata: payment.metadata,
    paid,
    payment_intent: payment.id,
    refunded: false,
    status: paid ? "succeeded" : "failed",
    ...(payment.customer === undefined ? undefined : { customer: payment.customer }),
    ...(payment.description === undefined ? undefined : { description: payment.description }),
    ...(payment.payment_method === undefined ? undefined : { payment_method: payment.payment_method }),
    ...failure
  })
  return journal.charge(made, paid ? "succeeded" : "failed")
}

const confirmed = (state: State, journal: Journal, before: Payment, input: Confirmation): Payment => {
  demand(before, ["requires_payment_method", "requires_confirmation", "requires_action"], "confirmed")
  checkMethod(input.payment_method)
  const payment: Payment = {
    ...without(before, "last_payment_error", "next_action"),
    ...(input.capture_method === undefined ? undefined : { capture_method: input.capture_method }),
    ...(input.payment_method === undefined ? undefined : { payment_method: input.payment_method }),
    ...(input.receipt_email === undefined ? undefined : { receipt_email: input.receipt_email })
  }
  const method = payment.payment_method
  if (method === undefined) throw unexpected(payment, "confirmed: it has no payment method")
  const outcome = outcomeOf(method, input.off_session === true || input.error_on_requires_action === true)
  switch (outcome._tag) {
    case "Action": {
      const url = `https://hooks.stripe.com/redirect/${payment.id}`
      return journal.payment(
        state.paymentIntents.put({
          ...payment,
          next_action: input.return_url === undefined
            ? { type: "use_stripe_sdk" }
            : { type: "redirect_to_url", redirect_to_url: { return_url: input.return_url, url } },
          status: "requires_action"
        }),
        "requires_action"
      )
    }
    case "Declined": {
      const { code, declineCode } = outcome
      const { error } = declined(declineCode, { code })
      const message = error.message ?? code
      const failed = charge(state, journal, payment, { failure_code: code, failure_message: message })
      const refused = journal.payment(
        state.paymentIntents.put({
          ...without(payment, "payment_method"),
          last_payment_error: { type: "card_error", charge: failed.id, code, decline_code: declineCode, message },
          latest_charge: failed.id,
          status: "requires_payment_method"
        }),
        "payment_failed"
      )
      throw refusal(402, {
        ...error,
        message,
        charge: failed.id,
        payment_intent: {
          id: refused.id,
          object: refused.object,
          amount: refused.amount,
          client_secret: refused.client_secret === undefined ? null : Redacted.value(refused.client_secret),
          currency: refused.currency,
          latest_charge: failed.id,
          status: refused.status
        }
      })
    }
    case "Paid": {
      const made = charge(state, journal, payment)
      const held = payment.capture_method === "manual"
      return journal.payment(
        state.paymentIntents.put({
          ...payment,
          amount_capturable: held ? payment.amount : 0,
          amount_received: held ? 0 : payment.amount,
          latest_charge: made.id,
          status: held ? "requires_capture" : "succeeded"
        }),
        held ? "amount_capturable_updated" : "succeeded"
      )
    }
  }
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const create = (state: State, journal: Journal, input: typeof Schemas.PaymentIntentInput.Type): Payment => {
  if (input.customer !== undefined) state.customers.get(input.customer, "customer")
  checkMethod(input.payment_method)
  const id = state.paymentIntents.nextId()
  const payment = journal.payment(
    state.paymentIntents.put({
      id,
      object: "payment_intent",
      amount: input.amount,
      amount_capturable: 0,
      amount_received: 0,
      capture_method: input.capture_method ?? "automatic_async",
      client_secret: Redacted.make(`${id}_secret_of_the_emulator`),
      confirmation_method: input.confirmation_method ?? "automatic",
      created: journal.now,
      currency: input.currency,
      livemode: false,
      metadata: merged({}, input.metadata),
      payment_method_types: input.allowed_payment_method_types ?? input.payment_method_types ?? ["card"],
      status: input.payment_method === undefined ? "requires_payment_method" : "requires_confirmation",
      ...(input.application_fee_amount === undefined
        ? undefined
        : { application_fee_amount: input.application_fee_amount }),
      ...(input.customer === undefined ? undefined : { customer: input.customer }),
      ...(input.description === undefined ? undefined : { description: input.description }),
      ...(input.payment_method === undefined ? undefined : { payment_method: input.payment_method }),
      ...(input.receipt_email === undefined ? undefined : { receipt_email: input.receipt_email })
    }),
    "created"
  )
  return input.confirm === true ? confirmed(state, journal, payment, input) : payment
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const confirm = (state: State, journal: Journal, id: string, input: Confirmation): Payment =>
  confirmed(state, journal, state.paymentIntents.get(id), input)

/**
 * What is not taken of the amount is released.
 *
 * @since 0.1.0
 * @category handlers
 */
export const capture = (
  state: State,
  journal: Journal,
  id: string,
  input: typeof Schemas.CaptureInput.Type
): Payment => {
  const payment = state.paymentIntents.get(id)
  demand(payment, ["requires_capture"], "captured")
  const amount = input.amount_to_capture ?? payment.amount
  if (amount > payment.amount) {
    throw invalid(`No more than ${payment.amount} can be captured.`, {
      code: "amount_too_large",
      param: "amount_to_capture"
    })
  }
  const { latest_charge } = payment
  if (latest_charge !== undefined) {
    const held = state.charges.get(latest_charge)
    journal.charge(
      state.charges.put({
        ...held,
        amount_captured: amount,
        amount_refunded: payment.amount - amount,
        captured: true
      }),
      "captured"
    )
  }
  return journal.payment(
    state.paymentIntents.put({
      ...payment,
      amount_capturable: 0,
      amount_received: amount,
      metadata: merged(payment.metadata, input.metadata),
      status: "succeeded"
    }),
    "succeeded"
  )
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const cancel = (
  state: State,
  journal: Journal,
  id: string,
  input: typeof Schemas.CancelInput.Type
): Payment => {
  const payment = state.paymentIntents.get(id)
  demand(
    payment,
    ["requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture"],
    "canceled"
  )
  if (payment.status === "requires_capture" && payment.latest_charge !== undefined) {
    const held = state.charges.get(payment.latest_charge)
    journal.charge(state.charges.put({ ...held, amount_refunded: held.amount, refunded: true }), "refunded")
  }
  return journal.payment(
    state.paymentIntents.put({
      ...without(payment, "next_action"),
      amount_capturable: 0,
      canceled_at: journal.now,
      status: "canceled",
      ...(input.cancellation_reason === undefined ? undefined : { cancellation_reason: input.cancellation_reason })
    }),
    "canceled"
  )
}

const chargeOf = (state: State, input: typeof Schemas.RefundInput.Type): Schemas.Charge => {
  if (input.charge !== undefined) return state.charges.get(input.charge, "charge")
  const payment = state.paymentIntents.get(input.payment_intent ?? "", "payment_intent")
  if (payment.latest_charge === undefined || payment.status !== "succeeded") {
    throw refusal(400, {
      message: `The payment ${payment.id} has no successful charge to refund.`,
      type: "invalid_request_error"
    })
  }
  return state.charges.get(payment.latest_charge)
}

/**
 * @since 0.1.0
 * @category handlers
 */
export const refund = (state: State, journal: Journal, input: typeof Schemas.RefundInput.Type): Schemas.Refund => {
  const charge = chargeOf(state, input)
  const before = charge.amount_refunded ?? 0
  const left = charge.amount - before
  if (charge.status !== "succeeded" || left === 0) {
    throw refusal(400, {
      code: charge.status === "succeeded" ? "charge_already_refunded" : "charge_not_refundable",
      message: `There is nothing left to refund of the charge ${charge.id}.`,
      type: "invalid_request_error"
    })
  }
  const amount = input.amount ?? left
  if (amount > left) throw invalid(`No more than ${left} can be refunded.`, { param: "amount" })
  const made = state.refunds.put({
    id: state.refunds.nextId(),
    object: "refund",
    amount,
    charge: charge.id,
    created: journal.now,
    currency: charge.currency,
    metadata: merged({}, input.metadata),
    status: "succeeded",
    ...(charge.payment_intent === undefined ? undefined : { payment_intent: charge.payment_intent }),
    ...(input.reason === undefined ? undefined : { reason: input.reason })
  })
  journal.charge(
    state.charges.put({ ...charge, amount_refunded: before + amount, refunded: before + amount === charge.amount }),
    "refunded"
  )
  return journal.refund(made, "created")
}
