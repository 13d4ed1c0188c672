/**
 * A dispatcher whose every request waits for the test to say what comes over the wire.
 */
import type { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { HttpClient } from "@effect/platform"
import type { Fiber } from "effect"
import { Effect } from "effect"
import type { IntegrationError } from "holdfast"
import { Call, Operation, Transport } from "holdfast"

export interface Sent {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: unknown
}

interface Handler {
  onConnect(abort: (reason: Error) => void): void
  onHeaders(status: number, headers: ReadonlyArray<Buffer>, resume: () => void): boolean
  onData(chunk: Uint8Array): boolean
  onComplete(trailers: ReadonlyArray<Buffer>): void
  onError(error: Error): void
}

/** The callbacks of undici's seventh line, as the ones beneath them. */
const unwrap = (handler: object): Handler => {
  if (!("onRequestStart" in handler)) return handler as Handler
  const newer = handler as {
    onRequestStart(controller: object): void
    onResponseStart(controller: object, status: number, headers: Record<string, string | Array<string>>): void
    onResponseData(controller: object, chunk: Uint8Array): void
    onResponseEnd(controller: object, trailers: object): void
    onResponseError(controller: object, error: Error): void
  }
  let paused = false
  let goOn = () => {}
  const controller = {
    abort: (_: Error) => {},
    pause: () => paused = true,
    resume: () => {
      paused = false
      goOn()
    }
  }
  return {
    onComplete: () => newer.onResponseEnd(controller, {}),
    onConnect: (abort) => {
      controller.abort = abort
      newer.onRequestStart(controller)
    },
    onData: (chunk) => {
      newer.onResponseData(controller, chunk)
      return !paused
    },
    onError: (error) => newer.onResponseError(controller, error),
    onHeaders: (status, headers, resume) => {
      goOn = resume
      const record: Record<string, string> = {}
      for (let index = 0; index < headers.length; index += 2) {
        record[String(headers[index])] = String(headers[index + 1])
      }
      newer.onResponseStart(controller, status, record)
      return !paused
    }
  }
}

/** One request, from the side of the wire. */
export class Request {
  readonly aborts: Array<Error> = []
  resumed = 0
  /** What was asked for last: more, or no more for now. */
  wants = true
  #isOver = false

  constructor(readonly sent: Sent, readonly handler: Handler) {}

  connect(): this {
    this.handler.onConnect((reason) => {
      this.aborts.push(reason)
      if (!this.#isOver) this.fail(reason)
    })
    return this
  }
  headers(status: number, headers: Record<string, string | ReadonlyArray<string>> = {}): this {
    const wire = Object.entries(headers).flatMap(([name, value]) =>
      (typeof value === "string" ? [value] : value).flatMap((one) => [Buffer.from(name), Buffer.from(one, "latin1")])
    )
    this.wants = this.handler.onHeaders(status, wire, () => {
      this.resumed++
      this.wants = true
    })
    return this
  }
  data(chunk: string | Uint8Array): this {
    if (!this.#isOver) this.wants = this.handler.onData(Buffer.from(chunk))
    return this
  }
  complete(): this {
    if (this.#isOver) return this
    this.#isOver = true
    this.handler.onComplete([])
    return this
  }
  fail(error: Error): this {
    this.#isOver = true
    this.handler.onError(error)
    return this
  }
  /** All of an answer at once. */
  answer(status: number, body: string, headers?: Record<string, string | ReadonlyArray<string>>): this {
    return this.connect().headers(status, headers).data(body).complete()
  }
}

export class Wire implements Transport.Dispatcher {
  readonly requests: Array<Request> = []
  constructor(readonly onRequest: (request: Request) => void = () => {}) {}

  dispatch(options: object, handler: object): boolean {
    const request = new Request(options as Sent, unwrap(handler))
    this.requests.push(request)
    this.onRequest(request)
    return true
  }

  /** The one request that there is. */
  get request(): Request {
    const [request] = this.requests
    if (request === undefined || this.requests.length > 1) throw new Error(`${this.requests.length} requests`)
    return request
  }
}

export const operation = Operation.make({ integration: "shop", method: "POST", name: "orders.create", template: "/o" })

export const makeCall = (accept?: Call.Accept): Call.Call => new Call.Call(operation, {}, accept)

/** What a stack sends with, right over the wire. */
export const sendOver = (wire: Wire, options: Partial<Transport.Options> = {}): Effect.Effect<Transport.Send> =>
  Effect.map(
    Transport.fromDispatcher(wire),
    (client) =>
      Transport.make(client, { authenticate: Transport.noAuthentication, baseUrl: "https://shop.example", ...options })
  )

/** The same through a client that was derived from it: the long way. */
export const sendThrough = (wire: Wire, options: Partial<Transport.Options> = {}): Effect.Effect<Transport.Send> =>
  Effect.map(
    Transport.fromDispatcher(wire),
    (client) =>
      Transport.make(HttpClient.mapRequest(client, (request) => request), {
        authenticate: Transport.noAuthentication,
        baseUrl: "https://shop.example",
        ...options
      })
  )

/** Starts it, and gives it the time to come to the wire. */
export const started = (
  send: Transport.Send,
  request: HttpClientRequest.HttpClientRequest,
  call: Call.Call
): Effect.Effect<Fiber.RuntimeFiber<HttpClientResponse.HttpClientResponse, IntegrationError.IntegrationError>> =>
  Effect.tap(Effect.fork(send(request, call)), () => Effect.yieldNow())
