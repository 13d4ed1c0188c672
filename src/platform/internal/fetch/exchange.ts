/**
 * One call of `fetch`: the request through the stack, redirects each through it again, and what its promise becomes.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { Call } from "../../../core/Call.js"
import type * as IntegrationContext from "../../../core/IntegrationContext.js"
import { type IntegrationError, UnavailableError } from "../../../core/IntegrationError.js"
import type * as Operation from "../../../core/Operation.js"
import * as Pipeline from "../../../core/Pipeline.js"
import * as Transport from "../../../core/Transport.js"
import { offAbort, onAbort } from "../../../internal/abortSignals.js"
import type { SecretQuery } from "../../../internal/secretQuery.js"
import type { Body } from "./body.js"
import type { Engine } from "./engine.js"
import * as Headers from "./headers.js"
import type { Described } from "./operations.js"
import * as Redirect from "./redirect.js"
import type { Asked } from "./request.js"
import * as WebResponse from "./response.js"
import { hiddenUrl } from "./signing.js"

export interface Settings {
  readonly id: string
  readonly rejectsErrors: boolean
  readonly secrets: SecretQuery
  readonly operationOf: (request: Described) => Operation.Operation
  /** The idempotency key that a request brings with it. */
  readonly keyOf: (headers: Readonly<Record<string, string>>) => string | undefined
  readonly contextOf: () => IntegrationContext.Fields
  /** What the answers that were given out stand for. */
  readonly errors: WeakMap<Response, IntegrationError>
}

type Answer = HttpClientResponse.HttpClientResponse

export const disposed = (id: string, operation: string): UnavailableError =>
  new UnavailableError({
    integration: id,
    message: `the fetch "${id}" has been disposed: nothing more is sent`,
    operation
  })

/** The failure that `fetch` has for what it refuses. */
const refusal = (reason: string): TypeError => new TypeError("fetch failed", { cause: new Error(reason) })

export class Exchange {
  #url: URL
  #method: string
  #headers: Record<string, string>
  #body: Body | undefined
  #redirects = 0
  #engine: Engine | undefined
  #fiber: Fiber.RuntimeFiber<Answer, IntegrationError> | undefined
  #isSettled = false

