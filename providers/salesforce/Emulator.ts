/**
 * An org of Salesforce, emulated: records, queries, collections, composites and changes, with Salesforce's own rules and
 * error bodies.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import * as Api from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import * as Composite from "./emulator/Composite.js"
import { described, type ObjectDefinition, standard } from "./emulator/Objects.js"
import { Queries } from "./emulator/Queries.js"
import * as Records from "./emulator/Records.js"
import { Org, type Row } from "./emulator/Store.js"

export {
  /**
   * Salesforce's bodies for errors that are injected by hand: `Faults.status(403, { body: Bodies.daily })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  FieldType,
  /**
   * @since 0.1.0
   * @category models
   */
  ObjectDefinition
} from "./emulator/Objects.js"

/**
 * What the emulated org holds.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly org: Org
  readonly queries: Queries
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Default `v67.0`. */
  readonly version?: Api.Version | undefined
  /**
   * More types of object, or others than those that an org begins with: Account, Contact, Lead and Opportunity, each with
   * `External_Id__c`, which is unique, and `Legacy_Id__c`, which is not.
   */
  readonly objects?: Readonly<Record<string, ObjectDefinition>> | undefined
}

type Handlers = Emulator.Handlers<Api.SalesforceApi>

const minute = 60_000

/** What is covered ends with the last whole minute. */
const covered = (end: DateTime.Utc, now: number): DateTime.Utc =>
  DateTime.unsafeMake(Math.floor(Math.min(end.epochMillis, now) / minute) * minute)

const recordHandlers = ({ org }: State, base: string): Handlers["records"] => ({
  create: ({ path, payload }, exchange) => Emulator.step(() => Records.made(org.create(path.type, payload, exchange))),
  get: ({ path, urlParams }) =>
    Emulator.step(() => Records.shown(org, org.get(path.type, path.id), urlParams.fields, base)),
  update: ({ path, payload }, exchange) => Emulator.step(() => void org.update(path.type, path.id, payload, exchange)),
  delete: ({ path }, exchange) => Emulator.step(() => void org.delete(path.type, path.id, exchange)),
  upsert: ({ path, payload, urlParams }, exchange) =>
    Emulator.step(() => {
      const result = org.upsert(path.type, path.field, path.value, payload, exchange, urlParams.updateOnly)
      return new Emulator.Reply({ value: Records.upserted(result), status: result.created ? 201 : 200 })
    }),
  describe: ({ path }) => Emulator.step(() => described(org.typeOf(path.type), org.definitionOf(path.type))),
  updated: ({ path, urlParams: { end, start } }, exchange) =>
    Emulator.step(() => ({
      ids: Records.changedBetween(org, path.type, start.epochMillis, end.epochMillis, false).map(({ id }) => id),
      latestDateCovered: covered(end, exchange.now)
    })),
  deleted: ({ path, urlParams: { end, start } }, exchange) =>
    Emulator.step(() => ({
      deletedRecords: Records.changedBetween(org, path.type, start.epochMillis, end.epochMillis, true).map(
        ({ at, id }) => ({ deletedDate: DateTime.unsafeMake(at), id })
      ),
      earliestDateAvailable: DateTime.unsafeMake(0),
      latestDateCovered: covered(end, exchange.now)
    }))
})

const collectionHandlers = ({ org }: State, base: string): Handlers["collections"] => {
  const idOf = (record: Readonly<Record<string, unknown>>) => Records.parts(record).id
  return {
    create: ({ payload }, exchange) =>
      Emulator.step(() =>
        Records.collection(org, exchange, {
          allOrNone: payload.allOrNone ?? false,
          items: payload.records,
          idOf,
          run: (record, write) => {
            const { fields, type } = Records.parts(record)
            return Records.made(org.create(type, fields, write))
          }
        })
      ),
    get: ({ path, payload }) =>
      Emulator.step(() => {
        const type = org.typeOf(path.type)
        return payload.ids.map((id) => {
          const row: Row | undefined = org.find(id)
          return row === undefined || row.type !== type || row.values.IsDeleted === true
            ? null
            : Records.shown(org, row, payload.fields, base)
        })
      }),
    update: ({ payload }, exchange) =>
      Emulator.step(() =>
        Records.collection(org, exchange, {
          allOrNone: payload.allOrNone ?? false,
          items: payload.records,
          idOf,
          run: (record, write) => {
            const { fields, id = "", type } = Records.parts(record)
            return Records.made(org.update(type, id, fields, write))
          }
        })
      ),
    upsert: ({ path, payload }, exchange) =>
      Emulator.step(() =>
        Records.collection(org, exchange, {
          allOrNone: payload.allOrNone ?? false,
          items: payload.records,
          idOf,
          run: (record, write) => Records.upsertInto(org, path.type, path.field, Records.parts(record).fields, write)
        })
      ),
    delete: ({ urlParams }, exchange) =>
      Emulator.step(() =>
        Records.collection(org, exchange, {
          allOrNone: urlParams.allOrNone ?? false,
          items: urlParams.ids,
          idOf: (id) => id,
          run: (id, write) => Records.made(org.delete(undefined, id, write))
        })
      )
  }
}

