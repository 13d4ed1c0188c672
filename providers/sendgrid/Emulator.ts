/**
 * SendGrid, emulated: mail, contacts, lists, suppressions and groups, with SendGrid's own rules and error bodies.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { SendGridApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { Contacts } from "./emulator/Contacts.js"
import { notFound, uuid } from "./emulator/Refused.js"
import type { Mail } from "./Mail.js"
import type { Group, List, Suppression, SuppressionKind } from "./Schemas.js"

export {
  /**
   * SendGrid's bodies for errors that are injected by hand: `Faults.status(400, { body: Bodies.error("…", "from") })`.
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
export interface SentMail {
  readonly id: string
  readonly at: number
  readonly mail: typeof Mail.Type
}

type StoredList = Pick<typeof List.Type, "id" | "name">

type StoredGroup = Omit<typeof Group.Type, "unsubscribes"> & { readonly emails: Set<string> }

/**
 * What the emulated account holds. Suppressions are filled by hand: no mail of an emulator bounces.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  /** What was accepted, without what was sent in sandbox mode. */
  readonly sent: Array<SentMail>
  readonly contacts: Contacts
  readonly lists: Map<string, StoredList>
  readonly suppressions: Record<typeof SuppressionKind.Type, Array<typeof Suppression.Type>>
  readonly groups: Map<number, StoredGroup>
  batches: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** For how long a job that writes contacts, or an export, is pending. Default: it is done at once. */
  readonly jobsTake?: Duration.DurationInput | undefined
  /** Addresses that may stand in `from`: another is a 403. Default: all may. */
  readonly verifiedSenders?: ReadonlyArray<string> | undefined
  /** Default: `mail.send`, `marketing.read` and `asm.groups.read`. */
  readonly scopes?: ReadonlyArray<string> | undefined
}

const makeState = (options: Options) => (): State => {
  const lists = new Map<string, StoredList>()
  return {
    sent: [],
    contacts: new Contacts(Duration.toMillis(options.jobsTake ?? 0), (id) => lists.has(id)),
    lists,
    suppressions: { blocks: [], bounces: [], invalid_emails: [], spam_reports: [], unsubscribes: [] },
    groups: new Map(),
    batches: 0
  }
}

type Handlers = Emulator.Handlers<SendGridApi>

const mail = (state: State, options: Options): Handlers["mail"] => ({
  send: ({ payload }, exchange) =>
    Emulator.step(() => {
      const senders = options.verifiedSenders
      if (senders !== undefined && !senders.includes(payload.from.email)) {
        const message = "The from address does not match a verified Sender Identity. Mail cannot be sent until this " +
          "error is resolved."
        throw new Emulator.EmulatorError({ status: 403, message, issues: [{ path: "from", message }] })
      }
      if (payload.mail_settings?.sandbox_mode?.enable === true) {
        return new Emulator.Reply({ value: undefined, status: 200 })
      }
      const id = `emulated-${state.sent.length + 1}`
      state.sent.push({ id, at: exchange.now, mail: payload })
      for (const { to } of payload.personalizations) {
        for (const { email } of to) exchange.changed({ resource: "mail", kind: "created", key: email.toLowerCase() })
      }
      return new Emulator.Reply({ value: undefined, status: 202, headers: { "x-message-id": id } })
    }),
  batch: () => Emulator.step(() => ({ batch_id: `emulated-batch-${++state.batches}` }))
})

const contacts = ({ contacts }: State): Handlers["contacts"] => ({
  upsert: ({ payload }, exchange) =>
    Emulator.step(() => {
      const job_id = contacts.upsert(payload, exchange.now)
      for (const { anonymous_id, email, external_id, phone_number_id } of payload.contacts) {
        const key = email?.toLowerCase() ?? phone_number_id ?? external_id ?? anonymous_id ?? ""
        exchange.changed({ resource: "contacts", kind: "upserted", key })
      }
      return { job_id }
    }),
  job: ({ path }, { now }) => Emulator.step(() => contacts.job(path.id, now)),
  byEmails: ({ payload }, { now }) => Emulator.step(() => contacts.byEmails(payload.emails, now)),
  search: ({ payload }, { now }) => Emulator.step(() => contacts.search(payload.query, now)),
  sample: (_, { now }) =>
    Emulator.step(() => {
      const all = contacts.at(now)
      return { result: all.slice(-50), contact_count: all.length }
    }),
  startExport: ({ payload }, { now }) => Emulator.step(() => ({ id: contacts.startExport(payload, now) })),
  export: ({ path }, { now }) => Emulator.step(() => contacts.export(path.id, now)),
  delete: ({ urlParams }, exchange) =>
    Emulator.step(() => {
      const job_id = contacts.delete(urlParams.ids, exchange.now)
      for (const key of urlParams.ids) exchange.changed({ resource: "contacts", kind: "deleted", key })
      return { job_id }
    })
})

