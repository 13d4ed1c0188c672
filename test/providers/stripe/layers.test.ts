import { describe, it } from "@effect/vitest"
import { assertInstanceOf, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Layer } from "effect"
import { Holdfast, IntegrationError, Provider } from "holdfast"
import { define, Emulator, Stripe, version } from "holdfast/providers/stripe"
import * as Testing from "holdfast/testing"
import * as Kit from "./kit.js"

const balance = Effect.flatMap(Stripe, (stripe) => stripe.balance.get())

/** What one call sends, of a layer that reads its variables. */
const headersWith = (variables: ReadonlyArray<readonly [string, string]>) =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.make({ authorize: Testing.Emulator.bearer("sk_test_of_the_environment") })
    yield* balance.pipe(
      Effect.provide(Stripe.layerConfig.pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(variables)))
    )
    const [entry] = yield* emulator.ledger
    return [entry?.headers["stripe-version"], entry?.headers["stripe-account"]]
  })

describe("Stripe layers", () => {
  it.scoped("layerConfig: the key, and where they are set the version and the connected account", () =>
    Effect.gen(function*() {
      const key = ["STRIPE_SECRET_KEY", "sk_test_of_the_environment"] as const
      deepStrictEqual(yield* headersWith([key]), [version, undefined])
      deepStrictEqual(
        yield* headersWith([key, ["STRIPE_ACCOUNT", "acct_42"], ["STRIPE_API_VERSION", "2023-08-16"]]),
        ["2023-08-16", "acct_42"]
      )
    }))

  it.scoped("layerConfig: what is no version, and no account, is said with the variable's name", () =>
    Effect.gen(function*() {
      const key = ["STRIPE_SECRET_KEY", "sk_test_of_the_environment"] as const
      const said = (name: string, value: string) =>
        Effect.map(Effect.flip(headersWith([key, [name, value]])), (error) => String(error))
      assertTrue((yield* said("STRIPE_API_VERSION", "latest")).includes("STRIPE_API_VERSION"))
      assertTrue((yield* said("STRIPE_ACCOUNT", "cus_1")).includes("STRIPE_ACCOUNT"))
      assertTrue(String(yield* Effect.flip(headersWith([]))).includes("STRIPE_SECRET_KEY"))
    }))

  it.scoped("define: one connected account", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.make()
      const definition = define({ account: "acct_42", version: "2023-08-16" })
      const layer = Provider.layer(Stripe, definition, { credentials: Kit.credentials }).pipe(
        Layer.provide(Holdfast.layerMemory),
        Layer.provide(Testing.Emulator.layerHttpClient(emulator))
      )
      yield* Effect.provide(balance, layer)
      const [entry] = yield* emulator.ledger
      deepStrictEqual([entry?.headers["stripe-version"], entry?.headers["stripe-account"]], ["2023-08-16", "acct_42"])
    }))

  it.effect("layerTest, plain: a payment is made", () =>
    Effect.gen(function*() {
      const stripe = yield* Stripe
      strictEqual((yield* stripe.paymentIntents.create(Kit.paid("42"))).status, "succeeded")
    }).pipe(Effect.provide(Stripe.layerTest)))

  it.effect("layerTest, called: one operation replaced", () =>
    Effect.gen(function*() {
      const stripe = yield* Stripe
      const error = yield* Effect.flip(stripe.paymentIntents.create(Kit.paid("42")))
      assertInstanceOf(error, IntegrationError.ServerError)
      strictEqual((yield* stripe.balance.get()).object, "balance")
    }).pipe(Effect.provide(Stripe.layerTest({
      paymentIntents: {
        create: () =>
          Effect.fail(
            new IntegrationError.ServerError({
              integration: "stripe",
              message: "down",
              operation: "paymentIntents.create"
            })
          )
      }
    }))))
})
