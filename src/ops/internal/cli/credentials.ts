/** `credentials list | reencrypt | remove`: what a database keeps of who we are to providers, without the secrets. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as CredentialStore from "../../../auth/CredentialStore.js"
import type { Client } from "./client.js"
import * as Exit from "./exit.js"
import * as Flags from "./flags.js"
import * as Parts from "./parts.js"
import * as Screen from "./screen.js"
import * as Session from "./session.js"
import * as StoreChoice from "./storeChoice.js"
import * as Table from "./table.js"
import * as Text from "./text.js"

const needs: Session.Needs = { layers: false, parts: [] }

const variable = "HOLDFAST_CREDENTIAL_KEY"

type Store = CredentialStore.CredentialStore["Type"]

const storeOf = (client: Client): Effect.Effect<Store, Exit.CliError> =>
  Effect.gen(function*() {
    if (client._tag === "Redis") {
      return yield* Exit.failed(
        `${client.name} keeps no credentials: give the database that does, by --store or HOLDFAST_DEAD_LETTERS_URL`
      )
    }
    if (Option.isNone(yield* StoreChoice.variable(variable))) {
      return yield* Exit.usage(`${variable} is not set: a key is needed to tell what can be decrypted`)
    }
    const [Sql, Migrations, Cipher] = yield* Effect.promise(() =>
      Promise.all([
        import("../../../auth/CredentialStore/Sql.js"),
        import("../../../auth/Migrations.js"),
        import("../../../auth/CredentialCipher.js")
      ])
    )
    return yield* Effect.gen(function*() {
      yield* Parts.checkTables(
        client,
        yield* Effect.mapError(
          Migrations.pendingCredentials,
          (error) => Exit.failed(`${client.name}: ${error.message}`)
        )
      )
      return yield* Sql.make()
    }).pipe(
      Effect.provideService(SqlClient.SqlClient, client.sql),
      Effect.provide(Cipher.layerConfig),
      Effect.mapError((error) => error instanceof Exit.CliError ? error : Exit.failed(Session.describe(error)))
    )
  })

/** In the database of the dead letters: credentials are kept as they are, and not for a while. */
const kept: Effect.Effect<Store, Exit.CliError, Session.Current> = Effect.flatMap(
  Session.Current,
  ({ clients }) => clients === undefined ? Session.noStore : storeOf(clients.letters)
)

const all = (
  store: Store,
  options: CredentialStore.ListOptions
): Effect.Effect<ReadonlyArray<CredentialStore.Summary>, Exit.CliError> =>
  Effect.gen(function*() {
    const found: Array<CredentialStore.Summary> = []
    let after: string | undefined
    do {
      const page: CredentialStore.Page = yield* Effect.mapError(
        store.list({ ...options, after, limit: 1000 }),
        Exit.fromLibrary
      )
      for (const summary of page.items) found.push(summary)
      after = Option.getOrUndefined(page.next)
    } while (after !== undefined)
    return found
  })

const toJson = (summary: CredentialStore.Summary) => ({
  tenant: summary.tenantId ?? null,
  integration: summary.integration,
  connection: summary.connectionId ?? null,
  kind: summary.kind,
  keyId: summary.keyId,
  version: summary.version,
  createdAt: Text.time(summary.createdAt),
  updatedAt: Text.time(summary.updatedAt),
  expiresAt: Option.getOrNull(Option.map(summary.expiresAt, Text.time)),
  quarantine: Option.getOrNull(summary.quarantine)
})

const columns = (now: DateTime.Utc): ReadonlyArray<Table.Column<CredentialStore.Summary>> => [
  { title: "TENANT", value: ({ tenantId }) => tenantId ?? "-" },
  { title: "INTEGRATION", value: ({ integration }) => integration },
  { title: "CONNECTION", value: ({ connectionId }) => connectionId ?? "-" },
  { title: "KIND", value: ({ kind }) => kind },
  { title: "KEY", value: ({ keyId }) => keyId },
  { right: true, title: "CHANGED", value: ({ updatedAt }) => Text.shortAge(updatedAt, now) },
  {
    title: "STATE",
    value: ({ quarantine }) => Option.match(quarantine, { onNone: () => "ok", onSome: ({ reason }) => reason })
  }
]

