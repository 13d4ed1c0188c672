/** The tables of the delivery room. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { migrate } from "../../internal/sqlMigrations.js"

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

export const run = migrate({
  steps: { "0001_lease_queue": leaseQueue, "0002_signatures": signatures },
  table: "holdfast_migrations"
})
