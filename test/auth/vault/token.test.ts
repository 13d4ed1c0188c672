/** The token for Vault: logins, renewal ahead of its end, what is refused, and that all of it ends with the scope. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Scope, TestClock } from "effect"
import * as Vault from "holdfast/auth/Secrets/Vault"
import { inspect } from "node:util"
import * as Emulator from "./emulator.js"
import { approle, client, never, pass, role, secretId, until, world } from "./world.js"

/** Looks at Vault each time. */
const uncached = { retry: never, timeToLive: "0 seconds" } as const

describe("an AppRole", () => {
  it.scoped("its token is renewed ahead of its end, and replaced ahead of the most that it may live", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(uncached, { maxTtl: 200, ttl: 60 })
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      yield* TestClock.adjust("39 seconds")
      assert.strictEqual(vault.renewals, 0)
      // two thirds of 60 seconds
      yield* pass(2)
      yield* until("a renewal", () => vault.renewals === 1)
      // many times as long as a token may live, read all the while: nothing is ever refused
      for (let read = 0; read < 30; read++) {
        yield* pass(10)
        assert.strictEqual(yield* get("app"), "fake-value")
      }
      assert.isAtLeast(vault.renewals, 6)
      assert.isAtLeast(vault.logins, 2)
      assert.isAtMost(vault.logins, 3)
      assert.deepStrictEqual(new Set(vault.answered), new Set([200]))
    }))

  it.scoped("one that cannot be renewed is replaced ahead of its end", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(uncached, { renewable: false, ttl: 60 })
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      yield* pass(41)
      yield* until("a login", () => vault.logins === 2)
      assert.strictEqual(vault.renewals, 0)
      yield* pass(30)
      yield* get("app")
      assert.deepStrictEqual(new Set(vault.answered), new Set([200]))
    }))

  it.scoped("one that was revoked is one new login, however many find out", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(uncached)
      const names = Array.from({ length: 50 }, (_, index) => `app-${index}`)
      for (const name of names) vault.put(name, { value: `fake-of-${name}` })
      const readAll = Effect.all(names.map(get), { concurrency: "unbounded" })
      yield* readAll
      assert.strictEqual(vault.logins, 1)
      for (let round = 2; round <= 4; round++) {
        vault.revokeAll()
        assert.deepStrictEqual(yield* readAll, names.map((name) => `fake-of-${name}`))
        assert.strictEqual(vault.logins, round)
      }
    }))

  it.scoped("one that is refused while it is renewed is replaced, with nobody asking", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(uncached)
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      vault.revokeAll()
      yield* pass(41)
      yield* until("a login", () => vault.logins === 2)
      const denied = vault.answered.filter((status) => status === 403).length
      yield* get("app")
      assert.strictEqual(vault.answered.filter((status) => status === 403).length, denied)
    }))

  it.scoped("a path that is denied is one new login, and others are read on", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(uncached, {
        policy: (path) => path === "secret/data/ours" ? ["read"] : []
      })
      vault.put("ours", { value: "fake-value" })
      yield* get("ours")
      const error = yield* Effect.flip(get("theirs"))
      assert.strictEqual(error.reason, "denied")
      assert.include(error.message, `"read" for "secret/data/theirs"`)
      assert.strictEqual(vault.logins, 2)
      for (let call = 0; call < 10; call++) {
        yield* TestClock.adjust("2 seconds")
        yield* get("ours")
        assert.strictEqual((yield* Effect.flip(get("theirs"))).reason, "denied")
      }
      assert.strictEqual(vault.logins, 2)
    }))

  it.scoped("a wrong secret id is an error that names the mount and not the secret; a right one is tried at once", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world({ login: Vault.AppRole({ ...approle, mount: "teams" }), retry: never }, {
        mount: "teams",
        secretId: "another-fake"
      })
      vault.put("app", { value: "fake-value" })
      const error = yield* Effect.flip(get("app"))
      assert.deepInclude(error, { reason: "denied", status: 400 })
      assert.include(error.message, `the mount "auth/teams"`)
      assert.include(error.message, "vault write -f auth/teams/role/NAME/secret-id")
      assert.notInclude(`${error.message} ${inspect(error, { depth: 9 })}`, secretId)
      vault.roles[0]!.secretId = secretId
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get("app"), "fake-value")
    }))

  it.scoped("a secret id that has ended is told once, ahead of the end of the token, which serves on", () =>
    Effect.gen(function*() {
      const { get, logs, vault } = yield* world(uncached, { renewable: false, ttl: 60 })
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      vault.roles[0]!.secretId = "another-fake"
      yield* pass(58)
      assert.isAtLeast(vault.logins, 4)
      const warnings = logs.filter((line) => line.startsWith("WARN"))
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "the AppRole cannot log in")
      assert.strictEqual(yield* get("app"), "fake-value")
      yield* pass(4)
      assert.strictEqual((yield* Effect.flip(get("app"))).reason, "denied")
    }))

  it.scoped("Vault is away when the token is due: it is renewed when Vault is back, with no new login", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world({ ...uncached, staleFor: "1 hour" })
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      vault.fault = "cut"
      yield* pass(43)
      assert.isAtLeast(vault.renewals, 1)
      vault.fault = undefined
      const tries = vault.renewals
      yield* pass(12)
      yield* until("a renewal", () => vault.renewals === tries + 1)
      yield* pass(30)
      yield* get("app")
      assert.strictEqual(vault.logins, 1)
    }))

  it.scoped("away beyond the end of the token: whoever asks next logs in", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world({ ...uncached, staleFor: "1 hour" })
      vault.put("app", { value: "fake-value" })
      yield* get("app")
      vault.fault = "cut"
      yield* pass(70)
      const asked = vault.seen.length
      // nobody needs one
      yield* pass(20)
      assert.strictEqual(vault.seen.length, asked)
      vault.fault = undefined
      yield* get("app")
      assert.strictEqual(vault.logins, 2)
    }))

  it.scoped("a login that is interrupted is done by another one who waits", () =>
    Effect.gen(function*() {
      const { get, vault } = yield* world(uncached)
      for (const name of ["a", "b"]) vault.put(name, { value: `fake-of-${name}` })
      vault.fault = "hang"
      const first = yield* Effect.fork(get("a"))
      yield* until("a login", () => vault.logins === 1)
      const second = yield* Effect.fork(get("b"))
      yield* Effect.yieldNow()
      vault.fault = undefined
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* Fiber.join(second), "fake-of-b")
      assert.strictEqual(vault.logins, 2)
    }))
})

