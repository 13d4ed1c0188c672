/**
 * A project of Supabase, emulated: tables and functions, users, buckets and objects, with the error bodies of each.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator, EmulatorServer } from "holdfast/testing"
import { EmulatedApi } from "./Api.js"
import * as Bodies from "./emulator/Bodies.js"
import { ordered, projected } from "./emulator/Evaluate.js"
import { Objects } from "./emulator/Objects.js"
import { bucketHandlers, objectHandlers } from "./emulator/StorageHandlers.js"
import { type Row, type Table, Tables } from "./emulator/Tables.js"
import { Users } from "./emulator/Users.js"
import type * as Filters from "./Filters.js"

export {
  /**
   * Supabase's bodies for errors that are injected by hand: `Faults.status(409, { body: Bodies.rows("23505", "…") })`.
   *
   * @since 0.1.0
   * @category bodies
   */
  Bodies
}

export type { Table }

/**
 * What the emulated project holds.
 *
 * @since 0.1.0
 * @category models
 */
export class Project {
  readonly tables: Tables
  readonly users = new Users()
  readonly objects = new Objects()
  /** By name: what a function makes of its arguments. */
  readonly functions = new Map<string, (args: Row) => unknown>()

  constructor(options: Options) {
    this.tables = new Tables(options.tables)
    for (const [name, run] of Object.entries(options.functions ?? {})) this.functions.set(name, run)
  }

