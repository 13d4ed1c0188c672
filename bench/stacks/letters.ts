/** Dead letters on stores of the benchmark's own, as many as are asked for. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { join } from "node:path"
import * as RedisNode from "../../src/core/Redis/Node.js"
import * as DeadLetterQueue from "../../src/delivery/DeadLetterQueue.js"
import * as LettersRedis from "../../src/delivery/DeadLetterQueue/Redis.js"
import * as LettersSql from "../../src/delivery/DeadLetterQueue/Sql.js"
import * as LettersSqlite from "../../src/delivery/DeadLetterQueue/Sqlite.js"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import * as PostgresServer from "../../src/testing/PostgresServer.js"
import * as RedisServer from "../../src/testing/RedisServer.js"
import { forever } from "./holdfast.js"

export type Letters = DeadLetterQueue.DeadLetterQueue["Type"]

export const integration = "hubspot"

/** Whoever sends over a network waits for it, and lets others have their turn. */
const sent = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

const built = async <E>(layer: Layer.Layer<DeadLetterQueue.DeadLetterQueue, E>): Promise<Letters> => {
  const letters = Context.get(await Effect.runPromise(forever(Layer.build(layer))), DeadLetterQueue.DeadLetterQueue)
  await Effect.runPromise(forever(letters.register(integration, () => sent)))
  return letters
}

export const stores: Readonly<Record<string, (folder: string, name: string) => Promise<Letters>>> = {
  SQLite: (folder, name) => built(LettersSqlite.layer({ filename: join(folder, `${name}.db`) })),
  PostgreSQL: async () => {
    const { url } = await Effect.runPromise(forever(PostgresServer.make()))
    return built(
      Layer.provide(LettersSql.layer(), PgClient.layer({ maxConnections: 10, url: Redacted.make(url) }))
    )
  },
  Redis: async () => {
    const { url } = await Effect.runPromise(forever(RedisServer.make()))
    return built(Layer.provide(LettersRedis.layer({ checkServer: false }), RedisNode.layer({ url })))
  }
}

const operations = ["contacts.create", "contacts.update", "deals.create", "deals.update"]

const batch = 2_000

/** A store with so many, and the id of the one in their middle. */
export interface Filled {
  readonly letters: Letters
  readonly middle: string
}

export const fill = async (letters: Letters, count: number): Promise<Filled> => {
  let middle = ""
  for (let at = 0; at < count; at += batch) {
    const ids = await Effect.runPromise(Effect.forEach(
      Array.from({ length: Math.min(batch, count - at) }, (_, i) => at + i),
      (i) => letters.capture(letter({ idempotencyKey: `key-${i}`, operation: operations[i % operations.length]! })),
      { concurrency: "unbounded" }
    ))
    middle = ids[Math.floor(count / 2) - at] ?? middle
  }
  return { letters, middle }
}

/** What people and programs ask of them, page by page and letter by letter. */
export const questions = ({ letters, middle }: Filled): ReadonlyMap<string, Effect.Effect<unknown, unknown>> =>
  new Map<string, Effect.Effect<unknown, unknown>>([
    ["list, the first page", letters.list()],
    ["list, from the middle", letters.list({}, { after: middle })],
    [
      "list, of a filter",
      letters.list({ errorTag: "ServerError", integration, operation: "deals.create", state: "pending" })
    ],
    ["group", letters.groups()],
    ["group, of a filter", letters.groups({ operation: "deals.create" })],
    ["count", letters.stats()],
    [
      "claim, and settle",
      Effect.flatMap(
        letters.list({ state: "pending" }, { limit: 1 }),
        ({ items: [first] }) => letters.replay(first!.id)
      )
    ]
  ])
