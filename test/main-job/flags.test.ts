import { describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { assert } from "vitest"
import * as Flags from "../../examples/main-job/flags.js"

const read = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Flags.read(args).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))))

describe("flags", () => {
  it.effect("have defaults", () =>
    Effect.gen(function*() {
      const settings = Option.getOrThrow(yield* read([]))
      assert.match(settings.contacts, /examples\/main-job\/contacts\.csv$/)
      assert.include(settings, { faults: "outage", json: false, seed: 1, verbose: false })
      assert.isUndefined(settings.baseUrl)
      assert.deepStrictEqual(settings.dbs.slice(0, 2), ["holdfast.db", "holdfast-2.db"])
    }))

  it.effect("take what is given", () =>
    Effect.gen(function*() {
      const settings = Option.getOrThrow(
        yield* read(["--contacts", "a.csv", "--faults=heavy", "--seed", "-5", "--json", "--db", "x.db", "--verbose"])
      )
      assert.include(settings, { contacts: "a.csv", faults: "heavy", seed: -5, json: true, verbose: true })
      assert.deepStrictEqual(settings.dbs, ["x.db"])
      assert.isTrue(Option.isNone(yield* read(["--help"])))
    }))

  it.effect("another server has dead letters of its own", () =>
    Effect.gen(function*() {
      const settings = Option.getOrThrow(
        yield* read([], { HUBSPOT_BASE_URL: "http://127.0.0.1:8080/", HUBSPOT_ACCESS_TOKEN: "pat-fake-1" })
      )
      assert.include(settings, { baseUrl: "http://127.0.0.1:8080" })
      assert.strictEqual(settings.dbs[0], "holdfast-remote.db")
      assert.strictEqual(Redacted.value(settings.token), "pat-fake-1")
      assert.isUndefined(Option.getOrThrow(yield* read([], { HUBSPOT_BASE_URL: "" })).baseUrl)
    }))

  it.effect("what cannot be followed is said in one line", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["--frobnicate"], /^Unknown option '--frobnicate'/],
        [["contacts.csv"], /^Unexpected argument 'contacts.csv'/],
        [["--seed"], /argument missing/],
        [["--json=yes"], /does not take an argument/],
        [["--faults", "biblical"], /^--faults is "biblical": it must be one of none, light, heavy, outage/],
        [["--seed", "many"], /^--seed is "many": it must be an integer/],
        [["--seed", "1.5"], /must be an integer/],
        [["--seed", "99999999999999999999"], /must be an integer/],
        [["--db", ""], /^--db names no file/],
        [["--contacts", " "], /^--contacts names no file/]
      ]
      for (const [args, expected] of cases) {
        const error = yield* Effect.flip(read(args))
        assert.match(error.message, expected)
        assert.notMatch(error.message, /\n/)
      }
      for (const url of ["foo", "ftp://127.0.0.1"]) {
        assert.match(
          (yield* Effect.flip(read([], { HUBSPOT_BASE_URL: url }))).message,
          /^HUBSPOT_BASE_URL is not the URL/
        )
      }
    }))
})
