import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { decodeText, toArrayBuffer } from "../../internal/bytes.js"
import { type RawHeaders, ReceivedHeaders, type WireHeaders } from "./headers.js"

/** What an operation made of a response. */
export class Accepted {
  constructor(readonly value: unknown) {}
}

/**
 * A response whose body has arrived: nothing can time out, leak a socket or fail half-way once a policy holds one.
 */
export class BufferedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  /** What the operation made of this response, when it has looked at it. */
  accepted: Accepted | undefined
  readonly received: ReceivedHeaders
  #text: string | undefined
  #json: unknown
  #isParsed = false

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number,
    headers: RawHeaders | WireHeaders,
    readonly bytes: Uint8Array,
    statusText = "",
    /** There was more of it than is read. */
    readonly isCut = false
  ) {
    super()
    this.received = new ReceivedHeaders(headers, statusText)
  }

  get headers(): Headers.Headers {
    return this.received.headers
  }

  /** The same answer with its body decoded. */
  withBytes(bytes: Uint8Array, isCut: boolean): BufferedResponse {
    const { raw, statusText } = this.received
    return new BufferedResponse(this.request, this.status, raw, bytes, statusText, isCut)
  }

  mentions(text: string): boolean {
    return this.received.mention(text)
  }

  get bodyText(): string {
    return this.#text ??= decodeText(this.bytes)
  }

  /** Throws the SyntaxError of `JSON.parse`; an empty body is `null`. */
  get bodyJson(): unknown {
    if (!this.#isParsed) {
      this.#json = this.bodyText === "" ? null : JSON.parse(this.bodyText)
      this.#isParsed = true
    }
    return this.#json
  }

  /** The body as JSON where it is JSON, else as text; `undefined` when empty. For error bodies. */
  get bodyLenient(): unknown {
    if (this.bytes.length === 0) return undefined
    try {
      return this.bodyJson
    } catch {
      return this.bodyText
    }
  }

  get cookies(): Cookies.Cookies {
    return this.received.cookies
  }
  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }
  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.sync(() => this.bodyText)
  }
  /** Parsed when it is asked for: the body is here already, and whoever asks for it has it parsed. */
  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    try {
      return Exit.succeed(this.bodyJson)
    } catch (cause) {
      return Exit.fail(this.#decodeError(cause))
    }
  }
  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.try({
      try: () => UrlParams.fromInput(new URLSearchParams(this.bodyText)),
      catch: (cause) => this.#decodeError(cause)
    })
  }
  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.tryPromise({
      try: () => new Response(toArrayBuffer(this.bytes), { headers: { ...this.headers } }).formData(),
      catch: (cause) => this.#decodeError(cause)
    })
  }
  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.sync(() => toArrayBuffer(this.bytes))
  }
  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.succeed(this.bytes)
  }
  toJSON(): unknown {
    return { _id: "holdfast/BufferedResponse", status: this.status, bytes: this.bytes.length }
  }

  #decodeError(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}
