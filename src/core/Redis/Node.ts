/**
 * Redis by its official driver for Node. Needs the optional peer `redis`, and a Redis of version 6 or later.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import { ClientOfflineError, createClient, ErrorReply, type RedisClientOptions } from "redis"
import * as link from "../internal/redisLink.js"
import * as Redis from "../Redis.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Times {
  /** How long a command may take. Default `1 second`. */
  readonly commandTimeout?: Duration.DurationInput | undefined
  /** How long a connection may take until it is ready for commands. Default `5 seconds`. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /** After how much silence the server is asked whether it is there. Default `5 seconds`. */
  readonly heartbeat?: Duration.DurationInput | undefined
  /** The longest pause between two tries to connect. Default `2 seconds`. */
  readonly maxBackoff?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Times {
  /** `redis://user:password@host:6379/0`, `rediss://` for TLS, `unix:///path/to/socket`. */
  readonly url: string | Redacted.Redacted
  /** More for the driver: TLS, credentials that change. What Holdfast decides itself is not among it. */
  readonly client?:
    | Omit<
      RedisClientOptions,
      "url" | "RESP" | "commandOptions" | "disableOfflineQueue" | "maintNotifications" | "pingInterval"
    >
    | undefined
}

/**
 * A client of the driver's, as `createClient` gives it. Commands go through it; channels are listened to on a connection
 * of its own. It must not have a `keyPrefix`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  readonly isReady: boolean
  readonly sendCommand: (args: ReadonlyArray<string>) => Promise<unknown>
  readonly duplicate: (overrides?: any) => any
}

/**
 * A cluster of the driver's, as `createCluster` gives it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cluster {
  readonly isOpen: boolean
  readonly sendCommand: (
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: Array<string>
  ) => Promise<unknown>
  readonly getRandomNode: () => any
  readonly masters: ReadonlyArray<any>
  readonly nodeClient: (node: any) => any
}

const isCluster = (client: Client | Cluster): client is Cluster => "getRandomNode" in client

const isRefusal = (error: unknown): boolean => error instanceof ErrorReply

const timing = (times: Times): link.Timing => ({
  commandTimeout: Duration.toMillis(times.commandTimeout ?? "1 second"),
  connectTimeout: Duration.toMillis(times.connectTimeout ?? "5 seconds"),
  heartbeat: Duration.toMillis(times.heartbeat ?? "5 seconds"),
  maxBackoff: Duration.toMillis(times.maxBackoff ?? "2 seconds")
})

/** Of a connection that {@link link.Link} keeps up: it does nothing by itself. */
const alone = (times: link.Timing, options: RedisClientOptions): RedisClientOptions => ({
  ...options,
  // the driver's timeout ends when the command is written
  commandOptions: { timeout: 0 },
  disableOfflineQueue: true,
  maintNotifications: "disabled",
  pingInterval: 0,
  socket: { ...options.socket, connectTimeout: times.connectTimeout, reconnectStrategy: false } as NonNullable<
    RedisClientOptions["socket"]
  >
})

/** How a command gets to the server: with the key that says which node. */
type Send = (key: string | undefined, args: ReadonlyArray<string>, done: link.Done) => () => void

/** One server that keeps keys of its own. */
type Master = (args: ReadonlyArray<string>, done: link.Done) => () => void

const ask = (master: Master, ...args: ReadonlyArray<string>): Effect.Effect<unknown, Redis.RedisError> =>
  Effect.async((resume) => {
    const cancel = master(args, resume)
    return Effect.sync(cancel)
  })

/** Keys that a server is asked to look at, at once. */
const scanned = "500"

const isPage = (reply: unknown): reply is readonly [cursor: string, keys: ReadonlyArray<string>] =>
  Array.isArray(reply) && typeof reply[0] === "string" && Array.isArray(reply[1])

const scanOne = (master: Master, pattern: string, found: Set<string>): Effect.Effect<void, Redis.RedisError> => {
  const from = (cursor: string): Effect.Effect<void, Redis.RedisError> =>
    Effect.flatMap(ask(master, "SCAN", cursor, "MATCH", pattern, "COUNT", scanned), (reply) => {
      if (!isPage(reply)) {
        return new Redis.RedisError({ message: "SCAN answered what it should not", reason: "reply" })
      }
      for (const key of reply[1]) found.add(key)
      return reply[0] === "0" ? Effect.void : from(reply[0])
    })
  return from("0")
}

