/**
 * A Redis of its own for a test. Needs `redis-server` on the PATH.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as binaries from "./internal/binaries.js"
import * as serverProcess from "./internal/serverProcess.js"
import { type TestServer, TestServerError } from "./TestServer.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** More of the server's settings: `["--appendonly", "yes"]`. */
  readonly args?: ReadonlyArray<string> | undefined
}

/**
 * Starts a Redis, empty and without persistence: what it held is gone when it is killed, as with a fail-over to an empty
 * replica. For one that remembers, give it `--appendonly yes`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { RedisServer } from "holdfast/testing"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const redis = yield* RedisServer.make()
 *   yield* Effect.log(redis.url)
 *   yield* redis.kill
 *   yield* redis.start
 * }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<TestServer, TestServerError, Scope.Scope> =>
  Effect.suspend(() => {
    const binary = binaries.redisServer()
    return binary === undefined
      ? new TestServerError({ message: "redis-server is not on the PATH: install Redis (Debian: redis-server)" })
      : serverProcess.make({
        command: (folder, port) => [
          binary,
          ...["--bind", serverProcess.host, "--port", String(port), "--dir", folder],
          ...["--save", "", "--appendonly", "no", "--daemonize", "no"],
          ...(options?.args ?? [])
        ],
        name: "Redis",
        prepare: () => Promise.resolve(),
        // one with a password asks for it as soon as it takes clients
        ready: async (port) => /^(\+PONG|-NOAUTH)/.test((await serverProcess.ask(port, "PING\r\n"))?.toString() ?? ""),
        // without a save, and at once
        stop: "SIGTERM",
        url: (port) => `redis://${serverProcess.host}:${port}`,
        user: binaries.unprivileged(["redis"])
      })
  })
