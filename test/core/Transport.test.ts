/**
 * A stack right on `Transport.layer`: one attempt, seen from the wire.
 */
import { HttpBody, HttpClientRequest, UrlParams } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import {
  Clock,
  Context,
  Duration,
  Effect,
  Either,
  Exit,
  FastCheck as fc,
  Fiber,
  Layer,
  Option,
  Redacted,
  Stream,
  TestClock,
  Tracer
} from "effect"
import { Auth, Call, Credentials, IntegrationClient, IntegrationError, Pipeline, Timeout, Transport } from "holdfast"
import { expect } from "vitest"
import { Location, Target } from "../../src/core/internal/target.js"
import { holds } from "../campaign.js"
import { makeCall, type Request, sendOver, sendThrough, started, Wire } from "./wire.js"

const get = HttpClientRequest.get("/orders/1")
const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" })
const reset = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })

const json = { "content-type": "application/json" }

/** The stack under a policy, over a wire. */
const stackOver = (wire: Wire, policy: IntegrationClient.Policy, options: Partial<IntegrationClient.Target> = {}) =>
  Effect.map(
    Effect.flatMap(
      Layer.build(
        Layer.provide(
          policy,
          Layer.provide(
            IntegrationClient.layer({
              auth: Auth.none,
              baseUrl: "https://shop.example",
              id: "shop",
              version: "1",
              ...options
            }),
            Transport.layerDispatcher(wire)
          )
        )
      ),
      (context) => Effect.succeed(Context.get(context, IntegrationClient.IntegrationClient))
    ),
    (client) => client.send
  )

describe("a request", () => {
  it.effect("goes to the base URL, with the default headers and without a fragment", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => request.answer(200, "{}", json))
      const send = yield* sendOver(wire, {
        baseUrl: "https://shop.example/api/",
        headers: { "Accept-Language": "de", "x-version": "2" }
      })
      yield* send(
        HttpClientRequest.post("/orders", {
          body: HttpBody.text("{}", "application/json"),
          hash: "secret",
          headers: { "accept-language": "en" },
          urlParams: { a: "1 2" }
        }),
        makeCall()
      )
      const { body, headers, method, origin, path } = wire.request.sent
      deepStrictEqual([method, origin, path], ["POST", "https://shop.example", "/api/orders?a=1+2"])
      deepStrictEqual({ ...headers }, {
        accept: "application/json",
        "accept-language": "en",
        "content-length": "2",
        "content-type": "application/json",
        "x-version": "2"
      })
      deepStrictEqual(body, new TextEncoder().encode("{}"))
    }))

  it.effect("has a credential on it that its response does not", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => request.answer(200, "{}", json))
      const auth = Layer.build(Credentials.layer(Credentials.Bearer({ token: Redacted.make("t") })))
      const authenticate = yield* Effect.flatMap(auth, (context) => Effect.provide(Auth.bearer, context))
      const send = yield* sendOver(wire, { authenticate })
      const response = yield* send(get, makeCall())
      strictEqual(wire.request.sent.headers.authorization, "Bearer t")
      strictEqual(response.request, get)
    }).pipe(Effect.scoped))

  it("goes where an HttpClient would send it", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "a",
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2F",
        "?",
        "#",
        "@",
        ":",
        "\\",
        " ",
        "é",
        "'",
        "|",
        "{",
        "%",
        "&=",
        ";"
      ),
      fc.string({ maxLength: 3 })
    )
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""))
    const base = fc.tuple(
      fc.constantFrom(
        "https://h",
        "http://h:8080",
        "https://h/",
        "HTTPS://Host.example",
        "https://[::1]:1",
        "ftp://h",
        "h",
        ""
      ),
      fc.oneof(fc.constantFrom("", "/v1", "/v1/../v2", "?a=1", "/a b"), text)
    ).map(([host, path]) => (host + path).replace(/\/+$/, ""))
    await holds(
      fc.property(
        base,
        fc.oneof(text, text.map((path) => `/${path}`)),
        fc.array(fc.tuple(text, text), { maxLength: 3 }),
        (
          base,
          path,
          params
        ) => {
          const request = HttpClientRequest.get(path, { urlParams: params })
          const outgoing = HttpClientRequest.prependUrl(request, base)
          const url = UrlParams.makeUrl(outgoing.url, outgoing.urlParams, outgoing.hash)
          const located = new Target(base).locate(request)
          strictEqual(located instanceof Location, Either.isRight(url))
          if (Either.isRight(url) && located instanceof Location) {
            strictEqual(located.origin, url.right.origin)
            strictEqual(located.path, url.right.pathname + url.right.search)
          }
        }
      ),
      2000
    )
  })

  it.effect("that no URL can be made of is not sent", () =>
    Effect.gen(function*() {
      const wire = new Wire()
      const call = makeCall()
      const send = yield* sendOver(wire, { baseUrl: "shop.example" })
      const error = yield* Effect.flip(send(get, call))
      strictEqual(error._tag, "ValidationError")
      assertTrue(error.message.startsWith("shop.example/orders/1 is not a valid URL"))
      strictEqual(wire.requests.length, 0)
      strictEqual(call.mayHaveBeenProcessed, false)
    }))

  it.effect("takes few steps of the run loop, and fewer yet within a fused run", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => queueMicrotask(() => request.answer(200, "{}", json)))
      const auth = Layer.build(Credentials.layer(Credentials.Bearer({ token: Redacted.make("t") })))
      const authenticate = yield* Effect.flatMap(auth, (context) => Effect.provide(Auth.bearer, context))
      const send = yield* sendOver(wire, { authenticate })
      const staged = Pipeline.fuse({ leaf: send, stages: [{}] })
      let steps = 0
      const tracer = Tracer.make({
        context: (f) => {
          steps++
          return f()
        },
        span: () => {
          throw new Error("no span is made")
        }
      })
      const count = (calls: number, effect: Effect.Effect<unknown, unknown>) =>
        Effect.suspend(() => {
          steps = 0
          return Effect.withTracer(Effect.repeatN(effect, calls - 1), tracer)
        }).pipe(Effect.map(() => steps))
      const per = (effect: Effect.Effect<unknown, unknown>) =>
        Effect.zipWith(count(110, effect), count(10, effect), (more, some) => (more - some) / 100)
      const one = (send: Transport.Send) => send(get, makeCall((response) => Exit.succeed(response.status)))

      // beyond an effect that is there already
      const nothing = yield* per(Effect.void)
      const alone = (yield* per(one(send))) - nothing
      const within = (yield* per(one(staged))) -
        (yield* per(one(Pipeline.fuse({ leaf: () => Effect.void as never, stages: [{}] }))))
      expect(alone).toBeLessThanOrEqual(9)
      expect(within).toBeLessThanOrEqual(4)
    }).pipe(Effect.scoped))
})

