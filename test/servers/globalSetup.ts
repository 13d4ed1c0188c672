/**
 * The Redis and the PostgreSQL that the whole run shares. Each is started when the first test asks for it, so that a run
 * without such a test is as quick as ever, and ends with the run.
 */
import { Effect, Exit, Scope } from "effect"
import * as http from "node:http"
import type { TestProject } from "vitest/node"
import * as PostgresServer from "../../src/testing/PostgresServer.js"
import * as RedisServer from "../../src/testing/RedisServer.js"
import { install } from "./install.js"

declare module "vitest" {
  interface ProvidedContext {
    /** Where a test asks for a server's URL. */
    readonly servers: string
  }
}

export default async function setup(project: TestProject) {
  install()
  const scope = Effect.runSync(Scope.make())
  const url = (set: string | undefined, start: () => ReturnType<typeof RedisServer.make>) =>
    Effect.runSync(Effect.cached(
      set === undefined ? Effect.map(Scope.extend(start(), scope), (server) => server.url) : Effect.succeed(set)
    ))
  const urls = {
    "/postgres": url(process.env.DATABASE_URL, () => PostgresServer.make()),
    "/redis": url(process.env.REDIS_URL, () => RedisServer.make())
  }
  const door = http.createServer((request, response) => {
    const url = urls[request.url as keyof typeof urls]
    void Effect.runPromise(Effect.either(url)).then((answer) => {
      if (answer._tag === "Right") response.end(answer.right)
      else response.writeHead(500).end(answer.left.message)
    })
  })
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve))
  const address = door.address()
  if (address === null || typeof address === "string") throw new Error("a port")
  door.unref()
  project.provide("servers", `http://127.0.0.1:${address.port}`)
  return async () => {
    door.close()
    door.closeAllConnections()
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
