/** What the doctor has found out. */
import * as Effect from "effect/Effect"
import type { CliError } from "./exit.js"

export interface Finding {
  /** What was looked at: `store`, `clock`, `credentials` … */
  readonly check: string
  readonly status: "ok" | "warn" | "fail"
  /** What was found. */
  readonly detail: string
  /** What to do about it. */
  readonly mend?: string
}

export const ok = (check: string, detail: string): Finding => ({ check, detail, status: "ok" })
export const warn = (check: string, detail: string, mend: string): Finding => ({ check, detail, mend, status: "warn" })
export const fail = (check: string, detail: string, mend: string): Finding => ({ check, detail, mend, status: "fail" })

/** Whatever a check fails with is what it found. */
export const orFail = <R>(
  check: string,
  mend: string,
  effect: Effect.Effect<ReadonlyArray<Finding>, CliError, R>
): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
  Effect.catchAll(effect, ({ message }) => Effect.succeed([fail(check, message, mend)]))
