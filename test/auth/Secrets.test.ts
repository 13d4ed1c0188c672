/** Secrets by name from Config and from a record. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigError, ConfigProvider, Context, Effect, Layer, Redacted } from "effect"
import { Secrets } from "holdfast"
import { inspect } from "node:util"
import * as KnownSecrets from "../../src/internal/knownSecrets.js"

const over = (provider: ConfigProvider.ConfigProvider) =>
  Effect.map(
    Layer.build(Layer.provide(Secrets.layerConfig, Layer.setConfigProvider(provider))),
    (context) => Context.get(context, Secrets.Secrets)
  )

const setVariable = (value: string | undefined): void => {
  if (value === undefined) delete process.env.HOLDFAST_SECRETS_SPEC_TOKEN
  else process.env.HOLDFAST_SECRETS_SPEC_TOKEN = value
}

describe("Secrets.layerConfig", () => {
  it.scoped("a path with dots; else the variable in upper case", () =>
    Effect.gen(function*() {
      const variables = ConfigProvider.fromMap(new Map([["HUBSPOT_API_KEY", "fake-key-of-variable"]]))
      const nested = ConfigProvider.fromJson({ hubspot: { "api-key": "fake-key-of-path" } })
      const cases = [
        [variables, "fake-key-of-variable"],
        [ConfigProvider.constantCase(variables), "fake-key-of-variable"],
        [nested, "fake-key-of-path"],
        [ConfigProvider.orElse(nested, () => variables), "fake-key-of-path"]
      ] as const
      for (const [provider, expected] of cases) {
        const secrets = yield* over(provider)
        assert.strictEqual(Redacted.value(yield* secrets.get("hubspot.api-key")), expected)
        assert.isTrue(KnownSecrets.isIn(`the provider said ${expected}`))
      }
    }))

  it.scoped("is read each time, and is the same object as long as it is the same secret", () =>
    Effect.gen(function*() {
      yield* Effect.acquireRelease(
        Effect.sync(() => setVariable("fake-token-1")),
        () => Effect.sync(() => setVariable(undefined))
      )
      const secrets = yield* over(ConfigProvider.fromEnv())
      const name = "holdfast.secrets.spec.token"
      const first = yield* secrets.get(name)
      assert.strictEqual(yield* secrets.get(name), first)
      yield* Effect.sync(() => setVariable("fake-token-2"))
      const second = yield* secrets.get(name)
      assert.deepStrictEqual([first, second].map(Redacted.value), ["fake-token-1", "fake-token-2"])
    }))

  it.scoped("what is missing, empty, or cannot be read is named, without its value", () =>
    Effect.gen(function*() {
      const failing = (error: ConfigError.ConfigError) =>
        ConfigProvider.mapInputPath(
          ConfigProvider.make({ flattened: failingFlat(error), load: () => Effect.fail(error) }),
          (path) => path
        )
      const cases = [
        [ConfigProvider.fromMap(new Map()), "not-found", "set one of them"],
        [ConfigProvider.fromMap(new Map([["HUBSPOT_TOKEN", ""]])), "malformed", "is empty"],
        [failing(ConfigError.InvalidData([], "not planted-value")), "malformed", "is no text"],
        [
          failing(ConfigError.SourceUnavailable([], "planted-value", Cause.die("planted-value"))),
          "unavailable",
          "source"
        ]
      ] as const
      for (const [provider, reason, words] of cases) {
        const error = yield* Effect.flip((yield* over(provider)).get("hubspot.token"))
        assert.strictEqual(error.reason, reason)
        assert.include(error.message, words)
        assert.include(error.message, "HUBSPOT_TOKEN")
        assert.notInclude(`${String(error)} ${inspect(error, { depth: 9 })}`, "planted")
      }
    }))
})

const failingFlat = (error: ConfigError.ConfigError): ConfigProvider.ConfigProvider.Flat =>
  ConfigProvider.makeFlat({
    enumerateChildren: () => Effect.fail(error),
    load: () => Effect.fail(error),
    patch: { _tag: "Empty" }
  })

describe("Secrets.layerRecord", () => {
  it.effect("gives what is in it, and nothing that every object has", () =>
    Effect.gen(function*() {
      assert.strictEqual(Redacted.value(yield* Secrets.get("hubspot.token")), "pat-fake-record")
      assert.isTrue(KnownSecrets.isIn("pat-fake-record"))
      for (const name of ["none", "constructor", "__proto__", "toString"]) {
        const error = yield* Effect.flip(Secrets.get(name))
        assert.strictEqual(error.reason, "not-found")
        assert.include(error.message, `"${name}"`)
      }
    }).pipe(Effect.provide(Secrets.layerRecord({ "hubspot.token": Redacted.make("pat-fake-record") }))))
})
