/**
 * The standard stack, in the order in which a call meets it:
 *
 * Telemetry · DeadLettering · Fallback · Availability · IdempotencyKey · Timeout (total) · Retry · Hedge ·
 * CircuitBreaker · RateLimit · Bulkhead · Timeout (attempt) · Faults
 *
 * Fallback, Availability, Hedge and Faults are there only where they are configured. Auth and transport are beneath it: `IntegrationClient.layer(definition)`.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import * as IntegrationClient from "../core/IntegrationClient.js"
import { DeadLetterQueue } from "../delivery/DeadLetterQueue.js"
import * as Availability from "./Availability.js"
import * as Bulkhead from "./Bulkhead.js"
import * as CircuitBreaker from "./CircuitBreaker.js"
import * as DeadLettering from "./DeadLettering.js"
import * as Fallback from "./Fallback.js"
import * as Faults from "./Faults.js"
import * as Hedge from "./Hedge.js"
import * as IdempotencyKey from "./IdempotencyKey.js"
import * as Live from "./internal/live.js"
import * as Presets from "./internal/presets.js"
import * as Reading from "./internal/variables/reading.js"
import * as Rendering from "./internal/variables/rendering.js"
import { unknownVariables } from "./internal/variables/unknown.js"
import * as Variables from "./internal/variables/variables.js"
import * as RateLimit from "./RateLimit.js"
import * as Retry from "./Retry.js"
import * as Telemetry from "./Telemetry.js"
import * as Timeout from "./Timeout.js"

/**
 * Options of each stage; `false` leaves the stage out. What is not given has the stage's own defaults.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly telemetry?: Telemetry.Options | false | undefined
  readonly deadLettering?: DeadLettering.Options | false | undefined
  /** Off unless given. Beneath DeadLettering: a call that it helped is no dead letter. */
  readonly fallback?: Fallback.Options | false | undefined
  readonly availability?: Availability.Status | Effect.Effect<Availability.Status> | undefined
  readonly idempotencyKey?: IdempotencyKey.Options | undefined
  /** How long the caller waits for the whole call. Default 1 minute. */
  readonly totalTimeout?: Duration.DurationInput | false | undefined
  readonly retry?: Retry.Options | false | undefined
  /** Off unless given. Beneath Retry, so that each of its requests has an admission, a token, a slot and a time of its own. */
  readonly hedge?: Hedge.Options | false | undefined
  readonly circuitBreaker?: CircuitBreaker.Options | false | undefined
  readonly rateLimit?: RateLimit.Options | false | undefined
  readonly bulkhead?: Bulkhead.Options | false | undefined
  /** How long one request may take. Default 10 seconds. */
  readonly attemptTimeout?: Duration.DurationInput | false | undefined
  /** Off unless given: what goes wrong on purpose, for staging. Beneath all else. */
  readonly faults?: ReadonlyArray<Faults.Options> | false | undefined
}

/**
 * What a stack with these options needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Requirements<O extends Options> =
  | (O["deadLettering"] extends false ? never : DeadLetterQueue)
  | (O["circuitBreaker"] extends false ? never : CircuitBreaker.CircuitBreakers)
  | (O["rateLimit"] extends false ? never : RateLimit.RateLimiters)

type Services = DeadLetterQueue | CircuitBreaker.CircuitBreakers | RateLimit.RateLimiters

type AnyPolicy = IntegrationClient.Policy<Services>

const optional = <A>(options: A | false | undefined, layer: (options: A) => AnyPolicy) =>
  options === undefined || options === false ? undefined : layer(options)

/** In the order in which a call meets them. */
const stages: {
  readonly [Stage in keyof Options]-?: (options: Options) => AnyPolicy | ReadonlyArray<AnyPolicy> | undefined
} = {
  telemetry: (o) => o.telemetry === false ? undefined : Telemetry.layer(o.telemetry),
  deadLettering: (o) => o.deadLettering === false ? undefined : DeadLettering.layer(o.deadLettering),
  fallback: (o) => optional(o.fallback, Fallback.layer),
  availability: (o) => o.availability === undefined ? undefined : Availability.layer(o.availability),
  idempotencyKey: (o) => IdempotencyKey.layer(o.idempotencyKey),
  totalTimeout: (o) => o.totalTimeout === false ? undefined : Timeout.layerTotal(o.totalTimeout ?? "1 minute"),
  retry: (o) => o.retry === false ? undefined : Retry.layer(o.retry),
  hedge: (o) => optional(o.hedge, Hedge.layer),
  circuitBreaker: (o) => o.circuitBreaker === false ? undefined : CircuitBreaker.layer(o.circuitBreaker),
  rateLimit: (o) => o.rateLimit === false ? undefined : RateLimit.layer(o.rateLimit),
  bulkhead: (o) => o.bulkhead === false ? undefined : Bulkhead.layer(o.bulkhead),
  attemptTimeout: (o) => o.attemptTimeout === false ? undefined : Timeout.layer(o.attemptTimeout ?? "10 seconds"),
  faults: (o) => o.faults === undefined || o.faults === false ? undefined : o.faults.map(Faults.layer)
}