/** Beyond it a subscriber is too slow, and has to read the state anew. */
const maxNotices = 1024

const teller = (queue: Queue.Queue<Redis.Notice>) => (notice: Redis.Notice): void => {
  if (queue.unsafeOffer(notice)) return
  // whoever reads the state at the end of this needs none of what came before
  Effect.runSync(Queue.takeAll(queue))
  queue.unsafeOffer(notice._tag === "Lost" ? notice : Redis.Notice.Attached())
}

const sha1s = new WeakMap<Redis.Script<any, any>, string>()

const sha1 = (script: Redis.Script<any, any>): string => {
  let digest = sha1s.get(script)
  if (digest === undefined) {
    digest = createHash("sha1").update(script.lua).digest("hex")
    sha1s.set(script, digest)
  }
  return digest
}

const service = (
  send: Send,
  subscriptions: link.Link,
  masters: () => ReadonlyArray<Master> = () => [(args, done) => send(undefined, args, done)]
): Redis.Redis["Type"] => {
  const execute = (
    key: string | undefined,
    args: ReadonlyArray<Redis.Argument>
  ): Effect.Effect<unknown, Redis.RedisError> =>
    Effect.async((resume) => {
      const words: Array<string> = []
      for (const arg of args) {
        if (typeof arg === "number" && !Number.isSafeInteger(arg)) {
          return resume(
            new Redis.RedisError({ message: `${args[0]}: ${arg} is not a safe integer`, reason: "argument" })
          )
        }
        words.push(String(arg))
      }
      const cancel = send(key, words, resume)
      return Effect.sync(cancel)
    })

  const run = <Params extends ReadonlyArray<unknown>, A>(
    script: Redis.Script<Params, A>,
    ...params: Params
  ): Effect.Effect<A, Redis.RedisError> =>
    Effect.suspend(() => {
      const { args = [], keys } = script.encode(...params)
      const rest = [keys.length, ...keys, ...args]
      return Effect.catchIf(
        execute(keys[0], ["EVALSHA", sha1(script), ...rest]),
        (error) => error.code === "NOSCRIPT",
        // the server has it from then on, and nothing was done before
        () => execute(keys[0], ["EVAL", script.lua, ...rest])
      )
    }).pipe(
      Effect.flatMap((reply) =>
        Either.mapLeft(script.decode(reply), (cause) =>
          new Redis.RedisError({
            cause,
            message: `the script ${script.name} answered what it should not: ${cause.message}`,
            reason: "reply"
          }))
      )
    )

  return Redis.Redis.of({
    run,
    scan: (pattern) =>
      Effect.suspend(() => {
        const found = new Set<string>()
        return Effect.as(
          Effect.forEach(masters(), (master) => scanOne(master, pattern, found), { discard: true }),
          found
        )
      }).pipe(Effect.map((found) => Array.from(found))),
    send: (command, ...args) => execute(args[0] === undefined ? undefined : String(args[0]), [command, ...args]),
    subscribe: (channel) =>
      Effect.gen(function*() {
        const queue = yield* Effect.acquireRelease(Queue.bounded<Redis.Notice>(maxNotices), Queue.shutdown)
        yield* Effect.acquireRelease(
          Effect.sync(() => subscriptions.subscribe(channel, teller(queue))),
          (unsubscribe) => Effect.sync(unsubscribe)
        )
        return queue
      })
  })
}

const makeLink = (
  options: link.Timing & Pick<link.Options, "create" | "name">
): Effect.Effect<link.Link, never, Scope.Scope> =>
  Effect.gen(function*() {
    const fork = Runtime.runFork(yield* Effect.runtime())
    const kept = new link.Link({
      ...options,
      isRefusal,
      // whoever uses it knows what is lost with it, and says so
      onDown: (error) => void fork(Effect.logDebug(error.message)),
      onUp: () => void fork(Effect.logDebug(`${options.name} is back`))
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => kept.close()))
    return kept
  })

/** The URL without what is secret in it, for messages. */
const nameOf = (url: URL): string => `Redis at ${url.protocol === "unix:" ? url.pathname : url.host}`

