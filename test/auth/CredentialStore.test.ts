import { Effect, Exit, Layer, Scope } from "effect"
import { CredentialCipher, CredentialStore } from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import { afterAll } from "vitest"
import * as Conformance from "../../src/testing/conformance/CredentialStore.js"
import * as files from "../delivery/files.js"
import * as servers from "../servers/index.js"
import * as stores from "./stores.js"

const cipher = CredentialCipher.layer({ current: stores.key("k1") })

Conformance.suite("memory", CredentialStore.layerMemory)

// one database for all specs
const scope = Effect.runSync(Scope.make())
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
const file = Effect.runSync(Effect.cached(Scope.extend(files.file, scope)))
const database = Effect.runSync(Effect.cached(Scope.extend(servers.database, scope)))

const sqlite = Layer.unwrapEffect(Effect.map(file, (filename) => CredentialSqlite.layer({ filename }))).pipe(
  Layer.provide(cipher)
)
Conformance.suite("SQLite", Layer.fresh(sqlite), { clock: "live", peer: Layer.fresh(sqlite) })

const postgres = Layer.unwrapEffect(
  Effect.map(database, (url) => Layer.provide(CredentialSql.layer(), Layer.orDie(servers.client(url))))
).pipe(Layer.provide(cipher))
Conformance.suite("PostgreSQL", Layer.fresh(postgres), { clock: "live", peer: Layer.fresh(postgres) })
