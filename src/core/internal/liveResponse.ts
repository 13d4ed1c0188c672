import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { decodeText, toArrayBuffer } from "../../internal/bytes.js"
import { type RawHeaders, ReceivedHeaders, type WireHeaders } from "./headers.js"
import type { LiveBody } from "./liveBody.js"

const endedEarly = (): Error => new DOMException("the response body was not read to its end", "AbortError")

/** A response whose headers have come, and whose body is on its way. */
export class LiveResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly received: ReceivedHeaders

  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number,
    headers: RawHeaders | WireHeaders,
    readonly body: LiveBody,
    statusText = ""
  ) {
    super()
    this.received = new ReceivedHeaders(headers, statusText)
  }

  get headers(): Headers.Headers {
    return this.received.headers
  }
  get cookies(): Cookies.Cookies {
    return this.received.cookies
  }
  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }
  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.bytes, decodeText)
  }
  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return this.#parse((text) => text === "" ? null : JSON.parse(text))
  }
  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return this.#parse((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }
  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.bytes, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(toArrayBuffer(bytes), { headers: { ...this.headers } }).formData(),
        catch: this.#failure
      }))
  }
  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.bytes, toArrayBuffer)
  }

  /** The whole body. */
  get bytes(): Effect.Effect<Uint8Array, HttpClientError.ResponseError> {
    return Effect.suspend(() => {
      const bytes = this.body.takeWhole()
      if (bytes instanceof Error) return Effect.fail(this.#failure(bytes))
      return bytes === undefined ? this.#next(() => this.bytes) : Effect.succeed(bytes)
    })
  }

  /** Ending early closes the connection. */
  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.suspend(() => {
      if (this.body.isWhole) return Stream.fromEffect(this.bytes)
      return Stream.ensuring(
        Stream.repeatEffectChunkOption(this.#pull),
        Effect.sync(() => {
          if (this.body.isOpen) this.body.abort(endedEarly())
        })
      )
    })
  }

  readonly #pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<HttpClientError.ResponseError>> = Effect.suspend(
    () => {
      const chunks = this.body.take()
      if (chunks === undefined) return this.#next(() => this.#pull)
      if (chunks === "ended") return Effect.fail(Option.none())
      if (chunks instanceof Error) return Effect.fail(Option.some(this.#failure(chunks)))
      return Effect.succeed(Chunk.unsafeFromArray(chunks))
    }
  )

  #next<A, E>(then: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.async((resume) => this.body.wait(() => resume(Effect.suspend(then))))
  }

  #parse<A>(f: (text: string) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, { catch: this.#failure, try: f })
  }

  readonly #failure = (cause: unknown): HttpClientError.ResponseError =>
    new HttpClientError.ResponseError({ cause, reason: "Decode", request: this.request, response: this })

  /** Looks at no body that has not been read: to look would be to read it. */
  toJSON(): unknown {
    const response = { _id: "@effect/platform/HttpClientResponse", request: this.request.toJSON(), status: this.status }
    return this.body.isWhole
      ? HttpIncomingMessage.inspect(this, response)
      : { ...response, headers: Inspectable.redact(this.headers) }
  }
}
