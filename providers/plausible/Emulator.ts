/**
 * Plausible, emulated: it takes every event and keeps those that Plausible would keep, and answers queries over them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { keyless, PlausibleApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Query from "./emulator/Query.js"
import { addressIn, makeState, page, record, type State } from "./emulator/Store.js"

export {
  /**
   * Plausible's bodies for errors that are injected by hand: `Faults.status(402, { body: Bodies.of("…") })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type { Dropped, Recorded, State } from "./emulator/Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Domains of the sites that there are. Default: `example.com`. */
  readonly sites?: ReadonlyArray<string> | undefined
}

const isKeyless = (operation: string): boolean => keyless.some((name) => name === operation)

const handlers = (authorize: Emulator.Authorize) => (state: State): Emulator.Handlers<PlausibleApi> => {
  const demandKey = ({ headers, query }: Emulator.Exchange): void => {
    if (!authorize(headers, query)) throw Bodies.refusal(401, Bodies.invalidKey.error)
  }
  return {
    stats: {
      query: ({ payload }, exchange) =>
        Emulator.step(() => {
          demandKey(exchange)
          return Query.run(state, payload, exchange.now)
        })
    },
    sites: {
      list: ({ urlParams }, exchange) =>
        Emulator.step(() => {
          demandKey(exchange)
          const { items, meta } = page([...state.sites.values()], urlParams)
          return { meta, sites: items }
        })
    },
    teams: {
      list: ({ urlParams }, exchange) =>
        Emulator.step(() => {
          demandKey(exchange)
          const { items, meta } = page(state.teams, urlParams)
          return { meta, teams: items }
        })
    },
    events: {
      record: ({ headers, payload }, exchange) =>
        Effect.sync(() => {
          if (headers["x-debug-request"] === "true") {
            return new Emulator.Reply({ status: 200, value: addressIn(headers) })
          }
          const counts = record(state, payload, headers, exchange.now)
          if (counts) exchange.changed({ resource: "events", kind: "recorded", key: payload.name })
          return new Emulator.Reply({
            headers: counts ? {} : { "x-plausible-dropped": "1" },
            status: 202,
            value: "ok"
          })
        })
    },
    health: {
      get: () => Effect.succeed({ clickhouse: "ok", postgres: "ok", sites_cache: "ok" })
    }
  }
}

/**
 * The limit of a key, 600 requests in an hour, to be enforced by the emulator. Events and the health of the server take
 * nothing of it.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 600. */
  readonly perHour?: number
}): ReadonlyArray<Emulator.Quota> => [
  {
    applies: (operation) => !isKeyless(operation),
    limit: options?.perHour ?? 600,
    name: "hourly",
    window: "1 hour"
  }
]

/**
 * Starts a Plausible in memory. Queries, sites and teams want a bearer key, any one unless `authorize` says otherwise; events
 * want none.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/plausible"
 *
 * const program = Effect.gen(function*() {
 *   const plausible = yield* Emulator.make({ sites: ["shop.example.com"], rateLimit: Emulator.limits() })
 *   // … run the program under test against it …
 *   const { dropped, events } = yield* plausible.state
 *   return { dropped, signups: events.filter(({ event }) => event.name === "Signup").length }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> => {
  const { authorize = Emulator.anyBearer, sites, ...rest } = options
  return Emulator.make({
    integration: { id: "plausible", version: "v2", api: PlausibleApi },
    state: () => {
      const state = makeState()
      if (sites !== undefined) {
        state.sites.clear()
        for (const domain of sites) state.sites.set(domain, { domain, timezone: "Etc/UTC" })
      }
      return state
    },
    handlers: handlers(authorize),
    error: Bodies.error,
    // what has no key may be an operation that wants none, which the handlers know
    authorize: (headers, query) => headers.authorization === undefined || authorize(headers, query),
    snapshot: (state) => ({ dropped: state.dropped, events: state.events, sites: [...state.sites.values()] })
  }, rest)
}

/**
 * A Plausible on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `PLAUSIBLE_BASE_URL` or
 * `Plausible.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
