/** The lease queue over a SQL client: the core's decisions, in transactions of their own or in the caller's. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Records from "../../internal/sqlRecords.js"
import * as LeaseQueue from "../LeaseQueue.js"
import * as groupCommit from "./groupCommit.js"
import * as core from "./leaseQueueCore.js"
import * as input from "./leaseQueueInput.js"
import { type EntryRow, type ItemRow, toEntry } from "./leaseQueueRows.js"
import * as claims from "./leaseQueueSqlClaims.js"
import * as offers from "./leaseQueueSqlOffer.js"
import * as reads from "./leaseQueueSqlReads.js"
import * as steps from "./leaseQueueSqlSteps.js"
import * as migrations from "./migrations.js"
import * as session from "./sqlSession.js"

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

/** How what is offered at the same time is committed. */
export interface Commits {
  /** Messages in one transaction, at most. */
  readonly maxSize: number
  /** Transactions that are made, and not yet on the disk. */
  readonly inFlight: number
  /** Waits until what has been committed is on the disk, where the commit does not. */
  readonly synced: Effect.Effect<void, SqlError>
}

/** Of a driver that does all at once: for more, nothing else in the process would have its turn for too long. */
const settledTogether = 16

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

export const make = (
  options?: Options,
  commits: Commits = { inFlight: 1, maxSize: 256, synced: Effect.void }
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
    const inWrite = session.write(sql, patience, commits.synced)
    const offering = offers.make(sql)
    const { occupied, offer } = offering
    const onOne = steps.make(sql, offering, maxStalls)
    const { behind, find, look, now, past, persist, sweepOne } = onOne
    const { claim, sweepAll, sweepSome } = claims.make(sql, onOne, inWrite)
    const { failures, groups, labelled, list, stats, watermark } = reads.make(sql)

    const settleAll = (batch: ReadonlyArray<Effect.Effect<steps.Settled, SqlError>>) =>
      guard(inWrite(Effect.all(batch)))

    const settleAlone = (step: Effect.Effect<steps.Settled, SqlError>) => guard(inWrite(step))

    // one that is refused has written nothing, and keeps no other from being made
    const settleTogether = groupCommit.make({
      commit: settleAll,
      inFlight: commits.inFlight,
      maxSize: settledTogether,
      size: () => 1
    })

    // PostgreSQL commits what comes at the same time together by itself, and locks of many items could cross
    const settle = sql.onDialectOrElse({
      orElse: () => settleAlone,
      sqlite: () => (step: Effect.Effect<steps.Settled, SqlError>) =>
        Effect.flatMap(session.inTransaction, (nested) => nested && joins ? settleAlone(step) : settleTogether(step))
    })

    const onItem = (
      id: string,
      decide: (item: core.Item, time: number) => Effect.Effect<core.Decision, SqlError>,
      sweepFirst = false
    ): Effect.Effect<core.Item, LeaseQueue.LeaseQueueError> =>
      Effect.gen(function*() {
        const found = yield* find(id)
        if (Option.isNone(found)) {
          return { _tag: "no", error: steps.notFound(id) } satisfies steps.Settled
        }
        const time = yield* now
        let item = found.value
        if (sweepFirst && core.leaseEnded(item, time)) {
          yield* sweepOne(item, time)
          item = Option.getOrElse(yield* find(id), () => found.value)
        }
        return yield* persist(item, yield* decide(item, time), time)
      }).pipe(
        settle,
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

    const afterSweep = <A>(queue: string, read: Effect.Effect<A, SqlError>) =>
      guard(Effect.zipRight(sweepAll(queue), read))

    const commit = (batch: ReadonlyArray<ReadonlyArray<LeaseQueue.NewItem>>) =>
      Effect.gen(function*() {
        const time = yield* now
        const all = yield* offer(batch.flatMap((items) => items.map((item) => input.offer(item, time))), time)
        let start = 0
        return batch.map((items) => all.slice(start, start += items.length))
      }).pipe(inWrite, guard)

    const grouped = groupCommit.make({
      commit,
      inFlight: commits.inFlight,
      maxSize: commits.maxSize,
      size: (items) => Math.max(items.length, 1)
    })

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
          Effect.flatMap(Option.match({ onNone: () => steps.notFound(id), onSome: Effect.succeed }))
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