/**
 * @example
 * ```ts
 * import { Resilience } from "holdfast"
 *
 * const stack = Resilience.layer({
 *   ...Resilience.presets.emailGateway,
 *   totalTimeout: "20 seconds"
 * })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = <const O extends Options>(options?: O): IntegrationClient.Policy<Requirements<O>> =>
  // what was left out is not required: the sum of the stages that are there is `Requirements<O>`
  // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
  Object.values(stages)
    .flatMap((stage) => stage(options ?? {}) ?? [])
    .reduceRight((inner, outer) => Layer.provide(outer, inner)) as IntegrationClient.Policy<Requirements<O>>

const services = {
  circuitBreaker: CircuitBreaker.CircuitBreakers,
  deadLettering: DeadLetterQueue,
  rateLimit: RateLimit.RateLimiters
}

/** What is wrong with a stage of which variables speak, once it is laid over what the program says. */
const mistakeIn = (stage: string, options: Options, context: Context.Context<never>): string | undefined => {
  const name = stage as keyof Options
  if (options[name] === false) return undefined
  if (stage in services && !context.unsafeMap.has(services[name as keyof typeof services].key)) {
    return `the program leaves ${stage} out, and does not provide what it needs`
  }
  try {
    stages[name](options)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return undefined
}

/** The options with what Config says laid over them; all that is wrong with it in one error. */
const configured = (id: string, base: Options): Effect.Effect<Options, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    const reading = yield* Reading.reading(id)
    const options = merge(base, fromReading(id, reading))
    const context = yield* Effect.context<never>()
    const error = Reading.together([
      ...reading.errors,
      ...Reading.mistakes(reading, { ...options }, (stage) => mistakeIn(stage, options, context)),
      ...(yield* unknownVariables(id))
    ])
    return error === undefined ? options : yield* Effect.fail(error)
  })

const fromReading = (id: string, { options }: Reading.Reading): Options => {
  const { availability, ...others } = options
  const status = Availability.fromVariables(id, availability)
  return { ...others, ...(status === undefined ? undefined : { availability: status }) }
}

/**
 * What is set for an integration, and nothing else: `HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS=5` gives
 * `{ retry: { maxAttempts: 5 } }`. Each variable that is not set has a twin that holds for all integrations,
 * `HOLDFAST_DEFAULT_RETRY_MAX_ATTEMPTS`. Fails with all that is wrong, each variable with its value and what is allowed.
 *
 * @example
 * ```ts
 * import { ConfigProvider, Effect } from "effect"
 * import { Resilience } from "holdfast"
 *
 * const options = Resilience.config("hubspot").pipe(
 *   Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["HOLDFAST_HUBSPOT_RETRY", "off"]])))
 * )
 * ```
 *
 * @since 0.1.0
 * @category config
 */
export const config = (id: string): Config.Config<Options> =>
  Config.mapOrFail(Reading.reading(id), (reading) => {
    const error = Reading.together(reading.errors)
    return error === undefined ? Either.right(fromReading(id, reading)) : Either.left(error)
  })

