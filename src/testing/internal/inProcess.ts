import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
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
import * as Wire from "./wire.js"

/** An `HttpClient` without a network: every request goes to `handle`. */
export const inProcess = (
  handle: (incoming: Wire.Incoming) => Effect.Effect<Wire.Outcome>
): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.flatMap(incomingOf(request, url), (incoming) =>
      Effect.flatMap(handle(incoming), (outcome) => {
        switch (outcome._tag) {
          case "Reset":
            return Effect.fail(
              new HttpClientError.RequestError({ request, reason: "Transport", cause: connectionReset() })
            )
          case "Hang":
            return Effect.never
          default:
            return Effect.succeed(new EmulatedResponse(request, outcome))
        }
      }))
  )

/** What undici shows of a connection that was reset. */
const connectionReset = (): Error =>
  Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", errno: -104, syscall: "read" })

/** What undici shows of a connection that was closed in the middle of a body. */
const otherSideClosed = (): Error =>
  Object.assign(new Error("other side closed"), { name: "SocketError", code: "UND_ERR_SOCKET" })

const incomingOf = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<Wire.Incoming, HttpClientError.RequestError> =>
  Effect.map(bytesOf(request.body), ({ bytes, contentType }) => ({
    method: request.method,
    url: url.pathname + url.search,
    headers: contentType === undefined ? request.headers : { ...request.headers, "content-type": contentType },
    body: bytes
  })).pipe(
    Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Encode", cause }))
  )

const bytesOf = (
  body: HttpBody.HttpBody
): Effect.Effect<{ readonly bytes: Uint8Array; readonly contentType: string | undefined }, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ bytes: new Uint8Array(0), contentType: undefined })
    case "Uint8Array":
      return Effect.succeed({ bytes: body.body, contentType: body.contentType })
    case "Stream":
      return Effect.map(Stream.runCollect(body.stream), (chunks) => ({
        bytes: concat(Chunk.toReadonlyArray(chunks)),
        contentType: body.contentType
      }))
    case "Raw":
    case "FormData":
      // the platform's own Response knows every kind of raw body, and writes the boundary of a form
      return Effect.tryPromise(async () => {
        const response = new Response(
          body._tag === "FormData" ? body.formData : body.body as ConstructorParameters<typeof Response>[0]
        )
        return {
          bytes: new Uint8Array(await response.arrayBuffer()),
          contentType: body.contentType ?? response.headers.get("content-type") ?? undefined
        }
      })
  }
}

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

type Answered = Extract<Wire.Outcome, { readonly answer: Wire.Answer }>

/** A response whose body may come slowly, by Effect's clock, or break off. */
class EmulatedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly status: number
  readonly headers: Headers.Headers
  readonly stream: Stream.Stream<Uint8Array, HttpClientError.ResponseError>

  constructor(readonly request: HttpClientRequest.HttpClientRequest, outcome: Answered) {
    super()
    const { body, headers, status } = outcome.answer
    this.status = status
    this.headers = Headers.fromInput({ ...headers, "content-length": String(body.length) })
    switch (outcome._tag) {
      case "Whole":
        this.stream = Stream.succeed(body)
        break
      case "Half":
        this.stream = Stream.concat(
          Stream.succeed(body.subarray(0, Math.floor(body.length / 2))),
          Stream.failSync(() => this.#decodeError(otherSideClosed()))
        )
        break
      case "Slow": {
        const slices = Wire.pieces(body, Wire.slowPieces)
        const pause = Effect.sleep(outcome.millis / Math.max(1, slices.length))
        this.stream = Stream.mapEffect(Stream.fromIterable(slices), (slice) => Effect.as(pause, slice))
        break
      }
    }
  }

  get cookies(): Cookies.Cookies {
    const header = this.headers["set-cookie"]
    return header === undefined ? Cookies.empty : Cookies.fromSetCookie([header])
  }
  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }
  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    // a copy that fills its buffer: a slice may stand in a larger one
    return Effect.map(
      Stream.runCollect(this.stream),
      (chunks) => concat(Chunk.toReadonlyArray(chunks)).buffer as ArrayBuffer
    )
  }
  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.arrayBuffer, (buffer) => new TextDecoder().decode(buffer))
  }
  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.flatMap(this.text, (text) => this.#try(() => text === "" ? null : JSON.parse(text) as unknown))
  }
  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }
  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.arrayBuffer, (buffer) =>
      Effect.tryPromise({
        try: () => new Response(buffer, { headers: { ...this.headers } }).formData(),
        catch: (cause) => this.#decodeError(cause)
      }))
  }
  toJSON(): unknown {
    return { _id: "holdfast/EmulatedResponse", status: this.status }
  }

  #try<A>(evaluate: () => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.try({ try: evaluate, catch: (cause) => this.#decodeError(cause) })
  }
  #decodeError(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}
