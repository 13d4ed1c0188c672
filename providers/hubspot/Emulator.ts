/**
 * HubSpot's CRM, emulated: contacts, companies, deals, associations, owners and the account, with HubSpot's own rules and
 * error bodies.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import { Associations, defaultType, typeName } from "./emulator/Associations.js"
import * as Bodies from "./emulator/Bodies.js"
import { objects } from "./emulator/Objects.js"
import { type CrmRecord, invalid, type Kind, kinds, notFound, Table } from "./emulator/Store.js"
import type { Owner } from "./Schemas.js"

export {
  /**
   * HubSpot's bodies for errors that are injected by hand: `Faults.status(429, { body: Bodies.rateLimit("DAILY") })`.
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
export interface State {
  readonly contacts: Table
  readonly companies: Table
  readonly deals: Table
  readonly associations: Associations
  readonly owners: Array<typeof Owner.Type>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Default `v3`. */
  readonly version?: Api.Version | undefined
  /**
   * Properties whose values are unique, so that records can be upserted by them. Default: `email` for contacts, none for
   * the others, which in HubSpot have none until one is made.
   */
  readonly uniqueProperties?: {
    readonly contacts?: ReadonlyArray<string>
    readonly companies?: ReadonlyArray<string>
    readonly deals?: ReadonlyArray<string>
  } | undefined
}

const owner = (id: number, email: string, firstName: string, lastName: string): typeof Owner.Type => ({
  id: String(id),
  email,
  type: "PERSON",
  firstName,
  lastName,
  userId: id + 1000,
  userIdIncludingInactive: id + 1000,
  createdAt: "2024-01-15T09:00:00.000Z",
  updatedAt: "2024-01-15T09:00:00.000Z",
  archived: false
})

const makeState = (options: Options) => (): State => {
  // ids of all types come from one sequence, so that an id names one record
  let last = 1000
  const nextId = () => String(++last)
  const unique = { contacts: ["email"], companies: [], deals: [], ...options.uniqueProperties }
  const table = (kind: Kind) => new Table(kind, unique[kind.type], nextId)
  return {
    contacts: table(kinds.contacts),
    companies: table(kinds.companies),
    deals: table(kinds.deals),
    associations: new Associations(),
    owners: [
      owner(101, "ada@owner.example", "Ada", "Lovelace"),
      owner(102, "grace@owner.example", "Grace", "Hopper"),
      owner(103, "alan@owner.example", "Alan", "Turing")
    ]
  }
}

type Handlers = Emulator.Handlers<Api.HubSpotApi>

const tableOf = (state: State, type: string): Table => {
  const name = typeName(type)
  if (name === "contacts" || name === "companies" || name === "deals") return state[name]
  throw invalid(`Unable to infer object type from: ${type}`)
}

const recordOf = (state: State, type: string, id: string): CrmRecord => {
  const record = tableOf(state, type).find(id, undefined)
  if (record === undefined) throw notFound(`Object ${typeName(type)}/${id} does not exist`)
  return record
}

/** A page of a list that is held whole: the cursor is the last id of the page. */
const slice = <A>(items: ReadonlyArray<A>, idOf: (item: A) => string, after: string | undefined, limit: number) => {
  const rest = after === undefined ? items : items.filter((item) => Number(idOf(item)) > Number(after))
  const results = rest.slice(0, limit)
  const last = results.at(-1)
  return {
    results,
    ...(rest.length > limit && last !== undefined ? { paging: { next: { after: idOf(last) } } } : undefined)
  }
}

const associations = (state: State): Handlers["associations"] => {
  const pairOf = (path: { fromType: string; fromId: string; toType: string; toId: string }) => {
    recordOf(state, path.fromType, path.fromId)
    recordOf(state, path.toType, path.toId)
    return [typeName(path.fromType), path.fromId, typeName(path.toType), path.toId] as const
  }
  const key = (pair: ReadonlyArray<string>) => `${pair[0]}/${pair[1]} - ${pair[2]}/${pair[3]}`
  return {
    list: ({ path, urlParams }) =>
      Emulator.step(() => {
        recordOf(state, path.fromType, path.fromId)
        tableOf(state, path.toType)
        const all = state.associations.list(typeName(path.fromType), path.fromId, typeName(path.toType))
        const page = slice(all, (one) => one.toObjectId, urlParams.after, urlParams.limit ?? 500)
        return {
          ...page,
          results: page.results.map(({ toObjectId, types }) => ({
            toObjectId,
            associationTypes: types.map((type) => ({
              category: type.associationCategory,
              typeId: type.associationTypeId
            }))
          }))
        }
      }),
    createDefault: ({ path }, exchange) =>
      Emulator.step(() => {
        const pair = pairOf(path)
        const [from, fromId, to, toId] = pair
        const type = defaultType(from, to)
        state.associations.add(from, fromId, to, toId, type)
        exchange.changed({ resource: "associations", kind: "created", key: key(pair) })
        const at = new Date(exchange.now).toISOString()
        return {
          status: "COMPLETE",
          startedAt: at,
          completedAt: at,
          results: [
            { from: { id: fromId }, to: { id: toId }, associationSpec: type },
            { from: { id: toId }, to: { id: fromId }, associationSpec: defaultType(to, from) }
          ]
        }
      }),
    create: ({ path, payload }, exchange) =>
      Emulator.step(() => {
        const pair = pairOf(path)
        const [from, fromId, to, toId] = pair
        if (payload.length === 0) throw invalid("at least one association type is needed")
        for (const type of payload) state.associations.add(from, fromId, to, toId, type)
        exchange.changed({ resource: "associations", kind: "created", key: key(pair) })
        return {
          fromObjectTypeId: tableOf(state, from).kind.typeId,
          fromObjectId: fromId,
          toObjectTypeId: tableOf(state, to).kind.typeId,
          toObjectId: toId,
          labels: payload
            .filter((type) => type.associationCategory === "USER_DEFINED")
            .map((type) => `label ${type.associationTypeId}`)
        }
      }),
    remove: ({ path }, exchange) =>
      Emulator.step(() => {
        const pair = [typeName(path.fromType), path.fromId, typeName(path.toType), path.toId] as const
        if (state.associations.remove(...pair)) {
          exchange.changed({ resource: "associations", kind: "archived", key: key(pair) })
        }
      })
  }
}