describe("an answer", () => {
  it.effect("in one piece, in many, in none", () =>
    Effect.gen(function*() {
      const wire = new Wire()
      const send = yield* sendOver(wire)
      for (const pieces of [["{\"id\":1}"], ["{\"i", "d\"", ":1}"], []]) {
        const fiber = yield* started(send, get, makeCall())
        const request = wire.requests.at(-1) as Request
        request.connect().headers(200, json)
        for (const piece of pieces) request.data(piece)
        request.complete()
        const response = yield* Fiber.join(fiber)
        strictEqual(yield* response.text, pieces.join(""))
        deepStrictEqual(yield* response.json, pieces.length === 0 ? null : { id: 1 })
        strictEqual((yield* response.arrayBuffer).byteLength, pieces.join("").length)
      }
    }))

  it.effect("has its headers, several cookies among them", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) =>
        request.answer(200, "", {
          "Set-Cookie": ["a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "b=2"],
          "X-Latin": "grüß",
          "X-Many": ["1", "2"],
          "__proto__": "no"
        })
      )
      const send = yield* sendOver(wire)
      const response = yield* send(get, makeCall())
      strictEqual(response.headers["x-latin"], "grüß")
      strictEqual(response.headers["x-many"], "1, 2")
      deepStrictEqual(Object.keys(response.cookies.cookies), ["a", "b"])
      strictEqual(({} as { no?: unknown }).no, undefined)
    }))

  it.effect("comes after informational ones", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => request.connect().headers(103).headers(102).headers(200).data("ok").complete())
      const send = yield* sendOver(wire)
      const response = yield* send(get, makeCall())
      deepStrictEqual([response.status, yield* response.text], [200, "ok"])
    }))

  it.effect("is classified: by its status, and by a body that says otherwise", () =>
    Effect.gen(function*() {
      const answers: Array<readonly [number, string]> = [[404, "{\"message\":\"gone\"}"], [
        200,
        "{\"error\":\"quota\"}"
      ]]
      const wire = new Wire((request) => {
        const [status, body] = answers.shift() as readonly [number, string]
        request.answer(status, body, { ...json, "retry-after": "7" })
      })
      const send = yield* sendOver(wire, {
        classify: ({ body, nowMillis }) =>
          (body as { readonly error?: string } | undefined)?.error === "quota"
            ? { message: `at ${nowMillis}`, tag: "RateLimitError" }
            : undefined
      })
      yield* TestClock.adjust("5 millis")
      const missing = yield* Effect.flip(send(get, makeCall()))
      deepStrictEqual([missing._tag, missing.message], ["NotFoundError", "HTTP 404: gone"])
      const quota = yield* Effect.flip(send(get, makeCall()))
      deepStrictEqual([quota._tag, quota.message], ["RateLimitError", "HTTP 200: at 5"])
      deepStrictEqual(quota.retryAfter, Duration.seconds(7))
    }))

  it.effect("is kept in the error as it is, or as its classifier wants it kept", () =>
    Effect.gen(function*() {
      const body = { message: "no", secret: "s3cret" }
      const wire = new Wire((request) => request.answer(402, JSON.stringify(body), json))
      const send = yield* sendOver(wire)
      deepStrictEqual((yield* Effect.flip(send(get, makeCall()))).details, body)
      const sparing = yield* sendOver(wire, { classify: () => ({ details: { message: "no" } }) })
      deepStrictEqual((yield* Effect.flip(sparing(get, makeCall()))).details, { message: "no" })
    }))

  it.effect("is no success because of a code that every object has a name for, and no page in its message", () =>
    Effect.gen(function*() {
      const tags: Readonly<Record<string, "ConflictError">> = { taken: "ConflictError" }
      const wire = new Wire((request) => request.answer(422, "{\"code\":\"constructor\"}", json))
      const send = yield* sendOver(wire, {
        classify: ({ body }) => ({ message: "x".repeat(2000), tag: tags[(body as { readonly code: string }).code] })
      })
      const error = yield* Effect.flip(send(get, makeCall()))
      deepStrictEqual([error._tag, error.status], ["ValidationError", 422])
      strictEqual(error.message, `HTTP 422: ${"x".repeat(500)}`)
    }))

  it.effect("is left for the policies to read: status and headers of the last one", () =>
    Effect.gen(function*() {
      const wire = new Wire()
      const send = yield* sendOver(wire)
      const call = makeCall()
      const answers: ReadonlyArray<readonly [(request: Request) => void, number | undefined]> = [
        [(request) => request.answer(200, "{}", { "x-left": "3" }), 200],
        [(request) => request.answer(503, "no", { "x-left": "3" }), 503],
        [(request) => request.connect().headers(200, { "x-left": "3" }).fail(reset), 200],
        [(request) => request.connect().headers(103, { "x-left": "3" }).fail(reset), undefined],
        [(request) => request.fail(refused), undefined]
      ]
      for (const [answer, status] of answers) {
        const fiber = yield* started(send, get, call)
        answer(wire.requests.at(-1) as Request)
        yield* Fiber.await(fiber)
        strictEqual(call.answer?.status, status)
        strictEqual(call.answer?.headers["x-left"], status === undefined ? undefined : "3")
      }
    }))

  describe("that is too long", () => {
    const limit = 100

    it.effect("is not", () =>
      Effect.gen(function*() {
        const wire = new Wire((request) =>
          request.connect().headers(200).data("x".repeat(60)).data("x".repeat(40)).complete()
        )
        const send = yield* sendOver(wire, { maxResponseBytes: limit })
        strictEqual((yield* Effect.flatMap(send(get, makeCall()), (response) => response.text)).length, limit)
        strictEqual(wire.request.aborts.length, 0)
      }))

    it.effect("is cut off, and its connection closed at once", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* sendOver(wire, { maxResponseBytes: limit })
        const fiber = yield* started(send, get, makeCall())
        wire.request.connect().headers(200).data("x".repeat(60)).data("x".repeat(41))
        const error = yield* Effect.flip(Fiber.join(fiber))
        strictEqual(error._tag, "ResponseDecodeError")
        assertTrue(error.message.includes("larger than 100 bytes: raise maxResponseBytes"))
        strictEqual(wire.request.aborts.length, 1)
      }))

    it.effect("for an error is cut, and classified by what there is", () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* sendOver(wire, { maxResponseBytes: limit })
        const fiber = yield* started(send, get, makeCall())
        wire.request.connect().headers(500).data("x".repeat(200_000)).data("y".repeat(200_000))
        const error = yield* Effect.flip(Fiber.join(fiber))
        strictEqual(error._tag, "ServerError")
        strictEqual((error.details as string).length, 256 * 1024)
        assertTrue((error.details as string).endsWith("xy".slice(1).repeat(10)))
        strictEqual(wire.request.aborts.length, 1)
      }))
  })

  describe("is accepted by the operation", () => {
    const accepts: ReadonlyArray<readonly [string, Call.Accept]> = [
      ["an Exit", (response) => Exit.succeed(response.status)],
      ["an Either", (response) => Either.right(response.status)],
      ["an effect", (response) => Effect.map(Effect.yieldNow(), () => response.status)]
    ]
    const refusals: ReadonlyArray<readonly [string, Call.Accept]> = [
      ["an Exit", (_, call) => Exit.fail(decodeError(call))],
      ["an Either", (_, call) => Either.left(decodeError(call))],
      ["an effect", (_, call) => Effect.zipRight(Effect.yieldNow(), Effect.fail(decodeError(call)))]
    ]
    const decodeError = (call: Call.Call) =>
      new IntegrationError.ResponseDecodeError({ ...call.errorFields, message: "not what was promised" })

    for (const [kind, accept] of accepts) {
      it.effect(`as ${kind}`, () =>
        Effect.gen(function*() {
          const send = yield* sendOver(new Wire((request) => request.answer(201, "{}")))
          const response = yield* send(get, makeCall(accept))
          strictEqual((response as unknown as { accepted: { value: unknown } }).accepted.value, 201)
        }))
    }
    for (const [kind, accept] of refusals) {
      it.effect(`or not, as ${kind}`, () =>
        Effect.gen(function*() {
          const send = yield* sendOver(new Wire((request) => request.answer(201, "{}")))
          const error = yield* Effect.flip(send(get, makeCall(accept)))
          strictEqual(error.message, "not what was promised")
        }))
    }

    it.effect("which is not asked about an error", () =>
      Effect.gen(function*() {
        const send = yield* sendOver(new Wire((request) => request.answer(500, "{}")))
        const error = yield* Effect.flip(send(get, makeCall(() => Effect.die("asked"))))
        strictEqual(error._tag, "ServerError")
      }))

    it.effect("a defect in it, or in a classifier, is a defect of the call", () =>
      Effect.gen(function*() {
        const boom = () => {
          throw new Error("boom")
        }
        const wire = new Wire((request) => request.answer(200, "{}"))
        const accepting = yield* Effect.exit((yield* sendOver(wire))(get, makeCall(boom)))
        const classifying = yield* Effect.exit((yield* sendOver(wire, { classify: boom }))(get, makeCall()))
        for (const exit of [accepting, classifying]) {
          strictEqual(Option.getOrUndefined(Exit.causeOption(exit))?._tag, "Die")
        }
      }))
  })
})

