// the environment itself is under test
// @effect-diagnostics processEnvInEffect:off
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual, throws } from "@effect/vitest/utils"
import { ConfigError, ConfigProvider, Effect, Either, Layer } from "effect"
import { Availability, CircuitBreaker, Holdfast, type IntegrationClient, RateLimit, Resilience } from "holdfast"
import * as Kit from "../kit.js"
import { tagOf } from "./elapsed.js"
import { providerOf } from "./variables.js"

const item = { path: { id: "1" } }

const shopOf = <R, E>(
  policy: IntegrationClient.Policy<R, E>,
  texts: Readonly<Record<string, string>> | ConfigProvider.ConfigProvider,
  provider = new Kit.Provider(Kit.ok)
) =>
  Effect.withConfigProvider(
    Kit.shop(provider, policy),
    ConfigProvider.ConfigProviderTypeId in texts ? texts as ConfigProvider.ConfigProvider : providerOf(texts)
  )

/** Each mistake as the variable and what is said of it. */
const mistakes = (error: ConfigError.ConfigError): ReadonlyArray<readonly [name: string, message: string]> =>
  ConfigError.isAnd(error)
    ? [...mistakes(error.left), ...mistakes(error.right)]
    : ConfigError.isInvalidData(error)
    ? [[error.path.join("."), error.message]]
    : [["?", String(error)]]

const mistakesOf = (
  texts: Readonly<Record<string, string>> | ConfigProvider.ConfigProvider,
  policy: IntegrationClient.Policy<Holdfast.Services, ConfigError.ConfigError> = Resilience.layerConfig()
) =>
  shopOf(policy, texts).pipe(
    Effect.provide(Holdfast.layerMemory),
    Effect.either,
    Effect.map(Either.match({ onLeft: mistakes, onRight: () => [] }))
  )

