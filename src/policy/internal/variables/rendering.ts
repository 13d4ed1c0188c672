/**
 * Options as the variables that would set them; what no variable can set is left out.
 */
import { isRecord, type Options } from "./reading.js"
import { type Variable, variables } from "./variables.js"

const valueAt = (options: Options, option: string): unknown => {
  let value: unknown = options
  for (const section of option.split(".")) value = isRecord(value) ? value[section] : undefined
  return value
}

const availability: { readonly [tag: string]: string } = {
  Available: "available",
  Maintenance: "maintenance",
  Off: "off"
}

/** A status has its tag where a variable has a word; of several faults the first is shown. */
const asDescribed = (options: Options): Options => {
  const { availability: status, faults } = options
  return {
    ...options,
    ...(isRecord(status) && typeof status._tag === "string"
      ? { availability: { ...status, status: availability[status._tag] } }
      : undefined),
    ...(Array.isArray(faults) ? { faults: faults[0] ?? false } : undefined)
  }
}

export const render = (options: Options): ReadonlyMap<Variable, string> => {
  const all = asDescribed(options)
  const rendered = new Map<Variable, string>()
  for (const variable of variables) {
    const value = valueAt(all, variable.option)
    if (value === undefined) continue
    const text = variable.group && isRecord(value) ? "on" : variable.kind.render(value)
    if (text !== undefined) rendered.set(variable, text)
  }
  return rendered
}

/** `retry.maxAttempts 3 → 5, hedge off → on`; nothing where no variable could tell the one from the other. */
export const difference = (before: Options, after: Options): string => {
  const [old, new_] = [render(before), render(after)]
  return variables.flatMap((variable) => {
    const [from, to] = [old.get(variable), new_.get(variable)]
    return from === to ? [] : [`${variable.alias ?? variable.option} ${from ?? "default"} → ${to ?? "default"}`]
  }).join(", ")
}
