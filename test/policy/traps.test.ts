/**
 * Traps of the field that belong to no single policy. The others are with the policy that they concern; docs/traps.md has
 * the whole list.
 */
// a signal of the caller is what runPromise takes
// @effect-diagnostics runEffectInsideEffect:off
import { FetchHttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import type { Call } from "holdfast"
import {
  Auth,
  DeadLetterQueue,
  Holdfast,
  IdempotencyKey,
  IntegrationClient,
  IntegrationContext,
  RateLimit,
  Resilience,
  Retry
} from "holdfast"
import { spawn } from "node:child_process"
import { getEventListeners } from "node:events"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import * as Kit from "../kit.js"

const write = { payload: { name: "a" } }

/** A server that answers the requests, in order, with these statuses. */
const serving = (...statuses: ReadonlyArray<number>) =>
  Effect.acquireRelease(
    Effect.async<http.Server>((resume) => {
      let requests = 0
      const server = http.createServer((_, response) => {
        response.writeHead(statuses[requests++] ?? 200, { "content-type": "application/json" })
        response.end("{}")
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

/** What a process says until it ends by itself. */
const saidBy = (file: string, ...args: ReadonlyArray<string>) =>
  Effect.async<string>((resume) => {
    const child = spawn(
      process.execPath,
      [
        "--conditions=@holdfast/source",
        "--import",
        "tsx",
        fileURLToPath(new URL(file, import.meta.url)),
        ...args
      ],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    let said = ""
    child.stdout.on("data", (data: Buffer) => said += data.toString())
    child.on("close", (code) => resume(Effect.succeed(`${said.trim()}, exit ${code}`)))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

describe("traps", () => {
  it.scoped("trap 12: a conflict is sent again only where the provider calls it retryable; the key has the provider's name and form", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(409))
      const shop = yield* Kit.shop(
        provider,
        IdempotencyKey.layer({ format: "quoted", header: "x-request-key" }).pipe(
          Layer.provide(Retry.layer({ initialDelay: 1, maxAttempts: 3 }))
        )
      )
      strictEqual(
        (yield* Effect.flip(shop.items.create(write).pipe(IdempotencyKey.provide("order-1"))))._tag,
        "ConflictError"
      )
      strictEqual(provider.count, 1)
      strictEqual(provider.requests[0]?.headers["x-request-key"], "\"order-1\"")
    }))

  it.scoped("trap 22: keys that nobody uses any more do not pile up", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.ok)
      const context = yield* Layer.build(Holdfast.layerMemory)
      const key = (call: Call.Call) => call.context.connectionId ?? ""
      const shop = yield* Effect.provide(
        Kit.shop(
          provider,
          Resilience.layer({ circuitBreaker: { key }, rateLimit: { capacity: 10, key, refillRate: 10 } })
        ),
        context
      )
      const limiters = yield* Effect.provide(RateLimit.RateLimiters, context)
      const callFor = (connectionId: string) =>
        shop.items.get({ path: { id: "1" } }).pipe(IntegrationContext.provide({ connectionId }))
      for (let i = 0; i < 1_000; i++) yield* callFor(`old-${i}`)
      strictEqual(Option.isSome(yield* limiters.state("old-0")), true)
      yield* TestClock.adjust("2 hours")
      for (let i = 0; i < 10; i++) yield* callFor("new")
      strictEqual(Option.isNone(yield* limiters.state("old-0")), true)
      strictEqual(Option.isNone(yield* limiters.state("old-999")), true)
    }))

  it.scopedLive("trap 26: a pending retry keeps its process alive, and nothing keeps a finished one", () =>
    Effect.gen(function*() {
      const baseUrl = yield* serving(503, 200)
      strictEqual(yield* saidBy("child.ts", baseUrl), "success 200, exit 0")
    }))

  it.scopedLive("trap 27, trap 28: a caller's long-lived signal gathers no listeners, and ends no call but its own", () =>
    Effect.gen(function*() {
      const baseUrl = yield* serving()
      for (const layer of [NodeHttpClient.layerUndici, FetchHttpClient.layer]) {
        const client = yield* Effect.map(
          Layer.build(
            Resilience.layer().pipe(
              Layer.provide(IntegrationClient.layer({ auth: Auth.none, baseUrl, id: "signals", version: "1" })),
              Layer.provide(Holdfast.layerMemory),
              Layer.provide(layer)
            )
          ),
          (context) => Effect.provide(IntegrationClient.IntegrationClient, context)
        ).pipe(Effect.flatten)
        const get = client.execute(HttpClientRequest.get("/"))
        /** What 50 runs of an effect leave on a signal that outlives them. */
        const left = (effect: Effect.Effect<unknown, unknown>, { signal } = new AbortController()) =>
          Effect.map(
            Effect.forEach(
              Array.from({ length: 50 }),
              () => Effect.promise(() => Effect.runPromise(effect, { signal })),
              { concurrency: 10 }
            ),
            () => getEventListeners(signal, "abort").length
          )
        const controller = new AbortController()
        strictEqual(yield* left(get, controller), yield* left(Effect.sleep(1)))
        const siblings = yield* Effect.fork(Effect.all(Array.from({ length: 5 }, () => get), { concurrency: 5 }))
        controller.abort()
        deepStrictEqual((yield* Fiber.join(siblings)).map(({ status }) => status), [200, 200, 200, 200, 200])
      }
    }))

  it.scoped("trap 41: a dead letter keeps request, attempts, error, age and key, and a replay is the same call", () =>
    Effect.gen(function*() {
      const provider = new Kit.Provider(Kit.status(500), Kit.status(500), Kit.ok)
      const context = yield* Layer.build(Holdfast.layerMemory)
      const shop = yield* Effect.provide(
        Kit.shop(
          provider,
          Resilience.layer({
            idempotencyKey: { header: "idempotency-key" },
            retry: { initialDelay: 1, maxAttempts: 2 }
          })
        ),
        context
      )
      const queue = yield* Effect.provide(DeadLetterQueue.DeadLetterQueue, context)
      const failed = yield* Effect.fork(Effect.flip(shop.items.create(write)))
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(failed)
      const letter = yield* queue.get(error.deadLetterId ?? "")
      deepStrictEqual(
        [letter.operation, letter.attempts, letter.error._tag, letter.request.method, letter.request.url],
        ["items.create", 2, "ServerError", "POST", "/items"]
      )
      yield* queue.replay(letter.id)
      const keys = provider.requests.map((request) => request.headers["idempotency-key"])
      deepStrictEqual(keys, [letter.idempotencyKey, letter.idempotencyKey, letter.idempotencyKey])
      strictEqual((yield* queue.get(letter.id)).state, "replayed")
    }))
})
