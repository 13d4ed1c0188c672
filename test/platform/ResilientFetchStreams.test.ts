/**
 * Bodies on their way, in both directions, and everything that an abort must end.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it, onTestFinished } from "vitest"
import * as Kit from "./fetchKit.js"

const { eventually, make, outcome, pause, serve, tagOf } = Kit

setFlagsFromString("--expose-gc")
const gc = runInNewContext("gc") as () => void

const chunk = Buffer.alloc(64 * 1024, "x")

/** Writes until the other side is full, and on whenever it is not; says how much. */
const flood = (response: Http.ServerResponse, told: (bytes: number) => void): void => {
  let written = 0
  const more = () => {
    while (!response.destroyed) {
      written += chunk.length
      told(written)
      if (!response.write(chunk)) break
    }
  }
  response.on("drain", more)
  more()
}

const once = { policy: { retry: false } } as const

for (const [client, over] of Kit.clients) {
  describe(`a response on its way, over ${client}`, () => {
    it("is handed over at its headers, and read as it comes", async () => {
      let response: Http.ServerResponse | undefined
      const server = await serve((_, answer) => {
        response = answer
        answer.writeHead(200, { "content-type": "text/event-stream" })
        answer.write("data: 1\n\n")
      })
      const events = await make(over)(server.url)
      expect(events.headers.get("content-type")).toBe("text/event-stream")
      const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
      expect(await reader?.read()).toEqual({ done: false, value: "data: 1\n\n" })
      const second = reader?.read()
      response?.write("data: 2\n\n")
      expect(await second).toEqual({ done: false, value: "data: 2\n\n" })
      response?.end()
      expect(await reader?.read()).toEqual({ done: true, value: undefined })
    })

    it("is read no faster than its reader; cancelled, its connection is closed", async () => {
      let written = 0
      const server = await serve((_, response) => {
        response.writeHead(200)
        flood(response, (bytes) => {
          written = bytes
        })
      })
      const response = await make(over)(server.url)
      // until what lies between the two is full
      let before = -1
      while (before !== written) {
        before = written
        await pause(100)
      }
      expect(written).toBeLessThan(64 * 1024 * 1024)
      const reader = response.body?.getReader()
      let read = 0
      while (read < 2 * before) {
        const { value } = await reader?.read() ?? { value: undefined }
        read += value?.length ?? 0
      }
      expect(written).toBeGreaterThan(before)
      await reader?.cancel()
      await eventually(() => server.underWay === 0)
    })

    it("read to its end, it gives its connection back", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200)
        response.write(chunk)
        setTimeout(() => response.end(chunk), 5)
      })
      const fetch = make(over)
      for (let call = 0; call < 5; call++) {
        expect((await (await fetch(server.url)).arrayBuffer()).byteLength).toBe(2 * chunk.length)
      }
      // the next may be sent a moment before the one before is done with
      expect(server.sockets.size).toBeLessThanOrEqual(2)
    })

    it("that breaks off fails its reader", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200)
        response.write("a")
        setTimeout(() => response.destroy(), 10)
      })
      const response = await make(over)(server.url)
      await expect(response.text()).rejects.toBeInstanceOf(Error)
    })

    it("aborted, it fails with the reason; its connection is closed", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200)
        response.write("a")
      })
      const controller = new AbortController()
      const response = await make(over)(server.url, { signal: controller.signal })
      const reader = response.body?.getReader()
      expect((await reader?.read())?.value?.length).toBe(1)
      const next = reader?.read()
      controller.abort(new Error("enough"))
      await expect(next).rejects.toThrow("enough")
      await expect(reader?.closed).rejects.toThrow("enough")
      await eventually(() => server.underWay === 0)
    })

    it("aborted while nobody reads it, it cannot be read", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200)
        response.write("a")
      })
      const controller = new AbortController()
      const response = await make(over)(server.url, { signal: controller.signal })
      controller.abort()
      await expect(response.text()).rejects.toMatchObject({ name: "AbortError" })
      await eventually(() => server.underWay === 0)
    })

    it("that nobody reads and that is lost holds its connection no longer than it is there", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200)
        flood(response, () => {})
      })
      const fetch = make(over)
      const controller = new AbortController()
      const held: Array<Response> = []
      const hold = async () => void held.push(await fetch(server.url, { signal: controller.signal }))
      await hold()
      await hold()
      expect(held.map(({ status }) => status)).toEqual([200, 200])
      expect(server.underWay).toBe(2)
      held.length = 0
      while (server.underWay > 0) {
        gc()
        await pause(20)
      }
    })
  })
}