describe("a fixed token", () => {
  const fixed = (more: { readonly ttl: number; readonly maxTtl?: number; readonly isBlind?: boolean }) =>
    Effect.gen(function*() {
      const token = "hvs.fake-token-1"
      const made = yield* world({ ...uncached, login: Vault.Token({ token: Redacted.make(token) }) })
      made.vault.put("app", { value: "fake-value" })
      assert.strictEqual(
        made.vault.issue({
          ...more,
          policy: (path) => more.isBlind === true && path.startsWith("auth/") ? [] : ["read"]
        }),
        token
      )
      return made
    })

  it.scoped("is renewed while Vault lets it, says that it ends, and then is denied", () =>
    Effect.gen(function*() {
      const { get, logs, vault } = yield* fixed({ maxTtl: 100, ttl: 60 })
      yield* get("app")
      yield* pass(90)
      yield* get("app")
      assert.isAtLeast(vault.renewals, 1)
      const warnings = logs.filter((line) => line.startsWith("WARN"))
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "cannot be renewed: give a new one")
      yield* pass(20)
      const error = yield* Effect.flip(get("app"))
      assert.strictEqual(error.reason, "denied")
      assert.include(error.message, "the token has not ended")
      assert.strictEqual(vault.logins, 0)
    }))

  it.scoped("without an end there is nothing to renew; nor where it may not look at itself", () =>
    Effect.gen(function*() {
      for (const more of [{ ttl: 0 }, { isBlind: true, ttl: 3600 }]) {
        const { get, vault } = yield* fixed(more)
        assert.strictEqual(yield* get("app"), "fake-value")
        yield* TestClock.adjust("50 minutes")
        assert.strictEqual(yield* get("app"), "fake-value")
        assert.strictEqual(vault.renewals, 0)
        assert.strictEqual(vault.count("GET", /lookup-self/), 1)
      }
    }))
})

it.scoped("when the scope is closed nothing is renewed any more", () =>
  Effect.gen(function*() {
    const { address, vault } = yield* Emulator.serve
    vault.roles.push(role())
    vault.put("app", { value: "fake-value" })
    const scope = yield* Scope.make()
    // outlives the scope, so that what were left over would reach Vault
    const http = yield* Layer.build(client)
    const vaults = yield* Scope.extend(
      Effect.provide(Vault.make({ ...uncached, address, login: approle }), http),
      scope
    )
    yield* vaults.get("app")
    yield* pass(41)
    yield* until("a renewal", () => vault.renewals === 1)
    yield* Scope.close(scope, Exit.void)
    const asked = vault.seen.length
    yield* pass(100)
    assert.strictEqual(vault.seen.length, asked)
  }))