const lists = (state: State): Handlers["lists"] => {
  const base = "https://api.sendgrid.com/v3/marketing/lists"
  const shown = (list: StoredList, now: number) => ({
    ...list,
    contact_count: state.contacts.at(now).filter(({ list_ids }) => list_ids?.includes(list.id) === true).length
  })
  const found = (id: string) => {
    const list = state.lists.get(id)
    if (list === undefined) throw notFound()
    return list
  }
  let last = 0
  return {
    list: ({ urlParams: { page_size = 100, page_token } }, { now }) =>
      Emulator.step(() => {
        const all = [...state.lists.values()]
        const start = page_token === undefined ? 0 : all.findIndex(({ id }) => id === page_token) + 1
        if (page_token !== undefined && start === 0) throw notFound("page_token is not valid")
        const result = all.slice(start, start + page_size)
        const end = result.at(-1)
        const url = (token: string | undefined) =>
          `${base}?page_size=${page_size}${token === undefined ? "" : `&page_token=${token}`}`
        return {
          result: result.map((list) => shown(list, now)),
          _metadata: {
            self: url(page_token),
            ...(end !== undefined && start + page_size < all.length ? { next: url(end.id) } : undefined),
            count: all.length
          }
        }
      }),
    create: ({ payload }, exchange) =>
      Emulator.step(() => {
        const list = { id: uuid(4, ++last), name: payload.name }
        state.lists.set(list.id, list)
        exchange.changed({ resource: "lists", kind: "created", key: list.name })
        return shown(list, exchange.now)
      }),
    update: ({ path, payload }, exchange) =>
      Emulator.step(() => {
        const list = { ...found(path.id), name: payload.name }
        state.lists.set(list.id, list)
        exchange.changed({ resource: "lists", kind: "updated", key: list.name })
        return shown(list, exchange.now)
      }),
    delete: ({ path }, exchange) =>
      Emulator.step(() => {
        const { id, name } = found(path.id)
        state.lists.delete(id)
        exchange.changed({ resource: "lists", kind: "deleted", key: name })
      })
  }
}

const groups = (state: State): Handlers["groups"] => {
  const found = (id: number) => {
    const group = state.groups.get(id)
    if (group === undefined) throw notFound()
    return group
  }
  const shown = ({ emails, ...group }: StoredGroup) => ({ ...group, unsubscribes: emails.size })
  return {
    list: () => Emulator.step(() => [...state.groups.values()].map(shown)),
    create: ({ payload }, exchange) =>
      Emulator.step(() => {
        const group = { id: 100 + state.groups.size, is_default: false, ...payload, emails: new Set<string>() }
        state.groups.set(group.id, group)
        exchange.changed({ resource: "groups", kind: "created", key: group.name })
        return shown(group)
      }),
    suppressions: ({ path }) => Emulator.step(() => [...found(path.id).emails]),
    suppress: ({ path, payload }, exchange) =>
      Emulator.step(() => {
        const { emails, name } = found(path.id)
        for (const email of payload.recipient_emails) emails.add(email.toLowerCase())
        exchange.changed({ resource: "groups", kind: "suppressed", key: name })
        return { recipient_emails: [...emails] }
      }),
    unsuppress: ({ path }, exchange) =>
      Emulator.step(() => {
        const { emails, name } = found(path.id)
        emails.delete(path.email.toLowerCase())
        exchange.changed({ resource: "groups", kind: "unsuppressed", key: name })
      })
  }
}

const handlers = (options: Options) => (state: State): Handlers => ({
  mail: mail(state, options),
  contacts: contacts(state),
  lists: lists(state),
  suppressions: {
    list: ({ path, urlParams: { end_time = Infinity, limit = 500, offset = 0, start_time = 0 } }) =>
      Emulator.step(() =>
        state.suppressions[path.kind]
          .filter(({ created }) => created >= start_time && created <= end_time)
          .slice(offset, offset + limit)
      )
  },
  groups: groups(state),
  scopes: {
    list: () => Effect.succeed({ scopes: options.scopes ?? ["mail.send", "marketing.read", "asm.groups.read"] })
  }
})

/** The limit with the least left, its reset in epoch seconds. */
const rateLimitHeaders = (
  quotas: ReadonlyArray<Emulator.QuotaView>,
  now: number
): Readonly<Record<string, string>> => {
  const [tightest] = [...quotas].sort((one, other) => one.remaining - other.remaining)
  return tightest === undefined ? {} : {
    "x-ratelimit-limit": String(tightest.quota.limit),
    "x-ratelimit-remaining": String(tightest.remaining),
    "x-ratelimit-reset": String(Math.ceil((now + (tightest.waitMillis || tightest.windowMillis)) / 1000))
  }
}

/**
 * Starts a SendGrid in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/sendgrid"
 * import { Faults } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const sendgrid = yield* Emulator.make({
 *     faults: Faults.heavy(42),
 *     rateLimit: { name: "mail", limit: 600, window: "1 minute", applies: (operation) => operation === "mail.send" }
 *   })
 *   // … run the program under test against it …
 *   const { sent } = yield* sendgrid.state
 *   yield* Effect.log(sent.map(({ mail }) => mail.subject))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "sendgrid", version: "v3", api: SendGridApi },
    state: makeState(options),
    handlers: handlers(options),
    error: Bodies.ofFailure,
    authorize: Emulator.anyBearer,
    headers: ({ now, quotas }) => rateLimitHeaders(quotas, now),
    snapshot: ({ groups, lists, sent, suppressions }) => ({
      groups: [...groups.values()].map(({ emails, ...group }) => ({ ...group, emails: [...emails] })),
      lists: [...lists.values()],
      sent,
      suppressions
    })
  }, options)

/**
 * A SendGrid on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `SENDGRID_BASE_URL` or
 * `SendGrid.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
