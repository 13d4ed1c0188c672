/**
 * Plausible's own error bodies, for the emulator.
 *
 * Source: the errors of Plausible's server.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * @since 0.1.0
 * @category bodies
 */
export const of = (error: string): { readonly error: string } => ({ error })

/**
 * A key that is not good, and one that may not see the site.
 *
 * @since 0.1.0
 * @category bodies
 */
export const invalidKey = of("Invalid API key or site ID. Please make sure you're using a valid API key.")

/**
 * @since 0.1.0
 * @category bodies
 */
export const tooMany = of("Too many API requests. The limit is 600 requests in an hour.")

/**
 * @since 0.1.0
 * @category errors
 */
export const refusal = (status: number, message: string): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ message, status })

/**
 * Any failure of the emulator, in Plausible's words. No header says how long to wait.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  if (failure.kind === "unauthorized") return { body: invalidKey }
  if (failure.status === 429) return { body: tooMany }
  return { body: of(failure.message) }
}
