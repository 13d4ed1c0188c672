/** What the doctor looks at in a store. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as Redis from "../../../core/Redis.js"
import * as Records from "../../../internal/sqlRecords.js"
import { CircuitBreakers } from "../../../policy/CircuitBreaker.js"
import type { Client } from "./client.js"
import * as Exit from "./exit.js"
import * as Finding from "./finding.js"
import { steps } from "./migrate.js"
import * as Parts from "./parts.js"
import * as Text from "./text.js"

type Findings = ReadonlyArray<Finding.Finding>

const failing = ({ name }: Client) => (error: { readonly message: string }) =>
  Exit.failed(`${name}: ${Records.innermost(error)}`)

const tables = (client: Client): Effect.Effect<Findings, Exit.CliError> =>
  client._tag === "Redis" ? Effect.succeed([]) : Effect.gen(function*() {
    const { pendingQueues } = yield* Effect.promise(() => import("../../../delivery/Migrations.js"))
    const needed = yield* Effect.mapError(
      Effect.provideService(pendingQueues, SqlClient.SqlClient, client.sql),
      failing(client)
    )
    if (needed.length > 0) {
      const mend = "run holdfast migrate"
      return [Finding.fail("tables", `not as this version needs them: ${needed.join(", ")}`, mend)]
    }
    // who needs these makes them
    const others = yield* steps(client, false)
    return [
      Finding.ok(
        "tables",
        `as this version needs them${others.length === 0 ? "" : `; not in use: ${others.join(", ")}`}`
      )
    ]
  })

/** Whether what is acknowledged is kept. */
const durability = (client: Client): Effect.Effect<Findings, Exit.CliError> => {
  const kept = Finding.ok("durability", "what is acknowledged is kept")
  if (client._tag === "Redis") {
    return Effect.gen(function*() {
      const { checkServer } = yield* Effect.promise(() => import("../../../delivery/LeaseQueue/Redis.js"))
      const shortcomings = yield* Effect.provideService(checkServer, Redis.Redis, client.redis)
      return shortcomings.length === 0 ?
        [kept] :
        shortcomings.map((text) =>
          Finding.warn("durability", text, "set appendonly yes, appendfsync always and maxmemory-policy noeviction")
        )
    })
  }
  const { filename, sql } = client
  if (filename === undefined) {
    return Effect.mapBoth(sql<{ synchronous_commit: string }>`SHOW synchronous_commit`, {
      onFailure: failing(client),
      onSuccess: ([row]) => [
        row?.synchronous_commit === "off"
          ? Finding.warn(
            "durability",
            "synchronous_commit is off: a crash of the server may cost the last letters that it has acknowledged",
            "set synchronous_commit to on, for the user or the database"
          )
          : kept
      ]
    })
  }
  return Effect.match(sql.withTransaction(sql`UPDATE holdfast_lease_items SET seq = seq WHERE 0`), {
    onFailure: (error) => [
      Finding.fail(
        "durability",
        `${filename} cannot be written: ${Records.innermost(error)}`,
        "let this user write the file and in its folder, and see which process keeps it locked"
      )
    ],
    onSuccess: () => [kept]
  })
}

/** Milliseconds by which clocks may differ before somebody should know, and before leases and ages say nonsense. */
const odd = 2_000
const wrong = 60_000

const theirTime = (client: Client): Effect.Effect<number, Exit.CliError> =>
  client._tag === "Redis"
    ? Effect.mapBoth(client.redis.send("TIME"), {
      onFailure: failing(client),
      onSuccess: (reply) => Array.isArray(reply) ? Number(reply[0]) * 1000 + Number(reply[1]) / 1000 : Number.NaN
    })
    : Effect.mapBoth(
      client.sql<{ now: string | number }>`SELECT ${
        client.sql.literal(Records.clock(client.filename === undefined))
      } AS now`,
      {
        onFailure: failing(client),
        onSuccess: ([row]) => Number(row?.now)
      }
    )

