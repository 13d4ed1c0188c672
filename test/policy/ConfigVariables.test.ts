// the environment itself is under test, and what throws
// @effect-diagnostics processEnvInEffect:off
// @effect-diagnostics tryCatchInEffectGen:off
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Duration, Effect, FastCheck as fc } from "effect"
import { Availability, CircuitBreaker, Holdfast, Resilience } from "holdfast"
import { readFileSync } from "node:fs"
import { render } from "../../src/policy/internal/variables/rendering.js"
import { nameOf, stageOf, type Variable, variables } from "../../src/policy/internal/variables/variables.js"
import { holds } from "../campaign.js"
import * as Kit from "../kit.js"
import { configOf, exampleOf, prefix, providerOf, valueAt } from "./variables.js"

const decimal = fc.tuple(fc.nat(20), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`)
const time = fc.tuple(
  fc.oneof(fc.nat(5_000).map(String), decimal),
  fc.constantFrom("nanos", "micros", "millis", "second", "seconds", "minutes", "hours", "days", "weeks")
).map(([amount, unit]) => `${amount} ${unit}`)

/** Any text that a variable allows. */
const textOf = ({ kind }: Variable): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(kind.example, ...kind.allowed.split(/, | or |; or /), "on", "TRUE", "no", "0"),
    fc.nat(700).map(String),
    decimal,
    time,
    fc.tuple(time, time).map(([min, max]) => `${min} .. ${max}`)
  ).filter((text) => kind.parse(text) !== undefined)

const someTexts: fc.Arbitrary<Record<string, string>> = fc.subarray([...variables]).chain((some) =>
  fc.tuple(...some.map((variable) => fc.tuple(fc.constant(nameOf(variable)), textOf(variable)))).map((pairs) =>
    Object.fromEntries(pairs)
  )
)

describe("each variable", () => {
  it("has a name of its own, and one that says where it goes", () => {
    strictEqual(new Set(variables.map(nameOf)).size, variables.length)
    for (const variable of variables) {
      assertTrue(variable.kind.parse(variable.kind.example) !== undefined, nameOf(variable))
    }
    deepStrictEqual(
      ["retry.maxAttempts", "circuitBreaker.strategy.slowCallDuration", "availability.status", "retry.budget.ratio"]
        .map(
          (option) => variables.filter((variable) => variable.option === option).map(nameOf)
        ),
      [
        ["RETRY_MAX_ATTEMPTS"],
        ["CIRCUIT_BREAKER_FAILURE_RATE_SLOW_CALL_DURATION"],
        ["AVAILABILITY"],
        ["RETRY_BUDGET_RATIO"]
      ]
    )
  })

  for (const variable of variables) {
    it.scoped(`${nameOf(variable)}=${variable.kind.example} changes ${variable.option}, and makes a stack`, () =>
      Effect.gen(function*() {
        const texts = exampleOf(variable)
        const { [nameOf(variable)]: _, ...others } = texts
        const options = yield* configOf(texts)
        const without = yield* configOf(others)
        if (stageOf(variable) === "availability") {
          assertTrue(options.availability !== undefined)
        } else {
          const value = variable.kind.parse(variable.kind.example)
          deepStrictEqual(valueAt(options, variable.option), variable.group && value === true ? {} : value)
        }
        let differs = false
        try {
          deepStrictEqual(options, without)
        } catch {
          differs = true
        }
        // what a part of a stage says when it is on, its options say as well
        assertTrue(differs || variable.group === true)

        const provider = new Kit.Provider(Kit.ok)
        const withPrefix = Object.fromEntries(Object.entries(texts).map(([name, text]) => [prefix + name, text]))
        yield* Kit.shop(provider, Resilience.layerConfig()).pipe(
          Effect.provide(Holdfast.layerMemory),
          Effect.withConfigProvider(providerOf(withPrefix))
        )
      }))
  }

  it.effect("any of them together give options that, written as variables again, give the same", () =>
    Effect.promise(() =>
      holds(
        fc.asyncProperty(someTexts, async (texts) => {
          const options = await Effect.runPromise(Effect.either(configOf(texts)))
          if (options._tag === "Left") {
            // the one thing that is wrong with two that are right by themselves, before a policy has looked at them
            assertTrue(String(options.left).includes("set HOLDFAST_SHOP_CIRCUIT_BREAKER_STRATEGY to"))
            return
          }
          const again: Record<string, string> = {}
          for (const [variable, text] of render({ ...options.right })) again[nameOf(variable)] = text
          deepStrictEqual(await Effect.runPromise(configOf(again)), options.right)
        }),
        100
      )
    ))
})

/** The options that a policy's source declares, with what their doc comments say. */
const declared = (file: string, interface_: string): ReadonlyArray<readonly [name: string, doc: string]> => {
  const source = readFileSync(new URL(`../../src/policy/${file}.ts`, import.meta.url), "utf8")
  const start = source.indexOf(`export interface ${interface_}`)
  const body = source.slice(source.indexOf("{", start), source.indexOf("\n}\n", start))
  return Array.from(
    body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)\??:/g),
    ([, doc, name]) => [`${name}`, `${doc}`.replace(/\s*\n\s*\* ?/g, " ")] as const
  )
}

const sources: ReadonlyArray<readonly [stage: string, file: string, interface_: string]> = [
  ["retry", "Retry", "Options"],
  ["retry.budget", "RetryBudget", "Options"],
  ["hedge", "Hedge", "Options"],
  ["hedge.budget", "RetryBudget", "Options"],
  ["circuitBreaker", "CircuitBreaker", "Options"],
  ["rateLimit", "RateLimit", "Options"],
  ["bulkhead", "Bulkhead", "Options"],
  ["bulkhead.adaptive", "Bulkhead", "AdaptiveOptions"],
  ["deadLettering", "DeadLettering", "Options"],
  ["telemetry", "Telemetry", "Options"],
  ["faults", "Faults", "Options"],
  ["", "Resilience", "Options"]
]

/** Functions, names and whatever else a program decides with its code. */
const ofTheProgram = new Set([
  "retry.when",
  "retry.schedule",
  "retry.budget.key",
  "hedge.when",
  "hedge.budget.key",
  "circuitBreaker.classify",
  "circuitBreaker.key",
  "rateLimit.key",
  "bulkhead.key",
  "bulkhead.adaptive.isLoss",
  "deadLettering.capture",
  "deadLettering.headers",
  "deadLettering.redact",
  "deadLettering.secretQuery",
  "faults.enabled",
  "faults.when",
  "idempotencyKey"
])

describe("the table and the options", () => {
  it("know the same", () => {
    const of = (option: string) =>
      variables.filter((one) => one.option === option || one.option.startsWith(`${option}.`))
    for (const [stage, file, interface_] of sources) {
      const options = declared(file, interface_)
      assertTrue(options.length >= 2, `${file}.${interface_}`)
      for (const [name] of options) {
        const option = stage === "" ? name : `${stage}.${name}`
        strictEqual(of(option).length > 0, !ofTheProgram.has(option), `a variable for ${option}`)
      }
    }
  })

  it("have the same defaults", () => {
    let checked = 0
    for (const [stage, file, interface_] of sources) {
      for (const [name, doc] of declared(file, interface_)) {
        const variable = variables.find(({ option }) => option === (stage === "" ? name : `${stage}.${name}`))
        if (variable?.default === undefined) continue
        const [, said = ""] = /default(?::| is)? ([\s\S]*)/i.exec(doc.replaceAll("`", "")) ?? []
        const words = { off: "false", on: "true" }[variable.default] ?? variable.default
        assertTrue(
          ` ${said} `.replace(/[.,:;]?\s/g, " ").includes(` ${words} `),
          `${variable.option}: ${words} is not in "${said}"`
        )
        checked++
      }
    }
    assertTrue(checked >= 35, `${checked}`)
  })
})

