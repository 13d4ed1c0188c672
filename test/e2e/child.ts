/**
 * A program of its own: `closed` ends its layer, `open` leaves it, `missing` has no undici. It ends by itself, or not at all.
 */
import { HttpClient } from "@effect/platform"
import { Effect, ManagedRuntime } from "effect"
import { Transport } from "holdfast"
import { register } from "node:module"

const [mode, url] = process.argv.slice(2)

const get = Effect.flatMap(HttpClient.get(url ?? ""), (response) => response.text)

if (mode === "missing") {
  const hook = `export const resolve = (specifier, context, next) => {
    if (specifier !== "undici") return next(specifier, context)
    throw Object.assign(new Error("Cannot find package 'undici'"), { code: "ERR_MODULE_NOT_FOUND" })
  }`
  register(`data:text/javascript,${encodeURIComponent(hook)}`)
}

const run = mode === "open"
  ? ManagedRuntime.make(Transport.layer).runPromise(get)
  : Effect.runPromise(Effect.provide(get, Transport.layer))

run.then(
  (text) => process.stdout.write(text),
  (error: unknown) => process.stdout.write(String(error))
)
