// what becomes of an error that has no tag
// @effect-diagnostics globalErrorInEffectFailure:off
import { Effect, Layer } from "effect"
import {
  Availability,
  CircuitBreaker,
  DeadLetterQueue,
  type IntegrationError,
  RateLimit,
  ResilientFetch
} from "holdfast"
import { describe, expect, it, vi } from "vitest"
import * as Kit from "./fetchKit.js"

const { json, make, outcome, prompt, serve, tagOf } = Kit

for (const [client, over] of Kit.clients) {
  describe(`answers, over ${client}`, () => {
    it("resolves with whatever status, its body and its headers as they came", async () => {
      const server = await serve((request, response) =>
        response.writeHead(Number(request.url.slice(1)), {
          "content-type": "text/plain",
          "set-cookie": ["a=1; Path=/", "b=2; Path=/; HttpOnly"],
          "x-request-id": "r1"
        }).end(`answer ${request.url}`)
      )
      const fetch = make({ ...over, policy: { ...prompt, circuitBreaker: false, rateLimit: false } })
      for (const status of [200, 201, 400, 401, 402, 403, 404, 409, 410, 422, 429, 500, 501, 503, 599]) {
        const response = await fetch(`${server.url}/${status}`)
        expect(response).toBeInstanceOf(Response)
        expect(response.status).toBe(status)
        expect(response.ok).toBe(status < 300)
        expect(response.headers.get("x-request-id")).toBe("r1")
        expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/; HttpOnly"])
        expect(await response.text()).toBe(`answer /${status}`)
      }
    })

    it("a 503 that asks for patience, then success: one call", async () => {
      const server = await serve((_, response, number) =>
        number === 1 ? response.writeHead(503, { "retry-after": "0" }).end() : json(response, { number })
      )
      const response = await make(over)(server.url, { body: "{}", method: "POST" })
      expect(await response.json()).toEqual({ number: 2 })
      expect(server.count).toBe(2)
    })

    it("retries exhausted, the last answer is the answer, with its own body", async () => {
      const server = await serve((_, response, number) =>
        response.writeHead(503, { "x-number": String(number) }).end(`busy ${number}`)
      )
      const fetch = make(over)
      const response = await fetch(server.url)
      expect(response.status).toBe(503)
      expect(response.headers.get("x-number")).toBe("3")
      expect(await response.text()).toBe("busy 3")
      const error = fetch.errorOf(response)
      expect(tagOf(error)).toBe("ServerError")
      expect(error?.attempts).toBe(3)
    })

    it("an error body of 1 MiB is whole", async () => {
      const body = "x".repeat(1024 * 1024)
      const server = await serve((_, response) => response.writeHead(400).end(body))
      expect(await (await make(over)(server.url)).text()).toBe(body)
    })

    it("a body that breaks off is an attempt that failed, while it says that it is small", async () => {
      const server = await serve((_, response, number) => {
        if (number > 1) return json(response, { number })
        response.writeHead(200, { "content-length": "100" })
        response.write("{")
        return setTimeout(() => response.destroy(), 10)
      })
      expect(await (await make(over)(server.url)).json()).toEqual({ number: 2 })
    })

    it("no answer is a rejection, with the cause as fetch has it", async () => {
      const server = await serve(() => {})
      server.close()
      const error = await outcome(make(over)(server.url)) as IntegrationError.NetworkError
      expect(tagOf(error)).toBe("NetworkError")
      expect(error).toBeInstanceOf(Error)
      expect(error.code).toBe("ECONNREFUSED")
      expect((error.cause as { readonly code: string }).code).toBe("ECONNREFUSED")
      expect(error.attempts).toBe(3)
    })

    it("a write whose response was lost is not sent twice; with a key of its own it is", async () => {
      const server = await serve((_, response) => response.destroy())
      const fetch = make(over)
      const error = await outcome(fetch(server.url, { body: "{}", method: "POST" }))
      expect(tagOf(error)).toBe("NetworkError")
      expect(server.count).toBe(1)
      await outcome(fetch(server.url, { body: "{}", headers: { "Idempotency-Key": "k1" }, method: "POST" }))
      expect(server.count).toBe(4)
      expect(server.requests.map(({ headers }) => headers["idempotency-key"])).toEqual([undefined, "k1", "k1", "k1"])
    })
  })
}

