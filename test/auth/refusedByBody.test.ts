import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { Auth, Credentials, Integration, IntegrationClient } from "holdfast"
import * as Kit from "../kit.js"

const definition = Integration.define({
  id: "atlas",
  name: "Atlas",
  version: "1",
  baseUrl: "https://atlas.example",
  api: HttpApi.make("atlas").add(
    HttpApiGroup.make("places").add(
      HttpApiEndpoint.post("add", "/places").setPayload(Schema.Struct({ name: Schema.String }))
        .addSuccess(Schema.Struct({ status: Schema.String }))
    )
  ),
  auth: Auth.apiKey("x-key"),
  classify: ({ body }) => {
    const said = typeof body === "object" && body !== null && "status" in body ? body.status : undefined
    return said === "BAD_KEY"
      ? { tag: "AuthenticationError" }
      : said === "NOT_YOURS"
      ? { tag: "AuthorizationError" }
      : undefined
  }
})

const key = (text: string) => Credentials.ApiKey({ key: Redacted.make(text) })

describe("a credential that is refused by a body, whatever the status", () => {
  it.scoped("is asked for anew, once, as after a 401; a permission that is missing is not", () =>
    Effect.gen(function*() {
      for (
        const [said, status, expected] of [["BAD_KEY", 200, 2], ["BAD_KEY", 400, 2], ["NOT_YOURS", 200, 1]] as const
      ) {
        const provider = new Kit.Provider((request) =>
          Effect.sync(() =>
            request.headers["x-key"] === "fake-new-key"
              ? Response.json({ status: "OK" })
              : Response.json({ status: said }, { status })
          )
        )
        const { places } = yield* Effect.provide(
          Integration.client(definition),
          IntegrationClient.layer(definition).pipe(
            Layer.provide(Layer.succeed(Credentials.Credentials, {
              afterRefusal: () => Effect.succeed(Option.some(key("fake-new-key"))),
              get: () => Effect.succeed(key("fake-old-key"))
            })),
            Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client))
          )
        )
        const outcome = yield* Effect.either(places.add({ payload: { name: "a" } }))
        assert.strictEqual(provider.requests.length, expected)
        assert.strictEqual(outcome._tag, expected === 2 ? "Right" : "Left")
      }
    }))
})