/**
 * A variable, for whoever writes a page or a command about them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Variable {
  /** `HOLDFAST_HUBSPOT_RETRY_MAX_ATTEMPTS` */
  readonly name: string
  /** Where in the options it goes: `retry.maxAttempts`. */
  readonly option: string
  readonly means: string
  /** Goes on from "it must be". */
  readonly allowed: string
  readonly example: string
  /** What holds where neither the provider's policy, nor the program, nor a variable says otherwise. */
  readonly default: string | undefined
}

/**
 * All variables of an integration.
 *
 * @since 0.1.0
 * @category config
 */
export const variables = (id: string): ReadonlyArray<Variable> =>
  Variables.variables.map((variable) => ({
    name: Reading.prefixOf(id) + Variables.nameOf(variable),
    option: variable.option,
    means: variable.means,
    allowed: variable.kind.allowed,
    example: variable.kind.example,
    default: variable.default
  }))

/**
 * What options say, as the variables of an integration that would say it, in their order. Functions, and what else no
 * variable can hold, are left out.
 *
 * @example
 * ```ts
 * import { Resilience } from "holdfast"
 *
 * const [timeout] = Resilience.settings("hubspot", { totalTimeout: "2 minutes" })
 * // timeout.variable.name is "HOLDFAST_HUBSPOT_TOTAL_TIMEOUT"
 * ```
 *
 * @since 0.1.0
 * @category config
 */
export const settings = (
  id: string,
  options: Options
): ReadonlyArray<{ readonly variable: Variable; readonly value: string }> => {
  const values = new Map(
    Array.from(Rendering.render({ ...options }), ([{ option }, value]) => [option, value])
  )
  return variables(id).flatMap((variable) => {
    const value = values.get(variable.option)
    return value === undefined ? [] : [{ value, variable }]
  })
}

/**
 * The standard stack with options from `Config`, read when the layer is built and laid over those that are given: what is
 * set in the environment has the last word. Also fails where two values do not go together, and where a variable begins
 * with `HOLDFAST_<ID>_` and is none of `variables`.
 *
 * @example
 * ```ts
 * import { Resilience } from "holdfast"
 *
 * // HOLDFAST_HUBSPOT_TOTAL_TIMEOUT="20 seconds" shortens it for one integration
 * const stack = Resilience.layerConfig(Resilience.presets.salesSystem)
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layerConfig = <const O extends Options>(
  options?: O
): IntegrationClient.Policy<Requirements<O>, ConfigError.ConfigError> => {
  // what is wrong with these is the program's mistake, and told where it is made
  layer(options)
  return Layer.unwrapEffect(
    Effect.flatMap(
      IntegrationClient.IntegrationClient,
      ({ integration }) =>
        Effect.map(configured(integration.id, options ?? {}), (options) =>
          // a stage that needs what the program does not have is refused by `configured`
          // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
          layer(options) as IntegrationClient.Policy<Requirements<O>>)
    )
  )
}

/** Who may come to store dead letters may have stored some, which are replayed through the stack as it is now. */
const replaying = (options: Options): Options =>
  options.deadLettering === false ? { ...options, deadLettering: { capture: () => false } } : options

/**
 * The standard stack with options that change while the program runs. A call that is under way goes on to its end through
 * the stages with which it began; the next call meets the new ones. What belongs to the integration is kept and told of
 * the change: the circuit, the limiter and who waits for it, slots and their queue, budgets, the replay of dead letters.
 *
 * Options that are wrong are refused as a whole. The ones before stay in force, one line at Error says why, and
 * `integration_policy_refused` is 1 until others are given. Wrong from the start, they are a defect, as in `layer`.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_policy_changes_total` | integration, outcome (`applied`, `refused`) |
 * | `integration_policy_refused` | integration |
 *
 * `base`: what the options are laid over, each time.
 *
 * @example
 * ```ts
 * import { Effect, Layer, SubscriptionRef } from "effect"
 * import { Resilience } from "holdfast"
 *
 * const stack = Layer.unwrapEffect(
 *   Effect.map(
 *     SubscriptionRef.make<Resilience.Options>({ bulkhead: { maxConcurrent: 10 } }),
 *     (options) => Resilience.layerRef(options, Resilience.presets.salesSystem)
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layerRef = (
  ref: SubscriptionRef.SubscriptionRef<Options>,
  base: Options = {}
): IntegrationClient.Policy<Requirements<{}>> =>
  Live.policy({
    describe: difference,
    policy: (options) => layer(replaying(options)),
    ref,
    resolve: (options) => Effect.succeed(merge(base, options))
  })

/**
 * The same with what `Config` says laid over both, and read again at each change: a reference that is set to what it
 * already holds (`SubscriptionRef.update(ref, (options) => ({ ...options }))`) makes the stack look at its variables again.
 *
 * @since 0.1.0
 * @category policies
 */
