/** Credentials made of the secrets in a Vault. */
import { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, TestClock } from "effect"
import { Auth, Credentials, Integration, IntegrationClient, IntegrationContext, Secrets } from "holdfast"
import * as Vault from "holdfast/auth/Secrets/Vault"
import * as Kit from "../../kit.js"
import * as Emulator from "./emulator.js"
import { approle, role } from "./world.js"

const definition = Integration.define({
  api: Kit.definition.api,
  auth: Auth.apiKey("x-key"),
  baseUrl: "https://shop.example",
  id: "shop",
  name: "Shop",
  version: "1"
})

const shop = Effect.gen(function*() {
  const { address, vault } = yield* Emulator.serve
  vault.roles.push(role())
  const accepted = new Set<string>()
  const sent: Array<string> = []
  const provider = new Kit.Provider((request) =>
    Effect.sync(() => {
      const key = request.headers["x-key"] ?? ""
      sent.push(key)
      return accepted.has(key) ? Response.json({ id: "1" }) : Response.json({ message: "who?" }, { status: 401 })
    })
  )
  const credentials = Credentials.layerSecrets((secret, { integration, tenantId = "main" }) =>
    Effect.map(secret(`${tenantId}/${integration}#key`), (key) => Credentials.ApiKey({ key }))
  ).pipe(Layer.provide(Vault.layer({ address, login: approle })), Layer.provide(NodeHttpClient.layerUndici))
  const context = yield* Layer.build(
    IntegrationClient.layer(definition).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)),
      Layer.provide(credentials)
    )
  )
  const { items } = yield* Effect.provide(Integration.client(definition), context)
  return { accepted, get: items.get({ path: { id: "1" } }), sent: () => sent.splice(0), vault }
})

describe("Credentials.layerSecrets", () => {
  it.scoped("gives each tenant its own, and reads them once for a while", () =>
    Effect.gen(function*() {
      const { accepted, get, sent, vault } = yield* shop
      vault.put("main/shop", { key: "fake-of-main" })
      vault.put("acme/shop", { key: "fake-of-acme" })
      accepted.add("fake-of-main").add("fake-of-acme")
      yield* get
      yield* IntegrationContext.provide(get, { tenantId: "acme" })
      yield* IntegrationContext.provide(get, { tenantId: "acme" })
      assert.deepStrictEqual(sent(), ["fake-of-main", "fake-of-acme", "fake-of-acme"])
    }))

  it.scoped("after a 401 a key that was rotated in the Vault is sent in the same call; one that is the same is not", () =>
    Effect.gen(function*() {
      const { accepted, get, sent, vault } = yield* shop
      vault.put("main/shop", { key: "fake-key-1" })
      accepted.add("fake-key-1")
      yield* get
      accepted.clear()
      accepted.add("fake-key-2")
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* Effect.flip(get), { _tag: "AuthenticationError", status: 401 })
      assert.deepStrictEqual(sent(), ["fake-key-1", "fake-key-1"])
      vault.put("main/shop", { key: "fake-key-2" })
      yield* TestClock.adjust("2 seconds")
      yield* get
      yield* get
      assert.deepStrictEqual(sent(), ["fake-key-1", "fake-key-2", "fake-key-2"])
    }))

  it.scoped("one that is not there is an AuthenticationError that names it, and nothing is sent", () =>
    Effect.gen(function*() {
      const { get, sent } = yield* shop
      const error = yield* Effect.flip(get)
      assert.deepInclude(error, { _tag: "AuthenticationError", retryable: false })
      assert.include(error.message, "main/shop")
      assert.deepStrictEqual(sent(), [])
    }))

  it.scoped("over a record too, where a refused key has no other", () =>
    Effect.gen(function*() {
      const credentials = Credentials.layerSecrets((secret) =>
        Effect.map(secret("shop.key"), (key) => Credentials.ApiKey({ key }))
      ).pipe(Layer.provide(Secrets.layerRecord({ "shop.key": Redacted.make("fake-key") })))
      const provider = new Kit.Provider(Kit.status(401))
      const context = yield* Layer.build(
        IntegrationClient.layer(definition).pipe(
          Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)),
          Layer.provide(credentials)
        )
      )
      const { items } = yield* Effect.provide(Integration.client(definition), context)
      assert.deepInclude(yield* Effect.flip(items.get({ path: { id: "1" } })), { _tag: "AuthenticationError" })
      assert.strictEqual(provider.count, 1)
    }))
})
