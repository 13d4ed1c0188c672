/**
 * The `Response` that `fetch` gives. Most are read once, as text or as JSON, of a body that has come already: that is done
 * straight from its bytes. Whatever else is asked of one, a real `Response` is made for it, and does the rest.
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Transport from "../../../core/Transport.js"

type Stream = ReadableStream<Uint8Array>

/** What is known of an answer besides its body. */
interface Meta {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly signal: AbortSignal | undefined
}

/** None, all of it, or on its way. */
type Content = Uint8Array | Stream | undefined

const decoder = new TextDecoder()

const used = (): TypeError => new TypeError("the body of the Response has been read, or is being read, already")

class FetchResponse {
  readonly #meta: Meta
  /** Of most, nobody asks for the headers. */
  #headers: Headers | Transport.Wire
  readonly #content: Content
  /** Read straight from its bytes. */
  #isUsed = false
  #made: Response | undefined

  constructor(content: Content, headers: Headers | Transport.Wire, meta: Meta) {
    this.#content = content
    this.#headers = headers
    this.#meta = meta
  }

  get type(): string {
    return "basic"
  }
  get url(): string {
    return this.#meta.url
  }
  get redirected(): boolean {
    return this.#meta.redirected
  }
  get status(): number {
    return this.#meta.status
  }
  get statusText(): string {
    return this.#meta.statusText
  }
  get ok(): boolean {
    const { status } = this.#meta
    return status >= 200 && status <= 299
  }
  get headers(): Headers {
    const headers = this.#headers
    return headers instanceof Headers ? headers : this.#headers = headersOf(headers.headers)
  }

  get body(): Stream | null {
    return this.#content === undefined ? null : this.#real.body
  }
  get bodyUsed(): boolean {
    return this.#made === undefined ? this.#isUsed : this.#made.bodyUsed
  }

  text(): Promise<string> {
    return this.#read(decode, (response) => response.text())
  }
  json(): Promise<unknown> {
    return this.#read(parse, (response) => response.json())
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read(copy, (response) => response.arrayBuffer())
  }
  bytes(): Promise<Uint8Array> {
    return this.#read(copy, (response) => response.arrayBuffer()).then((buffer) => new Uint8Array(buffer))
  }
  blob(): Promise<Blob> {
    return this.#delegate((response) => response.blob())
  }
  formData(): Promise<FormData> {
    return this.#delegate((response) => response.formData())
  }

  clone(): Response {
    if (this.#made !== undefined) {
      const { body } = this.#made.clone()
      return asResponse(new FetchResponse(body ?? undefined, new Headers(this.headers), this.#meta))
    }
    if (this.#isUsed) throw used()
    const content = this.#content
    if (content === undefined || content instanceof Uint8Array) {
      return asResponse(new FetchResponse(content, new Headers(this.headers), this.#meta))
    }
    void this.#real
    return this.clone()
  }

  #read<A>(fromBytes: (bytes: Uint8Array) => A, fromResponse: (response: Response) => Promise<A>): Promise<A> {
    const content = this.#content
    if (this.#made !== undefined || content instanceof ReadableStream) return this.#delegate(fromResponse)
    if (content !== undefined) {
      if (this.#isUsed) return Promise.reject(used())
      this.#isUsed = true
      // what was aborted before it was read is not to be had any more
      if (this.#meta.signal?.aborted === true) return Promise.reject(this.#meta.signal.reason)
    }
    try {
      return Promise.resolve(fromBytes(content ?? nothing))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #delegate<A>(f: (response: Response) => Promise<A>): Promise<A> {
    try {
      return f(this.#real)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  get #real(): Response {
    if (this.#made !== undefined) return this.#made
    const content = this.#content
    const body = content instanceof Uint8Array ? streamOf(content, this.#meta.signal) : content ?? null
    const made = this.#made = new Response(body, { headers: this.headers })
    // it is as used as this one
    if (this.#isUsed) made.arrayBuffer().catch(() => {})
    return made
  }
}

const nothing = new Uint8Array(0)

const decode = (bytes: Uint8Array): string => decoder.decode(bytes)

const parse = (bytes: Uint8Array): unknown => JSON.parse(decode(bytes))

/** The bytes share their buffer with others'. */
const copy = (bytes: Uint8Array): ArrayBuffer => {
  const copied = new Uint8Array(bytes.length)
  copied.set(bytes)
  return copied.buffer
}

const streamOf = (bytes: Uint8Array, signal: AbortSignal | undefined): Stream =>
  new ReadableStream({
    pull: (controller) => {
      // no listener is needed to know
      if (signal?.aborted === true) throw signal.reason
      if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes))
      controller.close()
      controller.byobRequest?.respond(0)
    },
    type: "bytes"
  })

// an instance of Response to whoever asks, with none of the state that its constructor makes
Object.setPrototypeOf(FetchResponse.prototype, Response.prototype)
Object.defineProperty(FetchResponse.prototype, "constructor", { configurable: true, value: Response, writable: true })

// what is done to the prototype above the compiler does not see
const asResponse = (response: FetchResponse): Response => response as unknown as Response

/** Bytes of a header that are no Latin-1 were read as UTF-8: back to a character for each byte, as `fetch` has it. */
const toByteString = (value: string): string =>
  /^[\0-\xff]*$/.test(value) ? value : Buffer.from(value, "utf8").toString("latin1")

const headersOf = (raw: Transport.Wire["headers"]): Headers => {
  const pairs: Array<[string, string]> = []
  for (const name in raw) {
    const value = raw[name]
    if (typeof value === "string") pairs.push([name, toByteString(value)])
    else for (const one of value ?? []) pairs.push([name, toByteString(one)])
  }
  return new Headers(pairs)
}

const hasNoBody = (status: number): boolean => status === 101 || status === 204 || status === 205 || status === 304

export interface Options {
  /** Where the answer came from, after all redirects. */
  readonly url: string
  readonly method: string
  readonly redirected: boolean
  readonly signal: AbortSignal | undefined
}

export const make = (
  response: HttpClientResponse.HttpClientResponse,
  { method, redirected, signal, url }: Options
): Response => {
  const { status } = response
  const wire = Transport.wireOf(response)
  const content = method === "HEAD" || hasNoBody(status)
    ? undefined
    // what is on its way can be aborted from now on, not only once it is read
    : Transport.heldBody(response) ?? Transport.toReadableStream(response, { signal })
  const { statusText } = wire
  return asResponse(new FetchResponse(content, wire, { redirected, signal, status, statusText, url }))
}
