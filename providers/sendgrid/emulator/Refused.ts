/**
 * What the SendGrid emulator refuses.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Emulator } from "holdfast/testing"

/**
 * @since 0.1.0
 * @category errors
 */
export const invalid = (path: string, message: string): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ status: 400, message, issues: [{ path, message }] })

/**
 * @since 0.1.0
 * @category errors
 */
export const notFound = (message = "resource not found"): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ status: 404, message })

/**
 * Runs a step over the state. The step throws what SendGrid refuses, so that nothing can come between its reads and its
 * writes.
 *
 * @since 0.1.0
 * @category handlers
 */
export const step = <A>(run: () => A): Effect.Effect<A, Emulator.EmulatorError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (error) {
      return error instanceof Emulator.EmulatorError ? Effect.fail(error) : Effect.die(error)
    }
  })

/**
 * A UUID, the same for the same number of the same kind.
 *
 * @since 0.1.0
 * @category ids
 */
export const uuid = (kind: number, number: number): string =>
  `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${number.toString(16).padStart(12, "0")}`
