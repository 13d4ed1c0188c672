/**
 * The `Response` that `fetch` gives: a real one, with what a constructed one cannot have.
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Transport from "../../../core/Transport.js"

interface Meta {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
}

type Body = ReadableStream<Uint8Array> | null

/** The class as it is: its declaration has properties where it has accessors. */
const WebResponse = Response as unknown as {
  new(body: Body, init: { readonly headers: unknown; readonly status: number }): {
    readonly body: Body
    readonly headers: Headers
    clone(): { readonly body: Body }
  }
}

/** While it is being made, it is asked already. */
const inTheMaking: Meta = { redirected: false, status: 200, statusText: "", url: "" }

/** An answer is what the provider sent, whatever the constructor of a `Response` would have refused. */
class FetchResponse extends WebResponse {
  readonly #meta: Meta

  constructor(body: Body, headers: unknown, meta: Meta) {
    super(body, { headers, status: meta.status >= 200 && meta.status <= 599 ? meta.status : 200 })
    this.#meta = meta
  }

  static #metaOf(response: FetchResponse): Meta {
    return #meta in response ? response.#meta : inTheMaking
  }

  get status(): number {
    return FetchResponse.#metaOf(this).status
  }
  get statusText(): string {
    return FetchResponse.#metaOf(this).statusText
  }
  get ok(): boolean {
    const { status } = FetchResponse.#metaOf(this)
    return status >= 200 && status <= 299
  }
  get url(): string {
    return FetchResponse.#metaOf(this).url
  }
  get redirected(): boolean {
    return FetchResponse.#metaOf(this).redirected
  }
  get type(): string {
    return "basic"
  }
  override clone(): FetchResponse {
    return new FetchResponse(super.clone().body, this.headers, FetchResponse.#metaOf(this))
  }
}

const hasNoBody = (status: number): boolean => status === 101 || status === 204 || status === 205 || status === 304

/** Bytes of a header that are no Latin-1 were read as UTF-8: back to a character for each byte, as `fetch` has it. */
const toByteString = (value: string): string => Buffer.from(value, "utf8").toString("latin1")

const isByteString = (value: string): boolean => /^[\0-\xff]*$/.test(value)

const headersOf = (raw: Transport.Wire["headers"]): Array<[string, string]> => {
  const pairs: Array<[string, string]> = []
  for (const name in raw) {
    const value = raw[name]
    if (value === undefined) continue
    for (const one of typeof value === "string" ? [value] : value) {
      pairs.push([name, isByteString(one) ? one : toByteString(one)])
    }
  }
  return pairs
}

/** A body that is here already, until it is read. */
const held = (bytes: Uint8Array, signal: AbortSignal | undefined): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: (controller) => {
      // what was aborted before it was read is not to be had any more, and no listener is needed to know
      if (signal?.aborted === true) throw signal.reason
      // a copy: a stream of bytes takes its buffers from their owner
      if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes))
      controller.close()
      controller.byobRequest?.respond(0)
    },
    type: "bytes"
  })

const asResponse = (response: FetchResponse): Response => response as unknown as Response

export interface Options {
  /** Where the answer came from, after all redirects. */
  readonly url: string
  readonly method: string
  readonly redirected: boolean
  readonly signal: AbortSignal | undefined
}

export const make = (response: HttpClientResponse.HttpClientResponse, options: Options): Response => {
  const { method, redirected, signal, url } = options
  const { status } = response
  const { body, headers, statusText } = Transport.wireOf(response)
  const meta = { redirected, status, statusText, url }
  if (method === "HEAD" || hasNoBody(status)) {
    return asResponse(new FetchResponse(null, headersOf(headers), meta))
  }
  const stream = body === undefined
    ? Transport.toReadableStream(response, { signal })
    : held(body, signal)
  return asResponse(new FetchResponse(stream, headersOf(headers), meta))
}
