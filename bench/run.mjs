// npm run bench: installs the peers on first use, then runs the benchmark. See docs/benchmarks.md.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** npm leaves a list of what it put into node_modules. Optional packages of other platforms are rightly not in it. */
const installed = () => {
  try {
    const read = (path) => JSON.parse(readFileSync(here(path), "utf8"))
    const { "": project, ...wanted } = read("package-lock.json").packages
    const { packages } = read("node_modules/.package-lock.json")
    return JSON.stringify(project.devDependencies) === JSON.stringify(read("package.json").devDependencies) &&
      Object.entries(wanted).every(([path, { integrity, optional }]) =>
        path in packages ? packages[path].integrity === integrity && existsSync(here(path)) : optional === true
      )
  } catch {
    return false
  }
}

if (!existsSync(here("../node_modules/effect"))) {
  console.error("bench: the project itself is not installed: run node scripts/setup.mjs first")
  process.exit(2)
}
if (!installed()) {
  console.error("bench: installing the libraries to measure against, as bench/package-lock.json names them")
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: here("."),
    shell: process.platform === "win32",
    stdio: ["ignore", 2, 2]
  })
  if (npm.status !== 0) {
    console.error("bench: npm ci in bench/ failed, see above")
    process.exit(2)
  }
}

// peers/ compiles only where the peers are: the project's own check leaves it out
if (process.argv.includes("--check")) {
  const tsc = spawnSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "-p", here(".")], {
    stdio: ["ignore", 2, 2]
  })
  if (tsc.status !== 0) process.exit(1)
}

const child = spawn(
  process.execPath,
  [
    "--conditions=@holdfast/source",
    "--import",
    new URL("typescript.mjs", import.meta.url).href,
    here("main.ts"),
    ...process.argv.slice(2)
  ],
  { stdio: "inherit" }
)
// a signal from the terminal reaches the child by itself; this process only waits for its end
process.on("SIGINT", () => {})
process.on("SIGTERM", () => child.kill("SIGTERM"))
child.on("exit", (code) => process.exit(code ?? 130))
