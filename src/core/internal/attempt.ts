/**
 * One attempt, straight over undici's `dispatch`: the whole body is gathered by the handler itself, and its deadline is
 * kept by one timer.
 */
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Timers from "../../internal/timers.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import type { IntegrationError } from "../IntegrationError.js"
import { BufferedResponse } from "./bufferedResponse.js"
import { concat } from "./bytes.js"
import { DecodedResponse } from "./decodedResponse.js"
import { type Controller, type Direct, dispatch } from "./dispatcher.js"
import * as Guard from "./guard.js"
import { type WireHeaders, wireValue } from "./headers.js"
import { LiveBody } from "./liveBody.js"
import { LiveResponse } from "./liveResponse.js"
import { clearDoubt, countAttempt, handOver, isStreamed, lengthOf, limitOf, read, type Reader } from "./reading.js"
import { outcomeOf } from "./resolved.js"

type Sending = Effect.Effect<HttpClientResponse.HttpClientResponse, IntegrationError>

const abandoned = (): Error => new Error("the request was given up")

/** A body that was handed over, and that nobody can read any more. */
const unreachable = new FinalizationRegistry<LiveBody>((body) => body.abort(abandoned()))

/** The handler's answers, `false` for "no more for now", as something to be told. */
class Flow implements Controller {
  isPaused = false
  constructor(readonly abort: (reason: Error) => void, readonly goOn: () => void) {}
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
    this.goOn()
  }
}

/** Options of a request for `dispatch`; of its body, only what is needed to end it. */
interface Outgoing {
  readonly body: unknown
}

/**
 * Has the callbacks with which undici's parser itself works. Those that came with its seventh line are a layer over them
 * that reads every header and the trailers of every response: a tenth of what a request costs.
 *
 * They are called from within the parser, so that they only write down what has come; the fiber does the rest.
 */
export class Attempt {
  readonly #direct: Direct
  readonly #reader: Reader
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #outgoing: Outgoing
  readonly #call: Call
  readonly #clock: Clock.Clock
  /** Whether an earlier attempt may have been acted on. */
  #before = false
  #resume: ((effect: Sending) => void) | undefined
  #timer: Timers.Timer
  #isOver = false
  #isTimedOut = false
  #abort: ((reason: Error) => void) | undefined
  #status = 0
  #statusText = ""
  #headers: WireHeaders = []
  #limit = 0
  #size = 0
  /** The body where it comes in one piece, as it mostly does; else its first piece. */
  #first: Uint8Array | undefined
  #pieces: Array<Uint8Array> | undefined
  /** Of a body that was handed over. */
  #live: LiveBody | undefined
  #flow: Flow | undefined
  #error: Error | undefined

  constructor(
    direct: Direct,
    reader: Reader,
    /** As it was before the credential was put on it: responses end up in logs. */
    request: HttpClientRequest.HttpClientRequest,
    outgoing: Outgoing,
    call: Call,
    clock: Clock.Clock
  ) {
    this.#direct = direct
    this.#reader = reader
    this.#request = request
    this.#outgoing = outgoing
    this.#call = call
    this.#clock = clock
  }