const defaultDaily = 15_000

/** Requests of the last 24 hours, as the last answer said. */
interface Usage {
  readonly daily: number
  used: number
}

const handlers = (base: string, usage: Usage) => (state: State): Handlers => {
  const world = { ...state, base }
  const query = (all: boolean): Handlers["soql"]["query"] => ({ headers, urlParams }) =>
    Emulator.step(() => state.queries.run(urlParams.q, { all, size: headers["sforce-query-options"] }))
  return {
    soql: {
      query: query(false),
      queryAll: query(true),
      more: ({ path }) => Emulator.step(() => state.queries.more(path.locator))
    },
    records: recordHandlers(state, base),
    collections: collectionHandlers(state, base),
    composite: {
      run: ({ payload }, exchange) => Emulator.step(() => Composite.run(world, payload, exchange)),
      batch: ({ payload }, exchange) => Emulator.step(() => Composite.batch(world, payload, exchange))
    },
    org: {
      limits: () =>
        Effect.sync(() => ({
          // this request is one too
          DailyApiRequests: { Max: usage.daily, Remaining: usage.daily - usage.used - 1 },
          DataStorageMB: { Max: 5, Remaining: 5 },
          FileStorageMB: { Max: 20, Remaining: 20 }
        })),
      resources: () =>
        Effect.succeed({
          identity: "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
          sobjects: `${base}/sobjects`,
          query: `${base}/query`,
          queryAll: `${base}/queryAll`,
          composite: `${base}/composite`,
          limits: `${base}/limits`
        })
    }
  }
}

/**
 * Salesforce's limit, to be enforced by the emulator: so many requests in any 24 hours. Too many long requests at once are
 * a fault by plan, `Faults.status(403, { body: Bodies.concurrent })`: the emulator has no long ones.
 *
 * @since 0.1.0
 * @category limits
 */
export const limits = (options?: {
  /** Default 15,000, of a Developer Edition. */
  readonly daily?: number
}): ReadonlyArray<Emulator.Quota> => [
  { name: "DailyApiRequests", limit: options?.daily ?? defaultDaily, window: "1 day" }
]

const limitInfo = (usage: Usage, quotas: ReadonlyArray<Emulator.QuotaView>): Readonly<Record<string, string>> => {
  const daily = quotas.find(({ quota }) => quota.name === "DailyApiRequests")
  if (daily === undefined) return {}
  const { quota: { limit }, remaining } = daily
  usage.used = limit - remaining
  return { "sforce-limit-info": `api-usage=${usage.used}/${limit}` }
}

const dailyOf = (rateLimit: Options["rateLimit"]): number =>
  [rateLimit ?? []].flat().find(({ name }) => name === "DailyApiRequests")?.limit ?? defaultDaily

/**
 * Starts a Salesforce in memory. It wants a bearer token, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/salesforce"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const salesforce = yield* Emulator.make({ faults: Faults.light(42), rateLimit: Emulator.limits({ daily: 100 }) })
 *   // … run the program under test against it …
 *   const byExternalId = Ledger.tally(yield* salesforce.ledger, "Account")
 *   yield* Effect.log(byExternalId["A-1"]?.created)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> => {
  const version = options.version ?? "v67.0"
  const base = `/services/data/${version}`
  const rateLimit = options.rateLimit ?? limits()
  const usage: Usage = { daily: dailyOf(rateLimit), used: 0 }
  return Emulator.make({
    // codecs are compiled once per declaration: the default one is shared
    integration: { id: "salesforce", version, api: version === "v67.0" ? Api.SalesforceApi : Api.make({ version }) },
    state: (): State => {
      usage.used = 0
      const org = new Org({ ...standard, ...options.objects }, base)
      return { org, queries: new Queries(org, base) }
    },
    handlers: handlers(base, usage),
    error: Bodies.error,
    authorize: Emulator.anyBearer,
    headers: ({ quotas }) => limitInfo(usage, quotas),
    snapshot: ({ org }) => org.rows
  }, { ...options, rateLimit })
}

/**
 * A Salesforce on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `SALESFORCE_BASE_URL` or
 * `Salesforce.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
