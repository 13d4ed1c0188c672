/**
 * What becomes of an answer, however it was received.
 */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import { type IntegrationError, ResponseDecodeError, surelyNotProcessed } from "../IntegrationError.js"
import { BufferedResponse } from "./bufferedResponse.js"
import { DecodedResponse } from "./decodedResponse.js"
import { codingsOf, decode } from "./decoding.js"
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

const is2xx = (status: number): boolean => status >= 200 && status < 300

/** How much of a body is read. */
export const limitOf = (reader: Reader, status: number): number =>
  is2xx(status) ? reader.maxResponseBytes : reader.maxErrorBytes

/** Whether the body is handed over on its way. */
export const isStreamed = (reader: Reader, call: Call, status: number, length: () => number | undefined): boolean => {
  if (!call.stream || !is2xx(status)) return false
  const bytes = reader.wholeBytes === 0 ? undefined : length()
  return bytes === undefined || bytes > reader.wholeBytes
}

/** The value of a `content-length`. */
export const lengthOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined

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
const judge = (
  reader: Reader,
  response: Received,
  call: Call,
  clock: Clock.Clock
): IntegrationError | undefined =>
  reader.classify === undefined && reader.isSuccess(response.status)
    ? undefined
    : Classification.fromResponse(call, new View(response, clock), reader.classify, reader.isSuccess)

/** Classifies a body that was read, and has the operation accept it. */
const conclude = (
  reader: Reader,
  response: BufferedResponse,
  call: Call,
  clock: Clock.Clock
): Effect.Effect<BufferedResponse, IntegrationError> => {
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
    response.accepted = { value }
    return response
  }
  const accepted = outcomeOf(accepting)
  return accepted === undefined ? Effect.map(accepting, accept) : Exit.map(accepted, accept)
}

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
  call.lastAttemptAt = clock.unsafeCurrentTimeMillis()
  if (call.firstAttemptAt === 0) call.firstAttemptAt = call.lastAttemptAt
  if (call.timed) call.sentAt = now()
  return before
}

/** Takes the doubt away that counting has left, where the error says that nothing has been acted on. */
export const clearDoubt = (call: Call, before: boolean, error: IntegrationError): void => {
  if (surelyNotProcessed(error)) call.mayHaveBeenProcessed = before
}

/** What becomes of a body that has come. */
export const read = (
  reader: Reader,
  response: BufferedResponse,
  call: Call,
  clock: Clock.Clock
): Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError> => {
  const codings = reader.decompress && response.bytes.length > 0 ? codingsOf(response.headers) : undefined
  call.answer = response
  if (codings === undefined) return conclude(reader, response, call, clock)
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
      if (isOnItsWay && !decoded.complete) {
        // small as it came, and who knows how large as it is: decoded as it is read
        return handOver(reader, new DecodedResponse(response, codings), call, clock)
      }
      const plain = response.withBytes(decoded.bytes, response.isCut || !decoded.complete)
      call.answer = plain
      return conclude(reader, plain, call, clock)
    }
  })
}

/** What becomes of a response that is handed on with its body unread. */
export const handOver = (
  reader: Reader,
  response: HttpClientResponse.HttpClientResponse,
  call: Call,
  clock: Clock.Clock
): Exit.Exit<HttpClientResponse.HttpClientResponse, IntegrationError> => {
  // the connection leads to the call, which must not lead to the response: it could never be lost
  call.answer = BufferedResponse.unread(response)
  const error = judge(reader, response, call, clock)
  return error === undefined ? Exit.succeed(response) : Exit.fail(error)
}
