/**
 * Twilio, emulated: messages, the balance and the account, with Twilio's own rules and error bodies.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { TwilioApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { Messages, notFound, refused, render } from "./emulator/Store.js"
import type { Account, ListParams } from "./Schemas.js"

export {
  /**
   * Twilio's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.tooManyRequests })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

/**
 * What the emulated account holds. `messages.setStatus` lets a message arrive, or fail.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly account: typeof Account.Type
  readonly messages: Messages
  balance: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** The one account that there is. Default `AC00000000000000000000000000000001`. */
  readonly accountSid?: string | undefined
}

/**
 * The account of an emulator that is told of no other.
 *
 * @since 0.1.0
 * @category constants
 */
export const accountSid = "AC00000000000000000000000000000001"

const makeState = (sid: string) => (): State => ({
  account: {
    sid,
    friendly_name: "Emulated account",
    status: "active",
    type: "Full",
    auth_token: Redacted.make("fake-auth-token-of-the-emulator"),
    owner_account_sid: sid,
    date_created: "Mon, 15 Jan 2024 09:00:00 +0000",
    date_updated: "Mon, 15 Jan 2024 09:00:00 +0000",
    uri: `/2010-04-01/Accounts/${sid}.json`
  },
  messages: new Messages(),
  balance: "100.00"
})

/** The query of a page: what was asked for, and where the page begins. */
const pageUri = (base: string, query: typeof ListParams.Type, page: number, token: string | undefined): string => {
  const { Page: _page, PageSize = 50, PageToken: _token, ...filters } = query
  const params = new URLSearchParams({
    ...filters,
    PageSize: String(PageSize),
    Page: String(page),
    ...(token === undefined ? undefined : { PageToken: token })
  })
  return `${base}?${params}`
}

const list = (state: State, query: typeof ListParams.Type) => {
  const { sid } = state.account
  const base = `/2010-04-01/Accounts/${sid}/Messages.json`
  const size = query.PageSize ?? 50
  const page = query.Page ?? 0
  const all = state.messages.list(query)
  const last = query.PageToken?.replace(/^PA/, "")
  // the token names the message after which the page begins, so that new ones do not move it
  const start = last === undefined ? page * size : all.findIndex((one) => one.sid === last) + 1
  if (last !== undefined && start === 0) throw refused(20_001, `Invalid parameter 'PageToken': ${query.PageToken}`)
  const messages = all.slice(start, start + size)
  const end = messages.at(-1)
  return {
    messages: messages.map((one) => render(one, sid)),
    first_page_uri: pageUri(base, query, 0, undefined),
    ...(end !== undefined && start + size < all.length
      ? { next_page_uri: pageUri(base, query, page + 1, `PA${end.sid}`) }
      : undefined),
    ...(page > 0 ? { previous_page_uri: pageUri(base, query, page - 1, undefined) } : undefined),
    page,
    page_size: size,
    start,
    end: start + Math.max(0, messages.length - 1),
    uri: pageUri(base, query, page, query.PageToken)
  }
}

const handlers = (state: State): Emulator.Handlers<TwilioApi> => {
  const { messages } = state
  const { sid } = state.account
  /** A step over this account. */
  const here = <A>(path: { readonly accountSid: string }, run: () => A) =>
    Emulator.step(() => {
      if (path.accountSid !== sid) throw notFound(`/2010-04-01/Accounts/${path.accountSid}`)
      return run()
    })
  return {
    messages: {
      send: ({ path, payload }, exchange) =>
        here(path, () => {
          const made = messages.send(payload, exchange.now)
          exchange.changed({ resource: "messages", kind: "created", key: `${made.to} ${made.body}` })
          return render(made, sid)
        }),
      list: ({ path, urlParams }) => here(path, () => list(state, urlParams)),
      get: ({ path }) => here(path, () => render(messages.find(path.sid), sid)),
      update: ({ path, payload }, exchange) =>
        here(path, () => {
          const kind = "Status" in payload ? "canceled" : "redacted"
          const { body, to } = messages.find(path.sid)
          const changed = kind === "canceled"
            ? messages.cancel(path.sid, exchange.now)
            : messages.redact(path.sid, exchange.now)
          exchange.changed({ resource: "messages", kind, key: `${to} ${body}` })
          return render(changed, sid)
        }),
      delete: ({ path }, exchange) =>
        here(path, () => {
          const { body, to } = messages.delete(path.sid)
          exchange.changed({ resource: "messages", kind: "deleted", key: `${to} ${body}` })
        })
    },
    balance: {
      get: ({ path }) => here(path, () => ({ account_sid: sid, balance: state.balance, currency: "USD" }))
    },
    account: { get: ({ path }) => here(path, () => state.account) }
  }
}

/** `RQ` and the number of the request, as the emulator's ids end in it. */
const requestSid = (requestId: string): string => `RQ${requestId.replaceAll("-", "")}`

/**
 * Starts a Twilio in memory. It wants a name and a password, any ones unless `authorize` says otherwise, and
 * has no limit of requests at once but for `concurrency`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/twilio"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const twilio = yield* Emulator.make({ concurrency: 10, faults: Faults.heavy(42) })
 *   // … run the program under test against it …
 *   const sent = Ledger.tally(yield* twilio.ledger, "messages")
 *   yield* Effect.log(sent["+15558675310 Your order is on its way."]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "twilio", version: "2010-04-01", api: TwilioApi },
    state: makeState(options.accountSid ?? accountSid),
    handlers,
    error: Bodies.ofFailure,
    authorize: Emulator.anyBasic,
    headers: ({ active, requestId }) => ({
      "twilio-concurrent-requests": String(active),
      "twilio-request-id": requestSid(requestId)
    }),
    snapshot: ({ account, balance, messages }) => ({ account, balance, messages: messages.all })
  }, options)

/**
 * A Twilio on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `TWILIO_BASE_URL` or
 * `Twilio.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
