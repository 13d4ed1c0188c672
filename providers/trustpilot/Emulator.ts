/**
 * Trustpilot, emulated: business units, their service reviews, replies, tags and invitations in memory. Both of its hosts are
 * on the one server.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { open, TrustpilotApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Data from "./emulator/Data.js"
import { Store } from "./emulator/Store.js"

export {
  /**
   * Bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.tooMany })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export { sample, type Seed, type Unit } from "./emulator/Data.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  Invitation
} from "./emulator/Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export type State = Store

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Default: `sample`, `example.com` with 60 reviews. */
  readonly units?: ReadonlyArray<Data.Unit> | undefined
}

const hasKey = (headers: Readonly<Record<string, string>>) => /^\S+$/.test(headers.apikey ?? "")

/** What everybody may read wants a key, all else a token: the other one is refused. */
const keepsApart = ({ headers, operation }: Emulator.Exchange): void => {
  if (!(open.has(operation) ? hasKey(headers) : Emulator.anyBearer(headers))) {
    throw Bodies.refusal(401, open.has(operation) ? "wants an API key" : "wants an access token")
  }
}

const handlers = (check: (exchange: Emulator.Exchange) => void) => (store: Store): Emulator.Handlers<TrustpilotApi> => {
  const step = <A>(exchange: Emulator.Exchange, run: () => A) =>
    Emulator.step(() => {
      check(exchange)
      return run()
    })
  /** For a unit, in the name of who is in the header. */
  const forUnit = <A>(exchange: Emulator.Exchange, id: string, run: () => A) =>
    step(exchange, () => {
      store.actsFor(store.unit(id).id, exchange.headers["x-business-user-id"])
      return run()
    })
  const forReview = <A>(exchange: Emulator.Exchange, id: string, run: () => A) =>
    step(exchange, () => {
      store.actsFor(store.review(id).unit, exchange.headers["x-business-user-id"])
      return run()
    })
  return {
    businessUnits: { find: ({ urlParams }, exchange) => step(exchange, () => store.find(urlParams.name)) },
    reviews: {
      list: ({ path, urlParams }, exchange) => step(exchange, () => store.page(path.businessUnitId, urlParams)),
      get: ({ path }, exchange) => step(exchange, () => store.open(path.reviewId)),
      reply: ({ path: { reviewId }, payload }, exchange) =>
        forReview(exchange, reviewId, () => {
          store.reply(reviewId, payload, exchange.now)
          exchange.changed({ resource: "replies", kind: "created", key: reviewId })
        }),
      deleteReply: ({ path: { reviewId } }, exchange) =>
        forReview(exchange, reviewId, () => {
          store.deleteReply(reviewId)
          exchange.changed({ resource: "replies", kind: "deleted", key: reviewId })
        }),
      setTags: ({ path: { reviewId }, payload }, exchange) =>
        forReview(exchange, reviewId, () => {
          store.reviews.set(reviewId, { ...store.review(reviewId), tags: payload.tags })
          exchange.changed({ resource: "tags", kind: "updated", key: reviewId })
        })
    },
    invitations: {
      email: ({ path: { businessUnitId }, payload }, exchange) =>
        forUnit(exchange, businessUnitId, () => {
          const key = payload.referenceNumber ?? payload.consumerEmail
          store.invite(businessUnitId, payload, exchange.now)
          exchange.changed({ resource: "invitations", kind: "created", key })
        }),
      link: ({ path: { businessUnitId }, payload }, exchange) =>
        forUnit(exchange, businessUnitId, () => {
          const link = store.link(businessUnitId, payload)
          exchange.changed({ resource: "links", kind: "created", key: link.id })
          return link
        }),
      templates: ({ path: { businessUnitId } }, exchange) =>
        forUnit(exchange, businessUnitId, () => ({ templates: store.unit(businessUnitId).templates })),
      deleteData: ({ path: { businessUnitId }, payload }, exchange) =>
        forUnit(exchange, businessUnitId, () => {
          if (store.deleteData(businessUnitId, payload) > 0) {
            exchange.changed({ resource: "invitations", kind: "deleted", key: businessUnitId })
          }
        })
    }
  }
}

/**
 * What Trustpilot recommends to keep below, to be enforced by the emulator. A refusal does not say for how long.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits: ReadonlyArray<Emulator.Quota> = [
  { name: "five minutes", limit: 833, window: "5 minutes" },
  { name: "hour", limit: 10_000, window: "1 hour" }
]

/**
 * Starts a Trustpilot in memory. What everybody may read wants an API key, all else a bearer token, any that there are;
 * where there is an `authorize`, that decides alone.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/trustpilot"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const trustpilot = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits })
 *   // … run the program under test against it …
 *   const byOrder = Ledger.tally(yield* trustpilot.ledger, "invitations")
 *   yield* Effect.log(byOrder["order-42"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "trustpilot", version: "v1", api: TrustpilotApi },
    state: (): State => new Store(options.units ?? [Data.sample]),
    handlers: handlers(options.authorize === undefined ? keepsApart : () => {}),
    error: Bodies.error,
    authorize: (headers) => hasKey(headers) || Emulator.anyBearer(headers),
    secretHeaders: ["apikey"],
    snapshot: ({ invitations, links, reviews }) => ({
      invitations,
      links: [...links.values()],
      reviews: [...reviews.values()]
    })
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `TRUSTPILOT_BASE_URL` or
 * `Trustpilot.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
