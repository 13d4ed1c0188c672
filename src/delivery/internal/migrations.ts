/** The tables of the delivery room. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { migrate, pending as notRun } from "../../internal/sqlMigrations.js"

const leaseQueue = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const types = sql.onDialectOrElse({
    pg: () => ({ seq: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", text: "TEXT COLLATE \"C\"" }),
    orElse: () => ({ seq: "INTEGER PRIMARY KEY AUTOINCREMENT", text: "TEXT" })
  })
  const seq = sql.literal(types.seq)
  const text = sql.literal(types.text)

  yield* sql`CREATE TABLE holdfast_lease_items (
  seq ${seq},
  id ${text} NOT NULL,
  queue ${text} NOT NULL,
  state ${text} NOT NULL,
  partition_key ${text},
  on_park ${text} NOT NULL,
  dedupe_key ${text},
  dedupe_until BIGINT NOT NULL,
  priority INTEGER NOT NULL,
  not_before BIGINT NOT NULL,
  attempts INTEGER NOT NULL,
  stalls INTEGER NOT NULL,
  token BIGINT NOT NULL,
  lease_owner TEXT,
  lease_since BIGINT,
  lease_until BIGINT,
  lease_from TEXT,
  version INTEGER NOT NULL,
  payload TEXT NOT NULL,
  last_error TEXT,
  source ${text} NOT NULL,
  kind ${text} NOT NULL,
  reason ${text} NOT NULL,
  attempted_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
)`
  yield* sql`CREATE UNIQUE INDEX holdfast_lease_items_id ON holdfast_lease_items (id)`
  yield* sql`CREATE UNIQUE INDEX holdfast_lease_items_dedupe ON holdfast_lease_items (queue, dedupe_key)
WHERE dedupe_key IS NOT NULL`
  yield* sql`CREATE INDEX holdfast_lease_items_ready ON holdfast_lease_items (queue, priority, not_before, id)
WHERE state = 'ready'`
  yield* sql`CREATE INDEX holdfast_lease_items_leased ON holdfast_lease_items (queue, lease_until)
WHERE state = 'leased'`
  yield* sql`CREATE INDEX holdfast_lease_items_partition
ON holdfast_lease_items (queue, partition_key, on_park, state, seq) WHERE partition_key IS NOT NULL`
  yield* sql`CREATE INDEX holdfast_lease_items_state ON holdfast_lease_items (queue, state, id)`
  yield* sql`CREATE INDEX holdfast_lease_items_source ON holdfast_lease_items (queue, state, source, id)`
  yield* sql`CREATE INDEX holdfast_lease_items_kind ON holdfast_lease_items (queue, state, kind, id)`
  yield* sql`CREATE INDEX holdfast_lease_items_reason ON holdfast_lease_items (queue, state, reason, id)`
  yield* sql`CREATE INDEX holdfast_lease_items_updated ON holdfast_lease_items (queue, state, updated_at, id)`

  yield* sql`CREATE TABLE holdfast_lease_ledger (
  seq ${seq},
  item_id ${text} NOT NULL,
  token BIGINT,
  owner TEXT,
  started_at BIGINT,
  at BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT,
  not_before BIGINT
)`
  yield* sql`CREATE INDEX holdfast_lease_ledger_item ON holdfast_lease_ledger (item_id, token)`
})

const signatures = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const text = sql.literal(sql.onDialectOrElse({ pg: () => "TEXT COLLATE \"C\"", orElse: () => "TEXT" }))
  yield* sql`ALTER TABLE holdfast_lease_items ADD COLUMN signature ${text} NOT NULL DEFAULT ''`
  yield* sql`ALTER TABLE holdfast_lease_items ADD COLUMN failed_at BIGINT`
  yield* sql`CREATE INDEX holdfast_lease_items_signature ON holdfast_lease_items (queue, state, signature, id)`
})

const labels = "queue, state, source, kind, reason, signature"

const labelled = (row: "NEW" | "OLD"): string => labels.replaceAll(/\w+/g, (label) => `${row}.${label}`)

const of = (row: "NEW" | "OLD"): string => labels.split(", ").map((label) => `${label} = ${row}.${label}`).join(" AND ")

/** One writer at a time: each change of an item counts at once. */
const countInSqlite = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    const more = `INSERT INTO holdfast_lease_counts (${labels}, items) VALUES (${labelled("NEW")}, 1)
  ON CONFLICT (${labels}) DO UPDATE SET items = items + 1;`
    const less = `UPDATE holdfast_lease_counts SET items = items - 1 WHERE ${of("OLD")};
  DELETE FROM holdfast_lease_counts WHERE ${of("OLD")} AND items = 0;`
    const when = (event: string, steps: string) =>
      sql.unsafe(`CREATE TRIGGER holdfast_lease_count_${event.slice(0, 6).toLowerCase()}
AFTER ${event} ON holdfast_lease_items${
        event.startsWith("UPDATE") ? ` WHEN (${labelled("NEW")}) <> (${labelled("OLD")})` : ""
      }
BEGIN
  ${steps}
END`)
    yield* when("INSERT", more)
    yield* when("DELETE", less)
    yield* when(`UPDATE OF ${labels}`, `${more}\n  ${less}`)
  })

