/**
 * Writes that failed for good, and how they are sent again: signed anew, and with nothing stored that is secret.
 */
import { Holdfast, type IntegrationError, type ResilientFetch } from "holdfast"
import { createHmac } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { SecretQuery } from "../../src/internal/secretQuery.js"
import * as Kit from "./fetchKit.js"

const { json, make, outcome, serve } = Kit

/** Down until told otherwise. */
const provider = async () => {
  const state = { isUp: false, refuses: false }
  const server = await serve((request, response) => {
    if (!state.isUp) return response.writeHead(500).end("down")
    if (state.refuses) return json(response, { message: "no such key" }, 401)
    return json(response, { url: request.url })
  })
  return { server, state }
}

const patient = { policy: { circuitBreaker: false, retry: false } } as const

describe("a write that failed for good", () => {
  it("is stored before its caller hears of it, and replayed as it was, signed anew", async () => {
    const { server, state } = await provider()
    const seen: Array<ResilientFetch.Replay> = []
    const fetch = make({
      ...patient,
      authenticate: (letter) => {
        seen.push(letter)
        return { headers: { authorization: "Bearer fresh" } }
      },
      id: "billing"
    })
    const response = await fetch(`${server.url}/charges?expand=all`, {
      body: "{\"amount\":1}",
      headers: {
        Authorization: "Bearer stale",
        "Content-Type": "application/json",
        "Stripe-Version": "2026-01-01",
        "X-Other": "kept by nobody"
      },
      method: "POST"
    })
    expect(response.status).toBe(500)
    const error = fetch.errorOf(response)
    expect(error?.deadLettered).toBe(true)

    const letters = fetch.deadLetters()
    const { items, next } = await letters.list({ state: "pending" })
    expect(next).toBeUndefined()
    expect(items).toHaveLength(1)
    const [letter] = items
    expect(letter).toMatchObject({
      attempts: 1,
      id: error?.deadLetterId,
      integration: "billing",
      operation: "POST",
      request: {
        body: { _tag: "Text", value: "{\"amount\":1}" },
        contentType: "application/json",
        headers: { "content-type": "application/json", "stripe-version": "2026-01-01" },
        method: "POST",
        url: `${server.url}/charges?expand=all`
      }
    })
    expect(JSON.stringify(items)).not.toContain("stale")
    expect(JSON.stringify(items)).not.toContain("x-other")

    state.isUp = true
    const replayed = await letters.replay(letter?.id ?? "")
    expect(replayed.state).toBe("replayed")
    const sent = server.requests[1]
    expect(sent?.method).toBe("POST")
    expect(sent?.url).toBe("/charges?expand=all")
    expect(sent?.text).toBe("{\"amount\":1}")
    expect(sent?.headers).toMatchObject({
      authorization: "Bearer fresh",
      "content-type": "application/json",
      "stripe-version": "2026-01-01"
    })
    expect(seen).toMatchObject([{ method: "POST", url: `${server.url}/charges?expand=all` }])
    expect(Buffer.from(seen[0]?.body ?? []).toString()).toBe("{\"amount\":1}")
    expect(await letters.stats()).toMatchObject({ byState: { replayed: 1 }, total: 1 })
  })

  it("is sent again with the key that it brought, in its own header", async () => {
    const { server, state } = await provider()
    const fetch = make(patient)
    await fetch(server.url, { body: "a=1", headers: { "Idempotency-Key": "mine" }, method: "POST" })
    const { items } = await fetch.deadLetters().list()
    expect(items[0]?.idempotencyKey).toBe("mine")
    state.isUp = true
    expect(await fetch.deadLetters().replayAll()).toEqual({ failed: 0, replayed: 1, selected: 1, skipped: 0 })
    expect(server.requests.map(({ headers }) => headers["idempotency-key"])).toEqual(["mine", "mine"])
  })

  it("and with the one that was made for it", async () => {
    const { server, state } = await provider()
    const fetch = make({ ...patient, idempotencyHeader: "X-Request-Key" })
    await fetch(server.url, { body: "a=1", method: "POST" })
    state.isUp = true
    await fetch.deadLetters().replayAll()
    const [first, second] = server.requests.map(({ headers }) => headers["x-request-key"])
    expect(first).toBeTypeOf("string")
    expect(second).toBe(first)
  })

  it.each<[string, () => NonNullable<RequestInit["body"]>, string]>([
    ["bytes", () => new Uint8Array([0, 255, 128, 10]), "00ff800a"],
    ["a Blob", () => new Blob([new Uint8Array([1, 254])], { type: "image/png" }), "01fe"],
    ["URLSearchParams", () => new URLSearchParams({ a: "b c" }), Buffer.from("a=b+c").toString("hex")]
  ])("of %s is the same again", async (_, body, hex) => {
    const { server, state } = await provider()
    const fetch = make(patient)
    await fetch(server.url, { body: body(), method: "PUT" })
    state.isUp = true
    await fetch.deadLetters().replayAll()
    expect(server.requests.map((request) => request.body.toString("hex"))).toEqual([hex, hex])
    expect(server.requests[1]?.headers["content-type"] ?? "application/octet-stream").toBe(
      server.requests[0]?.headers["content-type"] ?? "application/octet-stream"
    )
  })

  it("of a form with a file is the same again, its boundary too", async () => {
    const { server, state } = await provider()
    const fetch = make(patient)
    const form = new FormData()
    form.append("file", new Blob(["content"]), "a.txt")
    await fetch(server.url, { body: form, method: "POST" })
    state.isUp = true
    await fetch.deadLetters().replayAll()
    const [first, second] = server.requests
    expect(second?.text).toBe(first?.text)
    expect(second?.headers["content-type"]).toBe(first?.headers["content-type"])
  })

  it("too large to be held in memory says that it is not kept", async () => {
    const { server } = await provider()
    const fetch = make(patient)
    const response = await fetch(server.url, { body: new Blob([Buffer.alloc(2 * 1024 * 1024)]), method: "PUT" })
    expect(fetch.errorOf(response)?.deadLettered).toBe(false)
  })

  it("of a failure without an answer carries the id of its letter", async () => {
    const server = await serve((_, response) => response.destroy())
    const fetch = make(patient)
    const error = await outcome(fetch(server.url, { body: "a", method: "POST" })) as IntegrationError.NetworkError
    expect(error).toMatchObject({ _tag: "NetworkError", deadLettered: true })
    expect((await fetch.deadLetters().get(error.deadLetterId ?? "")).request.mayHaveBeenProcessed).toBe(true)
  })

  it("reads, and what the provider refused, are not", async () => {
    const server = await serve((request, response) => response.writeHead(request.method === "GET" ? 500 : 422).end())
    const fetch = make(patient)
    await fetch(server.url)
    await fetch(server.url, { body: "a", method: "POST" })
    expect((await fetch.deadLetters().stats()).total).toBe(0)
  })
})

