/**
 * What Holdfast asks of a Redis: commands, Lua scripts as typed values, and channels whose subscribers learn of gaps. The
 * layers over the official driver are in `core/Redis/Node`; nothing here loads it.
 *
 * A command is never queued for a Redis that is away: it fails at once. Nor does any wait for longer than the command
 * timeout. All times are real ones, whatever the clock of the fiber: it is the other side's time.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { ParseError } from "effect/ParseResult"
import type * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * Why Redis did not do what it was asked.
 *
 * | reason | |
 * |---|---|
 * | `disconnected` | there is no connection at the moment; nothing was sent |
 * | `overloaded` | too many commands are under way; nothing was sent |
 * | `argument` | an argument cannot be sent, such as a number that is no safe integer; nothing was sent |
 * | `refused` | the server said no; `code` is the first word of its answer, such as `READONLY` |
 * | `lost` | the connection broke before the answer came: it may have happened |
 * | `timeout` | no answer within the command timeout: it may have happened |
 * | `reply` | the answer is not what the script promises: it has happened |
 * | `setup` | the options are no good |
 *
 * @since 0.1.0
 * @category errors
 */
export class RedisError extends Schema.TaggedError<RedisError>("holdfast/RedisError")("RedisError", {
  cause: Schema.optional(Schema.Defect),
  code: Schema.optional(Schema.String),
  message: Schema.String,
  reason: Schema.Literal(
    "disconnected",
    "overloaded",
    "argument",
    "refused",
    "lost",
    "timeout",
    "reply",
    "setup"
  )
}) {
  /** Whether the server may have done it all the same. */
  get mayHaveHappened(): boolean {
    return this.reason === "lost" || this.reason === "timeout" || this.reason === "reply"
  }
}

/**
 * A number must be a safe integer: Lua and Redis would read any other in a way of their own.
 *
 * @since 0.1.0
 * @category models
 */
export type Argument = string | number

/**
 * A Lua script: one atomic step, with typed parameters and a typed result.
 *
 * @since 0.1.0
 * @category models
 */
export interface Script<Params extends ReadonlyArray<unknown>, A> {
  readonly name: string
  readonly lua: string
  readonly encode: (...params: Params) => {
    readonly keys: ReadonlyArray<string>
    readonly args?: ReadonlyArray<Argument> | undefined
  }
  readonly decode: (reply: unknown) => Either.Either<A, ParseError>
}

/**
 * Makes a script. Every key that it touches must be among `keys`, and in a cluster all keys of one call must be on one
 * node: give them a common hash tag, as in `holdfast:{orders}:state` and `holdfast:{orders}:votes`.
 *
 * The server must see the same text for the same script: what varies is an argument.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Redis from "holdfast/core/Redis"
 *
 * const raise = Redis.script({
 *   name: "raise",
 *   lua: `local now = redis.call("INCRBY", KEYS[1], ARGV[1])
 * redis.call("PEXPIRE", KEYS[1], ARGV[2])
 * return now`,
 *   encode: (key: string, by: number) => ({ keys: [key], args: [by, 60_000] }),
 *   result: Schema.Int
 * })
 *
 * const program = Redis.run(raise, "holdfast:{counter}", 5)
 * ```
 *
 * @since 0.1.0
 * @category scripts
 */
export const script = <Params extends ReadonlyArray<unknown>, A, I>(options: {
  /** For error messages. */
  readonly name: string
  readonly lua: string
  readonly encode: Script<Params, A>["encode"]
  /** Of what the script returns: strings, integers, arrays of them, and `null` for Lua's `false`. */
  readonly result: Schema.Schema<A, I>
}): Script<Params, A> => ({
  decode: Schema.decodeUnknownEither(options.result),
  encode: options.encode,
  lua: options.lua,
  name: options.name
})

/**
 * What a subscriber hears.
 *
 * @since 0.1.0
 * @category models
 */
export type Notice = Data.TaggedEnum<{
  /**
   * From here on nothing is missed; what was said before may have been. Comes first of all, after each gap, and when the
   * subscriber was too slow and messages had to be dropped. Time to read the state.
   */
  Attached: {}
  Message: { readonly text: string }
  /** The connection is gone. `Attached` follows when it is back. */
  Lost: {}
}>

/**
 * @since 0.1.0
 * @category models
 */
export const Notice = Data.taggedEnum<Notice>()

/**
 * @since 0.1.0
 * @category services
 */
export class Redis extends Context.Tag("holdfast/Redis")<Redis, {
  /**
   * One command: `redis.send("SET", key, "1", "PX", 1000)`. In a cluster its first argument says which node is asked, as
   * the key that nearly all commands begin with. An interrupted command may still happen.
   */
  readonly send: (command: string, ...args: ReadonlyArray<Argument>) => Effect.Effect<unknown, RedisError>
  /** Runs a script. The server gets its text once, and again whenever it has forgotten it. */
  readonly run: <Params extends ReadonlyArray<unknown>, A>(
    script: Script<Params, A>,
    ...params: Params
  ) => Effect.Effect<A, RedisError>
  /**
   * The keys that match a pattern (`holdfast:*`), of every master of a cluster, each once. For operators: the server looks
   * at all the keys that it has, a few hundred at a time. A key that comes or goes meanwhile may be among them or not.
   */
  readonly scan: (pattern: string) => Effect.Effect<ReadonlyArray<string>, RedisError>
  /**
   * Listens to a channel for as long as the scope lasts. Subscribers of one channel share one subscription. It never
   * fails: where there is no connection, `Attached` comes when there is one.
   */
  readonly subscribe: (channel: string) => Effect.Effect<Queue.Dequeue<Notice>, never, Scope.Scope>
}>() {}

/**
 * @since 0.1.0
 * @category accessors
 */
export const send = (command: string, ...args: ReadonlyArray<Argument>): Effect.Effect<unknown, RedisError, Redis> =>
  Effect.flatMap(Redis, (redis) => redis.send(command, ...args))

/**
 * @since 0.1.0
 * @category accessors
 */
export const run = <Params extends ReadonlyArray<unknown>, A>(
  script: Script<Params, A>,
  ...params: Params
): Effect.Effect<A, RedisError, Redis> => Effect.flatMap(Redis, (redis) => redis.run(script, ...params))

/**
 * @since 0.1.0
 * @category accessors
 */
export const subscribe = (channel: string): Effect.Effect<Queue.Dequeue<Notice>, never, Redis | Scope.Scope> =>
  Effect.flatMap(Redis, (redis) => redis.subscribe(channel))
