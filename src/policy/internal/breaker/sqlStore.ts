/**
 * The shared record in a SQL database, one row a key. A step reads the row and the database's clock, runs the core's own
 * step here, and writes if nobody has written meanwhile, else begins again: no process holds a lock while it thinks, and
 * the steps that are taken have times in the order in which they are taken.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Background from "../../../internal/background.js"
import * as Records from "../../../internal/sqlRecords.js"
import * as PgPush from "../pgPush.js"
import type { View } from "./mirrorCore.js"
import * as Shared from "./sharedCore.js"
import { type Listed, listed, type Store, StoreError } from "./store.js"

export interface Options {
  /** Processes share what they have the same space for. */
  readonly space: string
  /** Milliseconds between two looks at what has changed, where the database does not push. */
  readonly pollInterval: number
}

interface Row {
  readonly now: string | number
  readonly version: string | number | null
  readonly expires_at: string | number | null
  readonly kept: string | null
}

interface Change {
  readonly now: string | number
  readonly name: string
  readonly view: string
  readonly changed_at: string | number
}

/** The row of another layout would be in another table. */
export const table = "holdfast_breakers_1"

export const layout: Records.Table = {
  columns: `changed_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  kept TEXT NOT NULL,
  view TEXT NOT NULL`,
  index: { column: "changed_at", name: `${table}_changed` },
  table
}

/** A look back from the last look, so that what was committed late is not missed. */
const overlap = 1_000

/** What came a while ago: the durations in it have run on. */
const aged = (view: View, millis: number): View => ({
  ...view,
  closedFor: view.closedFor + millis,
  gatherLeft: Math.max(0, view.gatherLeft - millis),
  openLeft: Math.max(0, view.openLeft - millis)
})

const viewOf = (text: string): View | undefined => {
  try {
    return JSON.parse(text) as View
  } catch {
    return undefined
  }
}

const away = (error: SqlError) => new StoreError({ cause: error, message: Records.innermost(error), reason: "away" })

/** Of a row that somebody else has written to, nothing is believed. */
const parse = (kept: string): Effect.Effect<Shared.Kept, StoreError> =>
  Effect.try({
    catch: (cause) => new StoreError({ cause, message: "the row is not a record", reason: "nonsense" }),
    try: () => {
      const value = JSON.parse(kept) as Shared.Kept
      if (!Number.isFinite(value.record.generation) || !Number.isFinite(value.record.counts.total)) {
        throw new Error(kept)
      }
      return value
    }
  })

