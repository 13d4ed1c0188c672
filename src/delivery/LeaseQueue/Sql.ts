/**
 * The lease queue in a SQL database, over the `SqlClient` of the context: PostgreSQL, whose own clock is the only one, or
 * SQLite. Workers skip what another one has locked, and wait for nobody.
 *
 * An offer joins the transaction in which it is made: when that is rolled back, nothing was offered. Outside of one,
 * offers that arrive together are committed together. The tables are `holdfast_lease_items` and
 * `holdfast_lease_ledger`; they are created by migrations kept in `holdfast_migrations`, once, however many processes
 * start together.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Records from "../../internal/sqlRecords.js"
import * as groupCommit from "../internal/groupCommit.js"
import * as core from "../internal/leaseQueueCore.js"
import * as input from "../internal/leaseQueueInput.js"
import { changing, type EntryRow, fromEntry, type ItemRow, toEntry, toItem } from "../internal/leaseQueueRows.js"
import * as offers from "../internal/leaseQueueSqlOffer.js"
import * as reads from "../internal/leaseQueueSqlReads.js"
import * as migrations from "../internal/migrations.js"
import * as session from "../internal/sqlSession.js"
import * as LeaseQueue from "../LeaseQueue.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends LeaseQueue.Options {
  /** Create or migrate the tables first. Default `true`. */
  readonly migrate?: boolean | undefined
  /**
   * Take part in the caller's transaction. Default `true`. To be switched off where the callers' transactions are those
   * of another client: `@effect/sql` does not tell one client's transaction from another's.
   */
  readonly joinTransactions?: boolean | undefined
  /** For how long a step waits for other writers of the database, in real time. Default `5 seconds`. */
  readonly patience?: Duration.DurationInput | undefined
}

type Settled = { readonly _tag: "ok"; readonly item: core.Item } | {
  readonly _tag: "no"
  readonly error: LeaseQueue.LeaseQueueError
}

const notFound = (id: string): LeaseQueue.LeaseQueueError =>
  new LeaseQueue.LeaseQueueError({ reason: "not-found", message: `there is no item ${id}` })