describe("an abort", () => {
  const hanging = () => serve(() => {})

  it("before the call sends nothing", async () => {
    const server = await hanging()
    const fetch = make(once)
    await expect(fetch(server.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" })
    await expect(fetch(server.url, { signal: AbortSignal.abort("why") })).rejects.toBe("why")
    await fetch(server.url, { signal: AbortSignal.abort() }).catch(() => {})
    expect(server.count).toBe(0)
  })

  it("before the headers rejects with its reason, at once, and closes the connection", async () => {
    const server = await hanging()
    const controller = new AbortController()
    const call = outcome(make(once)(server.url, { signal: controller.signal }))
    await eventually(() => server.count === 1)
    const reason = new Error("changed my mind")
    controller.abort(reason)
    expect(await call).toBe(reason)
    await eventually(() => server.underWay === 0)
  })

  it("of a Request is one of the call; one of the init goes before it", async () => {
    const server = await hanging()
    const fetch = make(once)
    const own = new AbortController()
    const call = outcome(fetch(new Request(server.url, { signal: own.signal })))
    await eventually(() => server.count === 1)
    own.abort()
    expect(await call).toMatchObject({ name: "AbortError" })
    const other = new AbortController()
    const second = outcome(
      fetch(new Request(server.url, { signal: other.signal }), { signal: AbortSignal.timeout(30) })
    )
    expect(await second).toMatchObject({ name: "TimeoutError" })
  })

  it("ends the pause before a retry, and there is no other attempt", async () => {
    const server = await serve((_, response) => response.writeHead(503, { "retry-after": "30" }).end())
    const controller = new AbortController()
    const call = outcome(make()(server.url, { signal: controller.signal }))
    await eventually(() => server.count === 1)
    await pause(20)
    controller.abort()
    expect(await call).toMatchObject({ name: "AbortError" })
    expect(server.count).toBe(1)
  })

  it("while the stack is being built, and while the body is being read", async () => {
    const server = await hanging()
    const controller = new AbortController()
    const fetch = make(once)
    const call = outcome(fetch(server.url, { signal: controller.signal }))
    controller.abort()
    expect(await call).toMatchObject({ name: "AbortError" })
    const reading = new AbortController()
    let cancelled: unknown
    const body = new ReadableStream<Uint8Array>({
      cancel: (reason) => {
        cancelled = reason
      },
      pull: () => new Promise(() => {})
    })
    const request = new Request(server.url, { body, duplex: "half", method: "POST" })
    const second = outcome(fetch(request, { signal: reading.signal }))
    reading.abort()
    expect(await second).toMatchObject({ name: "AbortError" })
    await eventually(() => cancelled === reading.signal.reason)
    await pause(20)
    expect(server.count).toBe(0)
  })

  it("after a body that was read ahead: what was not read is not to be had", async () => {
    const server = await serve((_, response) => response.end("here already"))
    const controller = new AbortController()
    const fetch = make(once)
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(() => fetch(server.url, { signal: controller.signal }))
    )
    expect(await first?.text()).toBe("here already")
    controller.abort()
    await expect(second?.text()).rejects.toMatchObject({ name: "AbortError" })
    await expect(third?.blob()).rejects.toMatchObject({ name: "AbortError" })
  })

  it("does not count against the circuit, and is no dead letter", async () => {
    const server = await hanging()
    const fetch = make({ policy: { circuitBreaker: { failureThreshold: 1 }, retry: false } })
    const controller = new AbortController()
    const call = outcome(fetch(server.url, { body: "a", method: "POST", signal: controller.signal }))
    await eventually(() => server.count === 1)
    controller.abort()
    await call
    await pause(10)
    expect(fetch.circuitBreakerState(server.url)).toBe("closed")
    expect((await fetch.deadLetters().stats()).total).toBe(0)
  })
})

/** A signal that counts who listens to it. */
const counting = () => {
  const controller = new AbortController()
  const { signal } = controller
  const count = { most: 0, now: 0 }
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count.most = Math.max(count.most, ++count.now)
    return add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count.now--
    return remove(...args)
  }
  return { controller, count, signal }
}

