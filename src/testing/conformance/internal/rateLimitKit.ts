/** What the specs of rate limiters have in common: a provider that notes when it was called, behind the policy. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import * as IntegrationClient from "../../../core/IntegrationClient.js"
import * as IntegrationError from "../../../core/IntegrationError.js"
import { monotonicMillis } from "../../../internal/time.js"
import * as RateLimit from "../../../policy/RateLimit.js"

export type Service = RateLimit.RateLimiters["Type"]

/** What a spec is given. */
export interface World {
  /** This process, and another one on the same store. */
  readonly service: Service
  readonly peer: Service
  /** So many units of time pass. */
  readonly wait: (units: number) => Effect.Effect<void>
  /** What was forked has got to where it waits, and what has been told has arrived everywhere. */
  readonly settle: Effect.Effect<void>
  readonly unit: Duration.Duration
}

export type Test = (
  behaviour: string,
  run: (world: World) => Effect.Effect<void, IntegrationError.IntegrationError, Scope.Scope>
) => void

export type Result = "sent" | IntegrationError.RateLimitError

/** The provider of one key: when it was called, by whichever process. */
export class Provider {
  readonly sent: Array<{ readonly at: number; readonly name: string }> = []
  /** What the next call is told instead of an answer: to come back later. */
  later: Duration.Duration | undefined
}

/** Of one key, in one process. */
export interface Client {
  readonly call: (name?: string) => Effect.Effect<Result>
  /** So many calls at once, in order. */
  readonly calls: (n: number) => Effect.Effect<Fiber.RuntimeFiber<ReadonlyArray<Result>>, never, Scope.Scope>
}

/** No store needs to be empty, since no key was ever used before. */
export const newKey = Effect.sync(() => `conformance-${crypto.randomUUID()}`)

export const clientOf = (
  { settle }: World,
  service: Service,
  key: string,
  provider: Provider,
  options: RateLimit.Options
): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sends = IntegrationClient.make({ id: "conformance", version: "1" }, (request, call) =>
      Effect.flatMap(Effect.clock, (clock) => {
        provider.sent.push({ at: monotonicMillis(clock), name: request.url })
        const { later } = provider
        provider.later = undefined
        return later === undefined
          ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response()))
          : Effect.fail(
            new IntegrationError.RateLimitError({
              ...call.errorFields,
              message: "as the spec wants it",
              origin: "provider",
              retryAfter: later,
              status: 429
            })
          )
      }))
    const context = yield* Layer.build(
      RateLimit.layer({
        ...options,
        key: () =>
          key
      }).pipe(
        Layer.provide(Layer.succeed(IntegrationClient.IntegrationClient, sends)),
        Layer.provide(Layer.succeed(RateLimit.RateLimiters, service))
      )
    )
    const client = Context.get(context, IntegrationClient.IntegrationClient)
    const call = (name = "/"): Effect.Effect<Result> =>
      Effect.flatMap(Effect.either(client.execute(HttpClientRequest.get(name))), (result): Effect.Effect<Result> => {
        if (Either.isRight(result)) {
          return Effect.succeed("sent")
        }
        return result.left._tag === "RateLimitError"
          ? Effect.succeed(result.left)
          : Effect.dieMessage(`unexpected ${result.left._tag}`)
      })
    return {
      call,
      calls: (n) =>
        Effect.zipLeft(
          Effect.forkScoped(
            Effect.forEach(
              Array.from({ length: n }, (_, i) =>
                `/${i}`),
              call,
              { concurrency: "unbounded" }
            )
          ),
          settle
        )
    }
  })

/** A client of this process, and one of the other, on a key that nobody has used. */
export const pairOf = (world: World, options: RateLimit.Options) =>
  Effect.gen(function*() {
    const key = yield* newKey
    const provider = new Provider()
    return {
      first: yield* clientOf(world, world.service, key, provider, options),
      key,
      provider,
      second: yield* clientOf(world, world.peer, key, provider, options)
    }
  })

/** R1: over any stretch of time no more than the burst and what came in meanwhile. */
export const assertRate = ({ sent }: Provider, { unit }: World, capacity: number, perUnit: number) => {
  const rate = perUnit / Duration.toMillis(unit)
  const instants = sent.map(({ at }) => at)
  for (let to = 0; to < instants.length; to++) {
    for (let from = 0; from <= to; from++) {
      // what is sent is noted a little after it was let through
      const time = instants[to]! - instants[from]! + 2
      assert.isAtMost(to - from + 1, capacity + rate * time + 1e-3, `from ${from} to ${to}, in ${time} ms`)
    }
  }
}

export const sentOf = (results: ReadonlyArray<Result>): number => results.filter((result) => result === "sent").length

/** Tokens per second of so many per unit. */
export const perSecond = ({ unit }: World, perUnit: number): number => perUnit / Duration.toSeconds(unit)

export const units = ({ unit }: World, n: number): Duration.Duration => Duration.times(unit, n)

/** A backing that forgets about a caller must fail, whichever clock the spec goes by, and not wait for ever. */
export const join = <A>(fiber: Fiber.RuntimeFiber<A>): Effect.Effect<A> =>
  Effect.raceFirst(
    Fiber.join(fiber),
    TestServices.provideLive(
      Effect.delay(Effect.dieMessage("a caller was neither let through nor refused"), "60 seconds")
    )
  )
