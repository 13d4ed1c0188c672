#!/usr/bin/env node
/** The program `holdfast`. Says what to install where that is not there. */
import * as Predicate from "effect/Predicate"

const packages = "@effect/cli @effect/printer @effect/printer-ansi @effect/platform-node"

const isMissing = (cause: unknown): boolean =>
  Predicate.hasProperty(cause, "code") && cause.code === "ERR_MODULE_NOT_FOUND"

/** By the package's own name: the library knows no provider, and most commands need none. */
const catalog = () => import("holdfast/providers/catalog").then(({ catalog }) => catalog)

try {
  const { main } = await import("./cli/main.js")
  main(catalog)
} catch (cause) {
  if (!isMissing(cause)) throw cause
  process.stderr.write(`holdfast: the command line needs more packages: npm install ${packages}\n`)
  process.exitCode = 1
}
