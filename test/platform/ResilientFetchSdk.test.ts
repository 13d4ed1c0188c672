/**
 * The SDKs of vendors as they are on the registry, over a server that plays their provider: the one line that changes is
 * the `fetch` that they are handed.
 */
import { request as octokit } from "@octokit/request"
import { createClient } from "@supabase/supabase-js"
import type { ResilientFetch } from "holdfast"
import Stripe from "stripe"
import { describe, expect, it } from "vitest"
import * as Kit from "./fetchKit.js"

const { json, make, serve } = Kit

const once = { policy: { circuitBreaker: { failureThreshold: 2 }, retry: false } } as const

/** Of a promise that must not be kept. */
const failureOf = async (promise: PromiseLike<unknown>): Promise<any> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it succeeded")
}

const stripeOf = (server: Kit.Server, fetch: typeof globalThis.fetch, more: Stripe.StripeConfig = {}) =>
  new Stripe("sk_test_fake", {
    host: "127.0.0.1",
    httpClient: Stripe.createFetchHttpClient(fetch),
    // the stack beneath retries: retries of retries multiply
    maxNetworkRetries: 0,
    port: new URL(server.url).port,
    protocol: "http",
    telemetry: false,
    ...more
  })

const customer = { email: "ada@example.com", id: "cus_1", object: "customer" }

describe("stripe", () => {
  it("503 with Retry-After, then success: one call, and the same key twice", async () => {
    const server = await serve((_, response, number) =>
      number === 1 ? response.writeHead(503, { "retry-after": "0" }).end() : json(response, customer)
    )
    const created = await stripeOf(server, make()).customers.create({ email: "ada@example.com" })
    expect(created.id).toBe("cus_1")
    expect(server.requests.map(({ method, text, url }) => [method, url, text])).toEqual([
      ["POST", "/v1/customers", "email=ada%40example.com"],
      ["POST", "/v1/customers", "email=ada%40example.com"]
    ])
    const [first, second] = server.requests.map(({ headers }) => headers["idempotency-key"])
    expect(first).toBeTypeOf("string")
    expect(second).toBe(first)
  })

  it("a response that was lost: sent again under the key that it brought", async () => {
    const server = await serve((_, response, number) =>
      number === 1 ? void response.destroy() : void json(response, customer)
    )
    expect((await stripeOf(server, make()).customers.create({ email: "a@b.c" })).id).toBe("cus_1")
    expect(new Set(server.requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(1)
    expect(server.count).toBe(2)
  })

  it("its own typed errors", async () => {
    const server = await serve((request, response) =>
      request.method === "GET"
        ? json(response, {
          error: { code: "resource_missing", message: "No such customer", type: "invalid_request_error" }
        }, 404)
        : json(
          response,
          {
            error: {
              code: "card_declined",
              decline_code: "insufficient_funds",
              message: "declined",
              type: "card_error"
            }
          },
          402,
          { "request-id": "req_1" }
        )
    )
    const stripe = stripeOf(server, make())
    const declined = await failureOf(stripe.paymentIntents.create({ amount: 1, currency: "eur" }))
    expect(declined).toBeInstanceOf(Stripe.errors.StripeCardError)
    expect(declined).toMatchObject({ code: "card_declined", requestId: "req_1", statusCode: 402 })
    const missing = await failureOf(stripe.customers.retrieve("cus_2"))
    expect(missing).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError)
    expect(missing.statusCode).toBe(404)
    expect(server.count).toBe(2)
  })

  it("an open circuit is its connection error, and nothing is sent", async () => {
    const server = await serve((_, response) => json(response, { error: { message: "down", type: "api_error" } }, 500))
    const stripe = stripeOf(server, make(once))
    expect(await failureOf(stripe.customers.list())).toBeInstanceOf(Stripe.errors.StripeAPIError)
    await failureOf(stripe.customers.list())
    const refused = await failureOf(stripe.customers.list())
    expect(refused).toBeInstanceOf(Stripe.errors.StripeConnectionError)
    expect(refused.detail).toMatchObject({ _tag: "CircuitBreakerOpenError" })
    expect(server.count).toBe(2)
  })

  it("its timeout aborts the call, before and after the headers", async () => {
    const server = await serve((request, response) => {
      if (!request.url.includes("limit=2")) return
      response.writeHead(200, { "content-type": "application/json" })
      response.write("{\"data\":[")
    })
    const stripe = stripeOf(server, make(), { timeout: 60 })
    for (const limit of [1, 2]) {
      const error = await failureOf(stripe.customers.list({ limit }))
      expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError)
      expect(error.message).toContain("timeout")
    }
    await Kit.eventually(() => server.underWay === 0)
  })

  it("a charge that failed is replayed under its key, signed anew", async () => {
    let isUp = false
    const server = await serve((_, response) =>
      isUp ? json(response, customer) : json(response, { error: { message: "down", type: "api_error" } }, 500)
    )
    const fetch = make({ ...once, authenticate: () => ({ headers: { authorization: "Bearer sk_test_new" } }) })
    await failureOf(stripeOf(server, fetch).customers.create({ email: "a@b.c" }))
    const { items } = await fetch.deadLetters().list()
    expect(JSON.stringify(items)).not.toContain("sk_test_fake")
    isUp = true
    expect(await fetch.deadLetters().replayAll()).toMatchObject({ replayed: 1, selected: 1 })
    const [first, second] = server.requests
    expect(first?.headers.authorization).toBe("Bearer sk_test_fake")
    expect(second).toMatchObject({ method: "POST", text: first?.text, url: "/v1/customers" })
    expect(second?.headers).toMatchObject({
      authorization: "Bearer sk_test_new",
      "content-type": first?.headers["content-type"],
      "idempotency-key": first?.headers["idempotency-key"],
      "stripe-version": first?.headers["stripe-version"]
    })
  })
})

