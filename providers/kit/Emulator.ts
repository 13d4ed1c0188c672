/**
 * Kit, emulated: subscribers, tags, forms, sequences, custom fields, bulk requests, purchases and webhooks, with Kit's own
 * rules and error bodies.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { KitApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { getFrom, makeState, page, type State } from "./emulator/Store.js"
import * as Subscribers from "./emulator/Subscribers.js"

export {
  /**
   * Kit's bodies for errors that are injected by hand: `Faults.status(422, { body: Bodies.of("…") })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type { State } from "./emulator/Store.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Kit takes no API key for bulk requests and purchases. Default `as-kit-does`. */
  readonly apiKeys?: "as-kit-does" | "everywhere" | undefined
  /** From how many inputs on a bulk request is answered with 202. Default: more than 100. */
  readonly laterFrom?: number | undefined
}

type Handlers = Emulator.Handlers<KitApi>

/** 201 of what is new, 200 of what was there. */
const made = <A>(isNew: boolean, value: A): Emulator.Reply<A> =>
  new Emulator.Reply({ status: isNew ? 201 : 200, value })

const tags = (state: State): Handlers["tags"] => {
  const groupOf = (id: number) => {
    getFrom(state.tags, id)
    const members = state.taggings.get(id) ?? new Set<number>()
    state.taggings.set(id, members)
    return { id, members, name: "tags" }
  }
  return {
    list: ({ urlParams }) =>
      Emulator.step(() => {
        const { items, pagination } = page([...state.tags.values()].toReversed(), urlParams)
        return { pagination, tags: items }
      }),
    create: ({ payload }, exchange) =>
      Emulator.step(() => {
        const before = [...state.tags.values()].find(({ name }) => name === payload.name)
        if (before !== undefined) return made(false, { tag: before })
        const id = state.nextId()
        const tag = { created_at: new Date(exchange.now).toISOString(), id, name: payload.name }
        state.tags.set(id, tag)
        exchange.changed({ resource: "tags", kind: "created", key: tag.name })
        return made(true, { tag })
      }),
    add: ({ path }, exchange) =>
      Emulator.step(() => {
        const { isNew, subscriber } = Subscribers.addTo(state, exchange, groupOf(path.tagId), path)
        return made(isNew, { subscriber })
      }),
    addByEmail: ({ path, payload }, exchange) =>
      Emulator.step(() => {
        const { isNew, subscriber } = Subscribers.addTo(state, exchange, groupOf(path.tagId), payload)
        return made(isNew, { subscriber })
      }),
    remove: ({ path }, exchange) =>
      Emulator.step(() => {
        const { email_address } = getFrom(state.subscribers, path.id)
        if (groupOf(path.tagId).members.delete(path.id)) {
          exchange.changed({ resource: "tags", kind: "removed", key: `${path.tagId}/${email_address}` })
        }
      })
  }
}

const subscribers = (state: State): Handlers["subscribers"] => ({
  list: ({ urlParams }) =>
    Emulator.step(() => {
      const { items, pagination } = page(Subscribers.listed(state, urlParams), urlParams)
      return { pagination, subscribers: items }
    }),
  get: ({ path }) => Emulator.step(() => ({ subscriber: Subscribers.get(state, path.id) })),
  upsert: ({ payload }, exchange) =>
    Emulator.step(() => {
      const { isNew, subscriber } = Subscribers.upsert(state, exchange, payload)
      return made(isNew, { subscriber })
    }),
  update: ({ path, payload }, exchange) =>
    Emulator.step(() => ({ subscriber: Subscribers.update(state, exchange, path.id, payload) })),
  unsubscribe: ({ path }, exchange) => Emulator.step(() => Subscribers.unsubscribe(state, exchange, path.id))
})

const bulk = (state: State, options: Options, demandToken: (exchange: Emulator.Exchange) => void): Handlers["bulk"] => {
  const isLater = (inputs: ReadonlyArray<unknown>) => inputs.length >= (options.laterFrom ?? 101)
  const later = new Emulator.Reply({ status: 202, value: undefined })
  return {
    subscribers: ({ payload }, exchange) =>
      Emulator.step(() => {
        demandToken(exchange)
        const done = payload.subscribers.map((input) => Subscribers.upsert(state, exchange, input))
        if (isLater(payload.subscribers)) return later
        return made(done.some(({ isNew }) => isNew), { failures: [], subscribers: done.map((one) => one.subscriber) })
      }),
    tag: ({ payload }, exchange) =>
      Emulator.step(() => {
        demandToken(exchange)
        const done: Array<ReturnType<typeof Subscribers.addTo>> = []
        const failures: Array<{ errors: ReadonlyArray<string>; tagging: unknown }> = []
        for (const tagging of payload.taggings) {
          const { subscriber_id, tag_id } = tagging
          if (!state.tags.has(tag_id) || !state.subscribers.has(subscriber_id)) {
            failures.push({ errors: ["Tag or subscriber does not exist"], tagging })
            continue
          }
          const members = state.taggings.get(tag_id) ?? new Set<number>()
          state.taggings.set(tag_id, members)
          const group = { id: tag_id, members, name: "tags" }
          done.push(Subscribers.addTo(state, exchange, group, { id: subscriber_id }))
        }
        if (isLater(payload.taggings)) return later
        return made(done.some(({ isNew }) => isNew), { failures, subscribers: done.map((one) => one.subscriber) })
      })
  }
}