describe("which calls are retried", () => {
  const failing = () => serve((_, response) => response.writeHead(500).end())
  const attemptsOf = async (init: RequestInit, options: ResilientFetch.Options = {}) => {
    const server = await failing()
    await make(options)(server.url, init)
    return server.count
  }

  it("reads, and writes that may be sent twice", async () => {
    expect(await attemptsOf({})).toBe(3)
    expect(await attemptsOf({ method: "HEAD" })).toBe(3)
    expect(await attemptsOf({ body: "a", method: "PUT" })).toBe(3)
    expect(await attemptsOf({ method: "DELETE" })).toBe(3)
    expect(await attemptsOf({ body: "a", method: "POST" })).toBe(1)
    expect(await attemptsOf({ body: "a", method: "PATCH" })).toBe(1)
  })

  it("writes with a header that the hosts honour: made, the same each time, and none for reads", async () => {
    const server = await failing()
    const fetch = make({ idempotencyHeader: "Idempotency-Key", policy: { ...prompt, circuitBreaker: false } })
    await fetch(server.url, { body: "a", method: "POST" })
    await fetch(server.url)
    const keys = server.requests.map(({ headers }) => headers["idempotency-key"])
    expect(keys).toHaveLength(6)
    expect(keys[0]).toMatch(/^[\da-f-]{36}$/)
    expect(new Set(keys.slice(0, 3)).size).toBe(1)
    expect(keys.slice(3)).toEqual([undefined, undefined, undefined])
  })

  it("with a header of another name, the key that a request brings", async () => {
    const server = await failing()
    await make({ idempotencyHeader: "X-Request-Key" })(server.url, {
      body: "a",
      headers: { "x-request-key": "mine" },
      method: "POST"
    })
    expect(server.requests.map(({ headers }) => headers["x-request-key"])).toEqual(["mine", "mine", "mine"])
  })

  it("a quoted key is quoted once", async () => {
    const server = await failing()
    const fetch = make({ policy: { ...prompt, idempotencyKey: { format: "quoted", header: "idempotency-key" } } })
    await fetch(server.url, { body: "a", headers: { "idempotency-key": "\"k\"" }, method: "POST" })
    expect(server.requests[0]?.headers["idempotency-key"]).toBe("\"k\"")
  })

  it("what the program says of a request goes before its method", async () => {
    const describe = ({ url }: ResilientFetch.Described) => url.pathname === "/search" ? { safe: true } : undefined
    const server = await failing()
    const fetch = make({ operation: describe })
    await fetch(`${server.url}/search`, { body: "{}", method: "POST" })
    expect(server.count).toBe(3)
    await fetch(`${server.url}/other`, { body: "{}", method: "POST" })
    expect(server.count).toBe(4)
  })

  it("a classifier may make a success a failure", async () => {
    const server = await serve((_, response, number) => json(response, { ok: number === 2 }))
    const fetch = make({
      classify: ({ body }) =>
        (body as { readonly ok?: boolean }).ok === false ? { retryable: true, tag: "ServerError" } : undefined
    })
    expect(await (await fetch(server.url)).json()).toEqual({ ok: true })
    expect(server.count).toBe(2)
    // and where it stays one, its answer is the answer
    server.handler = (_, response) => json(response, { ok: false })
    const response = await fetch(server.url)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ok: false })
    expect(tagOf(fetch.errorOf(response))).toBe("ServerError")
  })
})

