import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Schema } from "effect"
import { Auth, Integration, IntegrationClient, OpenApi } from "holdfast"
import { Emulator } from "holdfast/testing"

const Said = Schema.Struct({ said: Schema.String })
const one = Schema.Struct({ id: Schema.String })

const definition = Integration.define({
  id: "reports",
  name: "Reports",
  version: "1",
  baseUrl: "https://reports.example",
  api: HttpApi.make("reports").add(
    HttpApiGroup.make("reports")
      .add(HttpApiEndpoint.post("create", "/reports").addSuccess(Said))
      .add(HttpApiEndpoint.post("search", "/reports::search").addSuccess(Said))
      .add(HttpApiEndpoint.post("put", "/reports/:id").setPath(one).addSuccess(Said))
      .add(HttpApiEndpoint.post("run", "/reports/:id::run").setPath(one).addSuccess(Said))
      .add(HttpApiEndpoint.post("runPart", "/reports/:id::run/parts").setPath(one).addSuccess(Said))
  ),
  auth: Auth.none
})

const said = (said: string) => Effect.succeed({ said })

const spec: Emulator.Spec<typeof definition.api, object> = {
  integration: definition,
  state: () => ({}),
  handlers: () => ({
    reports: {
      create: () => said("create"),
      search: () => said("search"),
      put: ({ path }) => said(`put ${path.id}`),
      run: ({ path }) => said(`run ${path.id}`),
      runPart: ({ path }) => said(`part ${path.id}`)
    }
  }),
  error: ({ message }) => ({ body: { message } })
}

describe("two colons in a path", () => {
  it.effect("are one that is meant as such, to the client and to the emulator", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(spec)
      const { reports } = yield* Effect.provide(
        Integration.client(definition),
        IntegrationClient.layer(definition).pipe(Layer.provide(Emulator.layerHttpClient(emulator)))
      )
      strictEqual((yield* reports.create()).said, "create")
      strictEqual((yield* reports.search()).said, "search")
      strictEqual((yield* reports.run({ path: { id: "a:b" } })).said, "run a:b")
      strictEqual((yield* reports.runPart({ path: { id: "7" } })).said, "part 7")
      strictEqual((yield* reports.put({ path: { id: "x" } })).said, "put x")
      deepStrictEqual((yield* emulator.ledger).map(({ path }) => path), [
        "/reports",
        "/reports:search",
        // one that belongs to an id is escaped
        "/reports/a%3Ab:run",
        "/reports/7:run/parts",
        "/reports/x"
      ])
    }))
})

const Bytes = Schema.Uint8ArrayFromSelf.pipe(HttpApiSchema.withEncoding({ kind: "Uint8Array" }))

const file = Schema.Struct({
  drive: Schema.String,
  name: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("*"))
})

const drives = Integration.define({
  id: "drives",
  name: "Drives",
  version: "1",
  baseUrl: "https://drives.example",
  api: HttpApi.make("drives").add(
    HttpApiGroup.make("files")
      .add(HttpApiEndpoint.get("list", "/drives/list").addSuccess(Said))
      .add(HttpApiEndpoint.get("get", "/drives/:drive/*").setPath(file).addSuccess(Said))
      .add(
        HttpApiEndpoint.put("replace", "/drives/:drive/*").setPath(file)
          .setHeaders(Schema.Struct({ "if-match": Schema.String })).addSuccess(Said)
      )
      .add(
        HttpApiEndpoint.put("put", "/drives/:drive/*").setPath(file)
          .setHeaders(Schema.Struct({ "content-type": Schema.optional(Schema.String) })).setPayload(Bytes)
          .addSuccess(Said)
      )
  ),
  auth: Auth.none
})

const driveSpec: Emulator.Spec<typeof drives.api, object> = {
  integration: drives,
  state: () => ({}),
  handlers: () => ({
    files: {
      list: () => said("list"),
      get: ({ path }) => said(`get ${path.drive} ${path.name}`),
      replace: ({ headers, path }) => said(`replace ${path.name} ${headers["if-match"]}`),
      put: ({ path, payload }, { headers }) => said(`put ${path.name} ${payload.length} ${headers["content-type"]}`)
    }
  }),
  error: ({ message }) => ({ body: { message } })
}

const driving = Effect.gen(function*() {
  const emulator = yield* Emulator.make(driveSpec)
  const client = yield* Effect.provide(
    Integration.client(drives),
    IntegrationClient.layer(drives).pipe(Layer.provide(Emulator.layerHttpClient(emulator)))
  )
  return { emulator, files: client.files }
})

describe("the rest of a path", () => {
  it.effect("has slashes of its own, and is escaped between them", () =>
    Effect.gen(function*() {
      const { emulator, files } = yield* driving
      const get = (name: string) => files.get({ path: { drive: "a", name } })
      strictEqual((yield* get("x/y z/50%?.txt")).said, "get a x/y z/50%?.txt")
      strictEqual((yield* get("x")).said, "get a x")
      strictEqual((yield* files.list()).said, "list")
      deepStrictEqual((yield* emulator.ledger).map(({ path }) => path), [
        "/drives/a/x/y%20z/50%25%3F.txt",
        "/drives/a/x",
        "/drives/list"
      ])
    }))

  it.effect("leads to no other one: empty parts and points are refused before they are sent", () =>
    Effect.gen(function*() {
      const { emulator, files } = yield* driving
      for (const name of ["", "..", "x/../../b", "x//y", "x/", "./x"]) {
        const error = yield* Effect.flip(files.get({ path: { drive: "a", name } }))
        strictEqual(error._tag, "ValidationError")
      }
      strictEqual((yield* emulator.ledger).length, 0)
    }))

  it("has a name in an OpenAPI document", () => {
    deepStrictEqual(Object.keys(OpenApi.make(drives).paths), ["/drives/list", "/drives/{drive}/{*}"])
  })
})

describe("operations that share a method and a path", () => {
  it.effect("are told apart by the headers that they declare", () =>
    Effect.gen(function*() {
      const { emulator, files } = yield* driving
      const path = { drive: "a", name: "x" }
      strictEqual((yield* files.replace({ headers: { "if-match": "1" }, path })).said, "replace x 1")
      const payload = new Uint8Array(3)
      // what the bytes are is said by a header that the endpoint declares
      const typed = yield* files.put({ headers: { "content-type": "text/plain" }, path, payload })
      strictEqual(typed.said, "put x 3 text/plain")
      strictEqual((yield* files.put({ path, payload })).said, "put x 3 application/octet-stream")
      deepStrictEqual((yield* emulator.ledger).map(({ operation }) => operation), [
        "files.replace",
        "files.put",
        "files.put"
      ])
    }))
})
