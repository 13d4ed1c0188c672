/** `migrate`: the tables, ahead of the programs that need them. */
import * as Command from "@effect/cli/Command"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as fs from "node:fs"
import * as Client from "./client.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Screen from "./screen.js"
import * as StoreChoice from "./storeChoice.js"

interface Migrated {
  readonly store: string
  readonly steps: ReadonlyArray<string>
}

const loadMigrations = Effect.promise(() =>
  Promise.all([
    import("../../../delivery/Migrations.js"),
    import("../../../auth/Migrations.js"),
    import("../../../policy/Migrations.js")
  ])
)

export const steps = (client: Client.Client & { readonly _tag: "Sql" }, run: boolean) =>
  Effect.gen(function*() {
    const [delivery, auth, policy] = yield* loadMigrations
    const first = [
      ...(yield* run ? delivery.run : delivery.pending),
      ...(yield* run ? auth.run : auth.pending)
    ]
    // in a file they say that its programs share them: those that do make them by themselves
    if (client.filename !== undefined) return first
    return [...first, ...(yield* run ? policy.run : policy.pending)]
  }).pipe(
    Effect.provideService(SqlClient.SqlClient, client.sql),
    Effect.mapError((error) => Exit.failed(`${client.name} cannot be migrated: ${error.message}`))
  )

const one = (store: StoreChoice.Store, dryRun: boolean): Effect.Effect<Migrated, Exit.CliError> =>
  Effect.scoped(Effect.gen(function*() {
    // of a file that is not there nothing can be asked, and a look does not make it
    const isMissing = store._tag === "Sqlite" && !fs.existsSync(store.filename)
    if (isMissing && dryRun) {
      const name = `the SQLite file ${store.filename}`
      const memory = yield* Client.open({ _tag: "Sqlite", filename: ":memory:" }, { make: true })
      return { steps: memory._tag === "Sql" ? yield* steps(memory, false) : [], store: name }
    }
    const client = yield* Client.open(store, { make: true })
    // Redis has no tables: what is kept there has its version in its name
    return { steps: client._tag === "Sql" ? yield* steps(client, !dryRun) : [], store: client.name }
  }))

export const migrate = Command.make(
  "migrate",
  { dryRun: Flags.dryRun, json: Flags.json, store: Flags.store },
  (flags) =>
    Effect.gen(function*() {
      const stores = yield* StoreChoice.choose(flags.store)
      if (Option.isNone(stores)) {
        return yield* Exit.usage(
          "no store is given: --store URL or HOLDFAST_STORE_URL (sqlite:FILE, postgres://… or redis://…)"
        )
      }
      const { letters, state } = stores.value
      const done: Array<Migrated> = []
      for (const store of new Set([state, letters])) done.push(yield* one(store, flags.dryRun))
      if (flags.json) {
        return yield* Screen.json({ dryRun: flags.dryRun, stores: done })
      }
      for (const { steps, store } of done) {
        yield* Screen.line(
          steps.length === 0 ? `${store}: nothing to do` : `${store}: ${flags.dryRun ? "would run" : "ran"}`
        )
        for (const step of steps) yield* Screen.line(`  ${step}`)
      }
    })
).pipe(Command.withDescription("Makes the tables of the store, or brings them up to date"))
