/**
 * Kit's own error bodies, for the emulator.
 *
 * Source: https://developers.kit.com/api-reference/response-codes.
 *
 * @since 0.1.0
 */
import { Emulator } from "holdfast/testing"

/**
 * @since 0.1.0
 * @category bodies
 */
export const of = (...errors: ReadonlyArray<string>): { readonly errors: ReadonlyArray<string> } => ({ errors })

/**
 * @since 0.1.0
 * @category errors
 */
export const refusal = (status: number, message: string): Emulator.EmulatorError =>
  new Emulator.EmulatorError({ message, status })

/**
 * Any failure of the emulator, in Kit's words. A 429 has an empty body, as Kit's own library expects of it.
 *
 * @since 0.1.0
 * @category bodies
 */
export const error = (failure: Emulator.Failure): Emulator.ErrorAnswer => {
  if (failure.status === 429) return { body: undefined }
  // what does not fit its schema is a 422 at Kit
  return failure.kind === "invalid"
    ? { body: of(...failure.issues.map(({ message, path }) => `${path}: ${message}`)), status: 422 }
    : { body: of(failure.message) }
}
