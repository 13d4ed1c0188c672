import { Headers, HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  ConfigProvider,
  Context,
  DateTime,
  Effect,
  Fiber,
  Layer,
  Option,
  Redacted,
  Schema,
  Stream,
  TestClock
} from "effect"
import {
  Credentials,
  CredentialStore,
  Holdfast,
  Integration,
  IntegrationClient,
  IntegrationError,
  Pagination,
  TokenRefresh
} from "holdfast"
import {
  Emulator,
  queries,
  Salesforce,
  SalesforceErrors,
  SalesforceRateLimit,
  Schemas
} from "holdfast/providers/salesforce"
import { Faults, Ledger } from "holdfast/testing"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const base = "/services/data/v67.0"

const path = { type: "Account", field: "External_Id__c", value: "A-1" }

const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  Faults.status(status, { body, headers })

const collect = <A>(stream: Stream.Stream<A, IntegrationError.IntegrationError>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const clientWith = (
  emulator: Testing.Emulator.Emulator,
  credentials: Context.Tag.Service<typeof Credentials.Credentials>
) =>
  Layer.effect(Salesforce, Integration.client(Salesforce.definition)).pipe(
    Layer.provide(IntegrationClient.layer(Salesforce.definition)),
    Layer.provide(Layer.succeed(Credentials.Credentials, credentials)),
    Layer.provide(Testing.Emulator.layerHttpClient(emulator)),
    Layer.build,
    Effect.map((context) => Context.get(context, Salesforce))
  )

const quick = { retry: { jitter: "none", maxAttempts: 3 }, rateLimit: false, bulkhead: false } as const

describe("Salesforce's traps", () => {
  it.scoped("a limit comes as 403: the requests of the day are not tried again, in no 24 hours", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.withPolicy({ rateLimit: Emulator.limits({ daily: 2 }) }, quick)
      yield* salesforce.org.resources()
      yield* salesforce.org.resources()
      const error = yield* Effect.flip(salesforce.org.resources())
      assertInstanceOf(error, IntegrationError.RateLimitError)
      deepStrictEqual([error.status, error.code, error.retryable], [403, "REQUEST_LIMIT_EXCEEDED", false])
      strictEqual((yield* emulator.ledger).length, 3)
    }))

  it.scoped("the same code for too many long requests at once, which is tried again after seconds", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.withPolicy(
        { faults: Faults.script([answer(403, Emulator.Bodies.concurrent)]) },
        quick
      )
      const creating = yield* Effect.fork(
        salesforce.records.create({ path: { type: "Account" }, payload: { Name: "Engines" } })
      )
      yield* TestClock.adjust("5 seconds")
      assertTrue((yield* Fiber.join(creating)).success)
      // it was not done: even a create is sent again
      deepStrictEqual((yield* emulator.ledger).map(({ processed }) => processed), [false, true])
    }))

  it.scoped.each(
    [
      ["unknown words, requests left", "Something else.", "api-usage=5/100", true],
      ["unknown words, none left", "Something else.", "api-usage=100/100", false],
      ["unknown words, no header", "Something else.", undefined, false],
      ["the day's, whatever the header says", "TotalRequests Limit exceeded.", "api-usage=5/100", false],
      ["at once, although the day's are used up", "ConcurrentRequests Limit exceeded.", "api-usage=100/100", true]
    ] as const
  )("the texts of the two are not documented: %s", ([, message, header, retryable]) =>
    Effect.gen(function*() {
      const headers: Record<string, string> = header === undefined ? {} : { "sforce-limit-info": header }
      const { salesforce } = yield* Kit.inProcess({
        faults: Faults.script([answer(403, Emulator.Bodies.list("REQUEST_LIMIT_EXCEEDED", message), headers)])
      })
      const error = yield* Effect.flip(salesforce.org.resources())
      deepStrictEqual([error._tag, error.retryable], ["RateLimitError", retryable])
    }))

  it("Sforce-Limit-Info may have more in it", () => {
    const read = (text: string) => SalesforceRateLimit.read(Headers.fromInput({ "sforce-limit-info": text }), 0)
    deepStrictEqual(read("api-usage=10018/100000"), { limit: 100_000, remaining: 89_982 })
    deepStrictEqual(read("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)"), {
      limit: 5000,
      remaining: 4975
    })
    deepStrictEqual(read("per-app-api-usage=17/250(appName=x); api-usage=6000/5000"), { limit: 5000, remaining: 0 })
    strictEqual(read("api-bursts=1/750"), undefined)
  })

  it.scoped("errors are a list, of which every one is told", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* Kit.inProcess({
        faults: Faults.script([answer(400, [
          { errorCode: "STRING_TOO_LONG", fields: ["Name"], message: "Name: data value too large" },
          { errorCode: "INVALID_EMAIL_ADDRESS", fields: ["Email__c"], message: "Email: invalid" }
        ])])
      })
      const error = yield* Effect.flip(salesforce.org.resources())
      assertInstanceOf(error, IntegrationError.ValidationError)
      strictEqual(error.message, "HTTP 400: Name: data value too large; Email: invalid")
      deepStrictEqual(error.issues.map((issue) => issue.path), ["Name", "Email__c"])
    }))

  it.scoped("an upsert by external id makes one record, however often it is sent", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.withPolicy(
        { faults: Faults.script([Faults.resetAfter, Faults.status(500)]) },
        quick
      )
      const upserting = yield* Effect.fork(salesforce.records.upsert({ path, payload: { Name: "Engines" } }))
      yield* TestClock.adjust("10 seconds")
      const result = yield* Fiber.join(upserting)
      // the first made it, and its answer was lost
      strictEqual(result.created, false)
      deepStrictEqual(Ledger.tally(yield* emulator.ledger, "Account")["A-1"], { created: 1, updated: 1 })
    }))

  it.scoped("a create is not sent again when its answer was lost", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.withPolicy({ faults: Faults.script([Faults.resetAfter]) }, quick)
      const error = yield* Effect.flip(
        salesforce.records.create({ path: { type: "Account" }, payload: { Name: "Engines" } })
      )
      strictEqual(error._tag, "NetworkError")
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("an upsert is answered with 201, 200, or nothing at all", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.inProcess()
      const first = yield* salesforce.records.upsert({ path, payload: { Name: "A" } })
      const second = yield* salesforce.records.upsert({ path, payload: { Name: "B" } })
      deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [201, 200])
      deepStrictEqual([first.created, second.created, second.id], [true, false, first.id])
      yield* emulator.setFaults(Faults.script([answer(204, "")]))
      const third = yield* salesforce.records.upsert({ path, payload: { Name: "C" } })
      deepStrictEqual(third, { created: false, errors: [], success: true })
      yield* emulator.setFaults(Faults.script([answer(201, { errors: [], id: "001", success: true })]))
      strictEqual((yield* salesforce.records.upsert({ path, payload: { Name: "C" } })).created, true)
    }))

  it.scoped("300: several records have the external id, and the error names them", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* Kit.inProcess()
      const create = salesforce.records.create({
        path: { type: "Account" },
        payload: { Legacy_Id__c: "L-1", Name: "Twin" }
      })
      const ids = [(yield* create).id, (yield* create).id]
      const error = yield* Effect.flip(
        salesforce.records.upsert({ path: { ...path, field: "Legacy_Id__c", value: "L-1" }, payload: { Name: "X" } })
      )
      assertInstanceOf(error, IntegrationError.ConflictError)
      strictEqual(error.code, "MULTIPLE_CHOICES")
      for (const id of ids) assertTrue(error.message.includes(`${base}/sobjects/Account/${id}`), error.message)
    }))

  it.scoped("updateOnly makes nothing", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.inProcess()
      const error = yield* Effect.flip(
        salesforce.records.upsert({ path, payload: { Name: "A" }, urlParams: { updateOnly: true } })
      )
      strictEqual(error._tag, "NotFoundError")
      deepStrictEqual((yield* emulator.ledger)[0]?.query, { updateOnly: "true" })
    }))

  it.scoped("the external id must not be in the body of an upsert", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* Kit.inProcess()
      const error = yield* Effect.flip(
        salesforce.records.upsert({ path, payload: { External_Id__c: "A-1", Name: "A" } })
      )
      deepStrictEqual([error._tag, error.code], ["ValidationError", "INVALID_FIELD"])
    }))

  it.scoped("a collection is 200 though records of it were refused; allOrNone undoes the others", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.inProcess()
      const attributes = { type: "Account" }
      const records = [{ attributes, Name: "Good" }, { attributes }, { attributes, Name: "Good too" }] as const
      const some = yield* salesforce.collections.create({ payload: { records } })
      deepStrictEqual(some.map(({ success }) => success), [true, false, true])
      deepStrictEqual(SalesforceErrors.failedItems(some), [{
        index: 1,
        problems: [{
          code: "REQUIRED_FIELD_MISSING",
          fields: ["Name"],
          message: "Required fields are missing: [Name]"
        }]
      }])
      const none = yield* salesforce.collections.create({ payload: { allOrNone: true, records } })
      deepStrictEqual(SalesforceErrors.failedItems(none).map(({ problems }) => problems[0]?.code), [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
      ])
      deepStrictEqual((yield* emulator.ledger).map(({ changes, status }) => [changes.length, status]), [[2, 200], [
        0,
        200
      ]])
      strictEqual((yield* emulator.state).org.rows.length, 2)
    }))

  it.scoped("a composite is 200 though requests of it were refused; allOrNone undoes the others", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.inProcess()
      const compositeRequest = [
        { method: "POST", url: `${base}/sobjects/Account`, referenceId: "a", body: { Name: "Parent" } },
        { method: "POST", url: `${base}/sobjects/Contact`, referenceId: "b", body: { AccountId: "@{a.id}" } },
        { method: "GET", url: `${base}/sobjects/Contact/@{b.id}`, referenceId: "c" }
      ] as const
      const some = yield* salesforce.composite.run({ payload: { compositeRequest } })
      deepStrictEqual(
        SalesforceErrors.failedSubrequests(some).map(({ problems, referenceId, status }) => [
          referenceId,
          status,
          problems[0]?.code
        ]),
        [["b", 400, "REQUIRED_FIELD_MISSING"], ["c", 400, "PROCESSING_HALTED"]]
      )
      const none = yield* salesforce.composite.run({ payload: { allOrNone: true, compositeRequest } })
      deepStrictEqual(SalesforceErrors.failedSubrequests(none).map(({ referenceId }) => referenceId), ["a", "b", "c"])
      strictEqual((yield* emulator.state).org.rows.length, 1)
    }))

  it.scoped("a batch that halts says 412 for what it did not do", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* Kit.inProcess()
      const batchRequests = [
        { method: "GET", url: "v67.0/sobjects/Account/001000000000009AAA" },
        { method: "POST", url: "v67.0/sobjects/Account", richInput: { Name: "Later" } }
      ] as const
      const result = yield* salesforce.composite.batch({ payload: { batchRequests, haltOnError: true } })
      deepStrictEqual(result.results.map(({ statusCode }) => statusCode), [404, 412])
      assertTrue(result.hasErrors)
    }))

  it.scoped("a 401 is a session that ended: another token is asked for, once", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ authorize: Testing.Emulator.bearer("fresh") })
      const bearer = (token: string) => Credentials.Bearer({ token: Redacted.make(token) })
      const asked: Array<string> = []
      const salesforce = yield* clientWith(emulator, {
        afterRefusal: () => Effect.sync(() => (asked.push("another"), Option.some(bearer("fresh")))),
        get: () => Effect.succeed(bearer("ended"))
      })
      yield* salesforce.org.resources()
      deepStrictEqual(asked, ["another"])
    }))

  it.scoped.each([
    "This session is not valid for use with the REST API",
    "Connected app is not attached to Agent"
  ])("a 401 that no other token would help: %s", (message) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({
        faults: Faults.script([answer(401, Emulator.Bodies.list("INVALID_SESSION_ID", message))])
      })
      const salesforce = yield* clientWith(emulator, {
        afterRefusal: () => Effect.dieMessage("another token was asked for"),
        get: () => Effect.succeed(Credentials.Bearer({ token: Redacted.make("fake") }))
      })
      const error = yield* Effect.flip(salesforce.org.resources())
      deepStrictEqual([error._tag, error.status], ["AuthorizationError", 401])
      strictEqual((yield* emulator.ledger).length, 1)
    }))

  it.scoped("the next page is asked of Salesforce itself, whatever host its link names", () =>
    Effect.gen(function*() {
      const page = (next: string) => answer(200, { done: false, nextRecordsUrl: next, records: [], totalSize: 1 })
      const { emulator, salesforce } = yield* Kit.inProcess({
        faults: Faults.script([
          page("https://elsewhere.example/services/data/v67.0/query/01gA-2000"),
          page("/services/data/v67.0/queryAll/01gA-4000"),
          answer(200, { done: true, records: [{ Id: "1" }], totalSize: 1 })
        ])
      })
      const { soql } = salesforce
      const all = Pagination.items(soql.query, queries(), { urlParams: { q: "SELECT Id FROM Account" } }, {
        more: soql.more
      })
      strictEqual(yield* Effect.map(collect(all), (records) => records.length), 1)
      deepStrictEqual((yield* emulator.ledger).map((entry) => entry.path), [
        `${base}/query`,
        `${base}/query/01gA-2000`,
        `${base}/query/01gA-4000`
      ])
    }))

  it("times have an offset without a colon", () => {
    const read = Schema.decodeSync(Schemas.Timestamp)
    strictEqual(DateTime.formatIso(read("2013-05-20T20:49:32.000+0000")), "2013-05-20T20:49:32.000Z")
    strictEqual(DateTime.formatIso(read("2013-05-20T20:49:32.000-0730")), "2013-05-21T04:19:32.000Z")
    strictEqual(DateTime.formatIso(read("2013-05-20T20:49:32Z")), "2013-05-20T20:49:32.000Z")
    strictEqual(Schema.encodeSync(Schemas.Timestamp)(read("2013-05-20T20:49:32Z")), "2013-05-20T20:49:32.000+0000")
  })

  it.scoped("NaN would be written as null, which clears a field: nothing is sent", () =>
    Effect.gen(function*() {
      const { emulator, salesforce } = yield* Kit.inProcess()
      const error = yield* Effect.flip(
        salesforce.records.create({ path: { type: "Account" }, payload: { AnnualRevenue: Number.NaN, Name: "A" } })
      )
      strictEqual(error._tag, "ValidationError")
      strictEqual((yield* emulator.ledger).length, 0)
    }))

  it.scoped("more than ten runs of one type are refused before they are sent", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* Kit.inProcess()
      const records = Array.from({ length: 12 }, (_, index) => ({
        attributes: { type: index % 2 === 0 ? "Account" : "Contact" },
        LastName: "x",
        Name: "x"
      }))
      const error = yield* Effect.flip(salesforce.collections.create({ payload: { records } }))
      assertTrue(error.message.includes("sort them by type"), error.message)
    }))

  it.scoped("a token says nothing of its end, and a refresh may give no other refresh token: the one there is stays", () =>
    Effect.gen(function*() {
      const used: Array<string> = []
      const exchange: TokenRefresh.Options["exchange"] = ({ refreshToken }) =>
        Effect.sync(() => {
          used.push(refreshToken === undefined ? "none" : Redacted.value(refreshToken))
          return { accessToken: Redacted.make(`access-${used.length}`) }
        })
      // sessions end when the org says so
      let good = "access-0"
      const emulator = yield* Emulator.make({ authorize: ({ authorization }) => authorization === `Bearer ${good}` })
      const layer = Salesforce.layer({ baseUrl: "https://example.my.salesforce.com", policy: quick }).pipe(
        Layer.provideMerge(TokenRefresh.layer({ exchange })),
        Layer.provideMerge(CredentialStore.layerMemory),
        Layer.provide(Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator)))
      )
      yield* Effect.gen(function*() {
        const store = yield* CredentialStore.CredentialStore
        yield* store.put(
          { integration: "salesforce" },
          Credentials.OAuth2({
            accessToken: Redacted.make(good),
            refreshToken: Redacted.make("refresh-0"),
            scopes: ["api"]
          })
        )
        const { org } = yield* Salesforce
        for (const next of ["access-1", "access-2"]) {
          yield* org.resources()
          yield* TestClock.adjust("1 hour")
          good = next
        }
        yield* org.resources()
        deepStrictEqual(used, ["refresh-0", "refresh-0"])
        deepStrictEqual((yield* emulator.ledger).map(({ status }) => status), [200, 401, 200, 401, 200])
      }).pipe(Effect.provide(layer))
    }))

  it.scoped("of two who make the same external id at once, one is refused, and may do it again", () =>
    Effect.gen(function*() {
      const duplicate = Emulator.Bodies.list("DUPLICATE_VALUE", "duplicate value found: External_Id__c")
      const { emulator, salesforce } = yield* Kit.inProcess({ faults: Faults.script([answer(400, duplicate)]) })
      const upsert = salesforce.records.upsert({ path, payload: { Name: "Engines" } })
      const result = yield* upsert.pipe(
        Effect.retry({ times: 1, while: (error) => error.code === "DUPLICATE_VALUE" })
      )
      assertTrue(result.created)
      const create = salesforce.records.create({
        path: { type: "Account" },
        payload: { External_Id__c: "A-1", Name: "Other" }
      })
      const error = yield* Effect.flip(create)
      deepStrictEqual([error._tag, error.code], ["ConflictError", "DUPLICATE_VALUE"])
      strictEqual((yield* emulator.state).org.rows.length, 1)
    }))

  it.scoped("a query may be written over several lines", () =>
    Effect.gen(function*() {
      const { salesforce } = yield* Kit.inProcess()
      const q = `
        SELECT Id
        FROM Account
      `
      strictEqual((yield* salesforce.soql.query({ urlParams: { q } })).totalSize, 0)
    }))

  it.effect("the org's own host has to be said, and one of Lightning is refused", () =>
    Effect.gen(function*() {
      const refused = (variables: Readonly<Record<string, string>>) =>
        Effect.scoped(Layer.build(Salesforce.layerConfig)).pipe(
          Effect.provide(Layer.merge(
            Holdfast.layerMemory,
            Layer.unwrapEffect(Effect.map(Emulator.make(), Testing.Emulator.layerHttpClient))
          )),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
          Effect.flip,
          Effect.map(String)
        )
      const none = yield* refused({ SALESFORCE_ACCESS_TOKEN: "fake" })
      assertTrue(none.includes("SALESFORCE_INSTANCE_URL"), none)
      const lightning = yield* refused({
        SALESFORCE_ACCESS_TOKEN: "fake",
        SALESFORCE_INSTANCE_URL: "https://example.lightning.force.com"
      })
      assertTrue(lightning.includes("SALESFORCE_INSTANCE_URL"), lightning)
      const version = yield* refused({
        SALESFORCE_ACCESS_TOKEN: "fake",
        SALESFORCE_API_VERSION: "67",
        SALESFORCE_INSTANCE_URL: "https://example.my.salesforce.com"
      })
      assertTrue(version.includes("SALESFORCE_API_VERSION"), version)
    }))

  it.effect("SALESFORCE_BASE_URL will do alone, and goes before the instance URL", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const emulator = yield* Emulator.make()
      const client = HttpClient.mapRequest(Testing.Emulator.httpClient(emulator), (request) => {
        asked.push(request.url)
        return request
      })
      const resources = (variables: Readonly<Record<string, string>>) =>
        Effect.flatMap(Salesforce, (salesforce) => salesforce.org.resources()).pipe(
          Effect.provide(
            Layer.provide(
              Salesforce.layerConfig,
              Layer.merge(Holdfast.layerMemory, Layer.succeed(HttpClient.HttpClient, client))
            )
          ),
          Effect.withConfigProvider(ConfigProvider.fromMap(
            new Map(Object.entries({ SALESFORCE_ACCESS_TOKEN: "fake", ...variables }))
          ))
        )
      const instance = { SALESFORCE_INSTANCE_URL: "https://example.my.salesforce.com" }
      const emulated = { SALESFORCE_BASE_URL: "http://127.0.0.1:4020" }
      yield* resources(instance)
      yield* resources(emulated)
      yield* resources({ ...instance, ...emulated })
      deepStrictEqual(asked.map((url) => new URL(url).origin), [
        "https://example.my.salesforce.com",
        "http://127.0.0.1:4020",
        "http://127.0.0.1:4020"
      ])
    }))

  it.effect("the variables name org, version and token", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make({ authorize: Testing.Emulator.bearer("from-config"), version: "v66.0" })
      yield* Effect.flatMap(Salesforce, (salesforce) => salesforce.org.resources()).pipe(
        Effect.provide(
          Layer.provide(
            Salesforce.layerConfig,
            Layer.merge(Holdfast.layerMemory, Testing.Emulator.layerHttpClient(emulator))
          )
        ),
        Effect.withConfigProvider(ConfigProvider.fromMap(
          new Map([
            ["SALESFORCE_ACCESS_TOKEN", "from-config"],
            ["SALESFORCE_API_VERSION", "v66.0"],
            ["SALESFORCE_INSTANCE_URL", "https://example.my.salesforce.com/"]
          ])
        ))
      )
      deepStrictEqual((yield* emulator.ledger).map((entry) => entry.path), ["/services/data/v66.0"])
    }))
})
