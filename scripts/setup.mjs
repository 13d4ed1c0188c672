// Readies a fresh clone, with nothing but Node and npm: what the lockfile names, and a better-sqlite3 that loads.
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))

const say = (line) => console.log(`setup: ${line}`)
const fail = (line) => {
  console.error(`setup: ${line}`)
  process.exit(1)
}
const run = (command, ...args) =>
  spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" }).status === 0

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node ${process.versions.node} is too old: install Node 20.19 or later`)
}

/** npm leaves a list of what it put into node_modules. Optional packages of other platforms are rightly not in it. */
const installed = () => {
  try {
    const read = (path) => JSON.parse(readFileSync(path, "utf8")).packages
    const { "": project, ...wanted } = read("package-lock.json")
    const present = read("node_modules/.package-lock.json")
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"))
    const same = (a, b) => JSON.stringify(a ?? {}) === JSON.stringify(b ?? {})
    return same(project.dependencies, dependencies) &&
      same(project.devDependencies, devDependencies) &&
      same(project.peerDependencies, peerDependencies) &&
      Object.entries(wanted).every(([path, { integrity, optional }]) =>
        path in present ? present[path].integrity === integrity && existsSync(path) : optional === true
      ) &&
      Object.keys(present).every((path) => path in wanted)
  } catch {
    return false
  }
}

if (installed()) {
  say("node_modules matches the lockfile")
} else {
  say("installing what the lockfile names")
  // Without the packages' own scripts: only better-sqlite3 needs one, and npm would undo the whole install if it failed.
  if (!run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")) fail("npm ci failed, see above")
}

/** In a process of its own: a native module that failed to load once cannot be tried again. */
const loads = () => {
  try {
    execFileSync(process.execPath, ["-e", "new (require('better-sqlite3'))(':memory:').close()"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
const build = () => {
  say("fetching or building better-sqlite3, which can take some minutes")
  return run("npm", "rebuild", "better-sqlite3") && loads()
}

if (!loads() && !build()) {
  const debian = existsSync("/etc/debian_version") && process.getuid?.() === 0
  if (debian) {
    say("installing python3, make and g++ to build it with")
    process.env.DEBIAN_FRONTEND = "noninteractive"
  }
  const ready = debian && run("apt-get", "update") && run("apt-get", "install", "-y", "python3", "make", "g++") &&
    build()
  if (!ready) fail("better-sqlite3 does not load: install python3, make and a C++ compiler, then run this again")
}
say("ready")
