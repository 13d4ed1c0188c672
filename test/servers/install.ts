/** Sees to it that the machine has the servers that the tests need: Debian's packages, where this is root on a Debian. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as binaries from "../../src/testing/internal/binaries.js"

const missing = (): ReadonlyArray<string> => [
  ...(binaries.redisServer() === undefined && process.env.REDIS_URL === undefined ? ["redis-server"] : []),
  ...(binaries.postgres() === undefined && process.env.DATABASE_URL === undefined ? ["postgresql"] : [])
]

const apt = (...args: ReadonlyArray<string>): void => {
  spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
    // at runlevel 1 a package does not start the service that it brings
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    stdio: ["ignore", "ignore", "inherit"]
  })
}

export const install = (): void => {
  const wanted = missing()
  if (wanted.length > 0 && process.getuid?.() === 0 && fs.existsSync("/etc/debian_version")) {
    process.stderr.write(`tests: installing ${wanted.join(" and ")}\n`)
    apt("update")
    apt("install", "-y", "--no-install-recommends", ...wanted)
  }
  const left = missing()
  if (left.length > 0) {
    const variables = left.map((name) => name === "postgresql" ? "DATABASE_URL" : "REDIS_URL").join(" and ")
    process.stderr.write(`tests: install ${left.join(" and ")} (so called on Debian), or set ${variables}\n`)
    process.exit(1)
  }
}
