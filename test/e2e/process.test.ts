/**
 * What a whole program sees of `Transport.layer`.
 */
import { describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { expect } from "vitest"
import { eventually, serve } from "./server.js"

const run = (...args: ReadonlyArray<string>) =>
  Effect.async<{ readonly code: number; readonly out: string }>((resume) => {
    const child = execFile(
      process.execPath,
      ["--conditions=@holdfast/source", "--import", "tsx", "test/e2e/child.ts", ...args],
      (error, stdout) => resume(Effect.succeed({ code: error === null ? 0 : Number(error.code ?? -1), out: stdout }))
    )
    return Effect.sync(() => child.kill())
  })

describe("a program", () => {
  for (const mode of ["closed", "open"]) {
    it.scopedLive(`ends when it is done, its layer ${mode}`, () =>
      Effect.gen(function*() {
        // a server that would keep the connection for a minute
        const server = yield* serve((_, response) => response.end("answered"))
        const { code, out } = yield* run(mode, server.url)
        strictEqual(out, "answered")
        strictEqual(code, 0)
        yield* eventually(() => server.sockets.size === 0)
      }))
  }

  it.live("without undici is told what to install", () =>
    Effect.gen(function*() {
      const { out } = yield* run("missing", "http://127.0.0.1:1")
      expect(out).toContain("Transport.layer stands on undici, which cannot be loaded: npm install undici")
    }))
})
