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
import { concat } from "../../internal/bytes.js"
import * as Timers from "../../internal/timers.js"
import type { Call } from "../Call.js"
import * as Classification from "../Classification.js"
import type { IntegrationError } from "../IntegrationError.js"
import { BufferedResponse } from "./bufferedResponse.js"
import { DecodedResponse } from "./decodedResponse.js"
import { type Controller, type Direct, dispatch } from "./dispatcher.js"
import * as Guard from "./guard.js"
import { type WireHeaders, wireValue } from "./headers.js"
import { LiveBody } from "./liveBody.js"
import { LiveResponse } from "./liveResponse.js"
import * as Reading from "./reading.js"
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
  readonly #reader: Reading.Reader
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
    reader: Reading.Reader,
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
    this.#before = Reading.countAttempt(call, this.#clock, now)
    if (call.deadline !== Number.POSITIVE_INFINITY) {
      const at = now()
      this.#timer = Timers.start(this.#clock, at, call.deadline - at, () => {
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
    this.#limit = Reading.limitOf(this.#reader, status)
    if (this.#isOver || this.#abort === undefined) return true
    if (Reading.isStreamed(this.#reader, this.#call, status, () => wireValue(headers, "content-length"))) {
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
        (error) => Effect.sync(() => Reading.clearDoubt(call, this.#before, error))
      )
    }
    if (Exit.isFailure(outcome)) {
      // what was never started was not sent, whatever the reason
      if (this.#abort === undefined) call.mayHaveBeenProcessed = this.#before
      else if (outcome.cause._tag === "Fail") Reading.clearDoubt(call, this.#before, outcome.cause.error)
    }
    return outcome
  }

  #conclude(): Sending {
    const call = this.#call
    if (this.#live !== undefined) return this.#handOver(this.#live)
    const complete = this.#size <= this.#limit
    const pieces = this.#pieces ?? (this.#first === undefined ? [] : [this.#first])
    const bytes = concat(pieces, complete ? this.#size : this.#limit)
    const response = this.#received(bytes, !complete)
    // until then there was no answer
    if (this.#status !== 0) call.answer = response
    if (this.#isTimedOut) return call.expire()
    if (this.#error !== undefined) return Exit.fail(this.#networkError(this.#error, response))
    return Reading.conclude(this.#reader, response, call, this.#clock)
  }

  #received(bytes: Uint8Array, isCut: boolean): BufferedResponse {
    return new BufferedResponse(this.#request, this.#status, this.#headers, bytes, this.#statusText, isCut)
  }

  #handOver(body: LiveBody): Sending {
    const whole = this.#reader.wholeBytes > 0 && body.hasEnded ? body.takeWhole() : undefined
    if (whole instanceof Uint8Array) {
      // it came with its headers
      const response = this.#call.answer = this.#received(whole, false)
      return Reading.conclude(this.#reader, response, this.#call, this.#clock)
    }
    const live = new LiveResponse(this.#request, this.#status, this.#headers, body, this.#statusText)
    const { headers, status } = live
    // the call is known here as long as the connection lasts, and must not keep the response that long
    this.#call.answer = { headers, status }
    if (Reading.judge(this.#reader, live, this.#call, this.#clock) !== undefined) {
      return Reading.readWhole(this.#reader, live, this.#request, this.#call, this.#clock)
    }
    unreachable.register(live, body)
    return Exit.succeed(this.#reader.decompress ? DecodedResponse.of(live) : live)
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
