/** Reading and writing secrets in Vault: names, versions, errors, what is at hand, and what is never shown. */
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Exit, Fiber, Layer, Redacted, Schedule, Schema, TestClock } from "effect"
import { Secrets } from "holdfast"
import * as Vault from "holdfast/auth/Secrets/Vault"
import * as http from "node:http"
import { inspect } from "node:util"
import * as KnownSecrets from "../../../src/internal/knownSecrets.js"
import * as Emulator from "./emulator.js"
import { approle, never, pass, secretId, until, world } from "./world.js"

describe("reading", () => {
  it.scoped("a path and a field; `value` without one; one request for all of a path and for many callers", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world()
      vault.put("shop/hubspot", { token: "pat-fake-1", value: "plain-fake" })
      vault.put("a b/ü?#x", { token: "odd-fake" })
      const all = yield* Effect.all(
        Array.from({ length: 50 }, (_, index) => get(index % 2 === 0 ? "shop/hubspot#token" : "shop/hubspot")),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(all), new Set(["pat-fake-1", "plain-fake"]))
      assert.strictEqual(vault.reads, 1)
      assert.strictEqual(vault.logins, 1)
      // the last # begins the field
      assert.strictEqual(yield* get("a b/ü?#x#token"), "odd-fake")
      const read = vault.seen.at(-1)!
      assert.strictEqual(read.path, "secret/data/a%20b/%C3%BC%3F%23x")
      assert.strictEqual(read.headers["x-vault-request"], "true")
      assert.isUndefined(read.headers["x-vault-namespace"])
      assert.isUndefined(read.headers.traceparent)
      assert.isUndefined(vault.seen[0]!.headers["x-vault-token"])
    }))

  it.scoped("namespace, mount of the engine, and mount of the AppRole", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(
        { login: Vault.AppRole({ ...approle, mount: "teams/shop" }), mount: "kv", namespace: "ns1/ns2/" },
        { mount: "teams/shop", namespace: "ns1/ns2" }
      )
      vault.put("app", { value: "other-fake" })
      vault.put("app", { value: "ours-fake" }, "ns1/ns2")
      assert.strictEqual(yield* get("app"), "ours-fake")
      assert.deepStrictEqual(vault.seen.map(({ path }) => path), ["auth/teams/shop/login", "kv/data/app"])
    }))

  it.scoped("a change is taken up within the time to live", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world({ timeToLive: "30 seconds" }, { ttl: 3600 })
      vault.put("app", { value: "fake-one" })
      assert.strictEqual(yield* get("app"), "fake-one")
      vault.put("app", { value: "fake-two" })
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* get("app"), "fake-one")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get("app"), "fake-two")
      assert.strictEqual(vault.reads, 2)
    }))

  it.scoped("what is not there: no path, no field, deleted, destroyed, no text", () =>
    Effect.gen(function*() {
      const { client, get, vault } = yield* world()
      for (const path of ["deleted", "destroyed", "app"]) {
        vault.put(path, { empty: "", list: ["x"], value: "fake-value" })
      }
      vault.remove("deleted", "delete")
      vault.remove("destroyed", "destroy")
      const cases: ReadonlyArray<readonly [string, Secrets.SecretsError["reason"], ...ReadonlyArray<string>]> = [
        ["none", "not-found", `"none" of the mount "secret"`, "KV version 2"],
        ["app#none", "not-found", `no field "none"`],
        ["deleted", "not-found", "version 1 was deleted", "vault kv undelete"],
        ["destroyed", "not-found", "version 1 was destroyed", "write it anew"],
        ["app#list", "malformed", `field "list"`],
        ["app#empty", "malformed", "empty"]
      ]
      for (const [name, reason, ...words] of cases) {
        const error = yield* Effect.flip(get(name))
        assert.strictEqual(error.reason, reason, name)
        for (const word of words) assert.include(error.message, word)
      }
      // none of them is a reason for a new login, and what is asked for in vain by many is one request
      assert.strictEqual(vault.logins, 1)
      const before = vault.reads
      yield* Effect.all(Array.from({ length: 20 }, () => Effect.exit(get("none"))), { concurrency: "unbounded" })
      assert.strictEqual(vault.reads, before)
      assert.strictEqual((yield* Effect.flip(client.read("app"))).reason, "malformed")
      // once it is there, it is found
      vault.put("none", { value: "fake-late" })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get("none"), "fake-late")
    }))

  it.scoped("a name that would lead elsewhere is sent nowhere", () =>
    Effect.gen(function*() {
      const { client, get, vault } = yield* world()
      for (
        const name of [
          "",
          "#token",
          "a#",
          "/a",
          "a/",
          "a//b",
          "../sys/health",
          "a/../../x",
          "a/.",
          "a.",
          "a\nb",
          "\ud800"
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(get(name))).reason, "malformed", name)
      }
      assert.strictEqual((yield* Effect.flip(client.read("../x"))).reason, "malformed")
      assert.strictEqual((yield* Effect.flip(client.write("../x", {}))).reason, "malformed")
      assert.deepStrictEqual(vault.seen, [])
    }))
})