describe("Resilience.config", () => {
  const retry = { "HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS": "5", "HOLDFAST_SHOP_RETRY_INITIAL_DELAY": "2 seconds" }
  const expected = { retry: { initialDelay: Duration.seconds(2), maxAttempts: 5 } }

  const read = (provider: ConfigProvider.ConfigProvider, id = "shop") =>
    Effect.withConfigProvider(Effect.suspend(() => Resilience.config(id)), provider)

  it.effect("is what is set, and nothing else", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* configOf({}), {})
      deepStrictEqual(
        yield* configOf({
          ATTEMPT_TIMEOUT: "off",
          BULKHEAD: "off",
          CIRCUIT_BREAKER_FAILURE_THRESHOLD: "10",
          RETRY: "on",
          RETRY_BUDGET: "off",
          TOTAL_TIMEOUT: " 20 seconds "
        }),
        {
          attemptTimeout: false,
          bulkhead: false,
          circuitBreaker: { failureThreshold: 10, strategy: { _tag: "Consecutive" } },
          retry: { budget: false },
          totalTimeout: Duration.seconds(20)
        }
      )
      deepStrictEqual(
        (yield* configOf({ AVAILABILITY: "off" })).availability,
        Availability.Off({
          reason: "HOLDFAST_SHOP_AVAILABILITY says so"
        })
      )
      deepStrictEqual(yield* configOf({ AVAILABILITY_REASON: "a reason for nothing" }), {})
    }))

  it.effect("a stage that is off is off, whatever else is said of it", () =>
    Effect.gen(function*() {
      deepStrictEqual(
        yield* configOf({ HEDGE: "no", HEDGE_DELAY: "1 second", RETRY: "off", RETRY_BUDGET_RATIO: "1" }),
        { hedge: false, retry: false }
      )
      deepStrictEqual(
        yield* configOf({ RETRY_BUDGET: "FALSE", RETRY_BUDGET_RATIO: "1", RETRY_JITTER: "0.1" }),
        { retry: { budget: false, jitter: 0.1 } }
      )
    }))

  it.effect("a strategy of the breaker by its options, or by its name", () =>
    Effect.gen(function*() {
      const strategy = (texts: Record<string, string>) =>
        Effect.map(configOf(texts), (options) => valueAt(options, "circuitBreaker.strategy"))
      deepStrictEqual(
        yield* strategy({
          CIRCUIT_BREAKER_FAILURE_RATE_SLOW_CALL_DURATION: "4 seconds",
          CIRCUIT_BREAKER_FAILURE_RATE_WINDOW: "30 seconds"
        }),
        CircuitBreaker.failureRate({ slowCallDuration: Duration.seconds(4), window: Duration.seconds(30) })
      )
      deepStrictEqual(
        yield* strategy({ CIRCUIT_BREAKER_FAILURE_RATE_WINDOW: "50", CIRCUIT_BREAKER_STRATEGY: "FAILURERATE" }),
        CircuitBreaker.failureRate({ window: 50 })
      )
      const both = { CIRCUIT_BREAKER_FAILURE_RATE_WINDOW: "50", CIRCUIT_BREAKER_FAILURE_THRESHOLD: "7" }
      deepStrictEqual(yield* strategy({ ...both, CIRCUIT_BREAKER_STRATEGY: "consecutive" }), { _tag: "Consecutive" })
      deepStrictEqual(
        yield* strategy({ ...both, CIRCUIT_BREAKER_STRATEGY: "failureRate" }),
        CircuitBreaker.failureRate({ window: 50 })
      )
      strictEqual(yield* strategy({ CIRCUIT_BREAKER_MODE: "shadow" }), undefined)
    }))

  it.effect("from a map, from the environment, from nested documents, under a prefix of the program's own", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* read(providerOf(retry)), expected)
      deepStrictEqual(
        yield* read(ConfigProvider.fromMap(new Map(Object.entries(retry)), { pathDelim: "_" })),
        expected
      )
      deepStrictEqual(
        yield* read(
          ConfigProvider.fromJson({ HOLDFAST: { SHOP: { RETRY: { INITIAL_DELAY: "2 seconds", MAX_ATTEMPTS: 5 } } } })
        ),
        expected
      )
      const document = { holdfast: { shop: { retry: { initial_delay: "2 seconds", max_attempts: 5 } } } }
      deepStrictEqual(yield* read(ConfigProvider.snakeCase(ConfigProvider.fromJson(document))), expected)
      const camel = ConfigProvider.mapInputPath(
        ConfigProvider.fromJson({
          holdfast: { shop: { retry: { budget: false, initialDelay: "2 seconds", maxAttempts: 5 } } }
        }),
        (section) => section.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
      )
      deepStrictEqual(yield* read(camel), { retry: { ...expected.retry, budget: false } })
      deepStrictEqual(
        yield* read(ConfigProvider.nested(
          ConfigProvider.fromMap(new Map(Object.entries(retry).map(([name, text]) => [`APP_${name}`, text])), {
            pathDelim: "_"
          }),
          "APP"
        )),
        expected
      )
      const before = { ...process.env }
      Object.assign(process.env, retry)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const name of Object.keys(retry)) if (!(name in before)) delete process.env[name]
        })
      )
      deepStrictEqual(yield* read(ConfigProvider.fromEnv()), expected)
    }).pipe(Effect.scoped))

  it.effect("an id with a dash; the twin of a variable for all integrations", () =>
    Effect.gen(function*() {
      const provider = providerOf({
        HOLDFAST_DEFAULT_RETRY_MAX_ATTEMPTS: "7",
        HOLDFAST_DEFAULT_TOTAL_TIMEOUT: "20 seconds",
        HOLDFAST_MAIN_JOB_RETRY_MAX_ATTEMPTS: "5"
      })
      deepStrictEqual(yield* read(provider, "main-job"), {
        retry: { maxAttempts: 5 },
        totalTimeout: Duration.seconds(20)
      })
      deepStrictEqual(yield* read(provider, "main"), { retry: { maxAttempts: 7 }, totalTimeout: Duration.seconds(20) })
    }))

  it("variables says the same to people", () => {
    const [maxAttempts] = Resilience.variables("main-job").filter(({ option }) => option === "retry.maxAttempts")
    deepStrictEqual(maxAttempts, {
      allowed: "a whole number from 1 up",
      default: "3",
      example: "5",
      means: "requests in all, the first included",
      name: "HOLDFAST_MAIN_JOB_RETRY_MAX_ATTEMPTS",
      option: "retry.maxAttempts"
    })
  })
})
