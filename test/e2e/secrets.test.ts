/**
 * No secret anywhere: what is planted in headers, query, bodies, credentials and settings is looked for in every byte that
 * a store, a spill file, an export, a log, a span, a metric or an alert holds.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpClient, HttpClientResponse } from "@effect/platform"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  DateTime,
  Effect,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Redacted,
  Schema,
  type Scope,
  Stream,
  Tracer
} from "effect"
import {
  Auth,
  CredentialCipher,
  Credentials,
  CredentialStore,
  DeadLetterAlert,
  DeadLetterCipher,
  DeadLetterExport,
  DeadLetterQueue,
  Holdfast,
  Integration,
  IntegrationClient,
  IntegrationContext,
  Operation,
  Outbox,
  Resilience
} from "holdfast"
import * as CredentialSql from "holdfast/auth/CredentialStore/Sql"
import * as CredentialSqlite from "holdfast/auth/CredentialStore/Sqlite"
import * as Redis from "holdfast/core/Redis"
import * as RedisNode from "holdfast/core/Redis/Node"
import * as Spill from "holdfast/delivery/DeadLetterQueue/Spill"
import { RedisServer, TcpProxy } from "holdfast/testing"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { inspect } from "node:util"
import * as files from "../delivery/files.js"
import * as Kit from "../kit.js"
import * as servers from "../servers/index.js"

const plant = (where: string): string => `planted-${where}-${randomBytes(8).toString("hex")}`

const api = HttpApi.make("vault").add(
  HttpApiGroup.make("secrets").add(
    HttpApiEndpoint.post("put", "/secrets")
      .setHeaders(Schema.Struct({ "x-note": Schema.String, "x-private": Schema.String }))
      .setUrlParams(Schema.Struct({ access_token: Schema.String, note: Schema.String }))
      .setPayload(Schema.Struct({ note: Schema.String, pin: Schema.String, text: Schema.String }))
      .annotate(Operation.Redact, ["pin"])
  ).add(HttpApiEndpoint.post("tell", "/tell").setPayload(Schema.Struct({ text: Schema.String })))
)

const definition = Integration.define({
  api,
  auth: Auth.bearer,
  baseUrl: "https://vault.example",
  id: "vault",
  name: "Vault",
  version: "1"
})

/** What a store holds, read past everything that is ours. */
type Bytes = Effect.Effect<string, unknown>

interface Backing {
  readonly state: (spill: string) => Layer.Layer<Holdfast.Provided, unknown>
  readonly bytes: Bytes
  /** Kept beside all else, where the store is one for them. */
  readonly credentials: Layer.Layer<CredentialStore.CredentialStore, unknown, CredentialCipher.CredentialCipher>
  /** Of the store itself, in its URL. */
  readonly password: string
  readonly isServer: boolean
  /** From now on nobody gets to it. */
  readonly lose: Effect.Effect<void, unknown>
}

/** The server as `user` with the password gets to it, until it is lost. */
const behindProxy = (url: string, user: string, password: string) =>
  Effect.map(TcpProxy.make(url), (proxy) => {
    const direct = Object.assign(new URL(url), { password, username: user })
    return {
      direct: direct.href,
      lose: Effect.zipRight(proxy.set(TcpProxy.refuse), proxy.reset),
      password,
      url: Object.assign(new URL(direct), { hostname: proxy.host, port: String(proxy.port) }).href
    }
  })

const filesIn = (folder: string) =>
  Effect.sync(() =>
    fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name)).toString("latin1")).join("\n")
  )

const sqlite = Effect.map(files.folder, (folder): Backing => {
  const filename = path.join(folder, "holdfast.db")
  return {
    bytes: filesIn(folder),
    credentials: CredentialSqlite.layer({ filename }),
    isServer: false,
    lose: Effect.void,
    password: plant("no-password"),
    state: (spill) => Holdfast.layerSqlite({ filename, shared: true, spill })
  }
})

