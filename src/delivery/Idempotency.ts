/**
 * Runs an effect once for a key, and gives its outcome to everybody who comes with that key: to those who come meanwhile,
 * who wait, and to those who come later, for as long as it is kept. One process or many, where they share a store.
 *
 * What holds, on every backing:
 *
 * - one live runner a key
 * - every caller of one key and fingerprint gets the same outcome
 * - a runner that has died is followed by another one, within its lease
 * - success and declared failure are kept, and nothing else: after a defect or an interruption the key may run again
 *
 * A runner holds a lease, which is renewed while it works. One that could not renew it (its process stood still) may have
 * been followed by another: it is interrupted, or what it brings is refused, and it fails with reason `overtaken`. What the
 * effect did until then it did: make it safe to be repeated, or give the key on to what it calls.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Memory from "./internal/idempotencyMemory.js"
import * as Running from "./internal/idempotencyRunning.js"
import type { Store } from "./internal/idempotencyStore.js"

/**
 * | `reason` | |
 * |---|---|
 * | `conflict` | the key was used with another fingerprint: it names something else |
 * | `running` | somebody else runs it, and the caller does not want to wait; `retryAfter` is when that one would be taken for dead |
 * | `overtaken` | this runner could not renew its lease, and another one has followed it; to ask again gives that one's outcome |
 * | `storage` | the store could not be asked, and nothing was run |
 * | `outcome` | what is kept is not what `success` and `failure` describe: they have changed, or the key is another's |
 *
 * @since 0.1.0
 * @category errors
 */
export class IdempotencyError extends Schema.TaggedError<IdempotencyError>("holdfast/IdempotencyError")(
  "IdempotencyError",
  {
    cause: Schema.optional(Schema.Defect),
    key: Schema.String,
    message: Schema.String,
    reason: Schema.Literal("conflict", "running", "overtaken", "storage", "outcome"),
    retryAfter: Schema.optional(Schema.DurationFromMillis)
  }
) {}

/**
 * @since 0.1.0
 * @category tags
 */