describe("writing", () => {
  it.scoped("by check-and-set: of many who have read the same version, one writes", () =>
    Effect.gen(function*() {
      const { client, get, vault } = yield* world()
      const data = (text: string) => ({ value: Redacted.make(text) })
      assert.strictEqual(yield* client.write("app", data("fake-value-1"), { version: 0 }), 1)
      assert.strictEqual(yield* get("app"), "fake-value-1")
      const { data: { value }, version } = yield* client.read("app")
      assert.strictEqual(Redacted.value(value!), "fake-value-1")
      const exits = yield* Effect.all(
        Array.from(
          { length: 10 },
          (_, index) => Effect.exit(client.write("app", data(`fake-by-${index}`), { version }))
        ),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(exits.filter(Exit.isSuccess), 1)
      const winner = exits.findIndex(Exit.isSuccess)
      // what this process writes, it uses at once
      assert.strictEqual(yield* get("app"), `fake-by-${winner}`)
      const conflict = yield* Effect.flip(client.write("app", data("fake-late"), { version: 1 }))
      assert.strictEqual(conflict.reason, "conflict")
      assert.include(conflict.message, "than 1: read it again")
      // without a version, whatever there is
      assert.strictEqual(yield* client.write("app", data("fake-value-3")), 3)
      vault.casRequired = true
      const required = yield* Effect.flip(client.write("app", data("fake-value-4")))
      assert.strictEqual(required.reason, "malformed")
      assert.include(required.message, "give the `version`")
    }))

  it.scoped("is sent again where Vault did nothing, and not where it may have been written", () =>
    Effect.gen(function*() {
      const { client, vault } = yield* world({ retry: Schedule.recurs(2) })
      yield* client.write("app", { value: Redacted.make("fake-value-1") })
      let limited = 2
      vault.fault = () => limited-- > 0 ? { body: { errors: ["rate limit quota exceeded"] }, status: 429 } : undefined
      assert.strictEqual(yield* client.write("app", { value: Redacted.make("fake-value-2") }, { version: 1 }), 2)
      vault.fault = "cut"
      const sent = vault.count("POST", /data/)
      const error = yield* Effect.flip(client.write("app", { value: Redacted.make("fake-value-3") }))
      assert.strictEqual(error.reason, "unavailable")
      assert.include(error.message, "may have been written")
      assert.strictEqual(vault.count("POST", /data/), sent + 1)
    }))
})

describe("what Vault says", () => {
  it.scoped("each answer has its reason, and only what passes is asked for again", () =>
    Effect.gen(function*() {
      const { client, vault } = yield* world({ retry: Schedule.recurs(2) })
      vault.put("app", { value: "fake-value" })
      yield* client.read("app")
      type Case = readonly [number, unknown, Secrets.SecretsError["reason"], number, string]
      const cases: ReadonlyArray<Case> = [
        [400, { errors: ["Upgrading from non-versioned to versioned data."] }, "unavailable", 3, "upgrading"],
        [400, { errors: ["bad"] }, "malformed", 1, "says: bad"],
        [404, { errors: [] }, "not-found", 1, "mount is a KV version 2"],
        [405, { errors: [] }, "malformed", 1, "405"],
        [412, { errors: [] }, "unavailable", 3, "not up to date"],
        [429, { errors: [] }, "unavailable", 3, "quota"],
        [472, {}, "unavailable", 3, "standby"],
        [473, {}, "unavailable", 3, "standby"],
        [500, "<html>", "unavailable", 3, "HTTP 500"],
        [502, "", "unavailable", 3, "HTTP 502"],
        [503, { errors: ["Vault is sealed"] }, "sealed", 3, "vault operator unseal"],
        [503, "upstream is gone", "unavailable", 3, "HTTP 503"],
        [307, {}, "unavailable", 3, "active node"],
        [200, "<html>welcome</html>", "malformed", 1, "no Vault"],
        [200, { data: { token: "x" } }, "malformed", 1, "no KV version 2"]
      ]
      for (const [status, body, reason, requests, words] of cases) {
        vault.fault = () => ({ body, status })
        const before = vault.seen.length
        const error = yield* Effect.flip(client.read("app"))
        assert.deepStrictEqual(
          [error.reason, vault.seen.length - before, error.status],
          [reason, requests, status],
          error.message
        )
        assert.include(error.message, words)
        assert.include(error.message, `"app" of the mount "secret"`)
        assert.include(error.message, "http://127.0.0.1:")
      }
    }))

  it.scoped("Retry-After is kept, and a long one ends it", () =>
    Effect.gen(function*() {
      const { client, vault } = yield* world()
      vault.put("app", { value: "fake-value" })
      yield* client.read("app")
      let limited = 1
      vault.fault = () => limited-- > 0 ? { body: {}, headers: { "retry-after": "7" }, status: 429 } : undefined
      const before = vault.seen.length
      const fiber = yield* Effect.fork(client.read("app"))
      yield* until("429", () => vault.answered.at(-1) === 429)
      yield* pass(6)
      assert.strictEqual(vault.seen.length, before + 1)
      yield* pass(1)
      yield* Fiber.join(fiber)
      assert.strictEqual(vault.seen.length, before + 2)
      vault.fault = () => ({ body: {}, headers: { "retry-after": "60" }, status: 429 })
      const error = yield* Effect.flip(client.read("app"))
      assert.strictEqual(String(error.retryAfter), "Duration(1m)")
      const stored = JSON.stringify(yield* Schema.encode(Secrets.SecretsError)(error))
      const back = yield* Schema.decodeUnknown(Schema.parseJson(Secrets.SecretsError))(stored)
      assert.deepStrictEqual([back.message, String(back.retryAfter), back.retryable], [
        error.message,
        "Duration(1m)",
        true
      ])
      assert.strictEqual(vault.seen.length, before + 3)
    }))

  it.scoped("one that does not answer costs no more than the time of a request", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world({ retry: never, timeout: "3 seconds" })
      vault.fault = "hang"
      const fiber = yield* Effect.fork(Effect.flip(get("app")))
      yield* until("a request", () => vault.seen.length === 1)
      yield* TestClock.adjust("3 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason, "unavailable")
      assert.include(error.message, "has not answered within 3s")
    }))

  it.scopedLive("a redirect is not followed, so that no token goes elsewhere, by fetch either", () =>
    Effect.gen(function*() {
      const elsewhere = yield* Emulator.serve
      const { address, vault } = yield* Emulator.serve
      vault.fault = () => ({ headers: { location: `${elsewhere.address}/v1/x` }, status: 307 })
      const context = yield* Layer.build(
        Layer.provide(
          Vault.layer({ address, login: Vault.Token({ token: Redacted.make("hvs.fake") }), retry: never }),
          FetchHttpClient.layer
        )
      )
      const error = yield* Effect.flip(Context.get(context, Secrets.Secrets).get("app"))
      assert.include(error.message, "HTTP 307")
      assert.lengthOf(vault.seen, 1)
      assert.lengthOf(elsewhere.vault.seen, 0)
    }))
})

