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
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Call from "../core/Call.js"
import * as IntegrationClient from "../core/IntegrationClient.js"
import * as IntegrationError from "../core/IntegrationError.js"
import * as Operation from "../core/Operation.js"
import * as Pipeline from "../core/Pipeline.js"
import * as DeadLetterQueue from "../delivery/DeadLetterQueue.js"
import { clockOf } from "../internal/time.js"

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
  const allowed: ReadonlySet<string> = new Set(
    [...defaultHeaders, ...(options.headers ?? [])].map((name) => name.toLowerCase())
  )

  return IntegrationClient.stage((next) =>
    Effect.gen(function*() {
      const queue = yield* DeadLetterQueue.DeadLetterQueue
      const counter = Metric.tagged(letters, "integration", next.integration.id)
      const count = (event: string) => Metric.increment(Metric.tagged(counter, "event", event))

      yield* queue.register(next.integration.id, (letter) =>
        Effect.tapBoth(replay(next, letter), {
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
            const stored = toLetter(error, request, call, allowed, clockOf(fiber).unsafeCurrentTimeMillis())
            if (Either.isLeft(stored)) return notStored(error, call, stored.left, undefined, count)
            return Effect.matchCauseEffect(queue.capture(stored.right), {
              onFailure: (cause) => notStored(error, call, whyNot(cause), cause, count),
              onSuccess: (deadLetterId) =>
                Effect.as(count("captured"), IntegrationError.amend(error, { deadLetterId, deadLettered: true }))
            })
          })
        )

      return {
        holdsNothing: options.captureInterrupted !== true,
        leave: ({ call, request }, outcome) => {
          if (Exit.isSuccess(outcome)) return undefined
          const error = Pipeline.errorOf(outcome)
          if (error !== undefined) {
            return (call.capture ?? shouldCapture)(error, call)
              ? Pipeline.first(Effect.flatMap(store(error, request, call), Effect.fail))
              : undefined
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

const toLetter = (
  error: IntegrationError.IntegrationError,
  request: HttpClientRequest.HttpClientRequest,
  call: Call.Call,
  allowed: ReadonlySet<string>,
  nowMillis: number
): Either.Either<DeadLetterQueue.NewDeadLetter, string> =>
  Either.map(storedBody(request.body), (body) => {
    const { context, operation } = call
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(request.headers)) if (allowed.has(name)) headers[name] = value
    const query = UrlParams.toString(request.urlParams)
    return {
      attempts: call.attempts,
      connectionId: context.connectionId,
      correlationId: call.correlationId,
      error,
      firstAttemptAt: DateTime.unsafeMake(call.firstAttemptAt === 0 ? nowMillis : call.firstAttemptAt),
      idempotencyKey: call.idempotencyKey ??= crypto.randomUUID(),
      integration: operation.integration,
      lastAttemptAt: DateTime.unsafeMake(call.lastAttemptAt === 0 ? nowMillis : call.lastAttemptAt),
      metadata: { ...context.metadata },
      operation: operation.name,
      partitionKey: call.partitionKey,
      request: new DeadLetterQueue.DeadLetterRequest({
        cost: operation.cost,
        headers,
        idempotent: call.idempotent,
        mayHaveBeenProcessed: call.mayHaveBeenProcessed && !call.idempotent,
        method: request.method,
        template: operation.template,
        url: query === "" ? request.url : `${request.url}${request.url.includes("?") ? "&" : "?"}${query}`,
        ...body
      }),
      tenantId: context.tenantId,
      userId: context.userId
    }
  })

const decoder = new TextDecoder("utf-8", { fatal: true })

const bytesOf = (bytes: Uint8Array): DeadLetterQueue.Body => {
  try {
    return { _tag: "Text", value: decoder.decode(bytes) }
  } catch {
    return { _tag: "Base64", value: Encoding.encodeBase64(bytes) }
  }
}

const storedBody = (
  body: HttpBody.HttpBody
): Either.Either<Pick<DeadLetterQueue.DeadLetterRequest, "body" | "contentType">, string> => {
  const contentType = body.contentType
  switch (body._tag) {
    case "Empty":
      return Either.right({ body: undefined, contentType })
    case "Uint8Array":
      return Either.right({ body: bytesOf(body.body), contentType })
    case "Raw":
      if (typeof body.body === "string") return Either.right({ body: { _tag: "Text", value: body.body }, contentType })
      return body.body instanceof Uint8Array
        ? Either.right({ body: bytesOf(body.body), contentType })
        : Either.left("its raw body is neither text nor bytes")
    case "FormData":
      return Either.left("a form with files is not kept")
    case "Stream":
      return Either.left("its body was a stream, which is gone once sent")
  }
}

const replay = (
  next: IntegrationClient.Service,
  letter: DeadLetterQueue.DeadLetter
): Effect.Effect<void, IntegrationError.IntegrationError> =>
  Effect.suspend(() => {
    const { body, contentType, headers, method, url } = letter.request
    const call = new Call.Call(
      Operation.make({
        integration: letter.integration,
        version: next.integration.version,
        name: letter.operation,
        method: method as HttpMethod,
        template: letter.request.template ?? "",
        // only writes are captured by default, and to treat a read as one does no harm
        safe: false,
        idempotent: letter.request.idempotent,
        cost: letter.request.cost
      }),
      {
        connectionId: letter.connectionId,
        correlationId: letter.correlationId,
        metadata: letter.metadata,
        tenantId: letter.tenantId,
        userId: letter.userId
      },
      acceptWhole
    )
    call.idempotencyKey = letter.idempotencyKey
    call.partitionKey = letter.partitionKey
    call.isReplay = true
    // an integration without a base URL goes to many servers
    if (URL.canParse(url)) call.origin = new URL(url).origin
    const request = HttpClientRequest.make(method as HttpMethod)(url, { headers })
    return Effect.asVoid(next.send(withBody(request, body, contentType), call))
  })

/** Nobody looks at the answer to a replay: one that says "some of it" must not pass for "all of it". */
const acceptWhole: Call.Accept = (response, call) =>
  response.status === 207
    ? Effect.flatMap(Effect.orElseSucceed(response.json, () => undefined), (details) =>
      Effect.fail(
        new IntegrationError.ResponseDecodeError({
          ...call.errorFields,
          attempts: call.attempts,
          status: 207,
          message: "HTTP 207: some inputs of the batch were refused; details has the provider's answer",
          details
        })
      ))
    : Effect.void

const withBody = (
  request: HttpClientRequest.HttpClientRequest,
  body: DeadLetterQueue.Body | undefined,
  contentType: string | undefined
): HttpClientRequest.HttpClientRequest => {
  if (body === undefined) return request
  return body._tag === "Text"
    ? HttpClientRequest.bodyText(request, body.value, contentType)
    : HttpClientRequest.bodyUint8Array(request, Either.getOrThrow(Encoding.decodeBase64(body.value)), contentType)
}
