/**
 * A server of its own for a test: it may be stopped, killed, stalled and started again, since nobody else uses it.
 *
 * The process, its data and its port are gone when the scope closes, and also when the process of the test dies. It
 * listens on the loopback interface alone, and asks for no password.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestServer {
  /** For the server's client, and for other processes. It stays the same over restarts. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** Ready for clients when it returns. Nothing where it runs already. The data is that of the last run. */
  readonly start: Effect.Effect<void, TestServerError>
  /** An orderly end. */
  readonly stop: Effect.Effect<void>
  /** An end without warning, as when the machine dies. */
  readonly kill: Effect.Effect<void>
  /** It neither reads nor answers, and its connections stay open. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
}

/**
 * A server that cannot be started. The message says what to install, or what the server said.
 *
 * @since 0.1.0
 * @category errors
 */
export class TestServerError extends Data.TaggedError("TestServerError")<{ readonly message: string }> {}