describe("failures without an answer", () => {
  it("an open circuit: nothing is sent to its origin, and others are served", async () => {
    const down = await serve((_, response) => response.writeHead(500).end())
    const up = await serve((_, response) => response.end("up"))
    const fetch = make({ policy: { circuitBreaker: { failureThreshold: 2 }, retry: false } })
    expect(fetch.circuitBreakerState()).toBe("closed")
    await fetch(down.url)
    expect(fetch.circuitBreakerState(down.url)).toBe("closed")
    await fetch(down.url)
    expect(fetch.circuitBreakerState(down.url)).toBe("open")
    expect(fetch.circuitBreakerState(`${down.url}/any/path`)).toBe("open")
    expect(fetch.circuitBreakerState(up.url)).toBe("closed")
    expect(fetch.circuitBreakerState()).toBe("open")
    const error = await outcome(fetch(down.url)) as IntegrationError.CircuitBreakerOpenError
    expect(tagOf(error)).toBe("CircuitBreakerOpenError")
    expect(error.retryAfter).toBeDefined()
    expect(down.count).toBe(2)
    expect(await (await fetch(up.url)).text()).toBe("up")
  })

  it("a circuit that opens between two attempts: the call rejects, although there was an answer", async () => {
    const server = await serve((_, response) => response.writeHead(500).end("down"))
    const fetch = make({
      policy: { circuitBreaker: { failureThreshold: 2 }, retry: { initialDelay: 0, maxAttempts: 5 } }
    })
    const error = await outcome(fetch(server.url))
    expect(tagOf(error)).toBe("CircuitBreakerOpenError")
    expect(server.count).toBe(2)
  })

  it("a full bulkhead, of the origin alone", async () => {
    const waiting: Array<() => void> = []
    const slow = await serve((_, response) => void waiting.push(() => response.end("slow")))
    const other = await serve((_, response) => response.end("other"))
    const fetch = make({ policy: { bulkhead: { maxConcurrent: 1, maxQueue: 0 }, retry: false } })
    const first = fetch(slow.url)
    await Kit.eventually(() => waiting.length === 1)
    expect(tagOf(await outcome(fetch(slow.url)))).toBe("BulkheadFullError")
    expect(await (await fetch(other.url)).text()).toBe("other")
    waiting[0]?.()
    expect(await (await first).text()).toBe("slow")
  })

  it("the local rate limit, of the origin alone", async () => {
    const server = await serve((_, response) => response.end("a"))
    const other = await serve((_, response) => response.end("b"))
    const fetch = make({ policy: { rateLimit: { capacity: 1, maxWait: 0, refillRate: 0.001 }, retry: false } })
    expect(await (await fetch(server.url)).text()).toBe("a")
    const error = await outcome(fetch(server.url)) as IntegrationError.RateLimitError
    expect(tagOf(error)).toBe("RateLimitError")
    expect(error.origin).toBe("local")
    expect(await (await fetch(other.url)).text()).toBe("b")
  })

  it("a 429 holds every caller of its origin for as long as it asks, and no other", async () => {
    const server = await serve((_, response, number) =>
      number === 1 ? response.writeHead(429, { "retry-after": "3600" }).end("slow down") : response.end()
    )
    const other = await serve((_, response) => response.end("b"))
    const fetch = make()
    expect((await fetch(server.url)).status).toBe(429)
    expect(tagOf(await outcome(fetch(server.url)))).toBe("RateLimitError")
    expect(server.count).toBe(1)
    expect(await (await fetch(other.url)).text()).toBe("b")
  })

  it("switched off", async () => {
    const server = await serve((_, response) => response.end())
    const fetch = make({ policy: { availability: Availability.Off({ reason: "moving house" }) } })
    const error = await outcome(fetch(server.url)) as Error
    expect(tagOf(error)).toBe("UnavailableError")
    expect(error.message).toContain("moving house")
    expect(server.count).toBe(0)
  })

  it("timeouts of an attempt and of the call; the connection is closed", async () => {
    const server = await serve(() => {})
    const attempt = await outcome(make({ policy: { attemptTimeout: 20, retry: false } })(server.url))
    expect(attempt).toMatchObject({ _tag: "TimeoutError", scope: "attempt" })
    const total = await outcome(make({ policy: { retry: false, totalTimeout: 20 } })(server.url))
    expect(total).toMatchObject({ _tag: "TimeoutError", scope: "total" })
    await Kit.eventually(() => server.underWay === 0)
  })

  it("`key` says what counts together", async () => {
    const server = await serve((request, response) => response.writeHead(request.url === "/a" ? 500 : 200).end())
    const fetch = make({
      key: (call) => call.operation.name,
      operation: ({ url }) => ({ name: url.pathname }),
      policy: { circuitBreaker: { failureThreshold: 1 }, retry: false }
    })
    await fetch(`${server.url}/a`)
    expect(fetch.circuitBreakerState("/a")).toBe("open")
    expect(fetch.circuitBreakerState("/b")).toBe("closed")
    expect((await fetch(`${server.url}/b`)).status).toBe(200)
    expect(tagOf(await outcome(fetch(`${server.url}/a`)))).toBe("CircuitBreakerOpenError")
  })
})