const parse = (url: string): Either.Either<URL, Redis.RedisError> =>
  URL.canParse(url) && /^(rediss?|unix):$/.test(new URL(url).protocol)
    ? Either.right(new URL(url))
    : Either.left(
      new Redis.RedisError({
        message: "the URL of Redis begins with redis://, rediss:// or unix://",
        reason: "setup"
      })
    )

/**
 * A connection of its own. When Redis cannot be reached this is logged at debug level, once, and tried again in the
 * background for as long as the scope lasts; whoever uses it says what is lost meanwhile. It fails where the server itself says no to a first connection: a wrong password, a Redis
 * that is too old.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Redis.Redis["Type"], Redis.RedisError, Scope.Scope> =>
  Effect.gen(function*() {
    const url = Redacted.isRedacted(options.url) ? Redacted.value(options.url) : options.url
    const name = nameOf(yield* parse(url))
    const times = timing(options)
    const link = yield* makeLink({
      ...times,
      create: () => createClient({ name: "holdfast", ...alone(times, { ...options.client }), url }),
      name
    })
    const failure = yield* Effect.promise(() => link.open())
    if (failure?.reason === "refused") {
      return yield* new Redis.RedisError({
        cause: failure,
        code: failure.code,
        message: failure.message,
        reason: "setup"
      })
    }
    return service((_key, args, done) => link.send(args, done), link)
  })

/**
 * Over a client or a cluster that the program has already, and closes itself. How it comes back after an outage is its
 * own business; a command fails at once while the client is not ready. A cluster queues commands for a node that is away
 * unless its `defaults` say `disableOfflineQueue`; the command timeout holds all the same.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromClient = (
  client: Client | Cluster,
  options?: Times
): Effect.Effect<Redis.Redis["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const times = timing(options ?? {})
    const create = async (): Promise<link.Connection> => {
      const other = isCluster(client) ? await client.nodeClient(client.getRandomNode()) : client
      return other.duplicate(alone(times, { socket: other.options?.socket }))
    }
    const subscriptions = yield* makeLink({ ...times, create, name: "Redis" })
    const failed = (
      reason: Redis.RedisError["reason"],
      what: string,
      cause?: unknown
    ): Either.Either<never, Redis.RedisError> =>
      Either.left(new Redis.RedisError({ cause, message: `Redis ${what}`, reason }))
    const answering = (ask: () => Promise<unknown>, done: link.Done): () => void => {
      if (!(isCluster(client) ? client.isOpen : client.isReady)) {
        done(failed("disconnected", "is away"))
        return () => undefined
      }
      return link.within(ask(), times.commandTimeout, (result, timedOut) => {
        if (Either.isRight(result)) return done(Either.right(result.right))
        if (timedOut) return done(failed("timeout", `did not answer within ${times.commandTimeout} ms`))
        // of a cluster, one node may be
        if (result.left instanceof ClientOfflineError) return done(failed("disconnected", "is away", result.left))
        done(
          isRefusal(result.left)
            ? Either.left(link.refusal(result.left))
            : failed("lost", `was lost before it answered: ${String(result.left)}`, result.left)
        )
      })
    }
    const send: Send = (key, args, done) =>
      answering(
        () => isCluster(client) ? client.sendCommand(key, false, args.slice()) : client.sendCommand(args),
        done
      )
    if (!isCluster(client)) return service(send, subscriptions)
    const masters = () =>
      client.masters.map((node): Master => (args, done) =>
        answering(async () => (await client.nodeClient(node)).sendCommand(args), done)
      )
    return service(send, subscriptions, masters)
  })

/**
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as RedisNode from "holdfast/core/Redis/Node"
 *
 * const redis = RedisNode.layer({ url: Redacted.make("redis://127.0.0.1:6379") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Redis.Redis, Redis.RedisError> =>
  Layer.scoped(Redis.Redis, make(options))

/**
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<Redis.Redis, Redis.RedisError | ConfigError> =>
  Layer.scoped(Redis.Redis, Effect.flatMap(Config.unwrap(config), make))

/**
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (client: Client | Cluster, options?: Times): Layer.Layer<Redis.Redis> =>
  Layer.scoped(Redis.Redis, fromClient(client, options))
