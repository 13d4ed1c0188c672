/**
 * Acuity Scheduling, emulated: appointments, free times, clients and webhooks of an account, with Acuity's own rules and
 * error bodies.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { AcuityApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Data from "./emulator/Data.js"
import * as People from "./emulator/People.js"
import { Account } from "./emulator/Store.js"

export {
  /**
   * Acuity's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.body(429) })`.
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
export interface Options extends Emulator.Options {}

type Handlers = Emulator.Handlers<AcuityApi>

const appointments = (account: Account): Handlers["appointments"] => ({
  list: ({ urlParams }) => Emulator.step(() => account.list(urlParams)),
  get: ({ path }) => Emulator.step(() => account.appointmentOf(path.id)),
  create: ({ payload, urlParams: { admin = false } }, exchange) =>
    Emulator.step(() => account.create(payload, admin, exchange)),
  update: ({ path, payload, urlParams: { admin = false } }, exchange) =>
    Emulator.step(() => account.update(path.id, payload, admin, exchange)),
  reschedule: ({ path, payload, urlParams: { admin = false } }, exchange) =>
    Emulator.step(() => account.reschedule(path.id, payload, admin, exchange)),
  cancel: ({ path, payload }, exchange) => Emulator.step(() => account.cancel(path.id, payload, exchange))
})

const availability = (account: Account): Handlers["availability"] => ({
  dates: ({ urlParams: { month, ...wanted } }, { now }) =>
    Emulator.step(() => {
      const from = `${month}-01`
      const days = DateTime.toPartsUtc(DateTime.endOf(DateTime.unsafeMake(from), "month")).day
      const times = [...account.times({ ...wanted, days, from, now })]
      return [...new Set(times.map(({ time }) => DateTime.formatIsoDate(time)))].map((date) => ({ date }))
    }),
  times: ({ urlParams: { date, "ignoreAppointmentIDs[]": besides, ...wanted } }, { now }) =>
    Emulator.step(() => [...account.times({ ...wanted, besides, days: 1, from: date, now })]),
  check: ({ payload }, { now }) =>
    Emulator.step(() => {
      const asked = { ...payload, datetime: DateTime.formatIso(payload.datetime) }
      try {
        account.bookable(payload, now)
        return { ...asked, valid: true }
      } catch (error) {
        if (error instanceof Emulator.EmulatorError) return { ...asked, error: error.message, valid: false }
        throw error
      }
    })
})

const handlers = (account: Account): Handlers => ({
  account: {
    me: () =>
      Emulator.step(() => ({
        id: 1,
        currency: "USD",
        email: "ada@example.com",
        name: "Analytical Engines",
        plan: "Powerhouse",
        schedulingPage: "https://acuityscheduling.com/schedule.php?owner=1",
        timezone: Data.timezone
      }))
  },
  appointments: appointments(account),
  appointmentTypes: {
    list: ({ urlParams }) =>
      Emulator.step(() => Data.appointmentTypes.filter(({ active }) => urlParams.includeDeleted === true || active))
  },
  calendars: { list: () => Emulator.step(() => Data.calendars) },
  availability: availability(account),
  clients: People.clients(account),
  webhooks: People.webhooks(account)
})

/**
 * Acuity's limit, to be enforced by the emulator: 10 requests a second for an IP address. A refusal does not say for how
 * long, as Acuity's does not. The other one, 20 connections at once, is `concurrency: 20`.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits: ReadonlyArray<Emulator.Quota> = [{ name: "second", limit: 10, window: "1 second" }]

/** `<user id>:<API key>`, of which the one is a number. */
const isBasic = (authorization: string): boolean => {
  const [, encoded = ""] = /^Basic (\S+)$/.exec(authorization) ?? []
  return /^\d+:\S+$/.test(Buffer.from(encoded, "base64").toString())
}

/**
 * Starts an Acuity in memory. It wants a user id, which is a number, with an API key, or a bearer token: any one unless
 * `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/acuity"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const acuity = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* acuity.ledger, "appointments")
 *   yield* Effect.log(byEmail["grace@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "acuity", version: "v1", api: AcuityApi },
    state: () => new Account(),
    handlers,
    error: Bodies.error,
    authorize: (headers) => Emulator.anyBearer(headers) || isBasic(headers["authorization"] ?? ""),
    snapshot: ({ appointments, clients, webhooks }) => ({
      appointments: [...appointments.values()],
      clients,
      webhooks: [...webhooks.values()]
    })
  }, options)

/**
 * An Acuity on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `ACUITY_BASE_URL` or
 * `Acuity.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
