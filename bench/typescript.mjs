// Runs TypeScript as it is shipped: types stripped, and nothing else. tsx keeps the names of functions by a call for each
// function that is made, which slows down every closure on a hot path and would be measured as ours.
import { register } from "node:module"

register(new URL("typescript-hooks.mjs", import.meta.url))
