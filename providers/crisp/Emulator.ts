/**
 * Crisp, emulated: one workspace with its conversations, messages and people, and a plugin, with Crisp's own envelopes and
 * error bodies.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { CrispApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { conversations, messages, said } from "./emulator/Conversations.js"
import { people } from "./emulator/People.js"
import { pageOf } from "./emulator/Searching.js"
import { type Plugged, refuse, websiteId, Workspace } from "./emulator/Store.js"

export {
  /**
   * Crisp's bodies for errors that are injected by hand: `Faults.status(404, { body: Bodies.body(404) })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies,
  /**
   * The id of the emulated workspace.
   *
   * @since 0.1.0
   * @category constants
   */
  websiteId
}

/**
 * What the emulated workspace holds.
 *
 * @since 0.1.0
 * @category models
 */
export type State = Workspace

type Handlers = Emulator.Handlers<CrispApi>

/** Tokens of websites and of people know no plugin. */
const ofPlugin = ({ headers }: Emulator.Exchange): void => {
  if (headers["x-crisp-tier"] !== "plugin") throw refuse(403, "the tier must be plugin")
}

interface Shown {
  readonly filter_configured?: boolean
  readonly include_plan?: boolean
}

const shown = (all: ReadonlyArray<Plugged>, { filter_configured, include_plan }: Shown) =>
  all.filter(({ website }) => filter_configured !== true || website.settings !== undefined)
    .map(({ website: { plan, ...website } }) =>
      include_plan === true && plan !== undefined ? { ...website, plan } : website
    )

const plugin = (workspace: Workspace): Handlers["plugin"] => ({
  account: (_, exchange) =>
    Emulator.step(() => {
      ofPlugin(exchange)
      return said("resolved", { plugin_id: workspace.pluginId })
    }),
  websites: ({ path, urlParams }, exchange) =>
    Emulator.step(() => {
      ofPlugin(exchange)
      return said("listed", pageOf(shown(workspace.plugged, urlParams), path.page))
    }),
  websitesSince: ({ urlParams }, exchange) =>
    Emulator.step(() => {
      ofPlugin(exchange)
      const changed = workspace.plugged.filter(({ since }) => since >= urlParams.date_since.epochMillis)
      return said("listed", shown(changed, urlParams).map((website) => ({ ...website, difference: "updated" })))
    })
})

const handlers = (workspace: Workspace): Handlers => ({
  websites: {
    get: ({ path }) =>
      Emulator.step(() => {
        workspace.own(path)
        return said("resolved", workspace.website)
      })
  },
  conversations: conversations(workspace),
  messages: messages(workspace),
  people: people(workspace),
  plugin: plugin(workspace)
})

/**
 * Crisp's limits, to be enforced by the emulator: the quota of the day (429), and so many requests a minute, which Crisp does
 * not number (420). Neither says how long to wait.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 5,000. */
  readonly daily?: number
  /** Default: no limit. */
  readonly minutely?: number
}): ReadonlyArray<Emulator.Quota> => [
  { name: "day", limit: options?.daily ?? 5000, window: "1 day" },
  ...(options?.minutely === undefined
    ? []
    : [{ name: "minute", limit: options.minutely, window: "1 minute" } satisfies Emulator.Quota])
]

const tiers = ["plugin", "user", "website"]

/** Any identifier and key, with a tier. */
const anyToken: Emulator.Authorize = (headers) =>
  Emulator.anyBasic(headers) && tiers.includes(headers["x-crisp-tier"] ?? "")

/**
 * Starts a Crisp in memory. It wants an identifier, a key and a tier, any ones unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/crisp"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const crisp = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits({ minutely: 60 }) })
 *   // … run the program under test against it …
 *   const byFingerprint = Ledger.tally(yield* crisp.ledger, "messages")
 *   yield* Effect.log(byFingerprint["163408807"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Emulator.Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "crisp", version: "v1", api: CrispApi },
    state: () => new Workspace(),
    handlers,
    error: Bodies.error,
    authorize: anyToken,
    snapshot: ({ conversations, messages, people }) => ({
      conversations: [...conversations.values()],
      messages: [...messages.values()].flat(),
      people: [...people.values()]
    })
  }, options)

/**
 * A Crisp on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `CRISP_BASE_URL` or
 * `Crisp.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Emulator.Options, State> = EmulatorServer.serving(make)
