/**
 * One logical call on its way through the policies: what is called, for whom, and what has happened so far.
 *
 * A call is made once and passed along; a policy writes what it owns (the number of attempts, the idempotency key) and
 * every policy further out reads it. It lives as long as the call does and is never shared.
 *
 * @since 0.1.0
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type * as IntegrationContext from "./IntegrationContext.js"
import { type IntegrationError, TimeoutError } from "./IntegrationError.js"
import type { Operation } from "./Operation.js"

/**
 * A pause before another attempt, and why.
 *
 * @since 0.1.0
 * @category models
 */
export interface Wait {
  /** The attempt that had failed, counted from 1. */
  readonly attempt: number
  readonly millis: number
  /** `ServerError 503`, `Retry-After`, … */
  readonly reason: string
}

/**
 * When a call, or one attempt of it, is given up. Set and taken back by the Timeout policy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deadline {
  /** Monotonic milliseconds. */
  readonly at: number
  readonly scope: "attempt" | "total"
  /** The time that had been given. */
  readonly after: Duration.Duration
  /** The one that was in force before. */
  readonly outer: Deadline | undefined
}

/**
 * What the operation makes of a 2xx response. Run where the response arrives, so that every policy sees its outcome.
 *
 * @since 0.1.0
 * @category models
 */
export type Accept = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
) => Effect.Effect<unknown, IntegrationError>

/**
 * What a policy has taken for a call that is about to be sent, such as its tokens of a rate limit. A policy further in that
 * makes the call wait gives it back meanwhile, so that nothing is held by who does not move, and nothing that was taken long
 * ago is used.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reservation {
  /** The call has to wait: what was taken goes back. */
  readonly suspend: (clock: Clock.Clock) => void
  /** The wait is over: taken again at once, or by an effect. Whoever waits for that holds nothing else. */
  readonly resume: (clock: Clock.Clock) => Effect.Effect<void, IntegrationError> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export class Call {
  /** Sent with every attempt and every replay; set by the IdempotencyKey policy. */
  idempotencyKey: string | undefined
  /** Calls of one partition are replayed in the order in which they failed. */
  partitionKey: string | undefined
  /** Requests sent so far. */
  attempts = 0
  /** Wall clock, epoch milliseconds; 0 before the first attempt. */
  firstAttemptAt = 0
  lastAttemptAt = 0
  /** The innermost of the deadlines in force. */
  innermost: Deadline | undefined
  /** The pauses between attempts. */
  readonly waits: Array<Wait> = []
  /** The provider honours `idempotencyKey`: sending twice has the effect of once. */
  keyHonoured = false
  /** Some attempt may have been acted on although no success came back. */
  mayHaveBeenProcessed = false
  /** Status and headers of the last answer; `undefined` when the last attempt has none. */
  answer: Pick<HttpClientResponse.HttpClientResponse, "headers" | "status"> | undefined
  /** What is held for it until it is sent. */
  reservation: Reservation | undefined
  /** Open for this call where it is traced, so that attempts open theirs beneath it. */
  span: Tracer.Span | undefined
  #correlationId: string | undefined

  constructor(
    readonly operation: Operation,
    readonly context: IntegrationContext.Fields,
    readonly accept: Accept | undefined
  ) {
    this.#correlationId = context.correlationId
  }

  /** May be sent twice with the effect of once. */
  get idempotent(): boolean {
    return this.operation.idempotent || this.keyHonoured
  }

  /** Monotonic milliseconds at which whatever is under way is given up; `Infinity` when nothing is. */
  get deadline(): number {
    return this.innermost === undefined ? Number.POSITIVE_INFINITY : this.innermost.at
  }

  /** The error of the deadline in force. */
  timeoutError(): TimeoutError {
    const { after, scope } = this.innermost ?? { after: Duration.infinity, scope: "total" }
    return new TimeoutError({
      ...this.errorFields,
      scope,
      after,
      attempts: this.attempts,
      retryable: scope === "attempt",
      message: scope === "attempt"
        ? `no answer within ${Duration.format(after)}`
        : `the call took longer than ${Duration.format(after)} in all, with ${
          this.attempts === 1 ? "1 attempt" : `${this.attempts} attempts`
        }`
    })
  }

  get correlationId(): string {
    return this.#correlationId ??= crypto.randomUUID()
  }

  /** The fields that every `IntegrationError` has, for a constructor. */
  get errorFields(): { readonly integration: string; readonly operation: string; readonly correlationId: string } {
    return {
      integration: this.operation.integration,
      operation: this.operation.name,
      correlationId: this.correlationId
    }
  }
}

/**
 * The call that the current fiber is making, for code that is handed nothing but a request (an `HttpClient` wrapped
 * around a stack). `undefined` outside a call.
 *
 * @since 0.1.0
 * @category tags
 */
export class CurrentCall extends Context.Reference<CurrentCall>()("holdfast/CurrentCall", {
  defaultValue: (): Call | undefined => undefined
}) {}

/**
 * Caller's wishes for the calls made inside an effect: an idempotency key, a partition key.
 *
 * @since 0.1.0
 * @category tags
 */
export class CallOptions extends Context.Reference<CallOptions>()("holdfast/CallOptions", {
  defaultValue: (): { readonly idempotencyKey?: string; readonly partitionKey?: string } => ({})
}) {}

/**
 * Replays and keeps the order of failed calls that share a key (an order's id, a contact's e-mail): see
 * `DeadLetterQueue.replayAll`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withPartitionKey =
  (partitionKey: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(CallOptions, (options) => Effect.provideService(self, CallOptions, { ...options, partitionKey }))