const postgres = Effect.gen(function*() {
  const database = yield* servers.database
  const user = `planted_${randomBytes(4).toString("hex")}`
  const { direct, lose, password, url } = yield* behindProxy(database, user, plant("store-password"))
  yield* Effect.provide(
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql.unsafe(`CREATE ROLE ${user} LOGIN SUPERUSER PASSWORD '${password}'`)
    ),
    servers.client(database)
  )
  const bytes = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const tables = yield* sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`
    const rows = yield* Effect.forEach(tables, ({ name }) => sql`SELECT to_jsonb(t)::text AS row FROM ${sql(name)} t`)
    return JSON.stringify([tables, rows])
  }).pipe(Effect.provide(servers.client(direct)))
  const backing: Backing = {
    bytes,
    credentials: Layer.provide(CredentialSql.layer(), servers.client(direct)),
    isServer: true,
    lose,
    password,
    state: (spill) => Holdfast.layerPostgres({ spill, url: Redacted.make(url) })
  }
  return backing
})

const reading: Readonly<Record<string, (key: string) => readonly [string, ...Array<string>]>> = {
  hash: (key) => ["HGETALL", key],
  list: (key) => ["LRANGE", key, "0", "-1"],
  set: (key) => ["SMEMBERS", key],
  stream: (key) => ["XRANGE", key, "-", "+"],
  string: (key) => ["GET", key],
  zset: (key) => ["ZRANGE", key, "0", "-1", "WITHSCORES"]
}

const redis = Effect.gen(function*() {
  const storePassword = plant("store-password")
  const server = yield* RedisServer.make({ args: ["--requirepass", storePassword] })
  const { direct, lose, password, url } = yield* behindProxy(server.url, "default", storePassword)
  const bytes = Effect.gen(function*() {
    const { send } = yield* Redis.Redis
    const keys = (yield* send("KEYS", "*")) as ReadonlyArray<string>
    const values = yield* Effect.forEach(keys, (key) =>
      Effect.gen(function*() {
        const [command, ...args] = (reading[String(yield* send("TYPE", key))] ?? reading.string!)(key)
        return [key, yield* send(command, ...args)]
      }))
    return JSON.stringify(values)
  }).pipe(Effect.provide(RedisNode.layer({ url: Redacted.make(direct) })))
  const backing: Backing = {
    bytes,
    credentials: CredentialStore.layerMemory,
    isServer: true,
    lose,
    password,
    state: (spill) => Holdfast.layerRedis({ spill, url: Redacted.make(url) })
  }
  return backing
})

const forms = (secret: string) => [
  secret,
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(`me:${secret}`).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("hex")
]

const scenario = (make: Effect.Effect<Backing, unknown, Scope.Scope>) =>
  Effect.gen(function*() {
    const backing = yield* make
    const folder = yield* files.folder
    const spill = path.join(folder, "letters.spill")
    const token = plant("token")
    const key = randomBytes(32).toString("base64")
    const credentialKey = randomBytes(32).toString("base64")
    const secrets = {
      credentialKey,
      hook: plant("hook"),
      key,
      pin: plant("pin"),
      private: plant("private"),
      storePassword: backing.password,
      query: plant("query"),
      refresh: plant("refresh-token"),
      text: plant("text"),
      token,
      webhookKey: Buffer.from(plant("webhook-key")).toString("base64")
    }
    const seen: Record<string, string> = {}
    const logs: Array<string> = []
    const spans: Array<Tracer.Span> = []
    const native = yield* Effect.tracer
    const tracer = Tracer.make({
      context: (f, fiber) => native.context(f, fiber),
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      }
    })
    const logger = Logger.make((options) => {
      const { annotations, cause, message } = options
      logs.push(
        Logger.logfmtLogger.log(options),
        Logger.jsonLogger.log(options),
        inspect([Array.from(annotations), cause, message], { depth: 12 })
      )
    })

    const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All)
      )

    const pinOf = (url: string) => url.startsWith("https://vault.example/secrets") ? secrets.pin : "no pin"
    // says back whatever it is sent
    const provider = new Kit.Provider((request) =>
      Effect.succeed(Response.json({
        code: token,
        errors: [{ authorization: request.headers.authorization, pin: pinOf(request.url) }],
        message: `refused ${request.headers.authorization} for ${pinOf(request.url)}`
      }, { status: 500 }))
    )
    const state = yield* Layer.build(
      Layer.provide(
        backing.state(spill),
        DeadLetterCipher.layer({ current: { id: "k1", key: Redacted.make(key) } })
      )
    ).pipe(logged)
    const connections = yield* Layer.build(
      Layer.provide(
        backing.credentials,
        CredentialCipher.layer({ current: { id: "c1", key: Redacted.make(credentialKey) } })
      )
    ).pipe(logged)
    const kept = Context.get(connections, CredentialStore.CredentialStore)
    yield* kept.put(
      { integration: "vault" },
      Credentials.OAuth2({
        accessToken: Redacted.make(token),
        expiresAt: DateTime.unsafeMake("2030-01-01"),
        refreshToken: Redacted.make(secrets.refresh),
        scopes: ["notes"]
      })
    )
    const alerts: Array<string> = []
    const receiver = HttpClient.make((request) => {
      alerts.push(request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "")
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(secrets.hook, { status: 500 })))
    })
    const client = (queue: Context.Context<Holdfast.Provided>) =>
      Effect.gen(function*() {
        const stack = Resilience.layer({
          circuitBreaker: { failureThreshold: 100 },
          deadLettering: { headers: ["x-note"] },
          retry: { initialDelay: 1, maxAttempts: 2 }
        }).pipe(
          Layer.provide(IntegrationClient.layer(definition)),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)),
          Layer.provide(Layer.provide(Credentials.layerStore(), Layer.succeedContext(connections)))
        )
        return yield* Effect.provide(Integration.client(definition), yield* Effect.provide(Layer.build(stack), queue))
      })

    const run = Effect.gen(function*() {
      yield* Effect.provide(
        Layer.build(Layer.provide(
          DeadLetterAlert.layerWatch({ window: "50 millis" }),
          Layer.provide(
            DeadLetterAlert.layerWebhook({
              secret: Redacted.make(secrets.webhookKey),
              url: Redacted.make(`https://hooks.example/${secrets.hook}`)
            }),
            Layer.succeed(HttpClient.HttpClient, receiver)
          )
        )),
        state
      )
      const queue = Context.get(state, DeadLetterQueue.DeadLetterQueue)
      const vault = yield* client(state)
      const input = {
        headers: { "x-note": `Bearer ${token}`, "x-private": secrets.private },
        payload: { note: token, pin: secrets.pin, text: secrets.text },
        urlParams: { access_token: secrets.query, note: token }
      }
      yield* Effect.flip(vault.secrets.put(input)).pipe(IntegrationContext.provide({ metadata: { note: token } }))
      const error = yield* Effect.flip(vault.secrets.tell({ payload: { text: secrets.text } }))
      // what can be replayed is, and fails once more
      yield* Effect.exit(queue.replay(error.deadLetterId ?? ""))
      yield* queue.replayAll()
      // and what is to be sent, which nobody can send without it
      const message = yield* Effect.provide(
        Outbox.send(Integration.operations(definition).secrets.put, input, { idempotencyKey: "note-1" }),
        state
      )
      seen.outbox = inspect(yield* Context.get(state, Outbox.Outbox).get(message.id), { depth: 12 })
      const letters = (yield* queue.list()).items
      assert.strictEqual(letters.length, 2)
      seen.history = inspect(yield* Effect.forEach(letters, ({ id }) => queue.history(id)), { depth: 12 })
      seen.credentials = inspect([yield* kept.get({ integration: "vault" }), yield* kept.list()], { depth: 12 })
      seen.letters = inspect(letters, { depth: 12 })
      seen.export = yield* Stream.mkString(DeadLetterExport.toNdjson()).pipe(Effect.provide(state))
      // the store is away
      const away = yield* Layer.build(
        Spill.layer({ filename: spill }).pipe(
          Layer.provide(Layer.succeed(DeadLetterQueue.DeadLetterQueue, {
            ...queue,
            capture: () => Effect.fail(new DeadLetterQueue.DeadLetterQueueError({ message: "away", reason: "storage" }))
          })),
          Layer.provide(DeadLetterCipher.layer({ current: { id: "k1", key: Redacted.make(key) } }))
        )
      )
      const spilling = yield* client(Context.merge(state, away))
      yield* Effect.flip(spilling.secrets.put(input))
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => alerts.length > 0 })
      // now it is really away: what is said of it does not say how to get to it
      yield* backing.lose
      seen.away = inspect(
        [yield* Effect.exit(vault.secrets.put(input)), yield* Effect.exit(queue.stats())],
        { depth: 12 }
      )
      return error
    }).pipe(
      Effect.scoped,
      Effect.withSpan("run"),
      Effect.withTracer(tracer),
      logged
    )
    const error = yield* run
    seen.error = inspect(error, { depth: 12 })
    seen.logs = logs.join("\n")
    seen.metrics = inspect(yield* Metric.snapshot, { depth: 12 })
    seen.alerts = alerts.join("\n")
    seen.spans = inspect(
      spans.map(({ attributes, name, status, ...span }) => ({
        attributes: Array.from(attributes),
        events: Reflect.get(span, "events"),
        name,
        status
      })),
      { depth: 12 }
    )
    seen.spill = yield* filesIn(folder)
    seen.store = yield* backing.bytes

    // that it was all there to be found
    assert.include(seen.store, "secrets.put")
    assert.include(seen.spill, "secrets.put")
    assert.include(seen.export, "secrets.put")
    assert.include(seen.store, "note-1")
    assert.include(seen.credentials, "notes")
    assert.include(seen.spans, "integration.execute")
    assert.include(seen.logs, "refused Bearer REDACTED for REDACTED")
    assert.include(seen.alerts, "dead-letters")
    if (backing.isServer) assert.include(seen.logs, "cannot be used")
    const leaks = Object.entries(seen).flatMap(([place, text]) =>
      Object.entries(secrets).flatMap(([name, secret]) =>
        forms(secret).some((form) => text.includes(form)) ? [`${name} in ${place}`] : []
      )
    )
    assert.deepStrictEqual(leaks, [])
  })

describe("no secret", () => {
  it.scopedLive("with SQLite", () => scenario(sqlite), 60_000)
  it.scopedLive("with PostgreSQL", () => scenario(postgres), 60_000)
  it.scopedLive("with Redis", () => scenario(redis), 60_000)
})