describe("a failure", () => {
  const cases: ReadonlyArray<
    readonly [string, (request: Request) => void, phase: "connect" | "response", mayHaveBeenProcessed: boolean]
  > = [
    ["refused", (request) => request.fail(refused), "connect", false],
    ["refused by the dispatcher before it began", (request) => request.fail(new Error("no")), "response", false],
    ["reset before an answer", (request) => request.connect().fail(reset), "response", true],
    ["reset in the body", (request) => request.connect().headers(200).data("{").fail(reset), "response", true]
  ]
  for (const [title, answer, phase, mayHaveBeenProcessed] of cases) {
    it.effect(title, () =>
      Effect.gen(function*() {
        const call = makeCall()
        const send = yield* sendOver(new Wire(answer))
        const error = yield* Effect.flip(send(get, call))
        deepStrictEqual([error._tag, error._tag === "NetworkError" && error.phase], ["NetworkError", phase])
        strictEqual(error.attempts, 1)
        strictEqual(call.mayHaveBeenProcessed, mayHaveBeenProcessed)
      }))
  }

  it.effect("keeps the doubt that an earlier attempt has left", () =>
    Effect.gen(function*() {
      const call = makeCall()
      const answers = [(request: Request) => request.connect().fail(reset), (request: Request) => request.fail(refused)]
      const send = yield* sendOver(new Wire((request) => answers.shift()?.(request)))
      yield* Effect.flip(send(get, call))
      yield* Effect.flip(send(get, call))
      strictEqual(call.mayHaveBeenProcessed, true)
      strictEqual(call.attempts, 2)
    }))

  it.effect("of a dispatcher that throws", () =>
    Effect.gen(function*() {
      const send = yield* sendOver(
        new Wire(() => {
          throw new TypeError("no dispatcher at all")
        })
      )
      const error = yield* Effect.flip(send(get, makeCall()))
      assertTrue(error._tag === "NetworkError" && error.message.includes("no dispatcher at all"))
    }))

  for (const make of [sendOver, sendThrough]) {
    it.effect(`ends the stream of the request's body (${make === sendOver ? "the short way" : "the long way"})`, () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire)
        let ended = false
        const body = HttpBody.stream(
          Stream.ensuring(Stream.concat(Stream.make(new Uint8Array(1)), Stream.never), Effect.sync(() => ended = true))
        )
        const fiber = yield* started(send, HttpClientRequest.post("/orders", { body }), makeCall())
        const reader = (wire.request.sent.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
        yield* Effect.promise(() => reader.next())
        strictEqual(ended, false)
        wire.request.connect().fail(reset)
        yield* Effect.flip(Fiber.join(fiber))
        yield* Effect.promise(() => Promise.allSettled([reader.next()]))
        strictEqual(ended, true)
      }))
  }
})

