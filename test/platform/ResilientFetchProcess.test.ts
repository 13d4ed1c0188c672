/**
 * A program that uses a fetch ends by itself: in a process of its own, as a program is.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it, onTestFinished } from "vitest"
import * as Kit from "./fetchKit.js"

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** Runs a program to its end; one that does not end is killed, and has no code. */
const run = (program: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number | null; readonly output: string }>((settle, fail) => {
    const child = spawn(
      process.execPath,
      ["--import", tsx, "--conditions=@holdfast/source", "--input-type=module", "--eval", program, ...args],
      { stdio: ["ignore", "pipe", "pipe"], timeout: 50_000 }
    )
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once("error", fail)
    child.once("close", (code) => settle({ code, output }))
  })

const begin = `
import { Holdfast, ResilientFetch } from "holdfast"
const [url, filename] = process.argv.slice(1)
const fetch = ResilientFetch.make({
  policy: { retry: { initialDelay: 0 } },
  ...(filename === undefined ? undefined : { state: Holdfast.layerSqlite({ filename }) })
})
const calls = async () => {
  console.log(await (await fetch(url + "/ok", { signal: new AbortController().signal })).text())
  console.log((await fetch(url + "/down", { body: "a", method: "POST" })).status)
  const live = await fetch(url + "/live")
  console.log(await live.text())
  console.log(await fetch(url + "/never", { signal: AbortSignal.timeout(20) }).catch((error) => error.name))
  console.log((await fetch.deadLetters().stats()).total)
}
`

const idle = `${begin}
await calls()
// what is left: idle connections, and everything that the stack has built
`

const disposed = `${begin}
await calls()
await fetch.dispose()
const left = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP") || name === "Timeout")
console.log("left: " + left.join())
`

const serve = () =>
  Kit.serve((request, response) => {
    switch (request.url) {
      case "/ok":
        return response.end("ok")
      case "/down":
        return response.writeHead(500).end()
      case "/live":
        response.writeHead(200)
        response.write("on its ")
        return setTimeout(() => response.end("way"), 5)
      default:
        return undefined
    }
  })

const said = "ok\n500\non its way\nTimeoutError\n1\n"

describe("a process", { timeout: 90_000 }, () => {
  it("ends when it has nothing to do, its state in memory", async () => {
    const server = await serve()
    expect(await run(idle, server.url)).toEqual({ code: 0, output: said })
  })

  it("ends when it has nothing to do, its dead letters in a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-fetch-"))
    onTestFinished(() => rmSync(folder, { force: true, recursive: true }))
    const server = await serve()
    expect(await run(idle, server.url, join(folder, "letters.db"))).toEqual({ code: 0, output: said })
  })

  it("has no connection and no timer left after dispose", async () => {
    const server = await serve()
    expect(await run(disposed, server.url)).toEqual({ code: 0, output: `${said}left: \n` })
    await Kit.eventually(() => server.sockets.size === 0)
  })
})
