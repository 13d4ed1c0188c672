import { mergeConfig } from "vitest/config"
import base from "./vitest.config.js"

/** The tests that stand behind the pure cores, and no slower ones: they are run once for each mutant. */
export default mergeConfig(base, {
  test: {
    include: ["test/policy/**/*[cC]ore*.test.ts", "test/policy/**/*[mM]odel*.test.ts"]
  }
})
