/**
 * From what a `ConfigProvider` holds to options: what is set and nothing else, with every mistake told at once.
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Option from "effect/Option"
import { nameOf, sectionsOf, stageOf, type Variable, variables } from "./variables.js"

const constantCase = (id: string): string => id.toUpperCase().replaceAll("-", "_")

/** `HOLDFAST_HUBSPOT_` */
export const prefixOf = (id: string): string => `HOLDFAST_${constantCase(id)}_`

/** Its variables hold for every integration whose own is not set. */
export const everybody = "default"

/** A variable that is set. */
export interface Setting {
  readonly variable: Variable
  /** The name under which it was found. */
  readonly name: string
  readonly text: string
}

export type Options = { [option: string]: unknown }

export const isRecord = (value: unknown): value is Options => typeof value === "object" && value !== null

/** What was read: `options` are those of the variables without a mistake. */
export interface Reading {
  readonly id: string
  readonly settings: ReadonlyArray<Setting>
  readonly options: Options
  readonly errors: ReadonlyArray<ConfigError.ConfigError>
}

/** By its whole name, as in an environment; or part by part, as in a nested document. */
const textOf = (id: string, variable: Variable): Config.Config<Setting> => {
  const name = prefixOf(id) + nameOf(variable)
  return Config.string(name).pipe(
    Config.orElseIf({
      if: ConfigError.isMissingDataOnly,
      orElse: () =>
        ["HOLDFAST", constantCase(id), ...sectionsOf(variable)].reduceRight(
          (config, section) => Config.nested(config, section),
          Config.string()
        )
    }),
    Config.map((text) => ({ name, text: text.trim(), variable }))
  )
}

const settingOf = (id: string) => (variable: Variable): Config.Config<Option.Option<Setting>> =>
  Config.option(Config.orElseIf(textOf(id, variable), {
    if: ConfigError.isMissingDataOnly,
    orElse: () => textOf(everybody, variable)
  }))

/** What is set for an integration, of the variables that `which` picks. */
export const reading = (id: string, which: (variable: Variable) => boolean = () => true): Config.Config<Reading> =>
  Config.map(
    Config.all(variables.filter(which).map(settingOf(id))),
    (settings) => read(id, settings.flatMap((setting) => Option.toArray(setting)))
  )

/** All of them in one. */
export const together = (errors: ReadonlyArray<ConfigError.ConfigError>): ConfigError.ConfigError | undefined =>
  errors.length === 0 ? undefined : errors.reduce((left, right) => ConfigError.And(left, right))

const read = (id: string, settings: ReadonlyArray<Setting>): Reading => {
  const values = new Map<string, unknown>()
  const errors: Array<ConfigError.ConfigError> = []
  for (const setting of settings) {
    const value = setting.variable.kind.parse(setting.text)
    if (value === undefined) errors.push(mistaken(setting))
    else values.set(setting.variable.option, value)
  }
  const options = assemble(values)
  const contradiction = decideStrategy(options, settings)
  if (contradiction !== undefined) errors.push(contradiction)
  // one fault; those that the program has are replaced by it
  if (isRecord(options.faults)) options.faults = [options.faults]
  return { errors, id, options, settings }
}

const mistaken = ({ name, text, variable }: Setting): ConfigError.ConfigError =>
  ConfigError.InvalidData(
    [name],
    `it is \`${text}\`, and must be ${variable.kind.allowed}, as in \`${variable.kind.example}\``
  )

const groups: ReadonlySet<string> = new Set(variables.filter(({ group }) => group).map(({ option }) => option))

/** Puts the values where they belong. A group that is off is `false`, whatever else is said of it. */
const assemble = (values: ReadonlyMap<string, unknown>): Options => {
  const options: Options = {}
  for (const [option, value] of values) {
    const path = option.split(".")
    const last = path.pop() as string
    let parent: Options | undefined = options
    for (const section of path) {
      const inner: unknown = parent[section] ??= {}
      parent = isRecord(inner) ? inner : undefined
      if (parent === undefined) break
    }
    if (parent === undefined) continue
    if (!groups.has(option)) parent[last] = value
    else if (value === false) parent[last] = false
    else parent[last] ??= {}
  }
  return options
}

