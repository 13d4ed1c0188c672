/**
 * The command line `holdfast`: dead letters, outbox, shared circuit breakers, webhooks, credentials, providers,
 * migrations, and a doctor. Needs the optional peers `@effect/cli`, `@effect/printer`, `@effect/printer-ansi` and `@effect/platform-node`.
 *
 * Results go to stdout, and nothing else does; what happens, what is asked and what went wrong go to stderr. `--json`
 * makes them JSON. The exit codes:
 *
 * | code | |
 * |---|---|
 * | 0 | done |
 * | 1 | something failed, not all was replayed, the doctor found a fault, a webhook is refused, or a credential cannot be decrypted |
 * | 2 | wrong usage, or bad input |
 * | 3 | what was named is not there |
 * | 4 | refused: nobody has said `--yes`, or a state does not allow it |
 * | 130 | interrupted |
 *
 * @since 0.1.0
 */
import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Outbox from "../delivery/Outbox.js"
import type * as Catalog from "../platform/Catalog.js"
import * as App from "./internal/cli/app.js"
import type { CliError, Code } from "./internal/cli/exit.js"
import * as Screens from "./internal/cli/screen.js"
import { Embedded } from "./internal/cli/session.js"

/**
 * Where results (`out`), everything else (`err`) and questions go.
 *
 * @since 0.1.0
 * @category models
 */
export type Terminal = Screens.Screen

/**
 * What a command fails with: its exit code, and what to tell; an empty message where all has been said.
 *
 * @since 0.1.0
 * @category errors
 */
export type Error = CliError

/**
 * What a command line ends with.
 *
 * @since 0.1.0
 * @category models
 */
export type ExitCode = Code

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The layers of the program, in the place of `--module`: they give the clients of integrations, and whatever of
   * `DeadLetterQueue`, `Outbox` and `CircuitBreakers` does not come from the store. What they need of that comes from the
   * store, where one is named.
   */
  readonly layer?: Layer.Layer<never, any, any> | undefined
  /** The integrations whose servers `doctor` looks for: tags of clients with a `definition`. Default none. */
  readonly integrations?: ReadonlyArray<Outbox.Target> | undefined
  /**
   * The providers that `providers` knows, or how they are come by when it asks: `Catalog.make` of one's own definitions,
   * or `catalog` of `holdfast/providers/catalog`, which the program `holdfast` has. Default none.
   */
  readonly catalog?: Catalog.Catalog | Effect.Effect<Catalog.Catalog> | undefined
  /** Default: stdout, stderr and stdin of the process. */
  readonly terminal?: Terminal | undefined
}

const embedded = ({ catalog, integrations, layer }: Options): Embedded["Type"] => ({
  catalog,
  integrations: integrations ?? [],
  layer
})

const terminalOf = ({ terminal }: Options): Layer.Layer<Screens.Terminal> =>
  terminal === undefined ? Screens.layerProcess : Layer.succeed(Screens.Terminal, terminal)

/**
 * The command with all of its subcommands, for a command line of one's own (`Command.withSubcommands`).
 *
 * @example
 * ```ts
 * import * as Command from "@effect/cli/Command"
 * import * as Layer from "effect/Layer"
 * import { Holdfast, Transport } from "holdfast"
 * import * as Cli from "holdfast/ops/Cli"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const layers = HubSpot.layerConfig.pipe(
 *   Layer.provideMerge(Holdfast.layerSqlite({ filename: "holdfast.db" })),
 *   Layer.provide(Transport.layer)
 * )
 *
 * const app = Command.make("app").pipe(Command.withSubcommands([Cli.make({ layer: layers })]))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Command.Command<"holdfast", never, Error | Screens.Closed, any> =>
  App.holdfast.pipe(
    Command.provideSync(Embedded, () => embedded(options)),
    Command.provide(() => terminalOf(options))
  )

/**
 * Runs the command line: `run(process.argv.slice(2))`. Gives the exit code, and never fails. Interruption ends what is under
 * way in good order: a replay lets the letters in flight come to their end.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import * as Effect from "effect/Effect"
 * import * as Cli from "holdfast/ops/Cli"
 *
 * const program = Cli.run(["dlq", "stats", "--store", "sqlite:holdfast.db"]).pipe(
 *   Effect.tap((code) => Effect.sync(() => void (process.exitCode = code))),
 *   Effect.provide(NodeContext.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = (
  argv: ReadonlyArray<string>,
  options: Options = {}
): Effect.Effect<ExitCode, never, CliApp.CliApp.Environment> =>
  App.run(argv).pipe(
    Effect.provide(terminalOf(options)),
    Effect.provideService(Embedded, embedded(options))
  )
