/**
 * What is used of undici, by its shape: the package itself is an optional peer, loaded only where a layer makes a pool.
 */
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"

/** Whatever has undici's `dispatch`. */
export interface Dispatcher {
  dispatch(options: object, handler: object): boolean
}

/** The body of a response, from the side that sends it. */
export interface Controller {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

/** Deadlines are kept above: undici's own timers are off. */
export const noTimeouts = { bodyTimeout: 0, headersTimeout: 0 }

/** Dispatches; what a dispatcher throws instead of telling the handler is given back. */
export const dispatch = (dispatcher: Dispatcher, options: object, handler: object): Error | undefined => {
  try {
    dispatcher.dispatch(options, handler)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error), { cause: error })
  }
}

/** What a client that stands right over a dispatcher carries, and what no client that was derived from it does. */
export interface Direct {
  readonly dispatcher: Dispatcher
  /** Of the layer that made the client: services given to it hold for every request. */
  readonly context: Context.Context<never>
  readonly toBody: (body: HttpBody.HttpBody, fiber: Fiber.RuntimeFiber<unknown, unknown>) => unknown
  readonly destroyBody: (body: unknown, error: Error) => void
}

const direct = Symbol.for("holdfast/Transport/Direct")

export const withDirect = (client: HttpClient.HttpClient, value: Direct): HttpClient.HttpClient =>
  Object.defineProperty(client, direct, { value })

/** Combinators make new clients, so that a client which has this does nothing to its requests. */
export const directOf = (client: HttpClient.HttpClient): Direct | undefined =>
  (client as { readonly [direct]?: Direct })[direct]

// the tag of @effect/platform-node, by its key: what it gives to requests of that package's client holds here too
const undiciOptions = "@effect/platform-node/NodeHttpClient/undiciOptions"

/** Options of `NodeHttpClient.UndiciRequestOptions`, where a program gives some. */
export const extraOptions = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  context?: Context.Context<never>
): object | undefined =>
  (fiber.currentContext.unsafeMap.get(undiciOptions) ?? context?.unsafeMap.get(undiciOptions)) as object | undefined
