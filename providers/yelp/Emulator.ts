/**
 * Yelp, emulated: a town of businesses in memory, searched as Yelp does, with the limit of a day and Yelp's error bodies.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { YelpApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Data from "./emulator/Data.js"
import { Day } from "./emulator/Day.js"
import * as Search from "./emulator/Search.js"

export {
  /**
   * Yelp's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.dayIsOver })`.
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
export interface State {
  readonly businesses: Array<Data.Business>
  readonly day: Day
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Default: 260 in San Francisco, CA. */
  readonly businesses?: ReadonlyArray<Data.Business> | undefined
  /** Requests of a day, until midnight, UTC. Default 300, as in a trial. */
  readonly daily?: number | undefined
  /** What `limit` and `offset` of a search may come to together. Default 240. */
  readonly shown?: number | undefined
}

/**
 * A limit for `Options.rateLimit`: so many requests in a second.
 *
 * @since 0.1.0
 * @category limits
 */
export const perSecond = (limit: number): Emulator.Quota => ({ limit, name: "perSecond", window: "1 second" })

type Handlers = Emulator.Handlers<YelpApi>

const handlers = (shown: number) => (state: State): Handlers => {
  /** Each request counts, also one that Yelp then refuses. */
  const counted = <A>({ now }: Emulator.Exchange, run: () => A) =>
    Emulator.step(() => {
      state.day.take(now)
      return run()
    })
  const businessOf = (name: string): Data.Business => {
    const found = state.businesses.find(({ alias, id }) => id === name || alias === name)
    if (found === undefined) {
      throw new Emulator.EmulatorError({
        code: "BUSINESS_NOT_FOUND",
        message: `there is no business ${name}`,
        status: 404
      })
    }
    return found
  }
  return {
    businesses: {
      search: ({ urlParams }, exchange) =>
        counted(exchange, () => {
          const { limit = 20, offset = 0 } = urlParams
          if (limit + offset > shown) throw Search.invalid("limit", `limit and offset come to more than ${shown}`)
          const { center, found } = Search.search(state.businesses, urlParams)
          return {
            businesses: found.slice(offset, offset + limit),
            region: { center },
            total: found.length
          }
        }),
      searchByPhone: ({ urlParams }, exchange) =>
        counted(exchange, () => {
          const found = state.businesses.filter(({ phone }) => phone === urlParams.phone).map(Search.brief)
          return { businesses: found, total: found.length }
        }),
      match: ({ urlParams }, exchange) =>
        counted(exchange, () => ({ businesses: Search.match(state.businesses, urlParams) })),
      get: ({ path }, exchange) => counted(exchange, () => businessOf(path.business))
    },
    reviews: {
      list: ({ path, urlParams: { limit = 20, offset = 0, sort_by } }, exchange) =>
        counted(exchange, () => {
          const business = businessOf(path.business)
          const all = [...Data.reviewsOf(business)]
          if (sort_by !== "newest") all.sort((one, other) => (other.rating ?? 0) - (one.rating ?? 0))
          return {
            possible_languages: ["en"],
            reviews: all.slice(offset, offset + limit),
            total: business.review_count ?? 0
          }
        })
    },
    autocomplete: {
      suggest: ({ urlParams }, exchange) =>
        counted(exchange, () => Search.suggest(state.businesses, Data.categories, urlParams.text))
    },
    categories: {
      list: (_, exchange) => counted(exchange, () => ({ categories: Data.categories })),
      get: ({ path }, exchange) =>
        counted(exchange, () => {
          const category = Data.categories.find(({ alias }) => alias === path.alias)
          if (category === undefined) {
            throw new Emulator.EmulatorError({ message: `there is no category ${path.alias}`, status: 404 })
          }
          return { categories: [], category }
        })
    }
  }
}

/**
 * Starts a Yelp in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/yelp"
 *
 * const program = Effect.gen(function*() {
 *   const yelp = yield* Emulator.make({ daily: 10, rateLimit: Emulator.perSecond(5) })
 *   // … run the program under test against it …
 *   return (yield* yelp.ledger).length
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Effect.suspend(() => {
    // of the state that there is, which a reset makes anew
    let day = new Day(options.daily ?? 300)
    return Emulator.make({
      integration: { id: "yelp", version: "v3", api: YelpApi },
      state: (): State => {
        day = new Day(options.daily ?? 300)
        return { businesses: [...options.businesses ?? Data.businesses], day }
      },
      handlers: handlers(options.shown ?? 240),
      error: Bodies.error,
      authorize: Emulator.anyBearer,
      headers: ({ now }) => day.headers(now),
      snapshot: ({ businesses }) => ({ businesses })
    }, options)
  })

/**
 * The same on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `YELP_BASE_URL` or
 * `Yelp.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