describe("a signal that outlives its calls", () => {
  it("has no listener after a call, however it ended, and never more than one", async () => {
    const server = await serve((request, response) => {
      switch (request.url) {
        case "/down":
          return response.writeHead(500).end()
        case "/live":
          response.writeHead(200)
          response.write("a")
          return setTimeout(() => response.end("b"), 5)
        case "/gone":
          return response.destroy()
        default:
          return response.end("ok")
      }
    })
    const { count, signal } = counting()
    const fetch = make({ policy: { ...Kit.prompt, circuitBreaker: false } })
    const calls = ["/ok", "/down", "/live", "/gone", "/ok", "/live"].flatMap((path) => [path, path, path])
    await Promise.all(calls.map(async (path) => {
      const response = await outcome(fetch(server.url + path, { signal }))
      if (response instanceof Response) await response.text()
    }))
    expect(count).toEqual({ most: 1, now: 0 })
    // also where the body is not read to its end
    const response = await fetch(`${server.url}/live`, { signal })
    expect(count.now).toBe(1)
    await response.body?.cancel()
    expect(count.now).toBe(0)
  })

  it("has none after a response on its way was lost", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200)
      flood(response, () => {})
    })
    const { count, signal } = counting()
    const fetch = make(once)
    await (async () => {
      await fetch(server.url, { signal })
    })()
    while (count.now > 0) {
      gc()
      await pause(20)
    }
  })

  it("aborts all of its calls at once", async () => {
    const server = await serve(() => {})
    const { controller, count, signal } = counting()
    const fetch = make(once)
    const calls = Array.from({ length: 20 }, () => outcome(fetch(server.url, { signal })))
    await eventually(() => server.count === 20)
    controller.abort("all")
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, () => "all"))
    expect(count).toEqual({ most: 1, now: 0 })
    await eventually(() => server.underWay === 0)
  })
})

/** A stream that tells how much was taken of it, and whether it was let go. */
const source = (chunks: number, body = chunk) => {
  const state = { cancelled: undefined as unknown, given: 0 }
  const stream = new ReadableStream<Uint8Array>({
    cancel: (reason) => {
      state.cancelled = reason ?? true
    },
    pull: (controller) => {
      if (state.given === chunks) return controller.close()
      state.given++
      return controller.enqueue(body)
    }
  }, { highWaterMark: 0 })
  return { state, stream }
}

const upload = (body: ReadableStream<Uint8Array>): RequestInit => ({ body, duplex: "half", method: "PUT" })

/** Takes nothing of a request's body before it is told to. */
const slowReader = () =>
  new Promise<{ readonly url: string; readonly go: () => void }>((resolve) => {
    const paused: Array<Http.IncomingMessage> = []
    const server = Http.createServer((request, response) => {
      paused.push(request)
      request.on("end", () => response.end("thanks"))
      request.on("error", () => {})
    })
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    server.listen(0, "127.0.0.1", () =>
      resolve({
        go: () => {
          for (const request of paused) request.resume()
        },
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      }))
  })

