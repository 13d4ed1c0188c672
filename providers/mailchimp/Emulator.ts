/**
 * Mailchimp, emulated: an audience, its members, tags and events, batches and webhooks, with Mailchimp's own rules and
 * problem documents.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { MailchimpApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Members from "./emulator/Members.js"
import {
  type Audience,
  getFrom,
  isoOf,
  makeAudience,
  makeState,
  pageOf,
  partial,
  type State
} from "./emulator/Store.js"
import type * as Schemas from "./Schemas.js"

export {
  /**
   * Mailchimp's bodies for errors that are injected by hand: `Faults.status(400, { body: Bodies.of(400, "…", "…") })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies,
  /**
   * One more audience: `state.audiences.set(id, makeAudience(id, name, webId))`.
   *
   * @since 0.1.0
   * @category constructors
   */
  makeAudience
}

export type { Audience, State } from "./emulator/Store.js"

type Handlers = Emulator.Handlers<MailchimpApi>

const listOf = (audience: Audience): Schemas.List => {
  const count = (status: string) => [...audience.members.values()].filter((one) => one.status === status).length
  return {
    date_created: audience.createdAt,
    double_optin: false,
    id: audience.id,
    list_rating: 0,
    name: audience.name,
    stats: {
      cleaned_count: count("cleaned"),
      member_count: count("subscribed"),
      unsubscribe_count: count("unsubscribed")
    },
    web_id: audience.webId
  }
}

const lists = (state: State): Handlers["lists"] => ({
  list: ({ urlParams }) =>
    Emulator.step(() => {
      const all = [...state.audiences.values()]
      return partial({ lists: pageOf(all, urlParams).map(listOf), total_items: all.length }, urlParams)
    }),
  get: ({ path, urlParams }) => Emulator.step(() => partial(listOf(getFrom(state.audiences, path.listId)), urlParams))
})

const batchOf = (
  state: State,
  exchange: Emulator.Exchange,
  audience: Audience,
  { members, sync_tags, update_existing }: typeof Schemas.MembersBatch.Type
): typeof Schemas.MembersBatchResult.Type => {
  const errors: Array<{ email_address: string; error: string; error_code: string }> = []
  const new_members: Array<Schemas.Member> = []
  const updated_members: Array<Schemas.Member> = []
  for (const member of members) {
    const before = [...audience.members.values()].find((one) =>
      one.email_address.toLowerCase() === member.email_address.toLowerCase() && one.status !== "archived"
    )
    try {
      if (before === undefined) {
        new_members.push(Members.rendered(Members.add(state, audience, exchange, member)))
      } else if (update_existing === true) {
        const updated = Members.update(audience, exchange, before.id, member)
        const tags = (sync_tags === true ? updated.tags : []).filter(({ name }) => !(member.tags ?? []).includes(name))
        const changes = [
          ...(member.tags ?? []).map((name) => ({ name, status: "active" as const })),
          ...tags.map(({ name }) => ({ name, status: "inactive" as const }))
        ]
        const [first, ...rest] = changes
        if (first !== undefined) Members.tag(state, audience, exchange, updated.id, { tags: [first, ...rest] })
        updated_members.push(Members.rendered(Members.get(audience, updated.id)))
      } else {
        errors.push({
          email_address: member.email_address,
          error:
            `${member.email_address} is already a list member, do you want to update? please provide update_existing:true in the request body`,
          error_code: "ERROR_CONTACT_EXISTS"
        })
      }
    } catch (error) {
      if (!(error instanceof Emulator.EmulatorError)) throw error
      errors.push({ email_address: member.email_address, error: error.message, error_code: "ERROR_GENERIC" })
    }
  }
  return {
    error_count: errors.length,
    errors,
    new_members,
    total_created: new_members.length,
    total_updated: updated_members.length,
    updated_members
  }
}

const members = (state: State): Handlers["members"] => {
  const audienceOf = (path: { readonly listId: string }) => getFrom(state.audiences, path.listId)
  return {
    list: ({ path, urlParams }) =>
      Emulator.step(() => {
        const found = Members.listed(audienceOf(path), urlParams)
        const answer = {
          list_id: path.listId,
          members: pageOf(found, urlParams).map(Members.rendered),
          total_items: found.length
        }
        return partial(answer, urlParams)
      }),
    get: ({ path, urlParams }) =>
      Emulator.step(() => partial(Members.rendered(Members.get(audienceOf(path), path.hash)), urlParams)),
    add: ({ path, payload }, exchange) =>
      Emulator.step(() => Members.rendered(Members.add(state, audienceOf(path), exchange, payload))),
    upsert: ({ path, payload }, exchange) =>
      Emulator.step(() => Members.rendered(Members.upsert(state, audienceOf(path), exchange, path.hash, payload))),
    update: ({ path, payload }, exchange) =>
      Emulator.step(() => Members.rendered(Members.update(audienceOf(path), exchange, path.hash, payload))),
    archive: ({ path }, exchange) => Emulator.step(() => Members.archive(audienceOf(path), exchange, path.hash)),
    deletePermanent: ({ path }, exchange) =>
      Emulator.step(() => Members.deletePermanent(audienceOf(path), exchange, path.hash)),
    tag: ({ path, payload }, exchange) =>
      Emulator.step(() => Members.tag(state, audienceOf(path), exchange, path.hash, payload)),
    event: ({ path, payload }, exchange) =>
      Emulator.step(() => {
        const audience = audienceOf(path)
        const { email_address, id: hash } = Members.get(audience, path.hash)
        const occurred_at = payload.occurred_at ?? isoOf(exchange.now)
        audience.events.push({ hash, name: payload.name, occurred_at })
        exchange.changed({ resource: "events", kind: "created", key: `${email_address}/${payload.name}` })
      }),
    batch: ({ path, payload }, exchange) => Emulator.step(() => batchOf(state, exchange, audienceOf(path), payload))
  }
}

