/**
 * Intercom, emulated: contacts, conversations, messages and events, with Intercom's own rules, cursors, headers and error
 * bodies.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { IntercomApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Contacts from "./emulator/Contacts.js"
import * as Conversations from "./emulator/Conversations.js"
import { admin, contactBy, makeState, type State } from "./emulator/Store.js"

export {
  /**
   * Intercom's bodies for errors that are injected by hand: `Faults.status(404, { body: Bodies.of(null, …) })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type { State, Stored, Tracked } from "./emulator/Store.js"

const handlers = (state: State): Emulator.Handlers<IntercomApi> => ({
  admins: {
    me: () =>
      Effect.succeed({
        ...admin,
        type: "admin",
        app: { id_code: "abcd1234", name: "Analytical Engines", region: "US", timezone: "Etc/UTC" }
      })
  },
  contacts: Contacts.handlers(state, Emulator.step),
  ...Conversations.handlers(state, Emulator.step),
  events: {
    track: ({ payload }, exchange) =>
      Emulator.step(() => {
        const { contact } = contactBy(
          state,
          "user_id" in payload ? { external_id: payload.user_id } : "id" in payload ? { id: payload.id } : payload
        )
        const { created_at, event_name, metadata } = payload
        const isKnown = state.events.some((one) =>
          one.contact === contact.id && one.createdAt === created_at && one.name === event_name
        )
        // a duplicate is a 202 as well
        if (isKnown) return
        state.events.push({ contact: contact.id, createdAt: created_at, metadata: metadata ?? {}, name: event_name })
        exchange.changed({ resource: "events", kind: "tracked", key: `${contact.id}/${event_name}/${created_at}` })
      })
  }
})

/**
 * Intercom's limit, to be enforced by the emulator. It is said by the minute, and counted in windows of ten seconds.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 1,000. */
  readonly perMinute?: number
}): ReadonlyArray<Emulator.Quota> => [
  { limit: Math.floor((options?.perMinute ?? 1000) / 6), name: "10_seconds", window: "10 seconds" }
]

/**
 * Starts an Intercom in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/intercom"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const intercom = yield* Emulator.make({ faults: Faults.heavy(42), rateLimit: Emulator.limits() })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* intercom.ledger, "contacts")
 *   yield* Effect.log(byEmail["ada@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Emulator.Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "intercom", version: "2.15", api: IntercomApi },
    state: makeState,
    handlers,
    error: Bodies.error,
    headers: ({ now, quotas: [quota] }): Readonly<Record<string, string>> =>
      quota === undefined ? {} : {
        "x-ratelimit-limit": String(quota.quota.limit),
        "x-ratelimit-remaining": String(quota.remaining),
        "x-ratelimit-reset": String(Math.ceil((now + (quota.waitMillis || quota.windowMillis)) / 1000))
      },
    authorize: Emulator.anyBearer,
    snapshot: (state) => ({
      contacts: [...state.contacts.values()],
      conversations: [...state.conversations.values()],
      events: state.events,
      messages: state.messages
    })
  }, options)

/**
 * An Intercom on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `INTERCOM_BASE_URL` or
 * `Intercom.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Emulator.Options, State> = EmulatorServer.serving(make)
