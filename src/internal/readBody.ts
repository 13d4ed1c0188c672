/**
 * Bodies of answers, of which so much is read and no more.
 *
 * @internal
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { concat } from "./bytes.js"

/**
 * The value of a `content-length`.
 *
 * @internal
 */
export const lengthOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined

/**
 * Reads the body to its end, so that the connection goes back to its pool; a body over the limit is cut off and its
 * connection closed.
 *
 * @internal
 */
export const readBody = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number
): Effect.Effect<{ readonly bytes: Uint8Array; readonly complete: boolean }, HttpClientError.ResponseError> => {
  const { headers } = response
  const length = lengthOf(headers["content-length"])
  // an encoded body may unfold to any size, whatever its header says
  if (length !== undefined && length <= limit && headers["content-encoding"] === undefined) {
    return Effect.map(response.arrayBuffer, (buffer) => ({ bytes: new Uint8Array(buffer), complete: true }))
  }
  if (response.status === 204 || response.status === 304) {
    return Effect.map(response.arrayBuffer, (buffer) => ({ bytes: new Uint8Array(buffer), complete: true }))
  }
  return Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return Effect.map(
      // `false` ends the stream early, which closes the connection
      Stream.runForEachWhile(response.stream, (chunk) =>
        Effect.sync(() => {
          chunks.push(chunk)
          size += chunk.length
          return size <= limit
        })),
      () => ({ bytes: concat(chunks, Math.min(size, limit)), complete: size <= limit })
    )
  })
}
