// npm run test:long: the campaign of every test file that has one, which is those that import test/campaign.ts.
// With --bounded it is smaller where it takes longest.
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

const files = readdirSync("test", { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file}`)
  .filter((file) => /from "(?:\.\.?\/)+campaign\.js"/.test(readFileSync(file, "utf8")))
  .sort()

const args = process.argv.slice(2)
const options = args.filter((arg) => arg !== "--bounded")

const { status } = spawnSync("npx", ["vitest", "run", ...files, ...options], {
  env: { ...process.env, HOLDFAST_LONG: options.length < args.length ? "bounded" : "1" },
  stdio: "inherit"
})
process.exit(status ?? 1)
