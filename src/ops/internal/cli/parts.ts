/** What the commands work on, over a store. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Redis from "../../../core/Redis.js"
import type * as DeadLetterCipher from "../../../delivery/DeadLetterCipher.js"
import * as DeadLetterQueue from "../../../delivery/DeadLetterQueue.js"
import * as Idempotency from "../../../delivery/Idempotency.js"
import * as LeaseQueue from "../../../delivery/LeaseQueue.js"
import * as Outbox from "../../../delivery/Outbox.js"
import * as CircuitBreaker from "../../../policy/CircuitBreaker.js"
import * as RateLimit from "../../../policy/RateLimit.js"
import type { Client } from "./client.js"
import { type CliError, failed } from "./exit.js"

const database = ({ name }: Client) => (error: { readonly message: string }) => failed(`${name}: ${error.message}`)

/** A command does not change tables on the way: only `migrate` does. */
export const checkTables = (
  client: Client & { readonly _tag: "Sql" },
  pending: ReadonlyArray<string>
): Effect.Effect<void, CliError> =>
  pending.length === 0
    ? Effect.void
    : failed(
      `${client.name} is not ready for this version (${pending.join(", ")}): run holdfast migrate, or start the program`
    )

export const queueOf = (client: Client): Effect.Effect<LeaseQueue.LeaseQueue["Type"], CliError> =>
  Effect.gen(function*() {
    if (client._tag === "Redis") {
      const Queue = yield* Effect.promise(() => import("../../../delivery/LeaseQueue/Redis.js"))
      return yield* Queue.make({ checkServer: false }).pipe(
        Effect.provideService(Redis.Redis, client.redis),
        Effect.mapError(database(client))
      )
    }
    const [Queue, Migrations] = yield* Effect.promise(() =>
      Promise.all([import("../../../delivery/LeaseQueue/Sql.js"), import("../../../delivery/Migrations.js")])
    )
    return yield* Effect.gen(function*() {
      yield* checkTables(client, yield* Effect.mapError(Migrations.pendingQueues, database(client)))
      return yield* Effect.mapError(Queue.make({ migrate: false }), database(client))
    }).pipe(Effect.provideService(SqlClient.SqlClient, client.sql))
  })

export const lettersOf = (
  queue: LeaseQueue.LeaseQueue["Type"],
  cipher: Context.Context<DeadLetterCipher.DeadLetterCipher> | undefined
): Effect.Effect<DeadLetterQueue.DeadLetterQueue["Type"], never, Scope.Scope> => {
  const letters = Effect.provideService(
    DeadLetterQueue.make({ owner: `holdfast:${process.pid}` }),
    LeaseQueue.LeaseQueue,
    queue
  )
  return cipher === undefined ? letters : Effect.provide(letters, cipher)
}

/** Where the dead letters are, as in the bundles of `Holdfast`. */
export const outboxOf = (
  queue: LeaseQueue.LeaseQueue["Type"],
  cipher: Context.Context<DeadLetterCipher.DeadLetterCipher> | undefined
): Effect.Effect<Outbox.Outbox["Type"]> => {
  const outbox = Effect.provideService(Outbox.make(), LeaseQueue.LeaseQueue, queue)
  return cipher === undefined ? outbox : Effect.provide(outbox, cipher)
}

/** In memory where there is no table of it, as nothing can be in it then. */
export const idempotencyOf = (
  client: Client
): Effect.Effect<Context.Context<Idempotency.Idempotency>, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    if (client._tag === "Redis") {
      const { layer } = yield* Effect.promise(() => import("../../../delivery/Idempotency/Redis.js"))
      return yield* Layer.build(Layer.provide(layer(), Layer.succeed(Redis.Redis, client.redis)))
    }
    const [Sql, Migrations] = yield* Effect.promise(() =>
      Promise.all([import("../../../delivery/Idempotency/Sql.js"), import("../../../delivery/Migrations.js")])
    )
    return yield* Effect.gen(function*() {
      const missing = yield* Migrations.pending
      return yield* Layer.build(missing.includes(Migrations.idempotency) ? Idempotency.layerMemory : Sql.layer())
    }).pipe(Effect.provideService(SqlClient.SqlClient, client.sql), Effect.mapError(database(client)))
  })

export type Shared = Context.Context<CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters>

/** None: there is no table of shared circuits, so that those of programs are each in its own memory. */
export const sharedOf = (client: Client): Effect.Effect<Option.Option<Shared>, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    if (client._tag === "Redis") {
      const [Breakers, Limits] = yield* Effect.promise(() =>
        Promise.all([import("../../../policy/CircuitBreaker/Redis.js"), import("../../../policy/RateLimit/Redis.js")])
      )
      const shared = Layer.merge(Breakers.layer(), Limits.layer())
      return Option.some(yield* Layer.build(Layer.provide(shared, Layer.succeed(Redis.Redis, client.redis))))
    }
    const Migrations = yield* Effect.promise(() => import("../../../policy/Migrations.js"))
    const missing = yield* Migrations.pending.pipe(
      Effect.provideService(SqlClient.SqlClient, client.sql),
      Effect.mapError(database(client))
    )
    if (missing.includes(Migrations.breakers)) return Option.none<Shared>()
    const hasLimits = !missing.includes(Migrations.limits)
    const { filename } = client
    if (filename !== undefined) {
      const [Breakers, Limits] = yield* Effect.promise(() =>
        Promise.all([import("../../../policy/CircuitBreaker/Sqlite.js"), import("../../../policy/RateLimit/Sqlite.js")])
      )
      const limits = hasLimits ? Limits.layer({ filename }) : RateLimit.layerMemory
      return Option.some(yield* Layer.build(Layer.merge(Breakers.layer({ filename }), limits)))
    }
    const [Breakers, Limits] = yield* Effect.promise(() =>
      Promise.all([import("../../../policy/CircuitBreaker/Sql.js"), import("../../../policy/RateLimit/Sql.js")])
    )
    const shared = Layer.merge(Breakers.layer(), hasLimits ? Limits.layer() : RateLimit.layerMemory)
    return Option.some(yield* Layer.build(Layer.provide(shared, Layer.succeed(SqlClient.SqlClient, client.sql))))
  })

export const localShared: Effect.Effect<Shared, never, Scope.Scope> = Layer.build(
  Layer.merge(CircuitBreaker.layerMemory, RateLimit.layerMemory)
)