const handlers = (state: State): Handlers => {
  const types = ["contacts", "companies", "deals"] as const
  const typeOf = (id: string) => types.find((type) => state[type].find(id, undefined) !== undefined)
  return {
    contacts: objects(state.contacts, state.associations, typeOf),
    companies: objects(state.companies, state.associations, typeOf),
    deals: objects(state.deals, state.associations, typeOf),
    associations: associations(state),
    owners: {
      list: ({ urlParams }) =>
        Emulator.step(() => {
          const found = state.owners.filter((one) =>
            one.archived === (urlParams.archived ?? false) &&
            (urlParams.email === undefined || one.email === urlParams.email)
          )
          return slice(found, (one) => one.id, urlParams.after, urlParams.limit ?? 100)
        })
    },
    account: {
      details: () =>
        Effect.succeed({
          portalId: 4242,
          accountType: "DEVELOPER_TEST",
          timeZone: "Europe/Berlin",
          companyCurrency: "EUR",
          additionalCurrencies: [],
          utcOffset: "+01:00",
          utcOffsetMilliseconds: 3_600_000,
          uiDomain: "app.hubspot.com",
          dataHostingLocation: "eu1"
        })
    }
  }
}

/** Which requests HubSpot counts against which of its limits. */
const isSearch = (operation: string): boolean => operation.endsWith(".search")

/**
 * HubSpot's limits, to be enforced by the emulator: so many requests in any 10 seconds (190 on the larger plans, 110 for
 * an OAuth app, 100 on the smallest), 5 searches a second, and a number a day.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 190. */
  readonly tenSecondly?: number
  /** Default 5. */
  readonly searchSecondly?: number
  /** Default 625,000. */
  readonly daily?: number
  /** HubSpot does not document a `Retry-After` on its 429s. Default false. */
  readonly retryAfter?: boolean
}): ReadonlyArray<Emulator.Quota> => {
  const retryAfter = options?.retryAfter ?? false
  return [
    {
      name: "TEN_SECONDLY_ROLLING",
      limit: options?.tenSecondly ?? 190,
      window: "10 seconds",
      applies: (operation) => !isSearch(operation),
      retryAfter
    },
    { name: "SECONDLY", limit: options?.searchSecondly ?? 5, window: "1 second", applies: isSearch, retryAfter },
    { name: "DAILY", limit: options?.daily ?? 625_000, window: "1 day", retryAfter }
  ]
}

/** The answers to a search carry no rate-limit headers. */
const rateLimitHeaders = (quotas: ReadonlyArray<Emulator.QuotaView>): Readonly<Record<string, string>> => {
  const rolling = quotas.find(({ quota }) => quota.name === "TEN_SECONDLY_ROLLING")
  const daily = quotas.find(({ quota }) => quota.name === "DAILY")
  if (rolling === undefined) return {}
  return {
    "x-hubspot-ratelimit-max": String(rolling.quota.limit),
    "x-hubspot-ratelimit-remaining": String(rolling.remaining),
    "x-hubspot-ratelimit-interval-milliseconds": String(rolling.windowMillis),
    ...(daily === undefined ? undefined : {
      "x-hubspot-ratelimit-daily": String(daily.quota.limit),
      "x-hubspot-ratelimit-daily-remaining": String(daily.remaining)
    })
  }
}

const snapshotOf = (state: State): unknown => ({
  contacts: state.contacts.records,
  companies: state.companies.records,
  deals: state.deals.records,
  associations: state.associations.snapshot,
  owners: state.owners
})

/**
 * Starts a HubSpot in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/hubspot"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const hubspot = yield* Emulator.make({
 *     faults: Faults.heavy(42, { outages: [{ afterRequests: 200, for: "5 seconds" }] }),
 *     rateLimit: Emulator.limits({ tenSecondly: 190 })
 *   })
 *   // … run the program under test against it …
 *   const byEmail = Ledger.tally(yield* hubspot.ledger, "contacts")
 *   yield* Effect.log(byEmail["ada@example.com"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> => {
  const version = options.version ?? "v3"
  return Emulator.make({
    // codecs are compiled once per declaration: the default one is shared
    integration: { id: "hubspot", version, api: version === "v3" ? Api.HubSpotApi : Api.make({ version }) },
    state: makeState(options),
    handlers,
    error: Bodies.error,
    authorize: Emulator.anyBearer,
    headers: ({ quotas, requestId }) => ({ "x-hubspot-correlation-id": requestId, ...rateLimitHeaders(quotas) }),
    snapshot: snapshotOf
  }, options)
}

/**
 * A HubSpot on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `HUBSPOT_BASE_URL` or
 * `HubSpot.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
