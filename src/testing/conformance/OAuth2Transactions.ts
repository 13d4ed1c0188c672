/**
 * What whatever keeps transactions of OAuth2 must do. A third party's proves itself by calling `suite` in a spec of its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as OAuth2Transactions from "../../auth/OAuth2Transactions.js"

type Service = OAuth2Transactions.Service

interface World {
  readonly here: Service
  readonly there: Service
}

const transaction = (state: string): OAuth2Transactions.Transaction => ({
  pending: {
    nonce: Redacted.make("nonce-fake"),
    redirectUri: "https://app.example/callback",
    state: Redacted.make(state),
    verifier: Redacted.make("verifier-fake")
  },
  ref: { connectionId: "main", integration: "shop", tenantId: "äcme" },
  returnTo: "https://app.example/settings?tab=1",
  userId: "ada"
})

const bare = (state: string): OAuth2Transactions.Transaction => ({
  pending: { redirectUri: "https://app.example/callback", state: Redacted.make(state) },
  ref: { integration: "shop" },
  returnTo: "https://app.example/"
})

/** Its letters, which an assertion may not print otherwise. */
const plain = ({ pending, ...rest }: OAuth2Transactions.Transaction) => ({
  ...rest,
  pending: Object.fromEntries(
    Object.entries(pending).map(([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value])
  )
})

const newState = Effect.sync(() => `state-${crypto.randomUUID()}`)

const begin = (service: Service, transaction: OAuth2Transactions.Transaction) =>
  Effect.map(service.begin(transaction), Redacted.value)

/**
 * The conformance suite. What is behind it need not be empty, since no state is used twice.
 *
 * @example
 * ```ts
 * import { OAuth2Transactions } from "holdfast"
 * import { suite } from "holdfast/testing/conformance/OAuth2Transactions"
 *
 * suite("memory", OAuth2Transactions.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category conformance
 */
export const suite = <E>(
  name: string,
  layer: Layer.Layer<OAuth2Transactions.OAuth2Transactions, E>,
  options: {
    /** Another process on the same store. Default: the same service once more. */
    readonly peer?: Layer.Layer<OAuth2Transactions.OAuth2Transactions, E> | undefined
    /** `live` for a store with a clock of its own. Default `test`, where `TestClock` is the only clock. */
    readonly clock?: "test" | "live" | undefined
  } = {}
): void => {
  const build = (layer: Layer.Layer<OAuth2Transactions.OAuth2Transactions, E>) =>
    Effect.map(Layer.build(layer), (context) => Context.get(context, OAuth2Transactions.OAuth2Transactions))

  const test = (behaviour: string, run: (world: World) => Effect.Effect<void, unknown, Scope.Scope>) =>
    (options.clock === "live" ? it.scopedLive : it.scoped)(behaviour, () =>
      Effect.gen(function*() {
        const here = yield* build(layer)
        yield* run({ here, there: options.peer === undefined ? here : yield* build(options.peer) })
      }))

  describe(`OAuth2Transactions over ${name}`, () => {
    test("what was begun in one process is taken in another one, letter by letter", ({ here, there }) =>
      Effect.gen(function*() {
        for (const  of of[transaction, bare]) {
          const state = yield* newState
          const browser = yield* begin(here, of(state))
          assert.match(browser, /^[A-Za-z0-9_-]{43,}$/)
          const found = yield* there.take(state, browser)
          assert.deepStrictEqual(Option.getOrUndefined(Option.map(found, plain)), plain(of(state)))
        }
      }))

    test("it is taken once, by however many at the same time", ({ here, there }) =>
      Effect.gen(function*() {
        const state = yield* newState
        const browser = yield* begin(here, transaction(state))
        const taken = yield* Effect.all(
          Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? here : there).take(state, browser)),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(taken.filter(Option.isSome), 1)
        assert.isTrue(Option.isNone(yield* here.take(state, browser)))
        assert.isTrue(Option.isNone(yield* there.take(state, browser)))
      }))

    test("neither the state nor the browser's alone finds it, or uses it up", ({ here, there }) =>
      Effect.gen(function*() {
        const [state, other] = [yield* newState, yield* newState]
        const browser = yield* begin(here, transaction(state))
        const otherBrowser = yield* begin(here, transaction(other))
        assert.notStrictEqual(browser, otherBrowser)
        const wrong = [
          [state, ""],
          [state, otherBrowser],
          [state, browser.slice(1)],
          [state, `${browser} `],
          [other, browser],
          ["", browser],
          [`${state} `, browser],
          [`${state} ${browser}`, ""]
        ] as const
        for (const [state, browser] of wrong) assert.isTrue(Option.isNone(yield* there.take(state, browser)))
        assert.isTrue(Option.isSome(yield* there.take(state, browser)))
        assert.isTrue(Option.isSome(yield* here.take(other, otherBrowser)))
      }))

    if (options.clock !== "live") {
      test("it ends after 10 minutes", ({ here, there }) =>
        Effect.gen(function*() {
          const [early, late] = [yield* newState, yield* newState]
          const [first, second] = [yield* begin(here, transaction(early)), yield* begin(here, transaction(late))]
          yield* TestClock.adjust("599 seconds")
          assert.isTrue(Option.isSome(yield* there.take(early, first)))
          yield* TestClock.adjust("1 second")
          assert.isTrue(Option.isNone(yield* there.take(late, second)))
        }))
    }
  })
}
