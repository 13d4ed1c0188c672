/**
 * What a caller gets when an integration is not available: another value, another integration, what was known last.
 *
 * It stands in for failures that mean "not available" (`isUnavailable`), and never for a refusal of the input or of the
 * credential, unless it is told so: a wrong request is not made right by an answer from elsewhere.
 *
 * There are two places for it.
 * - **Around one call**, where the type says it: `orElse`, `orElseSucceed` and `lastKnownGood` turn an effect that gives
 *   `A` into one that gives `Result<A>`, which is `Fresh` or `Degraded`; nobody takes the one for the other.
 * - **In a stack**, as a policy (`layer`, `layerTo`): for all calls at once, with an answer that looks like the provider's
 *   own. The caller cannot tell; telemetry does.
 *
 * | metric | labels |
 * |---|---|
 * | `integration_fallbacks_total` | integration, error_type (the tag of the failure that it stood in for), source |
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Answer from "../core/Answer.js"
import type { Call } from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import type * as Transport from "../core/Transport.js"
import { monotonicMillis } from "../internal/time.js"
import { LastKnown } from "./internal/lastKnownCore.js"

/**
 * A value, and whether it is what was asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Result<A> = Data.TaggedEnum<{
  /** From the integration itself. */
  Fresh: { readonly value: A }
  /** From elsewhere, because of `error`. */
  Degraded: {
    readonly value: A
    readonly error: IntegrationError.IntegrationError
    readonly source: "value" | "alternative" | "cache"
    /** From the cache: the time since the request that brought it. */
    readonly age: Duration.Duration | undefined
  }
}>

interface ResultDefinition extends Data.TaggedEnum.WithGenerics<1> {
  readonly taggedEnum: Result<this["A"]>
}

/**
 * @since 0.1.0
 * @category models
 */
export type Fresh<A> = Data.TaggedEnum.Value<Result<A>, "Fresh">

/**
 * @since 0.1.0
 * @category models
 */
export type Degraded<A> = Data.TaggedEnum.Value<Result<A>, "Degraded">

const { $is, $match, Degraded, Fresh } = Data.taggedEnum<ResultDefinition>()

/**
 * @since 0.1.0
 * @category refinements
 */
export const isDegraded: <A>(result: Result<A>) => result is Degraded<A> = $is("Degraded")

export {
  /**
   * @since 0.1.0
   * @category pattern matching
   */
  $match as match
}

/**
 * Whether an error means that the integration is not available just now: no answer, no answer in time, a 5xx, a rate
 * limit, an open breaker, a full bulkhead, a switch that is off. Wrong input, wrong credentials, and answers such as
 * 404 and 409 do not.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isUnavailable = (error: IntegrationError.IntegrationError): boolean => {
  switch (error._tag) {
    case "NetworkError":
    case "TimeoutError":
    case "ServerError":
    case "RateLimitError":
    case "CircuitBreakerOpenError":
    case "BulkheadFullError":
    case "UnavailableError":
      return true
    default:
      return false
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface When {
  /** Which errors are stood in for. Default `isUnavailable`. */
  readonly when?: ((error: IntegrationError.IntegrationError) => boolean) | undefined
}

const fallbacks = Metric.counter("integration_fallbacks_total", {
  description: "Failures that a fallback stood in for",
  incremental: true
})

const count = (error: IntegrationError.IntegrationError, source: string): Effect.Effect<void> => {
  const ofIntegration = Metric.tagged(fallbacks, "integration", error.integration)
  return Metric.increment(Metric.tagged(Metric.tagged(ofIntegration, "error_type", error._tag), "source", source))
}

type Alternative<B, E2, R2> = (error: IntegrationError.IntegrationError) => Effect.Effect<B, E2, R2>