describe("Vault is away", () => {
  it.scoped("what was read serves for a while, one warning tells of it, and then there is the error", () =>
    Effect.gen(function*() {
      const { get, logs, vault } = yield* world(
        { retry: never, staleFor: "10 minutes", timeToLive: "1 minute" },
        { ttl: 86_400 }
      )
      for (const path of ["a", "b"]) vault.put(path, { value: `fake-of-${path}` })
      yield* get("a")
      yield* get("b")
      for (const fault of ["cut", () => ({ body: { errors: ["Vault is sealed"] }, status: 503 })] as const) {
        vault.fault = fault
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual([yield* get("a"), yield* get("b")], ["fake-of-a", "fake-of-b"])
        const asked = vault.seen.length
        // it is not asked by every call
        for (let call = 0; call < 20; call++) yield* get("a")
        assert.strictEqual(vault.seen.length, asked)
      }
      assert.lengthOf(logs.filter((line) => line.startsWith("WARN")), 1)
      assert.include(
        logs.find((line) => line.startsWith("WARN")),
        "secrets that were read before are used for up to 10m"
      )
      // what was never read has nothing to serve
      assert.strictEqual((yield* Effect.flip(get("c"))).reason, "sealed")
      yield* TestClock.adjust("8 minutes")
      assert.strictEqual((yield* Effect.flip(get("a"))).reason, "sealed")
      vault.fault = undefined
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* get("a"), "fake-of-a")
      assert.lengthOf(logs.filter((line) => line.startsWith("INFO") && line.includes("is back")), 1)
    }))

  it.scoped("permission that was taken away is no outage: what was read serves no longer", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world({ timeToLive: "10 seconds" })
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      for (const token of vault.tokens.values()) Object.assign(token, { policy: () => [] })
      vault.roles[0]!.policy = () => []
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Effect.flip(get("app"))).reason, "denied")
    }))
})

