/**
 * The shared record of a limit in a SQL database, one row a key. A step reads the row and the database's clock, runs the
 * core's own step here, and writes if nobody has written meanwhile, else begins again: no process holds a lock while it
 * thinks.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Background from "../../../internal/background.js"
import * as Records from "../../../internal/sqlRecords.js"
import { monotonicMillis } from "../../../internal/time.js"
import * as PgPush from "../pgPush.js"
import * as Lease from "./leaseCore.js"
import { type LeaseStore, type Listener, StoreError } from "./leasedLimiters.js"

export interface Options {
  /** Processes share what they have the same space for. */
  readonly space: string
  /** Milliseconds between two looks for cool-downs, where the database does not push. */
  readonly pollInterval: number
  /** Milliseconds that the database may take. */
  readonly timeout: number
}

/** The row of another layout would be in another table. */
export const table = "holdfast_limits_1"

export const layout: Records.Table = {
  columns: `held_at DOUBLE PRECISION NOT NULL,
  held_until DOUBLE PRECISION NOT NULL,
  expires_at DOUBLE PRECISION NOT NULL,
  ledger TEXT NOT NULL`,
  index: { column: "held_at", name: `${table}_held` },
  table
}
export const channel = "holdfast_limits_1"

interface Row {
  readonly now: string | number
  readonly version: string | number | null
  readonly ledger: string | null
}

/** A look back from the last look, so that what was committed late is not missed. */
const overlap = 1_000
/** Milliseconds between two looks at whether pushes still come, and at what has expired. */
const heartbeat = 5_000
const longestPause = 5_000

const away = (error: unknown) => new StoreError({ away: true, cause: error, message: Records.innermost(error) })

/** Of a row that somebody else has written to, nothing is believed. */
const parse = (text: string): Effect.Effect<Lease.Ledger, StoreError> =>
  Effect.try({
    catch: (cause) => new StoreError({ away: false, cause, message: "the row is not a record" }),
    try: () => {
      const ledger = JSON.parse(text) as Lease.Ledger
      if (![ledger.tokens, ledger.at, ledger.seen, ledger.cooldownUntil].every(Number.isFinite)) throw new Error(text)
      return ledger
    }
  })