  constructor(
    readonly settings: Settings,
    readonly asked: Asked,
    readonly resolve: (response: Response) => void,
    readonly reject: (reason: unknown) => void
  ) {
    this.#url = asked.url
    this.#method = asked.method
    this.#headers = asked.headers
    if (!(asked.body instanceof Promise)) this.#body = asked.body
    if (asked.signal !== undefined) onAbort(asked.signal, this.#onAbort)
  }

  start(engine: Engine, body: Body | undefined): void {
    this.#engine = engine
    this.#body = body
    if (body?.contentType !== undefined) this.#headers["content-type"] ??= body.contentType
    this.#send()
  }

  /** Also for what comes before it can be started. */
  fail(reason: unknown): void {
    if (this.#settle()) {
      this.#release(reason)
      this.reject(reason)
    }
  }

  readonly #onAbort = (): void => {
    this.fail(this.asked.signal?.reason)
    // nobody waits for it to end
    this.#fiber?.unsafeInterruptAsFork(FiberId.none)
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    const { signal } = this.asked
    if (signal !== undefined) offAbort(signal, this.#onAbort)
    return true
  }

  #release(reason: unknown = this.asked.signal?.reason): void {
    const { body } = this.asked
    if (this.#body !== undefined) this.#body.release?.(reason)
    // it is let go as soon as it is known
    else if (body instanceof Promise) body.then((body) => body.release?.(reason), () => {})
  }

  #send(): void {
    const engine = this.#engine
    if (engine === undefined || this.#isSettled) return
    const redirects = this.#redirects
    try {
      const call = this.#call()
      const fiber = engine.fork(engine.client.send(this.#request(), call), (exit) => this.#ended(exit, call))
      if (fiber === undefined) return this.fail(disposed(this.settings.id, call.operation.name))
      // it may have ended already, and another be under way
      if (this.#redirects === redirects) this.#fiber = fiber
    } catch (error) {
      this.fail(error)
    }
  }

  #call(): Call {
    const { settings } = this
    const operation = settings.operationOf({ headers: this.#headers, method: this.#method, url: this.#url })
    const call = new Call(operation, settings.contextOf(), undefined)
    call.origin = this.#url.origin
    call.stream = true
    const key = operation.safe ? undefined : settings.keyOf(this.#headers)
    if (key !== undefined) {
      // who brings one has a provider that honours it
      call.idempotencyKey = key
      call.keyHonoured = true
    }
    return call
  }

  #request(): HttpClientRequest.HttpClientRequest {
    const headers = this.#headers
    const stored = this.settings.secrets.redact(this.#url)
    const request = HttpClientRequest.make(this.#method as HttpMethod)(stored ?? this.#url.href)
    const withBody = this.#body === undefined
      ? request
      : HttpClientRequest.setBody(request, this.#body.encode(headers["content-type"]))
    return HttpClientRequest.setHeaders(
      withBody,
      Headers.seal(stored === undefined ? headers : { ...headers, [hiddenUrl]: this.#url.href })
    )
  }

  #ended(exit: Exit.Exit<Answer, IntegrationError>, call: Call): void {
    if (this.#isSettled) {
      if (Exit.isSuccess(exit)) this.#discard(exit.value)
      return
    }
    try {
      if (Exit.isSuccess(exit)) return this.#answer(exit.value)
      const error = Pipeline.errorOf(exit)
      if (error !== undefined) return this.#failed(error, call)
      this.fail(
        Exit.isInterrupted(exit)
          ? disposed(this.settings.id, call.operation.name)
          : Cause.squash(exit.cause)
      )
    } catch (error) {
      this.fail(error)
    }
  }

  #failed(error: IntegrationError, call: Call): void {
    const { response } = call
    // a local failure after an answer, such as a circuit that opened meanwhile, has no status: there is no answer to it
    const isAnswered = response !== undefined && error.status !== undefined && !Transport.wireOf(response).isCut
    if (!isAnswered || this.settings.rejectsErrors) return this.fail(error)
    this.settings.errors.set(this.#respond(response), error)
  }

  #answer(answer: Answer): void {
    const location = Redirect.isRedirect(answer.status) ? answer.headers.location : undefined
    const decision = Redirect.decide(answer.status, location, {
      count: this.#redirects,
      isReplayable: this.#body?.release === undefined,
      method: this.#method,
      mode: this.asked.redirect,
      url: this.#url
    })
    if (decision === undefined) {
      this.#respond(answer)
      return
    }
    this.#discard(answer)
    if (decision._tag === "Refuse") this.fail(refusal(decision.reason))
    else this.#follow(decision)
  }

  #follow(decision: Redirect.Follow): void {
    const headers = Headers.make()
    for (const name in this.#headers) {
      if (decision.dropsBody && Redirect.ofBody.includes(name)) continue
      if (decision.dropsCredentials && Redirect.ofCredentials.includes(name)) continue
      headers[name] = this.#headers[name] as string
    }
    if (decision.dropsBody) this.#body = undefined
    this.#headers = headers
    this.#method = decision.method
    this.#url = decision.url
    this.#redirects++
    this.#send()
  }

  #respond(answer: Answer): Response {
    const response = WebResponse.make(answer, {
      method: this.#method,
      redirected: this.#redirects > 0,
      signal: this.asked.signal,
      url: this.#url.href
    })
    this.#settle()
    this.resolve(response)
    return response
  }

  /** Nobody will read its body. */
  #discard(answer: Answer): void {
    if (Transport.heldBody(answer) === undefined) {
      Transport.toReadableStream(answer).cancel(new Error("nobody reads the body")).catch(() => {})
    }
  }
}
