/**
 * What becomes of an answer, however it was received.
 */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { lengthOf, readBody } from "../../internal/readBody.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import { type IntegrationError, ResponseDecodeError, surelyNotProcessed } from "../IntegrationError.js"
import { Accepted, BufferedResponse } from "./bufferedResponse.js"
import { DecodedResponse } from "./decodedResponse.js"
import { codingsOf, decode } from "./decoding.js"
import { rawOf } from "./headers.js"
import { LiveResponse } from "./liveResponse.js"
import { outcomeOf } from "./resolved.js"

export interface Reader {
  readonly classify: Classification.Classifier | undefined
  /** Sends `accept-encoding`, and undoes the encoding. */
  readonly decompress: boolean
  readonly isSuccess: (status: number) => boolean
  readonly maxErrorBytes: number
  readonly maxResponseBytes: number
  /** What says that it is no longer is read whole, also where it could be handed over on its way. */
  readonly wholeBytes: number
}

export const is2xx = (status: number): boolean => status >= 200 && status < 300

/** Of an answer that is there already. */
export const unlimited = (classify: Classification.Classifier | undefined): Reader => ({
  classify,
  decompress: false,
  isSuccess: is2xx,
  maxErrorBytes: Number.POSITIVE_INFINITY,
  maxResponseBytes: Number.POSITIVE_INFINITY,
  wholeBytes: 0
})

/** How much of a body is read. */
export const limitOf = (reader: Reader, status: number): number =>
  is2xx(status) ? reader.maxResponseBytes : reader.maxErrorBytes

/** Whether the body is handed over on its way; `length` is the value of its `content-length`. */
export const isStreamed = (reader: Reader, call: Call, status: number, length: () => string | undefined): boolean => {
  if (!call.stream || !is2xx(status)) return false
  const bytes = reader.wholeBytes === 0 ? undefined : lengthOf(length())
  return bytes === undefined || bytes > reader.wholeBytes
}

/** Parses the body, and reads the clock, only when a classifier looks at them. */
class View implements Classification.ResponseView {
  constructor(readonly response: Received, readonly clock: Clock.Clock) {}
  get status(): number {
    return this.response.status
  }
  get headers(): Headers.Headers {
    return this.response.headers
  }
  get body(): unknown {
    return this.response.bodyLenient
  }
  get nowMillis(): number {
    return this.clock.unsafeCurrentTimeMillis()
  }
}

interface Received {
  readonly status: number
  readonly headers: Headers.Headers
  /** Nothing where the body is handed on unread. */
  readonly bodyLenient?: unknown
}

/** The error that an answer stands for. */
export const judge = (
  reader: Reader,
  response: Received,
  call: Call,
  clock: Clock.Clock
): IntegrationError | undefined =>
  reader.classify === undefined && reader.isSuccess(response.status)
    ? undefined
    : Classification.fromResponse(call, new View(response, clock), reader.classify, reader.isSuccess)

/** Classifies a body that was read, and has the operation accept it. */
const settle = (
  reader: Reader,
  response: BufferedResponse,
  call: Call,
  clock: Clock.Clock
): Effect.Effect<BufferedResponse, IntegrationError> => {
  call.response = response
  const error = judge(reader, response, call, clock)
  if (error !== undefined) return Exit.fail(error)
  if (response.isCut) {
    return Exit.fail(
      new ResponseDecodeError({
        ...call.errorFields,
        attempts: call.attempts,
        status: response.status,
        message: `the response body is larger than ${
          limitOf(reader, response.status)
        } bytes: raise maxResponseBytes, or ask for less`
      })
    )
  }
  if (call.accept === undefined || call.stream) return Exit.succeed(response)
  const accepting = call.accept(response, call)
  const accept = (value: unknown): BufferedResponse => {
    response.accepted = new Accepted(value)
    return response
  }
  const accepted = outcomeOf(accepting)
  return accepted === undefined ? Effect.map(accepting, accept) : Exit.map(accepted, accept)
}

/** What becomes of an answer whose body has come. */
export const conclude = (
  reader: Reader,
  response: BufferedResponse,
  call: Call,
  clock: Clock.Clock
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError> => {
  const codings = reader.decompress && response.bytes.length > 0
    ? codingsOf(response.received.value("content-encoding"))
    : undefined
  if (codings === undefined) return settle(reader, response, call, clock)
  const isOnItsWay = call.stream && is2xx(response.status)
  const limit = isOnItsWay ? reader.wholeBytes : limitOf(reader, response.status)
  return Effect.matchEffect(decode(response.bytes, codings, limit), {
    onFailure: (cause) =>
      Effect.fail(
        Classification.fromHttpClientError(
          call,
          new HttpClientError.ResponseError({ cause, reason: "Decode", request: response.request, response })
        )
      ),
    onSuccess: (decoded): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError> => {
      const isWhole = decoded.complete && !response.isCut
      const plain = response.withBytes(decoded.bytes, !isWhole)
      // small as it came, and who knows how large as it is: decoded as it is read
      return isOnItsWay && !isWhole && judge(reader, plain, call, clock) === undefined
        ? Exit.succeed(new DecodedResponse(response, codings))
        : settle(reader, plain, call, clock)
    }
  })
}

/** Reads the body of a response that is on its way, and concludes. */
export const readWhole = (
  reader: Reader,
  response: HttpClientResponse.HttpClientResponse,
  request: HttpClientRequest.HttpClientRequest,
  call: Call,
  clock: Clock.Clock
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError> =>
  Effect.flatMap(
    Effect.mapError(
      readBody(response, limitOf(reader, response.status)),
      (error) => Classification.fromHttpClientError(call, error)
    ),
    ({ bytes, complete }) => conclude(reader, received(request, response, bytes, !complete), call, clock)
  )

const received = (
  request: HttpClientRequest.HttpClientRequest,
  response: HttpClientResponse.HttpClientResponse,
  bytes: Uint8Array,
  isCut: boolean
): BufferedResponse =>
  response instanceof LiveResponse
    ? new BufferedResponse(request, response.status, response.received.raw, bytes, response.received.statusText, isCut)
    : new BufferedResponse(request, response.status, rawOf(response), bytes, "", isCut)

/**
 * Counts a request that is about to be sent, and says whether an earlier one may have been acted on. `now` is monotonic,
 * and is asked for only where the call is timed.
 */
export const countAttempt = (call: Call, clock: Clock.Clock, now: () => number): boolean => {
  const before = call.mayHaveBeenProcessed
  // until an answer says otherwise: a deadline or an interruption leaves it open
  call.mayHaveBeenProcessed = !call.operation.safe
  call.attempts++
  call.answer = undefined
  call.response = undefined
  call.lastAttemptAt = clock.unsafeCurrentTimeMillis()
  if (call.firstAttemptAt === 0) call.firstAttemptAt = call.lastAttemptAt
  if (call.timed) call.sentAt = now()
  return before
}

/** Takes the doubt away that counting has left, where the error says that nothing has been acted on. */
export const clearDoubt = (call: Call, before: boolean, error: IntegrationError): void => {
  if (surelyNotProcessed(error)) call.mayHaveBeenProcessed = before
}
