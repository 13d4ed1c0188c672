/**
 * What happens in the emulated account, as events.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Emulator } from "holdfast/testing"
import { version } from "../Api.js"
import * as Schemas from "../Schemas.js"
import { keyOf, type State } from "./Store.js"

const wire = {
  charges: Schema.encodeSync(Schemas.Charge),
  customers: Schema.encodeSync(Schemas.Customer),
  paymentIntents: Schema.encodeSync(Schemas.PaymentIntent),
  refunds: Schema.encodeSync(Schemas.Refund)
}

const resources = {
  charges: "charges",
  customers: "customers",
  paymentIntents: "payment_intents",
  refunds: "refunds"
} as const

type Changed = keyof typeof wire

/**
 * Writes one exchange down: in the state as events, and in the ledger as changes.
 *
 * @since 0.1.0
 * @category models
 */
export class Journal {
  readonly now: number

  constructor(readonly state: State, readonly exchange: Emulator.Exchange) {
    this.now = Math.floor(exchange.now / 1000)
  }

  payment(record: Schemas.PaymentIntent, what: string): Schemas.PaymentIntent {
    this.#write("paymentIntents", record, wire.paymentIntents(record), `payment_intent.${what}`, what)
    return record
  }

  charge(record: Schemas.Charge, what: string): Schemas.Charge {
    this.#write("charges", record, wire.charges(record), `charge.${what}`, what)
    return record
  }

  refund(record: Schemas.Refund, what: string): Schemas.Refund {
    this.#write("refunds", record, wire.refunds(record), `refund.${what}`, what)
    return record
  }

  customer(record: Schemas.Customer, what: string): Schemas.Customer {
    this.#write("customers", record, wire.customers(record), `customer.${what}`, what)
    return record
  }

  #write(
    changed: Changed,
    record: { readonly id: string; readonly metadata: Readonly<Record<string, string>> },
    object: object,
    type: string,
    kind: string
  ): void {
    const { events } = this.state
    const key = this.exchange.headers["idempotency-key"]
    events.put({
      id: events.nextId(),
      object: "event",
      api_version: version,
      created: this.now,
      data: { object: { ...object } },
      livemode: false,
      pending_webhooks: 0,
      request: key === undefined ? {} : { idempotency_key: key },
      type
    })
    this.exchange.changed({ resource: resources[changed], kind, key: keyOf(record) })
  }
}
