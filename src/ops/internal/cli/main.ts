/** The process: its arguments, its signals, its end. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Catalog from "../../../platform/Catalog.js"
import * as Cli from "../../Cli.js"
import { codes } from "./exit.js"

export const main = (catalog: () => Promise<Catalog.Catalog>): void => {
  const interruption: { code?: number } = {}
  for (const [signal, code] of [["SIGINT", codes.interrupted], ["SIGTERM", 143]] as const) {
    process.on(signal, () => {
      // whoever says it twice means it
      if (interruption.code !== undefined) process.exit(code)
      interruption.code = code
    })
  }
  NodeRuntime.runMain(
    Effect.provide(Cli.run(process.argv.slice(2), { catalog: Effect.promise(catalog) }), NodeContext.layer),
    {
      disableErrorReporting: true,
      disablePrettyLogger: true,
      teardown: (exit, onExit) =>
        onExit(Exit.isSuccess(exit) ? Number(exit.value) : interruption.code ?? codes.interrupted)
    }
  )
}
