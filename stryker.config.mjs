// Mutates the pure cores, and runs the tests that stand behind them: npm run mutation [-- --mutate FILE]
export default {
  mutate: ["src/policy/internal/**/*Core.ts"],
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts" },
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 60_000,
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: true },
  jsonReporter: { fileName: "coverage/mutation.json" },
  tempDirName: "coverage/stryker",
  cleanTempDir: "always",
  disableTypeChecks: false
}