describe("a credential", () => {
  const late = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.as(Effect.sleep("1 second"), HttpClientRequest.setHeader(request, "x-token", "late"))

  it.effect("may take its time", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => request.answer(200, "{}"))
      const send = yield* sendOver(wire, { authenticate: late })
      const fiber = yield* started(send, get, makeCall())
      strictEqual(wire.requests.length, 0)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      strictEqual(wire.request.sent.headers["x-token"], "late")
    }))

  it.effect("is under the deadline, and can be interrupted", () =>
    Effect.gen(function*() {
      const wire = new Wire()
      const call = makeCall()
      let interrupted = 0
      const authenticate = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
      for (const policy of [Timeout.layer("2 seconds"), Timeout.layerTotal("1 minute")]) {
        const send = yield* Effect.flatMap(
          sendOver(wire, { authenticate }),
          (leaf) => stackWith(leaf, policy)
        )
        const fiber = yield* started(send, get, call)
        if (interrupted === 0) {
          yield* TestClock.adjust("2 seconds")
          strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "TimeoutError")
        } else assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      }
      strictEqual(interrupted, 2)
      strictEqual(wire.requests.length, 0)
      strictEqual(call.attempts, 0)
    }).pipe(Effect.scoped))

  it.effect("that there is none of ends the call", () =>
    Effect.gen(function*() {
      const wire = new Wire()
      const call = makeCall()
      const none = new IntegrationError.AuthenticationError({ ...call.errorFields, message: "no credential" })
      for (
        const authenticate of [
          () => Effect.fail(none),
          () => Either.left(none),
          () => Effect.delay(Effect.fail(none), 0)
        ]
      ) {
        const send = yield* sendOver(wire, { authenticate })
        const fiber = yield* started(send, get, call)
        yield* TestClock.adjust(0)
        strictEqual(yield* Effect.flip(Fiber.join(fiber)), none)
      }
      strictEqual(wire.requests.length, 0)
      strictEqual(call.attempts, 0)
    }))
})