  /** Sends it. The clock is asked only where the call has a deadline, or is timed. */
  start(now: () => number, resume: (effect: Sending) => void): void {
    const call = this.#call
    this.#resume = resume
    this.#before = countAttempt(call, this.#clock, now)
    if (call.deadline !== Number.POSITIVE_INFINITY) {
      this.#timer = Timers.start(this.#clock, call.deadline - now(), () => {
        this.#isTimedOut = !this.#isOver
        this.#giveUp()
      })
    }
    const error = dispatch(this.#direct.dispatcher, this.#outgoing, this)
    if (error !== undefined) this.onError(error)
  }

  /** Closes the connection, and waits for nothing. */
  abandon(): void {
    if (this.#live !== undefined) this.#live.abort(abandoned())
    else this.#giveUp()
  }

  #giveUp(): void {
    if (this.#isOver) return
    this.#settle()
    const reason = abandoned()
    this.#direct.destroyBody(this.#outgoing.body, reason)
    this.#abort?.(reason)
  }

  onConnect(abort: (reason: Error) => void): void {
    // thrown, it takes the request out of the queue and leaves the connection alone
    if (this.#isOver) throw abandoned()
    this.#abort = abort
  }

  onHeaders(status: number, headers: WireHeaders, resume: () => void, statusText?: string): boolean {
    if (status < 200) return true
    this.#status = status
    this.#statusText = statusText ?? ""
    this.#headers = headers
    this.#limit = limitOf(this.#reader, status)
    if (this.#isOver || this.#abort === undefined) return true
    if (isStreamed(this.#reader, this.#call, status, () => lengthOf(wireValue(headers, "content-length")))) {
      this.#flow = new Flow(this.#abort, resume)
      this.#live = new LiveBody(this.#flow)
      this.#settle()
    }
    return true
  }

  onData(chunk: Uint8Array): boolean {
    if (this.#live !== undefined) {
      this.#live.push(chunk)
      return this.#flow?.isPaused !== true
    }
    if (this.#first === undefined) this.#first = chunk
    else if (this.#pieces === undefined) this.#pieces = [this.#first, chunk]
    else this.#pieces.push(chunk)
    this.#size += chunk.length
    if (this.#size > this.#limit && !this.#isOver) {
      this.#settle()
      this.#abort?.(abandoned())
    }
    return true
  }

  onComplete(): void {
    if (this.#live !== undefined) this.#live.end()
    else this.#settle()
  }

  onError(error: Error): void {
    this.#direct.destroyBody(this.#outgoing.body, error)
    if (this.#live !== undefined) this.#live.fail(error)
    else if (!this.#isOver) {
      this.#error = error
      this.#settle()
    }
  }

  onUpgrade(_status: number, _headers: WireHeaders, socket: { destroy(): void }): void {
    socket.destroy()
    this.onError(new Error("the server has switched protocols, which nobody has asked for"))
  }

  #settle(): void {
    if (this.#isOver) return
    this.#isOver = true
    Timers.stop(this.#timer)
    const resume = this.#resume
    this.#resume = undefined
    resume?.(Effect.suspend(() => this.#finish()))
  }

  #finish(): Sending {
    const call = this.#call
    const concluding = this.#conclude()
    const outcome = outcomeOf(concluding)
    if (outcome === undefined) {
      return Effect.tapError(
        Guard.underDeadline(concluding, call),
        (error) => Effect.sync(() => clearDoubt(call, this.#before, error))
      )
    }
    if (Exit.isFailure(outcome)) {
      // what was never started was not sent, whatever the reason
      if (this.#abort === undefined) call.mayHaveBeenProcessed = this.#before
      else if (outcome.cause._tag === "Fail") clearDoubt(call, this.#before, outcome.cause.error)
    }
    return outcome
  }

  #conclude(): Sending {
    const call = this.#call
    if (this.#live !== undefined) return this.#handOver(this.#live)
    const complete = this.#size <= this.#limit
    const pieces = this.#pieces ?? (this.#first === undefined ? [] : [this.#first])
    const bytes = concat(pieces, complete ? this.#size : this.#limit)
    const response = new BufferedResponse(
      this.#request,
      this.#status,
      this.#headers,
      bytes,
      this.#statusText,
      !complete
    )
    // until then there was no answer
    if (this.#status !== 0) call.answer = response
    if (this.#isTimedOut) return call.expire()
    if (this.#error !== undefined) return Exit.fail(this.#networkError(this.#error, response))
    return read(this.#reader, response, call, this.#clock)
  }

  #handOver(body: LiveBody): Sending {
    if (this.#reader.wholeBytes > 0 && body.hasEnded) {
      // it came with its headers
      const whole = body.takeWhole()
      if (whole instanceof Uint8Array) {
        const response = new BufferedResponse(this.#request, this.#status, this.#headers, whole, this.#statusText)
        return read(this.#reader, response, this.#call, this.#clock)
      }
    }
    const live = new LiveResponse(this.#request, this.#status, this.#headers, body, this.#statusText)
    const response = this.#reader.decompress ? DecodedResponse.of(live) : live
    const outcome = handOver(this.#reader, response, this.#call, this.#clock)
    if (Exit.isSuccess(outcome)) unreachable.register(live, body)
    // nobody will read it, and it would hold its connection
    else body.abort(abandoned())
    return outcome
  }

  #networkError(cause: Error, response: BufferedResponse): IntegrationError {
    const request = this.#request
    return Classification.fromHttpClientError(
      this.#call,
      this.#status === 0
        ? new HttpClientError.RequestError({ cause, reason: "Transport", request })
        : new HttpClientError.ResponseError({ cause, reason: "Decode", request, response })
    )
  }
}
