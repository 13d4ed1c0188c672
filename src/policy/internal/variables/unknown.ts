/**
 * Names that begin as ours do and are none of ours: a slip of the pen must not go unnoticed.
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as StoreUrl from "../../../internal/storeUrl.js"
import { everybody, prefixOf } from "./reading.js"
import { nameOf, variables } from "./variables.js"

const names: ReadonlySet<string> = new Set(variables.map(nameOf))

/** What a source of names may have them written like. */
const constantCase = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll("-", "_").toUpperCase()

/** `HOLDFAST_MAIN_JOB_RETRY` begins as the variables of `main` do, and is one of `main-job`. */
const isOfAnother = (rest: string): boolean => {
  for (let at = rest.indexOf("_"); at >= 0; at = rest.indexOf("_", at + 1)) {
    if (names.has(rest.slice(at + 1))) return true
  }
  return false
}

/** A mistake for each. A source that cannot say what names it holds has none. */
export const unknownVariables = (id: string): Effect.Effect<ReadonlyArray<ConfigError.ConfigError>> =>
  Effect.configProviderWith((provider) =>
    Effect.map(
      Effect.forEach([prefixOf(id), prefixOf(everybody)], (prefix) =>
        Effect.map(found(provider, prefix, []), (found) =>
          Array.from(new Set(found)).sort().flatMap((name) => {
            const rest = name.slice(prefix.length)
            return names.has(rest) || isOfAnother(rest) || StoreUrl.variables.has(name) ? [] : [unknown(prefix, rest)]
          }))),
      (errors) =>
        errors.flat()
    )
  )

const unknown = (prefix: string, rest: string): ConfigError.ConfigError => {
  const meant = nearest(rest)
  return ConfigError.InvalidData(
    [prefix + rest],
    `there is no such variable${meant === undefined ? "" : `; did you mean ${prefix}${meant}?`}`
  )
}

/** Descends as the source divides its names, and no further than they may still be ours. */
const found = (
  provider: ConfigProvider.ConfigProvider,
  prefix: string,
  path: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.flatMap(children(provider, path), (children) => {
    const name = constantCase(path.join("_"))
    if (children.length === 0) return Effect.succeed(name.startsWith(prefix) ? [name] : [])
    return Effect.map(
      Effect.forEach(children, (child) => {
        const below = [...path, child]
        const name = constantCase(below.join("_"))
        return name.startsWith(prefix) || prefix.startsWith(`${name}_`)
          ? found(provider, prefix, below)
          : Effect.succeed([])
      }),
      (found) => found.flat()
    )
  })

const children = (
  provider: ConfigProvider.ConfigProvider,
  path: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>> =>
  provider.load(
    path.reduceRight(
      (config, section) => Config.nested(config, section),
      Config.hashMap(Config.succeed(true))
    )
  ).pipe(
    Effect.map((children) => Array.from(HashMap.keys(children))),
    Effect.orElseSucceed(() => [])
  )

/** The name that takes the fewest changes to come to, if they are few for its length. */
const nearest = (name: string): string | undefined => {
  let best: string | undefined
  let fewest = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of names) {
    const changes = distance(name, candidate)
    if (changes < fewest) {
      best = candidate
      fewest = changes
    }
  }
  return best
}

/** Letters to put in, take out or replace, to make the one of the other (Levenshtein). */
const distance = (from: string, to: string): number => {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (above[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (above[j] as number) + 1, (row[j - 1] as number) + 1))
    }
    above = row
  }
  return above[to.length] as number
}
