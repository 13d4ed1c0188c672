/**
 * Redirects: the rules as a function, against the standard's text; and the same over sockets, against the platform's fetch.
 */
import { FastCheck } from "effect"
import { describe, expect, it } from "vitest"
import * as Redirect from "../../src/platform/internal/fetch/redirect.js"
import { holds } from "../campaign.js"
import * as Kit from "./fetchKit.js"

const from = (changes: Partial<Redirect.From> = {}): Redirect.From => ({
  count: 0,
  isReplayable: true,
  method: "GET",
  mode: "follow",
  url: new URL("https://a.example/x?y"),
  ...changes
})

describe("the decision", () => {
  it.each([
    [301, "GET", "GET", false],
    [301, "POST", "GET", true],
    [301, "PUT", "PUT", false],
    [302, "POST", "GET", true],
    [302, "HEAD", "HEAD", false],
    [302, "DELETE", "DELETE", false],
    [303, "POST", "GET", true],
    [303, "PUT", "GET", true],
    [303, "DELETE", "GET", true],
    [303, "GET", "GET", false],
    [303, "HEAD", "HEAD", false],
    [307, "POST", "POST", false],
    [308, "PATCH", "PATCH", false]
  ])("%i after %s is %s; its body is dropped: %s", (status, method, becomes, dropsBody) => {
    expect(Redirect.decide(status, "/z", from({ method }))).toMatchObject({
      _tag: "Follow",
      dropsBody,
      method: becomes
    })
  })

  it.each([200, 204, 300, 304, 305, 306, 400])("%i is no redirect", (status) => {
    expect(Redirect.decide(status, "/z", from())).toBeUndefined()
  })

  it.each([
    ["/z", "https://a.example/z", false],
    ["z?q=1#f", "https://a.example/z?q=1#f", false],
    ["?q", "https://a.example/x?q", false],
    ["//b.example/z", "https://b.example/z", true],
    ["http://a.example/x", "http://a.example/x", true],
    ["https://a.example:8443/", "https://a.example:8443/", true],
    ["https://A.EXAMPLE:443/z", "https://a.example/z", false]
  ])("%s leads to %s, without credentials: %s", (location, url, dropsCredentials) => {
    const decision = Redirect.decide(307, location, from())
    expect(decision).toMatchObject({ _tag: "Follow", dropsCredentials })
    expect((decision as Redirect.Follow).url.href).toBe(url)
  })

  it.each(["file:///etc/passwd", "data:text/plain,x", "javascript:1", "http://[", "https://"])(
    "not to %s",
    (location) => {
      expect(Redirect.decide(302, location, from())).toMatchObject({ _tag: "Refuse" })
    }
  )

  it("no credential leaves its origin, whatever the location says; no chain is longer than 20", async () => {
    await holds(
      FastCheck.property(
        FastCheck.constantFrom(301, 302, 303, 307, 308),
        FastCheck.oneof(FastCheck.webUrl(), FastCheck.webPath(), FastCheck.string()),
        FastCheck.webUrl(),
        FastCheck.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
        FastCheck.nat(30),
        FastCheck.boolean(),
        (status, location, url, method, count, isReplayable) => {
          const decision = Redirect.decide(status, location, from({ count, isReplayable, method, url: new URL(url) }))
          if (decision === undefined) throw new Error("there was a location")
          if (decision._tag === "Refuse") return
          expect(count).toBeLessThan(20)
          expect(["http:", "https:"]).toContain(decision.url.protocol)
          expect(decision.dropsCredentials).toBe(decision.url.origin !== new URL(url).origin)
          expect(decision.method === method || decision.method === "GET").toBe(true)
          // what goes on with its body can be sent again
          expect(decision.dropsBody || isReplayable).toBe(true)
        }
      ),
      300
    )
  })
})

const options = { policy: { circuitBreaker: false, retry: false } } as const

/** `/status/n/…`: answers with a redirect to what follows. */
const hops: Kit.Handler = (request, response) => {
  const match = /^\/(\d{3})(\/.*)$/.exec(request.url)
  if (match === null) {
    response.end(JSON.stringify({
      body: request.text,
      cookie: request.headers.cookie ?? null,
      method: request.method,
      type: request.headers["content-type"] ?? null,
      url: request.url
    }))
  } else response.writeHead(Number(match[1]), { location: match[2] }).end("moved")
}