const handlers = (options: Options) => (state: State): Handlers => {
  const demandToken = ({ headers }: Emulator.Exchange): void => {
    if (options.apiKeys !== "everywhere" && headers.authorization === undefined) {
      throw Bodies.refusal(401, "This endpoint is not available with an API key")
    }
  }
  const formOf = (id: number) => ({ id, members: getFrom(state.forms, id), name: "forms" })
  return {
    account: {
      get: () =>
        Effect.succeed({
          account: {
            created_at: "2023-02-17T11:43:55Z",
            id: 59,
            name: "Ada's Letters",
            plan_type: "creator",
            primary_email_address: "ada@example.com",
            timezone: { friendly_name: "London", name: "Europe/London", utc_offset: "+00:00" }
          },
          user: { email: "ada@example.com", id: 71 }
        })
    },
    subscribers: subscribers(state),
    tags: tags(state),
    forms: {
      add: ({ path }, exchange) =>
        Emulator.step(() => {
          const { isNew, subscriber } = Subscribers.addTo(state, exchange, formOf(path.formId), path)
          return made(isNew, { subscriber })
        }),
      addByEmail: ({ path, payload }, exchange) =>
        Emulator.step(() => {
          const { isNew, subscriber } = Subscribers.addTo(state, exchange, formOf(path.formId), payload)
          return made(isNew, { subscriber })
        })
    },
    customFields: {
      list: ({ urlParams }) =>
        Emulator.step(() => {
          const { items, pagination } = page([...state.customFields.values()].toReversed(), urlParams)
          return { custom_fields: items, pagination }
        }),
      create: ({ payload }, exchange) =>
        Emulator.step(() => {
          const key = payload.label.toLowerCase().replaceAll(/\W+/g, "_")
          const before = [...state.customFields.values()].find((one) => one.key === key)
          if (before !== undefined) return made(false, { custom_field: before })
          const id = state.nextId()
          const custom_field = { id, key, label: payload.label, name: `ck_field_${id}_${key}` }
          state.customFields.set(id, custom_field)
          exchange.changed({ resource: "custom_fields", kind: "created", key })
          return made(true, { custom_field })
        })
    },
    bulk: bulk(state, options, demandToken),
    broadcasts: {
      list: ({ urlParams }) =>
        Emulator.step(() => {
          const { items, pagination } = page([...state.broadcasts.values()].toReversed(), urlParams)
          return { broadcasts: items, pagination }
        })
    },
    sequences: {
      addByEmail: ({ path, payload }, exchange) =>
        Emulator.step(() => {
          const group = { id: path.sequenceId, members: getFrom(state.sequences, path.sequenceId), name: "sequences" }
          const { isNew, subscriber } = Subscribers.addTo(state, exchange, group, payload)
          return made(isNew, { subscriber })
        })
    },
    purchases: {
      create: ({ payload: { purchase: input } }, exchange) =>
        Emulator.step(() => {
          demandToken(exchange)
          const { subscriber } = Subscribers.upsert(state, exchange, {
            email_address: input.email_address,
            ...(input.first_name === undefined ? undefined : { first_name: input.first_name })
          })
          const id = state.nextId()
          const purchase = {
            currency: input.currency,
            email_address: subscriber.email_address,
            id,
            status: input.status ?? "paid",
            subscriber_id: subscriber.id,
            transaction_id: input.transaction_id,
            ...(input.total === undefined ? undefined : { total: input.total })
          }
          state.purchases.set(id, purchase)
          exchange.changed({ resource: "purchases", kind: "created", key: input.transaction_id })
          return { purchase }
        })
    },
    webhooks: {
      list: ({ urlParams }) =>
        Emulator.step(() => {
          const { items, pagination } = page([...state.webhooks.values()].toReversed(), urlParams)
          return { pagination, webhooks: items }
        }),
      create: ({ payload }, exchange) =>
        Emulator.step(() => {
          const { event, target_url } = payload
          const id = state.nextId()
          const { custom_field_id, form_id, initiator_value, product_id, sequence_id, tag_id } = event
          const webhook = {
            account_id: 59,
            event: {
              initiator_value: initiator_value ?? tag_id ?? form_id ?? sequence_id ?? product_id ?? custom_field_id ??
                null,
              // Kit answers the name without what stands before the point
              name: event.name.slice(event.name.indexOf(".") + 1)
            },
            id,
            target_url
          }
          state.webhooks.set(id, webhook)
          exchange.changed({ resource: "webhooks", kind: "created", key: target_url })
          return { webhook }
        }),
      remove: ({ path }, exchange) =>
        Emulator.step(() => {
          const { target_url } = getFrom(state.webhooks, path.id)
          state.webhooks.delete(path.id)
          exchange.changed({ resource: "webhooks", kind: "deleted", key: target_url })
        })
    }
  }
}

const hasCredential = (headers: Readonly<Record<string, string>>): boolean =>
  (headers["x-kit-api-key"] ?? "") !== "" || Emulator.anyBearer(headers)

/**
 * Kit's limits, to be enforced by the emulator: 120 requests in any 60 seconds for an API key, 600 for a token.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 120. */
  readonly perMinute?: number
}): ReadonlyArray<Emulator.Quota> => [{ name: "minutely", limit: options?.perMinute ?? 120, window: "1 minute" }]

/**
 * Starts a Kit in memory. It wants an API key or a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/kit"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const kit = yield* Emulator.make({ faults: Faults.heavy(42), rateLimit: Emulator.limits() })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* kit.ledger, "subscribers")
 *   yield* Effect.log(byEmail["ada@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "kit", version: "v4", api: KitApi },
    state: makeState,
    handlers: handlers(options),
    error: Bodies.error,
    authorize: hasCredential,
    secretHeaders: ["x-kit-api-key"],
    snapshot: (state) => ({
      customFields: [...state.customFields.values()],
      purchases: [...state.purchases.values()],
      subscribers: [...state.subscribers.values()],
      tags: [...state.tags.values()],
      webhooks: [...state.webhooks.values()]
    })
  }, options)

/**
 * A Kit on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `KIT_BASE_URL` or
 * `Kit.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
