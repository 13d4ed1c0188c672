import { ConfigProvider, Effect } from "effect"
import { Resilience } from "holdfast"
import { nameOf, type Variable, variables } from "../../src/policy/internal/variables/variables.js"

export const prefix = "HOLDFAST_SHOP_"

export const providerOf = (texts: Readonly<Record<string, string>>): ConfigProvider.ConfigProvider =>
  ConfigProvider.fromMap(new Map(Object.entries(texts)))

/** What is set by these variables, whose names are given without the prefix. */
export const configOf = (texts: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(
    Effect.suspend(() => Resilience.config("shop")),
    providerOf(Object.fromEntries(Object.entries(texts).map(([name, text]) => [prefix + name, text])))
  )

export const variableOf = (option: string): Variable => {
  const variable = variables.find((variable) => variable.option === option)
  if (variable === undefined) throw new Error(`no variable for ${option}`)
  return variable
}

export const valueAt = (options: unknown, option: string): unknown =>
  option.split(".").reduce<unknown>(
    (value, section) => {
      const one: unknown = Array.isArray(value) ? value[0] : value
      return typeof one === "object" && one !== null ? (one as Record<string, unknown>)[section] : undefined
    },
    options
  )

/** What a variable cannot stand without. */
const companions: { readonly [option: string]: ReadonlyArray<string> } = {
  "availability.reason": ["availability.status"],
  "availability.retryAfter": ["availability.status"],
  "circuitBreaker.strategy.slowCallRateThreshold": ["circuitBreaker.strategy.slowCallDuration"],
  "faults.failure": ["faults.rate"],
  "faults.latency": ["faults.rate"],
  "faults.outcome.status": ["faults.rate"],
  "faults.rate": ["faults.latency"],
  "hedge.maxHedges": ["hedge.delay"],
  "hedge.budget": ["hedge.delay"],
  "hedge.budget.minPerSecond": ["hedge.delay"],
  "hedge.budget.ratio": ["hedge.delay"],
  "rateLimit.capacity": ["rateLimit.refillRate"],
  "rateLimit.limit": ["rateLimit.window"],
  "rateLimit.refillRate": ["rateLimit.capacity"],
  "rateLimit.window": ["rateLimit.limit"]
}

/** The variable set to its example, with those beside it that it needs. */
export const exampleOf = (variable: Variable): Record<string, string> =>
  Object.fromEntries(
    [variable.option, ...companions[variable.option] ?? []].map((option) => {
      const one = variableOf(option)
      return [
        nameOf(one),
        // only a maintenance has an end
        variable.option === "availability.retryAfter" && option === "availability.status"
          ? "maintenance"
          : one.kind.example
      ]
    })
  )