describe("Resilience.layerConfig: what is wrong", () => {
  it.scoped("names the variable, its value, what is allowed, and an example; all of them at once", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<readonly [name: string, text: string, message: string]> = [
        [
          "HOLDFAST_SHOP_TOTAL_TIMEOUT",
          "30",
          "it is `30`, and must be a time above 0: a number and its unit (millis, seconds, minutes, hours, days); or off, as in `20 seconds`"
        ],
        ["HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS", "0", "it is `0`, and must be a whole number from 1 up, as in `5`"],
        ["HOLDFAST_SHOP_RETRY_MULTIPLIER", "0.5", "it is `0.5`, and must be a number from 1 up, as in `1.5`"],
        [
          "HOLDFAST_SHOP_RETRY_JITTER",
          "some",
          "it is `some`, and must be decorrelated, equal, full or none; or a share from 0 to 1, as in `equal`"
        ],
        [
          "HOLDFAST_SHOP_CIRCUIT_BREAKER_MODE",
          "",
          "it is ``, and must be disabled, enforcing or shadow, as in `shadow`"
        ],
        ["HOLDFAST_SHOP_RATE_LIMIT_REFILL_RATE", "0", "it is `0`, and must be a number above 0, as in `10`"],
        ["HOLDFAST_SHOP_TELEMETRY_LOGS", "maybe", "it is `maybe`, and must be off or on, as in `off`"],
        ["HOLDFAST_SHOP_FAULTS_RATE", "10%", "it is `10%`, and must be a share from 0 to 1, as in `0.1`"]
      ]
      deepStrictEqual(
        yield* mistakesOf(Object.fromEntries(wrong.map(([name, text]) => [name, text]))),
        wrong.map(([name, , message]) => [name, message])
      )
    }))

  const numbers: ReadonlyArray<readonly [name: string, texts: ReadonlyArray<string>]> = [
    ["RETRY_MAX_ATTEMPTS", ["-1", "1.5", "1e3", "0x10", "Infinity", "NaN", "five", "9007199254740993"]],
    ["RETRY_JITTER", ["1.01", "-0.1", ".5"]],
    ["RETRY_MAX_DELAY", ["-5 seconds", "5", "5s", "Infinity", "5 fortnights", "1e3 seconds"]],
    ["ATTEMPT_TIMEOUT", ["0 seconds", "on", "none"]],
    ["BULKHEAD_ADAPTIVE_BACKOFF_RATIO", ["0", "1"]],
    ["CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD", ["0", "1.1"]],
    ["CIRCUIT_BREAKER_FAILURE_RATE_WINDOW", ["0", "0 seconds", "2.5"]],
    ["FAULTS_LATENCY", ["5 seconds .. 1 second", "1 second ..", ".. 1 second", "1 second .. 2 seconds .. 3 seconds"]],
    ["FAULTS_FAILURE", ["Error"]],
    ["FAULTS_OUTCOME_STATUS", ["99", "600"]],
    ["FALLBACK", ["on"]],
    ["AVAILABILITY_REASON", [" "]]
  ]
  for (const [name, texts] of numbers) {
    it.scoped(`${name} is none of ${texts.join(", ")}`, () =>
      Effect.gen(function*() {
        for (const text of texts) {
          const found = yield* mistakesOf({ [`HOLDFAST_SHOP_${name}`]: text })
          deepStrictEqual(found.map(([name]) => name), [`HOLDFAST_SHOP_${name}`])
        }
      }))
  }

  it.scoped("two values that do not go together: which variables they are", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* mistakesOf({ HOLDFAST_SHOP_RATE_LIMIT_CAPACITY: "5" }), [[
        "HOLDFAST_SHOP_RATE_LIMIT_CAPACITY",
        "RateLimit.layer: capacity and refillRate go together: give both, or neither for cool-downs alone. " +
        "Set: HOLDFAST_SHOP_RATE_LIMIT_CAPACITY=5; capacity is HOLDFAST_SHOP_RATE_LIMIT_CAPACITY, " +
        "refillRate is HOLDFAST_SHOP_RATE_LIMIT_REFILL_RATE"
      ]])
      deepStrictEqual(yield* mistakesOf({ HOLDFAST_SHOP_HEDGE_MAX_HEDGES: "2" }), [[
        "HOLDFAST_SHOP_HEDGE_MAX_HEDGES",
        "HOLDFAST_SHOP_HEDGE_DELAY is missing: how long a request is waited for before the next one is sent, " +
        "as in `300 millis`. Set: HOLDFAST_SHOP_HEDGE_MAX_HEDGES=2"
      ]])
      const names = (found: ReadonlyArray<readonly [string, string]>) => found.map(([name]) => name.slice(14))
      deepStrictEqual(
        names(
          yield* mistakesOf({
            HOLDFAST_SHOP_BULKHEAD_ADAPTIVE_MIN: "60",
            HOLDFAST_SHOP_CIRCUIT_BREAKER_FAILURE_RATE_MINIMUM_THROUGHPUT: "60",
            HOLDFAST_SHOP_CIRCUIT_BREAKER_FAILURE_RATE_WINDOW: "50",
            HOLDFAST_SHOP_FAULTS_FAILURE: "ServerError",
            HOLDFAST_SHOP_FAULTS_OUTCOME_STATUS: "503",
            HOLDFAST_SHOP_FAULTS_RATE: "1",
            HOLDFAST_SHOP_RATE_LIMIT_LIMIT: "100",
            // by itself wrong: nothing is said of what it would go together with
            HOLDFAST_SHOP_HEDGE_MAX_HEDGES: "0"
          })
        ),
        [
          "HEDGE_MAX_HEDGES",
          "CIRCUIT_BREAKER_FAILURE_RATE_WINDOW",
          "RATE_LIMIT_LIMIT",
          "BULKHEAD_ADAPTIVE_MIN",
          "FAULTS_RATE"
        ]
      )
      deepStrictEqual(
        names(
          yield* mistakesOf({
            HOLDFAST_SHOP_CIRCUIT_BREAKER_FAILURE_RATE_WINDOW: "50",
            HOLDFAST_SHOP_CIRCUIT_BREAKER_FAILURE_THRESHOLD: "5"
          })
        ),
        ["CIRCUIT_BREAKER_FAILURE_THRESHOLD"]
      )
      // what the program says goes together with what is set
      deepStrictEqual(
        yield* mistakesOf(
          { HOLDFAST_SHOP_HEDGE_MAX_HEDGES: "2", HOLDFAST_SHOP_RATE_LIMIT_CAPACITY: "5" },
          Resilience.layerConfig({ hedge: { delay: 300 }, rateLimit: { capacity: 1, refillRate: 1 } })
        ),
        []
      )
    }))

  it.scoped("a slip of the pen, wherever it can be seen; another integration's variable is none", () =>
    Effect.gen(function*() {
      deepStrictEqual(
        yield* mistakesOf({
          HOLDFAST_DEFAULT_RETRY_MAX_ATTEMPTS: "4",
          HOLDFAST_DEFAULT_RETRYMAX_ATTEMPTS: "4",
          HOLDFAST_SHOPS_RETRY_MAX_ATTEMPS: "4",
          HOLDFAST_SHOP_EU_RETRY_MAX_ATTEMPTS: "4",
          HOLDFAST_SHOP_QQQQ: "4",
          HOLDFAST_SHOP_RETRY_MAX_ATTEMPS: "4",
          HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "0",
          SHOP_BASE_URL: "https://shop.example"
        }),
        [
          ["HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS", "it is `0`, and must be a whole number from 1 up, as in `5`"],
          ["HOLDFAST_SHOP_QQQQ", "there is no such variable"],
          [
            "HOLDFAST_SHOP_RETRY_MAX_ATTEMPS",
            "there is no such variable; did you mean HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS?"
          ],
          [
            "HOLDFAST_DEFAULT_RETRYMAX_ATTEMPTS",
            "there is no such variable; did you mean HOLDFAST_DEFAULT_RETRY_MAX_ATTEMPTS?"
          ]
        ]
      )
      const meant = "there is no such variable; did you mean HOLDFAST_SHOP_BULKHEAD_MAX_CONCURRENT?"
      const slip = { HOLDFAST_SHOP_BULKHEAD_MAXCONCURRENT: "4", HOLDFAST_SHOP_BULKHEAD_MAX_QUEUE: "4" }
      const sources: Readonly<Record<string, ConfigProvider.ConfigProvider>> = {
        "a document": ConfigProvider.fromJson({ HOLDFAST: { SHOP: { BULKHEAD: { MAXCONCURRENT: 4, MAX_QUEUE: 4 } } } }),
        "a document in lower case": ConfigProvider.snakeCase(
          ConfigProvider.fromJson({ holdfast: { shop: { bulkhead: { max_queue: 4, maxconcurrent: 4 } } } })
        ),
        "a map that is divided": ConfigProvider.fromMap(new Map(Object.entries(slip)), { pathDelim: "_" }),
        "a prefix of the program's own": ConfigProvider.nested(
          ConfigProvider.fromMap(new Map(Object.entries(slip).map(([name, text]) => [`APP_${name}`, text])), {
            pathDelim: "_"
          }),
          "APP"
        ),
        "the first of two": ConfigProvider.orElse(providerOf(slip), () => providerOf({})),
        "the second of two": ConfigProvider.orElse(providerOf({}), () => providerOf(slip))
      }
      for (const [name, source] of Object.entries(sources)) {
        deepStrictEqual(
          [name, ...yield* mistakesOf(source)],
          [name, ["HOLDFAST_SHOP_BULKHEAD_MAXCONCURRENT", meant]]
        )
      }
    }))

  it.scoped("a slip in the environment of the process", () =>
    Effect.gen(function*() {
      process.env.HOLDFAST_SHOP_RETRI = "off"
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          delete process.env.HOLDFAST_SHOP_RETRI
        })
      )
      deepStrictEqual(yield* mistakesOf(ConfigProvider.fromEnv()), [
        ["HOLDFAST_SHOP_RETRI", "there is no such variable; did you mean HOLDFAST_SHOP_RETRY?"]
      ])
    }))

  it.scoped("a source that cannot say what it holds is read all the same", () =>
    Effect.gen(function*() {
      const source = providerOf({ HOLDFAST_SHOP_RETRY: "off", HOLDFAST_SHOP_RETRI: "off" })
      const silent = ConfigProvider.fromFlat({
        ...source.flattened,
        enumerateChildren: () => Effect.fail(ConfigError.Unsupported([], "no list"))
      })
      const provider = new Kit.Provider(Kit.status(503))
      const shop = yield* Effect.provide(shopOf(Resilience.layerConfig(), silent, provider), Holdfast.layerMemory)
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "ServerError")
      strictEqual(provider.count, 1)
    }))

  it("options of the program that are wrong are told where they are given", () => {
    throws(() => Resilience.layerConfig({ retry: { maxAttempts: 0 } }), (error) => {
      assertTrue(error instanceof Error && error.message.startsWith("Retry.layer: maxAttempts is 0"))
    })
  })

  it.scoped("a stage that the program leaves out is put in, where what it needs is there", () =>
    Effect.gen(function*() {
      const bare = { circuitBreaker: false, deadLettering: false, rateLimit: false, retry: false } as const
      const texts = { HOLDFAST_SHOP_RATE_LIMIT_CAPACITY: "1", HOLDFAST_SHOP_RATE_LIMIT_REFILL_RATE: "1" }
      const refused = yield* Effect.either(shopOf(Resilience.layerConfig(bare), texts))
      deepStrictEqual(Either.isLeft(refused) ? mistakes(refused.left) : [], [[
        "HOLDFAST_SHOP_RATE_LIMIT_CAPACITY",
        "the program leaves rateLimit out, and does not provide what it needs. " +
        "Set: HOLDFAST_SHOP_RATE_LIMIT_CAPACITY=1, HOLDFAST_SHOP_RATE_LIMIT_REFILL_RATE=1"
      ]])
      yield* shopOf(Resilience.layerConfig(bare), { ...texts, HOLDFAST_SHOP_RATE_LIMIT: "off" })
      const provider = new Kit.Provider(Kit.status(503))
      const shop = yield* shopOf(
        Resilience.layerConfig({ ...bare, totalTimeout: 100 }),
        { ...texts, HOLDFAST_SHOP_RATE_LIMIT_MAX_QUEUE: "0" },
        provider
      ).pipe(Effect.provide(RateLimit.layerMemory))
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "ServerError")
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "RateLimitError")
      strictEqual(provider.count, 1)
    }))
})

