/**
 * Loses nothing: a call that failed for good is stored before its caller sees the failure, and can be replayed through
 * the same stack later, with the same idempotency key.
 *
 * By default a write is captured that failed for a reason that may pass: network, timeout, 5xx, rate limit, an open
 * breaker, a full bulkhead, an integration that is switched off. What the provider refused as wrong (validation,
 * conflict, missing rights) is not, and reads are not.
 *
 * @since 0.1.0
 */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import type * as Call from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import type * as Operation from "../core/Operation.js"
import * as Pipeline from "../core/Pipeline.js"
import * as DeadLetterQueue from "../delivery/DeadLetterQueue.js"
import * as SecretQuery from "../internal/secretQuery.js"
import { clockOf } from "../internal/time.js"
import * as Capture from "./internal/deadLetterCapture.js"
import * as Replayer from "./internal/deadLetterReplayer.js"
import type * as Redaction from "./internal/redaction.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Which failures are stored. Default: `defaultCapture`. */
  readonly capture?: ((error: IntegrationError.IntegrationError, call: Call.Call) => boolean) | undefined
  /**
   * Also store a write whose caller was interrupted. Interruption is the caller's own decision, so that the default is
   * false; a job that is being shut down wants it.
   */
  readonly captureInterrupted?: boolean | undefined
  /** Headers that are stored, besides `defaultHeaders`. Never one that holds a secret. */
  readonly headers?: ReadonlyArray<string> | undefined
  /**
   * Names of query parameters that are credentials. They are stored as `REDACTED`, and the integration's `auth` sets them
   * anew for a replay. Default: `defaultSecretQuery`.
   */
  readonly secretQuery?: ReadonlyArray<string> | undefined
  /**
   * What of a body is not stored, by the name of the operation, as in `{ "charges.create": ["card.number"] }`; besides
   * what `Operation.Redact` says. A letter that lacks something cannot be replayed until it is edited.
   */
  readonly redact?: Readonly<Record<string, Operation.Redaction>> | undefined
}

/**
 * Writes that failed for a reason that may pass.
 *
 * @since 0.1.0
 * @category predicates
 */
export const defaultCapture = (error: IntegrationError.IntegrationError, call: Call.Call): boolean => {
  if (call.operation.safe) return false
  switch (error._tag) {
    case "TimeoutError":
    case "RateLimitError":
    case "CircuitBreakerOpenError":
    case "BulkheadFullError":
    case "UnavailableError":
      return true
    default:
      return error.retryable
  }
}

/**
 * The request headers that a dead letter keeps.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultHeaders: ReadonlyArray<string> = [
  "accept",
  "accept-language",
  "content-language",
  "content-type",
  "if-match",
  "if-none-match",
  "prefer",
  "x-correlation-id",
  "x-request-id"
]

/**
 * The parameters of a query that a dead letter does not keep, in any case and with or without dashes.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultSecretQuery: ReadonlyArray<string> = SecretQuery.defaultNames

const letters = Metric.counter("integration_dead_letters_total", {
  description: "Dead letters: captured, capture_failed, replayed, replay_failed",
  incremental: true
})

/**
 * @example
 * ```ts
 * import { DeadLettering } from "holdfast"
 *
 * // validation errors too: somebody may mend the provider's settings and replay
 * const generous = DeadLettering.layer({
 *   capture: (error, call) => DeadLettering.defaultCapture(error, call) || error._tag === "ValidationError"
 * })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const layer = (options: Options = {}): IntegrationClient.Policy<DeadLetterQueue.DeadLetterQueue> => {
  const shouldCapture = options.capture ?? defaultCapture
  const rules: Redaction.Rules = {
    headers: new Set([...defaultHeaders, ...(options.headers ?? [])].map((name) => name.toLowerCase())),
    query: new SecretQuery.SecretQuery(options.secretQuery ?? defaultSecretQuery)
  }
  const bodyRules = ({ name, redact }: Operation.Operation): ReadonlyArray<Operation.Redaction> =>
    [redact, options.redact?.[name]].filter((rule) => rule !== undefined)

  return IntegrationClient.stage((next) =>
    Effect.gen(function*() {
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const counter = Metric.tagged(letters, "integration", next.integration.id)
      const count = (event: string) => Metric.increment(Metric.tagged(counter, "event", event))

      yield* queue.register(next.integration.id, (letter) =>
        Effect.tapBoth(Replayer.replay(next, letter), {
          onFailure: () => count("replay_failed"),
          onSuccess: () => count("replayed")
        }))

      const store = <E extends IntegrationError.IntegrationError>(
        error: E,
        request: HttpClientRequest.HttpClientRequest,
        call: Call.Call
      ): Effect.Effect<E> =>
        Effect.uninterruptible(
          Effect.withFiberRuntime((fiber) => {
            const body = Capture.storedBody(request.body, bodyRules(call.operation))
            if (Either.isLeft(body)) return notStored(error, call, body.left, undefined, count)
            const clean = Capture.withoutSecrets(error, body.right.texts)
            const letter = Capture.toLetter(
              clean,
              request,
              body.right,
              call,
              rules,
              clockOf(fiber).unsafeCurrentTimeMillis()
            )
            return Effect.matchCauseEffect(queue.capture(letter), {
              onFailure: (cause) => notStored(clean, call, whyNot(cause), cause, count),
              onSuccess: (deadLetterId) =>
                Effect.as(count("captured"), IntegrationError.amend(clean, { deadLetterId, deadLettered: true }))
            })
          })
        )

      return {
        holdsNothing: options.captureInterrupted !== true,
        leave: ({ call, request }, outcome) => {
          if (Exit.isSuccess(outcome)) return undefined
          const error = Pipeline.errorOf(outcome)
          if (error !== undefined) {
            if ((call.capture ?? shouldCapture)(error, call)) {
              return Pipeline.first(Effect.flatMap(store(error, request, call), Effect.fail))
            }
            const declared = bodyRules(call.operation)
            return declared.length === 0 ? undefined : Exit.fail(Capture.withoutEcho(error, request, declared))
          }
          // who keeps the call makes it again
          return options.captureInterrupted === true && call.capture === undefined && !call.operation.safe &&
              Exit.isInterrupted(outcome)
            ? Pipeline.first(Effect.zipRight(store(interrupted(call), request, call), outcome))
            : undefined
        }
      }
    })
  )
}

const interrupted = (call: Call.Call): IntegrationError.UnavailableError =>
  new IntegrationError.UnavailableError({
    ...call.errorFields,
    attempts: call.attempts,
    message: "the caller was interrupted before an answer came"
  })

const whyNot = (cause: Cause.Cause<DeadLetterQueue.DeadLetterQueueError>): string => {
  const error = Cause.failureOption(cause)
  return error._tag === "Some" ? error.value.message : "the store died"
}

const notStored = <E extends IntegrationError.IntegrationError>(
  error: E,
  call: Call.Call,
  why: string,
  cause: Cause.Cause<unknown> | undefined,
  count: (event: string) => Effect.Effect<void>
): Effect.Effect<E> =>
  count("capture_failed").pipe(
    Effect.zipRight(
      Effect.logError(
        `${call.operation.integration} ${call.operation.name} failed and could not be stored as a dead letter: ${why}`,
        ...(cause === undefined ? [] : [cause])
      )
    ),
    Effect.annotateLogs({ correlationId: call.correlationId, idempotencyKey: call.idempotencyKey }),
    Effect.as(IntegrationError.amend(error, { deadLettered: false }))
  )
