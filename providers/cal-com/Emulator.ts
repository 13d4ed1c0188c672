/**
 * Cal.com, emulated: bookings, free times, event types and webhooks, with Cal.com's own rules, versions, headers and error
 * bodies.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { CalComApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { pageOf } from "./emulator/Listing.js"
import { Account, refuse } from "./emulator/Store.js"
import type * as Schemas from "./Schemas.js"

export {
  /**
   * Cal.com's bodies for errors that are injected by hand: `Faults.status(400, { body: Bodies.taken })`.
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
export type Options = Emulator.Options

type Handlers = Emulator.Handlers<CalComApi>

/** Without the version that it is made for, the emulator does not know what is asked for: an older shape it does not have. */
const versioned = <A>(headers: { readonly "cal-api-version"?: string }, run: () => A) =>
  Emulator.step(() => {
    if (headers["cal-api-version"] === undefined) throw refuse(404, "Cannot find it: is it the right cal-api-version?")
    return { data: run(), status: "success" }
  })

const step = <A>(run: () => A) => Emulator.step(() => ({ data: run(), status: "success" }))

const bookings = (account: Account): Handlers["bookings"] => ({
  list: ({ headers, urlParams }, { now }) =>
    Effect.map(versioned(headers, () => pageOf(account.bookings.values(), urlParams, now)), ({ data }) => data),
  get: ({ headers, path }) => versioned(headers, () => account.bookingOf(path.bookingUid)),
  create: ({ headers, payload }, exchange) => versioned(headers, () => account.book(payload, exchange)),
  reschedule: ({ headers, path, payload }, exchange) =>
    versioned(headers, () => account.reschedule(path.bookingUid, payload, exchange)),
  cancel: ({ headers, path, payload }, exchange) =>
    versioned(headers, () => account.cancel(path.bookingUid, payload.cancellationReason, exchange)),
  confirm: ({ headers, path }, exchange) =>
    versioned(headers, () => account.settle(path.bookingUid, "accepted", exchange)),
  decline: ({ headers, path }, exchange) =>
    versioned(headers, () => account.settle(path.bookingUid, "rejected", exchange))
})

/** The free times of a type, by the days of a time zone. */
const slotsOf = (account: Account, params: typeof Schemas.SlotParams.Type, now: number) => {
  const { bookingUidToReschedule, end, start, timeZone = "UTC" } = params
  const minutes = params.duration ?? account.typeOf(params).lengthInMinutes ?? 30
  const days: Record<string, Array<{ readonly start: string; readonly end?: string }>> = {}
  const from = Math.max(start.epochMillis, now)
  for (const at of account.slots(from, end.epochMillis, minutes, bookingUidToReschedule)) {
    const time = DateTime.unsafeMakeZoned(at, { timeZone })
    const ends = params.format === "range"
      ? { end: DateTime.formatIsoOffset(DateTime.add(time, { minutes })) }
      : undefined
    const day = days[DateTime.formatIsoDate(time)] ??= []
    day.push({ start: DateTime.formatIsoOffset(time), ...ends })
  }
  return days
}

const handlers = (account: Account): Handlers => ({
  me: { get: () => step(() => account.me) },
  bookings: bookings(account),
  slots: {
    list: ({ headers, urlParams }, { now }) => versioned(headers, () => slotsOf(account, urlParams, now))
  },
  eventTypes: {
    list: ({ headers, urlParams: { eventSlug, username } }) =>
      versioned(
        headers,
        () =>
          account.eventTypes.filter((type) =>
            (username === undefined || username === account.me.username && type.hidden !== true) &&
            (eventSlug === undefined || type.slug === eventSlug)
          )
      ),
    create: ({ headers, payload }, exchange) => versioned(headers, () => account.addType(payload, exchange))
  },
  webhooks: {
    create: ({ payload }, exchange) => step(() => account.subscribe(payload, exchange)),
    list: ({ urlParams: { skip = 0, take = 250 } }) =>
      step(() => [...account.webhooks.values()].slice(skip, skip + take)),
    get: ({ path }) => step(() => account.webhookOf(path.webhookId)),
    update: ({ path, payload }, exchange) => step(() => account.change(path.webhookId, payload, exchange)),
    delete: ({ path }, exchange) => step(() => account.unsubscribe(path.webhookId, exchange))
  }
})

/**
 * The limit of a credential, to be enforced by the emulator: so many requests in 60 seconds, 120 for an API key, 500 with
 * OAuth.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (minutely = 120): ReadonlyArray<Emulator.Quota> => [
  { name: "Default", limit: minutely, window: "1 minute" }
]

/** With the name of the limit, as they are observed; the documented ones are without it. */
const rateLimitHeaders = ([view]: ReadonlyArray<Emulator.QuotaView>): Readonly<Record<string, string>> =>
  view === undefined ? {} : {
    "x-ratelimit-limit-default": String(view.quota.limit),
    "x-ratelimit-remaining-default": String(view.remaining),
    "x-ratelimit-reset-default": String(
      Math.ceil((view.waitMillis === 0 ? view.windowMillis : view.waitMillis) / 1000)
    )
  }

/**
 * Starts a Cal.com in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/cal-com"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const calCom = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits() })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* calCom.ledger, "bookings")
 *   yield* Effect.log(byEmail["grace@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "cal-com", version: "v2", api: CalComApi },
    state: () => new Account(),
    handlers,
    error: Bodies.error,
    authorize: Emulator.anyBearer,
    headers: ({ quotas }) => rateLimitHeaders(quotas),
    snapshot: ({ bookings, eventTypes, webhooks }) => ({
      bookings: [...bookings.values()],
      eventTypes,
      webhooks: [...webhooks.values()]
    })
  }, options)

/**
 * A Cal.com on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `CAL_COM_BASE_URL` or
 * `CalCom.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
