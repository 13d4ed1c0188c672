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
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type * as Tracer from "effect/Tracer"
import type * as IntegrationContext from "./IntegrationContext.js"
import type { IntegrationError } from "./IntegrationError.js"
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
  /** With which error the attempt had failed. */
  readonly error: IntegrationError["_tag"]
  /** The same for people: `ServerError 503, Retry-After`. */
  readonly reason: string
  /** Wall clock, epoch milliseconds: when the pause began. */
  readonly at: number
}

/**
 * When a call, or one attempt of it, is given up. Set and taken back by the Timeout policy.
 *
 * @since 0.1.0
 * @category models
 */
export class Deadline {
  /** It has passed, and what was under way is interrupted because of it. */
  passed = false

  constructor(
    /** Monotonic milliseconds. */
    readonly at: number,
    /** The one that is in force again after it. */
    readonly outer: Deadline | undefined
  ) {}
}

/**
 * What is kept of an answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface LastAnswer extends Pick<HttpClientResponse.HttpClientResponse, "headers" | "status"> {
  /**
   * Where headers are read only on demand: whether there is one whose name has this text, of letters in lower case, in it.
   */
  readonly mentions?: (text: string) => boolean
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

// one random UUID for the process, with a count in its last part: a new one for each call would cost as much as a stage
const uuid = crypto.randomUUID().slice(0, 24)
const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))
let prefix = ""
let made = -1
const freshId = (): string => {
  made++
  if (made % 0x10000 === 0) prefix = uuid + (made / 0x10000).toString(16).padStart(8, "0")
  return `${prefix}${bytes[made >> 8 & 0xff]}${bytes[made & 0xff]}`
}

const expired = Exit.interrupt(FiberId.none)

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

const none: ReadonlyArray<Wait> = []

/**
 * @since 0.1.0
 * @category models
 */
export class Call {
  /** Sent with every attempt and every replay; set by the IdempotencyKey policy. */
  idempotencyKey: string | undefined
  /** Calls of one partition are replayed in the order in which they failed. */
  partitionKey: string | undefined
  /**
   * Which failures become dead letters, in the place of what the policy captures. Set by whoever keeps the call itself and
   * will make it again, as the outbox does.
   */
  capture: ((error: IntegrationError) => boolean) | undefined
  /** Requests sent so far. */
  attempts = 0
  /** Wall clock, epoch milliseconds; 0 before the first attempt. */
  firstAttemptAt = 0
  lastAttemptAt = 0
  /** A policy wants to know when the request was sent: it costs a look at the clock. */
  timed = false
  /** Monotonic milliseconds at which the latest request was sent, where it is `timed`; -1: none yet. */
  sentAt = -1
  /** The innermost of the deadlines in force. */
  innermost: Deadline | undefined
  /** The pauses between attempts. */
  get waits(): ReadonlyArray<Wait> {
    return this.#waits
  }
  /** The failure in whose place the call was given another answer; set by the Fallback policy. */
  fellBack: IntegrationError | undefined
  /** Further requests that were sent while the first was under way; set by the Hedge policy. */
  hedges = 0
  /** The provider honours `idempotencyKey`: sending twice has the effect of once. */
  keyHonoured = false
  /** Some attempt may have been acted on although no success came back. */
  mayHaveBeenProcessed = false
  /** The last answer; `undefined` when the last attempt has none. */
  answer: LastAnswer | undefined
  /** The last answer with its whole body, also where it is an error; `undefined` where its body was not read. */
  response: HttpClientResponse.HttpClientResponse | undefined
  /** What is held for it until it is sent. */
  reservation: Reservation | undefined
  /** A 2xx is handed over as soon as its headers are there, with its body on its way; `accept` is not asked. */
  stream = false
  /** `https://api.example.com`, where not all calls of an integration go to one. */
  origin: string | undefined
  /** It is a dead letter that is sent again. */
  isReplay = false
  /** Open for this call where it is traced, so that attempts open theirs beneath it. */
  span: Tracer.Span | undefined
  #waits = none
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

  /**
   * How whatever was under way ends when the deadline in force has passed: as an interruption, which the policy that set
   * the deadline turns into its error.
   */
  expire(): Exit.Exit<never> {
    if (this.innermost !== undefined) this.innermost.passed = true
    return expired
  }

  /** There is a pause before the next attempt; set by the Retry policy. */
  waited(wait: Wait): void {
    this.#waits = this.#waits.concat(wait)
  }

  /**
   * A copy for one of several requests that are under way at once, so that none writes over what another one reads. What
   * it has become of is told back with `join`.
   */
  fork(): Call {
    const fork = new Call(this.operation, { ...this.context, correlationId: this.correlationId }, this.accept)
    fork.idempotencyKey = this.idempotencyKey
    fork.partitionKey = this.partitionKey
    fork.capture = this.capture
    fork.attempts = this.attempts
    fork.firstAttemptAt = this.firstAttemptAt
    fork.lastAttemptAt = this.lastAttemptAt
    fork.innermost = this.innermost
    fork.keyHonoured = this.keyHonoured
    fork.stream = this.stream
    fork.timed = this.timed
    fork.mayHaveBeenProcessed = this.mayHaveBeenProcessed
    fork.origin = this.origin
    fork.isReplay = this.isReplay
    fork.span = this.span
    return fork
  }

  /** Takes over what a copy has lived through. `attempts`: how many the copy had begun with. */
  join(fork: Call, attempts: number): void {
    this.attempts += fork.attempts - attempts
    if (this.firstAttemptAt === 0) this.firstAttemptAt = fork.firstAttemptAt
    this.lastAttemptAt = Math.max(this.lastAttemptAt, fork.lastAttemptAt)
    this.keyHonoured ||= fork.keyHonoured
    this.mayHaveBeenProcessed ||= fork.mayHaveBeenProcessed
    this.#waits = this.#waits.concat(fork.waits)
  }

  get correlationId(): string {
    return this.#correlationId ??= freshId()
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
 * @since 0.1.0
 * @category models
 */
export interface Wishes {
  readonly idempotencyKey?: string
  readonly partitionKey?: string
  /** Which failures become dead letters, in the place of what the policy captures. */
  readonly capture?: (error: IntegrationError) => boolean
}

/**
 * Caller's wishes for the calls made inside an effect: an idempotency key, a partition key.
 *
 * @since 0.1.0
 * @category tags
 */
export class CallOptions extends Context.Reference<CallOptions>()("holdfast/CallOptions", {
  defaultValue: (): Wishes => ({})
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
