import { defineConfig } from "vitest/config"
import base from "./vitest.config.js"

/** The tests that stand behind the pure cores, and no slower ones: they are run once for each mutant. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    // they need no server
    globalSetup: [],
    include: ["test/policy/**/*[cC]ore*.test.ts"]
  }
})
