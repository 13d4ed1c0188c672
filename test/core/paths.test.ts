import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Schema } from "effect"
import { Auth, Integration, IntegrationClient } from "holdfast"
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
