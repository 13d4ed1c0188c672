/**
 * An `HttpClient` straight over undici's `dispatch`.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { type Controller, dispatch, type Dispatcher, extraOptions, noTimeouts, withDirect } from "./dispatcher.js"
import type { RawHeaders } from "./headers.js"
import { LiveBody } from "./liveBody.js"
import { LiveResponse } from "./liveResponse.js"
import * as RequestBody from "./requestBody.js"

type Resume = (effect: Effect.Effect<LiveResponse, HttpClientError.RequestError>) => void

/** One request, until its response is handed over; after that it feeds the response's body. Called within the parser. */
class Exchange {
  #controller: Controller | undefined
  #request: HttpClientRequest.HttpClientRequest | undefined
  #resume: Resume | undefined
  #live: LiveBody | undefined
  #aborted: Error | undefined
  readonly #onAbort = () => this.#abort(this.signal.reason as Error)

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    readonly signal: AbortSignal,
    readonly body: unknown,
    resume: Resume
  ) {
    this.#request = request
    this.#resume = resume
    if (signal.aborted) this.#abort(signal.reason as Error)
    else signal.addEventListener("abort", this.#onAbort)
  }

  get isOver(): boolean {
    return this.#aborted !== undefined
  }

  #abort(reason: Error): void {
    this.#aborted = reason
    if (this.#live !== undefined) this.#live.abort(reason)
    else {
      this.onResponseError(undefined, reason)
      this.#controller?.abort(reason)
    }
  }

  onRequestStart(controller: Controller): void {
    // thrown, it takes the request out of the queue and leaves the connection alone
    if (this.#aborted !== undefined) throw this.#aborted
    this.#controller = controller
  }

  onResponseStart(controller: Controller, status: number, headers: RawHeaders): void {
    if (status < 200 || this.#request === undefined) return
    this.#live = new LiveBody(controller)
    const response = new LiveResponse(this.#request, status, headers, this.#live)
    this.#settle(Effect.succeed(response))
  }

  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.#live?.push(chunk)
  }

  onResponseEnd(): void {
    this.signal.removeEventListener("abort", this.#onAbort)
    this.#live?.end()
  }

  onResponseError(_: Controller | undefined, error: Error): void {
    this.signal.removeEventListener("abort", this.#onAbort)
    RequestBody.destroy(this.body, error)
    if (this.#live !== undefined) this.#live.fail(error)
    else if (this.#request !== undefined) {
      this.#settle(
        Effect.fail(new HttpClientError.RequestError({ cause: error, reason: "Transport", request: this.#request }))
      )
    }
  }

  onRequestUpgrade(_: Controller, __: number, ___: RawHeaders, socket: { destroy(): void }): void {
    socket.destroy()
    this.onResponseError(undefined, new Error("the server has switched protocols, which an HttpClient cannot follow"))
  }

  #settle(effect: Effect.Effect<LiveResponse, HttpClientError.RequestError>): void {
    const resume = this.#resume
    // the response can be collected only when nothing that the socket holds leads to it
    this.#resume = this.#request = undefined
    resume?.(effect)
  }
}

/** Services of the layer that makes the client hold for every request, unless a request has its own. */
export const make = (dispatcher: Dispatcher, context: Context.Context<never>): HttpClient.HttpClient => {
  const client = HttpClient.make((request, url, signal, fiber) =>
    Effect.async((resume) => {
      const body = RequestBody.toDispatch(request.body, fiber)
      const exchange = new Exchange(request, signal, body, resume)
      if (exchange.isOver) return
      const error = dispatch(
        dispatcher,
        {
          ...extraOptions(fiber),
          ...noTimeouts,
          body,
          headers: request.headers,
          method: request.method,
          origin: url.origin,
          path: url.pathname + url.search
        },
        exchange
      )
      if (error !== undefined) exchange.onResponseError(undefined, error)
    })
  )
  return withDirect(
    HttpClient.transformResponse(
      client,
      Effect.mapInputContext((input: Context.Context<never>) => Context.merge(context, input))
    ),
    { context, destroyBody: RequestBody.destroy, dispatcher, toBody: RequestBody.toDispatch }
  )
}

/** The client, over a dispatcher of somebody else's. */
export const fromDispatcher = (dispatcher: Dispatcher): Effect.Effect<HttpClient.HttpClient> =>
  Effect.map(Effect.context<never>(), (context) => make(dispatcher, withoutScope(context)))

const withoutScope = (context: Context.Context<never>): Context.Context<never> =>
  Context.omit(Scope.Scope)(context as Context.Context<Scope.Scope>) as Context.Context<never>