const supabaseOf = (server: Kit.Server, fetch: typeof globalThis.fetch) =>
  createClient(server.url, "publishable-key", {
    auth: { autoRefreshToken: false, persistSession: false },
    // its reads would be retried again
    db: { retry: false } as never,
    global: { fetch },
    // its channels are opened over a socket of the web, which Node 20 has not; nothing here opens one
    realtime: { transport: class {} as never }
  })

describe("@supabase/supabase-js", () => {
  it("503 with Retry-After, then success: one call", async () => {
    const server = await serve((_, response, number) =>
      number === 1 ? response.writeHead(503, { "retry-after": "0" }).end() : json(response, [{ id: 1 }])
    )
    const { data, error, status } = await supabaseOf(server, make()).from("orders").select("id").eq("id", 1)
    expect({ data, error, status }).toEqual({ data: [{ id: 1 }], error: null, status: 200 })
    expect(server.requests.map(({ url }) => url)).toEqual(Array(2).fill("/rest/v1/orders?select=id&id=eq.1"))
    expect(server.requests[1]?.headers).toMatchObject({ apikey: "publishable-key" })
  })

  it("its own errors, with the answer's code", async () => {
    const server = await serve((_, response) =>
      json(response, { code: "23505", details: null, hint: null, message: "duplicate key" }, 409)
    )
    const { error, status, statusText } = await supabaseOf(server, make()).from("orders").insert({ id: 1 })
    expect(error).toMatchObject({ code: "23505", message: "duplicate key" })
    expect([status, statusText]).toEqual([409, "Conflict"])
    expect(server.count).toBe(1)
  })

  it("an open circuit is its error without a status, and nothing is sent", async () => {
    const server = await serve((_, response) => json(response, { message: "down" }, 500))
    const supabase = supabaseOf(server, make(once))
    for (let call = 0; call < 2; call++) expect((await supabase.from("orders").select()).status).toBe(500)
    const { error, status } = await supabase.from("orders").select()
    expect(status).toBe(0)
    expect(error?.message).toContain("circuit")
    expect(server.count).toBe(2)
  })

  it("its abort signal", async () => {
    const server = await serve(() => {})
    const controller = new AbortController()
    const query = supabaseOf(server, make()).from("orders").select().abortSignal(controller.signal)
    const result = query.then((result) => result)
    await Kit.eventually(() => server.count === 1)
    controller.abort()
    expect((await result).error?.message).toContain("AbortError")
    await Kit.eventually(() => server.underWay === 0)
  })

  it("an insert that failed is replayed into its schema, signed anew", async () => {
    let isUp = false
    const server = await serve((_, response) =>
      isUp ? response.writeHead(201).end() : json(response, { message: "down" }, 503)
    )
    const fetch = make({
      ...once,
      authenticate: () => ({ headers: { apikey: "new", authorization: "Bearer new" } })
    })
    const { error } = await supabaseOf(server, fetch).schema("shop" as "public").from("orders").insert({ id: 1 })
      .select()
    expect(error?.message).toBe("down")
    const { items } = await fetch.deadLetters().list()
    expect(JSON.stringify(items)).not.toContain("publishable-key")
    isUp = true
    expect(await fetch.deadLetters().replayAll()).toMatchObject({ replayed: 1, selected: 1 })
    const [first, second] = server.requests
    expect(second).toMatchObject({ method: "POST", text: "{\"id\":1}", url: first?.url })
    expect(second?.headers).toMatchObject({
      apikey: "new",
      authorization: "Bearer new",
      "content-profile": "shop",
      prefer: "return=representation"
    })
  })
})

