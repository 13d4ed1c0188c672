/**
 * Idempotency in an SQLite file of its own, which the processes of one host may share. What is kept survives a crash of the
 * process and a power cut. See `Idempotency/Sql`.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as sqliteFile from "../../internal/sqliteFile.js"
import * as Records from "../../internal/sqlRecords.js"
import * as Idempotency from "../Idempotency.js"
import * as session from "../internal/sqlSession.js"
import * as Sql from "./Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Sql.Options {
  /** The file; made when it is not there. On a disk of the host's own: SQLite's locks do not work over a network. */
  readonly filename: string
  /** How long opening it may wait for other processes. Default `5 seconds`. */
  readonly patience?: Duration.DurationInput | undefined
}

const cannotOpen = (filename: string) => (error: unknown) =>
  new Idempotency.IdempotencyError({
    cause: error,
    key: "",
    message: `the idempotency keys in "${filename}" cannot be opened (${Records.innermost(error)}): ${
      sqliteFile.mend(filename, error)
    }`,
    reason: "storage"
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Idempotency.Idempotency["Type"], Idempotency.IdempotencyError, Scope.Scope> =>
  Effect.gen(function*() {
    const patience = Duration.toMillis(options.patience ?? "5 seconds")
    const sql = yield* session.retryContention(sqliteFile.open(options.filename, patience), patience)
    return yield* Effect.provideService(Sql.make(options), SqlClient.SqlClient, sql)
  }).pipe(Effect.mapError(cannotOpen(options.filename)))

/**
 * Fails with reason `storage`, naming the file and the mend, when the file cannot be opened.
 *
 * @example
 * ```ts
 * import * as Sqlite from "holdfast/delivery/Idempotency/Sqlite"
 *
 * const keys = Sqlite.layer({ filename: "idempotency.db" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Idempotency.Idempotency, Idempotency.IdempotencyError> =>
  Layer.scoped(Idempotency.Idempotency, make(options))