const failure = (reason: "storage" | "setup") =>
<A, R>(
  effect: Effect.Effect<A, session.DatabaseError, R>
): Effect.Effect<A, LeaseQueue.LeaseQueueError, R> =>
  Effect.catchAllCause(effect, (cause) =>
    Option.match(session.databaseError(cause), {
      onNone: () => Effect.failCause(Cause.stripFailures(cause)),
      onSome: (error) =>
        new LeaseQueue.LeaseQueueError({
          reason,
          message: `the database failed: ${Records.innermost(error)}`,
          cause: error
        })
    }))

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<LeaseQueue.LeaseQueue["Type"], LeaseQueue.LeaseQueueError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const patience = input.millis(options?.patience ?? "5 seconds")
    const maxStalls = input.maxStalls(options)
    if (options?.migrate !== false) {
      yield* failure("setup")(session.retryContention(migrations.run, patience))
    }

    const joins = options?.joinTransactions !== false
    const guard = <A>(effect: Effect.Effect<A, session.DatabaseError>): Effect.Effect<A, LeaseQueue.LeaseQueueError> =>
      failure("storage")(joins ? effect : Records.apart(effect))
    const inWrite = session.write(sql, patience)
    const { forUpdate, lockPartition, occupied, offer, promote } = offers.make(sql)
    const { failures, groups, labelled, list, stats, watermark } = reads.make(sql)
    const skipLocked = sql.onDialectOrElse({
      pg: () => sql.literal("FOR UPDATE SKIP LOCKED"),
      orElse: () => sql.literal("")
    })
    // Processes on one SQLite file share a machine and its clock; a database server has one of its own
    const now: Effect.Effect<number, SqlError> = sql.onDialectOrElse({
      pg: () =>
        Effect.map(
          sql<{ now: string }>`SELECT ${sql.literal(Records.clock(true))} AS now`,
          (rows) => Number(rows[0]?.now)
        ),
      orElse: () => Clock.currentTimeMillis
    })

    const record = (entry: core.Entry) => sql`INSERT INTO holdfast_lease_ledger ${sql.insert(fromEntry(entry))}`

    const find = (id: string): Effect.Effect<Option.Option<core.Item>, SqlError> =>
      Effect.map(
        sql<ItemRow>`SELECT * FROM holdfast_lease_items WHERE id = ${id} ${forUpdate}`,
        (rows) => Option.map(Option.fromNullable(rows[0]), toItem)
      )

    const look = (id: string): Effect.Effect<Option.Option<core.Item>, SqlError> =>
      Effect.map(
        sql<ItemRow>`SELECT * FROM holdfast_lease_items WHERE id = ${id}`,
        (rows) => Option.map(Option.fromNullable(rows[0]), toItem)
      )

    const behind = (item: core.Item): Effect.Effect<boolean, SqlError> =>
      item.partitionKey === undefined
        ? Effect.succeed(false)
        : Effect.zipRight(
          lockPartition(item.queue, item.partitionKey),
          occupied(item.queue, item.partitionKey, item.seq)
        )

    const sweepOne = (item: core.Item, time: number): Effect.Effect<unknown, SqlError> =>
      Effect.flatMap(
        behind(item),
        (occupied) => persist(item, core.sweep(item, { maxStalls, occupied, now: time }), time)
      )

    const persist = (before: core.Item, decision: core.Decision, time: number): Effect.Effect<Settled, SqlError> =>
      Effect.gen(function*() {
        if (decision._tag === "refused") {
          return {
            _tag: "no",
            error: new LeaseQueue.LeaseQueueError({ reason: decision.reason, message: decision.message })
          }
        }
        if (decision._tag === "changed") {
          yield* sql`UPDATE holdfast_lease_items SET ${sql.update(changing(decision.item))} WHERE seq = ${before.seq}`
          if (decision.entry !== undefined) yield* record(decision.entry)
          if (before.partitionKey !== undefined && core.frees(before, decision.item)) {
            yield* promote(before.queue, before.partitionKey, time)
          }
        }
        return { _tag: "ok", item: decision.item }
      })

    const onItem = (
      id: string,
      decide: (item: core.Item, time: number) => Effect.Effect<core.Decision, SqlError>,
      sweepFirst = false
    ): Effect.Effect<core.Item, LeaseQueue.LeaseQueueError> =>
      Effect.gen(function*() {
        const found = yield* find(id)
        if (Option.isNone(found)) {
          return { _tag: "no", error: notFound(id) } satisfies Settled
        }
        const time = yield* now
        let item = found.value
        if (sweepFirst && core.leaseEnded(item, time)) {
          yield* sweepOne(item, time)
          item = Option.getOrElse(yield* find(id), () => found.value)
        }
        return yield* persist(item, yield* decide(item, time), time)
      }).pipe(
        inWrite,
        guard,
        Effect.flatMap((settled) => settled._tag === "ok" ? Effect.succeed(settled.item) : settled.error)
      )

    const get = (id: string): Effect.Effect<Option.Option<core.Item>, SqlError> =>
      Effect.gen(function*() {
        const found = yield* look(id)
        const time = yield* now
        if (Option.isNone(found) || !core.leaseEnded(found.value, time)) {
          return found
        }
        yield* inWrite(Effect.flatMap(find(id), (again) =>
          Option.isSome(again)
            ? sweepOne(again.value, time)
            : Effect.void))
        return yield* look(id)
      })

    const past = (item: core.Item, token: number): Effect.Effect<ReadonlyArray<core.Entry>, SqlError> =>
      item.lease?.token === token ? Effect.succeed([]) : Effect.map(
        sql<EntryRow>`SELECT * FROM holdfast_lease_ledger WHERE item_id = ${item.id} AND token = ${token}`,
        (rows) => rows.map(toEntry)
      )

    const sweepSome = (queue: string, limit: number, time: number): Effect.Effect<number, SqlError> =>
      Effect.gen(function*() {
        const rows = yield* sql<ItemRow>`SELECT * FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'leased' AND lease_until <= ${time} ORDER BY lease_until LIMIT ${limit} ${skipLocked}`
        for (const row of rows) {
          const item = toItem(row)
          yield* sweepOne(item, time)
        }
        return rows.length
      })

    const anyEnded = (queue: string, time: number): Effect.Effect<boolean, SqlError> =>
      Effect.map(
        sql`SELECT 1 AS ended FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'leased' AND lease_until <= ${time} LIMIT 1`,
        (rows) => rows.length > 0
      )

    const sweepAll = (queue: string): Effect.Effect<void, SqlError> =>
      Effect.gen(function*() {
        const time = yield* now
        while (yield* anyEnded(queue, time)) {
          yield* inWrite(sweepSome(queue, 100, time))
        }
      })

    const afterSweep = <A>(queue: string, read: Effect.Effect<A, SqlError>) =>
      guard(Effect.zipRight(sweepAll(queue), read))

    const nextPriority = (queue: string, above: number): Effect.Effect<Option.Option<number>, SqlError> =>
      Effect.map(
        sql<{ priority: number | null }>`SELECT min(priority) AS priority FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'ready' AND priority > ${above}`,
        (rows) => Option.fromNullable(rows[0]?.priority)
      )

    const due = (queue: string, limit: number, time: number, lock: typeof forUpdate) =>
      Effect.gen(function*() {
        const found: Array<core.Item> = []
        let priority = yield* nextPriority(queue, -101)
        while (Option.isSome(priority) && found.length < limit) {
          const rows = yield* sql<ItemRow>`SELECT * FROM holdfast_lease_items
WHERE queue = ${queue} AND state = 'ready' AND priority = ${priority.value} AND not_before <= ${time}
ORDER BY not_before, id LIMIT ${limit - found.length} ${lock}`
          for (const row of rows) found.push(toItem(row))
          priority = yield* nextPriority(queue, priority.value)
        }
        return found
      })

    const claimSome = (claim: input.Claim): Effect.Effect<ReadonlyArray<core.Item>, SqlError> =>
      Effect.gen(function*() {
        const time = yield* now
        yield* sweepSome(claim.queue, 100, time)
        const found = yield* due(claim.queue, claim.limit, time, skipLocked)
        const first = found[0]
        if (first === undefined) {
          return []
        }
        const granted = found.map((item) => core.grant(item, "ready", claim.owner, claim.lease, time))
        yield* sql`UPDATE holdfast_lease_items SET state = 'leased', token = token + 1, lease_owner = ${claim.owner},
lease_since = ${time}, lease_until = ${granted[0]?.lease?.until ?? time}, lease_from = 'ready', updated_at = ${time}
WHERE ${sql.in("seq", found.map((item) => item.seq))}`
        return granted
      })

    const claim = (claim: input.Claim): Effect.Effect<ReadonlyArray<core.Item>, SqlError> =>
      Effect.gen(function*() {
        // An idle worker that looks again and again must not take the write lock each time
        const time = yield* now
        const some = (yield* anyEnded(claim.queue, time)) ||
          (yield* due(claim.queue, 1, time, sql.literal(""))).length > 0
        return some ? yield* inWrite(claimSome(claim)) : []
      })

    const commit = (batch: ReadonlyArray<ReadonlyArray<LeaseQueue.NewItem>>) =>
      Effect.gen(function*() {
        const time = yield* now
        const all = yield* offer(batch.flatMap((items) => items.map((item) => input.offer(item, time))), time)
        let start = 0
        return batch.map((items) => all.slice(start, start += items.length))
      }).pipe(inWrite, guard)

    const grouped = groupCommit.make({ size: (items) => Math.max(items.length, 1), maxSize: 256, commit })

    const purgeState = (state: core.State, { dryRun, query }: input.Purge, before: number, time: number) =>
      Effect.gen(function*() {
        const meant = sql.and([sql`queue = ${query.queue}`, sql`state = ${state}`, ...labelled(query)])
        let purged = 0
        let after = { updatedAt: -1, id: "" }
        while (true) {
          const rows = yield* inWrite(Effect.gen(function*() {
            const rows = yield* sql<ItemRow>`SELECT seq, id, updated_at, dedupe_until FROM holdfast_lease_items
WHERE ${meant} AND updated_at <= ${before}
AND (updated_at, id) > (${after.updatedAt}, ${after.id}) ORDER BY updated_at, id LIMIT 200`
            const gone = rows.filter((row) => Number(row.dedupe_until) <= time)
            if (gone.length > 0 && !dryRun) {
              yield* sql`DELETE FROM holdfast_lease_ledger WHERE ${sql.in("item_id", gone.map((row) => row.id))}`
              yield* sql`DELETE FROM holdfast_lease_items WHERE ${sql.in("seq", gone.map((row) => row.seq))}`
            }
            purged += gone.length
            return rows
          }))
          const last = rows[rows.length - 1]
          if (last === undefined) return purged
          after = { updatedAt: Number(last.updated_at), id: last.id }
        }
      })

    return LeaseQueue.LeaseQueue.of({
      offer: (items) =>
        items.length === 0
          ? Effect.succeed([])
          : Effect.flatMap(
            session.inTransaction,
            (nested) =>
              nested && joins
                ? Effect.uninterruptible(Effect.map(commit([items]), (results) => results[0] ?? []))
                : grouped(items)
          ),
      claim: (options) => guard(claim(input.claim(options))),
      acquire: (id, options) => {
        const asked = input.acquire(options)
        return onItem(
          id,
          (item, time) =>
            Effect.gen(function*() {
              const held = asked.ordered && (yield* behind(item))
              return core.acquire(item, { ...asked, held, now: time })
            }),
          true
        )
      },
      renew: (id, token, lease) =>
        onItem(id, (item, time) => Effect.succeed(core.renew(item, token, input.lease(lease), time))),
      complete: (id, token, options) =>
        onItem(id, (item, time) =>
          Effect.map(
            past(item, token),
            (entries) => core.complete(item, token, entries, { detail: options?.detail, now: time })
          )),
      fail: (id, token, options) =>
        onItem(id, (item, time) =>
          Effect.zipWith(
            past(item, token),
            behind(item),
            (entries, occupied) => core.fail(item, token, entries, { ...input.fail(options), occupied, now: time })
          )),
      release: (id, token, options) =>
        onItem(id, (item, time) =>
          Effect.zipWith(
            past(item, token),
            behind(item),
            (entries, occupied) =>
              core.release(item, token, entries, { ...input.release(options), occupied, now: time })
          )),
      sweep: ({ limit, queue }) =>
        Effect.flatMap(now, (time) => inWrite(sweepSome(queue, input.limit(limit, 100), time))).pipe(
          guard
        ),
      edit: (id, version, { detail, ...patch }) =>
        onItem(id, (item, time) => Effect.succeed(core.edit(item, version, patch, detail, time)), true),
      discard: (id, options) =>
        onItem(id, (item, time) => Effect.succeed(core.discard(item, options?.detail, time)), true),
      park: (id, options) => onItem(id, (item, time) => Effect.succeed(core.park(item, options?.detail, time)), true),
      unpark: (id, options) =>
        onItem(id, (item, time) =>
          Effect.map(
            behind(item),
            (occupied) => core.unpark(item, options?.to ?? "ready", occupied, options?.detail, time)
          ), true),
      purge: (options) =>
        Effect.gen(function*() {
          const time = yield* now
          const purge = input.purge(options)
          let purged = 0
          for (const state of purge.query.states) {
            purged += yield* purgeState(state, purge, time - purge.age, time)
          }
          return purged
        }).pipe(guard),
      get: (id) => guard(get(id)),
      held: (id) =>
        get(id).pipe(
          Effect.flatMap(Option.match({
            onNone: () => Effect.succeedNone,
            onSome: ({ partitionKey, queue, seq }) =>
              Effect.asSome(partitionKey === undefined ? Effect.succeed(false) : occupied(queue, partitionKey, seq))
          })),
          guard,
          Effect.flatMap(Option.match({ onNone: () => notFound(id), onSome: Effect.succeed }))
        ),
      history: (id) =>
        guard(Effect.map(
          sql<EntryRow>`SELECT * FROM holdfast_lease_ledger WHERE item_id = ${id} ORDER BY seq`,
          (rows) => rows.map(toEntry)
        )),
      list: (filter, page) => afterSweep(filter.queue, list(input.filter(filter), input.page(page))),
      groups: (filter, by) => afterSweep(filter.queue, groups(input.filter(filter), by)),
      failures: (filter) => afterSweep(filter.queue, failures(input.filter(filter))),
      stats: (queue) => afterSweep(queue, stats(queue)),
      watermark: guard(watermark)
    })
  })

/**
 * The lease queue over the `SqlClient` of the context.
 *
 * @example
 * ```ts
 * import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
 * import * as Layer from "effect/Layer"
 * import * as LeaseQueueSql from "holdfast/delivery/LeaseQueue/Sql"
 *
 * const queue = Layer.provide(LeaseQueueSql.layer(), SqliteClient.layer({ filename: "app.db" }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<LeaseQueue.LeaseQueue, LeaseQueue.LeaseQueueError, SqlClient.SqlClient> =>
  Layer.effect(LeaseQueue.LeaseQueue, make(options))