const batches = (state: State): Handlers["batches"] => ({
  create: ({ payload }, exchange) =>
    Emulator.step(() => {
      const open = [...state.batches.values()].filter(({ status }) => status !== "finished").length
      if (open >= 500) throw Bodies.refusal(429, "Too Many Requests", "You have more than 500 pending batches.")
      const id = `b${state.nextId()}`
      const batch = {
        completed_at: "",
        errored_operations: 0,
        finished_operations: 0,
        id,
        response_body_url: "",
        status: "pending",
        submitted_at: isoOf(exchange.now),
        total_operations: payload.operations.length
      }
      state.batches.set(id, batch)
      exchange.changed({ resource: "batches", kind: "created", key: id })
      return batch
    }),
  get: ({ path }) => Emulator.step(() => getFrom(state.batches, path.batchId))
})

const webhooks = (state: State): Handlers["webhooks"] => {
  const unseen = ({ signing_secret: _, ...webhook }: Schemas.Webhook): Schemas.Webhook => webhook
  return {
    list: ({ path }) =>
      Emulator.step(() => {
        const all = [...getFrom(state.audiences, path.listId).webhooks.values()]
        return { total_items: all.length, webhooks: all.map(unseen) }
      }),
    create: ({ path, payload }, exchange) =>
      Emulator.step(() => {
        const { webhooks } = getFrom(state.audiences, path.listId)
        const id = `w${state.nextId()}`
        const webhook = {
          events: payload.events,
          id,
          list_id: path.listId,
          signing_enabled: true,
          signing_secret: Redacted.make(`fake-signing-secret-of-${id}`),
          sources: payload.sources,
          url: payload.url
        }
        webhooks.set(id, webhook)
        exchange.changed({ resource: "webhooks", kind: "created", key: payload.url })
        return webhook
      }),
    remove: ({ path }, exchange) =>
      Emulator.step(() => {
        const { webhooks } = getFrom(state.audiences, path.listId)
        const { url = "" } = getFrom(webhooks, path.webhookId)
        webhooks.delete(path.webhookId)
        exchange.changed({ resource: "webhooks", kind: "deleted", key: url })
      })
  }
}

const handlers = (state: State): Handlers => ({
  ping: { get: () => Effect.succeed({ health_status: "Everything's Chimpy!" }) },
  account: {
    get: ({ urlParams }) =>
      Emulator.step(() =>
        partial({
          account_id: "fake8d3a3db4d97663a9074efcc16",
          account_name: "Ada's Letters",
          email: "ada@example.com",
          login_id: "42",
          pricing_plan_type: "monthly",
          role: "owner",
          total_subscribers: [...state.audiences.values()].reduce((sum, { members }) => sum + members.size, 0)
        }, urlParams)
      )
  },
  lists: lists(state),
  members: members(state),
  batches: batches(state),
  webhooks: webhooks(state)
})

/** Any name with a key for a password, or a token. */
const hasCredential = (headers: Readonly<Record<string, string>>): boolean =>
  Emulator.anyBasic(headers) || Emulator.anyBearer(headers)

/**
 * Starts a Mailchimp in memory with one empty audience, `a1b2c3d4e5`. It wants an API key or a bearer token, any one unless
 * `authorize` says otherwise. Mailchimp's own limit is `concurrency: 10`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/mailchimp"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const mailchimp = yield* Emulator.make({ concurrency: 10, faults: Faults.heavy(42) })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* mailchimp.ledger, "members")
 *   yield* Effect.log(byEmail["ada@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Emulator.Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "mailchimp", version: "3.0", api: MailchimpApi },
    state: makeState,
    handlers,
    error: Bodies.error,
    authorize: hasCredential,
    snapshot: (state) => ({
      batches: [...state.batches.values()],
      lists: [...state.audiences.values()].map((audience) => ({
        ...listOf(audience),
        events: audience.events,
        members: [...audience.members.values()]
      }))
    })
  }, options)

/**
 * A Mailchimp on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `MAILCHIMP_BASE_URL` or
 * `Mailchimp.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Emulator.Options, State> = EmulatorServer.serving(make)