/**
 * Another effect when the integration is not available: a call to another integration, a read of a database. When that
 * fails too, the caller gets the error of the first, which is the cause of it all; the other one's is logged.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Fallback, type IntegrationError } from "holdfast"
 *
 * declare const twilio: Effect.Effect<string, IntegrationError.IntegrationError>
 * declare const otherGateway: Effect.Effect<string, IntegrationError.IntegrationError>
 *
 * const sent = twilio.pipe(
 *   // not when the first may have sent it: nobody wants the message twice
 *   Fallback.orElse(() => otherGateway, { when: (error) => error._tag === "CircuitBreakerOpenError" }),
 *   Effect.tap((result) => Fallback.isDegraded(result) ? Effect.log(`by the other: ${result.error.message}`) : Effect.void)
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const orElse: {
  /**
   * @since 0.1.0
   * @category combinators
   */
  <B, E2, R2>(
    alternative: Alternative<B, E2, R2>,
    options?: When
  ): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<Fresh<A> | Degraded<B>, E, R | R2>
  /**
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, B, E2, R2>(
    self: Effect.Effect<A, E, R>,
    alternative: Alternative<B, E2, R2>,
    options?: When
  ): Effect.Effect<Fresh<A> | Degraded<B>, E, R | R2>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R, B, E2, R2>(
    self: Effect.Effect<A, E, R>,
    alternative: Alternative<B, E2, R2>,
    options?: When
  ) => standIn(self, (error) => otherwise(error, alternative(error)), options)
)

const otherwise = <E extends IntegrationError.IntegrationError, B, E2, R2>(
  error: E,
  alternative: Effect.Effect<B, E2, R2>
): Effect.Effect<Degraded<B>, E, R2> =>
  Effect.matchEffect(alternative, {
    onFailure: (other) =>
      Effect.zipRight(
        Effect.logWarning(`the fallback of ${error.integration} ${error.operation} failed too: ${String(other)}`),
        Effect.fail(error)
      ),
    onSuccess: (value) => Effect.succeed(Degraded({ age: undefined, error, source: "alternative" as const, value }))
  })

/**
 * A value when the integration is not available.
 *
 * @example
 * ```ts
 * import type { Effect } from "effect"
 * import { Fallback, type IntegrationError } from "holdfast"
 *
 * declare const rating: Effect.Effect<number, IntegrationError.IntegrationError>
 *
 * // Effect<Fresh<number> | Degraded<undefined>, IntegrationError>
 * const shown = rating.pipe(Fallback.orElseSucceed(() => undefined))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const orElseSucceed: {
  /**
   * @since 0.1.0
   * @category combinators
   */
  <B>(
    value: (error: IntegrationError.IntegrationError) => B,
    options?: When
  ): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<Fresh<A> | Degraded<B>, E, R>
  /**
   * @since 0.1.0
   * @category combinators
   */
  <A, E, R, B>(
    self: Effect.Effect<A, E, R>,
    value: (error: IntegrationError.IntegrationError) => B,
    options?: When
  ): Effect.Effect<Fresh<A> | Degraded<B>, E, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R, B>(
    self: Effect.Effect<A, E, R>,
    value: (error: IntegrationError.IntegrationError) => B,
    options?: When
  ) =>
    standIn(
      self,
      (error) => Effect.sync(() => Degraded({ age: undefined, error, source: "value" as const, value: value(error) })),
      options
    )
)

/** Whatever else an effect may fail with says nothing of an integration. */
const isOurs = <E>(error: E): error is E & IntegrationError.IntegrationError =>
  IntegrationError.isIntegrationError(error)

const standIn = <A, E, R, B, R2>(
  self: Effect.Effect<A, E, R>,
  degraded: (error: E & IntegrationError.IntegrationError) => Effect.Effect<Degraded<B>, E, R2>,
  options: When | undefined
): Effect.Effect<Fresh<A> | Degraded<B>, E, R | R2> => {
  const when = options?.when ?? isUnavailable
  return Effect.matchEffect(self, {
    onFailure: (error) =>
      isOurs(error) && when(error)
        ? Effect.tap(degraded(error), (result) => count(error, result.source))
        : Effect.fail(error),
    onSuccess: (value) => Effect.succeed(Fresh({ value }))
  })
}

/**
 * Values that were good, by key.
 *
 * @since 0.1.0
 * @category models
 */
export interface LastKnownGood<A> {
  /** Keeps what the effect gives; and when the integration is not available, gives what was kept, with its age. */
  readonly through: (
    key: string,
    options?: When
  ) => <E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<Result<A>, E, R>
  readonly forget: (key: string) => Effect.Effect<void>
  readonly size: Effect.Effect<number>
}

