/**
 * Google Business Profile, emulated: accounts, locations, reviews and replies in memory, with Google's rules and error bodies.
 * All of its APIs are on the one server.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer, ProtoJson, RpcErrors } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Data from "./emulator/Data.js"
import { notFound, pageOf, Profiles, sorted } from "./emulator/Profiles.js"

export {
  /**
   * Google's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.notApproved })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

/**
 * @since 0.1.0
 * @category models
 */
export type Accounts = Data.Accounts

/**
 * @since 0.1.0
 * @category models
 */
export type State = Profiles

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** By id. Default: one with three locations, and 60 reviews of the first. */
  readonly accounts?: Accounts | undefined
}

type Handlers = Emulator.Handlers<Api.GoogleBusinessProfileApi>

const reviewHandlers = (state: State): Handlers["reviews"] => ({
  list: ({ path, urlParams }) =>
    Emulator.step(() => {
      const { reviews } = state.verified(path.accountId, path.locationId)
      const all = sorted([...reviews.values()], urlParams.orderBy)
      const page = pageOf(all, urlParams, 50, [path, urlParams.orderBy])
      const stars = all.reduce((sum, { stars }) => sum + stars, 0)
      return {
        reviews: page.items.map(({ review }) => review),
        // proto3 leaves zeros out
        ...(all.length === 0 ? undefined : { averageRating: stars / all.length, totalReviewCount: all.length }),
        ...page.next
      }
    }),
  get: ({ path }) => Emulator.step(() => state.review(path).review),
  batchGet: ({ path, payload }) =>
    Emulator.step(() => {
      const { ignoreRatingOnlyReviews, locationNames, orderBy } = payload
      const all = locationNames.flatMap((name) => {
        const [, accountId = "", , locationId = ""] = name.split("/")
        if (accountId !== path.accountId) throw notFound(name)
        return [...state.verified(accountId, locationId).reviews.values()]
      }).filter(({ review }) => ignoreRatingOnlyReviews !== true || review.comment !== undefined)
      const page = pageOf(sorted(all, orderBy), payload, 50, [path, locationNames, orderBy, ignoreRatingOnlyReviews])
      return {
        locationReviews: page.items.map(({ review }) => ({ name: review.name.split("/reviews/", 1)[0]!, review })),
        ...page.next
      }
    }),
  reply: ({ path, payload }, exchange) =>
    Emulator.step(() => {
      const { changed, reply } = state.reply(path, payload.comment, exchange.now)
      exchange.changed({ resource: "replies", kind: changed, key: path.reviewId })
      return reply
    }),
  deleteReply: ({ path }, exchange) =>
    Emulator.step(() => {
      state.deleteReply(path)
      exchange.changed({ resource: "replies", kind: "deleted", key: path.reviewId })
      return {}
    })
})

const handlers = (state: State): Handlers => ({
  accounts: {
    list: ({ urlParams }) =>
      Emulator.step(() => {
        const page = pageOf([...state.accounts.values()], urlParams, 20, ["accounts", urlParams.filter])
        return { accounts: page.items.map(({ account }) => account), ...page.next }
      })
  },
  locations: {
    list: ({ path, urlParams }) =>
      Emulator.step(() => {
        const all = [...state.account(path.accountId).locations.values()]
        const page = pageOf(all, urlParams, 10, [path, urlParams.filter, urlParams.orderBy])
        return {
          locations: page.items.map(({ location }) => state.masked(location, urlParams.readMask)),
          ...page.next,
          totalSize: all.length
        }
      })
  },
  reviews: reviewHandlers(state),
  notifications: {
    get: ({ path }) => Emulator.step(() => state.setting(path.accountId)),
    update: ({ path, payload, urlParams }, exchange) =>
      Emulator.step(() => {
        const setting = state.changeSetting(path.accountId, urlParams.updateMask, payload)
        exchange.changed({ resource: "notificationSettings", kind: "updated", key: path.accountId })
        return setting
      })
  }
})

/**
 * Starts a Business Profile in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/google-business-profile"
 *
 * const program = Effect.gen(function*() {
 *   const google = yield* Emulator.make({
 *     accounts: {
 *       "1": {
 *         accountName: "Bakery",
 *         locations: { "2": { reviews: { r: { starRating: "ONE", comment: "Stale" } }, title: "Main Street" } }
 *       }
 *     }
 *   })
 *   // … run the program under test against it …
 *   return yield* google.ledger
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    ...ProtoJson.make({}),
    integration: { id: "google-business-profile", version: "v4", api: Api.GoogleBusinessProfileApi },
    state: (): State => new Profiles(options.accounts ?? Data.sample),
    handlers,
    error: RpcErrors.error,
    authorize: Emulator.anyBearer,
    snapshot: (state) => state.snapshot()
  }, options)

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point
 * `GOOGLE_BUSINESS_PROFILE_BASE_URL` or `GoogleBusinessProfile.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
