// Looks at the package as its users will get it: packs it, and then installs, compiles and runs it in an empty project.
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { devDependencies, name, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8")
)
const peers = Object.keys(peerDependencies)
const optional = peers.filter((peer) => peerDependenciesMeta[peer]?.optional)
const required = peers.filter((peer) => !optional.includes(peer))

const temp = mkdtempSync(join(tmpdir(), "holdfast-package-"))
const project = join(temp, "project")
const packed = join(project, "node_modules", name)

class Refused extends Error {}
const refuse = (what, list) => {
  if (list.length > 0) throw new Refused(`${what}\n  ${list.join("\n  ")}`)
}

const run = (cwd, command, ...args) => {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 26, stdio: ["ignore", "pipe", "pipe"] })
  } catch (error) {
    throw new Refused(`${[command, ...args].join(" ")}\n${error.stdout ?? ""}${error.stderr ?? error}`)
  }
}
/** What a program says that is to fail. */
const failing = (command, ...args) => {
  const { status, stderr } = spawnSync(command, args, { cwd: project, encoding: "utf8" })
  return status === 0 ? "it did not fail" : stderr
}
const tool = (cwd, path, ...args) => run(cwd, process.execPath, join(root, "node_modules", path), ...args)
const install = (...packages) =>
  run(project, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...packages)
const pinned = (packages) => packages.map((it) => `${it}@${devDependencies[it]}`)
const write = (file, value) =>
  writeFileSync(join(project, file), typeof value === "string" ? value : JSON.stringify(value, null, 2))

/** Every module that a user can import: what the patterns in `exports` open, without what they close. */
const entryPoints = (files) =>
  files.flatMap((file) => {
    const [, folder, path] = /^dist\/(src|providers)\/(.+)\.js$/.exec(file) ?? []
    if (folder === "providers") return path.endsWith("/index") ? [`providers/${dirname(path)}`] : []
    if (path === undefined || /(^|\/)internal\//.test(path)) return []
    return [path === "index" ? "" : path === "testing/index" ? "testing" : path]
  }).map((path) => join(name, path).replaceAll("\\", "/"))

/** Imports each of them with Node, and tells what went wrong with which. */
const load = (entries) => {
  write(
    "load.mjs",
    `const failed = {}
for (const entry of ${JSON.stringify(entries)}) {
  await import(entry).catch((error) => { failed[entry] = error.code + " " + error.message.split("\\n")[0] })
}
console.log(JSON.stringify(failed))
process.exit()
`
  )
  return JSON.parse(run(project, process.execPath, "load.mjs").trim().split("\n").at(-1))
}

const compile = (entries) => {
  write(
    "every.ts",
    entries.map((entry, index) => `export * as entry${index} from ${JSON.stringify(entry)}\n`).join("")
  )
  tool(project, "typescript/bin/tsc", "-p", ".")
}

const steps = {
  "build and pack": () => {
    run(root, "npm", "pack", "--pack-destination", temp)
  },
  "publint": () => {
    tool(root, "publint/src/cli.js", "run", tarball(), "--strict")
  },
  "install with the required peers only": () => {
    mkdirSync(project)
    write("package.json", { name: "consumer", private: true, type: "module" })
    install(tarball(), ...pinned([...required, "@types/node"]))
    refuse("optional peers came along", optional.filter((peer) => existsSync(join(project, "node_modules", peer))))
  },
  "contents": () => {
    const files = list()
    refuse("not for users", files.filter((file) => /^(test|examples|bench|docs|scripts)\/|\.test\./.test(file)))
    const scripts = files.filter((file) => /^dist\/.*\.js$/.test(file))
    refuse(
      "files that a debugger or an editor will miss",
      scripts.flatMap((file) => [`${file}.map`, file.replace(/js$/, "d.ts"), file.replace(/js$/, "d.ts.map")])
        .filter((file) => !files.includes(file))
    )
    refuse(
      "source maps that point out of the package",
      files.filter((file) => file.endsWith(".map")).filter((file) => {
        const { sources } = JSON.parse(readFileSync(join(packed, file), "utf8"))
        return !sources.every((source) => existsSync(resolve(packed, dirname(file), source)))
      })
    )
    const hidden = files.filter((file) => /^dist\/src\/(.+\/)?internal\/.+\.js$/.test(file))
      .map((file) => file.replace(/^dist\/src/, name).replace(/\.js$/, ""))
    const failed = load(hidden)
    // A pattern in `exports` has one star, so each folder named internal needs a line of its own.
    refuse(
      "internal files that anybody can import, until `exports` closes their folder: \"./<folder>/internal/*\": null",
      hidden.filter((entry) => !failed[entry]?.startsWith("ERR_PACKAGE_PATH_NOT_EXPORTED"))
    )
  },
  "attw": () => {
    const entries = entryPoints(list()).map((entry) => entry.replace(name, "."))
    tool(
      root,
      "@arethetypeswrong/cli/dist/index.js",
      tarball(),
      ...["--profile", "esm-only"],
      // It finds these by the old resolution of CommonJS too, which this profile leaves out; tsc, below, finds the rest.
      ...["--ignore-rules", "internal-resolution-error"],
      ...["--entrypoints", ...entries]
    )
  },
  "load, compile and run with the required peers only": () => {
    const entries = entryPoints(list())
    const failed = load(entries)
    const waiting = Object.keys(failed).filter((entry) =>
      failed[entry].startsWith("ERR_MODULE_NOT_FOUND") && optional.some((peer) => failed[entry].includes(`'${peer}'`))
    )
    refuse(
      "modules that do not load",
      Object.keys(failed).filter((entry) => !waiting.includes(entry)).map((entry) => `${entry}: ${failed[entry]}`)
    )
    refuse(
      "modules that must load without any optional peer",
      waiting.filter((entry) => entry === name || entry === `${name}/testing` || entry.includes("/providers/"))
    )
    // skipLibCheck stays off: it would hide a declaration of ours that names what it does not import.
    write("tsconfig.json", {
      compilerOptions: { module: "NodeNext", skipLibCheck: false, strict: true, target: "ES2022", types: ["node"] }
    })
    cpSync(join(root, "scripts", "consumer", "main.ts"), join(project, "main.ts"))
    compile(entries.filter((entry) => !waiting.includes(entry)))
    run(project, process.execPath, "main.js")
    refuse(
      "a command line that does not say what it needs",
      [failing("npx", "--no-install", name, "--help")].filter((text) => !text.includes("npm install @effect/cli"))
    )
    console.log(`  ${entries.length} modules, of which these need an optional peer: ${waiting.join(", ") || "none"}`)
  },
  "load and compile all with the optional peers": () => {
    install(...pinned(optional))
    const entries = entryPoints(list())
    // The conformance suites load only inside of a test runner.
    const failed = load(entries.filter((entry) => !entry.includes("/conformance/")))
    refuse("modules that do not load", Object.keys(failed).map((entry) => `${entry}: ${failed[entry]}`))
    compile(entries)
    const help = run(project, "npx", "--no-install", name, "--help")
    refuse("a command line without commands", ["dlq replay", "doctor"].filter((command) => !help.includes(command)))
  }
}

const tarball = () => join(temp, readdirSync(temp).find((file) => file.endsWith(".tgz")))
const list = () => readdirSync(packed, { recursive: true }).map((file) => file.replaceAll("\\", "/")).sort()

try {
  for (const [title, step] of Object.entries(steps)) {
    console.log(`package: ${title}`)
    step()
  }
  console.log("package: good")
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(temp, { force: true, recursive: true })
}