describe("Resilience.layerConfig: who has the last word", () => {
  it.scoped("what is set, then the program, option by option", () =>
    Effect.gen(function*() {
      const attempts = (
        options: Resilience.Options,
        texts: Readonly<Record<string, string>>
      ): Effect.Effect<number, ConfigError.ConfigError> =>
        Effect.gen(function*() {
          const provider = new Kit.Provider(Kit.status(503))
          const policy = Resilience.layerConfig(
            Resilience.merge({ retry: { initialDelay: 0, jitter: "none", multiplier: 1 } }, options)
          )
          const shop = yield* shopOf(policy, texts, provider)
          yield* Effect.either(shop.items.get(item))
          return provider.count
        }).pipe(Effect.scoped, Effect.provide(Holdfast.layerMemory))

      strictEqual(yield* attempts({}, {}), 3)
      strictEqual(yield* attempts({ retry: { maxAttempts: 2 } }, {}), 2)
      strictEqual(yield* attempts({ retry: { maxAttempts: 2 } }, { HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "4" }), 4)
      strictEqual(yield* attempts({ retry: { maxAttempts: 2 } }, { HOLDFAST_DEFAULT_RETRY_MAX_ATTEMPTS: "5" }), 5)
      strictEqual(yield* attempts({ retry: { maxAttempts: 2 } }, { HOLDFAST_SHOP_RETRY: "off" }), 1)
      strictEqual(
        yield* attempts({}, { HOLDFAST_DEFAULT_RETRY: "off", HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "4" }),
        1
      )
      strictEqual(
        yield* attempts({}, {
          HOLDFAST_DEFAULT_RETRY: "off",
          HOLDFAST_SHOP_RETRY: "on",
          HOLDFAST_SHOP_RETRY_MAX_ATTEMPTS: "4"
        }),
        4
      )
    }))

  it.scoped("a switch of the program's own is overruled", () =>
    Effect.gen(function*() {
      const shop = yield* shopOf(
        Resilience.layerConfig({ availability: Availability.Available() }),
        { HOLDFAST_SHOP_AVAILABILITY: "maintenance", HOLDFAST_SHOP_AVAILABILITY_RETRY_AFTER: "10 minutes" }
      ).pipe(Effect.provide(Holdfast.layerMemory))
      strictEqual(tagOf(yield* Effect.either(shop.items.get(item))), "UnavailableError")
    }))

  it("parts of a stage are laid over each other as well", () => {
    const base = {
      bulkhead: { adaptive: { max: 50, min: 2 }, maxConcurrent: 10 },
      circuitBreaker: { strategy: CircuitBreaker.failureRate({ threshold: 0.5, window: "30 seconds" }) },
      retry: { budget: { ratio: 0.5 }, maxAttempts: 2 }
    } satisfies Resilience.Options
    deepStrictEqual(
      Resilience.merge(base, {
        bulkhead: { adaptive: { min: 5 } },
        circuitBreaker: { strategy: CircuitBreaker.failureRate({ threshold: 0.3 }) },
        retry: { budget: { minPerSecond: 1 } }
      }),
      {
        bulkhead: { adaptive: { max: 50, min: 5 }, maxConcurrent: 10 },
        circuitBreaker: { strategy: CircuitBreaker.failureRate({ threshold: 0.3, window: "30 seconds" }) },
        retry: { budget: { minPerSecond: 1, ratio: 0.5 }, maxAttempts: 2 }
      }
    )
    deepStrictEqual(
      Resilience.merge(base, {
        bulkhead: { adaptive: false },
        circuitBreaker: { strategy: CircuitBreaker.consecutive(3) },
        retry: { budget: false }
      }),
      {
        bulkhead: { adaptive: false, maxConcurrent: 10 },
        circuitBreaker: { strategy: CircuitBreaker.consecutive(3) },
        retry: { budget: false, maxAttempts: 2 }
      }
    )
    strictEqual(Layer.isLayer(Resilience.layer(base)), true)
  })
})