/** A policy right above what sends. */
const stackWith = (leaf: Transport.Send, policy: IntegrationClient.Policy) =>
  Effect.map(
    Layer.build(
      Layer.provide(
        policy,
        Layer.succeed(IntegrationClient.IntegrationClient, IntegrationClient.make({ id: "shop", version: "1" }, leaf))
      )
    ),
    (context) => Context.get(context, IntegrationClient.IntegrationClient).send
  )

describe("a deadline", () => {
  const scoped = (title: string, body: (wire: Wire, send: Transport.Send) => Effect.Effect<unknown, unknown>) =>
    it.scoped(title, () =>
      Effect.gen(function*() {
        const wire = new Wire()
        yield* body(wire, yield* stackOver(wire, Timeout.layer("2 seconds")))
      }))

  scoped("passes while the request waits for a connection: nothing was sent", (wire, send) =>
    Effect.gen(function*() {
      const call = makeCall()
      const fiber = yield* started(send, get, call)
      yield* TestClock.adjust("1999 millis")
      strictEqual(yield* Fiber.poll(fiber), Option.none())
      yield* TestClock.adjust("1 millis")
      const error = yield* Effect.flip(Fiber.join(fiber))
      deepStrictEqual([error._tag, error.retryable], ["TimeoutError", true])
      strictEqual(call.mayHaveBeenProcessed, false)
      // when its turn comes, it is taken out of the queue
      expect(() => wire.request.connect()).toThrow("given up")
    }))

  scoped("passes before the answer, and closes the connection", (wire, send) =>
    Effect.gen(function*() {
      const call = makeCall()
      const fiber = yield* started(send, get, call)
      wire.request.connect()
      yield* TestClock.adjust("2 seconds")
      strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "TimeoutError")
      strictEqual(wire.request.aborts.length, 1)
      strictEqual(call.mayHaveBeenProcessed, true)
      // what comes all the same is heard by nobody
      wire.request.headers(200).data("{}").complete()
      strictEqual(call.answer, undefined)
    }))

  scoped("passes in the body", (wire, send) =>
    Effect.gen(function*() {
      const call = makeCall()
      const fiber = yield* started(send, get, call)
      wire.request.connect().headers(200).data("{")
      yield* TestClock.adjust("2 seconds")
      strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "TimeoutError")
      strictEqual(wire.request.aborts.length, 1)
      strictEqual(call.answer?.status, 200)
    }))

  scoped("passes while the answer is being accepted", (wire, send) =>
    Effect.gen(function*() {
      let interrupted = false
      const fiber = yield* started(
        send,
        get,
        makeCall(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted = true)))
      )
      wire.request.answer(200, "{}")
      yield* TestClock.adjust("2 seconds")
      strictEqual((yield* Effect.flip(Fiber.join(fiber)))._tag, "TimeoutError")
      strictEqual(interrupted, true)
    }))

  scoped("that is kept does nothing afterwards", (wire, send) =>
    Effect.gen(function*() {
      const fiber = yield* started(send, get, makeCall())
      wire.request.connect().headers(200).data("{}").complete()
      strictEqual((yield* Fiber.join(fiber)).status, 200)
      yield* TestClock.adjust("1 minute")
      strictEqual(wire.request.aborts.length, 0)
    }))

  it.scoped("that has passed already sends nothing", () =>
    Effect.gen(function*() {
      const wire = new Wire()
      const slow = IntegrationClient.stage(() => Effect.succeed({ enter: () => Effect.sleep("2 seconds") }))
      const late: Pipeline.Stage = { enter: (run) => void (run.call.innermost = new Call.Deadline(0, undefined)) }
      const send = yield* stackOver(wire, Layer.provide(slow, IntegrationClient.stage(() => Effect.succeed(late))))
      const call = makeCall()
      const fiber = yield* started(send, get, call)
      yield* TestClock.adjust("2 seconds")
      assertTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
      assertTrue(call.innermost?.passed === true)
      strictEqual(wire.requests.length, 0)
      strictEqual(call.attempts, 0)
    }))

  it.scopedLive("that is kept leaves no timer behind", () =>
    Effect.gen(function*() {
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length
      const send = yield* stackOver(new Wire((request) => request.answer(200, "{}")), Timeout.layer("1 minute"))
      const before = timers()
      yield* Effect.forEach(Array.from({ length: 50 }), () => send(get, makeCall()), { discard: true })
      expect(timers()).toBeLessThan(before + 50)
    }))

  it.scopedLive("passes in real time too", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => request.connect())
      const send = yield* stackOver(wire, Timeout.layer("20 millis"))
      strictEqual((yield* Effect.flip(send(get, makeCall())))._tag, "TimeoutError")
      strictEqual(wire.request.aborts.length, 1)
    }))

  it.scoped("is looked at on the monotonic clock, and so is the time of a timed call", () =>
    Effect.gen(function*() {
      const wire = new Wire((request) => request.answer(200, "{}"))
      yield* TestClock.adjust("3 seconds")
      const call = makeCall()
      call.timed = true
      yield* (yield* sendOver(wire))(get, call)
      strictEqual(call.sentAt, 3000)
      strictEqual(call.lastAttemptAt, yield* Clock.currentTimeMillis)
      const untimed = makeCall()
      yield* (yield* sendOver(wire))(get, untimed)
      strictEqual(untimed.sentAt, -1)
    }))
})