describe("a replay", () => {
  it("that is refused says so, and the letter is there again", async () => {
    const { server, state } = await provider()
    const fetch = make(patient)
    await fetch(server.url, { body: "a", method: "POST" })
    state.isUp = true
    state.refuses = true
    const letters = fetch.deadLetters()
    const id = (await letters.list()).items[0]?.id ?? ""
    await expect(letters.replay(id)).rejects.toMatchObject({ _tag: "AuthenticationError", status: 401 })
    expect((await letters.get(id)).state).toBe("pending")
    expect(await letters.history(id)).toMatchObject([{ outcome: "failed" }])
  })

  it("whose signing fails sends nothing", async () => {
    const { server, state } = await provider()
    let fails: () => never | Promise<never> = () => {
      throw new Error("no vault")
    }
    const fetch = make({ ...patient, authenticate: () => fails() })
    await fetch(server.url, { body: "a", method: "POST" })
    state.isUp = true
    const letters = fetch.deadLetters()
    const id = (await letters.list()).items[0]?.id ?? ""
    await expect(letters.replay(id)).rejects.toMatchObject({
      _tag: "AuthenticationError",
      cause: new Error("no vault")
    })
    fails = () => Promise.reject(new Error("no vault, later"))
    await expect(letters.replay(id)).rejects.toMatchObject({ _tag: "AuthenticationError" })
    fails = () => ({ headers: { "not a name": "x" } }) as never
    await expect(letters.replay(id)).rejects.toMatchObject({ _tag: "AuthenticationError" })
    expect(server.count).toBe(1)
  })

  it("may be signed by a promise, header by header", async () => {
    const { server, state } = await provider()
    const fetch = make({
      ...patient,
      authenticate: async ({ body = "" }) => ({
        headers: new Headers({ "x-signature": createHmac("sha256", "key").update(body).digest("hex") })
      })
    })
    await fetch(server.url, { body: "a", method: "POST" })
    state.isUp = true
    await fetch.deadLetters().replayAll()
    expect(server.requests[1]?.headers["x-signature"]).toBe(createHmac("sha256", "key").update("a").digest("hex"))
  })

  it("goes through the circuit of its origin, which holds it", async () => {
    const { server } = await provider()
    const fetch = make({ policy: { circuitBreaker: { failureThreshold: 1 }, retry: false } })
    await fetch(server.url, { body: "a", method: "POST" })
    const letters = fetch.deadLetters()
    const id = (await letters.list()).items[0]?.id ?? ""
    await expect(letters.replay(id)).rejects.toMatchObject({ _tag: "CircuitBreakerOpenError" })
    expect(server.count).toBe(1)
  })

  it("of all is told as it goes; letters can be given up", async () => {
    const { server, state } = await provider()
    const fetch = make(patient)
    for (const body of ["a", "b", "c"]) await fetch(server.url, { body, method: "POST" })
    const letters = fetch.deadLetters()
    const { items } = await letters.list({}, { limit: 2 })
    expect(items).toHaveLength(2)
    expect((await letters.discard(items[0]?.id ?? "", "a mistake")).state).toBe("discarded")
    state.isUp = true
    const progress: Array<number> = []
    const report = await letters.replayAll({ state: "pending" }, {
      onProgress: ({ replayed }) => progress.push(replayed)
    })
    expect(report.replayed).toBe(2)
    expect(progress).toEqual([1, 2])
    expect(await letters.stats()).toMatchObject({ byState: { discarded: 1, replayed: 2 } })
    expect(await letters.purge(0)).toBe(3)
  })

  it("of one fetch is none of another's", async () => {
    const { server } = await provider()
    const folder = mkdtempSync(join(tmpdir(), "holdfast-fetch-"))
    onTestFinished(() => rmSync(folder, { force: true, recursive: true }))
    const state = Holdfast.layerSqlite({ filename: join(folder, "letters.db") })
    const one = make({ ...patient, id: "one", state })
    await one(server.url, { body: "a", method: "POST" })
    await one.dispose()
    const two = make({ ...patient, id: "two", state })
    expect((await two.deadLetters().list()).items).toEqual([])
    await two.dispose()
    // and of a process after this one
    const again = make({ ...patient, id: "one", state })
    expect((await again.deadLetters().stats()).total).toBe(1)
    await again.dispose()
  })
})

