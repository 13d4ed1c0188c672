/** Credentials and keys from the environment: what is wrong is named, and its value is not. */
import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Context, Effect, Layer, Redacted } from "effect"
import { CredentialCipher, Credentials } from "holdfast"
import { inspect } from "node:util"

const load = (config: Config.Config<Credentials.Credential>, variables: Record<string, string>) =>
  Effect.withConfigProvider(config, ConfigProvider.fromMap(new Map(Object.entries(variables))))

describe("credentials from the environment", () => {
  it.effect("each kind has its variables", () =>
    Effect.gen(function*() {
      const bearer = yield* load(Credentials.bearerConfig("T"), { T: "fake-token" })
      assert.isTrue(bearer._tag === "Bearer" && Redacted.value(bearer.token) === "fake-token")
      const key = yield* load(Credentials.apiKeyConfig("K"), { K: "fake key" })
      assert.isTrue(key._tag === "ApiKey" && Redacted.value(key.key) === "fake key")
      const basic = yield* load(Credentials.basicConfig({ password: "P", username: "U" }), { P: "fäke:🔑", U: "ada" })
      assert.isTrue(basic._tag === "Basic" && basic.username === "ada" && Redacted.value(basic.password) === "fäke:🔑")
      const headers = yield* load(Credentials.headersConfig({ "x-app": "A", "x-key": "K" }), {
        A: "fake-a",
        K: "fake-k"
      })
      assert.deepStrictEqual(
        headers._tag === "Headers" &&
          Object.entries(headers.headers).map(([name, value]) => [name, Redacted.value(value)]),
        [["x-app", "fake-a"], ["x-key", "fake-k"]]
      )
    }))

  it.effect("what cannot be sent is refused, by name and without its value", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [Config.Config<Credentials.Credential>, Record<string, string>, string]> = [
        [Credentials.bearerConfig("T"), {}, "T"],
        [Credentials.bearerConfig("T"), { T: "" }, "T"],
        [Credentials.bearerConfig("T"), { T: "Bearer planted-1" }, "begins with the word Bearer"],
        [Credentials.apiKeyConfig("T"), { T: "planted-2\n" }, "line break"],
        [Credentials.apiKeyConfig("T"), { T: "planted-3\r\nx-admin: yes" }, "no header can have"],
        [Credentials.apiKeyConfig("T"), { T: "planted-4-ключ" }, "no header can have"],
        [Credentials.headersConfig({ "x-a": "T" }), { T: " planted-5" }, "at its beginning"],
        [Credentials.basicConfig({ password: "T", username: "U" }), { T: "planted-6", U: "a:b" }, "colon"]
      ]
      for (const [config, variables, message] of cases) {
        const error = yield* Effect.flip(load(config, variables))
        const text = `${String(error)} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`
        assert.include(text, message)
        assert.notInclude(text, "planted")
      }
    }))

  it.effect("keys: an id, a colon and 32 bytes, and as many older ones", () =>
    Effect.gen(function*() {
      const key = (fill: number, length = 32) => Buffer.alloc(length, fill).toString("base64")
      const build = (variables: Record<string, string>) =>
        Effect.map(
          Effect.scoped(Layer.build(
            Layer.provide(
              CredentialCipher.layerConfig,
              Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
            )
          )),
          Context.get(CredentialCipher.CredentialCipher)
        )
      const { keyId } = yield* build({
        HOLDFAST_CREDENTIAL_KEY: `k2:${key(2)}`,
        HOLDFAST_CREDENTIAL_OLD_KEYS: `k1:${key(1)}, k0:${key(9)}`
      })
      assert.strictEqual(keyId, "k2")
      for (
        const variables of [
          {},
          { HOLDFAST_CREDENTIAL_KEY: key(77) },
          { HOLDFAST_CREDENTIAL_KEY: `k:${key(77, 16)}` },
          { HOLDFAST_CREDENTIAL_KEY: `k2:${key(2)}`, HOLDFAST_CREDENTIAL_OLD_KEYS: `k1:${key(77, 31)}` }
        ]
      ) {
        const error = yield* Effect.flip(build(variables))
        assert.include(String(error), "HOLDFAST_CREDENTIAL")
        assert.notInclude(inspect(error, { depth: 9 }), key(77).slice(0, 12))
      }
    }))
})