  call(name: string, args: Row): unknown {
    const run = this.functions.get(name)
    if (run === undefined) {
      throw Bodies.refuseRows(404, "PGRST202", `Could not find the function public.${name} in the schema cache`)
    }
    return run(args)
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export type State = Project

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Emulator.Options {
  /** Those that there are. Default: any, with the key `id`. */
  readonly tables?: Readonly<Record<string, Table>> | undefined
  /** What `rpc` calls. */
  readonly functions?: Readonly<Record<string, (args: Row) => unknown>> | undefined
}

type Handlers = Emulator.Handlers<EmulatedApi>

/** As many as an answer has at most. */
const maxRows = 1000

const rangeOf = (from: number, count: number, total: number | undefined): string =>
  `${count === 0 ? "*" : `${from}-${from + count - 1}`}/${total ?? "*"}`

const isObject = ({ headers }: Emulator.Exchange): boolean =>
  headers.accept?.startsWith("application/vnd.pgrst.object+json") === true

const one = (rows: ReadonlyArray<Row>): Row => {
  const [row] = rows
  if (row === undefined || rows.length > 1) {
    throw Bodies.refuseRows(406, "PGRST116", "Cannot coerce the result to a single JSON object", {
      details: `The result contains ${rows.length} rows`
    })
  }
  return row
}

interface Reading {
  readonly where?: Filters.Filter
  readonly select?: string
  readonly order?: string
  readonly limit?: number
  readonly offset?: number
}

const read = ({ tables }: Project, table: string, asked: Reading, isCounted: boolean) => {
  const { limit = maxRows, offset = 0, order, select, where } = asked
  const all = ordered(tables.find(table, where), order)
  if (isCounted && offset > all.length) {
    throw Bodies.refuseRows(416, "PGRST103", "Requested range not satisfiable", {
      details: `An offset of ${offset} was requested, but there are only ${all.length} rows.`
    })
  }
  const rows = all.slice(offset, offset + Math.min(limit, maxRows)).map((row) => projected(row, select))
  const isPartial = isCounted && rows.length < all.length
  return {
    headers: { "content-range": rangeOf(offset, rows.length, isCounted ? all.length : undefined) },
    rows,
    status: isPartial ? 206 : 200
  }
}

/** The rows where they are asked for, as a list or one by itself. */
const answered = (
  rows: ReadonlyArray<Row>,
  how: { readonly return?: string; readonly count?: string } | undefined,
  select: string | undefined,
  exchange: Emulator.Exchange,
  status: { readonly full: number; readonly empty: number }
) => {
  const headers = { "content-range": rangeOf(0, rows.length, how?.count === undefined ? undefined : rows.length) }
  if (how?.return !== "representation") return new Emulator.Reply({ headers, status: status.empty, value: undefined })
  const shown = rows.map((row) => projected(row, select))
  return new Emulator.Reply({ headers, status: status.full, value: isObject(exchange) ? one(shown) : shown })
}

const rowHandlers = (project: Project): Handlers["rows"] => {
  const { tables } = project
  const written = { empty: 201, full: 201 }
  const changed = { empty: 204, full: 200 }
  return {
    select: ({ headers, path, urlParams }) =>
      Emulator.step(() => {
        const found = read(project, path.table, urlParams, headers.prefer?.count !== undefined)
        return new Emulator.Reply({ headers: found.headers, status: found.status, value: found.rows })
      }),
    single: ({ path, urlParams }) => Emulator.step(() => one(read(project, path.table, urlParams, false).rows)),
    count: ({ path, urlParams }) =>
      Emulator.step(() => {
        const { headers, status } = read(project, path.table, urlParams, true)
        return new Emulator.Reply({ headers, status, value: undefined })
      }),
    insert: ({ headers, path, payload, urlParams }, exchange) =>
      Emulator.step(() =>
        answered(
          tables.insert(path.table, payload, exchange.changed),
          headers.prefer,
          urlParams.select,
          exchange,
          written
        )
      ),
    upsert: ({ headers: { prefer }, path, payload, urlParams }, exchange) =>
      Emulator.step(() => {
        const { on_conflict: columns, select } = urlParams
        const { inserted, rows } = tables.upsert(path.table, payload, columns, prefer.resolution, exchange.changed)
        const status = inserted > 0 ? 201 : 200
        return answered(rows, prefer, select, exchange, { empty: status, full: status })
      }),
    put: ({ headers, path, payload, urlParams: { select, where } }, exchange) =>
      Emulator.step(() => {
        const { inserted, rows } = tables.put(path.table, where, payload, exchange.changed)
        return answered(rows, headers.prefer, select, exchange, inserted > 0 ? written : changed)
      }),
    update: ({ headers: { prefer }, path, payload, urlParams: { select, where } }, exchange) =>
      Emulator.step(() => {
        const rows = tables.update(path.table, where, payload, prefer?.["max-affected"], exchange.changed)
        return answered(rows, prefer, select, exchange, changed)
      }),
    delete: ({ headers: { prefer }, path, urlParams: { select, where } }, exchange) =>
      Emulator.step(() => {
        const rows = tables.delete(path.table, where, prefer?.["max-affected"], exchange.changed)
        return answered(rows, prefer, select, exchange, changed)
      })
  }
}

/** An error is in the form that the request's `X-Supabase-Api-Version` asks for. */
const auth = <A>(exchange: Emulator.Exchange, run: () => A): Effect.Effect<A, Emulator.EmulatorError> =>
  Effect.mapError(Emulator.step(run), (refusal) => {
    const version = exchange.headers["x-supabase-api-version"]
    const { code, message, status } = refusal
    return version === undefined || code === undefined
      ? refusal
      : new Emulator.EmulatorError({ code, details: { version }, message, status })
  })

const linkTo = (page: number, perPage: number, rel: string): string =>
  `</admin/users?page=${page}&per_page=${perPage}>; rel="${rel}"`

const userHandlers = ({ users }: Project): Handlers["users"] => ({
  list: ({ urlParams: { page, per_page: perPage } }, exchange) =>
    auth(exchange, () => {
      const found = users.page(page, perPage)
      const last = Math.max(1, Math.ceil(found.total / perPage))
      const links = [...(page < last ? [linkTo(page + 1, perPage, "next")] : []), linkTo(last, perPage, "last")]
      return new Emulator.Reply({
        headers: { link: links.join(", "), "x-total-count": String(found.total) },
        value: { aud: "authenticated", users: found.users }
      })
    }),
  create: ({ payload }, exchange) => auth(exchange, () => users.create(payload, exchange)),
  get: ({ path }, exchange) => auth(exchange, () => users.get(path.id)),
  update: ({ path, payload }, exchange) => auth(exchange, () => users.update(path.id, payload, exchange)),
  delete: ({ path, payload }, exchange) =>
    auth(exchange, () => {
      users.delete(path.id, payload.should_soft_delete === true, exchange)
      return {}
    }),
  invite: ({ payload }, exchange) => auth(exchange, () => users.invite(payload.email, payload.data, exchange))
})

const handlers = (project: Project): Handlers => ({
  rows: rowHandlers(project),
  rpc: {
    call: ({ path, payload }) => Emulator.step(() => project.call(path.function, payload)),
    read: ({ path, urlParams }) => Emulator.step(() => project.call(path.function, urlParams))
  },
  users: userHandlers(project),
  links: {
    generate: ({ payload, urlParams }, exchange) =>
      auth(exchange, () => project.users.link(payload, urlParams.redirect_to, exchange))
  },
  buckets: bucketHandlers(project.objects),
  objects: objectHandlers(project.objects),
  project: {
    health: () =>
      Effect.succeed({
        description: "GoTrue is a user registration and authentication API",
        name: "GoTrue",
        version: "v2"
      }),
    settings: () => Effect.succeed({ disable_signup: false, external: { email: true }, mailer_autoconfirm: false }),
    storage: () => Effect.succeed({ healthy: true })
  }
})

const isToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)

/**
 * Takes any key in `apikey`; beside it a token, or the same key again, but not a key of the new kind by itself: those are no
 * tokens. A signed URL needs neither.
 *
 * @since 0.1.0
 * @category credentials
 */
export const authorize: Emulator.Authorize = ({ apikey, authorization }, { token }) => {
  if (typeof token === "string" && token.startsWith("signed-")) return true
  if (apikey === undefined || apikey === "") return false
  const bearer = authorization?.replace(/^Bearer /i, "")
  return bearer === undefined || bearer === apikey || isToken(bearer)
}

/**
 * Starts a project in memory. It wants a key, any one unless `authorize` says otherwise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "holdfast/providers/supabase"
 * import { Faults, Ledger } from "holdfast/testing"
 *
 * const program = Effect.gen(function*() {
 *   const supabase = yield* Emulator.make({
 *     faults: Faults.light(42),
 *     tables: { orders: { primaryKey: ["id"], required: ["status"], unique: [["number"]] } }
 *   })
 *   // … run the program under test against it …
 *   return Ledger.tally(yield* supabase.ledger, "orders")
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Emulator.Emulator<State>> =>
  Emulator.make({
    integration: { id: "supabase", version: "v1", api: EmulatedApi },
    state: () => new Project(options),
    handlers,
    error: Bodies.error,
    authorize,
    secretHeaders: ["apikey"],
    secretQuery: ["token"],
    snapshot: ({ objects, tables, users }) => ({
      buckets: [...objects.buckets.values()],
      tables: tables.snapshot,
      users: [...users.all.values()]
    })
  }, options)

/**
 * A project on a free port of 127.0.0.1 (or on `port`), for as long as the scope lasts. Point `SUPABASE_URL` or
 * `Supabase.layer({ baseUrl })` at it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve: EmulatorServer.Serve<Options, State> = EmulatorServer.serving(make)