export const make = (client: SqlClient.SqlClient, { pollInterval, space, timeout }: Options): LeaseStore => {
  const sql = client.withoutTransforms()
  const rows = sql(table)
  const isPg = sql.onDialectOrElse({ orElse: () => false, pg: () => true })
  const now = sql.literal(
    isPg
      ? "(extract(epoch FROM clock_timestamp()) * 1000)::float8"
      : "round((julianday('now') - 2440587.5) * 86400000)"
  )
  const number = sql.literal(isPg ? "::float8" : "")

  const look = (key: string) =>
    sql<Row>`SELECT clock.now AS now, l.version AS version, l.ledger AS ledger
FROM (SELECT ${now} AS now) clock LEFT JOIN ${rows} l ON l.space = ${space} AND l.name = ${key}`

  /** One row where it was written. `heldAt`: all are to hear of its cool-down. */
  const write = (key: string, version: number | undefined, ledger: Lease.Ledger, keep: number, heldAt?: number) => {
    const text = JSON.stringify(ledger)
    const expires = ledger.seen + keep
    const { cooldownUntil } = ledger
    const written = version === undefined
      ? sql`INSERT INTO ${rows} (space, name, version, held_at, held_until, expires_at, ledger)
VALUES (${space}, ${key}, 1, ${heldAt ?? 0}, ${cooldownUntil}, ${expires}, ${text})
ON CONFLICT (space, name) DO NOTHING RETURNING name`
      : heldAt === undefined
      ? sql`UPDATE ${rows} SET version = version + 1, expires_at = ${expires}${number}, ledger = ${text}
WHERE space = ${space} AND name = ${key} AND version = ${version} RETURNING name`
      : sql`UPDATE ${rows} SET version = version + 1, held_at = ${heldAt}${number}, held_until = ${cooldownUntil}${number},
expires_at = ${expires}${number}, ledger = ${text}
WHERE space = ${space} AND name = ${key} AND version = ${version} RETURNING name`
    return isPg && heldAt !== undefined
      ? sql`WITH written AS (${written}) SELECT pg_notify(${channel}, ${
        PgPush.text(space, key, JSON.stringify(Math.ceil(cooldownUntil - ledger.seen)))
      }) FROM written`
      : written
  }

  const attempt = <A>(
    key: string,
    step: (ledger: Lease.Ledger, now: number) => A,
    keep: (ledger: Lease.Ledger, now: number) => number,
    isHold: boolean
  ) =>
    Effect.gen(function*() {
      const [row] = yield* look(key)
      if (row === undefined) return yield* new StoreError({ away: true, message: "the database tells no time" })
      const time = Number(row.now)
      const ledger = row.ledger === null ? Lease.empty() : yield* parse(row.ledger)
      const answer = step(ledger, time)
      const written = yield* write(
        key,
        row.version === null ? undefined : Number(row.version),
        ledger,
        keep(ledger, ledger.seen),
        isHold ? ledger.seen : undefined
      )
      return written.length === 0 ? undefined : { answer }
    })

  const taken = <A>(attempt: Effect.Effect<{ readonly answer: A } | undefined, StoreError | SqlError>) =>
    Records.apart(Effect.map(Records.untilTaken(attempt, away), ({ answer }) => answer))

  const setUp = Records.makeTable(sql, { ...layout, isPg })

  const sweep = Records.sweep(sql, table, space, now)

  const bounded = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | StoreError> =>
    Effect.timeoutFail(effect, { duration: 1_000, onTimeout: () => away("no answer within a second") })

  /** Ends when it does not work any more. */
  const pushed = (listener: Listener) =>
    Effect.gen(function*() {
      const pushes = yield* PgPush.subscribe<number>(
        client as Parameters<typeof PgPush.subscribe>[0],
        space,
        listener.coolDown,
        channel
      )
      listener.attached()
      const checks = Effect.forever(
        Effect.zipRight(Background.sleep(heartbeat), bounded(Effect.zipRight(pushes.check, sweep)))
      )
      return yield* Effect.raceFirst(checks, Effect.flatMap(pushes.lost, Effect.fail))
    })

  const polled = (listener: Listener) =>
    Effect.gen(function*() {
      const seen = new Map<string, number>()
      let since = Number.NEGATIVE_INFINITY
      let sweptAt = Number.NEGATIVE_INFINITY
      listener.attached()
      const once = Effect.gen(function*() {
        const changes = yield* sql<{ now: number; name: string; held_at: number; held_until: number }>`
SELECT ${now} AS now, name, held_at, held_until FROM ${rows}
WHERE space = ${space} AND held_until > ${now} AND held_at > ${Math.max(0, since - overlap)}`
        for (const { held_at, held_until, name, now } of changes) {
          since = Math.max(since, held_at)
          if ((seen.get(name) ?? 0) >= held_until) continue
          seen.set(name, held_until)
          listener.coolDown(name, held_until - now)
        }
        if (changes.length === 0) seen.clear()
        const at = monotonicMillis(yield* Effect.clock)
        if (at - sweptAt < heartbeat) return
        sweptAt = at
        yield* sweep
      })
      // who has no limiters holds nobody
      const look = Effect.suspend(() => listener.keys().length === 0 ? Effect.void : once)
      return yield* Effect.forever(
        Effect.zipRight(Background.sleep(pollInterval), Effect.catchIf(look, Records.isBusy, () => Effect.void))
      )
    })

  const kept = (listener: Listener, pause: number): Effect.Effect<void> =>
    Effect.scoped(
      Effect.zipRight(
        setUp,
        isPg && PgPush.canListen(client) ? pushed(listener) : polled(listener)
      )
    ).pipe(
      Effect.catchAllCause(() => Effect.void),
      Effect.timed,
      Effect.flatMap(([lasted]) => {
        const next = Duration.toMillis(lasted) > heartbeat ? 100 : Math.min(longestPause, pause * 2)
        return Effect.zipRight(Background.sleep(next * (0.5 + Math.random() / 2)), kept(listener, next))
      })
    )

  return {
    client,
    coolDown: (key, millis) =>
      Effect.asVoid(taken(
        attempt(
          key,
          (ledger, now) => Lease.coolDown(ledger, millis, now),
          // of the bucket nothing is known here: it stays for long enough to be full
          (ledger, now) => Math.max(ledger.cooldownUntil - now, Lease.presence) + day,
          true
        )
      )),
    listen: (listener) =>
      Records.apart(Effect.gen(function*() {
        // so that the first who ask find it; it is tried again where that does not work
        yield* Effect.ignore(Effect.timeout(setUp, timeout))
        yield* Effect.forkScoped(kept(listener, 50))
      })),
    settle: (key, bucket, request) =>
      taken(attempt(
        key,
        (ledger, now) => Lease.settle(ledger, bucket, request, now),
        (ledger, now) => Lease.lifetime(ledger, bucket, now),
        false
      ))
  }
}

const day = 86_400_000