/** `clock`: for tests, the SQL that says the time. */
export const make = (client: SqlClient.SqlClient, { pollInterval, space }: Options, clock?: string): Store => {
  const sql = client.withoutTransforms()
  const rows = sql(table)
  const isPg = sql.onDialectOrElse({ orElse: () => false, pg: () => true })
  const now = sql.literal(clock ?? Records.clock(isPg))
  const number = sql.literal(isPg ? "::bigint" : "")

  const look = (key: string) =>
    sql<
      Row
    >`SELECT clock.now AS now, b.version AS version, b.expires_at AS expires_at, CASE WHEN b.expires_at > clock.now THEN b.kept END AS kept
FROM (SELECT ${now} AS now) clock LEFT JOIN ${rows} b ON b.space = ${space} AND b.name = ${key}`

  /** One row where it was written. */
  const write = (key: string, version: number | undefined, row: Written) => {
    const { changedAt, expiresAt, kept, view } = row
    const written = version === undefined
      ? sql`INSERT INTO ${rows} (space, name, version, changed_at, expires_at, kept, view)
VALUES (${space}, ${key}, 1, ${changedAt ?? 0}, ${expiresAt}, ${kept}, ${view})
ON CONFLICT (space, name) DO NOTHING RETURNING name`
      : changedAt === undefined
      ? sql`UPDATE ${rows} SET version = version + 1, expires_at = ${expiresAt}${number}, kept = ${kept}
WHERE space = ${space} AND name = ${key} AND version = ${version}${number} RETURNING name`
      : sql`UPDATE ${rows} SET version = version + 1, expires_at = ${expiresAt}${number}, kept = ${kept},
changed_at = ${changedAt}${number}, view = ${view} WHERE space = ${space} AND name = ${key} AND version = ${version}${number}
RETURNING name`
    return isPg && changedAt !== undefined
      ? sql`WITH written AS (${written}) SELECT pg_notify(${PgPush.channel}, ${
        PgPush.text(space, key, view)
      }) FROM written`
      : written
  }

  const attempt = (key: string, step: Shared.Step, terms: Shared.Terms) =>
    Effect.gen(function*() {
      const [row] = yield* look(key)
      if (row === undefined) return yield* new StoreError({ message: "the database tells no time", reason: "nonsense" })
      const time = Number(row.now)
      const kept = row.kept === null ? Shared.initial(terms, time) : yield* parse(row.kept)
      const before = row.kept === null ? -1 : kept.record.revision
      const answer = Shared.take(kept, terms, step, time)
      // who only looks leaves no trace, but for being there
      const isKept = row.kept !== null && Number(row.expires_at) - time > terms.timeToLive / 2
      if (step._tag === "read" && !step.present && isKept) return answer
      const written = yield* write(key, row.version === null ? undefined : Number(row.version), {
        changedAt: kept.record.revision === before ? undefined : time,
        expiresAt: time + Shared.timeToLive(kept, terms, time),
        kept: JSON.stringify(kept),
        view: JSON.stringify(answer.view)
      })
      return written.length === 0 ? undefined : answer
    })

  const setUp = Records.makeTable(sql, { ...layout, isPg })

  const list = Effect.gen(function*() {
    const found = yield* sql<{ readonly now: string | number; readonly name: string; readonly kept: string }>`
SELECT clock.now AS now, b.name AS name, b.kept AS kept
FROM (SELECT ${now} AS now) clock, ${rows} b WHERE b.space = ${space} AND b.expires_at > clock.now`
    const circuits: Array<Listed> = []
    for (const row of found) {
      const kept = yield* Effect.either(parse(row.kept))
      if (Either.isRight(kept)) circuits.push(listed(row.name, kept.right.record, Number(row.now)))
    }
    return circuits
  })

  const sweep = Records.sweep(sql, table, space, now)

  const poll = (onPush: (key: string, view: View) => void) =>
    Effect.gen(function*() {
      const lost = yield* Deferred.make<StoreError>()
      const [first] = yield* sql<{ readonly now: string | number }>`SELECT ${now} AS now`
      const revisions = new Map<string, number>()
      let since = Number(first?.now ?? 0)
      const once = Effect.map(
        sql<Change>`SELECT ${now} AS now, name, view, changed_at FROM ${rows}
WHERE space = ${space} AND changed_at > ${since - overlap}`,
        (changes) => {
          for (const { changed_at, name, now, view } of changes) {
            const told = viewOf(view)
            if (told === undefined || (revisions.get(name) ?? 0) >= told.revision) continue
            revisions.set(name, told.revision)
            since = Math.max(since, Number(changed_at))
            onPush(name, aged(told, Number(now) - Number(changed_at)))
          }
        }
      )
      const look = Effect.suspend(() => once).pipe(Effect.catchIf(Records.isBusy, () => Effect.void))
      yield* Effect.forkScoped(
        Effect.forever(Effect.zipRight(Background.sleep(pollInterval), look)).pipe(
          Effect.catchAllCause((cause) =>
            Deferred.succeed(lost, new StoreError({ cause, message: "the changes cannot be read", reason: "away" }))
          )
        )
      )
      return { check: Effect.void, lost: Deferred.await(lost) }
    })

  return {
    client,
    list: Records.apart(Effect.mapError(list, away)),
    name: isPg ? "PostgreSQL" : "the database",
    step: (key, step, terms) => Records.apart(Records.untilTaken(attempt(key, step, terms), away)),
    subscribe: (onPush) =>
      Records.apart(Effect.mapError(
        Effect.gen(function*() {
          yield* setUp
          const pushes = isPg && PgPush.canListen(client)
            ? yield* PgPush.subscribe(client, space, onPush)
            : yield* poll(onPush)
          return { ...pushes, check: Effect.zipLeft(pushes.check, Effect.mapError(sweep, away)) }
        }),
        (error) => error instanceof SqlError ? away(error) : error
      ))
  }
}

interface Written {
  /** Absent: there is nothing that others must hear of. */
  readonly changedAt: number | undefined
  readonly expiresAt: number
  readonly kept: string
  readonly view: string
}
