/**
 * A call that wants its answer as it comes (`call.stream`), right on `Transport.layer` and through any client.
 */
import { HttpClientError, HttpClientRequest, type HttpClientResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Chunk, Context, Effect, Exit, Fiber, Layer, Stream, TestClock } from "effect"
import { IntegrationClient, Timeout, Transport } from "holdfast"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import { expect } from "vitest"
import { turn } from "../turn.js"
import { makeCall, type Request, sendOver, sendThrough, started, Wire } from "./wire.js"

V8.setFlagsFromString("--expose-gc")
const collectGarbage: () => void = Vm.runInNewContext("gc")

const get = HttpClientRequest.get("/events")
const authenticate: Transport.Authenticate = (request) =>
  Effect.succeed(HttpClientRequest.setHeader(request, "authorization", "Bearer secret"))

const streaming = () => {
  const call = makeCall(() => Effect.die("a body that is on its way is not accepted"))
  call.stream = true
  return call
}

const text = (response: HttpClientResponse.HttpClientResponse) => Stream.mkString(Stream.decodeText(response.stream))

/** What fibers do when the wire has said something. */

/** Until a condition holds that real time brings about: the clock is the test's. */
const eventually = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.zipRight(turn, eventually(condition)))

const withTimeout = (leaf: Transport.Send) =>
  Effect.map(
    Layer.build(
      Layer.provide(
        Timeout.layer("2 seconds"),
        Layer.succeed(IntegrationClient.IntegrationClient, IntegrationClient.make({ id: "shop", version: "1" }, leaf))
      )
    ),
    (context) => Context.get(context, IntegrationClient.IntegrationClient).send
  )

const faces = [["right on Transport.layer", sendOver], ["through any client", sendThrough]] as const

