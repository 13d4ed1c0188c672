/**
 * A process that runs each of the keys once, or waits for whoever does. It says what it began, and what came of it.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Idempotency } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as IdempotencyRedis from "holdfast/delivery/Idempotency/Redis"
import * as IdempotencySql from "holdfast/delivery/Idempotency/Sql"
import * as IdempotencySqlite from "holdfast/delivery/Idempotency/Sqlite"

export interface Options {
  readonly name: string
  readonly url: string
  readonly space: string
  readonly keys: ReadonlyArray<string>
  /** Milliseconds that a run takes. */
  readonly lasts: number
  readonly lease: number
}

const { keys, lasts, lease, name, space, url } = JSON.parse(process.argv[2]!) as Options

const layer: Layer.Layer<Idempotency.Idempotency, unknown> = url.startsWith("redis:")
  ? Layer.provide(
    IdempotencyRedis.layer({ prefix: space }),
    RedisNode.layer({ commandTimeout: "30 seconds", url: Redacted.make(url) })
  )
  : url.startsWith("postgres")
  ? Layer.provide(IdempotencySql.layer({ space }), PgClient.layer({ url: Redacted.make(url) }))
  : IdempotencySqlite.layer({ filename: url, space })

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const program = Effect.gen(function*() {
  yield* say("ready")
  yield* Effect.async<void>((resume) => void process.stdin.once("data", () => resume(Effect.void)))
  yield* Effect.forEach(
    keys,
    (key) =>
      say(`began ${key}`).pipe(
        Effect.zipRight(Effect.sleep(lasts)),
        Effect.zipRight(say(`ended ${key}`)),
        Effect.as(name),
        Idempotency.once(key, { lease, success: Schema.String }),
        Effect.flatMap((by) => say(`outcome ${key} ${by}`))
      ),
    { concurrency: 8 }
  )
  yield* say("done")
  process.exit(0)
})

Effect.runPromise(Effect.provide(program, layer)).catch((error: unknown) => {
  process.stderr.write(String(error))
  process.exit(1)
})