const githubOf = (server: Kit.Server, fetch: ResilientFetch.ResilientFetch) =>
  octokit.defaults({ baseUrl: server.url, headers: { authorization: "token old" }, request: { fetch } })

const issue = { owner: "a", repo: "b", title: "broken" }

describe("@octokit/request", () => {
  it("503 with Retry-After, then success: one call", async () => {
    const server = await serve((_, response, number) =>
      number === 1
        ? response.writeHead(503, { "retry-after": "0" }).end()
        : json(response, { number: 7 }, 201, { "x-github-request-id": "g1" })
    )
    const { data, headers, status, url } = await githubOf(server, make())("POST /repos/{owner}/{repo}/issues", issue)
    expect(data.number).toBe(7)
    expect([status, headers["x-github-request-id"], url]).toEqual([201, "g1", `${server.url}/repos/a/b/issues`])
    expect(server.requests.map(({ text }) => text)).toEqual(Array(2).fill("{\"title\":\"broken\"}"))
  })

  it("its own typed error", async () => {
    const server = await serve((_, response) => json(response, { message: "Not Found" }, 404))
    const error = await failureOf(githubOf(server, make())("GET /repos/{owner}/{repo}", issue))
    expect(error).toMatchObject({ message: "Not Found", name: "HttpError", status: 404 })
    expect(error.response.data).toEqual({ message: "Not Found" })
  })

  it("an open circuit is its error, with the cause, and nothing is sent", async () => {
    const server = await serve((_, response) => json(response, { message: "down" }, 500))
    const github = githubOf(server, make(once))
    await failureOf(github("GET /user"))
    await failureOf(github("GET /user"))
    const error = await failureOf(github("GET /user"))
    expect(error).toMatchObject({ cause: { _tag: "CircuitBreakerOpenError" }, name: "HttpError", status: 500 })
    expect(server.count).toBe(2)
  })

  it("an abort, and a redirect of a repository that has moved", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/user") return
      if (request.url === "/repos/a/b") response.writeHead(301, { location: "/repositories/1" }).end()
      else json(response, { id: 1 })
    })
    const github = githubOf(server, make())
    const { data, url } = await github("GET /repos/{owner}/{repo}", { owner: "a", repo: "b" })
    expect([data.id, url]).toEqual([1, `${server.url}/repositories/1`])
    const controller = new AbortController()
    const call = failureOf(github("GET /user", { request: { signal: controller.signal } }))
    await Kit.eventually(() => server.count === 3)
    controller.abort()
    expect(await call).toMatchObject({ name: "AbortError" })
  })

  it("an issue that was not opened is replayed, signed anew", async () => {
    let isUp = false
    const server = await serve((_, response) => isUp ? json(response, { number: 7 }, 201) : json(response, {}, 502))
    const fetch = make({ ...once, authenticate: () => ({ headers: { authorization: "token new" } }) })
    await failureOf(githubOf(server, fetch)("POST /repos/{owner}/{repo}/issues", issue))
    isUp = true
    expect(await fetch.deadLetters().replayAll()).toMatchObject({ replayed: 1, selected: 1 })
    expect(server.requests[1]).toMatchObject({
      headers: { accept: server.requests[0]?.headers.accept, authorization: "token new" },
      method: "POST",
      text: "{\"title\":\"broken\"}",
      url: "/repos/a/b/issues"
    })
  })
})
