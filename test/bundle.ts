/** Processes that tests start. */
import { buildSync } from "esbuild"
import * as fs from "node:fs"
import * as path from "node:path"

const made = new Map<string, string>()

process.once("exit", () => {
  for (const file of made.values()) fs.rmSync(file, { force: true })
})

/**
 * The program of a process, as one file of JavaScript that lies where its drivers are found: one that is started again and
 * again should not compile its sources each time.
 */
export const bundle = (entry: string): string => {
  const known = made.get(entry)
  if (known !== undefined) return known
  const name = path.relative("test", entry).replaceAll(/[^a-z]+/gi, "-")
  const outfile = path.resolve(`node_modules/.cache/holdfast-test-${name}-${process.pid}.mjs`)
  buildSync({
    banner: {
      js: "import { createRequire as requiring } from 'node:module'; const require = requiring(import.meta.url);"
    },
    bundle: true,
    conditions: ["@holdfast/source"],
    entryPoints: [entry],
    external: ["better-sqlite3", "pg-native", "redis", "undici"],
    format: "esm",
    outfile,
    platform: "node"
  })
  made.set(entry, outfile)
  return outfile
}