/**
 * Writers that count in one row would wait for each other. Each adds what it has changed as a row of its own, and now and
 * then one of them makes one of all that nobody else is just making one of.
 */
const countInPostgres = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    yield* sql.unsafe(`CREATE FUNCTION holdfast_lease_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO holdfast_lease_counts (${labels}, items)
    SELECT ${labels}, count(*) FROM after_rows GROUP BY ${labels};
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO holdfast_lease_counts (${labels}, items)
    SELECT ${labels}, -count(*) FROM before_rows GROUP BY ${labels};
  ELSE
    INSERT INTO holdfast_lease_counts (${labels}, items)
    SELECT ${labels}, sum(items) FROM (
      SELECT ${labels}, 1 AS items FROM after_rows UNION ALL SELECT ${labels}, -1 AS items FROM before_rows
    ) AS changes GROUP BY ${labels} HAVING sum(items) <> 0;
  END IF;
  -- a stricter transaction would fail on rows that another one has just put together
  IF random() < 0.01 AND current_setting('transaction_isolation') = 'read committed' THEN
    WITH parts AS (
      DELETE FROM holdfast_lease_counts
      WHERE ctid = ANY (ARRAY (SELECT ctid FROM holdfast_lease_counts FOR UPDATE SKIP LOCKED))
      RETURNING ${labels}, items
    )
    INSERT INTO holdfast_lease_counts (${labels}, items)
    SELECT ${labels}, sum(items) FROM parts GROUP BY ${labels} HAVING sum(items) <> 0;
  END IF;
  RETURN NULL;
END $$`)
    for (
      const [event, rows] of [
        ["INSERT", "NEW TABLE AS after_rows"],
        ["DELETE", "OLD TABLE AS before_rows"],
        ["UPDATE", "NEW TABLE AS after_rows OLD TABLE AS before_rows"]
      ] as const
    ) {
      yield* sql.unsafe(
        `CREATE TRIGGER holdfast_lease_count_${event.toLowerCase()} AFTER ${event} ON holdfast_lease_items
REFERENCING ${rows} FOR EACH STATEMENT EXECUTE FUNCTION holdfast_lease_count()`
      )
    }
  })

/** How many items there are of each kind, kept by the database itself, so that nobody has to count a million of them. */
const counts = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const isPg = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const columns = labels.split(", ").map((label) => `${label} ${isPg ? "TEXT COLLATE \"C\"" : "TEXT"} NOT NULL`)
  yield* sql.unsafe(`CREATE TABLE holdfast_lease_counts (
  ${columns.join(",\n  ")},
  items BIGINT NOT NULL${isPg ? "\n)" : `,\n  PRIMARY KEY (${labels})\n) WITHOUT ROWID`}`)
  yield* isPg ? countInPostgres(sql) : countInSqlite(sql)
  yield* sql.unsafe(`INSERT INTO holdfast_lease_counts (${labels}, items)
SELECT ${labels}, count(*) FROM holdfast_lease_items GROUP BY ${labels}`)
  // when the items of a kind failed for the first time, and for the last
  const times = [["first", "created_at"], ["last", "coalesce(failed_at, created_at)"]] as const
  for (const [name, time] of times) {
    yield* sql.unsafe(`CREATE INDEX holdfast_lease_items_${name} ON holdfast_lease_items
(queue, state, signature, source, kind, reason, (${time})) WHERE signature <> ''`)
  }
})

const all = {
  steps: { "0001_lease_queue": leaseQueue, "0002_signatures": signatures, "0003_counts": counts },
  table: "holdfast_migrations"
}

export const run = migrate(all)

/** Names of what has not been run. */
export const pending = notRun(all)
