/**
 * How many requests the calls of one integration may cost beyond their first: the bound on what retries and hedges make
 * of an outage.
 *
 * A budget belongs to an integration. All its clients in a program share it, so that no number of them amplifies an
 * outage; and another integration has its own, so that it is not starved by one that is down.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { monotonicMillis } from "../internal/time.js"
import { Budget } from "./internal/budgetCore.js"
import * as Kept from "./internal/kept.js"

/**
 * A bucket that holds ten seconds' worth of `minPerSecond`, full at the start. Each call puts `ratio` of a token in, each
 * second `minPerSecond`, and each retry or hedge takes one out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Further requests for each call. Default: 0.2 for retries, 0.1 for hedges. */
  readonly ratio?: number | undefined
  /** Further requests for each second, whatever the number of calls. Default: 10 for retries, 1 for hedges. */
  readonly minPerSecond?: number | undefined
  /** Whose calls share the budget. Default: those of the integration. */
  readonly key?: string | undefined
}

/**
 * The budgets of a program. Where this service is there when a client is built (each `Holdfast` layer has it), all clients
 * of one integration share one budget; where it is not, each has its own.
 *
 * @since 0.1.0
 * @category tags
 */
export class RetryBudgets extends Context.Tag("holdfast/RetryBudgets")<RetryBudgets, {
  /** @internal */
  readonly budget: (key: string, ratio: number, minPerSecond: number, now: number) => Budget
}>() {}

/**
 * Budgets in the memory of this process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<RetryBudgets> = Layer.sync(RetryBudgets, () => {
  const budgets = new Map<string, Budget>()
  return {
    budget: (key, ratio, minPerSecond, now) => {
      let budget = budgets.get(key)
      if (budget === undefined) budgets.set(key, budget = new Budget(ratio, minPerSecond, now))
      else budget.configure(ratio, minPerSecond)
      return budget
    }
  }
})

/** @internal */
export const check = (name: string, options: Options | false | undefined): void => {
  if (options === undefined || options === false) return
  for (const field of ["ratio", "minPerSecond"] as const) {
    const value = options[field]
    if (value !== undefined && !(value >= 0 && Number.isFinite(value))) {
      throw new Error(`${name}: budget.${field} is ${value}; it must be 0 or more, and budget: false is no bound`)
    }
  }
}

/**
 * The budget that a layer draws on, when it is built.
 *
 * @internal
 */
export const make = (
  options: Options | false | undefined,
  defaults: { readonly key: string; readonly ratio: number; readonly minPerSecond: number }
): Effect.Effect<Budget | undefined> =>
  Effect.gen(function*() {
    if (options === false) return undefined
    const ratio = options?.ratio ?? defaults.ratio
    const minPerSecond = options?.minPerSecond ?? defaults.minPerSecond
    const now = monotonicMillis(yield* Effect.clock)
    const key = options?.key ?? defaults.key
    const shared = yield* Effect.serviceOption(RetryBudgets)
    if (shared._tag === "Some") return shared.value.budget(key, ratio, minPerSecond, now)
    return yield* Kept.keep(
      `RetryBudget ${key}`,
      Effect.sync(() => new Budget(ratio, minPerSecond, now)),
      (kept) => Effect.sync(() => kept.configure(ratio, minPerSecond))
    )
  })
