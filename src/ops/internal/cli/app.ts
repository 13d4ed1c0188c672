/** The commands as one, and how it is run. */
import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { format, stripVTControlCharacters } from "node:util"
import { breaker } from "./breaker.js"
import { credentials } from "./credentials.js"
import { dlq } from "./dlq.js"
import { doctor } from "./doctor.js"
import { CliError, type Code, codes } from "./exit.js"
import { migrate } from "./migrate.js"
import { outbox } from "./outbox.js"
import { providers } from "./providers.js"
import { Closed, type Screen, Terminal } from "./screen.js"
import { webhook } from "./webhook.js"

export const version = "0.1.0"

export const holdfast: Command.Command<"holdfast", Terminal, CliError | Closed, any> = Command.make("holdfast").pipe(
  Command.withDescription(
    "Dead letters, outbox, circuit breakers, webhooks, credentials and providers of a program, from the outside"
  ),
  Command.withSubcommands([dlq, outbox, breaker, webhook, credentials, providers, migrate, doctor])
)

const footer = HelpDoc.blocks([
  HelpDoc.h1("ENVIRONMENT"),
  HelpDoc.p(
    "HOLDFAST_STORE_URL: the store. HOLDFAST_DEAD_LETTERS_URL: where dead letters and the outbox are, if not there. " +
      "HOLDFAST_MODULE: a module that exports the program's layers. HOLDFAST_DEAD_LETTER_KEY: decrypts the bodies of dead " +
      "letters. HOLDFAST_CREDENTIAL_KEY, HOLDFAST_CREDENTIAL_OLD_KEYS: those of credentials. HOLDFAST_WEBHOOK_SECRET: signs " +
      "and verifies webhooks. NO_COLOR: no colours."
  ),
  HelpDoc.h1("EXIT CODES"),
  HelpDoc.p(
    "0: done. 1: something failed, not all was replayed, the doctor found a fault, a webhook is refused, or a credential " +
      "cannot be decrypted. 2: wrong usage, or bad input. 3: what was named is not there. 4: refused: nobody has said --yes, or a state does not allow it. 130: interrupted."
  )
])
/** The list of commands names each with all of its flags, which nobody can read: their own help does that. */
const listed = (line: string): string => {
  const [, usage, description] = /^ {2}- (\S.*?) {2,}(\S.*)$/.exec(stripVTControlCharacters(line)) ?? []
  return usage === undefined || description === undefined
    ? line
    : `  - ${(usage.split(/ (?=[[(<-])/)[0] ?? "").padEnd(18)}${description}`
}

/** Help and complaints of the parser come by way of the console, and in colour whoever reads them. */
const consoleOf = (screen: Screen): Console.Console => {
  const text = (args: ReadonlyArray<unknown>): string => {
    const all = format(...args).trimEnd().split("\n").map(listed).join("\n")
    return `${screen.color ? all : stripVTControlCharacters(all)}\n`
  }
  const original = Effect.runSync(Effect.console)
  return {
    ...original,
    error: (...args) => screen.err(text(args)),
    log: (...args) => Effect.ignore(screen.out(text(args)))
  }
}

const loggerOf = (screen: Screen): Layer.Layer<never> =>
  Layer.merge(
    Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.logfmtLogger, (line) => void Effect.runFork(screen.err(`${line}\n`)))
    ),
    Logger.minimumLogLevel(LogLevel.Warning)
  )

const codeOf = (screen: Screen, cause: Cause.Cause<CliError | Closed | ValidationError.ValidationError>) => {
  if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
  const error = Cause.squash(cause)
  // the parser has said it
  if (ValidationError.isValidationError(error)) return Effect.succeed(codes.usage)
  if (error instanceof Closed) return Effect.succeed(codes.done)
  if (error instanceof CliError) {
    return Effect.as(error.message === "" ? Effect.void : screen.err(`holdfast: ${error.message}\n`), error.code)
  }
  return Effect.as(screen.err(`holdfast: this is a fault of holdfast itself\n${Cause.pretty(cause)}\n`), codes.failed)
}

/** What is piped in is an argument that looks like a flag, and that the parser takes only behind all flags. */
const pipedLast = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = argv.findIndex((arg, index) => arg === "-" && argv[index - 1] !== "--body")
  return at < 0 ? argv : [...argv.slice(0, at), ...argv.slice(at + 1), "-"]
}

export const run = (argv: ReadonlyArray<string>): Effect.Effect<Code, never, CliApp.CliApp.Environment | Terminal> =>
  Effect.flatMap(
    Terminal,
    (screen) =>
      Command.run(holdfast, { executable: "holdfast", footer, name: "holdfast", version })([
        "node",
        "holdfast",
        ...pipedLast(argv)
      ])
        .pipe(
          Effect.as<Code>(codes.done),
          Effect.catchAllCause((cause): Effect.Effect<Code> => codeOf(screen, cause)),
          Effect.withConsole(consoleOf(screen)),
          Effect.provide(loggerOf(screen))
        )
  )
