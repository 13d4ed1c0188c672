import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpClientRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Auth, Credentials, Integration, IntegrationClient } from "holdfast"
import { Emulator } from "holdfast/testing"

const Found = Schema.Struct({ q: Schema.String })

const definition = Integration.define({
  id: "atlas",
  name: "Atlas",
  version: "1",
  baseUrl: "https://atlas.example",
  api: HttpApi.make("atlas").add(
    HttpApiGroup.make("places").add(HttpApiEndpoint.get("find", "/find").setUrlParams(Found).addSuccess(Found))
  ),
  auth: Auth.query("key")
})

const spec: Emulator.Spec<typeof definition.api, object> = {
  integration: definition,
  state: () => ({}),
  handlers: () => ({
    places: {
      find: ({ urlParams }, { query }) =>
        query.q === urlParams.q && typeof query.key === "string"
          ? Effect.succeed({ q: urlParams.q })
          : Effect.dieMessage("a handler is not handed the whole query")
    }
  }),
  error: ({ message }) => ({ body: { message } }),
  authorize: (_headers, query) => query.key === "k3y-of-the-atlas",
  secretQuery: ["key"]
}

const find = (emulator: Emulator.Emulator, key: string) =>
  Effect.flatMap(Integration.client(definition), (atlas) => atlas.places.find({ urlParams: { q: "Paris" } })).pipe(
    Effect.provide(
      IntegrationClient.layer(definition).pipe(
        Layer.provide(Credentials.layer(Credentials.ApiKey({ key: Redacted.make(key) }))),
        Layer.provide(Emulator.layerHttpClient(emulator))
      )
    )
  )

describe("an emulator whose credential is in the query", () => {
  it.effect("looks at it there, and does not write it down", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(spec)
      deepStrictEqual(yield* find(emulator, "k3y-of-the-atlas"), { q: "Paris" })
      strictEqual((yield* Effect.flip(find(emulator, "another-k3y")))._tag, "AuthenticationError")
      const entries = yield* emulator.ledger
      deepStrictEqual(entries.map(({ query, status }) => ({ query, status })), [
        { query: { key: "<redacted>", q: "Paris" }, status: 200 },
        { query: { key: "<redacted>", q: "Paris" }, status: 401 }
      ])
      const shown = yield* Emulator.httpClient(emulator).execute(
        HttpClientRequest.get("http://atlas.test/__emulator/ledger")
      )
      strictEqual(/k3y/.test(yield* shown.text), false)
    }))

  it.effect("a rule for one test is handed the query too", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make(spec, { authorize: (_headers, query) => query.key === "another-k3y" })
      deepStrictEqual(yield* find(emulator, "another-k3y"), { q: "Paris" })
    }))
})
