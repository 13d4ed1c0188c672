/** A module of a user's, as `holdfast --module` takes it: an in-house API at `SHOP_BASE_URL`, with `SHOP_TOKEN`. */
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Context, Layer, Schema } from "effect"
import { Auth, Credentials, Integration, Provider, Transport } from "holdfast"

const api = HttpApi.make("shop").add(
  HttpApiGroup.make("items").add(
    HttpApiEndpoint.post("create", "/items").setPayload(Schema.Struct({ name: Schema.String })).addSuccess(
      Schema.Unknown
    )
  )
)

const definition = Integration.define({
  api,
  auth: Auth.bearer,
  baseUrl: "http://127.0.0.1:1",
  id: "shop",
  name: "Shop",
  version: "1"
})

export class Shop extends Context.Tag("holdfast/test/Shop")<Shop, Integration.Client<typeof definition>>() {
  static readonly definition = definition
}

export const layer = Provider.layerConfig(Shop, definition, {
  credentials: Credentials.bearerConfig("SHOP_TOKEN"),
  policy: { retry: { maxAttempts: 1 } }
}).pipe(Layer.provide(Transport.layer))