for (const [face, make] of faces) {
  describe(face, () => {
    /** An answer whose headers have come. */
    const handedOver = (wire: Wire, send: Transport.Send, headers: Record<string, string> = {}) =>
      Effect.gen(function*() {
        const fiber = yield* started(send, get, streaming())
        yield* eventually(() => wire.requests.length > 0)
        const request = wire.requests.at(-1) as Request
        request.connect().headers(200, headers)
        return { request, response: yield* Fiber.join(fiber) }
      })

    it.effect("is handed over when its headers have come, and without the credential", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire, { authenticate })
        const { request, response } = yield* handedOver(wire, send, { "x-id": "7" })
        strictEqual(request.sent.headers.authorization, "Bearer secret")
        strictEqual(response.status, 200)
        strictEqual(response.headers["x-id"], "7")
        strictEqual(response.request, get)
        const reading = yield* Effect.fork(text(response))
        yield* turn
        request.data("one ")
        yield* turn
        request.data("two").complete()
        strictEqual(yield* Fiber.join(reading), "one two")
        strictEqual(request.aborts.length, 0)
      }))

    it.effect("what came before anybody read is not lost", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const { request, response } = yield* handedOver(wire, yield* make(wire))
        request.data("one ").data("two").complete()
        yield* turn
        strictEqual(yield* text(response), "one two")
      }))

    for (const read of ["text", "json", "arrayBuffer", "urlParamsBody", "formData"] as const) {
      it.effect(`can be read as a whole: ${read}`, () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire), {
            "content-type": "application/x-www-form-urlencoded"
          })
          request.data("12").data("34").complete()
          if (face === "right on Transport.layer" || read !== "formData") yield* response[read]
        }))
    }

    it.scoped("has no deadline any more", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const leaf = yield* make(wire)
        const context = yield* Layer.build(
          Layer.provide(
            Timeout.layer("2 seconds"),
            Layer.succeed(
              IntegrationClient.IntegrationClient,
              IntegrationClient.make({ id: "shop", version: "1" }, leaf)
            )
          )
        )
        const { request, response } = yield* handedOver(
          wire,
          Context.get(context, IntegrationClient.IntegrationClient).send
        )
        yield* TestClock.adjust("1 hour")
        request.data("late").complete()
        strictEqual(yield* text(response), "late")
        strictEqual(request.aborts.length, 0)
      }))

    it.effect("is an error when its status says so, with the whole of its body", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const fiber = yield* started(yield* make(wire), get, streaming())
        yield* eventually(() => wire.requests.length > 0)
        wire.request.connect().headers(422, { "content-type": "application/json" }).data("{\"message\":").data(
          "\"no\"}"
        )
        yield* turn
        assertTrue((yield* Fiber.poll(fiber))._tag === "None")
        wire.request.complete()
        const error = yield* Effect.flip(Fiber.join(fiber))
        deepStrictEqual([error._tag, error.message], ["ValidationError", "HTTP 422: no"])
      }))

    it.effect("is an error when its headers say so, with the whole of its body", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire, {
          classify: ({ headers }) => headers["x-quota"] === "0" ? { tag: "RateLimitError" } : undefined
        })
        const fiber = yield* started(send, get, streaming())
        yield* eventually(() => wire.requests.length > 0)
        wire.request.connect().headers(200, { "x-quota": "0" })
        yield* turn
        wire.request.data("tomorrow").complete()
        const error = yield* Effect.flip(Fiber.join(fiber))
        deepStrictEqual([error._tag, error.details], ["RateLimitError", "tomorrow"])
        strictEqual(wire.request.aborts.length, 0)
      }))

    it.scoped("whose headers say so is under the deadline as long as it is read", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const leaf = yield* make(wire, { classify: () => ({ tag: "RateLimitError" }) })
        const fiber = yield* started(yield* withTimeout(leaf), get, streaming())
        yield* eventually(() => wire.requests.length > 0)
        wire.request.connect().headers(200).data("some")
        yield* turn
        yield* TestClock.adjust("2 seconds")
        strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "TimeoutError")
        strictEqual(wire.request.aborts.length, 1)
      }))

    it.effect("reads no faster than its reader", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const { request, response } = yield* handedOver(wire, yield* make(wire))
        const piece = new Uint8Array(16 * 1024)
        let pieces = 0
        while (request.wants && pieces < 1000) {
          request.data(piece)
          pieces++
        }
        strictEqual(pieces, 4)
        const reading = yield* Effect.fork(Stream.runFold(response.stream, 0, (size, chunk) => size + chunk.length))
        yield* eventually(() => request.wants)
        request.data(piece).complete()
        strictEqual(yield* Fiber.join(reading), 5 * piece.length)
        strictEqual(request.resumed, 1)
      }))

    it.effect("closes its connection when its stream ends early, or is interrupted", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire)
        const early = yield* handedOver(wire, send)
        early.request.data("some").data("more")
        yield* Stream.runDrain(Stream.take(early.response.stream, 1))
        yield* eventually(() => early.request.aborts.length === 1)

        const interrupted = yield* handedOver(wire, send)
        const fiber = yield* Effect.fork(Stream.runDrain(interrupted.response.stream))
        yield* turn
        yield* Fiber.interrupt(fiber)
        strictEqual(interrupted.request.aborts.length, 1)
      }))

    it.effect("that breaks off is a failure of its stream, which knows no credential either", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const { request, response } = yield* handedOver(wire, yield* make(wire, { authenticate }))
        const reading = yield* Effect.fork(Effect.flip(Stream.runDrain(response.stream)))
        request.data("some")
        yield* turn
        request.fail(new Error("reset"))
        const error = yield* Fiber.join(reading)
        assertTrue(error instanceof HttpClientError.ResponseError && error.reason === "Decode")
        strictEqual((error.cause as Error).message, "reset")
        strictEqual(error.request, get)
      }))

    it.effect("closes its connection when nobody can read it any more", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire)
        const request = yield* Effect.map(handedOver(wire, send), ({ request }) => request)
        request.data("some")
        yield* eventually(() => {
          collectGarbage()
          return request.aborts.length === 1
        })
      }))

    it.effect("interrupted while it is being handed over, closes its connection", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const fiber = yield* started(yield* make(wire), get, streaming())
        yield* eventually(() => wire.requests.length > 0)
        wire.request.connect().headers(200)
        assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        strictEqual(wire.request.aborts.length, 1)
      }))

    describe("as the web has it", () => {
      const read = (reader: ReadableStreamDefaultReader<Uint8Array>) =>
        Effect.map(
          Effect.promise(() => reader.read()),
          ({ done, value }) => done ? undefined : Buffer.from(value).toString("utf8")
        )

      it.effect("arrives piece by piece", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire))
          const reader = Transport.toReadableStream(response).getReader()
          const first = yield* Effect.fork(read(reader))
          yield* turn
          request.data("one")
          strictEqual(yield* Fiber.join(first), "one")
          request.data("two").complete()
          strictEqual(yield* read(reader), "two")
          strictEqual(yield* read(reader), undefined)
          strictEqual(request.aborts.length, 0)
        }))

      it.effect("leaves alone what shares a buffer with a piece", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire))
          const shared = Buffer.from("onetwo")
          request.handler.onData(shared.subarray(0, 3))
          const reader = Transport.toReadableStream(response).getReader()
          strictEqual(yield* read(reader), "one")
          request.handler.onData(shared.subarray(3))
          strictEqual(yield* read(reader), "two")
          strictEqual(shared.toString("utf8"), "onetwo")
        }))

      it.effect("is a Response's body", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire))
          const web = new Response(Transport.toReadableStream(response))
          const body = yield* Effect.fork(Effect.promise(() => web.text()))
          yield* turn
          request.data("the ").data("whole").complete()
          strictEqual(yield* Fiber.join(body), "the whole")
        }))

      it.effect("reads no faster than its reader", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire))
          const stream = Transport.toReadableStream(response)
          let pieces = 0
          while (request.wants && pieces < 1000) {
            request.data(new Uint8Array(16 * 1024))
            pieces++
            yield* turn
          }
          // a mark of the platform's own streams may let some more through
          expect(pieces).toBeLessThanOrEqual(8)
          const size = yield* Effect.fork(Effect.promise(() => new Response(stream).arrayBuffer()))
          yield* eventually(() => request.wants)
          request.complete()
          strictEqual((yield* Fiber.join(size)).byteLength, pieces * 16 * 1024)
        }))

      it.effect("closes the connection when it is cancelled", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire))
          const stream = Transport.toReadableStream(response)
          request.data("some")
          const reader = stream.getReader()
          yield* read(reader)
          yield* Effect.promise(() => reader.cancel(new Error("enough")))
          yield* eventually(() => request.aborts.length === 1)
        }))

      it.effect("fails when the connection does", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const { request, response } = yield* handedOver(wire, yield* make(wire))
          const reader = Transport.toReadableStream(response).getReader()
          const reading = yield* Effect.fork(Effect.flip(Effect.tryPromise(() => reader.read())))
          yield* turn
          request.fail(new Error("reset"))
          yield* Fiber.join(reading)
        }))

      it.effect("is not cut off while somebody reads it, whatever else is collected", () =>
        Effect.gen(function*() {
          const wire = new Wire()
          const send = yield* make(wire)
          const { reader, request } = yield* Effect.map(handedOver(wire, send), ({ request, response }) => ({
            reader: Transport.toReadableStream(response).getReader(),
            request
          }))
          for (let i = 0; i < 3; i++) {
            collectGarbage()
            yield* turn
          }
          const first = yield* Effect.fork(read(reader))
          for (let i = 0; i < 3; i++) {
            collectGarbage()
            yield* turn
          }
          request.data("still here").complete()
          strictEqual(yield* Fiber.join(first), "still here")
          strictEqual(request.aborts.length, 0)
        }))
    })
  })
}

it.effect("a body that was read as a whole already is there as a stream of the web too", () =>
  Effect.gen(function*() {
    const wire = new Wire((request) => request.answer(200, "all"))
    const response = yield* (yield* sendOver(wire))(get, streaming())
    strictEqual(yield* response.text, "all")
    strictEqual(yield* Effect.promise(() => new Response(Transport.toReadableStream(response)).text()), "all")
    deepStrictEqual(yield* Stream.runCollect(Stream.decodeText(response.stream)), Chunk.of("all"))
  }))

it.effect("a stream of the web can be read into a buffer of the reader's own", () =>
  Effect.gen(function*() {
    const wire = new Wire((request) => request.answer(200, "abc"))
    const response = yield* (yield* sendOver(wire))(get, streaming())
    const reader = Transport.toReadableStream(response).getReader({ mode: "byob" })
    const pieces: Array<string> = []
    while (true) {
      const { done, value } = yield* Effect.promise(() => reader.read(new Uint8Array(2)))
      if (done) break
      pieces.push(Buffer.from(value).toString("utf8"))
    }
    deepStrictEqual(pieces, ["ab", "c"])
  }))
