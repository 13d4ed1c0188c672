/**
 * Circuit breakers that the processes of one host share through an SQLite file. See `CircuitBreaker/Sql`.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import type * as CircuitBreaker from "../CircuitBreaker.js"
import * as SqliteFile from "../internal/sqliteFile.js"
import * as Sql from "./Sql.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Sql.Options {
  /** The file; made when it is not there. On a disk of the host's own: SQLite's locks do not work over a network. */
  readonly filename: string
}

/**
 * With a connection of its own: the driver stops the whole process while it waits for another one's write, and what is
 * written here need not survive a power cut. Where the file is deleted or replaced, all go over to the one in its place.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CircuitBreaker.CircuitBreakers> =>
  Layer.provide(Sql.layer(options), SqliteFile.layer(options.filename))
