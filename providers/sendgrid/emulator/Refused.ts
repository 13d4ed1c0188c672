/**
 * What the SendGrid emulator refuses.
 *
 * @since 0.1.0
 */
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
 * A UUID, the same for the same number of the same kind.
 *
 * @since 0.1.0
 * @category ids
 */
export const uuid = (kind: number, number: number): string =>
  `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${number.toString(16).padStart(12, "0")}`