const list = Command.make("list", {
  ...Flags.common,
  integration: Flags.text("integration", "ID", "Of this integration"),
  quarantined: Options.boolean("quarantined").pipe(
    Options.withDescription("Only those that cannot be decrypted; ends with 1 where there are any")
  ),
  tenant: Flags.text("tenant", "ID", "Of this tenant")
}, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const found = yield* all(yield* kept, {
        integration: Option.getOrUndefined(flags.integration),
        tenantId: Option.getOrUndefined(flags.tenant)
      })
      const shown = flags.quarantined ? found.filter(({ quarantine }) => Option.isSome(quarantine)) : found
      const { columns: width } = yield* Screen.Terminal
      yield* flags.json
        ? Screen.json({ credentials: shown.map(toJson) })
        : shown.length === 0
        ? Screen.note(flags.quarantined ? "none is in quarantine" : "no credentials")
        : Screen.line(Table.render(columns(yield* DateTime.now), shown, width))
      if (flags.quarantined && shown.length > 0) return yield* Exit.silently(Exit.codes.failed)
    })
  )).pipe(Command.withDescription("The credentials that are kept, without what is secret of them"))

const reencrypt = Command.make("reencrypt", { ...Flags.common, dryRun: Flags.dryRun }, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      const store = yield* kept
      if (flags.dryRun) {
        const found = yield* all(store, {})
        const byKey = Object.entries(Arr.groupBy(found, ({ keyId }) => keyId)).map(([keyId, { length }]) => ({
          credentials: length,
          keyId
        }))
        return yield* flags.json
          ? Screen.json({ dryRun: true, keys: byKey })
          : Screen.line(
            byKey.length === 0
              ? "no credentials"
              : byKey.map(({ credentials, keyId }) => `${keyId}: ${Text.count(credentials, "credential")}`).join("\n")
          )
      }
      const { complete, keyId, quarantined, reencrypted } = yield* Effect.mapError(store.reencrypt(), Exit.fromLibrary)
      yield* flags.json
        ? Screen.json({ complete, dryRun: false, keyId, quarantined: quarantined.map(toJson), reencrypted })
        : Screen.line(`${Text.count(reencrypted, "credential")} encrypted anew with the key "${keyId}"`)
      for (const { quarantine } of flags.json ? [] : quarantined) {
        if (Option.isSome(quarantine)) yield* Screen.note(`left as it is: ${quarantine.value.message}`)
      }
      if (!complete) {
        return yield* Exit.failed(
          "not complete: some process goes on writing with a former key. Give it the new one first"
        )
      }
      if (quarantined.length > 0) return yield* Exit.silently(Exit.codes.failed)
    })
  )).pipe(Command.withDescription(`Encrypts with ${variable} what has a former key, while programs go on`))

const remove = Command.make("remove", {
  ...Flags.common,
  connection: Flags.text("connection", "ID", "The connection (default: the one without a name)"),
  dryRun: Flags.dryRun,
  integration: Flags.integration,
  tenant: Flags.text("tenant", "ID", "Its tenant (default: none)"),
  yes: Flags.yes
}, (flags) =>
  Session.run(
    flags,
    needs,
    Effect.gen(function*() {
      yield* Flags.checkName(flags.integration)
      const store = yield* kept
      const ref = {
        connectionId: Option.getOrUndefined(flags.connection),
        integration: flags.integration,
        tenantId: Option.getOrUndefined(flags.tenant)
      }
      const found = Option.fromNullable(
        (yield* all(store, { integration: ref.integration, tenantId: ref.tenantId })).find(
          ({ connectionId, tenantId }) => connectionId === ref.connectionId && tenantId === ref.tenantId
        )
      )
      if (Option.isNone(found)) {
        return yield* Exit.notFound("there is no such credential: holdfast credentials list shows those that there are")
      }
      if (!flags.dryRun) {
        yield* Flags.confirmed(flags.yes, "The credential, and its former one, will be gone for good. Go on?")
        yield* Effect.mapError(store.remove(ref, { version: found.value.version }), Exit.fromLibrary)
      }
      yield* flags.json
        ? Screen.json({ credential: toJson(found.value), dryRun: flags.dryRun })
        : Screen.line(`the credential ${flags.dryRun ? "would be" : "is"} removed`)
    })
  )).pipe(Command.withDescription("Forgets one, also one that is in quarantine"))

export const credentials = Command.make("credentials").pipe(
  Command.withDescription("Who we are to providers, as a database keeps it"),
  Command.withSubcommands([list, reencrypt, remove])
)