/** Says which strategy it is where only its options were given; both may be told of, if one of them is chosen. */
const decideStrategy = (
  options: Options,
  settings: ReadonlyArray<Setting>
): ConfigError.ConfigError | undefined => {
  const { circuitBreaker } = options
  if (!isRecord(circuitBreaker)) return undefined
  const inARow = circuitBreaker.failureThreshold !== undefined
  const strategy = isRecord(circuitBreaker.strategy) ? circuitBreaker.strategy : undefined
  const chosen = strategy?._tag
  if (chosen === undefined && inARow && strategy !== undefined) {
    const [failures, rate] = ["failureThreshold", "strategy."].map((option) =>
      settings.find(({ variable }) => variable.option.startsWith(`circuitBreaker.${option}`)) as Setting
    ) as [Setting, Setting]
    return ConfigError.InvalidData(
      [failures.name],
      `it counts failures in a row, and ${rate.name} their share: set ${
        prefixed(failures, "STRATEGY")
      } to consecutive or to failureRate`
    )
  }
  if (chosen === "Consecutive" || (strategy === undefined && inARow)) circuitBreaker.strategy = { _tag: "Consecutive" }
  else if (strategy !== undefined) circuitBreaker.strategy = { ...strategy, _tag: "FailureRate" }
  return undefined
}

const prefixed = ({ name }: Setting, option: string): string => name.replace(/FAILURE_THRESHOLD$/, option)

/**
 * What is wrong with each stage that variables speak of, once they are laid over what the program says. `mistakeIn` is
 * asked where all of a stage's variables are right by themselves.
 */
export const mistakes = (
  reading: Reading,
  options: Options,
  mistakeIn: (stage: string) => string | undefined
): ReadonlyArray<ConfigError.ConfigError> => {
  const ofStages = new Map<string, Array<Setting>>()
  for (const setting of reading.settings) {
    const stage = stageOf(setting.variable)
    ofStages.set(stage, [...ofStages.get(stage) ?? [], setting])
  }
  return Array.from(ofStages).flatMap(([stage, settings]) => {
    const [first] = settings
    if (first === undefined || settings.some(({ text, variable }) => variable.kind.parse(text) === undefined)) return []
    const mistake = missing(reading.id, stage, options[stage]) ?? mistakeIn(stage)
    return mistake === undefined
      ? []
      : [ConfigError.InvalidData([first.name], explained(reading.id, stage, settings, mistake))]
  })
}

const missing = (id: string, stage: string, value: unknown): string | undefined => {
  const given: unknown = Array.isArray(value) ? value[0] : value
  if (!isRecord(given)) return undefined
  const lacking = variables.find((variable) =>
    variable.required && stageOf(variable) === stage && given[variable.option.slice(stage.length + 1)] === undefined
  )
  return lacking === undefined
    ? undefined
    : `${prefixOf(id)}${nameOf(lacking)} is missing: ${lacking.means}, as in \`${lacking.kind.example}\``
}

/** A policy speaks of its options: which variables are those? */
const explained = (id: string, stage: string, settings: ReadonlyArray<Setting>, mistake: string): string => {
  const said = new Set(mistake.match(/\w+/g))
  const named = variables.filter(({ option }) =>
    option.split(".").some((section, index, path) =>
      path[0] === stage && index > 0 && said.has(section) && !groups.has(path.slice(0, index + 1).join("."))
    )
  )
  const set = settings.map(({ name, text }) => `${name}=${text}`).join(", ")
  const names = named.map((variable) =>
    `${variable.option.slice(stage.length + 1)} is ${prefixOf(id)}${nameOf(variable)}`
  ).join(", ")
  return `${mistake}. Set: ${set}${names === "" ? "" : `; ${names}`}`
}