describe("interruption", () => {
  const faces: ReadonlyArray<readonly [string, IntegrationClient.Policy | undefined]> = [
    ["alone", undefined],
    ["under a stage", Timeout.layer("1 minute")]
  ]
  for (const [face, policy] of faces) {
    const make = (wire: Wire) => policy === undefined ? sendOver(wire) : stackOver(wire, policy)

    it.scoped(`${face}: closes the connection at once, and waits for nobody`, () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire)
        const steps: ReadonlyArray<(request: Request) => unknown> = [
          (request) => request.connect(),
          (request) => request.connect().headers(200),
          (request) => request.connect().headers(200).data("{")
        ]
        for (const step of steps) {
          const fiber = yield* started(send, get, makeCall())
          const request = wire.requests.at(-1) as Request
          step(request)
          assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
          strictEqual(request.aborts.length, 1)
        }
      }))

    it.scoped(`${face}: before there is a connection, takes the request out of the queue`, () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const fiber = yield* started(yield* make(wire), get, makeCall())
        assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        expect(() => wire.request.connect()).toThrow("given up")
        strictEqual(wire.request.aborts.length, 0)
      }))

    it.scoped(`${face}: waits, where it must not happen`, () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const send = yield* make(wire)
        const fiber = yield* Effect.fork(Effect.uninterruptible(send(get, makeCall())))
        yield* Effect.yieldNow()
        const interrupter = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* Effect.yieldNow()
        strictEqual(yield* Fiber.poll(interrupter), Option.none())
        wire.request.answer(200, "{}")
        yield* Fiber.join(interrupter)
        strictEqual(wire.request.aborts.length, 0)
      }))

    it.scoped(`${face}: of the acceptance of an answer closes nothing`, () =>
      Effect.gen(function*() {
        const wire = new Wire()
        const fiber = yield* started(yield* make(wire), get, makeCall(() => Effect.never))
        wire.request.answer(200, "{}")
        yield* Effect.yieldNow()
        assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        strictEqual(wire.request.aborts.length, 0)
      }))
  }
})

