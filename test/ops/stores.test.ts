/** The same commands over each store: SQLite, PostgreSQL and Redis. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted, type Scope } from "effect"
import { CircuitBreaker, DeadLetterQueue, Outbox } from "holdfast"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as BreakersRedis from "holdfast/policy/CircuitBreaker/Redis"
import * as BreakersSql from "holdfast/policy/CircuitBreaker/Sql"
import * as BreakersSqlite from "holdfast/policy/CircuitBreaker/Sqlite"
import { letter } from "../../src/testing/conformance/internal/deadLetters.js"
import * as files from "../delivery/files.js"
import * as delivery from "../delivery/store.js"
import * as servers from "../servers/index.js"
import { cli, type Given, json, lines, replaying } from "./kit.js"

interface Store {
  readonly url: string
  /** As a program on the same store has them. */
  readonly queue: ReturnType<typeof delivery.queue>
  readonly breakers: Layer.Layer<CircuitBreaker.CircuitBreakers, unknown>
}

const stores: Record<string, Effect.Effect<Store, never, Scope.Scope>> = {
  PostgreSQL: Effect.map(servers.database, (url) => ({
    breakers: Layer.provide(BreakersSql.layer(), PgClient.layer({ maxConnections: 2, url: Redacted.make(url) })),
    queue: delivery.queue(url),
    url
  })),
  Redis: Effect.map(servers.redis, ({ url }) => ({
    breakers: Layer.provide(BreakersRedis.layer(), RedisNode.layer({ url })),
    queue: delivery.queue(url),
    url
  })),
  SQLite: Effect.map(files.file, (file) => ({
    breakers: BreakersSqlite.layer({ filename: file }),
    queue: delivery.queue(file),
    url: `sqlite:${file}`
  }))
}

/** What is shared with other suites, as the Redis of the run is, is told apart by its names. */
let names = 0
const newName = () => `ops-${process.pid}-${Date.now()}-${names++}`