describe("options", () => {
  const build = (variables: Record<string, string>, client = FetchHttpClient.layer) =>
    Effect.map(
      Layer.build(
        Vault.layerConfig({ retry: never }).pipe(
          Layer.provide(client),
          Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))
        )
      ),
      (context) => Context.get(context, Secrets.Secrets)
    )

  it.scopedLive("from the environment: an AppRole, or a token", () =>
    Effect.gen(function*() {
      const { address, vault } = yield* Emulator.serve
      vault.roles.push({
        namespace: "ns1",
        policy: Emulator.anything,
        roleId: "role-id-fake",
        secretId,
        ttl: 60
      })
      vault.put("app", { value: "fake-value" }, "ns1")
      const common = { VAULT_ADDR: `${address}/`, VAULT_NAMESPACE: "ns1" }
      const token = vault.issue({ namespace: "ns1", ttl: 60 })
      for (
        const login of [
          { VAULT_ROLE_ID: "role-id-fake", VAULT_SECRET_ID: secretId, VAULT_TOKEN: "hvs.another" },
          { VAULT_TOKEN: token }
        ]
      ) {
        const secrets = yield* build({ ...common, ...login })
        assert.strictEqual(Redacted.value(yield* secrets.get("app")), "fake-value")
      }
      assert.strictEqual(vault.logins, 1)
    }))

  it.scoped("what is no good is named, without its value, before anything is sent", () =>
    Effect.gen(function*() {
      const https = { VAULT_ADDR: "https://vault.example:8200" }
      const cases: ReadonlyArray<readonly [Record<string, string>, string]> = [
        [{}, "VAULT_ADDR"],
        [https, "VAULT_TOKEN"],
        [{ ...https, VAULT_ROLE_ID: "r", VAULT_TOKEN: "planted-1" }, "VAULT_SECRET_ID"],
        [{ ...https, VAULT_TOKEN: "planted-2\n" }, "line break"],
        [{ ...https, VAULT_ROLE_ID: "r", VAULT_SECRET_ID: " planted-3" }, "secret id"],
        [{ VAULT_ADDR: "http://vault.example:8200", VAULT_TOKEN: "planted-4" }, "give it as https"],
        [{ VAULT_ADDR: "https://u:planted-5@vault.example", VAULT_TOKEN: "t" }, "a host and a port alone"],
        [{ VAULT_ADDR: "vault.example", VAULT_TOKEN: "t" }, "no URL"],
        [{ ...https, VAULT_NAMESPACE: "a/../b", VAULT_TOKEN: "t" }, "namespace"]
      ]
      for (const [variables, words] of cases) {
        const error = yield* Effect.flip(build(variables))
        const text = `${String(error)} ${inspect(error, { depth: 9 })}`
        assert.include(text, words)
        assert.notInclude(text, "planted")
      }
    }))
})

