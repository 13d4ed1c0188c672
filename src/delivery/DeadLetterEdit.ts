/**
 * Decisions on dead letters that change or remove what is stored: edits, and purges.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { type Filter, type PlainBody, State } from "./DeadLetter.js"

/**
 * What an edit changes of a stored request; what is left out stays.
 *
 * @since 0.1.0
 * @category models
 */
export interface Edit {
  /** Path and query, or a URL of the origin that it had. */
  readonly url?: string | undefined
  /** All of them. No credential: a replay is signed anew. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: PlainBody | undefined
  readonly contentType?: string | undefined
  /**
   * `fresh`: another key, as a provider that has seen the old one may answer what it answered then, or refuse another body
   * under the same key. `keep`: where it surely has not seen it, or the key is a business key. Default `fresh`.
   */
  readonly idempotencyKey?: "fresh" | "keep" | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface EditOptions {
  /** The `version` of the letter that was edited. */
  readonly version: number
  /** For the history: why, and by whom. No part of a body. */
  readonly reason?: string | undefined
}

/**
 * - `version`: somebody else has changed the letter in between; read it again
 * - `empty`: nothing would be changed
 * - `origin`: another server than the call's own, which would be given its credential
 * - `credential`: a credential would be stored
 *
 * @since 0.1.0
 * @category errors
 */
export class EditRefusedError extends Schema.TaggedError<EditRefusedError>("holdfast/EditRefusedError")(
  "EditRefusedError",
  {
    id: Schema.String,
    reason: Schema.Literal("version", "empty", "origin", "credential"),
    message: Schema.String
  }
) {}

/**
 * @since 0.1.0
 * @category models
 */
export interface PurgeOptions {
  /** For how long a letter has not changed. */
  readonly olderThan: Duration.DurationInput
  /** Default all that are final. One that names another state is refused. */
  readonly filter?: Omit<Filter, "olderThan" | "newerThan"> | undefined
  /** Counts what would be removed, and removes nothing. Default `false`. */
  readonly dryRun?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PurgeReport {
  /** Letters that were removed, or would be. */
  readonly purged: number
  readonly replayed: number
  readonly discarded: number
}

/**
 * The filter names a state that is not final. What is not final is not lost by a purge: discard it first.
 *
 * @since 0.1.0
 * @category errors
 */
export class PurgeRefusedError extends Schema.TaggedError<PurgeRefusedError>("holdfast/PurgeRefusedError")(
  "PurgeRefusedError",
  {
    states: Schema.Array(State),
    message: Schema.String
  }
) {}