for (const [name, make] of Object.entries(stores)) {
  describe(`holdfast over ${name}`, () => {
    const opened = Effect.gen(function*() {
      const store = yield* make
      const integration = newName()
      const run = (argv: ReadonlyArray<string>, given?: Given) => cli([...argv, "--store", store.url], given)
      const migrated = yield* run(["migrate"])
      assert.strictEqual(migrated.code, 0, migrated.err)
      return { ...store, integration, run }
    })

    it.scopedLive("dead letters are listed, replayed, discarded and purged", () =>
      Effect.gen(function*() {
        const { integration, queue, run } = yield* opened
        const context = yield* Layer.build(Layer.provide(DeadLetterQueue.layer(), queue))
        const letters = Context.get(context, DeadLetterQueue.DeadLetterQueue)
        const ids: Array<string> = []
        for (let n = 0; n < 5; n++) ids.push(yield* letters.capture(letter({ integration })))
        const mine = ["--integration", integration]
        const listed = yield* run(["dlq", "list", "--json", ...mine])
        assert.deepStrictEqual(lines(listed.out).map(({ id }) => id), ids)
        const replayed = yield* run(["dlq", "replay", ids[0]!, ids[1]!, "--yes", "--json"], {
          layer: replaying(() => Effect.void, integration)
        })
        assert.strictEqual(replayed.code, 0, replayed.err + replayed.out)
        assert.deepInclude(json(replayed.out).report, { failed: 0, replayed: 2 })
        assert.strictEqual((yield* run(["dlq", "park", ids[2]!, "--reason", "wait"])).code, 0)
        assert.strictEqual(
          (yield* run(["dlq", "discard", "--state", "pending", ...mine, "--reason", "no", "--yes"])).code,
          0
        )
        const stats = json((yield* run(["dlq", "stats", "--json", ...mine])).out)
        assert.deepInclude(stats.byState, { discarded: 2, parked: 1, pending: 0, replayed: 2 })
        const purged = json((yield* run(["dlq", "purge", "--older-than", "0s", ...mine, "--yes", "--json"])).out)
        assert.deepInclude(purged, { discarded: 2, purged: 4, replayed: 2 })
        assert.strictEqual((yield* letters.get(ids[2]!)).state, "parked")
      }))

    it.scopedLive("the outbox is paused for all processes, and resumed", () =>
      Effect.gen(function*() {
        const { integration, queue, run } = yield* opened
        const outbox = Context.get(yield* Layer.build(Layer.provide(Outbox.layer(), queue)), Outbox.Outbox)
        const paused = Effect.map(outbox.stats(integration), ([stats]) => stats!.paused)
        const reason = ["--reason", "their maintenance"]
        assert.include((yield* run(["outbox", "pause", integration, ...reason, "--dry-run"])).out, "would be paused")
        assert.isTrue(Option.isNone(yield* paused))
        const first = yield* run(["outbox", "pause", integration, ...reason])
        assert.deepStrictEqual([first.code, first.out], [0, `${integration} paused\n`])
        assert.strictEqual(Option.getOrThrow(yield* paused).reason, "their maintenance")
        const { integrations } = json((yield* run(["outbox", "stats", "--json"])).out)
        const mine = integrations.find((stats: any) => stats.integration === integration)
        assert.deepInclude(mine, { deadLettered: 0, oldestAgeMs: null })
        assert.strictEqual(mine.paused.reason, "their maintenance")
        assert.include((yield* run(["outbox", "stats", integration])).out, "their maintenance (since ")
        assert.strictEqual((yield* run(["outbox", "resume", integration])).out, `${integration} resumed\n`)
        assert.isTrue(Option.isNone(yield* paused))
        assert.strictEqual((yield* run(["outbox", "pause", integration])).code, 2)
        assert.strictEqual((yield* run(["outbox", "resume", "--hard"])).code, 2)
      }))

    it.scopedLive("circuits are opened, closed and reset for all processes", () =>
      Effect.gen(function*() {
        const { breakers: layer, integration: key, run } = yield* opened
        const breakers = Context.get(yield* Layer.build(layer), CircuitBreaker.CircuitBreakers)
        const shown = Effect.map(
          run(["breaker", "list", "--json"]),
          ({ out }) => json(out).circuits.find((circuit: any) => circuit.key === key)
        )
        const reason = ["--reason", "until noon"]
        assert.strictEqual((yield* run(["breaker", "close", key])).code, 3)
        assert.strictEqual((yield* run(["breaker", "open", key, ...reason, "--dry-run"])).code, 0)
        assert.isUndefined(yield* shown)
        const opening = yield* run(["breaker", "open", key, ...reason])
        assert.strictEqual(opening.code, 0, opening.err)
        assert.deepInclude(yield* shown, {
          byHand: { mode: "forced-open", reason: "until noon" },
          retryAfterMs: null,
          state: "open"
        })
        // the other process has not met it, and asks the store
        const seen = (yield* breakers.list).find((circuit) => circuit.key === key)
        assert.strictEqual(seen?.state, "open")
        assert.include((yield* run(["breaker", "list"])).out, "until noon")
        assert.strictEqual((yield* run(["breaker", "open", key, "--for", "15m", ...reason])).code, 4)
        const closing = yield* run(["breaker", "close", key, "--json"])
        assert.deepInclude(json(closing.out).before, { state: "open" })
        assert.deepInclude(yield* shown, { byHand: null, state: "closed" })
        assert.strictEqual((yield* run(["breaker", "open", key, "--for", "15m", ...reason])).code, 0)
        assert.include((yield* run(["breaker", "list"])).out, "forced: until noon")
        const timed = yield* shown
        assert.isTrue(timed.retryAfterMs > 0 && timed.retryAfterMs <= 900_000, JSON.stringify(timed))
        assert.strictEqual((yield* run(["breaker", "reset", key])).code, 0)
        assert.deepInclude(yield* shown, { byHand: null, openings: 0, state: "closed" })
        assert.strictEqual((yield* run(["breaker", "open", key, "--for", "soon", ...reason])).code, 2)
      }))

    it.scopedLive("a migration names what it runs, once", () =>
      Effect.gen(function*() {
        const { url } = yield* make
        const run = (...argv: ReadonlyArray<string>) =>
          Effect.map(cli(["migrate", "--store", url, "--json", ...argv]), ({ out }) => json(out).stores[0].steps)
        const all = name === "Redis" ? [] : [
          "0001_lease_queue",
          "0002_signatures",
          "0003_counts",
          "holdfast_idempotency_1",
          "0001_credentials",
          "0002_token_refresh",
          "0001_oauth2_transactions",
          ...(name === "SQLite" ? [] : ["holdfast_breakers_1", "holdfast_limits_1"])
        ]
        const before = yield* cli(["dlq", "list", "--store", url])
        assert.strictEqual(before.code, name === "Redis" ? 0 : name === "SQLite" ? 3 : 1)
        if (name !== "Redis") assert.include(before.err, "holdfast migrate")
        assert.deepStrictEqual(yield* run("--dry-run"), all)
        assert.deepStrictEqual(yield* run("--dry-run"), all)
        assert.deepStrictEqual(yield* run(), all)
        assert.deepStrictEqual(yield* run(), [])
      }))
  })
}