const clock = (client: Client): Effect.Effect<Findings, Exit.CliError> =>
  Effect.gen(function*() {
    const before = yield* Clock.currentTimeMillis
    const theirs = yield* theirTime(client)
    const ours = (before + (yield* Clock.currentTimeMillis)) / 2
    const difference = Math.abs(ours - theirs)
    const text = `the clock of this machine is ${Text.duration(Duration.millis(difference))} ${
      ours < theirs ? "behind" : "ahead of"
    } the store's`
    const mend = "set the time of this machine by NTP (timedatectl set-ntp true), and that of the store's"
    return [
      !Number.isFinite(difference)
        ? Finding.fail("clock", "the store tells no time", mend)
        : difference > wrong
        ? Finding.fail("clock", text, mend)
        : difference > odd
        ? Finding.warn("clock", text, mend)
        : Finding.ok("clock", text)
    ]
  })

const letters = (client: Client): Effect.Effect<Findings, Exit.CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const queue = yield* Effect.flatMap(Parts.queueOf(client), (queue) => Parts.lettersOf(queue, undefined))
    const { byState, oldestAge, undecodable } = yield* Effect.mapError(queue.stats(), failing(client))
    const text = `${byState.pending} pending, ${byState.replaying} being replayed, ${byState.parked} parked` +
      Option.match(oldestAge, { onNone: () => "", onSome: (age) => `; the oldest ${Text.duration(age)}` })
    const found: Array<Finding.Finding> = [
      byState.parked > 0
        ? Finding.warn("dead letters", text, "look at them: holdfast dlq list --state parked")
        : Finding.ok("dead letters", text)
    ]
    if (undecodable > 0) {
      found.push(Finding.warn("dead letters", `${undecodable} cannot be read by this version`, "update holdfast"))
    }
    return found
  })

const spill = (client: Client, variable: Option.Option<string>): Findings => {
  const file = Option.getOrElse(
    variable,
    () => client._tag === "Sql" && client.filename !== undefined ? `${client.filename}.spill` : undefined
  )
  if (file === undefined) return []
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return size === 0 ? [] : [
    Finding.warn(
      "spill file",
      `${file} holds letters that the store could not take`,
      "start the program, or let it run: it brings them into the store"
    )
  ]
}

const circuits = (client: Client): Effect.Effect<Findings, Exit.CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const shared = yield* Parts.sharedOf(client)
    if (Option.isNone(shared)) return [Finding.ok("circuits", "not shared: each process has its own")]
    const all = yield* Effect.mapError(Context.get(shared.value, CircuitBreakers).list, failing(client))
    const open = all.filter(({ state }) => state !== "closed")
    return open.length === 0 ?
      [Finding.ok("circuits", `none of ${all.length} is open`)] :
      open.map(({ key, reason, state }) =>
        Finding.warn(
          "circuits",
          `${key} is ${state}: ${reason}`,
          "see whether the provider is well; holdfast breaker close ends what a hand has set"
        )
      )
  })

export interface Looked {
  readonly letters: Client
  readonly state: Client
  readonly spill: Option.Option<string>
}

export const check = (clients: Looked): Effect.Effect<Findings, never, Scope.Scope> =>
  Effect.gen(function*() {
    const found: Array<Finding.Finding> = []
    for (const client of new Set([clients.letters, clients.state])) {
      found.push(Finding.ok("store", client.name))
      const mend = "see that the user may read and write what is there"
      for (const look of [tables, durability, clock]) {
        for (const finding of yield* Finding.orFail("store", mend, look(client))) found.push(finding)
      }
    }
    const isReady = !found.some(({ check, status }) => check === "tables" && status === "fail")
    if (isReady) {
      for (const finding of yield* Finding.orFail("dead letters", "see above", letters(clients.letters))) {
        found.push(finding)
      }
    }
    for (const finding of spill(clients.letters, clients.spill)) found.push(finding)
    for (const finding of yield* Finding.orFail("circuits", "see above", circuits(clients.state))) found.push(finding)
    return found
  })
