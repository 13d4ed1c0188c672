/** Files that people name, and what they pipe in (`-`). */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { type CliError, failed, notFound, refused } from "./exit.js"
import * as Screen from "./screen.js"

const why = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") ? String(cause.code) : cause instanceof Error ? cause.message : String(cause)

const cannotRead = (name: string) => (cause: unknown): CliError =>
  Predicate.hasProperty(cause, "code") && cause.code === "ENOENT"
    ? notFound(`there is no file ${name}`)
    : failed(`the file ${name} cannot be read: ${why(cause)}`)

const cannotWrite = (name: string) => (cause: unknown): CliError =>
  failed(`the file ${name} cannot be written: ${why(cause)}`)

export const read = (name: string): Stream.Stream<Uint8Array, CliError, Screen.Terminal> =>
  name === "-"
    ? Stream.unwrap(
      Effect.map(Screen.Terminal, ({ input }) => Stream.mapError(input, cannotRead("that is piped in")))
    )
    : Stream.suspend(() =>
      Stream.fromAsyncIterable(fs.createReadStream(name) as AsyncIterable<Uint8Array>, cannotRead(name))
    )

export const text = (name: string): Effect.Effect<string, CliError, Screen.Terminal> =>
  Stream.mkString(Stream.decodeText(read(name)))

export const bytes = (name: string): Effect.Effect<Uint8Array, CliError, Screen.Terminal> =>
  Effect.map(Stream.runCollect(read(name)), (chunks) => Buffer.concat(Array.from(chunks)))

export interface Writer {
  readonly write: (text: string) => Effect.Effect<void, CliError>
  /** All is on the disk, and the file is there by its name. */
  readonly keep: Effect.Effect<void, CliError>
}

/** A file that is there wholly or not at all, and for its owner's eyes alone. */
export const writer = (
  name: string,
  options: { readonly overwrite: boolean }
): Effect.Effect<Writer, CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const taken = refused(`the file ${name} is there already: give another name, or --force`)
    if (!options.overwrite && fs.existsSync(name)) return yield* taken
    const temporary = path.join(path.dirname(name), `.${path.basename(name)}.${randomBytes(4).toString("hex")}`)
    const doing = <A>(run: () => Promise<A>) => Effect.tryPromise({ catch: cannotWrite(name), try: run })
    const handle = yield* Effect.acquireRelease(
      doing(() => fs.promises.open(temporary, "wx", 0o600)),
      (handle) => Effect.promise(() => Promise.allSettled([handle.close(), fs.promises.rm(temporary, { force: true })]))
    )
    return {
      keep: Effect.gen(function*() {
        yield* doing(() => handle.sync())
        if (!options.overwrite && fs.existsSync(name)) return yield* taken
        yield* doing(() => fs.promises.rename(temporary, name))
      }),
      write: (text) => doing(() => handle.writeFile(text))
    }
  })