describe("options", () => {
  it("httpErrors: reject, with the error that the answer stands for", async () => {
    const server = await serve((_, response) => json(response, { code: "no_such", message: "no such thing" }, 404))
    const error = await outcome(make({ httpErrors: "reject" })(server.url)) as IntegrationError.NotFoundError
    expect(error).toMatchObject({ _tag: "NotFoundError", code: "no_such", status: 404 })
    expect(error.message).toContain("no such thing")
  })

  it("headers of every request, beneath those of the call", async () => {
    const server = await serve((_, response) => response.end())
    await make({ headers: { "user-agent": "shop/1", "x-team": "a" } })(server.url, { headers: { "X-Team": "b" } })
    expect(server.requests[0]?.headers).toMatchObject({ accept: "*/*", "user-agent": "shop/1", "x-team": "b" })
  })

  it("a policy of one's own in place of the stack", async () => {
    const server = await serve((_, response) => response.writeHead(503).end())
    const response = await make({ policy: CircuitBreaker.layer({ failureThreshold: 1 }) })(server.url)
    expect(response.status).toBe(503)
    expect(server.count).toBe(1)
  })

  it("state that is shared with the rest of a program, and kept apart from that of another fetch", async () => {
    const server = await serve((_, response) => response.writeHead(500).end())
    const memo = Effect.runSync(Layer.makeMemoMap)
    const scope = await Effect.runPromise(Effect.scope.pipe(Effect.provide(Layer.scope)))
    const shared = Layer.mergeAll(CircuitBreaker.layerMemory, RateLimit.layerMemory, DeadLetterQueue.layerMemory)
    const context = await Effect.runPromise(Layer.buildWithMemoMap(shared, memo, scope))
    const policy = { circuitBreaker: { failureThreshold: 1 }, retry: false } as const
    const state = Layer.succeedContext(context)
    const one = make({ id: "one", policy, state })
    const two = make({ id: "two", policy, state })
    await one(server.url)
    expect(two.circuitBreakerState(server.url)).toBe("closed")
    await two(server.url)
    expect(one.circuitBreakerState(server.url)).toBe("open")
    const keys = await Effect.runPromise(
      Effect.flatMap(CircuitBreaker.CircuitBreakers, (breakers) => breakers.keys).pipe(Effect.provide(context))
    )
    expect(keys).toEqual(expect.arrayContaining([`one ${server.url}`, `two ${server.url}`]))
  })

  it("a state that cannot be built rejects with its error, and is tried again by the next call", async () => {
    const server = await serve((_, response) => response.end("there"))
    let isBroken = true
    const broken = Layer.unwrapEffect(Effect.suspend(() =>
      isBroken
        ? Effect.fail(new DeadLetterQueue.DeadLetterQueueError({ message: "the disk is full", reason: "open" }))
        : Effect.succeed(Layer.mergeAll(CircuitBreaker.layerMemory, RateLimit.layerMemory, DeadLetterQueue.layerMemory))
    ))
    const fetch = make({ state: broken })
    expect(await outcome(fetch(server.url))).toMatchObject({ message: "the disk is full" })
    isBroken = false
    expect(await (await fetch(server.url)).text()).toBe("there")
  })

  it("no line is written to the console unless asked for; a function is handed each", async () => {
    const written = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {})
    )
    try {
      const server = await serve((_, response) => response.writeHead(500).end())
      await make()(server.url)
      for (const spy of written) expect(spy).not.toHaveBeenCalled()
      const lines: Array<ResilientFetch.LogLine> = []
      await make({ logs: (line) => lines.push(line) })(server.url)
      expect(lines).toMatchObject([{ annotations: { attempts: 3, error: "ServerError" }, level: "warn" }])
      await make({ logs: true })(server.url)
      expect(written.some((spy) => spy.mock.calls.length > 0)).toBe(true)
    } finally {
      for (const spy of written) spy.mockRestore()
    }
  })

  it.each<[ResilientFetch.Options, string]>([
    [{ id: "Not An Id" }, "the id \"Not An Id\" must be lower-case"],
    [{ wholeBytes: -1 }, "wholeBytes is -1"],
    [{ maxErrorBytes: 0.5 }, "maxErrorBytes is 0.5"],
    [{ httpErrors: "throw" as "reject" }, "httpErrors is \"throw\""],
    [{ idempotencyHeader: "a b" }, "idempotencyHeader is \"a b\""],
    [{ policy: { retry: { maxAttempts: 0 } } }, "maxAttempts is 0"]
  ])("that cannot be are refused at once: %o", (options, says) => {
    expect(() => ResilientFetch.make(options)).toThrow(says)
  })

  it("is assignable to fetch", () => {
    const fetch: typeof globalThis.fetch = make()
    expect(fetch).toBeTypeOf("function")
  })
})

describe("dispose", () => {
  it("calls under way reject, and so does what comes after; it may be called twice", async () => {
    const server = await serve(() => {})
    const fetch = make()
    const call = outcome(fetch(server.url))
    await Kit.eventually(() => server.count === 1)
    await Promise.all([fetch.dispose(), fetch.dispose()])
    expect(await call).toMatchObject({ _tag: "UnavailableError" })
    expect(await outcome(fetch(server.url))).toMatchObject({ _tag: "UnavailableError" })
    await expect(fetch.deadLetters().list()).rejects.toMatchObject({ _tag: "UnavailableError" })
    expect(fetch.circuitBreakerState()).toBe("closed")
    await Kit.eventually(() => server.sockets.size === 0)
  })

  it("while it is being built, and before anything was", async () => {
    const server = await serve((_, response) => response.end())
    const fetch = make()
    const call = outcome(fetch(server.url))
    await fetch.dispose()
    expect(await call).toMatchObject({ _tag: "UnavailableError" })
    expect(server.count).toBe(0)
    await make().dispose()
  })

  it("by `Symbol.asyncDispose`; a body on its way breaks off", async () => {
    const server = await serve((_, response) => void response.writeHead(200).write("a"))
    const fetch = make()
    const response = await fetch(server.url)
    const reading = response.text()
    await fetch[Symbol.asyncDispose]()
    await expect(reading).rejects.toBeDefined()
    await Kit.eventually(() => server.sockets.size === 0)
  })
})
