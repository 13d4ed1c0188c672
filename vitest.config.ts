import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["@holdfast/source"] },
  ssr: { resolve: { conditions: ["@holdfast/source"], externalConditions: ["@holdfast/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/servers/globalSetup.ts"],
    // most of the long ones wait for a server or for the clock, and leave their core to others
    maxWorkers: 2,
    minWorkers: 1,
    // ceilings for a machine that is busy with other things, not expectations
    hookTimeout: 120_000,
    testTimeout: process.env.HOLDFAST_LONG === undefined ? 180_000 : 900_000
  }
})