export const layerConfigRef = (
  ref: SubscriptionRef.SubscriptionRef<Options>,
  base: Options = {}
): IntegrationClient.Policy<Requirements<{}>, ConfigError.ConfigError> =>
  Live.policy({
    describe: difference,
    policy: (options) => layer(replaying(options)),
    ref,
    resolve: (options, integration) => configured(integration.id, merge(base, options))
  })

const difference = (before: Options, after: Options): string => Rendering.difference({ ...before }, { ...after })

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** What is said in several numbers of its own, of which some may be given. */
const parts: ReadonlySet<string> = new Set(["adaptive", "budget", "strategy"])

const mergeStage = (
  before: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>
): Record<string, unknown> => {
  const merged = { ...before }
  for (const [option, change] of Object.entries(changes)) {
    if (change === undefined) continue
    const old = before[option]
    merged[option] = parts.has(option) && isPlain(old) && isPlain(change) && goTogether(old, change)
      ? mergeStage(old, change)
      : change
  }
  return merged
}

/** Two strategies do where both are of the kind that has options. */
const goTogether = (before: Readonly<Record<string, unknown>>, change: Readonly<Record<string, unknown>>): boolean =>
  before._tag === change._tag && change._tag !== "Consecutive"

/**
 * Lays options over others, option by option: `{ retry: { maxAttempts: 5 } }` changes that one number, and what is
 * absent or `undefined` stays as it was. `false` leaves a stage out. So are a budget, a strategy and adaptive bounds; a
 * list is replaced.
 *
 * @example
 * ```ts
 * import { Resilience } from "holdfast"
 *
 * const patient = Resilience.merge(Resilience.presets.salesSystem, { retry: { maxAttempts: 5 } })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = (base: Options, changes: Options): Options => {
  const merged: Record<string, unknown> = { ...base }
  for (const [stage, change] of Object.entries(changes)) {
    if (change === undefined) continue
    const before = merged[stage]
    merged[stage] = isPlain(before) && isPlain(change) && !("_tag" in before) && !("_tag" in change)
      ? mergeStage(before, change)
      : change
  }
  return merged
}

/**
 * Named profiles for common kinds of system: spread one and change what differs.
 *
 * | profile | attempts, first pause, longest, factor, jitter | breaker: failures, successes, attempt timeout, reset | rate: burst, per second |
 * |---|---|---|---|
 * | `salesSystem` | 3, 1 s, 30 s, 2, 0.1 | 5, 2, 30 s, 60 s | 100, 10 |
 * | `erpSystem` | 5, 2 s, 60 s, 2, 0.2 | 3, 2, 45 s, 120 s | 50, 5 |
 * | `eSignature` | 3, 1 s, 30 s, 2, 0.1 | 5, 3, 60 s, 300 s | 20, 2 |
 * | `communicationGateway` | 5, 500 ms, 10 s, 2, 0.15 | 10, 3, 15 s, 30 s | none |
 * | `smsGateway` | as `communicationGateway` | as `communicationGateway` | 50, 10 |
 * | `emailGateway` | as `communicationGateway` | as `communicationGateway` | 100, 20 |
 *
 * The total timeout of each leaves room for all its attempts and pauses.
 *
 * @since 0.1.0
 * @category presets
 */
export const presets = {
  communicationGateway: Presets.communicationGateway,
  eSignature: Presets.eSignature,
  emailGateway: Presets.emailGateway,
  erpSystem: Presets.erpSystem,
  salesSystem: Presets.salesSystem,
  smsGateway: Presets.smsGateway
} satisfies Readonly<Record<string, Options>>
