import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const require = createRequire(import.meta.url)
const { transformSync } = createRequire(require.resolve("tsx/package.json"))("esbuild")

const isOurs = (url) => url.startsWith("file:") && !url.includes("/node_modules/")

/** In TypeScript's ESM a file is imported by the name that it will have once compiled. */
export const resolve = (specifier, context, next) =>
  specifier.startsWith(".") && specifier.endsWith(".js") && isOurs(context.parentURL ?? "")
    ? next(specifier.replace(/js$/, "ts"), context)
    : next(specifier, context)

export const load = (url, context, next) => {
  if (!isOurs(url) || !url.endsWith(".ts")) return next(url, context)
  const sourcefile = fileURLToPath(url)
  const { code } = transformSync(readFileSync(sourcefile, "utf8"), {
    format: "esm",
    loader: "ts",
    sourcefile,
    sourcemap: "inline",
    tsconfigRaw: { compilerOptions: { target: "ES2022", verbatimModuleSyntax: true } }
  })
  return { format: "module", shortCircuit: true, source: code }
}