describe("a secret in the query", () => {
  it("is sent, and stored nowhere; a replay needs it anew", async () => {
    const { server, state } = await provider()
    const folder = mkdtempSync(join(tmpdir(), "holdfast-fetch-"))
    onTestFinished(() => rmSync(folder, { force: true, recursive: true }))
    let query: Record<string, string> = {}
    const fetch = make({
      ...patient,
      authenticate: () => ({ query }),
      state: Holdfast.layerSqlite({ filename: join(folder, "letters.db") })
    })
    const path = "/v1/items?a=1&API%5Fkey=s3cr3t&b=2"
    await fetch(server.url + path, { body: "a", headers: { "x-a": "b" }, method: "POST" })
    expect(server.requests[0]?.url).toBe(path)
    expect(server.requests[0]?.headers).not.toHaveProperty("holdfast-url")
    const letters = fetch.deadLetters()
    const [letter] = (await letters.list()).items
    expect(letter?.request.url).toBe(`${server.url}/v1/items?a=1&API_key=REDACTED&b=2`)
    state.isUp = true
    await expect(letters.replay(letter?.id ?? "")).rejects.toMatchObject({
      _tag: "AuthenticationError",
      message: expect.stringContaining("API_key")
    })
    expect(server.count).toBe(1)
    query = { API_key: "fresh" }
    await letters.replay(letter?.id ?? "")
    expect(server.requests[1]?.url).toBe("/v1/items?a=1&API_key=fresh&b=2")
    await fetch.dispose()
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).includes("s3cr3t")).toBe(false)
    }
  })

  it("is what the program says it is", async () => {
    const { server } = await provider()
    const fetch = make({ ...patient, secretQuery: ["pin"] })
    await fetch(`${server.url}/?key=public&pin=1234`, { body: "a", method: "POST" })
    const [letter] = (await fetch.deadLetters().list()).items
    expect(letter?.request.url).toBe(`${server.url}/?key=public&pin=REDACTED`)
  })

  it("is found whatever its case and its dashes, and nothing else is", () => {
    const secrets = new SecretQuery(["api_key", "x-amz-signature"])
    const redact = (query: string) => secrets.redact(new URL(`https://a.example/${query}`))
    for (const query of ["", "?", "?a=1", "?keyapi=1", "?a=api_key", "?a=b&c", "?a=%41", "?=x"]) {
      expect(redact(query)).toBeUndefined()
    }
    for (const name of ["api_key", "apikey", "API-KEY", "Api.Key", "api%5Fkey"]) {
      expect(redact(`?a=1&${name}=s`)).toMatch(/REDACTED$/)
    }
    expect(redact("?X-Amz-Signature=s&api_key=t&api_key=u")).toBe(
      "https://a.example/?X-Amz-Signature=REDACTED&api_key=REDACTED"
    )
    expect(secrets.missing(new URL("https://a.example/?api_key=REDACTED&b=REDACTED"))).toEqual(["api_key"])
  })
})
