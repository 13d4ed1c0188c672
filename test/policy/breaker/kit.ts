/** A breaker over a provider, and the service that knows it. */
import { Effect, Either, Layer, Option } from "effect"
import { CircuitBreaker, type IntegrationClient, type IntegrationError } from "holdfast"
import * as Kit from "../../kit.js"

export const options: CircuitBreaker.Options = {
  failureThreshold: 2,
  resetTimeout: "5 seconds",
  successThreshold: 1
}

export const item = { path: { id: "1" } }

export const make = <R = never>(
  provider: Kit.Provider,
  changes: CircuitBreaker.Options = {},
  beneath?: IntegrationClient.Policy<R>
) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(CircuitBreaker.layerMemory)
    const breakers = yield* Effect.provide(CircuitBreaker.CircuitBreakers, context)
    const breaker = CircuitBreaker.layer({ ...options, ...changes })
    const shop = yield* Effect.provide(
      Kit.shop<CircuitBreaker.CircuitBreakers | R, never>(
        provider,
        beneath === undefined ? breaker : Layer.provide(breaker, beneath)
      ),
      context
    )
    const get = Effect.either(shop.items.get(item))
    const stateOf = (key: string) => Effect.map(breakers.state(key), Option.getOrElse(() => "none" as const))
    const snapshotOf = (key: string) => Effect.map(breakers.snapshot(key), Option.getOrThrow)
    return { breakers, context, get, shop, snapshot: snapshotOf("shop"), snapshotOf, state: stateOf("shop"), stateOf }
  })

export const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

export const trip = Effect.fnUntraced(function*<A, E, R>(get: Effect.Effect<A, E, R>) {
  yield* get
  yield* get
})
