/**
 * What a token endpoint has answered: tokens, or why there are none.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * What was granted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tokens {
  readonly accessToken: Redacted.Redacted
  /** Absent: the provider has sent none, and the one that was used goes on. */
  readonly refreshToken?: Redacted.Redacted | undefined
  /** From the answer on. Absent: the provider has not said. */
  readonly expiresIn?: Duration.Duration | undefined
  /** Those that were granted, with spaces between. Absent: those that were asked for. */
  readonly scope?: string | undefined
}

/**
 * No tokens.
 *
 * | reason | |
 * |---|---|
 * | `terminal` | the same request will not succeed: `invalid_grant`, `invalid_client`, `unauthorized_client`, `access_denied` |
 * | `transient` | it may, later: no connection, no answer in time, 429, 5xx |
 * | `inconclusive` | the answer is none that says either |
 *
 * @since 0.1.0
 * @category errors
 */
export class ExchangeError extends Schema.TaggedError<ExchangeError>("holdfast/ExchangeError")("ExchangeError", {
  reason: Schema.Literal("terminal", "transient", "inconclusive"),
  /** The provider's own: `invalid_grant`. */
  code: Schema.optional(Schema.String),
  message: Schema.String,
  /** How long the provider asks to wait. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  cause: Schema.optional(Schema.Defect)
}) {}
