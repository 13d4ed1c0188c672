import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"

/** The outcome of an effect that is one already: a value or an error that somebody had at hand. */
export const outcomeOf = <A, E>(self: Effect.Effect<A, E>): Exit.Exit<A, E> | undefined => {
  if (isExit(self)) return self
  if (!isEither(self)) return undefined
  return Either.isRight(self) ? Exit.succeed(self.right) : Exit.fail(self.left)
}

const isExit = <A, E>(self: Effect.Effect<A, E>): self is Exit.Exit<A, E> => Exit.isExit(self)
const isEither = <A, E>(self: Effect.Effect<A, E>): self is Either.Either<A, E> => Either.isEither(self)
