/** The module of the user's that exports the layers of a program. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type * as DeadLetterCipher from "../../../delivery/DeadLetterCipher.js"
import type * as Outbox from "../../../delivery/Outbox.js"
import { type CliError, failed, notFound, usage } from "./exit.js"

export type Target = Outbox.Target

export interface UserModule {
  readonly name: string
  readonly layer: Layer.Layer<never, any, any>
  /** What decrypts the bodies of dead letters. */
  readonly cipher: Layer.Layer<DeadLetterCipher.DeadLetterCipher, any> | undefined
  readonly integrations: ReadonlyArray<Target>
}

const isTarget = (u: unknown): u is Target =>
  Predicate.hasProperty(u, "key") && Predicate.hasProperty(u, "definition") &&
  Predicate.hasProperty(u.definition, "id") && Predicate.hasProperty(u.definition, "baseUrl")

const codeOf = (cause: unknown): string => Predicate.hasProperty(cause, "code") ? String(cause.code) : ""

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message.split("\n")[0] ?? "" : String(cause)

const cannotLoad = (name: string, cause: unknown): CliError =>
  failed(
    codeOf(cause) === "ERR_UNKNOWN_FILE_EXTENSION"
      ? `the module ${name} cannot be loaded: this Node does not run TypeScript; compile it first, or run ` +
        "node --import tsx node_modules/holdfast/dist/src/ops/internal/bin.js"
      : `the module ${name} cannot be loaded: ${messageOf(cause)}`
  )

export const load = (name: string): Effect.Effect<UserModule, CliError> =>
  Effect.gen(function*() {
    const file = path.resolve(name)
    const isFile = fs.existsSync(file)
    if (!isFile && /^[./]|\.[cm]?[jt]s$/.test(name)) return yield* notFound(`there is no module ${name}`)
    const exports = yield* Effect.tryPromise({
      try: () => import(isFile ? pathToFileURL(file).href : name) as Promise<Record<string, unknown>>,
      catch: (cause) => cannotLoad(name, cause)
    })
    const layer = [exports["layer"], exports["default"]].find(Layer.isLayer)
    if (layer === undefined) {
      return yield* usage(
        `the module ${name} exports no Layer: export the program's layers as \`layer\`, or as default`
      )
    }
    const { cipher, integrations } = exports
    return {
      cipher: Layer.isLayer(cipher) ? cipher as UserModule["cipher"] : undefined,
      integrations: (Array.isArray(integrations) ? integrations : Object.values(exports)).filter(isTarget),
      layer,
      name
    }
  })
