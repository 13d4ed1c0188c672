/** OAuth2 of a provider whose refresh tokens work once. */
import type { HttpClient } from "@effect/platform"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Duration, Effect, Layer, Redacted, TestClock } from "effect"
import { Credentials, CredentialStore, Holdfast, type IntegrationError, OAuth2Tokens, TokenRefresh } from "holdfast"
import { Emulator } from "holdfast/testing"

/**
 * Calls that come together once a token has ended make one refresh, and the tokens of its answer are those of the next. A
 * refresh token that comes again is refused for good.
 */
export const refreshesOnce = <I>(options: {
  readonly integration: string
  readonly lifetime: Duration.Duration
  readonly emulator: (options: Emulator.Options) => Effect.Effect<Emulator.Emulator>
  readonly layer: Layer.Layer<I, never, HttpClient.HttpClient | Credentials.Credentials | Holdfast.Provided>
  readonly probe: Effect.Effect<unknown, IntegrationError.IntegrationError, I>
}) =>
  Effect.gen(function*() {
    const { integration, lifetime, probe } = options
    const used: Array<string> = []
    const exchange: TokenRefresh.Options["exchange"] = ({ refreshToken }) =>
      Effect.suspend(() => {
        const token = refreshToken === undefined ? "none" : Redacted.value(refreshToken)
        if (token !== `refresh-${used.length}`) {
          return new OAuth2Tokens.ExchangeError({ code: "invalid_grant", message: "used before", reason: "terminal" })
        }
        used.push(token)
        return Effect.succeed({
          accessToken: Redacted.make(`access-${used.length}`),
          expiresIn: lifetime,
          refreshToken: Redacted.make(`refresh-${used.length}`)
        })
      })
    const emulator = yield* options.emulator({
      authorize: ({ authorization }) => authorization === `Bearer access-${used.length}`
    })
    const layer = options.layer.pipe(
      Layer.provideMerge(TokenRefresh.layer({ exchange })),
      Layer.provideMerge(CredentialStore.layerMemory),
      Layer.provide(Layer.merge(Holdfast.layerMemory, Emulator.layerHttpClient(emulator)))
    )
    const ends = TestClock.adjust(Duration.sum(lifetime, Duration.minutes(1)))
    yield* Effect.gen(function*() {
      const store = yield* CredentialStore.CredentialStore
      const expiresAt = DateTime.addDuration(yield* DateTime.now, lifetime)
      yield* store.put(
        { integration },
        Credentials.OAuth2({
          accessToken: Redacted.make("access-0"),
          expiresAt,
          refreshToken: Redacted.make("refresh-0"),
          scopes: []
        })
      )
      yield* probe
      yield* ends
      yield* Effect.all(Array.from({ length: 5 }, () => probe), { concurrency: "unbounded" })
      yield* ends
      yield* probe
      deepStrictEqual(used, ["refresh-0", "refresh-1"])
      assertTrue((yield* emulator.ledger).every(({ status }) => status === 200))
    }).pipe(Effect.provide(layer))
  })