it.scoped("no secret is in an error, in a log, or in what is shown of anything", () =>
  Effect.gen(function*() {
    const { client, get, logs, vault } = yield* world({ retry: never, timeToLive: "1 second" }, { ttl: 0 })
    const planted = "fake-secret-planted"
    vault.put("app", { token: planted })
    assert.strictEqual(yield* get("app#token"), planted)
    const token = Array.from(vault.tokens.keys())[0]!
    const written = "fake-written-planted"
    const shown: Array<unknown> = [client, yield* client.read("app"), yield* client.get("app#token")]
    // a server, or what stands before it, that says back all that it was sent
    // Vault is away, and what was read serves on: a log tells of it
    vault.fault = "cut"
    yield* TestClock.adjust("2 seconds")
    assert.strictEqual(yield* get("app#token"), planted)
    const echo = (status: number, which: RegExp): Emulator.Fault => (seen) =>
      which.test(seen.path)
        ? { body: { errors: [`refused ${planted} ${JSON.stringify(seen.headers)} ${seen.body}`] }, status }
        : undefined
    for (const which of [/data/, /./]) {
      for (const status of [400, 403, 404, 418, 500, 503]) {
        vault.fault = echo(status, which)
        yield* TestClock.adjust("2 hours")
        shown.push(
          yield* Effect.flip(client.read("app")),
          yield* Effect.flip(get("app#token")),
          yield* Effect.flip(client.write("app", { token: Redacted.make(written) }))
        )
      }
    }
    vault.fault = "cut"
    yield* TestClock.adjust("2 hours")
    shown.push(yield* Effect.flip(client.read("app")), yield* Effect.exit(get("app#token")))
    const text = shown.map((it) =>
      `${String(it)} ${JSON.stringify(it)} ${inspect(it, { depth: 12, getters: true, showHidden: true })}`
    ).concat(logs).join("\n")
    for (const secret of [planted, token, secretId, written]) {
      assert.notInclude(text, secret)
      assert.isTrue(KnownSecrets.isIn(`x${secret}x`), secret)
    }
    assert.include(text, "REDACTED")
    assert.isAbove(logs.length, 0)
  }))

it.scopedLive("a busy port is no Vault: what answers there is said", () =>
  Effect.gen(function*() {
    const server = http.createServer((_, response) => response.end("hello"))
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
    )
    const port = (server.address() as { readonly port: number }).port
    const context = yield* Layer.build(
      Layer.provide(Vault.layer({ address: `http://127.0.0.1:${port}`, login: approle }), FetchHttpClient.layer)
    )
    const error = yield* Effect.flip(Context.get(context, Secrets.Secrets).get("app"))
    assert.deepInclude(error, { reason: "malformed", status: 200 })
    assert.include(error.message, "is no Vault")
  }))