describe("over sockets, as the platform does", () => {
  const cases: ReadonlyArray<readonly [string, RequestInit | undefined]> = [
    ["/302/there?a=1", undefined],
    ["/301/308/307/303/there", undefined],
    ...["/301/there", "/302/there", "/303/there", "/307/there", "/308/there"].flatMap((path) =>
      ["POST", "PUT", "PATCH", "DELETE"].map((method) =>
        [path, { body: "{}", headers: { "content-type": "application/json", cookie: "a=1" }, method }] as const
      )
    ),
    ["/307/302/there", { body: "a", method: "POST" }],
    ["/302/there", { method: "HEAD" }],
    ["/303/there", { redirect: "manual" }],
    ["/307/there", { body: "a", method: "POST", redirect: "manual" }],
    ["/302/there", { redirect: "error" }],
    ["/304/there", { redirect: "error" }]
  ]

  it.each(cases)("%s %o", async (path, init) => {
    const server = await Kit.serve(hops)
    const look = async (fetch: typeof globalThis.fetch) => {
      const response = await Kit.outcome(fetch(server.url + path, init))
      return response instanceof Response
        ? [response.status, response.url, response.redirected, response.type, await response.text()]
        : response.name
    }
    expect(await look(Kit.make(options))).toEqual(await look(globalThis.fetch))
  })

  it("20 are followed, 21 are not", async () => {
    const server = await Kit.serve(hops)
    const fetch = Kit.make(options)
    expect((await fetch(`${server.url}${"/302".repeat(20)}/there`)).status).toBe(200)
    expect(server.count).toBe(21)
    await expect(fetch(`${server.url}${"/302".repeat(21)}/there`)).rejects.toBeInstanceOf(TypeError)
    expect(server.count).toBe(42)
  })

  it("credentials go to no other origin, and all else does", async () => {
    const other = await Kit.serve((request, response) => response.end(JSON.stringify(request.headers)))
    const server = await Kit.serve((_, response) => response.writeHead(307, { location: other.url }).end())
    const init = {
      body: "a",
      headers: { authorization: "Bearer secret", cookie: "a=1", "proxy-authorization": "Basic x", "x-key": "k" },
      method: "PUT"
    }
    const headers = await (await Kit.make(options)(server.url, init)).json() as Record<string, string>
    expect(headers).toMatchObject({ "content-length": "1", "x-key": "k" })
    expect(headers).not.toHaveProperty("authorization")
    expect(headers).not.toHaveProperty("cookie")
    expect(headers).not.toHaveProperty("proxy-authorization")
    expect(server.requests[0]?.headers.authorization).toBe("Bearer secret")
  })

  it("each hop goes through the stack: retried, and refused by the circuit of its own origin", async () => {
    const other = await Kit.serve((_, response) => response.writeHead(500).end())
    const server = await Kit.serve((_, response) => response.writeHead(302, { location: other.url }).end())
    const fetch = Kit.make({ policy: { circuitBreaker: { failureThreshold: 3 }, retry: { initialDelay: 0 } } })
    expect((await fetch(server.url)).status).toBe(500)
    expect(server.count).toBe(1)
    expect(other.count).toBe(3)
    expect(fetch.circuitBreakerState(other.url)).toBe("open")
    expect(fetch.circuitBreakerState(server.url)).toBe("closed")
    expect(Kit.tagOf(await Kit.outcome(fetch(server.url)))).toBe("CircuitBreakerOpenError")
    expect(other.count).toBe(3)
  })

  it("an abort between two hops ends it", async () => {
    const controller = new AbortController()
    const server = await Kit.serve((request, response) => {
      if (request.url === "/there") return
      controller.abort("enough")
      response.writeHead(302, { location: "/there" }).end()
    })
    await expect(Kit.make(options)(server.url, { signal: controller.signal })).rejects.toBe("enough")
    await Kit.pause(30)
    expect(server.count).toBe(1)
  })

  it("many leave no connection behind", async () => {
    const server = await Kit.serve(hops)
    const fetch = Kit.make(options)
    for (let call = 0; call < 20; call++) await (await fetch(`${server.url}/302/307/there`)).text()
    expect(server.sockets.size).toBeLessThanOrEqual(3)
  })
})