/**
 * A cache in memory of values that were good, for when there is no fresh one. Only successes are kept, never a failure; a
 * failure does not shorten the life of what is kept. Of two requests for one key the later one's value stays, whichever
 * ends last. Where nothing is kept, or it is older than `maxAge`, the caller gets the error.
 *
 * @example
 * ```ts
 * import { Duration, Effect } from "effect"
 * import { Fallback, type IntegrationError } from "holdfast"
 *
 * declare const rateOf: (currency: string) => Effect.Effect<number, IntegrationError.IntegrationError>
 *
 * const program = Effect.gen(function*() {
 *   const rates = yield* Fallback.lastKnownGood<number>({ capacity: 200, maxAge: "1 day" })
 *   const rate = yield* rateOf("EUR").pipe(rates.through("EUR"))
 *   if (Fallback.isDegraded(rate)) yield* Effect.log(`as of ${Duration.format(rate.age ?? Duration.zero)} ago`)
 *   return rate.value
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const lastKnownGood = <A>(options: {
  /** Keys at most; the one that was written longest ago goes first. */
  readonly capacity: number
  /** Nothing older is given. */
  readonly maxAge: Duration.DurationInput
}): Effect.Effect<LastKnownGood<A>> => {
  const { capacity } = options
  const maxAge = Duration.toMillis(options.maxAge)
  if (!(Number.isInteger(capacity) && capacity >= 1)) {
    throw new Error(
      `Fallback.lastKnownGood: capacity is ${capacity}; it is how many keys are kept, a whole number from 1 up`
    )
  }
  if (!(maxAge > 0)) throw new Error("Fallback.lastKnownGood: maxAge must be positive, as in \"1 hour\"")
  return Effect.sync(() => {
    const known = new LastKnown<A>(capacity, maxAge)
    const now = Effect.map(Effect.clock, monotonicMillis)

    return {
      forget: (key) => Effect.sync(() => known.delete(key)),
      size: Effect.sync(() => known.size),
      through: (key, options) => (self) =>
        Effect.flatMap(now, (start) =>
          standIn(
            Effect.tap(self, (value) => Effect.map(now, (end) => known.put(key, value, start, end))),
            (error) =>
              Effect.flatMap(now, (now) => {
                const entry = known.get(key, now)
                return entry === undefined ? Effect.fail(error) : Effect.succeed(
                  Degraded({
                    age: Duration.millis(now - entry.at),
                    error,
                    source: "cache" as const,
                    value: entry.value
                  })
                )
              }),
            options
          ))
    }
  })
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PolicyWhen {
  /**
   * Which failures of which calls are stood in for. Default: `isUnavailable(error)`, for calls that are safe. A write is
   * not done because a fallback says so, and one that may have been processed (`call.mayHaveBeenProcessed`) would be done
   * twice by another provider: who wants it says so here.
   */
  readonly when?: ((error: IntegrationError.IntegrationError, call: Call) => boolean) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends PolicyWhen {
  /** The answer in place of the provider's, read as one of its own; `undefined`: the call fails as it has. */
  readonly answer: (
    error: IntegrationError.IntegrationError,
    call: Call
  ) => Answer.Answer | undefined | Effect.Effect<Answer.Answer | undefined>
}

/**
 * An answer in place of the provider's for all calls through the stack, read as one of its own: its body must be what the
 * operation promises. Stands beneath DeadLettering, so that a call that was helped is no dead letter, and above all else.
 *
 * @example
 * ```ts
 * import { Fallback } from "holdfast"
 *
 * // a page without reviews, rather than no page
 * const noReviews = Fallback.layer({
 *   answer: (_, call) =>
 *     call.operation.name === "reviews.list" ? { body: { reviews: [] }, status: 200 } : undefined
 * })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options): IntegrationClient.Policy =>
  IntegrationClient.policy((next) =>
    Effect.succeed(inPlace(next.send, "value", options, (request, call, error) => {
      const given = options.answer(error, call)
      return Effect.flatMap(Effect.isEffect(given) ? given : Effect.succeed(given), (answer) =>
        answer === undefined
          ? Effect.fail(error)
          : Answer.read(answer, { call, classify: next.integration.classify, request }))
    }))
  )

/**
 * The same request to another client of the same API: another region, a mirror, another account. It may have policies of
 * its own; its requests count as attempts of the same call.
 *
 * @example
 * ```ts
 * import { Fallback, IntegrationClient, Timeout } from "holdfast"
 * import { Layer } from "effect"
 * import { HubSpot } from "holdfast/providers/hubspot"
 *
 * const mirror = Timeout.layer("5 seconds").pipe(
 *   Layer.provide(IntegrationClient.layer(HubSpot.definition, { baseUrl: "https://mirror.example.com" }))
 * )
 * const withMirror = Fallback.layerTo(mirror)
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layerTo = <E, R>(
  other: Layer.Layer<IntegrationClient.IntegrationClient, E, R>,
  options: PolicyWhen = {}
): IntegrationClient.Policy<R, E> =>
  IntegrationClient.policy((next) =>
    Effect.map(Layer.build(other), (context) => {
      const alternative = Context.get(context, IntegrationClient.IntegrationClient)
      return inPlace(next.send, "alternative", options, (request, call) => alternative.send(request, call))
    })
  )

const inPlace = (
  send: Transport.Send,
  source: "value" | "alternative",
  options: PolicyWhen,
  other: (
    request: Parameters<Transport.Send>[0],
    call: Call,
    error: IntegrationError.IntegrationError
  ) => ReturnType<Transport.Send>
): Transport.Send => {
  const when = options.when ?? ((error, call) => call.operation.safe && isUnavailable(error))
  return (request, call) =>
    Effect.catchAll(send(request, call), (error) =>
      when(error, call)
        ? Effect.matchEffect(other(request, call, error), {
          onFailure: (second) =>
            second === error ? Effect.fail(error) : Effect.zipRight(
              Effect.logWarning(
                `the fallback of ${call.operation.integration} ${call.operation.name} failed too: ${second._tag}: ${second.message}`
              ),
              Effect.fail(error)
            ),
          onSuccess: (response) => {
            call.fellBack = error
            return Effect.as(count(error, source), response)
          }
        })
        : Effect.fail(error))
}
