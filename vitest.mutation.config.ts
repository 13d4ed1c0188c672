import { defineConfig } from "vitest/config"
import { shared } from "./vitest.config.js"

/** The tests that stand behind the pure cores, and no slower ones: they are run once for each mutant. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ["test/policy/**/*[cC]ore*.test.ts"]
  }
})
