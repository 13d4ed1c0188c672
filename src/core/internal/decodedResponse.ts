import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { concat, decodeText, toArrayBuffer } from "../../internal/bytes.js"
import { type Coding, codingsOf, decodeStream } from "./decoding.js"
import { toReadableStream } from "./webStream.js"

/** A response whose body is decoded on its way. Read once, as a stream is. */
export class DecodedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId

  constructor(
    readonly original: HttpClientResponse.HttpClientResponse,
    readonly codings: ReadonlyArray<Coding>
  ) {
    super()
  }

  /** Itself where it is not encoded, or in a way that nobody here knows. */
  static of(response: HttpClientResponse.HttpClientResponse): HttpClientResponse.HttpClientResponse {
    const codings = codingsOf(response.headers["content-encoding"])
    return codings === undefined ? response : new DecodedResponse(response, codings)
  }

  get request(): HttpClientRequest.HttpClientRequest {
    return this.original.request
  }
  get status(): number {
    return this.original.status
  }
  get headers(): Headers.Headers {
    return this.original.headers
  }
  get cookies(): Cookies.Cookies {
    return this.original.cookies
  }
  get remoteAddress(): Option.Option<string> {
    return this.original.remoteAddress
  }
  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.#bytes, decodeText)
  }
  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return this.#parse((text) => text === "" ? null : JSON.parse(text))
  }
  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return this.#parse((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }
  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.#bytes, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(toArrayBuffer(bytes), { headers: { ...this.headers } }).formData(),
        catch: this.#failure
      }))
  }
  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.#bytes, toArrayBuffer)
  }
  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.fromReadableStream({ evaluate: () => this.toReadableStream(), onError: this.#failure })
  }
  toReadableStream(): ReadableStream<Uint8Array> {
    return decodeStream(toReadableStream(this.original), this.codings)
  }
  toJSON(): unknown {
    return { _id: "holdfast/DecodedResponse", status: this.status }
  }

  get #bytes(): Effect.Effect<Uint8Array, HttpClientError.ResponseError> {
    return Effect.map(
      Stream.runCollect(this.stream),
      (chunks) => {
        const pieces = Array.from(chunks)
        return concat(pieces, pieces.reduce((size, { length }) => size + length, 0))
      }
    )
  }
  #parse<A>(f: (text: string) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, { catch: this.#failure, try: f })
  }
  readonly #failure = (cause: unknown): HttpClientError.ResponseError =>
    new HttpClientError.ResponseError({ cause, reason: "Decode", request: this.request, response: this })
}
