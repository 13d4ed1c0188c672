/**
 * A process with many callers of one connection. On each line of its input all of them ask at once, and it says which
 * access token they were given, and each change of a status that it has made.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Logger, LogLevel, Option, Redacted, Stream } from "effect"
import { CredentialCipher, type CredentialStore, TokenRefresh } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import { createHash } from "node:crypto"
import * as readline from "node:readline"
import { exchange, type Server } from "./exchange.js"
import { textOf } from "./provider.js"

export interface Options {
  readonly callers: number
  /** A file, or a URL of PostgreSQL. */
  readonly database: string
  readonly key: string
  /** Milliseconds. */
  readonly lease: number
  readonly ref: CredentialStore.Ref
  readonly server: Server
  /** Killed when it has the provider's answer, and has not written it down. */
  readonly diesWithAnswer: boolean
}

const die = Effect.sync(() => void process.kill(process.pid, "SIGKILL"))

const run = ({ callers, database, diesWithAnswer, key, lease, ref, server }: Options) => {
  const say = (line: string) => Effect.sync(() => void process.stdout.write(`${line}\n`))
  const store: Layer.Layer<CredentialStore.CredentialStore, unknown> = (database.includes("://")
    ? Layer.provide(CredentialSql.layer(), PgClient.layer({ maxConnections: 2, url: Redacted.make(database) }))
    : CredentialSqlite.layer({ filename: database })).pipe(
      Layer.provide(CredentialCipher.layer({ current: { id: "k1", key: Redacted.make(key) } }))
    )
  const ask = exchange(server)
  const layer = TokenRefresh.layer({
    exchange: (current, ref) =>
      Effect.tap(ask(current, ref), () => diesWithAnswer ? Effect.zipRight(die, Effect.never) : Effect.void),
    exchangeTimeout: lease / 2,
    lease,
    // each time anew: the test writes an end into the store that has come
    timeToLive: 0
  })
  return Effect.gen(function*() {
    const refresh = yield* TokenRefresh.TokenRefresh
    yield* Effect.fork(
      Stream.runForEach(
        refresh.changes,
        ({ from, status: { state, why } }) =>
          say(`change ${from} ${state} ${Option.getOrElse(Option.map(why, ({ reason }) => reason), () => "")}`)
      )
    )
    yield* say("ready")
    const lines = readline.createInterface({ input: process.stdin })
    yield* Stream.fromAsyncIterable(lines, (cause) => `no input: ${String(cause)}`).pipe(
      Stream.runForEach(() =>
        Effect.flatMap(
          Effect.forEach(Array.from({ length: callers }), () =>
            Effect.match(refresh.get(ref), {
              onFailure: ({ message, reason }) => `${reason} ${message}`,
              // the token itself is nobody's business
              onSuccess: (credential) => createHash("sha256").update(textOf(credential)).digest("hex")
            }), { concurrency: "unbounded" }),
          (all) => say(`got ${JSON.stringify([...new Set(all)])}`)
        )
      )
    )
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(layer, store)), Logger.withMinimumLogLevel(LogLevel.None))
}

if (process.argv[2] !== undefined) {
  Effect.runPromise(run(JSON.parse(process.argv[2]) as Options)).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(String(error))
      process.exit(1)
    }
  )
}
