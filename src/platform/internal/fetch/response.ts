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

/** An answer is what the provider sent, whatever the constructor of a `Response` would have refused. */
class FetchResponse extends Response {
  #meta: Meta

  constructor(body: BodyInit | null, headers: HeadersInit, meta: Meta) {
    super(body, { headers, status: meta.status >= 200 && meta.status <= 599 ? meta.status : 200 })
    this.#meta = meta
  }

  override get status(): number {
    return this.#meta.status
  }
  override get statusText(): string {
    return this.#meta.statusText
  }
  override get ok(): boolean {
    return this.#meta.status >= 200 && this.#meta.status <= 299
  }
  override get url(): string {
    return this.#meta.url
  }
  override get redirected(): boolean {
    return this.#meta.redirected
  }
  override get type(): "basic" {
    return "basic"
  }
  override clone(): FetchResponse {
    const { body, headers } = super.clone()
    return new FetchResponse(body, headers, this.#meta)
  }
}

type BodyInit = ConstructorParameters<typeof Response>[0]
type HeadersInit = NonNullable<ConstructorParameters<typeof Response>[1]>["headers"]

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
  if (method === "HEAD" || hasNoBody(status)) return new FetchResponse(null, headersOf(headers), meta)
  const stream = body === undefined
    ? Transport.toReadableStream(response, { signal })
    : held(body, signal)
  return new FetchResponse(stream, headersOf(headers), meta)
}
