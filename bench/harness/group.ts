/** The process of one group of measurements: sends its result to the one that started it. */
import type { Effort, Result } from "./result.js"

const [name = "", effort = "quick"] = process.argv.slice(2)
const group: { readonly run: (effort: Effort) => Promise<Result> } = await import(`../groups/${name}.js`)
const result = await group.run(effort as Effort)
process.send?.(result, () => process.exit(0))
