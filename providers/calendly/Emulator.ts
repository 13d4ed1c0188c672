/**
 * Calendly, emulated: a user, event types, free times, bookings, no-shows, links and webhooks, with Calendly's own rules
 * and error bodies.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { CalendlyApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { Account, pageOf } from "./emulator/Store.js"

export {
  /**
   * Calendly's bodies for errors that are injected by hand: `Faults.status(400, { body: Bodies.alreadyFilled })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

/**
 * What the emulated account holds.
 *
 * @since 0.1.0
 * @category models
 */
export type State = Account

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** On the free plan nothing can be booked by API. Default `paid`. */
  readonly plan?: "free" | "paid" | undefined
}

type Handlers = Emulator.Handlers<CalendlyApi>

const sorted = <A>(items: ReadonlyArray<A>, sort: string | undefined, keyOf: (item: A) => string): ReadonlyArray<A> => {
  if (sort === undefined) return items
  const sign = sort.endsWith(":desc") ? -1 : 1
  return [...items].sort((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)]
    return a === b ? 0 : sign * (a < b ? -1 : 1)
  })
}

const isWithin = (time: string, from: DateTime.Utc | undefined, to: DateTime.Utc | undefined): boolean => {
  const at = Date.parse(time)
  return (from === undefined || at >= from.epochMillis) && (to === undefined || at <= to.epochMillis)
}

const eventHandlers = (account: Account): Handlers["events"] => ({
  list: ({ urlParams }) =>
    Emulator.step(() => {
      account.own(urlParams)
      const { invitee_email: email, max_start_time: to, min_start_time: from, sort, status } = urlParams
      const found = [...account.events.values()].filter((event) =>
        (status === undefined || event.status === status) && isWithin(event.start_time, from, to) &&
        (email === undefined || account.inviteesOf(event.uri).some((invitee) => invitee.email === email))
      )
      return pageOf(sorted(found, sort, (event) => event.start_time), "/scheduled_events", urlParams)
    }),
  get: ({ path }) => Emulator.step(() => ({ resource: account.eventOf(path.event) })),
  cancel: ({ path, payload }, exchange) =>
    Emulator.step(() => ({ resource: account.cancel(path.event, payload.reason, exchange) }))
})

const handlers = (account: Account): Handlers => ({
  users: { me: () => Effect.succeed({ resource: account.user }) },
  eventTypes: {
    list: ({ urlParams }) =>
      Emulator.step(() => {
        account.own(urlParams)
        const { active, sort } = urlParams
        const found = account.eventTypes.filter((type) => active === undefined || type.active === active)
        return pageOf(sorted(found, sort, (type) => type.name ?? ""), "/event_types", urlParams)
      }),
    availableTimes: ({ urlParams: { end_time, event_type, start_time } }, exchange) =>
      Emulator.step(() => ({
        collection: account.availableTimes(
          event_type,
          start_time.epochMillis,
          DateTime.toEpochMillis(end_time),
          exchange.now
        )
      }))
  },
  events: eventHandlers(account),
  invitees: {
    list: ({ path, urlParams }) =>
      Emulator.step(() => {
        const { uri } = account.eventOf(path.event)
        const { email, sort, status } = urlParams
        const found = account.inviteesOf(uri).filter((invitee) =>
          (status === undefined || invitee.status === status) && (email === undefined || invitee.email === email)
        )
        return pageOf(
          sorted(found, sort, (one) => one.created_at),
          `/scheduled_events/${path.event}/invitees`,
          urlParams
        )
      }),
    book: ({ payload }, exchange) => Emulator.step(() => ({ resource: account.book(payload, exchange) }))
  },
  noShows: {
    create: ({ payload }, exchange) =>
      Emulator.step(() => ({ resource: account.markNoShow(payload.invitee, exchange) })),
    delete: ({ path }, exchange) => Emulator.step(() => account.unmarkNoShow(path.noShow, exchange))
  },
  links: {
    create: ({ payload }, exchange) => Emulator.step(() => ({ resource: account.makeLink(payload.owner, exchange) }))
  },
  webhooks: {
    create: ({ payload }, exchange) => Emulator.step(() => ({ resource: account.subscribe(payload, exchange) })),
    list: ({ urlParams }) =>
      Emulator.step(() => {
        account.own(urlParams)
        const found = [...account.webhooks.values()].filter(({ scope }) => scope === urlParams.scope)
        return pageOf(found, "/webhook_subscriptions", urlParams)
      }),
    delete: ({ path }, exchange) => Emulator.step(() => account.unsubscribe(path.webhook, exchange))
  }
})

const isBooking = (operation: string): boolean => operation === "invitees.book"

/**
 * Calendly's limits, to be enforced by the emulator: so many requests a minute (500 on a paid plan, 50 on the free one),
 * and so many bookings.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 500. */
  readonly minutely?: number
  /** Default 10. */
  readonly bookingsMinutely?: number
  /** Default 100. */
  readonly bookingsDaily?: number
}): ReadonlyArray<Emulator.Quota> => [
  { name: "minute", limit: options?.minutely ?? 500, window: "1 minute" },
  { name: "bookings, minute", limit: options?.bookingsMinutely ?? 10, window: "1 minute", applies: isBooking },
  { name: "bookings, day", limit: options?.bookingsDaily ?? 100, window: "1 day", applies: isBooking }
]

/** Of the limit that has the least left. */
const rateLimitHeaders = (quotas: ReadonlyArray<Emulator.QuotaView>): Readonly<Record<string, string>> => {
  const [tightest] = [...quotas].sort((one, other) => one.remaining - other.remaining)
  if (tightest === undefined) return {}
  const { quota, remaining, waitMillis, windowMillis } = tightest
  return {
    "x-ratelimit-limit": String(quota.limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(Math.ceil((waitMillis === 0 ? windowMillis : waitMillis) / 1000))
  }
}

/**
 * Starts a Calendly in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/calendly"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const calendly = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits({ minutely: 50 }) })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* calendly.ledger, "invitees")
 *   yield* Effect.log(byEmail["grace@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "calendly", version: "v2", api: CalendlyApi },
    state: () => new Account(options.plan ?? "paid"),
    handlers,
    error: Bodies.error,
    authorize: Emulator.anyBearer,
    headers: ({ quotas }) => rateLimitHeaders(quotas),
    snapshot: ({ events, invitees, noShows, webhooks }) => ({
      events: [...events.values()],
      invitees: [...invitees.values()],
      noShows: [...noShows.values()],
      webhooks: [...webhooks.values()]
    })
  }, options)

/**
 * A Calendly on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `CALENDLY_BASE_URL` or
 * `Calendly.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
