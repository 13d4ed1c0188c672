/**
 * Stripe, emulated: payments and their charges, refunds, customers, events, with Stripe's own rules, idempotency keys and
 * error bodies.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { Journal } from "./emulator/Journal.js"
import { once } from "./emulator/Keys.js"
import * as Payments from "./emulator/Payments.js"
import { search } from "./emulator/Search.js"
import { makeState, merged, page, type State } from "./emulator/Store.js"
import type { EventListParams } from "./Schemas.js"

export {
  /**
   * Stripe's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.rateLimit })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type { State } from "./emulator/Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /**
   * For how long a write is under way before it is done. A second one with its idempotency key is answered 409 meanwhile.
   * Default: it is done at once.
   */
  readonly writesTake?: Duration.DurationInput | undefined
}

type Handlers = Emulator.Handlers<Api.StripeApi>

/** Events can be listed for 30 days. */
const eventLife = 30 * 24 * 60 * 60

const isOfType = (type: string, { type: one, types }: typeof EventListParams.Type): boolean => {
  const wanted = one === undefined ? types : [one]
  return wanted === undefined ||
    wanted.some((want) => want.endsWith(".*") ? type.startsWith(want.slice(0, -1)) : type === want)
}

const payments = (state: State, options: Options): Handlers["paymentIntents"] => {
  const writing = once(state.keys, options.writesTake ?? 0)
  return {
    create: writing(({ payload }, exchange) =>
      Emulator.step(() => Payments.create(state, new Journal(state, exchange), payload))
    ),
    get: ({ path }) => Emulator.step(() => state.paymentIntents.get(path.id)),
    list: ({ urlParams }) =>
      Emulator.step(() =>
        page(
          state.paymentIntents,
          urlParams,
          "/v1/payment_intents",
          ({ customer }) => urlParams.customer === undefined || customer === urlParams.customer
        )
      ),
    confirm: writing(({ path, payload }, exchange) =>
      Emulator.step(() => Payments.confirm(state, new Journal(state, exchange), path.id, payload))
    ),
    capture: writing(({ path, payload }, exchange) =>
      Emulator.step(() => Payments.capture(state, new Journal(state, exchange), path.id, payload))
    ),
    cancel: writing(({ path, payload }, exchange) =>
      Emulator.step(() => Payments.cancel(state, new Journal(state, exchange), path.id, payload))
    ),
    search: ({ urlParams }) => Emulator.step(() => search(state.paymentIntents, urlParams))
  }
}

const handlers = (options: Options) => (state: State): Handlers => {
  const writing = once(state.keys, options.writesTake ?? 0)
  return {
    paymentIntents: payments(state, options),
    refunds: {
      create: writing(({ payload }, exchange) =>
        Emulator.step(() => Payments.refund(state, new Journal(state, exchange), payload))
      )
    },
    charges: {
      list: ({ urlParams: wanted }) =>
        Emulator.step(() =>
          page(
            state.charges,
            wanted,
            "/v1/charges",
            ({ customer, payment_intent }) =>
              (wanted.customer === undefined || customer === wanted.customer) &&
              (wanted.payment_intent === undefined || payment_intent === wanted.payment_intent)
          )
        )
    },
    customers: {
      create: writing(({ payload }, exchange) =>
        Emulator.step(() => {
          const journal = new Journal(state, exchange)
          const { customers } = state
          return journal.customer(
            customers.put({
              id: customers.nextId(),
              object: "customer",
              created: journal.now,
              livemode: false,
              metadata: merged({}, payload.metadata),
              ...(payload.description === undefined ? undefined : { description: payload.description }),
              ...(payload.email === undefined ? undefined : { email: payload.email }),
              ...(payload.name === undefined ? undefined : { name: payload.name }),
              ...(payload.phone === undefined ? undefined : { phone: payload.phone })
            }),
            "created"
          )
        })
      )
    },
    events: {
      list: ({ urlParams: wanted }, exchange) =>
        Emulator.step(() =>
          page(
            state.events,
            wanted,
            "/v1/events",
            ({ created, type }) =>
              created > Math.floor(exchange.now / 1000) - eventLife &&
              isOfType(type, wanted) &&
              // nobody is waiting for any of them
              wanted.delivery_success !== false
          )
        )
    },
    balance: {
      get: () =>
        Effect.succeed({
          object: "balance",
          available: [{ amount: received(state), currency: "eur" }],
          livemode: false,
          pending: [{ amount: 0, currency: "eur" }]
        })
    },
    account: {
      get: () =>
        Effect.succeed({
          id: "acct_00000000000000",
          object: "account",
          charges_enabled: true,
          country: "DE",
          default_currency: "eur",
          details_submitted: true,
          email: "merchant@example.com",
          payouts_enabled: true,
          type: "standard"
        })
    }
  }
}

/** What was taken and not given back, without fees and whatever its currency. */
const received = (state: State): number =>
  state.charges.records
    .filter(({ captured }) => captured === true)
    .reduce((sum, { amount, amount_refunded = 0 }) => sum + amount - amount_refunded, 0)

const isSearch = (operation: string): boolean => operation.endsWith(".search")

/**
 * Stripe's limits, to be enforced by the emulator: so many requests a second in all (100 of a live account, 25 of a
 * sandbox), of each endpoint, and of searches.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 25. */
  readonly perSecond?: number
  /** Default 20. */
  readonly searchesPerSecond?: number
}): ReadonlyArray<Emulator.Quota> => [
  { name: "global-rate", limit: options?.perSecond ?? 25, window: "1 second" },
  { name: "endpoint-rate", limit: options?.searchesPerSecond ?? 20, window: "1 second", applies: isSearch }
]

/**
 * Starts a Stripe in memory. It wants a bearer token, any one unless `authorize` says otherwise, and knows Stripe's test
 * cards: `pm_card_visa` pays, `pm_card_chargeDeclinedInsufficientFunds` does not.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/stripe"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const stripe = yield* Emulator.make({
 *     faults: Faults.heavy(42, { outages: [{ afterRequests: 200, for: "5 seconds" }] }),
 *     rateLimit: Emulator.limits({ perSecond: 100 })
 *   })
 *   // … run the program under test against it …
 *   const byOrder = Ledger.tally(yield* stripe.ledger, "charges")
 *   yield* Effect.log(byOrder["order-42"]?.succeeded)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "stripe", version: Api.version, api: Api.StripeApi },
    state: makeState,
    handlers: handlers(options),
    error: Bodies.error,
    authorize: Emulator.anyBearer,
    headers: ({ requestId }) => ({ "request-id": `req_${requestId.replaceAll("-", "").slice(-14)}` }),
    snapshot: (state) => ({
      charges: state.charges.records,
      customers: state.customers.records,
      events: state.events.records,
      paymentIntents: state.paymentIntents.records,
      refunds: state.refunds.records
    })
  }, options)

/**
 * A Stripe on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `STRIPE_BASE_URL`,
 * `Stripe.layer({ baseUrl })`, or the `host`, `port` and `protocol` of Stripe's SDK at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