describe("a request whose body is a stream", () => {
  it("is taken no faster than it is sent", async () => {
    const server = await slowReader()
    const { state, stream } = source(2000)
    const call = make(once)(server.url, upload(stream))
    await eventually(() => state.given > 1)
    let before = -1
    while (before !== state.given) {
      before = state.given
      await pause(100)
    }
    expect(before).toBeLessThan(1000)
    server.go()
    expect(await (await call).text()).toBe("thanks")
    expect(state.given).toBe(2000)
  })

  it("is not sent again once it was sent, and the dead letter says that it is not kept", async () => {
    const server = await serve((_, response) => response.writeHead(503, { "retry-after": "0" }).end("busy"))
    const fetch = make()
    const response = await fetch(server.url, upload(source(3).stream))
    expect(response.status).toBe(503)
    expect(server.count).toBe(1)
    expect(server.requests[0]?.body.length).toBe(3 * chunk.length)
    expect(fetch.errorOf(response)?.deadLettered).toBe(false)
    expect((await fetch.deadLetters().stats()).total).toBe(0)
  })

  it("is let go where nothing is sent", async () => {
    const down = await serve((_, response) => response.writeHead(500).end())
    const fetch = make({ policy: { circuitBreaker: { failureThreshold: 1 }, retry: false } })
    await fetch(down.url)
    const { state, stream } = source(3)
    expect(tagOf(await outcome(fetch(down.url, upload(stream))))).toBe("CircuitBreakerOpenError")
    expect(state.given).toBe(0)
    await eventually(() => state.cancelled !== undefined)
    const second = source(3)
    await expect(fetch(down.url, { ...upload(second.stream), signal: AbortSignal.abort("no") })).rejects.toBe("no")
    await eventually(() => second.state.cancelled === "no")
  })

  it("aborted on its way ends its source, also one that waits", async () => {
    const server = await serve(() => {})
    const controller = new AbortController()
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled = true
      },
      start: (source) => source.enqueue(chunk)
    })
    const call = outcome(make(once)(server.url, { ...upload(stream), signal: controller.signal }))
    await eventually(() => server.underWay === 1)
    controller.abort("stop")
    expect(await call).toBe("stop")
    await eventually(() => cancelled && server.underWay === 0)
  })

  it("that fails, or gives what is no bytes, fails the call; nothing is retried", async () => {
    const server = await serve((_, response) => response.end())
    const fetch = make()
    const failing = new ReadableStream<Uint8Array>({
      pull: () => {
        throw new Error("the disk is gone")
      }
    })
    const error = await outcome(fetch(server.url, upload(failing))) as Error
    expect(tagOf(error)).toBe("NetworkError")
    expect(error.message).toContain("the disk is gone")
    const text = new ReadableStream({ start: (controller) => controller.enqueue("text") })
    expect((await outcome(fetch(server.url, upload(text))) as Error).message).toContain("Uint8Array")
    expect(server.count).toBe(0)
  })

  it("is not redirected, unless it becomes a GET", async () => {
    const server = await serve((request, response) =>
      request.url === "/there"
        ? response.end(request.method)
        : response.writeHead(Number(request.url.slice(1)), { location: "/there" }).end()
    )
    const fetch = make()
    await expect(fetch(`${server.url}/307`, upload(source(1).stream))).rejects.toBeInstanceOf(TypeError)
    expect(await (await fetch(`${server.url}/303`, upload(source(1).stream))).text()).toBe("GET")
  })
})

describe("a Request", () => {
  it("is used up by being fetched; what it holds can be retried while it is small", async () => {
    const server = await serve((_, response, number) => response.writeHead(number === 1 ? 500 : 200).end())
    const request = new Request(server.url, { body: "small", method: "PUT" })
    const fetch = make()
    expect((await fetch(request)).status).toBe(200)
    expect(request.bodyUsed).toBe(true)
    expect(server.requests.map(({ text }) => text)).toEqual(["small", "small"])
    await expect(fetch(request)).rejects.toBeInstanceOf(TypeError)
    await expect(fetch(request, { body: "other" })).resolves.toBeInstanceOf(Response)
  })

  it("with a large body is sent as the stream that it is, whole and once", async () => {
    const server = await serve((_, response) => response.writeHead(500).end())
    const body = Buffer.alloc(3 * 1024 * 1024, "y")
    await make()(new Request(server.url, { body, method: "PUT" }))
    expect(server.count).toBe(1)
    expect(server.requests[0]?.body.equals(body)).toBe(true)
  })
})