export class Idempotency extends Context.Tag("holdfast/Idempotency")<Idempotency, {
  /** @internal */
  readonly store: Store
  /** Those of this process. @internal */
  readonly running: Map<string, Running.Local>
}>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<A, IA, E, IE> {
  /** What the outcome is kept as. */
  readonly success: Schema.Schema<A, IA>
  /** A declared failure is an outcome like any other. Default: the effect does not fail. */
  readonly failure?: Schema.Schema<E, IE> | undefined
  /** What the key stands for, as `fingerprint` makes it. The same key with another one is refused. Default `""`. */
  readonly fingerprint?: string | undefined
  /** How long the outcome is kept. It must be longer than anybody repeats the call. Default `1 day`. */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** After so long without a sign of life a runner is taken for dead. Default `30 seconds`. */
  readonly lease?: Duration.DurationInput | undefined
  /** What to do while somebody else runs it: `wait` for the outcome, or `fail` with reason `running`. Default `wait`. */
  readonly whenRunning?: "wait" | "fail" | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory: Effect.Effect<Idempotency["Type"]> = Effect.sync(() => fromStore(Memory.make()))

/** @internal */
export const fromStore = (store: Store): Idempotency["Type"] => Idempotency.of({ running: new Map(), store })

/**
 * In the memory of this process: for specs, and where a repetition after a restart does no harm.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Idempotency> = Layer.effect(Idempotency, makeMemory)

/** @internal */
export const positive = (name: string, input: Duration.DurationInput): number => {
  const millis = Duration.toMillis(input)
  if (millis > 0 && Number.isFinite(millis)) return Math.max(1, Math.round(millis))
  throw new Error(`Idempotency: ${name} is ${Duration.format(input)}; it must be longer than nothing, and end`)
}

/**
 * Runs the effect if nobody has under this key; gives the outcome, whoever it was.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Idempotency } from "holdfast"
 *
 * class Declined extends Schema.TaggedError<Declined>()("Declined", { why: Schema.String }) {}
 *
 * declare const charge: (order: string, cents: number) => Effect.Effect<{ readonly id: string }, Declined>
 *
 * const pay = (order: string, cents: number) =>
 *   charge(order, cents).pipe(
 *     Idempotency.once(`pay-${order}`, {
 *       success: Schema.Struct({ id: Schema.String }),
 *       failure: Declined,
 *       fingerprint: Idempotency.fingerprint({ order, cents })
 *     })
 *   )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const once: {
  <A, IA, E = never, IE = never>(
    key: string,
    options: Options<A, IA, E, IE>
  ): <R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | IdempotencyError, R | Idempotency>
  <A, IA, R, E = never, IE = never>(
    effect: Effect.Effect<A, E, R>,
    key: string,
    options: Options<A, IA, E, IE>
  ): Effect.Effect<A, E | IdempotencyError, R | Idempotency>
} = dual(
  3,
  <A, IA, R, E = never, IE = never>(
    effect: Effect.Effect<A, E, R>,
    key: string,
    options: Options<A, IA, E, IE>
  ): Effect.Effect<A, E | IdempotencyError, R | Idempotency> =>
    Effect.flatMap(Idempotency, (service) => {
      const keep = positive("timeToLive", options.timeToLive ?? "1 day")
      const lease = positive("lease", options.lease ?? "30 seconds")
      const { decode, encode } = outcomes(key, options)
      const settings: Running.Settings = { fingerprint: options.fingerprint ?? "", keep, lease }
      const isPatient = options.whenRunning !== "fail"
      const run = Running.run(service, key, settings, effect, encode)

      const ask: Effect.Effect<A, E | IdempotencyError, R> = Effect.suspend(() => {
        const local = service.running.get(key)
        return local !== undefined && isPatient && local.fingerprint === settings.fingerprint
          ? Effect.zipRight(Deferred.await(local.ended), ask)
          : attempt(0)
      })
      const attempt = (round: number): Effect.Effect<A, E | IdempotencyError, R> =>
        Effect.flatMap(run, (result): Effect.Effect<A, E | IdempotencyError, R> => {
          switch (result._tag) {
            case "ran":
              return result.exit
            case "overtaken":
              return Effect.fail(overtaken(key))
            case "conflict":
              return Effect.fail(conflict(key))
            case "storage":
              return Effect.fail(storage(key, service.store.name, result.message, result.cause))
            case "done":
              return decode(result.outcome)
            case "running":
              return isPatient
                ? Effect.zipRight(Running.pause(service, key, round, result.left), attempt(round + 1))
                : Effect.fail(running(key, result.left))
          }
        })
      return ask
    })
)

const conflict = (key: string) =>
  new IdempotencyError({
    key,
    message: `the idempotency key ${key} was used for something else: what it stands for must be the same each time. ` +
      "Take a new key for a new call",
    reason: "conflict"
  })

const running = (key: string, left: number) =>
  new IdempotencyError({
    key,
    message: `the idempotency key ${key} is being run by somebody else`,
    reason: "running",
    retryAfter: Duration.millis(Math.ceil(left))
  })

const overtaken = (key: string) =>
  new IdempotencyError({
    key,
    message: `the lease of the idempotency key ${key} could not be renewed in time, and another runner has followed: ` +
      "what this one has done is not kept. Ask again for the outcome, or give a longer lease",
    reason: "overtaken"
  })

const storage = (key: string, name: string, message: string, cause: unknown) =>
  new IdempotencyError({
    cause,
    key,
    message: `nothing was run: ${name} could not be asked about the idempotency key ${key} (${message})`,
    reason: "storage"
  })

const outcomes = <A, IA, E, IE>(key: string, { failure, success }: Options<A, IA, E, IE>) => {
  const kept = Schema.parseJson(
    Schema.Union(
      Schema.Struct({ success }),
      // where there is no schema of failures, `E` is `never`, which the compiler cannot tell from its absence
      Schema.Struct({ failure: failure ?? (Schema.Never as unknown as Schema.Schema<E, IE>) })
    )
  )
  const encode = Schema.encodeEither(kept)
  const decode = Schema.decodeEither(kept)
  return {
    decode: (text: string): Effect.Effect<A, E | IdempotencyError> =>
      Either.match(decode(text), {
        onLeft: (cause) =>
          Effect.fail(
            new IdempotencyError({
              cause,
              key,
              message: `what is kept of the idempotency key ${key} is not what its schemas describe: ${cause.message}`,
              reason: "outcome"
            })
          ),
        onRight: (outcome) => "success" in outcome ? Effect.succeed(outcome.success) : Effect.fail(outcome.failure)
      }),
    /** None: it is no outcome. */
    encode: (exit: Exit.Exit<A, E>): Option.Option<Either.Either<string, unknown>> => {
      if (Exit.isSuccess(exit)) return Option.some(encode({ success: exit.value }))
      // what has failed and was interrupted too has not come to its end
      if (!Cause.isFailType(exit.cause)) return Option.none()
      return Option.some(encode({ failure: exit.cause.error }))
    }
  }
}

/**
 * What a key stands for: a hash of a value, the same for the same fields in any order. SHA-256, as hex.
 *
 * @since 0.1.0
 * @category fingerprints
 */
export const fingerprint = (value: unknown): string => Running.hash(JSON.stringify(sorted(value)) ?? "")

const sorted = (value: unknown): unknown => {
  if (typeof value === "bigint") return `${value}n`
  if (typeof value !== "object" || value === null) return value
  const plain: unknown = "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value
  if (typeof plain !== "object" || plain === null) return plain
  if (Array.isArray(plain)) return plain.map(sorted)
  return Object.fromEntries(
    Object.entries(plain).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([name, field]) => [name, sorted(field)])
  )
}
