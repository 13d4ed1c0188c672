/**
 * What the emulated Plausible has recorded, and what it has dropped.
 *
 * @since 0.1.0
 */
import type * as Schemas from "../Schemas.js"
import { refusal } from "./Bodies.js"

/**
 * An event that counts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorded {
  /** Epoch milliseconds. */
  readonly at: number
  readonly event: typeof Schemas.EventInput.Type
  /** The address and the browser, by which visitors are told apart. */
  readonly visitor: string
  /** Of one visitor, with no pause of half an hour in it. */
  readonly visit: string
}

/**
 * Why an event counts nowhere.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dropped {
  readonly domain: string
  readonly reason: "machine" | "site"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly dropped: Array<Dropped>
  readonly events: Array<Recorded>
  /** By domain. */
  readonly sites: Map<string, Schemas.Site>
  readonly teams: ReadonlyArray<Schemas.Team>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeState = (): State => ({
  dropped: [],
  events: [],
  sites: new Map([["example.com", { domain: "example.com", timezone: "Etc/UTC" }]]),
  teams: [{ api_available: true, id: "3f2a7c1e-0000-4000-8000-000000000001", name: "Analytical Engines" }]
})

const pause = 30 * 60_000

const machine = /bot|crawl|spider|headless|curl\/|wget\//i

/** The first of a list that is an address. */
const addressOf = (forwarded: string): string =>
  forwarded.split(",").map((one) => one.trim()).find((one) =>
    /^\[?(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]+)/i.test(one)
  ) ??
    forwarded

/**
 * Takes an event, and says whether it counts.
 *
 * @since 0.1.0
 * @category handlers
 */
export const record = (
  state: State,
  event: typeof Schemas.EventInput.Type,
  headers: typeof Schemas.Visitor.Type,
  now: number
): boolean => {
  const { domain } = event
  const agent = headers["user-agent"]
  const reason = !state.sites.has(domain) ? "site" : machine.test(agent) ? "machine" : undefined
  if (reason !== undefined) {
    state.dropped.push({ domain, reason })
    return false
  }
  const visitor = `${addressOf(headers["x-forwarded-for"])} ${agent}`
  const before = state.events.findLast((one) => one.event.domain === domain && one.visitor === visitor)
  const visit = before !== undefined && now - before.at < pause ? before.visit : `${domain} ${visitor} ${now}`
  state.events.push({ at: now, event, visit, visitor })
  return true
}

/**
 * The address that counts as the visitor's.
 *
 * @since 0.1.0
 * @category accessors
 */
export const addressIn = (headers: typeof Schemas.Visitor.Type): string => addressOf(headers["x-forwarded-for"])

const placeOf = (cursor: string): number => {
  const place = /^c(\d+)$/.exec(cursor)?.[1]
  if (place === undefined) throw refusal(400, "Invalid cursor")
  return Number(place)
}

/**
 * A page of a list, by cursors that are places in it.
 *
 * @since 0.1.0
 * @category accessors
 */
export const page = <A>(
  all: ReadonlyArray<A>,
  { after, before, limit = 100 }: { readonly after?: string; readonly before?: string; readonly limit?: number }
) => {
  const to = before === undefined ? undefined : placeOf(before)
  const from = to === undefined ? after === undefined ? 0 : placeOf(after) : Math.max(0, to - limit)
  const end = to ?? from + limit
  return {
    items: all.slice(from, end),
    meta: {
      limit,
      ...(end < all.length ? { after: `c${end}` } : undefined),
      ...(from > 0 ? { before: `c${from}` } : undefined)
    }
  }
}
