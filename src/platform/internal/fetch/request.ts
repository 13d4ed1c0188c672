/**
 * What a call of `fetch` asks for: its two arguments, read as the standard says.
 */
import * as Body from "./body.js"
import * as Headers from "./headers.js"
import type * as Redirect from "./redirect.js"

/** As `fetch` takes them. */
export type Input = Parameters<typeof globalThis.fetch>[0]
export type Init = Parameters<typeof globalThis.fetch>[1]

export interface Asked {
  /** Without its fragment. */
  readonly url: URL
  readonly method: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  readonly body: Body.Body | Promise<Body.Body> | undefined
  readonly redirect: Redirect.Mode
  readonly signal: AbortSignal | undefined
}

/** The parts that a `Request` and an init have in common. */
interface Parts {
  readonly method?: unknown
  readonly headers?: unknown
  readonly body?: unknown
  readonly duplex?: unknown
  readonly redirect?: unknown
  readonly signal?: unknown
  readonly cache?: unknown
  readonly integrity?: unknown
  readonly dispatcher?: unknown
  readonly bodyUsed?: unknown
  readonly url?: unknown
}

const none: Parts = {}

/** Also one of another realm, or of another implementation of the standard. */
const isRequest = (input: unknown): input is Parts =>
  typeof input === "object" && input !== null &&
  (input instanceof Request || ("url" in input && "headers" in input && "bodyUsed" in input))

const parse = (text: string): URL => {
  try {
    return new URL(text)
  } catch {
    throw new TypeError("the URL cannot be parsed: it must be absolute, as in https://example.com/")
  }
}

const urlOf = (input: unknown): URL => {
  const url = parse(String(input))
  // not the URL itself: it may hold a password
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("the URL holds a user name or a password: put them in an authorization header")
  }
  if (url.hash !== "") url.hash = ""
  return url
}

/** What is fetched from no network is for the platform to fetch. */
const isElsewhere = ({ protocol }: URL): boolean => protocol === "data:" || protocol === "blob:"

const token = /^[\w!#$%&'*+\-.^`|~]+$/
const normalized = /^(?:delete|get|head|options|post|put)$/i
const forbidden = /^(?:connect|trace|track)$/i

const methodOf = (input: unknown): string => {
  const method = String(input)
  if (!token.test(method)) throw new TypeError(`"${method}" is not a method`)
  if (forbidden.test(method)) throw new TypeError(`the method ${method.toUpperCase()} is for nobody to fetch with`)
  return normalized.test(method) ? method.toUpperCase() : method
}

const redirectOf = (mode: unknown): Redirect.Mode => {
  if (mode === undefined) return "follow"
  if (mode === "follow" || mode === "error" || mode === "manual") return mode
  throw new TypeError(`redirect is "${String(mode)}"; it must be "follow", "error" or "manual"`)
}

const signalOf = (signal: unknown): AbortSignal | undefined => {
  if (signal === undefined || signal === null) return undefined
  if (signal instanceof AbortSignal) return signal
  throw new TypeError("signal is not an AbortSignal")
}

/** What this fetch cannot do, and must not seem to do. */
const checkUnsupported = (parts: Parts): void => {
  if (parts.dispatcher !== undefined && parts.dispatcher !== null) {
    throw new TypeError("a dispatcher is for the fetch of undici: give this one's connections in its option `client`")
  }
  if (parts.integrity !== undefined && parts.integrity !== "") {
    throw new TypeError("integrity is not checked by this fetch")
  }
  if (parts.cache === "only-if-cached") throw new TypeError("this fetch keeps no cache, to which `cache` restricts it")
}

/** There is no cache here; there may be one on the way. */
const setCacheHeaders = (headers: Record<string, string>, mode: unknown): void => {
  if (mode === "no-store" || mode === "reload") {
    headers.pragma ??= "no-cache"
    headers["cache-control"] ??= "no-cache"
  } else if (mode === "no-cache") {
    headers["cache-control"] ??= "max-age=0"
  }
}

const bodyOf = (
  request: Parts,
  init: Parts,
  method: string,
  signal: AbortSignal | undefined
): Asked["body"] => {
  const ofInit = init.body !== undefined && init.body !== null
  const body = ofInit ? init.body : request.body
  if (body === undefined || body === null) return undefined
  if (method === "GET" || method === "HEAD") throw new TypeError(`a ${method} has no body`)
  if (ofInit) return Body.fromInput(body, init.duplex === "half")
  if (request.bodyUsed === true) throw new TypeError("the body of the Request has been read, or sent, already")
  return body instanceof ReadableStream ? Body.fromRequestBody(body, signal) : Body.fromInput(body, true)
}

/** Throws a TypeError where `fetch` rejects with one. Nothing: it is for another to fetch. */
export const read = (input: unknown, init: Init | null): Asked | undefined => {
  const given = (init ?? none) as Parts
  const request = isRequest(input) ? input : none
  const url = urlOf(request === none ? input : request.url)
  if (isElsewhere(url)) return undefined
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError("fetch failed", { cause: new Error(`there is no way to fetch a ${url.protocol} URL`) })
  }
  const method = methodOf(given.method ?? request.method ?? "GET")
  checkUnsupported(given)
  checkUnsupported(request)
  const headers = Headers.fromInput((given.headers ?? request.headers) as Headers.Input)
  setCacheHeaders(headers, given.cache ?? request.cache)
  const redirect = redirectOf(given.redirect ?? request.redirect)
  const signal = signalOf(given.signal === undefined ? request.signal : given.signal)
  // last, as it begins to read
  return { body: bodyOf(request, given, method, signal), headers, method, redirect, signal, url }
}
