import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["@holdfast/source"] },
  ssr: { resolve: { conditions: ["@holdfast/source"], externalConditions: ["@holdfast/source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/servers/globalSetup.ts"],
    // ceilings for a machine that is busy with other things, not expectations
    hookTimeout: 120_000,
    testTimeout: process.env.HOLDFAST_LONG === "1" ? 900_000 : 180_000
  }
})
