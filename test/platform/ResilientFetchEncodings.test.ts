/**
 * Compressed answers: asked for, decoded, and never larger in memory than they may be.
 */
import type { IntegrationError } from "holdfast"
import type * as Http from "node:http"
import * as Zlib from "node:zlib"
import { describe, expect, it } from "vitest"
import * as Kit from "./fetchKit.js"

const { make, outcome, serve, tagOf } = Kit

const mebibyte = 1024 * 1024
const gzip = { "content-encoding": "gzip" }

for (const [client, over] of Kit.clients) {
  describe(`over ${client}`, () => {
    it("no more is asked for than can be decoded", async () => {
      const server = await serve((_, response) => response.end())
      await make(over)(server.url)
      const { createZstdDecompress } = Zlib as { readonly createZstdDecompress?: unknown }
      expect(server.requests[0]?.headers["accept-encoding"]).toBe(
        createZstdDecompress === undefined ? "gzip, deflate, br" : "gzip, deflate, br, zstd"
      )
      await make({ ...over, decompress: false })(server.url)
      expect(server.requests[1]?.headers["accept-encoding"]).toBeUndefined()
    })

    it("nothing is decoded where the client does so", async () => {
      const encoded = Zlib.gzipSync("hello")
      const server = await serve((_, response) => response.writeHead(200, gzip).end(encoded))
      const response = await make({ ...over, decompress: false })(server.url)
      expect(Buffer.from(await response.arrayBuffer()).equals(encoded)).toBe(true)
    })

    it("a small body that unfolds to a large one is decoded as it is read", async () => {
      const encoded = Zlib.gzipSync(Buffer.alloc(40 * mebibyte))
      expect(encoded.length).toBeLessThan(mebibyte)
      const server = await serve((_, response) =>
        response.writeHead(200, { ...gzip, "content-length": encoded.length }).end(encoded)
      )
      const fetch = make(over)
      expect((await (await fetch(server.url)).arrayBuffer()).byteLength).toBe(40 * mebibyte)
      const reader = (await fetch(server.url)).body?.getReader()
      expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
      await reader?.cancel()
    })

    it("the error of a compressed answer is read, and so is its body", async () => {
      const server = await serve((_, response) =>
        response.writeHead(422, { ...gzip, "content-type": "application/json" }).end(
          Zlib.gzipSync("{\"code\":\"bad_mail\",\"message\":\"no such mail\"}")
        )
      )
      const fetch = make(over)
      const response = await fetch(server.url)
      expect(fetch.errorOf(response)).toMatchObject({ code: "bad_mail" })
      expect(fetch.errorOf(response)?.message).toContain("no such mail")
      expect(await response.json()).toEqual({ code: "bad_mail", message: "no such mail" })
    })

    it("the body of an error that unfolds past the limit rejects with its error", async () => {
      const encoded = Zlib.brotliCompressSync(Buffer.alloc(4 * mebibyte, "x"))
      const server = await serve((_, response) => response.writeHead(400, { "content-encoding": "br" }).end(encoded))
      const error = await outcome(
        make({ ...over, maxErrorBytes: mebibyte })(server.url)
      ) as IntegrationError.ValidationError
      expect(error).toMatchObject({ _tag: "ValidationError", status: 400 })
      server.handler = (_, response) => response.writeHead(400).end(Buffer.alloc(2 * mebibyte))
      expect(tagOf(await outcome(make({ ...over, maxErrorBytes: mebibyte })(server.url)))).toBe("ValidationError")
    })

    it("what is not what it says is an attempt that failed", async () => {
      const whole = (response: Http.ServerResponse, body: Buffer) =>
        response.writeHead(200, { ...gzip, "content-length": body.length }).end(body)
      const server = await serve((_, response, number) =>
        whole(response, number === 1 ? Buffer.from("no gzip at all") : Zlib.gzipSync("gzip"))
      )
      expect(await (await make(over)(server.url)).text()).toBe("gzip")
      server.handler = (_, response) => whole(response, Buffer.from("never"))
      expect(tagOf(await outcome(make(over)(server.url)))).toBe("NetworkError")
    })

    it("on its way, it fails its reader", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200, gzip)
        response.write(Zlib.gzipSync("a".repeat(1000)).subarray(0, 12))
        setTimeout(() => response.end("no gzip any more"), 5)
      })
      const response = await make(over)(server.url)
      await expect(response.text()).rejects.toBeInstanceOf(Error)
    })

    it("a stream of events arrives event by event", async () => {
      const events = Zlib.createGzip({ flush: Zlib.constants.Z_SYNC_FLUSH })
      const server = await serve((_, response) => {
        response.writeHead(200, { ...gzip, "content-type": "text/event-stream" })
        events.pipe(response)
        events.write("data: 1\n\n")
      })
      const controller = new AbortController()
      const response = await make(over)(server.url, { signal: controller.signal })
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      expect(await reader?.read()).toEqual({ done: false, value: "data: 1\n\n" })
      const next = reader?.read()
      events.write("data: 2\n\n")
      expect(await next).toEqual({ done: false, value: "data: 2\n\n" })
      const last = reader?.read()
      controller.abort("enough")
      await expect(last).rejects.toBe("enough")
      await Kit.eventually(() => server.underWay === 0)
    })
  })
}
