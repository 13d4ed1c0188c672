/** The bytes of a request as they come, counted on the way: what a header says of their number is what a stranger says. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"

export class Unread extends Data.TaggedError("Unread")<{ readonly reason: "too-large" | "too-slow" | "broken" }> {}

const none = new Uint8Array(0)

const fail = (reason: Unread["reason"]): Effect.Effect<never, Unread> => new Unread({ reason })

/**
 * Of Node's server. Its stream would be destroyed by whoever stops reading, and the answer with it; here what is too much is
 * let go by until the connection is closed.
 */
const fromReadable = (source: Readable, max: number): Effect.Effect<Uint8Array, Unread> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const end = (result: Effect.Effect<Uint8Array, Unread>): void => {
      source.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken)
      resume(result)
    }
    const onData = (chunk: Uint8Array): void => {
      size += chunk.length
      if (size > max) {
        end(fail("too-large"))
        source.resume()
      } else chunks.push(chunk)
    }
    const onEnd = (): void => end(Effect.succeed(Buffer.concat(chunks)))
    const onBroken = (): void => end(fail("broken"))
    if (source.destroyed) return end(fail("broken"))
    if (source.readableEnded) return onEnd()
    source.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken)
    return Effect.sync(() => {
      end(Effect.interrupt)
      source.resume()
    })
  })

const fromStream = (stream: HttpServerRequest.HttpServerRequest["stream"], max: number) =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return Stream.runForEach(stream, (chunk) => {
      size += chunk.length
      if (size > max) return fail("too-large")
      chunks.push(chunk)
      return Effect.void
    }).pipe(
      Effect.mapError((error) => error._tag === "Unread" ? error : new Unread({ reason: "broken" })),
      Effect.map(() => Buffer.concat(chunks))
    )
  })

export const read = (
  request: HttpServerRequest.HttpServerRequest,
  options: { readonly max: number; readonly within: Duration.DurationInput }
): Effect.Effect<Uint8Array, Unread> => {
  if (/^(GET|HEAD)$/.test(request.method)) return Effect.succeed(none)
  // who says it themselves is spared the sending
  if (Number(request.headers["content-length"] ?? 0) > options.max) return fail("too-large")
  const { source } = request
  return Effect.timeoutFail(
    source instanceof Readable ? fromReadable(source, options.max) : fromStream(request.stream, options.max),
    { duration: options.within, onTimeout: () => new Unread({ reason: "too-slow" }) }
  )
}
