/**
 * What stands in for the provider: an answer that is made up, by a fault that is injected or by a fallback, and a request
 * that was not sent but counts as one.
 *
 * @since 0.1.0
 */
import * as Headers from "@effect/platform/Headers"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import { clockOf, monotonicMillis } from "../internal/time.js"
import type { Call } from "./Call.js"
import type { Classifier } from "./Classification.js"
import type { IntegrationError } from "./IntegrationError.js"
import { BufferedResponse } from "./internal/bufferedResponse.js"
import { clearDoubt, conclude, countAttempt, unlimited } from "./internal/reading.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Text and bytes as they are, all else as JSON; absent: empty. */
  readonly body?: unknown
}

const encoder = new TextEncoder()

const bytesOf = (body: unknown): Uint8Array => {
  if (body === undefined) return new Uint8Array()
  if (body instanceof Uint8Array) return body
  return encoder.encode(typeof body === "string" ? body : JSON.stringify(body))
}

/**
 * Reads an answer as the transport reads the provider's own: a failure by status, headers and body becomes the error that
 * it stands for, and a success is decoded by what the operation promises.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (
  answer: Answer,
  options: {
    readonly request: HttpClientRequest.HttpClientRequest
    readonly call: Call
    /** The provider's reading of its answers. */
    readonly classify: Classifier | undefined
  }
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError> =>
  Effect.withFiberRuntime((fiber) => {
    const { call, classify, request } = options
    const headers = Headers.fromInput(answer.headers)
    const response = new BufferedResponse(request, answer.status, headers, bytesOf(answer.body))
    call.answer = response
    return conclude(unlimited(classify), response, call, clockOf(fiber))
  })

/**
 * Counts as a request of the call, for all that reads the call: the number of attempts, their times, and whether the
 * provider may have acted.
 *
 * @since 0.1.0
 * @category combinators
 */
export const asAttempt = <A>(
  call: Call,
  attempt: () => Effect.Effect<A, IntegrationError>
): Effect.Effect<A, IntegrationError> =>
  Effect.withFiberRuntime((fiber) => {
    const clock = clockOf(fiber)
    const before = countAttempt(call, clock, () => monotonicMillis(clock))
    return Effect.tapError(attempt(), (error) => Effect.sync(() => clearDoubt(call, before, error)))
  })
