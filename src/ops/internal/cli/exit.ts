/** How a command ends, for the shell and for people. */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/** What the process ends with. */
export const codes = { done: 0, failed: 1, usage: 2, notFound: 3, refused: 4, interrupted: 130 } as const

export type Code = typeof codes[keyof typeof codes]

/** A command did not do all that it was asked. With no message, everything has been said already. */
export class CliError extends Data.TaggedError("CliError")<{ readonly code: Code; readonly message: string }> {}

export const failed = (message: string): CliError => new CliError({ code: codes.failed, message })
export const usage = (message: string): CliError => new CliError({ code: codes.usage, message })
export const notFound = (message: string): CliError => new CliError({ code: codes.notFound, message })
export const refused = (message: string): CliError => new CliError({ code: codes.refused, message })

/** Everything has been said. */
export const silently = (code: Code): CliError => new CliError({ code, message: "" })

const byTag: Readonly<Record<string, Code>> = {
  DeadLetterNotFoundError: codes.notFound,
  DeadLetterStateError: codes.refused,
  EditRefusedError: codes.refused,
  PurgeRefusedError: codes.refused,
  ReplayOptionsError: codes.usage,
  ReplayRefusedError: codes.refused
}

const byReason: Readonly<Record<string, Code>> = {
  conflict: codes.refused,
  "not-found": codes.notFound,
  state: codes.refused
}

/** What a service of the library says, in its own words. */
export const fromLibrary = (error: { readonly _tag: string; readonly message: string }): CliError => {
  const hasReason = error._tag === "OutboxError" || error._tag === "CredentialStoreError"
  const code = hasReason && Predicate.hasProperty(error, "reason")
    ? byReason[String(error.reason)]
    : byTag[error._tag]
  return new CliError({ code: code ?? codes.failed, message: error.message })
}