describe("a span", () => {
  it.effect("is made for each attempt of a call that has one", () =>
    Effect.gen(function*() {
      const names: Array<string> = []
      const attributes = new Map<string, unknown>()
      const wire = new Wire((request) => request.answer(503, "no"))
      const send = yield* sendOver(wire)
      yield* Effect.useSpan("call", (span) => {
        const call = makeCall()
        call.span = span
        return Effect.exit(send(get, call))
      }).pipe(Effect.withTracer(Tracer.make({
        context: (f) => f(),
        span: (name, parent, context, links, startTime, kind) => {
          names.push(`${kind} ${name} in ${Option.getOrUndefined(parent)?.spanId}`)
          return {
            _tag: "Span",
            addLinks: () => {},
            attribute: (key, value) => attributes.set(key, value),
            attributes: new Map(),
            context,
            end: () => {},
            event: () => {},
            kind,
            links,
            name,
            parent,
            sampled: true,
            spanId: name,
            status: { _tag: "Started", startTime },
            traceId: "1"
          }
        }
      })))
      deepStrictEqual(names, ["internal call in undefined", "client POST /o in undefined"])
      strictEqual(attributes.get("error.type"), "ServerError")
      strictEqual(attributes.get("http.response.status_code"), 503)
      deepStrictEqual(Object.keys(wire.request.sent.headers), ["accept"])
    }))
})
