/** What the specs of circuit breakers have in common: a provider that does as it is told, behind the policy. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Call } from "../../../core/Call.js"
import * as IntegrationClient from "../../../core/IntegrationClient.js"
import * as IntegrationError from "../../../core/IntegrationError.js"
import * as CircuitBreaker from "../../../policy/CircuitBreaker.js"

export type Service = CircuitBreaker.CircuitBreakers["Type"]

/** What becomes of a call that is let through. */
export type Answer = "success" | "failure" | "ignored" | "hangs"

/** What a spec is given. */
export interface World {
  /** This process, and another one on the same store. */
  readonly service: Service
  readonly peer: Service
  /** So many units of time pass, and what the backing does in the background is done. */
  readonly wait: (units: number) => Effect.Effect<void>
  /** What has been told has arrived everywhere. */
  readonly settle: Effect.Effect<void>
  readonly unit: Duration.Duration
}

export type Test = (
  behaviour: string,
  run: (world: World) => Effect.Effect<void, IntegrationError.IntegrationError, Scope.Scope>
) => void

export interface CallOptions {
  /** What a failure asks for. */
  readonly retryAfter?: Duration.Duration
  /** How long the provider takes. */
  readonly takes?: Duration.Duration
}

/** Of one key, in one process. */
export interface Client {
  readonly key: string
  /** `sent` if it was let through. */
  readonly call: (answer: Answer, options?: CallOptions) => Effect.Effect<"sent" | "refused">
  /** The refusal of a call that must be refused. */
  readonly refused: Effect.Effect<IntegrationError.CircuitBreakerOpenError>
  readonly state: Effect.Effect<CircuitBreaker.State | "none">
  readonly snapshot: Effect.Effect<CircuitBreaker.Snapshot>
}

const request = HttpClientRequest.get("/")

/** No store needs to be empty, since no key was ever used before. */
export const newKey = Effect.sync(() => `conformance-${crypto.randomUUID()}`)

const answerOf = (
  answer: Answer,
  retryAfter: Duration.Duration | undefined,
  request: HttpClientRequest.HttpClientRequest,
  call: Call
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError> => {
  const fields = { ...call.errorFields, message: "as the spec wants it" }
  switch (answer) {
    case "success":
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response()))
    case "failure":
      return Effect.fail(
        new IntegrationError.ServerError({
          ...fields,
          status: 503,
          ...(retryAfter === undefined ? undefined : { retryAfter })
        })
      )
    case "ignored":
      return Effect.fail(new IntegrationError.RateLimitError({ ...fields, status: 429 }))
    case "hangs":
      return Effect.never
  }
}

export const clientOf = (
  { settle }: World,
  service: Service,
  key: string,
  options: CircuitBreaker.Options
): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.gen(function*() {
    const script: { answer: Answer; sent: boolean; options: CallOptions | undefined } = {
      answer: "success",
      options: undefined,
      sent: false
    }
    const provider = IntegrationClient.make({ id: "conformance", version: "1" }, (request, call) =>
      Effect.suspend(() => {
        script.sent = true
        const { answer, options } = script
        const answered = answerOf(answer, options?.retryAfter, request, call)
        return options?.takes === undefined ? answered : Effect.delay(answered, options.takes)
      }))
    const context = yield* Layer.build(
      CircuitBreaker.layer({
        ...options,
        key: () => key
      }).pipe(
        Layer.provide(Layer.succeed(IntegrationClient.IntegrationClient, provider)),
        Layer.provide(Layer.succeed(CircuitBreaker.CircuitBreakers, service))
      )
    )
    const client = Context.get(context, IntegrationClient.IntegrationClient)

    const execute = (answer: Answer, options?: CallOptions) =>
      Effect.suspend(() => {
        Object.assign(script, { answer, options, sent: false })
        return Effect.either(client.execute(request))
      })
    return {
      call: (answer, options) =>
        Effect.zipLeft(
          Effect.map(
            execute(answer, options),
            (result) => Either.isLeft(result) && result.left._tag === "CircuitBreakerOpenError" ? "refused" : "sent"
          ),
          settle
        ),
      key,
      refused: Effect.flatMap(execute("success"), (result) =>
        Either.isLeft(result) && result.left._tag === "CircuitBreakerOpenError" && !script.sent
          ? Effect.succeed(result.left)
          : Effect.dieMessage("the call should have been refused")),
      snapshot: Effect.flatMap(
        service.snapshot(key),
        Option.match({
          onNone: () =>
            Effect.dieMessage("no breaker"),
          onSome: Effect.succeed
        })
      ),
      state: Effect.map(
        service.state(key),
        Option.getOrElse(() =>
          "none" as const
        )
      )
    }
  })

/** The same answer so many times, one call after the other. */
export const times = (n: number, call: Effect.Effect<"sent" | "refused">) => Effect.replicateEffect(call, n)
