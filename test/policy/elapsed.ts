import { type Duration, Effect, Either, Fiber, TestClock } from "effect"
import type { IntegrationError } from "holdfast"

/** Runs a call to its end with time moved on as far as it needs, and says how far that was. */
export const elapsed = <A, E, R>(self: Effect.Effect<A, E, R>, most: Duration.DurationInput = "1 hour") =>
  Effect.gen(function*() {
    const start = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    const fiber = yield* Effect.fork(
      Effect.zip(Effect.either(self), Effect.clockWith((clock) => clock.currentTimeMillis))
    )
    yield* TestClock.adjust(most)
    const [result, end] = yield* Fiber.join(fiber)
    return [result, end - start] as const
  })

export const tagOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left._tag : "success"

export const gaveUpOf = (result: Either.Either<unknown, IntegrationError.IntegrationError>) =>
  Either.isLeft(result) ? result.left.gaveUp : undefined
