import { readdirSync, readFileSync } from "node:fs"
import { defineConfig } from "vitest/config"

const specs = readdirSync("test", { encoding: "utf8", recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file.replaceAll("\\", "/")}`)

/**
 * Those that keep to their own fibers and values: no server, no process, no file, nothing of Node's that another one would
 * find changed. They are run in threads that load once what they all import, and every other one in a process of its own.
 * `it.layer` writes its own `effect` and `scoped` over those of the one `it` that there is in a thread: whatever spec came
 * after it would have its services, and a clock that others have set.
 */
const isModest = (spec: string): boolean =>
  /^test\/(core|policy|providers|webhook(?=\/[^/]+$)|testing\/(Emulator|Faults|TestLayer|outcomes)\.)/.test(spec) &&
  !/\/(Redis|streaming|layers|outage|policy\/traps|redis\w*|sql\w*)\.test\.ts$/.test(spec) &&
  !/\bit\.layer\(/.test(readFileSync(spec, "utf8"))

/** Whichever spec it is. */
export const shared = {
  resolve: { conditions: ["@holdfast/source"] },
  ssr: { resolve: { conditions: ["@holdfast/source"], externalConditions: ["@holdfast/source"] } },
  test: {
    // ceilings for a machine that is busy with other things, not expectations
    hookTimeout: 120_000,
    testTimeout: process.env.HOLDFAST_LONG === undefined ? 180_000 : 900_000
  }
}

export default defineConfig({
  test: {
    globalSetup: ["test/servers/globalSetup.ts"],
    // most of the long ones wait for a server or for the clock, and leave their core to others
    maxWorkers: 2,
    minWorkers: 1,
    poolOptions: { threads: { isolate: false } },
    projects: [
      {
        ...shared,
        test: {
          ...shared.test,
          include: specs.filter(isModest),
          name: "together",
          pool: "threads"
        }
      },
      {
        ...shared,
        test: {
          ...shared.test,
          include: specs.filter((spec) => !isModest(spec)),
          name: "apart",
          pool: "forks",
          // when the threads are done: the workers of both would be too many
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
